/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpfs.c - the options of a tmpfs, which is a directory of the host: read and shown as mm/shmem.c does,
 * and told by statfs(2). Called through tmpfs.h.
 *
 * The used space is measured by a walk when it is asked for. Nothing keeps a program from using more than
 * the limit. */
#include "mount/tmpfs.h"

#include "bytes/equal.h"
#include "bytes/str.h"
#include "private/private.h"
#include "sys/page.h"
#include "syscall/system.h"

#include <linux/errno.h>
#include <linux/limits.h>

#define PAGE ((unsigned)FJ_PAGE)
#define TMPFS_MAGIC_ 0x01021994 /* linux/magic.h */

/* struct sysinfo, linux/sysinfo.h, which needs libc's types */
struct machine {
	int64_t uptime;
	uint64_t loads[3], totalram, rest[5];
	uint16_t procs, pad;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
};

static uint64_t all_pages(void)
{
	struct machine m = {0};

	fj_sys_sysinfo(&m);
	return m.totalram * m.mem_unit / PAGE;
}

/* memparse() of lib/cmdline.c. Returns what follows the number. */
static const char *parse_size(const char *p, uint64_t *out)
{
	static const char units[] = "kmgtpe";
	unsigned base = 10;

	if (p[0] == '0' && (p[1] | 32) == 'x')
		base = 16;
	else if (p[0] == '0')
		base = 8;
	if (base == 16)
		p += 2;
	for (*out = 0;; p++) {
		const unsigned letter = (unsigned)(unsigned char)(*p | 32) - 'a';
		const unsigned digit = *p >= '0' && *p <= '9' ? (unsigned)(*p - '0') : letter + 10;

		if (digit >= base || (letter >= 6 && digit >= 10))
			break;
		*out = *out * base + digit;
	}
	for (unsigned i = 0; units[i]; i++)
		if ((*p | 32) == units[i]) {
			*out <<= 10 * (i + 1);
			return p + 1;
		}
	return p;
}

static bool ends_option(const char *p)
{
	return !*p || *p == ',';
}

static bool read_size(const char *p, uint64_t *blocks)
{
	uint64_t size;
	const char *end = parse_size(p, &size);

	if (*end == '%') {
		size = size * PAGE * all_pages() / 100;
		end++;
	}
	*blocks = (size + PAGE - 1) / PAGE;
	return end != p && ends_option(end);
}

static bool read_plain(const char *p, uint64_t *out)
{
	const char *end = parse_size(p, out);

	return end != p && ends_option(end);
}

/* A number in a given base, without a unit: fs_param_is_u32. */
static bool read_u32(const char *p, unsigned base, uint32_t *out)
{
	const char *at = p;

	for (*out = 0; *at >= '0' && (unsigned)(*at - '0') < base; at++)
		*out = *out * base + (uint32_t)(*at - '0');
	return at != p && ends_option(at);
}

/* shmem_fs_parameters. Quotas, and what only a kernel can do, are accepted without effect. */
static const char *const without_effect[] = {
	"huge", "mpol", "inode32", "inode64", "noswap", "rw", "ro", "source"};

static bool has_no_effect(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++)
		if (fj_is_text(name, len, without_effect[i]))
			return true;
	return false;
}

static bool is_option(const char *name, size_t len, const char *what)
{
	return fj_is_text(name, len, what);
}

static bool read_one(const char *name, size_t len, const char *value, struct fj_tmpfs *t)
{
	if (is_option(name, len, "size"))
		return t->has_blocks = read_size(value, &t->blocks);
	if (is_option(name, len, "nr_blocks"))
		return t->has_blocks = read_plain(value, &t->blocks);
	if (is_option(name, len, "nr_inodes"))
		return t->has_inodes = read_plain(value, &t->inodes);
	if (is_option(name, len, "mode")) {
		t->has_mode = read_u32(value, 8, &t->mode);
		t->mode &= 07777;
		return t->has_mode;
	}
	if (is_option(name, len, "uid"))
		return t->has_uid = read_u32(value, 10, &t->uid);
	if (is_option(name, len, "gid"))
		return t->has_gid = read_u32(value, 10, &t->gid);
	return has_no_effect(name, len);
}

long fj_tmpfs_read(const char *p, struct fj_tmpfs *t)
{
	while (*p) {
		size_t len = 0;

		while (!ends_option(p + len) && p[len] != '=')
			len++;
		if (len && !read_one(p, len, p + len + (p[len] == '='), t))
			return -EINVAL;
		for (p += len; !ends_option(p); p++)
			;
		p += *p == ',';
	}
	return 0;
}

static void show_option(struct fj_str *out, const char *name, uint64_t value, unsigned base)
{
	fj_str_put(out, name);
	fj_str_num(out, value, base);
}

void fj_tmpfs_show(const struct fj_tmpfs *t, struct fj_str *out)
{
	if (t->has_blocks) {
		show_option(out, ",size=", t->blocks * (PAGE / 1024), 10);
		fj_str_put(out, "k");
	}
	if (t->has_inodes)
		show_option(out, ",nr_inodes=", t->inodes, 10);
	if (t->has_mode && t->mode != 01777)
		show_option(out,
			t->mode < 010  ? ",mode=00" :
			t->mode < 0100 ? ",mode=0" :
					 ",mode=",
			t->mode, 8);
	if (t->has_uid && t->uid)
		show_option(out, ",uid=", t->uid, 10);
	if (t->has_gid && t->gid)
		show_option(out, ",gid=", t->gid, 10);
}

/* The options in `text`, with the kernel's defaults: half of the memory. */
static void read_limits(const char *text, struct fj_tmpfs *t)
{
	*t = (struct fj_tmpfs){.blocks = all_pages() / 2, .inodes = all_pages() / 2};
	fj_tmpfs_read(text, t);
}

/* shmem_reconfigure() of mm/shmem.c: only the limits of size and inodes change, and not below what is
 * used. */
long fj_tmpfs_remount(struct fj_thread *t, const char *text, const char *options, const char *host,
	struct fj_str *out)
{
	struct fj_tmpfs was, wanted = {0};
	struct fj_private_usage used;

	read_limits(text, &was);
	if (fj_tmpfs_read(options, &wanted))
		return -EINVAL;
	if (wanted.has_blocks || wanted.has_inodes)
		fj_private_count(t, host, &used);
	if (wanted.has_blocks && wanted.blocks) {
		if (!was.blocks || used.bytes > wanted.blocks * PAGE)
			return -EINVAL;
	}
	if (wanted.has_inodes && wanted.inodes) {
		if (!was.inodes || used.inodes > wanted.inodes)
			return -EINVAL;
	}
	if (wanted.has_blocks) {
		was.has_blocks = true;
		was.blocks = wanted.blocks;
	}
	if (wanted.has_inodes) {
		was.has_inodes = true;
		was.inodes = wanted.inodes;
	}
	fj_tmpfs_show(&was, out);
	return 0;
}

static uint64_t count_left(uint64_t all, uint64_t used)
{
	return all > used ? all - used : 0;
}

void fj_tmpfs_statfs(struct fj_thread *t, const char *text, const char *host, struct statfs *fs)
{
	struct fj_private_usage used;
	struct fj_tmpfs is_now;

	read_limits(text, &is_now);
	fj_private_count(t, host, &used);
	fs->f_type = TMPFS_MAGIC_;
	fs->f_bsize = fs->f_frsize = PAGE;
	fs->f_namelen = NAME_MAX;
	fs->f_blocks = (long)is_now.blocks;
	fs->f_bfree = fs->f_bavail =
		(long)count_left(is_now.blocks, (used.bytes + PAGE - 1) / PAGE);
	fs->f_files = (long)is_now.inodes;
	fs->f_ffree = (long)count_left(is_now.inodes, used.inodes);
}
