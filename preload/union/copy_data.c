/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy_data.c - copies the data of a file that is copied up, with its holes. If the file system can, the
 * data are shared with the lower file; otherwise the kernel copies them, or they are read and written.
 * Called by copy_up.c.
 *
 * This may take long, and ^C must work meanwhile. After a trap all signals are blocked, so the code looks
 * for pending signals between the parts, and lets them in. After a jump signals are not blocked, and a
 * handler that leaves by siglongjmp(3) would leave two descriptors open. So they are blocked here, and let
 * in when only one is open; `window_fd` is that one. */
#include "union/parts.h"
#include "call/call.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "sys/abi_signal.h"

#include <asm/stat.h>
#include <linux/fs.h>
#include <linux/mman.h>

#define PART (8UL << 20)
#define ROOM (256UL << 10)
/* The signals of faults, and the trap's own: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS. */
#define FAULTS (1UL << 3 | 1UL << 4 | 1UL << 6 | 1UL << 7 | 1UL << 10 | 1UL << 30)

char *fj_union_room(size_t size)
{
	const long at = fj_sys6(
		__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return fj_is_err(at) ? NULL : (char *)at;
}

void fj_union_give_room(char *room, size_t size)
{
	fj_sys2(__NR_munmap, room, size);
}

struct copying {
	struct fj_call *c;
	struct fj_union_data *d;
	uint64_t own_mask; /* after a jump: the program's mask */
	bool reads;	   /* the kernel cannot copy between these two files */
	char *room;
};

/* Open the file again after a handler, which may have done anything. */
static long open_again(struct copying *q)
{
	const long fd = fj_union_open_lower(q->d->from_dirfd, q->d->from, 0);

	if (fj_is_err(fd))
		return fd;
	q->d->src = (int)fd;
	return 0;
}

static long let_signals_in(struct copying *q)
{
	struct fj_thread *t = q->c->thread;
	static const uint64_t nothing[FJ_ARGS];
	const uint64_t *mask = q->c->mask ? q->c->mask : &q->own_mask;
	const int32_t outer_fd = t->window_fd;
	uint64_t pending = 0, all;

	if (fj_sys2(__NR_rt_sigpending, &pending, sizeof(pending)) || !(pending & ~*mask))
		return 0;
	fj_close(q->d->src);
	q->d->src = -1;
	if (q->c->mask) {
		fj_kernel_waiting(q->c, __NR_getppid, nothing, q->d->dst);
	} else {
		t->window_fd = q->d->dst;
		fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &q->own_mask, &all, sizeof(all));
		fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &all, &q->own_mask, sizeof(all));
		t->window_fd = outer_fd;
	}
	return open_again(q);
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
	n = fj_sys4(__NR_pread64, q->d->src, q->room, size < ROOM ? size : ROOM, at);
	while (n > 0 && done < n) {
		const long w = fj_sys4(
			__NR_pwrite64, q->d->dst, q->room + done, n - done, at + (uint64_t)done);

		if (w == -EINTR)
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
		n = fj_sys6(__NR_copy_file_range, q->d->src, &in, q->d->dst, &out, size, 0);
		/* (Some file systems return 0 if they cannot copy.) */
		q->reads = !n || cannot_copy(n);
	}
	return q->reads ? read_and_write(q, at, size) : n;
}

static long copy_stretch(struct copying *q, uint64_t at, uint64_t end)
{
	uint64_t since = at;

	while (at < end) {
		const long n = copy_part(q, at, end - at < PART ? end - at : PART);
		long r;

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n;
		at += (uint64_t)n;
		if (at - since >= PART) {
			since = at;
			r = let_signals_in(q);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static long copy_stretches(struct copying *q, uint64_t size)
{
	long r = 0;

	for (uint64_t at = 0; at < size && !r;) {
		long data = fj_sys3(__NR_lseek, q->d->src, at, SEEK_DATA), end;

		if (data == -ENXIO)
			break;
		if (data < 0) /* the file system does not support this */
			data = (long)at;
		end = fj_sys3(__NR_lseek, q->d->src, data, SEEK_HOLE);
		if (end <= data || (uint64_t)end > size)
			end = (long)size;
		r = copy_stretch(q, (uint64_t)data, (uint64_t)end);
		at = (uint64_t)end;
	}
	return r < 0 ? r : fj_sys2(__NR_ftruncate, q->d->dst, size);
}

long fj_union_copy_data(struct fj_call *c, struct fj_union_data *d)
{
	const uint64_t all = ~FAULTS;
	struct copying q = {.c = c, .d = d};
	struct stat st;
	long r = fj_sys2(__NR_fstat, d->src, &st);

	if (r < 0 || !st.st_size)
		return r;
	if (!fj_may_grow_to((uint64_t)st.st_size))
		return -EFBIG;
	if (!fj_sys3(__NR_ioctl, d->dst, FICLONE, d->src))
		return 0;
	if (!c->mask)
		fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &all, &q.own_mask, sizeof(all));
	r = copy_stretches(&q, (uint64_t)st.st_size);
	if (!c->mask)
		fj_sys4(__NR_rt_sigprocmask, FJ_SIG_SETMASK, &q.own_mask, 0, sizeof(all));
	if (q.room)
		fj_union_give_room(q.room, ROOM);
	return r;
}
