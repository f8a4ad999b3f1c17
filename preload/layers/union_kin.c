/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_kin.c - finds out whether relatives of a process have an open file description that this process has, too. Then
 * all of them use one file offset. Called by union_follow.c.
 *
 * A descriptor comes from an ancestor by fork(2), and may have another number here: a standard input usually has. So
 * all descriptors of each ancestor are compared, and all of each descendant. (One that a message over a socket has
 * passed on is not found.) A zombie has no descriptors. A process that may not be asked is another user's, and
 * none of the jail, or not dumpable: then it is taken to have none in common. */
#include "bytes/str.h"
#include "layers/follow.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/sched.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <linux/fcntl.h>
#include <linux/kcmp.h>

#define LIST_SIZE 1024
#define PATH_SIZE 64 /* /proc/PID/task/PID/children */
#define DEEP 16u     /* as many ancestors are asked */

static long number_at(const char **text)
{
	long n = 0;

	while (**text == ' ')
		++*text;
	while (**text >= '0' && **text <= '9')
		n = n * 10 + (*(*text)++ - '0');
	return n;
}

/* The path of a file of a process, in scratch memory. */
static const char *path_of(struct fj_thread *t, int pid, const char *file)
{
	struct fj_str path;

	fj_scratch_str(t, &path, PATH_SIZE);
	fj_str_put(&path, "/proc/");
	fj_str_num(&path, (uint64_t)pid, 10);
	fj_str_put(&path, file);
	return path.at;
}

static bool is_same(int pid, int theirs, int fd)
{
	return !fj_sys_kcmp(
		fj_sys_getpid(), pid, KCMP_FILE, (unsigned long)fd, (unsigned long)theirs);
}

/* Has the process the open file description of `fd`, or even one table of descriptors with this one? */
static bool has_it(struct fj_thread *t, int pid, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, LIST_SIZE);
	long n, dir = -1;
	bool has = is_same(pid, fd, fd) || !fj_sys_kcmp(fj_sys_getpid(), pid, KCMP_FILES, 0, 0);

	if (!has)
		dir = fj_sys_openat(
			AT_FDCWD, path_of(t, pid, "/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	while (!has && dir >= 0 && (n = fj_sys_getdents64((int)dir, list, LIST_SIZE)) > 0)
		for (long at = 0; at < n && !has;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);
			const char *name = d->name;

			at += d->size;
			has = name[0] != '.' && is_same(pid, (int)number_at(&name), fd);
		}
	if (dir >= 0)
		fj_sys_close((int)dir);
	fj_scratch_release(t, mark);
	return has;
}

/* Returns the parent of a process, or 0: proc_pid_stat(5). */
static int parent_of(struct fj_thread *t, int pid)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, LIST_SIZE);
	long n = fj_read_file(AT_FDCWD, path_of(t, pid, "/stat"), text, LIST_SIZE - 1);
	const char *p;
	int parent = 0;

	/* "PID (COMMAND) STATE PARENT ...", where the command may have any characters. */
	text[n > 0 ? n : 0] = 0;
	while (n > 0 && text[n] != ')')
		n--;
	if (n > 0 && text[n + 1] && text[n + 2]) {
		p = text + n + 3;
		parent = (int)number_at(&p);
	}
	fj_scratch_release(t, mark);
	return parent;
}

static bool has_ancestor(struct fj_thread *t, int fd)
{
	int pid = fj_sys_getppid();

	for (unsigned i = 0; i < DEEP && pid > 1; i++, pid = parent_of(t, pid))
		if (has_it(t, pid, fd))
			return true;
	return false;
}

/* Has a child of the process it, or a child of that? (proc_pid_tid_children(5) lists the children that the thread has
 * made. Without CONFIG_PROC_CHILDREN there is no such file.) */
static bool has_descendant(struct fj_thread *t, int pid, int fd, unsigned depth)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, LIST_SIZE);
	const char *p = text, *path;
	struct fj_str task;
	bool has = false;
	long n;
	int child;

	fj_scratch_str(t, &task, PATH_SIZE);
	fj_str_put(&task, "/task/");
	fj_str_num(&task, (uint64_t)pid, 10);
	fj_str_put(&task, "/children");
	path = path_of(t, pid, task.at);
	n = fj_read_file(AT_FDCWD, path, text, LIST_SIZE - 1);
	text[n > 0 ? n : 0] = 0;
	while (!has && (child = (int)number_at(&p)) > 0)
		has = has_it(t, child, fd) || (depth && has_descendant(t, child, fd, depth - 1));
	fj_scratch_release(t, mark);
	return has;
}

bool fj_kin_has_fd(struct fj_thread *t, int fd, bool *is_descendant)
{
	*is_descendant = has_descendant(t, fj_sys_getpid(), fd, 3);
	return *is_descendant || has_ancestor(t, fd);
}
