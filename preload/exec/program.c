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
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
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
#include "syscall/mount.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"
#include "walk/walk.h"

#include <asm/stat.h>

static bool is_owner_only(const struct stat *st)
{
	return st->st_uid == (uint32_t)fj_sys_geteuid();
}

/* Opens a program for reading. If the caller owns the file and may execute it but not read it, the
 * file is made readable for a moment. */
static long open_readable(const struct fj_place *place, const struct stat *st)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (place->is_magic ? 0 : O_NOFOLLOW);
	long fd = fj_sys_openat(place->dirfd, place->name, flags, 0);

	if (fd != -EACCES || !is_owner_only(st) || place->is_magic)
		return fd;
	if (fj_sys_fchmodat(place->dirfd, place->name, (st->st_mode & 07777) | 0400) < 0)
		return fd;
	fd = fj_sys_openat(place->dirfd, place->name, flags, 0);
	fj_sys_fchmodat(place->dirfd, place->name, st->st_mode & 07777);
	return fd;
}

/* Has a process the file open for writing? Then it cannot be executed: ETXTBSY. Only the kernel
 * knows; a read lease asks it (fcntl(2), F_SETLEASE: EAGAIN; EACCES for a file of another user,
 * which is then not checked). */
static bool is_being_written(long fd)
{
	const long r = fj_sys_fcntl(fd, F_SETLEASE, F_RDLCK);

	if (r == 0)
		fj_sys_fcntl(fd, F_SETLEASE, F_UNLCK);
	return r == -EAGAIN;
}

/* An O_PATH descriptor of the file `fd`, which was found at `place`, or an error. An old kernel opens it by its name,
 * because in a process that has just begun using its link in /proc costs more than ten opens. -ENOENT: the name
 * does not lead to it any more, or must be followed. */
static long open_as_path(const struct fj_place *place, int fd)
{
	long held;

	if (!fj_lacks()->open_tree) {
		held = fj_sys_open_tree(fd, "", AT_EMPTY_PATH);
		if (held != -ENOSYS && held != -EPERM)
			return held;
		fj_lacks()->open_tree = 1;
	}
	if (place->is_magic || !place->name[0])
		return -ENOENT;
	held = fj_sys_openat(place->dirfd, place->name, O_PATH | O_NOFOLLOW, 0);
	if (held < 0 || fj_is_one_file(fd, (int)held, NULL))
		return held;
	fj_sys_close((int)held);
	return -ENOENT;
}

/* Opens the program's file `fd` once more, as the O_PATH descriptor that the next program keeps. Returns -1 if that
 * cannot be done here. */
static int open_program_again(const struct fj_place *place, long fd)
{
	const long held = fd < 0 ? -1 : open_as_path(place, (int)fd);

	if (held < 0)
		return -1;
	if (fj_has_spare_numbers((int)held))
		return (int)held;
	fj_sys_close((int)held);
	return -1;
}

void fj_program_close(struct fj_program *p)
{
	if (p->fd >= 0)
		fj_sys_close(p->fd);
	if (p->held_fd >= 0)
		fj_sys_close(p->held_fd);
	p->fd = p->held_fd = -1;
}

/* Does landlock(7) forbid to execute the file `fd`? Only an exec finds out, and before Linux 6.14 the
 * kernel cannot be asked without one. Returns 0 or -EACCES. */
static long is_denied(long fd)
{
	const char *argv[] = {"", NULL};

	if (__builtin_expect(!fj_jail->has_landlock, 1) || !fj_jail->names_comm_by_file)
		return 0;
	return fj_sys_execveat(fd, "", (char *const *)argv, (char *const *)argv + 1,
		       AT_EMPTY_PATH | FJ_EXECVE_CHECK) == -EACCES ?
		       -EACCES :
		       0;
}

long fj_program_open_fd(const struct fj_place *place)
{
	const bool is_self = !place->name[0];
	const int nofollow = place->is_magic ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat st;
	char text[32];
	struct fj_str link;
	struct fj_place self = *place;
	long fd, r = fj_sys_newfstatat(
			 place->dirfd, place->name, &st, is_self ? AT_EMPTY_PATH : nofollow);

	if (r < 0)
		return r;
	if ((st.st_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return -ELOOP; /* the descriptor is a symlink itself */
	if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFREG)
		return -EACCES;
	if (is_self) {
		/* A descriptor itself (fexecve, memfd): it is opened through its link, since ""
		 * cannot be opened. */
		fj_str_init(&link, text, sizeof(text));
		fj_fd_path(&link, place->dirfd, NULL);
		self = (struct fj_place){
			.dirfd = AT_FDCWD, .name = text, .is_magic = true, .owned_fd = -1};
	}
	r = self.is_magic ? fj_sys_faccessat(self.dirfd, self.name, 1 /* X_OK */) :
			    fj_path_access(self.dirfd, self.name, 1 /* X_OK */, 0);
	if (r < 0)
		return r;
	fd = open_readable(&self, &st);
	if (fd < 0)
		return fd;
	r = is_being_written(fd) ? -ETXTBSY : is_denied(fd);
	if (r) {
		fj_sys_close((int)fd);
		return r;
	}
	return fd;
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
		a->p->held_fd = open_program_again(&q->place, *fd);
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
		p->held_fd = open_program_again(place, r);
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
