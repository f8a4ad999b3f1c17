/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private.c - makes and removes directories of the host that are used as tmpfs. Called through private.h.
 *
 *     BASE/fakejail-UID/INODE-NUMBER/1, 2, 3 ...
 *
 * INODE is the inode number of the jail's memory file, NUMBER the descriptor by which all its processes
 * hold it. So it can be seen from outside whether a jail still exists, however its processes have ended.
 * The last process removes the directory when it exits. What a killed jail leaves is removed at the next
 * start of any jail. */
#include "private/private.h"

#include "bytes/equal.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/memory.h"
#include "layers/engine_dir.h"
#include "locking/doing.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/mount.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/errno.h>
#include <linux/time_types.h>

#define DENTS_SIZE FJ_PRIVATE_ROOM
#define TOP_NAME "/fakejail-"
#define BASES 3u
#define FIRST_WAIT_MS 100u

struct fj_private *fj_private(void)
{
	return (struct fj_private *)fj_jail_at(FJ_PRIVATE_AT);
}

static const char *base_dir(uint32_t i)
{
	return i == 0 ? fj_private()->runtime_dir : i == 1 ? "/dev/shm" : "/tmp";
}

static void put_top(struct fj_str *s, uint32_t i)
{
	fj_str_put(s, base_dir(i));
	fj_str_put(s, TOP_NAME);
	fj_str_num(s, (uint64_t)fj_sys_geteuid(), 10);
}

static uint64_t memory_inode(void)
{
	struct stat st = {0};

	fj_sys_newfstatat(FJ_FD_JAIL(fj_jail), "", &st, AT_EMPTY_PATH);
	return st.st_ino;
}

void fj_private_name(struct fj_str *out)
{
	fj_str_num(out, memory_inode(), 10);
	fj_str_put(out, "-");
	fj_str_num(out, (uint64_t)FJ_FD_JAIL(fj_jail), 10);
}

static void put_own_dir(struct fj_str *s, uint32_t i)
{
	put_top(s, i);
	fj_str_put(s, "/");
	fj_private_name(s);
}

/* Ours, and closed to others: everybody can write to the base directories. */
static bool is_safe(const char *dir)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, dir, &st, AT_SYMLINK_NOFOLLOW) &&
	       (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR && st.st_uid == (uint32_t)fj_sys_geteuid() &&
	       !(st.st_mode & 077);
}

static bool make_top(uint32_t i, bool may_be_noexec)
{
	char text[FJ_PRIVATE_PATH];
	struct statfs fs;
	struct fj_str s;

	if (!*base_dir(i) || fj_sys_statfs(base_dir(i), &fs) ||
		(!may_be_noexec && (fs.f_flags & FJ_ST_NOEXEC)))
		return false;
	fj_str_init(&s, text, sizeof(text));
	put_top(&s, i);
	fj_make_engine_dir(AT_FDCWD, text);
	return !s.overflowed && is_safe(text);
}

static long choose_base(uint32_t *chosen)
{
	uint32_t was = __atomic_load_n(&fj_private()->base, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; !was && i < 2 * BASES; i++)
		if (make_top(i % BASES, i >= BASES))
			was = i % BASES + 1;
	if (!was)
		return -ENOSPC;
	__atomic_store_n(&fj_private()->base, was, __ATOMIC_RELEASE);
	*chosen = was - 1;
	return 0;
}

long fj_private_make(struct fj_thread *t, uint32_t mode, struct fj_str *out)
{
	uint32_t i;
	long r = choose_base(&i);

	(void)t;
	if (r < 0)
		return r;
	make_top(i, true); /* another jail's end may have removed it */
	put_own_dir(out, i);
	r = fj_make_engine_dir(AT_FDCWD, out->at);
	if (r < 0 && r != -EEXIST)
		return r;
	fj_str_put(out, "/");
	fj_str_num(out, __atomic_add_fetch(&fj_private()->last, 1, __ATOMIC_RELAXED), 10);
	r = fj_sys_mkdirat(AT_FDCWD, out->at, 0700);
	return r < 0 ? r : fj_sys_fchmodat(AT_FDCWD, out->at, mode);
}

/* Prefers the base that is the same for all jails, whatever their environment. */
long fj_private_file(const char *name, int flags)
{
	static const uint8_t order[BASES] = {1, 0, 2};
	char text[FJ_PRIVATE_PATH + 16];
	struct fj_str s;
	long fd = -ENOENT;

	for (uint32_t i = 0; i < BASES && fd < 0; i++) {
		fj_str_init(&s, text, sizeof(text));
		put_top(&s, order[i]);
		if (!*base_dir(order[i]) ||
			(flags & O_CREAT ? !make_top(order[i], true) : !is_safe(text)))
			continue;
		fj_str_put(&s, name);
		fd = fj_sys_openat(AT_FDCWD, text, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
		/* The program's umask(2) may have taken the rights of the user. */
		if ((flags & O_CREAT) && fd >= 0)
			fj_sys_fchmod(fd, 0600);
	}
	return fd;
}

static long open_private_dir(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const long fd = fj_sys_openat(dirfd, name, flags, 0);

	if (fd != -EACCES || fj_sys_fchmodat(dirfd, name, 0700))
		return fd;
	return fj_sys_openat(dirfd, name, flags, 0);
}

/* Somebody who has the directory open may make names in it without end. Then it is left, for the next jail
 * that starts (private_users.c). */
#define IDLE_STEPS 65536u
#define STEPS (1u << 24) /* more directories than any tmpfs has had */
#define PASSES 100u	 /* two are usual, the second of which finds nothing */

static bool remove_entry(int fd, const struct fj_dirent64 *d)
{
	return (d->type != FJ_DT_DIR && !fj_sys_unlinkat(fd, d->name, 0)) ||
	       !fj_sys_unlinkat(fd, d->name, AT_REMOVEDIR);
}

/* Remove all entries of directory `fd` that can be removed at once, a whole listing at a time: to begin
 * again at each name would cost three calls each. Returns the first entry that is left, or NULL. */
static const struct fj_dirent64 *first_left(int fd, char *list)
{
	bool was_removed;

	for (unsigned pass = 0; pass < PASSES; pass++) { /* the listing may skip a name */
		long n;

		was_removed = false;
		fj_sys_lseek(fd, 0, 0);
		while ((n = fj_sys_getdents64(fd, list, DENTS_SIZE)) > 0)
			for (long at = 0; at < n;) {
				const struct fj_dirent64 *d =
					(const struct fj_dirent64 *)(list + at);

				at += d->size;
				if (fj_streq(d->name, ".") || fj_streq(d->name, ".."))
					continue;
				if (!remove_entry(fd, d))
					return d;
				was_removed = true;
			}
		if (!was_removed)
			break;
	}
	return NULL;
}

/* Rename `name` in `fd` to a number in `top`. (Each try passes one name that is there already, and no
 * number is tried twice.) */
static bool move_to_top(int fd, const char *name, int top, uint32_t *last)
{
	char text[16];
	struct fj_str s;
	long r;

	/* (A directory that gets another parent must be writable.) */
	fj_sys_fchmodat(fd, name, 0700);
	do {
		fj_str_init(&s, text, sizeof(text));
		fj_str_num(&s, ++*last, 10);
		r = fj_sys_renameat2(fd, name, top, text, FJ_RENAME_NOREPLACE);
	} while (r == -EEXIST);
	return !r;
}

/* Empty directory `fd`, and close it. The depth has no limit: what is in a subdirectory is removed or moved
 * up. `..` is not used, since somebody may move the directory meanwhile. Ends when many steps have removed
 * nothing: there may be a directory that cannot be removed, such as a mount point of the host. Also ends
 * after STEPS. */
static void empty_directory(char *list, int fd)
{
	const struct fj_dirent64 *d;
	uint32_t last = 0, steps = 0;

	for (unsigned idle = 0; idle < IDLE_STEPS && steps < STEPS && (d = first_left(fd, list));
		idle++) {
		char name[NAME_MAX + 1];
		struct fj_str s;
		long below;

		fj_str_init(&s, name, sizeof(name));
		fj_str_put(&s, d->name);
		below = open_private_dir(fd, name);
		if (below < 0)
			break;
		fj_sys_fchmod(below, 0700);
		while (steps++ < STEPS && (d = first_left((int)below, list)) &&
			move_to_top((int)below, d->name, fd, &last))
			idle = 0;
		fj_sys_close((int)below);
		if (!fj_sys_unlinkat(fd, name, AT_REMOVEDIR))
			idle = 0;
	}
	fj_sys_close(fd);
}

static void remove_with(char *list, int dirfd, const char *name)
{
	const long fd = open_private_dir(dirfd, name);

	if (fd >= 0) {
		fj_sys_fchmod(fd, 0700);
		empty_directory(list, (int)fd);
	}
	fj_sys_unlinkat(dirfd, name, AT_REMOVEDIR);
}

void fj_private_remove_with(char *room, const char *host_path)
{
	remove_with(room, AT_FDCWD, host_path);
}

static void remove_private_tree(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);

	remove_with(fj_scratch(t, DENTS_SIZE), dirfd, name);
	fj_scratch_release(t, mark);
}

void fj_private_remove(struct fj_thread *t, const char *host_path)
{
	remove_private_tree(t, AT_FDCWD, host_path);
}

/* Will the jail's first process remove the directories? It does if it lives, and traps its end. If it was asked
 * to trap it, and has not answered yet, its end may have passed the filter before. Then it is gone in a moment,
 * or answers. The wait is bounded, since the process may be stopped. */
static bool first_removes(void)
{
	const int32_t first = fj_jail->first_pid;
	const struct __kernel_timespec millisecond = {.tv_nsec = 1000000};

	if (first == fj_sys_getpid())
		return false;
	for (unsigned i = 0; fj_doing(first) != FJ_IS_GONE && !fj_private_is_leaving(first); i++) {
		if (i == FIRST_WAIT_MS || !fj_jail->has_trap ||
			__atomic_load_n(&fj_jail->traps_ends, __ATOMIC_ACQUIRE) >= FJ_ENDS_FIRST)
			return true;
		fj_sys_nanosleep(&millisecond, 0);
	}
	return false;
}

bool fj_private_leave(struct fj_thread *t)
{
	const uint32_t chosen = __atomic_load_n(&fj_private()->base, __ATOMIC_ACQUIRE);
	char text[FJ_PRIVATE_PATH];
	struct fj_str s;
	size_t leaf;

	if (!chosen)
		return true;
	fj_private_note_leaving();
	if (first_removes())
		return true;
	fj_str_init(&s, text, sizeof(text));
	put_own_dir(&s, chosen - 1);
	for (leaf = s.len; text[leaf - 1] != '/'; leaf--)
		;
	if (!fj_private_is_last(t, text + leaf))
		return false;
	remove_private_tree(t, AT_FDCWD, text);
	text[leaf - 1] = 0;
	fj_sys_unlinkat(AT_FDCWD, text, AT_REMOVEDIR); /* succeeds for the last one */
	return true;
}

void fj_private_clean(struct fj_thread *t)
{
	for (uint32_t i = 0; i < BASES; i++) {
		const uint32_t mark = fj_scratch_mark(t);
		char *list = fj_scratch(t, DENTS_SIZE);
		char text[FJ_PRIVATE_PATH];
		struct fj_str s;
		long fd, n;

		fj_str_init(&s, text, sizeof(text));
		put_top(&s, i);
		fd = *base_dir(i) ? open_private_dir(AT_FDCWD, text) : -ENOENT;
		while (fd >= 0 && is_safe(text) &&
			(n = fj_sys_getdents64(fd, list, DENTS_SIZE)) > 0)
			for (long at = 0; at < n;) {
				const struct fj_dirent64 *d =
					(const struct fj_dirent64 *)(list + at);

				if (d->name[0] >= '0' && d->name[0] <= '9' &&
					!fj_private_is_alive(t, d->name))
					remove_private_tree(t, (int)fd, d->name);
				at += d->size;
			}
		if (fd >= 0) {
			fj_sys_close((int)fd);
			fj_sys_unlinkat(AT_FDCWD, text, AT_REMOVEDIR);
		}
		fj_scratch_release(t, mark);
	}
}
