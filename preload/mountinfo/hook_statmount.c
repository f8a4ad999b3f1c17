/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_statmount.c - statmount(2) and listmount(2): the same mounts, with the same ids, as mountinfo.
 * Kernels before 6.8 lack them, and say ENOSYS. Called by dispatch. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "mountinfo/mount_ids.h"
#include "mountinfo/mount_list.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/mman.h"
#include "syscall/mount.h"
#include "syscall/nr.h"
#include "syscall/unistd_close.h"

#include <asm/statfs.h>

/* include/uapi/linux/mount.h of Linux 6.14; older headers have less or nothing */
struct request {
	uint32_t size, spare;
	uint64_t mnt_id, param, mnt_ns_id;
};
#define REQUEST_SIZE_0 24u

struct mount_answer {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array;
	uint64_t supported_mask;
	uint64_t unused[45];
};
_Static_assert(sizeof(struct mount_answer) == 512, "struct statmount");

enum {
	SB_BASIC = 1,
	MNT_BASIC = 2,
	PROPAGATE_FROM = 4,
	MNT_ROOT = 8,
	MNT_POINT = 0x10,
	FS_TYPE = 0x20,
	MNT_NS_ID = 0x40,
	MNT_OPTS = 0x80,
	SB_SOURCE = 0x200,
	SUPPORTED_MASK = 0x1000,
	SUPPORTED = 0x12ff,
};

#define LSMT_ROOT_ (~0UL)
#define LISTMOUNT_REVERSE_ 1u
#define IDS_MAX 1000000u /* do_listmount() */
#define MS_UNBINDABLE_ (1u << 17)
#define MS_PRIVATE_ (1u << 18)
#define MS_SHARED_ (1u << 20)
#define OVERLAYFS_SUPER_MAGIC_ 0x794c7630 /* linux/magic.h */
#define NS_GET_MNTNS_ID_ 0x8008b705u	  /* linux/nsfs.h */

static uint64_t namespace_id(void)
{
	const long fd = fj_sys_openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC, 0);
	uint64_t id = 0;

	if (fd >= 0) {
		fj_sys_ioctl(fd, NS_GET_MNTNS_ID_, (unsigned long)&id);
		fj_sys_close((int)fd);
	}
	return id;
}

/* copy_mnt_id_req() of fs/namespace.c */
static long read_request(uint64_t at, struct request *q)
{
	uint32_t size;
	long r;

	if (fj_guest_read(&size, at, sizeof(size)))
		return -EFAULT;
	if (size > FJ_PAGE)
		return -E2BIG;
	if (size < REQUEST_SIZE_0)
		return -EINVAL;
	r = fj_guest_read_structure(q, sizeof(*q), at, size);
	if (r < 0)
		return r;
	if (q->spare || q->mnt_id <= FJ_MOUNT_UNIQUE)
		return -EINVAL;
	return q->mnt_ns_id && q->mnt_ns_id != namespace_id() ? -ENOENT : 0;
}

/* ---- listmount ---- */

struct pair {
	uint64_t id, parent;
};
struct table {
	struct pair *at;
	size_t count, room;
};

static void add_pair(void *about, const struct fj_mount_line *l, const char *seen)
{
	struct table *t = about;

	(void)seen;
	if (t->count < t->room)
		t->at[t->count++] =
			(struct pair){FJ_MOUNT_UNIQUE + l->id, FJ_MOUNT_UNIQUE + l->parent};
}

static const struct pair *find_pair(const struct table *t, uint64_t id)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->at[i].id == id)
			return &t->at[i];
	return NULL;
}

/* (The number of steps is limited, for the list may have a loop.) */
static bool is_mount_below(const struct table *t, const struct pair *p, uint64_t id)
{
	for (size_t steps = 0; p && steps <= t->count; steps++) {
		if (p->parent == id)
			return true;
		p = find_pair(t, p->parent);
	}
	return false;
}

/* The mount with the next id after `last`. */
static const struct pair *next_pair(
	const struct table *t, uint64_t below, uint64_t last, bool is_reverse)
{
	const struct pair *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct pair *p = &t->at[i];

		if ((last && (is_reverse ? p->id >= last : p->id <= last)) ||
			(best && (is_reverse ? p->id < best->id : p->id > best->id)) ||
			(below != LSMT_ROOT_ && !is_mount_below(t, p, below)))
			continue;
		best = p;
	}
	return best;
}

static long list_ids(const struct table *t, const struct request *q, uint64_t out, uint64_t room,
	bool is_reverse)
{
	uint64_t last = q->param;
	long count = 0;

	if (q->mnt_id != LSMT_ROOT_ && !find_pair(t, q->mnt_id))
		return -ENOENT;
	while ((uint64_t)count < room) {
		const struct pair *p = next_pair(t, q->mnt_id, last, is_reverse);

		if (!p)
			break;
		if (fj_guest_write(out + (uint64_t)count * 8, &p->id, sizeof(p->id)))
			return -EFAULT;
		last = p->id;
		count++;
	}
	return count;
}

long fj_hook_listmount(struct fj_call *c)
{
	const uint64_t nr = c->arg[2], size = 1UL << 20;
	const unsigned flags = (uint32_t)c->arg[3];
	struct table t = {.room = size / sizeof(struct pair)};
	struct request q;
	long at, r = fj_sys_listmount(0, 0, 0, 0);

	if (r == -ENOSYS)
		return r;
	if (flags & ~LISTMOUNT_REVERSE_)
		return -EINVAL;
	if (nr > IDS_MAX)
		return -EOVERFLOW;
	r = read_request(c->arg[0], &q);
	if (r)
		return r;
	if (q.param && q.param <= FJ_MOUNT_UNIQUE)
		return -EINVAL;
	at = fj_sys_mmap(
		0, size, 3 /* PROT_READ | PROT_WRITE */, 0x22 /* private, anonymous */, -1, 0);
	if (fj_is_err(at))
		return at;
	t.at = (struct pair *)at;
	r = fj_mount_list(c->thread, add_pair, &t);
	if (!r)
		r = list_ids(&t, &q, c->arg[1], nr, flags & LISTMOUNT_REVERSE_);
	fj_sys_munmap((void *)at, size);
	return r;
}

/* ---- statmount ---- */

struct telling {
	struct request q;
	struct mount_answer *answer;
	struct fj_str text;
	bool found;
};

static uint32_t read_digits(const char **p)
{
	uint32_t n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		n = n * 10 + (uint32_t)(**p - '0');
	return n;
}

static bool has_word(const char *options, const char *word)
{
	while (*options) {
		size_t n = 0;

		while (word[n] && options[n] == word[n])
			n++;
		if (!word[n] && (!options[n] || options[n] == ','))
			return true;
		while (*options && *options++ != ',')
			;
	}
	return false;
}

static uint64_t mount_attributes_of(const char *options)
{
	static const struct {
		const char *word;
		uint32_t attribute; /* MOUNT_ATTR_ of linux/mount.h */
	} words[] = {{"ro", 1}, {"nosuid", 2}, {"nodev", 4}, {"noexec", 8}, {"noatime", 0x10},
		{"nodiratime", 0x80}};
	uint64_t all = has_word(options, "relatime") || has_word(options, "noatime") ?
			       0 :
			       0x20 /* MOUNT_ATTR_STRICTATIME */;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_word(options, words[i].word))
			all |= words[i].attribute;
	return all;
}

static uint32_t add_string(struct telling *t, unsigned which, const char *text)
{
	const uint32_t at = (uint32_t)t->text.len;

	if (!(t->q.param & which) || !*text)
		return 0;
	t->answer->mask |= which;
	fj_str_add(&t->text, text, fj_strlen(text) + 1);
	return at;
}

/* show_options() of struct super_operations, include/linux/fs.h: without rw or ro. */
static const char *own_options(const char *super_options)
{
	const char *p = super_options;

	if (p[0] == 'r' && (p[1] == 'w' || p[1] == 'o'))
		p += p[2] == ',' ? 3 : 2;
	return p;
}

static void tell_mount(void *about, const struct fj_mount_line *l, const char *seen)
{
	struct telling *t = about;
	struct mount_answer *s = t->answer;
	const char *device = l->device;
	struct statfs fs;

	if (t->found || FJ_MOUNT_UNIQUE + l->id != t->q.mnt_id)
		return;
	t->found = true;
	s->mask = t->q.param & (MNT_BASIC | SB_BASIC | PROPAGATE_FROM);
	if (t->q.param & SB_BASIC) {
		s->sb_dev_major = read_digits(&device);
		device++;
		s->sb_dev_minor = read_digits(&device);
		if (fj_streq(l->type, "overlay"))
			s->sb_magic = OVERLAYFS_SUPER_MAGIC_; /* not that of the first layer */
		else if (!fj_sys_statfs(*l->host ? l->host : "/", &fs))
			s->sb_magic = (uint64_t)fs.f_type;
		s->sb_flags = has_word(l->super_options, "ro");
	}
	if (t->q.param & MNT_BASIC) {
		s->mnt_id = FJ_MOUNT_UNIQUE + l->id;
		s->mnt_parent_id = FJ_MOUNT_UNIQUE + l->parent;
		s->mnt_id_old = l->id;
		s->mnt_parent_id_old = l->parent;
		s->mnt_attr = mount_attributes_of(l->options);
		s->mnt_propagation = MS_PRIVATE_;
		if (fj_begins(l->tags, " shared:")) {
			const char *group = l->tags + 8;

			s->mnt_peer_group = read_digits(&group);
			s->mnt_propagation = MS_SHARED_;
		} else if (l->tags[0]) {
			s->mnt_propagation = MS_UNBINDABLE_;
		}
	}
	s->fs_type = add_string(t, FS_TYPE, l->type);
	s->mnt_root = add_string(t, MNT_ROOT, l->root);
	s->mnt_point = add_string(t, MNT_POINT, seen);
	s->mnt_opts = add_string(t, MNT_OPTS, own_options(l->super_options));
	s->sb_source = add_string(t, SB_SOURCE, l->source);
}

long fj_hook_statmount(struct fj_call *c)
{
	const uint64_t out = c->arg[1], size = c->arg[2];
	const size_t text_size = 4 * PATH_MAX;
	struct telling t = {.found = false};
	long r = fj_sys_statmount(0, 0, 0, 0);

	if (r == -ENOSYS)
		return r;
	if ((uint32_t)c->arg[3])
		return -EINVAL;
	r = read_request(c->arg[0], &t.q);
	if (r)
		return r;
	t.answer = (struct mount_answer *)fj_scratch(c->thread, sizeof(*t.answer));
	*t.answer = (struct mount_answer){0};
	fj_scratch_str(c->thread, &t.text, text_size);
	fj_str_add(&t.text, "", 1); /* so that no text has the offset 0 */
	r = fj_mount_list(c->thread, tell_mount, &t);
	if (r || !t.found)
		return r ? r : -ENOENT;
	if (t.q.param & MNT_NS_ID) {
		t.answer->mnt_ns_id = namespace_id();
		t.answer->mask |= MNT_NS_ID;
	}
	if (t.q.param & SUPPORTED_MASK) {
		t.answer->supported_mask = SUPPORTED;
		t.answer->mask |= SUPPORTED_MASK;
	}
	if (t.text.len < 2)
		fj_str_cut(&t.text, 0);
	if (t.text.overflowed || (t.text.len && sizeof(*t.answer) + t.text.len >= size))
		return -EOVERFLOW;
	t.answer->size =
		(uint32_t)((size < sizeof(*t.answer) ? size : sizeof(*t.answer)) + t.text.len);
	if (fj_guest_write(out, t.answer, size < sizeof(*t.answer) ? size : sizeof(*t.answer)) ||
		fj_guest_write(out + sizeof(*t.answer), t.text.at, t.text.len))
		return -EFAULT;
	return 0;
}
