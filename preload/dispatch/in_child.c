/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * in_child.c - a call that found no descriptor free.
 *
 * Outside a jail only calls that return a descriptor need a free one. In a jail a walk needs two, and a
 * lookup in a union one for each layer. So the call is made once more, with numbers beyond the program's soft
 * limit. (After an exec the loader puts that back.)
 *
 * If the hard limit is no higher, the call is made by a child that shares all but the descriptors
 * (child/child.h): it closes some in its own table, and has what it needs. (The files behind them are
 * the same, so what it does to them is done.)
 *
 * The child also makes an open. The parent then opens the file that the child found by its host path, and
 * checks that it is the same file.
 *
 * Called by dispatch.c. */
#include "dispatch/in_child.h"

#include "bytes/copy.h"
#include "call/call.h"
#include "call/row.h"
#include "child/child.h"
#include "child/descriptors.h"
#include "guest/guest.h"
#include "jail/fds.h"
#include "path/path.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "syscall/fcntl.h"
#include "syscall/nr.h"
#include "syscall/resource.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/openat2.h>
#include <linux/resource.h>

/* How many descriptors a child closes. */
#define FEW 4	 /* what two paths need */
#define SOME 24	 /* what two paths need in a union of two layers */
#define MANY 400 /* more than two paths need in unions of FJ_LAYERS_MAX (64) layers */
/* How many numbers, from the limit down, are tried for that. */
#define NUMBERS_LOOKED_AT 4096

struct elsewhere {
	struct fj_call *c;
	long (*run)(struct fj_call *c);
	const uint64_t *arg;
	long r;
	unsigned closed;
	char *path; /* the host path of the file that was opened; empty: it has none */
	uint64_t dev, ino;
};

static bool opens_file(long nr)
{
	return nr == __NR_openat || nr == __NR_openat2;
}

/* Does the call change only state that the child shares with its parent? */
static bool can_be_made(const struct fj_call *c)
{
	switch (c->nr) {
	case __NR_execve:
	case __NR_execveat:
	case __NR_chroot:
	case __NR_pivot_root:
	case __NR_mount:
	case __NR_umount2:
	case __NR_move_mount:
	case __NR_open_tree:
	case __NR_fspick:
	case __NR_mount_setattr:
		return false;
	case __NR_bind:
	case __NR_connect:
	case __NR_sendto:
	case __NR_getdents:
	case __NR_getdents64:
	case __NR_fchmod:
	case __NR_fchown:
	case __NR_fsetxattr:
	case __NR_fremovexattr:
		return true;
	default:
		break;
	}
	for (int i = 0; i < FJ_ARGS; i++)
		if (fj_kind_is_path((enum fj_kind)c->row->kind[i]))
			return true;
	return false;
}

static bool is_argument(const struct elsewhere *e, uint64_t fd)
{
	for (uint32_t fds = e->c->row->fds; fds; fds &= fds - 1)
		if ((uint32_t)e->arg[__builtin_ctz(fds)] == fd)
			return true;
	return false;
}

/* Closes some descriptors in the child's own table. The limit is the child's own, too. Since no number is
 * free, all numbers below the limit are open, except those that another thread has closed meanwhile. (The
 * kernel refuses a limit above fs.nr_open, which is an int. It allows a higher one to those who had it
 * before fs.nr_open was lowered.) */
static void close_some(const struct elsewhere *e)
{
	struct {
		uint64_t now, most;
	} limit;
	uint64_t fd;
	unsigned closed = 0;

	if (fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit))
		return;
	fd = limit.now < INT32_MAX ? limit.now : INT32_MAX;
	limit.now = limit.most;
	fj_sys_prlimit64(0, RLIMIT_NOFILE, &limit, 0);
	for (unsigned n = 0; n < NUMBERS_LOOKED_AT && fd && closed < e->closed; n++) {
		fd--;
		if (!fj_is_our_fd(fd) && !is_argument(e, fd))
			closed += !fj_sys_close(fd);
	}
}

/* Tells the parent which file was opened. */
static void tell_opened(struct elsewhere *e)
{
	struct stat st;
	const long n = fj_fd_target((int)e->r, e->path);

	if (n < 0 || n >= PATH_MAX || fj_sys_fstat(e->r, &st) || e->path[0] != '/') {
		e->path[0] = 0;
		return;
	}
	e->path[n] = 0;
	e->dev = st.st_dev;
	e->ino = st.st_ino;
}

static void make_call(void *data)
{
	struct elsewhere *e = data;
	const long nr = e->c->nr;

	close_some(e);
	e->r = e->run(e->c);
	if (e->r >= 0 && opens_file(nr))
		tell_opened(e);
}

/* Does the call return a descriptor of the program's? */
static bool returns_one(long nr)
{
	return opens_file(nr) || nr == __NR_open_tree || nr == __NR_fspick;
}

/* Moves descriptor `fd`, which lies beyond the program's limit, to the lowest number that is free.
 * Returns that number or -errno. */
static long put_below(long fd)
{
	const long flags = fj_sys_fcntl(fd, F_GETFD, 0);
	const long r = fj_sys_fcntl(fd, flags & FD_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	fj_sys_close((int)fd);
	return r;
}

/* Makes the call again with descriptors beyond the program's soft limit. Returns -EMFILE if the hard limit
 * is no higher. */
static long run_beyond(struct fj_call *c, long (*run)(struct fj_call *c))
{
	const long nr = c->nr;
	uint64_t limit;
	long r;

	/* No handler comes between a change of the limit and the note of it. */
	fj_hold_signals(c);
	limit = fj_descriptors_raise();
	c->thread->descriptors = limit;
	fj_release_signals(c);
	if (!limit)
		return -EMFILE;
	r = run(c);
	fj_hold_signals(c);
	/* A handler may have set another limit, or so low a hard one that the call had no more. */
	limit = fj_descriptors_suspend(c->thread);
	return limit && r >= (long)limit && returns_one(nr) ? put_below(r) : r;
}

/* Is a descriptor free for the file that an open returns? */
static bool is_any_free(void)
{
	const long fd = fj_sys_fcntl(FJ_FD_ROOT(fj_jail), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return false;
	fj_sys_close((int)fd);
	return true;
}

/* Opens in the parent, by the host path, what the child has opened. */
static long open_told(const struct elsewhere *e)
{
	uint64_t flags;
	struct stat st;
	long fd;

	if (!e->path[0])
		return -EMFILE;
	if (e->c->nr == __NR_openat)
		flags = fj_openat2_flags((uint32_t)e->arg[2]);
	else if (fj_guest_read(&flags, e->arg[2], sizeof(flags)))
		return -EFAULT;
	if (flags & FJ_TMPFILE)
		return -EMFILE; /* it had no name */
	flags &= ~(uint64_t)(O_CREAT | O_EXCL | O_TRUNC);
	fd = fj_openat2(AT_FDCWD, e->path, flags, 0, RESOLVE_NO_SYMLINKS);
	if (fd == -ENOSYS)
		fd = fj_sys_openat(AT_FDCWD, e->path, flags | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	if (!fj_sys_fstat(fd, &st) && st.st_dev == e->dev && st.st_ino == e->ino)
		return fd;
	fj_sys_close((int)fd);
	return -EMFILE; /* another file has that name now */
}

long fj_call_in_child(struct fj_call *c, long (*run)(struct fj_call *c), const uint64_t *arg)
{
	static const unsigned closed[] = {FEW, SOME, MANY};
	const uint32_t mark = fj_scratch_mark(c->thread);
	uint32_t before;
	const struct fj_row *row = c->row;
	const long nr = c->nr;
	struct elsewhere e = {.c = c, .run = run, .arg = arg};

	if (returns_one(nr) && !is_any_free())
		return -EMFILE;
	e.r = run_beyond(c, run);
	if (e.r != -EMFILE)
		return e.r;
	fj_scratch_release(c->thread, mark);
	c->row = row;
	c->nr = nr;
	memcpy(c->arg, arg, sizeof(c->arg));
	if (!can_be_made(c))
		return -EMFILE;
	e.path = fj_scratch_path(c->thread);
	before = fj_scratch_mark(c->thread);
	for (unsigned i = 0; i < sizeof(closed) / sizeof(closed[0]) && e.r == -EMFILE; i++) {
		e.closed = closed[i];
		e.path[0] = 0;
		fj_child_run(make_call, &e);
		fj_scratch_release(c->thread, before);
		c->row = row;
		c->nr = nr;
		memcpy(c->arg, arg, sizeof(c->arg));
	}
	if (e.r >= 0 && opens_file(nr))
		e.r = open_told(&e);
	fj_scratch_release(c->thread, mark);
	return e.r;
}
