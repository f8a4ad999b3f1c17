/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy_data.c - copies the data of a file that is copied up, with its holes. If the file system can, the
 * data are shared with the lower file; otherwise the kernel copies them, or they are read and written.
 * Called by copy_up.c and copy_shown.c.
 *
 * This may take long. All signals are blocked while a file is copied, and the code looks between the parts
 * for those that the program lets in. As in the kernel, where splice_from_pipe_next() of fs/splice.c ends
 * ovl_copy_up_file() with ERESTARTSYS, a signal with a handler ends the copy: the call returns EINTR, or
 * begins again if the handler has SA_RESTART. But such a handler interrupts the copy only once, so that a
 * timer cannot keep a program from ever finishing it, as it can in the kernel's overlay. A signal without
 * a handler does what it does at once. */
#include "call/call.h"
#include "signal/hook_signal.h"
#include "signal/libc_signals.h"
#include "sys/abi_signal.h"
#include "sys/fd.h"
#include "syscall/ioctl.h"
#include "syscall/mman.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/unistd_io.h"
#include "union/change.h"
#include "union/parts.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fs.h>
#include <linux/mman.h>

#define PART (8UL << 20)
#define ROOM (256UL << 10)

char *fj_union_room(size_t size)
{
	const long at =
		fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return fj_is_err(at) ? NULL : (char *)at;
}

void fj_union_give_room(char *room, size_t size)
{
	fj_sys_munmap(room, size);
}

struct copying {
	struct fj_call *c;
	const struct fj_union_data *d;
	uint64_t file;	 /* a hash of its device and inode number */
	uint64_t unseen; /* bytes copied since the code has looked for signals */
	bool reads;	 /* the kernel cannot copy between these two files */
	char *room;
};

/* Calls that copy a file up where the kernel's overlay does not are not interrupted, nor are those that the
 * engine makes by itself. */
static bool is_interruptible(const struct fj_call *c)
{
	return c->frame && c->nr != __NR_flock && c->nr != __NR_inotify_add_watch &&
	       c->nr != __NR_mount && c->nr != __NR_move_mount;
}

static void let_in(int sig)
{
	const uint64_t mask = 1UL << (sig - 1);

	fj_sys_rt_sigprocmask(FJ_SIG_UNBLOCK, &mask, 0, sizeof(mask));
	fj_sys_rt_sigprocmask(FJ_SIG_BLOCK, &mask, 0, sizeof(mask));
}

/* Returns whether the handler of a signal that waits is to interrupt the copy. */
static bool interrupts_copy(const struct copying *q, int sig, const struct fj_sigaction *action)
{
	struct fj_calling *const calling = fj_calling(q->c->thread);
	const bool again = (action->flags & FJ_SA_RESTART) || fj_is_libc_signal(sig);

	if (!is_interruptible(q->c) || (again && calling->again_file == q->file))
		return false;
	q->c->begins_again = again;
	calling->again_file = again ? q->file : 0;
	return true;
}

/* Has a signal come? If it has no handler, it is let in. Returns 0, or -EINTR for one with a handler. The
 * kernel delivers the one with the lowest number first: so its action decides. */
static long see_signals(const struct copying *q)
{
	struct fj_sigaction action;
	uint64_t pending = 0;

	fj_sys_rt_sigpending(&pending, sizeof(pending));
	pending &= ~(q->c->mask ? *q->c->mask : q->c->held_mask);
	for (int sig = 1; pending; sig++, pending >>= 1) {
		if (!(pending & 1) || fj_sys_rt_sigaction(sig, 0, &action, FJ_SIGSET_SIZE))
			continue;
		if (action.handler <= FJ_IGNORE)
			let_in(sig);
		else if (interrupts_copy(q, sig, &action))
			return -EINTR;
	}
	return 0;
}

static bool cannot_copy(long r)
{
	return r == -EXDEV || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOSYS || r == -EPERM ||
	       r == -EBADF || r == -ETXTBSY;
}

/* Returns the number of bytes; 0 at the end of the file. */
static long read_and_write(struct copying *q, uint64_t at, uint64_t size)
{
	long n, done = 0;

	if (!q->room)
		q->room = fj_union_room(ROOM);
	if (!q->room)
		return -ENOMEM;
	n = fj_sys_pread64(q->d->src, q->room, size < ROOM ? size : ROOM, at);
	while (n > 0 && done < n) {
		const long w =
			fj_sys_pwrite64(q->d->dst, q->room + done, n - done, at + (uint64_t)done);

		if (w == -EINTR) /* only by a stop: signals are blocked */
			continue;
		if (w <= 0)
			return w ? w : -EIO;
		done += w;
	}
	return n;
}

static long copy_part(struct copying *q, uint64_t at, uint64_t size)
{
	uint64_t in = at, out = at;
	long n = 0;

	if (!q->reads) {
		n = fj_sys_copy_file_range(q->d->src, &in, q->d->dst, &out, size, 0);
		/* (Some file systems return 0 if they cannot copy.) */
		q->reads = !n || cannot_copy(n);
	}
	return q->reads ? read_and_write(q, at, size) : n;
}

static long copy_stretch(struct copying *q, uint64_t at, uint64_t end)
{
	long r = 0;

	while (at < end && !r) {
		const long n = copy_part(q, at, end - at < PART ? end - at : PART);

		if (n == -EINTR) /* only by a stop: signals are blocked */
			continue;
		if (n <= 0)
			return n;
		at += (uint64_t)n;
		q->unseen += (uint64_t)n;
		if (q->unseen >= PART) {
			q->unseen = 0;
			r = see_signals(q);
		}
	}
	return r;
}

static long copy_stretches(struct copying *q, uint64_t size)
{
	long r = 0;

	for (uint64_t at = 0; at < size && !r;) {
		long data = fj_sys_lseek(q->d->src, at, SEEK_DATA), end;

		if (data == -ENXIO)
			break;
		if (data < 0) /* the file system does not support this */
			data = (long)at;
		end = fj_sys_lseek(q->d->src, data, SEEK_HOLE);
		if (end <= data || (uint64_t)end > size)
			end = (long)size;
		r = copy_stretch(q, (uint64_t)data, (uint64_t)end);
		at = (uint64_t)end;
	}
	return r < 0 ? r : fj_sys_ftruncate(q->d->dst, size);
}

long fj_union_copy_data(struct fj_call *c, const struct fj_union_data *d)
{
	struct copying q = {.c = c, .d = d};
	struct stat st;
	long r = fj_sys_fstat(d->src, &st);

	if (r < 0 || !st.st_size)
		return r;
	if (!fj_may_grow_to((uint64_t)st.st_size))
		return -EFBIG;
	if (!fj_sys_ioctl(d->dst, FICLONE, d->src))
		return 0;
	/* The multiplier is that of Fibonacci hashing, 2^64 divided by the golden ratio. */
	q.file = st.st_ino ^ st.st_dev * 0x9e3779b97f4a7c15UL;
	r = copy_stretches(&q, (uint64_t)st.st_size);
	if (q.room)
		fj_union_give_room(q.room, ROOM);
	if (r != -EINTR)
		fj_calling(c->thread)->again_file = 0;
	return r;
}
