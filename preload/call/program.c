/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program.c - find and open a program to be run, with the kernel's checks in the kernel's order
 * (fs/exec.c).
 *
 * Descriptors opened here have no CLOEXEC: they are to outlive the exec, and the loader closes
 * them. */
#include "call/program.h"
#include "call/exe.h"

#include <asm/stat.h>

#define S_IFMT_ 0170000u /* inode(7) */
#define S_IFREG_ 0100000u
#define S_IFLNK_ 0120000u

static bool is_owner_only(const struct stat *st)
{
	return st->st_uid == (uint32_t)fj_sys0(__NR_geteuid);
}

/* Open a program for reading; one that may be run but not read is made readable for a moment when
 * it is the caller's own. */
static long open_readable(const struct fj_place *place, const struct stat *st)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (place->is_magic ? 0 : O_NOFOLLOW);
	long fd = fj_sys4(__NR_openat, place->dirfd, place->name, flags, 0);

	if (fd != -EACCES || !is_owner_only(st) || place->is_magic)
		return fd;
	if (fj_sys3(__NR_fchmodat, place->dirfd, place->name, (st->st_mode & 07777) | 0400) < 0)
		return fd;
	fd = fj_sys4(__NR_openat, place->dirfd, place->name, flags, 0);
	fj_sys3(__NR_fchmodat, place->dirfd, place->name, st->st_mode & 07777);
	return fd;
}

/* A file that somebody has open for writing cannot be run: ETXTBSY. Only the kernel knows; a read
 * lease asks it (fcntl(2), F_SETLEASE: EAGAIN; EACCES when the file is not ours, and then it is let
 * be). */
static bool is_being_written(long fd)
{
	const long r = fj_sys3(__NR_fcntl, fd, 1024 /* F_SETLEASE */, 0 /* F_RDLCK */);

	if (r == 0)
		fj_sys3(__NR_fcntl, fd, 1024, 2 /* F_UNLCK */);
	return r == -EAGAIN;
}

long fj_program_open_fd(const struct fj_place *place)
{
	const bool is_self = !place->name[0];
	const int nofollow = place->is_magic ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat st;
	char text[32];
	struct fj_str link;
	struct fj_place self = *place;
	long fd, r = fj_sys4(__NR_newfstatat, place->dirfd, place->name, &st,
			 is_self ? AT_EMPTY_PATH : nofollow);

	if (r < 0)
		return r;
	if ((st.st_mode & S_IFMT_) == S_IFLNK_)
		return -ELOOP; /* a descriptor of a symlink itself */
	if ((st.st_mode & S_IFMT_) != S_IFREG_)
		return -EACCES;
	if (is_self) {
		/* A descriptor itself (fexecve, memfd): through its link, for one may not open "".
		 */
		fj_str_init(&link, text, sizeof(text));
		fj_fd_path(&link, place->dirfd, NULL);
		self = (struct fj_place){
			.dirfd = AT_FDCWD, .name = text, .is_magic = true, .owned_fd = -1};
	}
	r = fj_sys3(__NR_faccessat, self.dirfd, self.name, 1 /* X_OK */);
	if (r < 0)
		return r;
	fd = open_readable(&self, &st);
	if (!fj_is_err(fd) && is_being_written(fd)) {
		fj_close((int)fd);
		return -ETXTBSY;
	}
	return fd;
}

long fj_program_open(struct fj_call *c, int dirfd, const char *jail_path, bool follows, char *exe)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const unsigned how = (follows ? FJ_FOLLOW : 0) | FJ_WANT_POS;
	struct fj_place place;
	long fd, r = fj_path_walk(c->thread, dirfd, jail_path, how, &place);

	if (!r && place.is_exe)
		r = fj_exe_find(c->thread, how, &place);
	if (r < 0)
		return r;
	if (!follows) {
		char byte;

		if (fj_sys4(__NR_readlinkat, place.dirfd, place.name, &byte, 1) >= 0) {
			fj_place_done(&place);
			return -ELOOP;
		}
	}
	fd = fj_program_open_fd(&place);
	if (!fj_is_err(fd) && exe) {
		struct fj_str s;

		fj_str_init(&s, exe, FJ_PATH_MAX);
		if (place.is_magic)
			fj_program_name_of_fd(c, (int)fd, exe);
		else if (!place.pos || !fj_path_seen(place.pos, &s))
			fj_str_put(&s, jail_path);
	}
	fj_place_done(&place);
	fj_scratch_release(c->thread, mark);
	return fd;
}

void fj_program_name_of_fd(struct fj_call *c, int fd, char *exe)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *text = fj_scratch_path(c->thread);
	char link[32];
	struct fj_str s;
	long n;

	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, text, FJ_PATH_MAX - 1);
	fj_str_init(&s, exe, FJ_PATH_MAX);
	if (n > 0) {
		text[n] = 0;
		fj_path_back_link(c->thread, text, (size_t)n, &s);
	}
	fj_scratch_release(c->thread, mark);
}

long fj_program_read_head(struct fj_program *p)
{
	memset(p->head, 0, FJ_HEAD_SIZE + 1);
	p->head_len = fj_sys4(__NR_pread64, p->fd, p->head, FJ_HEAD_SIZE, 0);
	return p->head_len < 0 ? p->head_len : 0;
}
