/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * doing.c - finds out what another process is doing. Called by processes that wait for it:
 * locking/lock.c, inode/creators.c, records/shared.c.
 *
 * It reads the state of each thread (proc_pid_stat(5)), since a debugger stops single threads. A
 * thread that is frozen with its cgroup seems to sleep (or, in a cgroup of version 1, to wait for a
 * disk). */
#include "locking/doing.h"

#include "bytes/format.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <linux/errno.h>

struct dirent_ { /* struct linux_dirent64 */
	uint64_t ino;
	int64_t off;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Returns the third field of the thread's stat file. It stands behind a name that may contain
 * anything. 0: there is no such thread. */
static char read_task_state(int list, const char *tid)
{
	char text[128]; /* the name has 64 bytes at most: proc_task_name() of fs/proc/array.c */
	long fd, n;

	fj_format(text, sizeof(text), "%s/stat", tid);
	fd = fj_sys_openat(list, text, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	n = fj_sys_read(fd, text, sizeof(text));
	fj_sys_close((int)fd);
	while (n > 2 && text[n - 3] != ')')
		n--;
	return n > 2 ? text[n - 1] : 0;
}

static enum fj_doing doing_of(char state)
{
	switch (state) {
	case 0:
	case 'Z':
	case 'X':
		return FJ_IS_GONE;
	case 'S':
		return FJ_SLEEPS;
	case 'D':
		return FJ_WAITS_FOR_DISK;
	case 'R':
		return FJ_RUNS;
	default: /* t and T; I is a kernel thread */
		return FJ_IS_STOPPED;
	}
}

static enum fj_doing more_of(enum fj_doing a, enum fj_doing b)
{
	return a > b ? a : b;
}

enum fj_doing fj_doing(int32_t pid)
{
	enum fj_doing doing = FJ_IS_GONE;
	char text[512] __attribute__((aligned(8)));
	long list, n;

	if (fj_sys_kill(pid, 0) == -ESRCH)
		return FJ_IS_GONE;
	fj_format(text, sizeof(text), "/proc/%u/task", (unsigned)pid);
	list = fj_sys_openat(AT_FDCWD, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (list < 0)
		return FJ_RUNS; /* as far as is known */
	while ((n = fj_sys_getdents64(list, text, sizeof(text))) > 0)
		for (long at = 0; at < n && doing != FJ_IS_STOPPED;) {
			const struct dirent_ *d = (const struct dirent_ *)(text + at);

			if (d->name[0] != '.')
				doing = more_of(
					doing, doing_of(read_task_state((int)list, d->name)));
			at += d->size;
		}
	fj_sys_close((int)list);
	return doing;
}
