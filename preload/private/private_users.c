/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private_users.c - which processes still need a directory that is used as tmpfs, as /proc shows the user's
 * processes: those of the jail for which it was made, and those with their working directory or an open
 * file in it. private.c asks the first question before it removes what a jail has left, mount/mount_point.c
 * the second before it unmounts a tmpfs. */
#include "private/private.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/str.h"
#include "sys/sys.h"

#include <asm/stat.h>

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
	const long fd =
		fj_sys4(__NR_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	char own[12];
	struct fj_str s;
	bool is_so = false;
	long n;

	fj_str_init(&s, own, sizeof(own));
	fj_str_num(&s, (uint64_t)fj_sys0(__NR_getpid), 10);
	while (!fj_is_err(fd) && !is_so && (n = fj_sys3(__NR_getdents64, fd, list, DENTS_SIZE)) > 0)
		for (long at = 0; at < n && !is_so;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			if (is_number(d->name) && (also_this_one || !fj_streq(d->name, own)))
				is_so = question(t, d->name, about);
			at += d->size;
		}
	if (!fj_is_err(fd))
		fj_close((int)fd);
	fj_scratch_release(t, mark);
	return is_so;
}

struct memory {
	const char *number; /* of the descriptor */
	uint64_t inode;
};

/* Puts "/proc/PID/LEAF" into `text`. */
static const char *proc_path(char text[64], const char *pid, const char *leaf, const char *rest)
{
	struct fj_str s;

	fj_str_init(&s, text, 64);
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, leaf);
	fj_str_put(&s, rest);
	return text;
}

static bool text_begins(const char *text, const char *beginning)
{
	while (*beginning && *text == *beginning) {
		text++;
		beginning++;
	}
	return !*beginning;
}

/* Returns the value of a line of /proc/PID/status, or NULL. The value is between tabs or spaces. */
static const char *status_value(const char *status, const char *name)
{
	for (; *status; status++)
		if (*status == '\n' && text_begins(status + 1, name)) {
			status += 1 + fj_strlen(name);
			while (*status == '\t' || *status == ' ')
				status++;
			return status;
		}
	return NULL;
}

/* The kernel hides the descriptors of a process that is not dumpable, even from its own user, but not its
 * status. Such a process can be one of a jail if it is this user's, has a seccomp filter, and has memory:
 * one that ends has none. */
static bool can_be_jailed(struct fj_thread *t, const char *pid)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *status = fj_scratch(t, DENTS_SIZE);
	char text[64], own[16];
	const long fd = fj_sys4(__NR_openat, AT_FDCWD, proc_path(text, pid, "/status", ""),
		O_RDONLY | O_CLOEXEC, 0);
	const long n = fj_is_err(fd) ? 0 : fj_sys3(__NR_read, fd, status, DENTS_SIZE - 1);
	const char *uid, *filters;
	const char tab = '\t';
	struct fj_str s;
	bool is_so;

	if (!fj_is_err(fd))
		fj_close((int)fd);
	status[n > 0 ? n : 0] = 0;
	uid = status_value(status, "Uid:"); /* the real one, and then the effective one */
	while (uid && *uid >= '0' && *uid <= '9')
		uid++;
	filters = status_value(status, "Seccomp:"); /* 2: SECCOMP_MODE_FILTER */
	fj_str_init(&s, own, sizeof(own));
	fj_str_add(&s, &tab, 1);
	fj_str_num(&s, (uint64_t)fj_sys0(__NR_geteuid), 10);
	is_so = uid && text_begins(uid, own) && uid[s.len] == '\t' && filters && *filters == '2' &&
		status_value(status, "VmSize:");
	fj_scratch_release(t, mark);
	return is_so;
}

/* Returns 0 if process `pid` holds the memory, -EACCES if the kernel hides it, or another error. */
static long shown_memory(const char *pid, const struct memory *m)
{
	struct stat st;
	char text[64];
	const long r =
		fj_sys4(__NR_newfstatat, AT_FDCWD, proc_path(text, pid, "/fd/", m->number), &st, 0);

	return r ? r : st.st_ino == m->inode ? 0 : -ENOENT;
}

static bool shows_memory(struct fj_thread *t, const char *pid, const void *memory)
{
	(void)t;
	return !shown_memory(pid, memory);
}

static bool may_hold_memory(struct fj_thread *t, const char *pid, const void *memory)
{
	const long r = shown_memory(pid, memory);

	return !r || (r == -EACCES && can_be_jailed(t, pid));
}

static struct memory memory_of(const char *name)
{
	struct memory m = {0};

	for (; *name >= '0' && *name <= '9'; name++)
		m.inode = m.inode * 10 + (uint64_t)(*name - '0');
	m.number = *name == '-' ? name + 1 : "-";
	return m;
}

static bool asks_of(bool (*question)(struct fj_thread *, const char *, const void *),
	struct fj_thread *t, int32_t pid)
{
	char name[64], number[12];
	struct memory m;
	struct fj_str s;

	fj_str_init(&s, number, sizeof(number));
	fj_str_num(&s, (uint32_t)pid, 10);
	fj_str_init(&s, name, sizeof(name));
	fj_private_name(&s);
	m = memory_of(name);
	return question(t, number, &m);
}

bool fj_private_shows(struct fj_thread *t, int32_t pid)
{
	return asks_of(shows_memory, t, pid);
}

bool fj_private_may_hold(struct fj_thread *t, int32_t pid)
{
	return asks_of(may_hold_memory, t, pid);
}

bool fj_private_is_alive(struct fj_thread *t, const char *name)
{
	const struct memory m = memory_of(name);

	return fj_private_any_process(t, shows_memory, &m, false);
}

bool fj_private_may_be_alive(struct fj_thread *t, const char *name)
{
	const struct memory m = memory_of(name);

	return fj_private_any_process(t, may_hold_memory, &m, false);
}

static bool link_is_below(
	struct fj_thread *t, const char *pid, const char *name, const char *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t), *target = fj_scratch_path(t);
	struct fj_str s;
	bool is;
	long n;

	fj_str_init(&s, text, FJ_PATH_MAX);
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, name);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, text, target, FJ_PATH_MAX - 1);
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
	char text[64 + FJ_NAME_MAX];
	struct fj_str s;
	bool is_so = link_is_below(t, pid, "/cwd", host_path);
	long fd, n;

	fj_str_init(&s, text, sizeof(text));
	fj_str_put(&s, "/proc/");
	fj_str_put(&s, pid);
	fj_str_put(&s, "/fd");
	fd = is_so ? -ENOENT :
		     fj_sys4(__NR_openat, AT_FDCWD, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	while (!fj_is_err(fd) && !is_so && (n = fj_sys3(__NR_getdents64, fd, list, DENTS_SIZE)) > 0)
		for (long at = 0; at < n && !is_so;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			fj_str_init(&s, text, sizeof(text));
			fj_str_put(&s, "/fd/");
			fj_str_put(&s, d->name);
			is_so = link_is_below(t, pid, text, host_path);
			at += d->size;
		}
	if (!fj_is_err(fd))
		fj_close((int)fd);
	fj_scratch_release(t, mark);
	return is_so;
}

bool fj_private_is_busy(struct fj_thread *t, const char *host_path)
{
	return fj_private_any_process(t, uses_path, host_path, true);
}
