/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_fd.c - hooks that protect the jail's own descriptors, which the program must not close,
 * replace, mark or use. Called through the table.
 *
 * For the program these descriptors are not open. dispatch.c handles descriptors that are arguments
 * themselves; this file handles those that lie in the program's memory. */
#include "call/call.h"
#include "call/condition.h"
#include "guest/guest.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "signal/signalfd.h"
#include "syscall/poll.h"
#include "syscall/unistd_io.h"

#include <asm/unistd.h>
#include <linux/aio_abi.h>
#include <linux/kcmp.h>
#include <linux/poll.h>
#include <linux/time_types.h>

#define POLLED 32u	       /* so many are looked at together */
#define CLOSE_RANGE_UNSHARE 2u /* linux/close_range.h */

long fj_hook_our_fd(struct fj_call *c)
{
	return fj_kernel(c); /* dispatch.c has replaced a descriptor of ours by one that is not
				open */
}

long fj_hook_fcntl(struct fj_call *c)
{
	if ((uint32_t)c->arg[1] == FJ_F_DUPFD_QUERY && fj_is_our_fd(c->arg[2]))
		c->arg[2] = (uint32_t)FJ_CLOSED_FD;
	return fj_kernel(c);
}

/* Is one of our descriptors among the first `count` of the set at `at`? */
static bool set_has_ours(uint64_t at, uint32_t count)
{
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail);
	uint64_t word = 0;

	for (uint32_t fd = ours; fd < ours + FJ_FD_COUNT && fd < count; fd++) {
		if ((fd == ours || fd % 64 == 0) &&
			fj_guest_read(&word, at + fd / 64 * sizeof(word), sizeof(word)))
			return false; /* the kernel returns EFAULT */
		if (word >> fd % 64 & 1)
			return true;
	}
	return false;
}

/* select(2), pselect6(2): the kernel checks only that a descriptor is open, and would wait for
 * ours. */
long fj_hook_select(struct fj_call *c)
{
	for (int i = 1; i <= 3 && (int)c->arg[0] > 0; i++)
		if (c->arg[i] && set_has_ours(c->arg[i], (uint32_t)c->arg[0]))
			return -EBADF;
	if (c->nr == __NR_pselect6 && c->arg[5])
		return fj_hook_pselect(c);
	return fj_signalfd_read(c);
}

/* Is one of our descriptors among the first `count` that poll(2) gets? */
static bool polls_ours(uint64_t at, uint64_t count)
{
	struct pollfd p[POLLED];

	while (count) {
		const uint64_t n = count < POLLED ? count : POLLED;

		if (fj_guest_read(p, at, n * sizeof(*p)))
			return false; /* the kernel returns EFAULT */
		for (uint64_t i = 0; i < n; i++)
			if (fj_is_our_fd((uint32_t)p[i].fd))
				return true;
		at += n * sizeof(*p);
		count -= n;
	}
	return false;
}

/* poll(2) reports a closed descriptor at once, so the call does not wait. */
static long poll_without_ours(uint64_t at, uint64_t count)
{
	struct pollfd p[POLLED];
	long r, found = 0;

	for (; count; count -= r, at += (uint64_t)r * sizeof(*p)) {
		const uint32_t n = count < POLLED ? (uint32_t)count : POLLED;
		uint64_t ours = 0;

		if (fj_guest_read(p, at, n * sizeof(*p)))
			return -EFAULT;
		for (uint32_t i = 0; i < n; i++)
			if (fj_is_our_fd((uint32_t)p[i].fd)) {
				ours |= 1UL << i;
				found++;
				p[i].fd = -1; /* poll(2) ignores it */
			}
		r = fj_sys_poll(p, n, 0);
		if (r < 0)
			return r;
		found += r;
		for (uint32_t i = 0; i < n; i++) {
			if (ours >> i & 1)
				p[i].revents = POLLNVAL;
			if (fj_guest_write(at + i * sizeof(*p) + offsetof(struct pollfd, revents),
				    &p[i].revents, sizeof(p[i].revents)))
				return -EFAULT;
		}
		r = n;
	}
	return found;
}

/* poll(2), ppoll(2): needed where the descriptor of --trace could be polled. */
long fj_hook_poll(struct fj_call *c)
{
	const uint64_t count = (uint32_t)c->arg[1];

	if (fj_jail->trace_fd_plus_1 && polls_ours(c->arg[0], count)) {
		/* Other errors of the call come first: EFAULT and EINVAL, also when it has no
		 * descriptors. */
		struct __kernel_timespec none = {0, 0};

		if (c->nr == __NR_ppoll && c->arg[2] &&
			fj_guest_read(&none, c->arg[2], sizeof(none)))
			return -EFAULT;
		if (none.tv_sec < 0 || (uint64_t)none.tv_nsec >= 1000000000u ||
			(c->nr == __NR_ppoll && c->arg[3] && c->arg[4] != FJ_SIGSET_SIZE))
			return -EINVAL;
		return poll_without_ours(c->arg[0], count);
	}
	if (c->nr == __NR_ppoll && c->arg[3])
		return fj_hook_sigwait(c);
	return fj_signalfd_read(c);
}

/* The kernel goes on until the first bad request, and returns the number of good ones. */
long fj_hook_io_submit(struct fj_call *c)
{
	struct iocb *at, one;

	for (long i = 0; i < (long)c->arg[1]; i++) {
		if (fj_guest_read(&at, c->arg[2] + (uint64_t)i * sizeof(at), sizeof(at)) ||
			fj_guest_read(&one, (uintptr_t)at, sizeof(one)))
			break;
		if (!fj_is_our_fd(one.aio_fildes) &&
			!((one.aio_flags & IOCB_FLAG_RESFD) && fj_is_our_fd(one.aio_resfd)))
			continue;
		c->arg[1] = (uint64_t)i;
		i = fj_kernel(c);
		return i ? i : -EBADF;
	}
	return fj_kernel(c);
}

long fj_hook_kcmp(struct fj_call *c)
{
	const int type = (int)c->arg[2];

	if (type == KCMP_FILE || type == KCMP_EPOLL_TFD)
		for (int i = 3; i <= (type == KCMP_FILE ? 4 : 3); i++)
			if (fj_is_our_fd(c->arg[i]))
				c->arg[i] = (uint32_t)FJ_CLOSED_FD;
	return fj_kernel(c);
}

long fj_hook_close_range(struct fj_call *c)
{
	const uint32_t first = (uint32_t)c->arg[0], last = (uint32_t)c->arg[1],
		       flags = (uint32_t)c->arg[2];
	const uint32_t ours = (uint32_t)FJ_FD_ROOT(fj_jail), after = ours + FJ_FD_COUNT;
	long r = 0;

	if (first > last || last < ours || first >= after || (flags & ~6u))
		return fj_kernel(c);
	if (first >= ours && last < after) /* nothing to do, if the kernel has this call: a first
					      above the last gives EINVAL */
		return fj_sys_close_range(1, 0, 0) == -EINVAL ? 0 : -ENOSYS;
	if (first < ours)
		r = fj_sys_close_range(first, ours - 1, flags);
	else if (flags & CLOSE_RANGE_UNSHARE)
		r = fj_sys_close_range(
			after, after, flags); /* only for the new table of descriptors */
	if (!r && last >= after)
		r = fj_sys_close_range(after, last, flags & ~CLOSE_RANGE_UNSHARE);
	return r;
}
