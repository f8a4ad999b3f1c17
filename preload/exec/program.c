/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program.c - finds and opens a program to be executed, with the kernel's checks in the kernel's
 * order (fs/exec.c). Called by hook_exec.c and program_parts.c.
 *
 * Descriptors opened here have no CLOEXEC: they must survive the exec, and the loader closes
 * them. */
#include "exec/program.h"

#include "bytes/bytes.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "exec-format/exec.h"
#include "fast-path/fast.h"
#include "inode/exe.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/stat.h>

void fj_program_close(struct fj_program *p)
{
	if (p->fd >= 0)
		fj_sys_close(p->fd);
	if (p->held_fd >= 0)
		fj_sys_close(p->held_fd);
	p->fd = p->held_fd = -1;
}

/* The file may be a whiteout, which is an empty file where it is not a device. */
static bool is_empty(long fd)
{
	struct stat st;

	return fj_sys_fstat(fd, &st) || !st.st_size;
}

/* The path, as the process sees it, of a file that was found in a layer of a union; NULL:
 * unknown. */
static char *name_in_union(struct fj_thread *t, const struct fj_place *place)
{
	char *const exe = fj_scratch_path(t);
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host, pos, seen;
	bool is;

	fj_str_init(&host, fj_scratch_path(t), PATH_MAX);
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	fj_str_init(&seen, exe, PATH_MAX);
	if (place->name[0] != '/') {
		fj_str_put(&host, fj_root_path());
		fj_str_put(&host, "/");
	}
	fj_str_put(&host, place->name);
	is = !host.overflowed && fj_path_back(host.at, &pos) && fj_path_seen(pos.at, &seen);
	fj_scratch_release(t, mark);
	fj_scratch_trim(t, exe, seen.len + 1);
	return is ? exe : NULL;
}

/* A program at a place that facts led to. */
struct program_call {
	struct fj_program *p; /* NULL: only the descriptor is wanted */
	bool follows;
};

static long open_program(struct fj_fast *q, void *own)
{
	(void)own;
	/* A name in the working directory needs no fact, and does not give the path. It is unknown by
	 * which of its positions a file in a layer was found. EAGAIN is never sure. */
	if (!q->epoch || (!q->is_layered && q->place.dirfd == AT_FDCWD) ||
		(q->is_layered && fj_mount_flags()->has_aliases))
		return -EAGAIN;
	return fj_program_open_fd(&q->place);
}

static enum fj_fast_seen see_program(struct fj_fast *q, void *own, long *fd)
{
	const struct program_call *const a = own;

	if (a->p)
		a->p->held_fd = fj_program_open_again(&q->place, *fd);
	if (*fd == -ELOOP && a->follows)
		return FJ_SEEN_LINK;
	return q->is_layered && (*fd) >= 0 && is_empty(*fd) ? FJ_SEEN_UNSURE : FJ_SEEN_ANSWER;
}

/* The path by which a program was found. NULL: it is not known. */
static char *name_found(struct fj_thread *t, const struct fj_fast *q)
{
	struct fj_str s;

	if (q->is_layered)
		return name_in_union(t, &q->place);
	fj_str_init(&s, fj_scratch_path(t), PATH_MAX);
	fj_str_put(&s, "/"); /* a fact's value is a path below the process's root */
	fj_str_put(&s, q->place.name);
	fj_scratch_trim(t, s.at, s.len + 1);
	return s.at;
}

/* Opens the program by remembered facts. Returns false if a walk is needed. */
static bool open_quickly(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_program *p, long *fd)
{
	struct program_call own = {.p = p, .follows = follows};
	struct fj_fast q;
	bool is;

	if (fj_mount_flags()->has_mount_limits ||
		!fj_fast_begin_rooted(&q, t, dirfd, jail_path, fj_strlen(jail_path)))
		return false;
	is = fj_fast_ask(&q, follows, open_program, see_program, FJ_SURE_LOOKED, &own, fd);
	if ((*fd) < 0)
		return is;
	if (is && p)
		p->exe = name_found(t, &q);
	if (is && (!p || p->exe))
		return true;
	fj_sys_close((int)*fd);
	if (p)
		fj_program_close(p);
	if (is)
		fj_fast_end(&q);
	return false;
}

uint32_t fj_program_limits_of_fd(struct fj_thread *t, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	uint32_t limits = 0;
	struct fj_str pos;
	char *text;
	long n;

	if (!fj_mount_flags()->has_mount_limits)
		return 0;
	text = fj_scratch_path(t);
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	n = fj_fd_target(fd, text);
	if (n > 0) {
		text[n] = 0;
		if (fj_path_back(text, &pos))
			limits = fj_mount_limits(pos.at);
	}
	fj_scratch_release(t, mark);
	return limits;
}

static long open_by_walk(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_place *place, struct fj_program *p)
{
	uint32_t limits = 0;
	const unsigned how = (follows ? FJ_FOLLOW : 0) | FJ_WANT_POS;
	const uint32_t mark = fj_scratch_mark(t);
	unsigned tries = 0;
	bool is_symlink;
	long r;

	do {
		fj_scratch_release(t, mark);
		r = fj_exe_walk(t, dirfd, jail_path, how, place);
		if (r < 0)
			return r;
		r = follows ? fj_program_open_fd(place) : 0;
		is_symlink = r == -ELOOP && !place->is_magic && tries++ < FJ_RACES;
		if (is_symlink) /* it has just replaced the file */
			fj_place_done(place);
	} while (is_symlink);
	if (!follows) {
		char byte;

		if (fj_sys_readlinkat(place->dirfd, place->name, &byte, 1) >= 0) {
			fj_place_done(place);
			return -ELOOP;
		}
		r = fj_program_open_fd(place);
	}
	if (r >= 0 && fj_mount_flags()->has_mount_limits) {
		limits = place->is_magic || !place->pos ? fj_program_limits_of_fd(t, (int)r) :
							  fj_mount_limits(place->pos);
		if (limits & FJ_MOUNT_NOEXEC) {
			fj_sys_close((int)r);
			r = -EACCES;
		}
	}
	if (p) {
		p->limits = limits;
		p->held_fd = fj_program_open_again(place, r);
	}
	fj_place_done(place);
	return r;
}

/* What /proc/self/exe must read for the program at `place`, which is open as `fd`. The result lies in
 * scratch memory, behind what the walk has taken. */
static char *name_of_place(
	struct fj_thread *t, const struct fj_place *place, int fd, const char *jail_path)
{
	struct fj_str s;

	if (place->is_magic)
		return fj_program_name_of_fd(t, fd);
	fj_str_init(&s, fj_scratch_path(t), PATH_MAX);
	if (!place->pos || !fj_path_seen(place->pos, &s))
		fj_str_put(&s, jail_path);
	return s.at;
}

long fj_program_open(
	struct fj_thread *t, int dirfd, const char *jail_path, bool follows, struct fj_program *p)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	long fd;

	if (p)
		p->limits = 0;
	if (open_quickly(t, dirfd, jail_path, follows, p, &fd))
		return fd;
	fj_scratch_release(t, mark);
	fd = open_by_walk(t, dirfd, jail_path, follows, &place, p);
	if (fd >= 0 && p) {
		const char *name = name_of_place(t, &place, (int)fd, jail_path);
		const size_t size = fj_strlen(name) + 1;

		fj_scratch_release(t, mark);
		p->exe = fj_scratch(t, size);
		memmove(p->exe, name, size);
		return fd;
	}
	fj_scratch_release(t, mark);
	return fd;
}

char *fj_program_name_of_fd(struct fj_thread *t, int fd)
{
	char *exe = fj_scratch_path(t);
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t);
	struct fj_str s;
	long n;

	n = fj_fd_target(fd, text);
	fj_str_init(&s, exe, PATH_MAX);
	if (n > 0) {
		text[n] = 0;
		fj_path_back_link(t, text, (size_t)n, &s);
	}
	fj_scratch_release(t, mark);
	fj_scratch_trim(t, exe, s.len + 1);
	return exe;
}

long fj_program_read_head(struct fj_thread *t, struct fj_program *p)
{
	long used;

	p->head = fj_scratch(t, FJ_PROGRAM_HEAD);
	p->head_len = fj_sys_pread64(p->fd, p->head, FJ_PROGRAM_HEAD, 0);
	if (p->head_len < 0)
		return p->head_len;
	used = p->head_len;
	if (p->head[0] == '#' && used > FJ_HEAD_SIZE)
		used = FJ_HEAD_SIZE; /* the kernel reads no more of a script */
	memset(p->head + used, 0, (size_t)(FJ_PROGRAM_HEAD - used));
	return 0;
}
