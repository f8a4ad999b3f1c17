/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_follow.c - descriptors of a lower file that was copied up. In the kernel's overlay they show the copy from
 * then on: ovl_real_fdget() of fs/overlayfs/file.c. Here they are descriptors of the lower file, and read(2) is not
 * caught. So a process that copies a file up notes this in the jail's memory, and advances a count there. It then looks
 * for such descriptors among its own, as do other processes of the jail at their next call that reaches the engine. It
 * puts descriptors of the copy in their place, with the same number, flags and file offset. Called by union/copy_up.c
 * and dispatch/dispatch.c.
 *
 * A descriptor stays as it is where a replacement could be wrong:
 *  - in a process with several threads: dup3(2) cannot tell that another thread has closed the descriptor, and
 *    that its number is another file's by now;
 *  - if an ancestor or a descendant has the descriptor, too (an inherited standard input): they would lose their
 *    common offset (union_kin.c). Descendants may end: then the process looks again at its next calls;
 *  - if there are locks or leases on the file through it: these would end;
 *  - if the lower file has another position in the jail, so that the descriptor may have been opened there: then
 *    it shows the lower file in the kernel's overlay, too. */
#include "bytes/bytes.h"
#include "bytes/hash.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "layers/follow.h"
#include "locking/seq.h"
#include "mount-table/mount_table.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "sys/thread.h"
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
#include <linux/stat.h>

#define LIST_SIZE 1024
#define ENTRY_SIZE 40 /* of a number, at most */
#define AT_MOST 32u   /* more descriptors of one file are left as they are */
#define LOOKS                                                                                      \
	64u /* calls at which a process looks whether its descendants have ended: a shell makes some ten for each */

/* The program's descriptors of lower files that were copied up. */
struct followers {
	uint32_t count;
	bool waits_for_kin; /* a descendant has one of them */
	struct {
		int fd; /* -1: it needs nothing more */
		uint64_t copy;
	} at[AT_MOST];
};

/* The index in struct fj_copies. */
static uint32_t place_of_copy(uint32_t dev, uint64_t ino)
{
	const uint64_t file[2] = {dev, ino};

	return (uint32_t)(fj_hash((const char *)file, sizeof(file), FJ_HASH_SEED) % FJ_COPIES);
}

/* What the copy `fd` is known by, or 0. A later file may get its number, but not its time of birth. (Without statx(2) and on
 * some file systems the number alone counts; what gets it must have the copy's name as well.) */
static uint64_t hash_copy(int fd)
{
	struct statx sx = {0};
	struct stat st;

	if (fj_sys_fstat(fd, &st))
		return 0;
	fj_sys_statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &sx);

	const uint64_t file[4] = {
		st.st_dev, st.st_ino, (uint64_t)sx.stx_btime.tv_sec, sx.stx_btime.tv_nsec};

	return fj_hash((const char *)file, sizeof(file), FJ_HASH_SEED);
}

void fj_copies_tell(uint32_t dev, uint64_t ino, int fd)
{
	struct fj_file_copy *c = &fj_copies()->at[place_of_copy(dev, ino)];

	/* (If another process is writing here, or was killed at it, nobody follows.) */
	if (!fj_seq_write(&c->sequence))
		return;
	c->dev = dev;
	c->ino = ino;
	c->copy = hash_copy(fd);
	fj_seq_written(&c->sequence);
	__atomic_fetch_add(&fj_copied()->count, 1, __ATOMIC_RELEASE);
}

/* The hash of the copy of this file, or 0. `*sequence` is the sequence count that says so. */
static uint64_t copy_of(const struct stat *lower, uint32_t place, uint32_t *sequence)
{
	const struct fj_file_copy *c = &fj_copies()->at[place];
	uint64_t copy;

	*sequence = fj_seq_begin(&c->sequence);
	copy = c->dev == lower->st_dev && c->ino == lower->st_ino ? c->copy : 0;
	return fj_seq_is_odd(*sequence) || fj_seq_retry(&c->sequence, *sequence) ? 0 : copy;
}

static int read_number(const char *digits)
{
	int n = 0;

	while (*digits >= '0' && *digits <= '9')
		n = n * 10 + (*digits++ - '0');
	return n;
}

/* Is it one of the jail's, or of the engine's temporary ones? */
static bool is_engines(int fd)
{
	return fd >= fj_high_fd() && fd < FJ_FD_ROOT(fj_jail) + FJ_FD_COUNT;
}

static bool may_follow(long flags)
{
	return flags >= 0 && ((flags & O_PATH) || (flags & O_ACCMODE) == O_RDONLY);
}

static void note_awaited(struct fj_copies_awaited *awaited, uint32_t place, uint32_t sequence)
{
	if (awaited->count < FJ_AWAITED) {
		awaited->at[awaited->count].place = place;
		awaited->at[awaited->count].sequence = sequence;
	}
	awaited->count++;
}

/* If it is a descriptor that may follow a copy, now or later, note this; and add it to `f` if there is a copy. */
static void look_at_fd(struct fj_copies_awaited *awaited, struct followers *f, int fd)
{
	struct stat st;
	uint32_t place, sequence;
	uint64_t copy;

	if (is_engines(fd) || fj_sys_fstat(fd, &st) || (st.st_mode & FJ_S_IFMT) != FJ_S_IFREG ||
		!may_follow(fj_sys_fcntl(fd, F_GETFL, 0)))
		return;
	place = place_of_copy((uint32_t)st.st_dev, st.st_ino);
	copy = copy_of(&st, place, &sequence);
	note_awaited(awaited, place, sequence);
	if (copy && f->count < AT_MOST) {
		f->at[f->count].fd = fd;
		f->at[f->count++].copy = copy;
	}
}

/* Returns whether all descriptors were looked at. */
static bool look_at_each_fd(
	struct fj_thread *t, struct fj_copies_awaited *awaited, struct followers *f)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *list = fj_scratch(t, LIST_SIZE);
	const long dir = fj_sys_openat(
		AT_FDCWD, "/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long n = dir < 0 ? 0 : LIST_SIZE;

	/* (A list that leaves room for one more entry is the last: proc_readfd_common() of fs/proc/fd.c.) */
	while (n + ENTRY_SIZE > LIST_SIZE && (n = fj_sys_getdents64((int)dir, list, LIST_SIZE)) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);

			at += d->size;
			if (d->name[0] != '.')
				look_at_fd(awaited, f, read_number(d->name));
		}
	if (dir >= 0)
		fj_sys_close((int)dir);
	fj_scratch_release(t, mark);
	return dir >= 0 && n >= 0;
}

/* Open the copy, as O_PATH, of the lower file behind `fd`, if this may only have been opened in the union. Returns a
 * descriptor or -errno. (No name on the way is trusted: what is found must be the copy.) */
static long open_copy(struct fj_thread *t, int fd, uint64_t copy)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host_path = fj_scratch_path(t);
	struct fj_str room, upper;
	long r = -ENOENT;

	fj_scratch_str(t, &room, PATH_MAX);
	fj_scratch_str(t, &upper, PATH_MAX);
	if (fj_fd_target(fd, host_path) > 0 && fj_mounts_find_upper(host_path, &room, &upper))
		r = fj_sys_openat(AT_FDCWD, upper.at, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (r >= 0 && hash_copy((int)r) != copy) {
		fj_sys_close((
			int)r); /* it was renamed, or another name of the lower file was copied up, too */
		r = -ENOENT;
	}
	fj_scratch_release(t, mark);
	return r;
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

/* (Where there is no kcmp(2), none is replaced.) */
static bool may_be_replaced(struct fj_thread *t, struct followers *f, int fd, long flags)
{
	bool is_descendant = false;

	if (!may_follow(flags) || compare_fds(fj_sys_getpid(), fd, fd) || has_locks(t, fd))
		return false;
	if (!fj_kin_has_fd(t, fd, &is_descendant))
		return true;
	f->waits_for_kin |= is_descendant;
	return false;
}

static void put_in_place(int up, int fd)
{
	const long how = fj_sys_fcntl(fd, F_GETFD, 0);

	fj_sys_dup3(up, fd, how & 1 /* FD_CLOEXEC */ ? O_CLOEXEC : 0);
}

/* Open the copy as the descriptor is opened, with its file offset. Returns a descriptor or -errno. */
static long open_likewise(struct fj_thread *t, struct followers *f, int fd, uint64_t copy)
{
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0);
	long path, up, at;

	if (!has_one_thread() || !may_be_replaced(t, f, fd, flags))
		return -EBUSY;
	path = open_copy(t, fd, copy);
	if (path < 0)
		return path;
	up = fj_open_anew((int)path, (int)flags);
	fj_sys_close((int)path);
	at = fj_sys_lseek(fd, 0, SEEK_CUR); /* -EBADF for O_PATH */
	if (up >= 0 && at > 0)
		fj_sys_lseek((int)up, at, SEEK_SET);
	return up;
}

/* Replace the descriptor and its duplicates. Returns whether it could be done. */
static bool replace_group(struct fj_thread *t, struct followers *f, uint32_t first)
{
	const int fd = f->at[first].fd, me = fj_sys_getpid();
	const long up = open_likewise(t, f, fd, f->at[first].copy);

	for (uint32_t i = first + 1; i < f->count; i++)
		if (f->at[i].fd >= 0 && f->at[i].copy == f->at[first].copy &&
			!compare_fds(me, fd, f->at[i].fd)) {
			if (up >= 0)
				put_in_place((int)up, f->at[i].fd);
			f->at[i].fd = -1;
		}
	if (up < 0)
		return false;
	put_in_place((int)up, fd);
	fj_sys_close((int)up);
	return true;
}

/* Returns whether a descendant has one that would be replaced. (A separate function: few processes need its room.) */
__attribute__((noinline)) static bool look_at_descriptors(
	struct fj_thread *t, struct fj_copies_awaited *awaited)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct followers *f = (struct followers *)(void *)fj_scratch(t, sizeof(*f));
	bool is_complete, waits;

	f->waits_for_kin = false;
	f->count = awaited->count = awaited->is_complete = 0;
	is_complete = look_at_each_fd(t, awaited, f);
	for (uint32_t i = 0; i < f->count; i++)
		if (f->at[i].fd >= 0 && !replace_group(t, f, i))
			is_complete = false; /* try again at the next copy, of whatever */
	/* Another thread may open a file meanwhile. */
	awaited->is_complete =
		is_complete && awaited->count <= FJ_AWAITED && !fj_thread_has_company();
	waits = f->waits_for_kin;
	fj_scratch_release(t, mark);
	return waits;
}

/* Are the new copies none of those that the process waits for? */
static bool concerns_nobody(const struct fj_copies_awaited *awaited)
{
	if (!awaited->is_complete)
		return false;
	for (uint32_t i = 0; i < awaited->count && i < FJ_AWAITED; i++)
		if (__atomic_load_n(&fj_copies()->at[awaited->at[i].place % FJ_COPIES].sequence,
			    __ATOMIC_ACQUIRE) != awaited->at[i].sequence)
			return false;
	return true;
}

void fj_copies_hear(struct fj_thread *t)
{
	/* What is copied from here on is heard at the next call. */
	const uint32_t count = __atomic_load_n(&fj_copied()->count, __ATOMIC_ACQUIRE);
	struct fj_copies_heard *heard;
	struct fj_copies_awaited *awaited;

	if (concerns_nobody(fj_process_at(FJ_COPIES_AWAITED_AT))) {
		/* (This is so for the parent of a vfork(2) child, too, if both use one section.) */
		heard = (struct fj_copies_heard *)(uintptr_t)fj_process_at(FJ_COPIES_HEARD_AT);
		heard->count = count;
		return;
	}
	heard = fj_process_to_change(fj_copies_heard, FJ_COPIES_HEARD_AT, FJ_SHARED_BY_NONE);
	awaited = fj_process_to_change(fj_copies_awaited, FJ_COPIES_AWAITED_AT, FJ_SHARED_BY_NONE);
	if (!heard || !awaited)
		return; /* no memory: at the next call */
	if (heard->count != count - 1 || !awaited->looks)
		awaited->looks = LOOKS;
	heard->count = count;
	if ((!fj_thread_has_company() || has_one_thread()) && look_at_descriptors(t, awaited) &&
		--awaited->looks)
		heard->count = count - 1;
}
