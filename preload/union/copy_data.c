/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy_data.c - copies the data of a file that is copied up, with its holes. If the file system can, the
 * data are shared with the lower file; otherwise the kernel copies them, or they are read and written.
 * Called by copy_up.c.
 *
 * This may take long. Only a signal that ends the process interrupts a copy, as in the kernel
 * (ovl_copy_up_file() of fs/overlayfs/copy_up.c); handlers run when the call is done. So all signals are
 * blocked while a file is copied, and the code looks between the parts for one that ends the process. */
#include "call/call.h"
#include "sys/abi_signal.h"
#include "sys/fd.h"
#include "syscall/ioctl.h"
#include "syscall/mman.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/unistd_io.h"
#include "union/parts.h"

#include <asm/stat.h>
#include <linux/fs.h>
#include <linux/mman.h>

#define PART (8UL << 20)
#define ROOM (256UL << 10)
/* Signals that do not end a process without a handler: SIGCHLD, SIGCONT, SIGURG, SIGWINCH; SIGSTOP,
 * SIGTSTP, SIGTTIN, SIGTTOU. */
#define HARMLESS (1UL << 16 | 1UL << 17 | 1UL << 22 | 1UL << 27 | 0xfUL << 18)

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
	const struct fj_call *c;
	const struct fj_union_data *d;
	bool reads; /* the kernel cannot copy between these two files */
	char *room;
};

/* If a signal has come that ends the process, let it in. */
static void end_if_told(const struct copying *q)
{
	uint64_t pending = 0, action[4], mask;

	fj_sys_rt_sigpending(&pending, sizeof(pending));
	pending &= ~((q->c->mask ? *q->c->mask : q->c->held_mask) | HARMLESS);
	for (int sig = 1; pending; sig++, pending >>= 1) {
		/* (struct kernel_sigaction begins with the handler; 0 is SIG_DFL.) */
		if (!(pending & 1) || fj_sys_rt_sigaction(sig, 0, action, FJ_SIGSET_SIZE) ||
			action[0])
			continue;
		mask = 1UL << (sig - 1);
		fj_sys_rt_sigprocmask(FJ_SIG_UNBLOCK, &mask, 0, sizeof(mask));
		fj_sys_rt_sigprocmask(FJ_SIG_BLOCK, &mask, 0, sizeof(mask));
	}
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
	uint64_t since = at;

	while (at < end) {
		const long n = copy_part(q, at, end - at < PART ? end - at : PART);

		if (n == -EINTR) /* only by a stop: signals are blocked */
			continue;
		if (n <= 0)
			return n;
		at += (uint64_t)n;
		if (at - since >= PART) {
			since = at;
			end_if_told(q);
		}
	}
	return 0;
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
	r = copy_stretches(&q, (uint64_t)st.st_size);
	if (q.room)
		fj_union_give_room(q.room, ROOM);
	return r;
}
