/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_follow.c - descriptors of a lower file that has just been copied up. In the kernel's overlay they show
 * the copy from then on: ovl_real_fdget() of fs/overlayfs/file.c. Here they are descriptors of the lower file,
 * and read(2) is not caught. So the process that has copied the file looks for such descriptors among its own,
 * and puts descriptors of the copy in their place, with the same number, flags and file offset. Called by
 * union/copy_up.c, with all signals blocked. A descriptor that is itself used for a change is always replaced:
 * union-held/union_fd.c calls the last function.
 *
 * A descriptor stays as it is where a replacement could be wrong:
 *  - in a process with several threads: dup3(2) cannot tell that another thread has closed the descriptor, and
 *    that its number is another file's by now;
 *  - if the parent has the descriptor, too (an inherited standard input): they would lose their common offset;
 *  - if there are locks or leases on the file through it: these would end;
 *  - if the lower file has another position in the jail, so that the descriptor may have been opened there: then
 *    it shows the lower file in the kernel's overlay, too. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "layers/follow.h"
#include "layers/place.h"
#include "mount-table/mount_table.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/sched.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kcmp.h>

#define LIST_SIZE 1024u
#define AT_MOST 32u /* more descriptors of one file are left as they are */

/* The descriptors of the lower file. */
struct followers {
	int fd[AT_MOST]; /* -1: it needs nothing more */
	uint32_t count;
};

static bool have_same_number(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

static int read_number(const char *digits)
{
	int n = 0;

	while (*digits >= '0' && *digits <= '9')
		n = n * 10 + (*digits++ - '0');
	return n;
}

/* Is it the program's, and of that file? (The engine's own temporary descriptors have high numbers.) */
static bool is_open_on(int fd, const struct stat *lower)
{
	struct stat st;

	return !fj_is_our_fd((uint32_t)fd) && !fj_sys_fstat(fd, &st) &&
	       have_same_number(&st, lower);
}

static void find_followers(struct fj_thread *t, const struct fj_followed *copy,
	const struct stat *lower, struct followers *f)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, LIST_SIZE);
	const long dir = fj_sys_openat(
		AT_FDCWD, "/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long n;

	while (dir >= 0 && (n = fj_sys_getdents64((int)dir, list, LIST_SIZE)) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);
			const int fd = read_number(d->name);

			at += d->size;
			if (d->name[0] != '.' && fd != dir && fd != copy->src && fd != copy->dst &&
				f->count < AT_MOST && is_open_on(fd, lower))
				f->fd[f->count++] = fd;
		}
	if (dir >= 0)
		fj_sys_close((int)dir);
	fj_scratch_release(t, mark);
}

/* May it only have been opened in the union? */
static bool has_one_position(struct fj_thread *t, const char *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str room;
	bool has;

	fj_scratch_str(t, &room, PATH_MAX);
	has = fj_mounts_show_once(host_path, &room);
	fj_scratch_release(t, mark);
	return has;
}

/* Was it opened by the name that was copied up? (A file with several names has one copy for each.) */
static bool has_path(struct fj_thread *t, int fd, const char *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *its = fj_scratch_path(t);
	const bool is = fj_fd_target(fd, its) > 0 && fj_streq(its, host_path);

	fj_scratch_release(t, mark);
	return is;
}

/* The directory has one entry for each thread, and those for "." and "..": proc_task_getattr() of
 * fs/proc/base.c. */
static bool has_one_thread(void)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, "/proc/self/task", &st, 0) && st.st_nlink == 3;
}

/* proc_pid_fdinfo(5) has a line for each. */
static bool has_locks(struct fj_thread *t, int fd)
{
	static const char word[] = "lock:";
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, LIST_SIZE);
	struct fj_str path;
	bool has;
	long n;

	fj_scratch_str(t, &path, 64);
	fj_str_put(&path, "/proc/thread-self/fdinfo/");
	fj_str_num(&path, (uint64_t)fd, 10);
	n = fj_read_file(AT_FDCWD, path.at, text, LIST_SIZE);
	has = n <= 0;
	for (long at = 0; at + (long)sizeof(word) <= n && !has; at++)
		has = !memcmp(text + at, word, sizeof(word) - 1);
	fj_scratch_release(t, mark);
	return has;
}

/* Returns what kcmp(2) does for these descriptors: 0 if both are of one open file description. */
static long compare_fds(int pid, int one, int other)
{
	return fj_sys_kcmp(fj_sys_getpid(), pid, KCMP_FILE, (unsigned)one, (unsigned)other);
}

/* Has the parent the same open file description? (It cannot be asked about where there is no kcmp(2). A parent
 * that may not be asked is another user's, and none of the jail.) */
static bool may_be_shared(int fd)
{
	return compare_fds(fj_sys_getpid(), fd, fd) || !compare_fds(fj_sys_getppid(), fd, fd);
}

static bool may_be_replaced(struct fj_thread *t, int fd, long flags)
{
	return flags >= 0 && ((flags & O_PATH) || (flags & O_ACCMODE) == O_RDONLY) &&
	       !may_be_shared(fd) && !has_locks(t, fd);
}

static void put_in_place(int up, int fd)
{
	const long how = fj_sys_fcntl(fd, F_GETFD, 0);

	fj_sys_dup3(up, fd, how & 1 /* FD_CLOEXEC */ ? O_CLOEXEC : 0);
}

/* Replace the descriptor and its duplicates. `copy` is an O_PATH descriptor of the copy. */
static void replace_group(struct fj_thread *t, struct followers *f, uint32_t first, int copy)
{
	const int fd = f->fd[first], me = fj_sys_getpid();
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0);
	long up, at;

	if (!may_be_replaced(t, fd, flags))
		return;
	up = fj_open_anew(copy, (int)flags);
	if (up < 0)
		return;
	at = fj_sys_lseek(fd, 0, SEEK_CUR); /* -EBADF for O_PATH */
	if (at > 0)
		fj_sys_lseek((int)up, at, SEEK_SET);
	for (uint32_t i = first + 1; i < f->count; i++)
		if (f->fd[i] >= 0 && !compare_fds(me, fd, f->fd[i])) {
			put_in_place((int)up, f->fd[i]);
			f->fd[i] = -1;
		}
	put_in_place((int)up, fd);
	fj_sys_close((int)up);
}

/* An O_PATH descriptor of the copy by its name. (What was made without a name has none in /proc/self/fd.) */
static long open_copy(const struct fj_followed *copy)
{
	const long fd = fj_sys_openat(copy->dirfd, copy->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat made, found;

	if (fd < 0 || (!fj_sys_fstat(copy->dst, &made) && !fj_sys_fstat((int)fd, &found) &&
			      have_same_number(&made, &found)))
		return fd;
	fj_sys_close((int)fd);
	return -ENOENT; /* another process has renamed or removed it */
}

static void replace_all(struct fj_thread *t, const struct fj_followed *copy, struct followers *f,
	const char *host_path)
{
	long fd;

	if (!has_one_thread() || !has_one_position(t, host_path))
		return;
	fd = open_copy(copy);
	for (uint32_t i = 0; i < f->count && fd >= 0; i++)
		if (f->fd[i] >= 0 && has_path(t, f->fd[i], host_path))
			replace_group(t, f, i, (int)fd);
	if (fd >= 0)
		fj_sys_close((int)fd);
}

void fj_union_follow(struct fj_thread *t, const struct fj_followed *copy)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct followers *f = (struct followers *)(void *)fj_scratch(t, sizeof(*f));
	char *host_path = fj_scratch_path(t);
	struct stat lower;

	f->count = 0;
	if (!fj_sys_fstat(copy->src, &lower))
		find_followers(t, copy, &lower, f);
	if (f->count && fj_fd_target(copy->src, host_path) > 0)
		replace_all(t, copy, f, host_path);
	fj_scratch_release(t, mark);
}

bool fj_is_fifo(int fd)
{
	struct stat st;

	return !fj_sys_fstat(fd, &st) && (st.st_mode & FJ_S_IFMT) == FJ_S_IFIFO;
}

/* Open the copy with these flags. A fifo has both ends while it is opened, so nothing waits and nothing is
 * refused: fifo(7). */
static long open_flagged(const struct fj_place *place, long flags, bool opens_fifo)
{
	const long both = opens_fifo ? fj_sys_openat(place->dirfd, place->name,
					       O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0) :
				       -1;
	const long up = fj_sys_openat(place->dirfd, place->name,
		flags | O_NOFOLLOW | O_CLOEXEC | (opens_fifo ? O_NONBLOCK : 0), 0);

	if (opens_fifo && both >= 0)
		fj_sys_close((int)both);
	if (opens_fifo && up >= 0)
		fj_sys_fcntl(up, F_SETFL, flags);
	return up;
}

/* Has it been replaced when the file was copied up? */
static bool is_at(int fd, const struct fj_place *place)
{
	struct stat its, copy;

	return !fj_sys_fstat(fd, &its) &&
	       !fj_sys_newfstatat(place->dirfd, place->name, &copy, AT_SYMLINK_NOFOLLOW) &&
	       have_same_number(&its, &copy);
}

long fj_union_replace_fd(int fd, const struct fj_place *place)
{
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0), cloexec = fj_sys_fcntl(fd, F_GETFD, 0);
	const long at = flags & O_PATH ? 0 : fj_sys_lseek(fd, 0, 1 /* SEEK_CUR */);
	long up, r;

	if (is_at(fd, place))
		return 0;
	up = open_flagged(place, flags & ~(long)(O_CREAT | O_EXCL | O_TRUNC),
		!(flags & O_PATH) && fj_is_fifo(fd));
	if (up < 0)
		return up;
	if (at > 0)
		fj_sys_lseek(up, at, 0 /* SEEK_SET */);
	r = fj_sys_dup3(up, fd, cloexec & 1 /* FD_CLOEXEC */ ? O_CLOEXEC : 0);
	fj_sys_close((int)up);
	return r < 0 ? r : 0;
}
