/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private_users.c - which processes still need a directory that is used as tmpfs, as /proc shows the user's
 * processes: those of the jail for which it was made, and those with their working directory or an open
 * file in it. private.c asks the first question before it removes what a jail has left, mount/mount_point.c
 * the second before it unmounts a tmpfs. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "jail/memory.h"
#include "private/private.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/time_types.h>

#define DENTS_SIZE FJ_PRIVATE_ROOM

static bool is_number(const char *s)
{
	const char *p = s;

	while (*p >= '0' && *p <= '9')
		p++;
	return p != s && !*p;
}

bool fj_private_any_process(struct fj_thread *t,
	bool (*question)(struct fj_thread *, const char *pid, const void *), const void *about,
	bool also_this_one)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS_SIZE);
	const long fd = fj_sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	char own[12];
	struct fj_str s;
	bool is_so = false;
	long n;

	fj_str_init(&s, own, sizeof(own));
	fj_str_num(&s, (uint64_t)fj_sys_getpid(), 10);
	while (fd >= 0 && !is_so && (n = fj_sys_getdents64(fd, list, DENTS_SIZE)) > 0)
		for (long at = 0; at < n && !is_so;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			if (is_number(d->name) && (also_this_one || !fj_streq(d->name, own)))
				is_so = question(t, d->name, about);
			at += d->size;
		}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_scratch_release(t, mark);
	return is_so;
}

#define LEAVING_S                                                                                  \
	10u /* a process that looked so long ago may have ended, and another have its pid */

static uint32_t seconds_now(void)
{
	struct __kernel_timespec now = {0};

	fj_sys_clock_gettime(1 /* CLOCK_MONOTONIC */, &now);
	return (uint32_t)now.tv_sec;
}

static struct fj_leavers *leavers_of_jail(void)
{
	return (struct fj_leavers *)fj_jail_at(FJ_LEAVERS_AT);
}

void fj_private_note_leaving(void)
{
	const uint32_t n =
		__atomic_fetch_add(&leavers_of_jail()->count, 1, __ATOMIC_SEQ_CST) % FJ_LEAVERS;
	struct fj_leaver *l = &leavers_of_jail()->last[n];

	__atomic_store_n(&l->since, seconds_now(), __ATOMIC_SEQ_CST);
	__atomic_store_n(&l->pid, (uint32_t)fj_sys_getpid(), __ATOMIC_SEQ_CST);
}

bool fj_private_is_leaving(int32_t pid)
{
	for (uint32_t i = 0; i < FJ_LEAVERS; i++) {
		const struct fj_leaver *l = &leavers_of_jail()->last[i];

		if (__atomic_load_n(&l->pid, __ATOMIC_SEQ_CST) == (uint32_t)pid &&
			seconds_now() - __atomic_load_n(&l->since, __ATOMIC_SEQ_CST) < LEAVING_S)
			return true;
	}
	return false;
}

int32_t fj_private_pid(const char *pid)
{
	int32_t number = 0;

	for (; *pid; pid++)
		number = number * 10 + (*pid - '0');
	return number;
}

struct memory {
	const char *number;  /* of the descriptor */
	uint64_t inode, dev; /* dev 0: unknown, for the memory of another jail */
	bool ignores_leavers;
};

static bool holds_memory(struct fj_thread *t, const char *pid, const void *about)
{
	const struct memory *m = about;
	char text[64];
	struct fj_str s;
	struct stat st;

	(void)t;
	fj_str_init(&s, text, sizeof(text));
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, "/fd/");
	fj_str_put(&s, m->number);
	return !fj_sys_newfstatat(AT_FDCWD, text, &st, 0) && st.st_ino == m->inode &&
	       (!m->dev || st.st_dev == m->dev) &&
	       !(m->ignores_leavers && fj_private_is_leaving(fj_private_pid(pid)));
}

static struct memory memory_of(const char *name)
{
	struct memory m = {0};

	for (; *name >= '0' && *name <= '9'; name++)
		m.inode = m.inode * 10 + (uint64_t)(*name - '0');
	m.number = *name == '-' ? name + 1 : "-";
	return m;
}

bool fj_private_holds(struct fj_thread *t, int32_t pid)
{
	char name[64], number[12];
	struct memory m;
	struct fj_str s;
	struct stat own;

	fj_str_init(&s, number, sizeof(number));
	fj_str_num(&s, (uint32_t)pid, 10);
	fj_str_init(&s, name, sizeof(name));
	fj_private_name(&s);
	m = memory_of(name);
	if (fj_sys_newfstatat(FJ_FD_JAIL(fj_jail), "", &own, AT_EMPTY_PATH))
		return false;
	m.dev = own.st_dev; /* who does not hold it must not get a signal: call/ending.c */
	return holds_memory(t, number, &m);
}

bool fj_private_is_alive(struct fj_thread *t, const char *name)
{
	const struct memory m = memory_of(name);

	return fj_private_any_process(t, holds_memory, &m, false);
}

bool fj_private_is_last(struct fj_thread *t, const char *own_name)
{
	struct memory m = memory_of(own_name);

	m.ignores_leavers = true;
	return !fj_private_any_process(t, holds_memory, &m, false);
}

static bool link_is_below(
	struct fj_thread *t, const char *pid, const char *name, const char *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t), *target = fj_scratch_path(t);
	struct fj_str s;
	bool is;
	long n;

	fj_str_init(&s, text, PATH_MAX);
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, name);
	n = fj_sys_readlinkat(AT_FDCWD, text, target, PATH_MAX - 1);
	if (n > 0)
		target[n] = 0;
	is = n > 0 && fj_path_has_prefix(target, host_path);
	fj_scratch_release(t, mark);
	return is;
}

static bool uses_path(struct fj_thread *t, const char *pid, const void *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, DENTS_SIZE);
	char text[64 + NAME_MAX];
	struct fj_str s;
	bool is_so = link_is_below(t, pid, "/cwd", host_path);
	long fd, n;

	fj_str_init(&s, text, sizeof(text));
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, "/fd");
	fd = is_so ? -ENOENT : fj_sys_openat(AT_FDCWD, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	while (fd >= 0 && !is_so && (n = fj_sys_getdents64(fd, list, DENTS_SIZE)) > 0)
		for (long at = 0; at < n && !is_so;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			fj_str_init(&s, text, sizeof(text));
			fj_str_put(&s, "/fd/");
			fj_str_put(&s, d->name);
			is_so = link_is_below(t, pid, text, host_path);
			at += d->size;
		}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_scratch_release(t, mark);
	return is_so;
}

bool fj_private_is_busy(struct fj_thread *t, const char *host_path)
{
	return fj_private_any_process(t, uses_path, host_path, true);
}
