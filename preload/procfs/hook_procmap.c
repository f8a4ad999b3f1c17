/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_procmap.c - PROCMAP_QUERY, an ioctl(2) of /proc/PID/maps since Linux 6.11, on the memory
 * file that the program got for it. Called through the table.
 *
 * The memory file's name tells which process is meant (procfs.c). The kernel checks the request and
 * knows page sizes and build ids. The mappings and their names come from the text that the program
 * would read now. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/condition.h"
#include "guest/guest.h"
#include "procfs/report.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/unistd_close.h"
#include "union/change.h"

#include <linux/fs.h>

/* linux/fs.h of 6.11; the headers of the oldest build machine lack both. */
struct query {
	uint64_t size, flags, addr; /* in */
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor;
	uint32_t name_size, build_id_size; /* in and out */
	uint64_t name, build_id;	   /* in */
};
_Static_assert(sizeof(struct query) == (FJ_PROCMAP_QUERY >> 16 & 0x3fff), "linux/fs.h");
#define SIZE_MIN offsetof(struct query, start)
enum { READABLE = 1, WRITABLE = 2, EXECUTABLE = 4, SHARED = 8, OR_NEXT = 16, FILE_BACKED = 32 };
#define BUILD_ID_MAX 64u /* linux/buildid.h: 20 */

static long read_query(uint64_t at, struct query *q, uint64_t *size)
{
	if (fj_guest_read(size, at, sizeof(*size)))
		return -EFAULT;
	if (*size > FJ_PAGE)
		return -E2BIG;
	return *size < SIZE_MIN ? -EINVAL : fj_guest_read_structure(q, sizeof(*q), at, *size);
}

/* Searches for the first mapping that matches. */
struct search {
	const struct query *asked;
	struct query found;
	char *name; /* PATH_MAX bytes */
	bool is_found;
};

static bool is_meant(const struct query *asked, const struct query *m)
{
	const uint64_t wanted = asked->flags & (READABLE | WRITABLE | EXECUTABLE | SHARED);

	return (m->vma_flags & wanted) == wanted && (m->inode || !(asked->flags & FILE_BACKED));
}

/* Puts permissions, device, inode and path of the line into `q` and `name`. */
static void read_rest(struct query *q, const struct fj_mapping *m, struct fj_str *name)
{
	const char *at = m->device;

	q->vma_flags = (m->perms[1] == 'r' ? READABLE : 0) | (m->perms[2] == 'w' ? WRITABLE : 0) |
		       (m->perms[3] == 'x' ? EXECUTABLE : 0) | (m->perms[4] == 's' ? SHARED : 0);
	q->major = (uint32_t)fj_hex_read(&at);
	at += *at == ':';
	q->minor = (uint32_t)fj_hex_read(&at);
	for (at += *at == ' '; *at >= '0' && *at <= '9'; at++)
		q->inode = q->inode * 10 + (uint64_t)(*at - '0');
	q->offset = q->inode ? m->offset : 0;
	fj_str_unescape(name, m->path, fj_strlen(m->path));
	q->name_size = name->len ? (uint32_t)name->len + 1 : 0;
}

static bool see_mapping(void *with, const char *line)
{
	struct search *s = with;
	struct fj_mapping m;
	struct fj_str name;

	fj_mapping_read(&m, line);
	if (m.to <= s->asked->addr || (int64_t)m.from < 0) /* the kernel's vsyscall page is no
							      mapping */
		return true;
	if (m.from > s->asked->addr && !(s->asked->flags & OR_NEXT))
		return false;
	s->found = (struct query){.start = m.from, .end = m.to};
	fj_str_init(&name, s->name, PATH_MAX);
	read_rest(&s->found, &m, &name);
	s->is_found = is_meant(s->asked, &s->found) && !name.overflowed;
	return !s->is_found && (s->asked->flags & OR_NEXT);
}

/* Asks the kernel for page size and build id of the mapping found. A text that is a copy
 * (patch/copies.c) has the build id of its file, which is mapped right before it. */
static long ask_rest(long fd, struct query *found, unsigned char *build_id, uint32_t *id_size)
{
	struct query q = {.size = sizeof(q), .addr = found->start};
	long r = fj_sys_ioctl(fd, FJ_PROCMAP_QUERY, (unsigned long)&q);

	if (r < 0)
		return r;
	found->page_size = q.page_size;
	if (!*id_size)
		return 0;
	for (int before = 0; before < 2; before++) {
		q = (struct query){.size = sizeof(q),
			.addr = found->start - (uint64_t)before,
			.build_id_size = BUILD_ID_MAX,
			.build_id = (uint64_t)build_id};
		r = fj_sys_ioctl(fd, FJ_PROCMAP_QUERY, (unsigned long)&q);
		if (!r && (q.build_id_size || (q.inode == found->inode && !before)))
			break;
	}
	if (r >= 0 && q.build_id_size > *id_size)
		return -ENAMETOOLONG;
	*id_size = r < 0 ? 0 : q.build_id_size;
	return 0;
}

static long answer_query(uint64_t at, uint64_t size, const struct query *asked, struct query *found,
	const char *name, const unsigned char *build_id)
{
	const uint32_t room = asked->name_size < PATH_MAX ? asked->name_size : PATH_MAX;

	if (!room)
		found->name_size = 0;
	if (found->name_size > room)
		return -ENAMETOOLONG;
	found->size = asked->size;
	found->flags = asked->flags;
	found->addr = asked->addr;
	found->name = asked->name;
	found->build_id = asked->build_id;
	if ((found->name_size && fj_guest_write(asked->name, name, found->name_size)) ||
		(found->build_id_size &&
			fj_guest_write(asked->build_id, build_id, found->build_id_size)) ||
		fj_guest_write(at, found, size < sizeof(*found) ? size : sizeof(*found)))
		return -EFAULT;
	return 0;
}

/* `path` is that of the real file, `fd` is open on it. */
static long query_mapping(struct fj_call *c, const char *path, long fd)
{
	struct fj_place place = {.dirfd = AT_FDCWD, .owned_fd = -1, .name = path};
	struct fj_report r = {.t = c->thread, .place = &place};
	unsigned char build_id[BUILD_ID_MAX];
	struct query asked = {0}, judged;
	struct search s = {.asked = &asked};
	uint64_t size;
	long e = read_query(c->arg[2], &asked, &size);

	if (e < 0)
		return e;
	judged = asked; /* the kernel's names are not used: they may be wrong, and too long */
	judged.size = sizeof(judged);
	s.name = fj_scratch_path(c->thread);
	if (asked.name_size && asked.name) {
		judged.name = (uint64_t)s.name;
		judged.name_size = PATH_MAX;
	}
	if (asked.build_id_size && asked.build_id) {
		judged.build_id = (uint64_t)build_id;
		judged.build_id_size = sizeof(build_id);
	}
	e = fj_sys_ioctl(fd, FJ_PROCMAP_QUERY, (unsigned long)&judged);
	if (e < 0)
		return e;
	fj_maps_each(&r, see_mapping, &s);
	if (r.error || !s.is_found)
		return r.error ? r.error : -ENOENT;
	s.found.build_id_size = asked.build_id_size;
	e = ask_rest(fd, &s.found, build_id, &s.found.build_id_size);
	return e < 0 ? e : answer_query(c->arg[2], size, &asked, &s.found, s.name, build_id);
}

/* Is the request a clone (FICLONE, FICLONERANGE) of one of the jail's descriptors? The kernel
 * refuses that for all but the trace's descriptor. */
static bool clones_from_ours(const struct fj_call *c)
{
	int64_t from = -1;

	if ((uint32_t)c->arg[1] == FICLONE)
		return fj_is_our_fd(c->arg[2]);
	return (uint32_t)c->arg[1] == FICLONERANGE &&
	       !fj_guest_read(&from, c->arg[2], sizeof(from)) && fj_is_our_fd((uint64_t)from);
}

long fj_hook_ioctl(struct fj_call *c)
{
	static const char ours[] = "/memfd:/proc/", maps[] = "/maps (deleted)";
	long n, fd, plain = clones_from_ours(c) ? -EBADF : fj_union_before_flags(c);
	char *text;

	if (!plain)
		plain = fj_kernel(c);
	if (plain != -ENOTTY || (uint32_t)c->arg[1] != FJ_PROCMAP_QUERY)
		return plain;
	text = fj_scratch_path(c->thread);
	n = fj_fd_target((int)c->arg[0], text);
	if (n < (long)(sizeof(ours) + sizeof(maps)))
		return plain;
	text[n] = 0;
	if (!fj_begins(text, ours) || !fj_streq(text + n - (long)(sizeof(maps) - 1), maps))
		return plain;
	text[n - (long)sizeof(" (deleted)") + 1] = 0;
	text += sizeof("/memfd:") - 1;
	fd = fj_sys_openat(AT_FDCWD, text, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	n = query_mapping(c, text, fd);
	fj_sys_close((int)fd);
	return n;
}
