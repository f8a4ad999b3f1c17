/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_lock.c - a lock for each union. Code that removes a name, or makes one where a whiteout is, needs
 * several calls: it looks what is there, then changes it. Two processes that did this at once could take
 * each other's files for what they saw, and lose them. The lock is flock(2) on the work directory, which
 * the kernel releases for a killed process. If the holder is stopped, the others wait half a second, and
 * then continue without the lock. Called by union_over.c and union/change.c. */
#include "layers/union.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"

#include <linux/errno.h>
#include <linux/time.h>

#define LOCK_EX_NB 6 /* flock(2) */
#define TRIES 2500
#define WAIT_NS 200000

int fj_layers_lock(struct fj_thread *t, struct fj_layers *l)
{
	const struct __kernel_timespec wait = {.tv_nsec = WAIT_NS};
	long fd, r = -EWOULDBLOCK;

	fd = l->work_fd < 0 ? fj_layers_open_work_of(t, l, O_RDONLY) :
			      fj_sys_openat(l->work_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (l->work_fd < 0)
		l->work_fd = (int)fd;
	for (unsigned i = 0; (r == -EWOULDBLOCK || r == -EINTR) && i < TRIES; i++) {
		if (i)
			fj_sys_nanosleep(&wait, 0);
		r = fj_sys_flock(fd, LOCK_EX_NB);
	}
	return (int)fd;
}

void fj_layers_unlock(struct fj_layers *l, int lock)
{
	if (lock >= 0)
		fj_sys_close(lock);
	if (l->work_fd == lock)
		l->work_fd = -1;
}
