/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * reached.c - when a directory is asked for records of its own (roots.c).
 *
 * A file is reached only by a directory: by walking through it (fj_path_reached), opening it,
 * standing in it, making it the root, or listing it. Each directory that is reached for the first
 * time in the life of the jail is asked. Nearly all have no records, so this must cost little:
 *
 * - A process comes to a directory from the one around it, which was asked before. So only the
 *   directory itself is asked, by one system call; by none where the file system counts directories
 *   in a directory's links and this one has none. The directories around it are asked, too, if the
 *   process did not come from there (but by a mount, a link of procfs, or a descriptor from
 *   outside), and if anything has changed since the jail began: a root was made, moved, or
 *   forgotten.
 * - A directory that is opened or entered is mostly looked at next, which tells without cost which
 *   one it is: opendir(3) calls fstat(2). So the process only notes that the directory must be
 *   asked (fj_dir_unasked), and asks it before a name is looked up from the working directory or a
 *   descriptor. One directory can be noted; noting a second one asks the first.
 *
 * Called by the hooks that open, enter and look at directories, and by walks. */
#include "bytes/len.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/fds.h"
#include "jail/hidden.h"
#include "met-roots/met_roots.h"
#include "nested/roots.h"
#include "nested/roots_way.h"
#include "sys/abi.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>

static bool is_calm(void)
{
	return __atomic_load_n(&fj_owner_roots_state->generation, __ATOMIC_RELAXED) ==
	       FJ_OWNER_CALM;
}

static bool has_records_of_own(struct fj_thread *t, int dirfd, const char *name)
{
	static const char records[] = "/" FJ_HIDDEN_NAME "/owners";
	const uint32_t mark = fj_scratch_mark(t);
	const char *path = records + 1;
	bool has;

	if (name && name[0])
		path = fj_scratch_text(t, name, fj_strlen(name), records);
	has = !fj_sys_faccessat(dirfd, path, 0);
	fj_scratch_release(t, mark);
	return has;
}

static uint64_t hash_of_path(const char *path, size_t len)
{
	return fj_roots_hash_of_text(
		path, len, __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_RELAXED));
}

/* Were the directory around host path `name`, and those around that, asked? In a union a fact leads
 * to such a path, since most layers lie outside the root. */
static bool is_way_asked(const char *name)
{
	size_t len = fj_strlen(name);

	while (len && name[len - 1] != '/')
		len--;
	return len > 1 && fj_roots_saw(hash_of_path(name, len - 1));
}

bool fj_roots_look(struct fj_thread *t, int dirfd, const char *name, uint64_t dev, uint64_t ino,
	uint64_t links)
{
	/* Computed before the directory is asked: after a change meanwhile it is asked again. */
	const uint64_t hash = fj_roots_hash(dev, ino);
	const bool is_path = name && name[0] == '/',
		   is_entry = !is_calm() || (is_path && !is_way_asked(name));
	const bool may_have = links != 2 || dev != fj_owner_roots_state->counted_dev;
	const bool met = (is_entry || (may_have && has_records_of_own(t, dirfd, name))) &&
			 fj_roots_meet(t, dirfd, name);

	if (is_path && may_have && !is_entry) /* the directories in it need not ask it again */
		fj_roots_note(hash_of_path(name, fj_strlen(name)));
	fj_roots_note(hash);
	return met;
}

/* The word in fj_owner_roots->seen when the directories around were asked, too. */
static uint64_t hash_of_all(uint64_t hash)
{
	return hash ^ 0xa0761d6478bd6420UL;
}

/* Asks directory `name` in `fd` ("": `fd` itself). Returns false when it is no directory. But a
 * file behind a descriptor from elsewhere lies in directories, too. */
static bool ask_directory(struct fj_thread *t, int fd, const char *name, bool is_entry)
{
	struct stat st;
	uint64_t hash;

	if (fj_sys_newfstatat(fd, name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return false;
	if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR) {
		if (is_entry && (st.st_mode & FJ_S_IFMT) != FJ_S_IFCHR)
			fj_roots_meet(t, fd, name);
		return false;
	}
	hash = fj_roots_hash(st.st_dev, st.st_ino);
	if (fj_roots_saw(is_entry ? hash_of_all(hash) : hash))
		return true;
	if (!is_entry) {
		fj_roots_look(t, fd, name, st.st_dev, st.st_ino, st.st_nlink);
		return true;
	}
	fj_roots_meet(t, fd, name);
	fj_roots_note(hash);
	fj_roots_note(hash_of_all(hash));
	return true;
}

void fj_roots_see_fd(struct fj_thread *t, int fd, bool is_entry)
{
	if (fj_owner_roots)
		ask_directory(t, fd, "", is_entry);
}

/* The descriptor may have been closed after the directory was entered (fchdir(2)). */
static void see_noted(struct fj_thread *t, int fd)
{
	if (!ask_directory(t, fd, "", false) && fd != AT_FDCWD)
		ask_directory(t, AT_FDCWD, "", false);
}

void fj_roots_see_later(struct fj_thread *t, int fd)
{
	int before;

	if (!fj_owner_roots)
		return;
	before = __atomic_exchange_n(&fj_dir_unasked, fd, __ATOMIC_RELAXED);
	if (before != FJ_NO_DIR && (before != fd || fd != AT_FDCWD))
		see_noted(t, before == fd ? AT_FDCWD : before);
}

static void ask_noted(struct fj_thread *t)
{
	const int fd = __atomic_exchange_n(&fj_dir_unasked, FJ_NO_DIR, __ATOMIC_RELAXED);

	if (fd != FJ_NO_DIR)
		see_noted(t, fd);
}

static bool see_descriptor(struct fj_thread *t, int dirfd, const char *name)
{
	uint32_t fd = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		fd = fd * 10 + (uint32_t)(*name - '0');
	if (!*name && (int)fd != dirfd && !fj_is_our_fd(fd))
		ask_directory(t, (int)fd, "", true);
	return true;
}

#define FEW 16 /* numbers */

static bool is_open(int fd)
{
	return fj_sys_fcntl(fd, F_GETFD, 0) >= 0;
}

/* Since Linux 6.2 the size of this directory is the number of open descriptors (proc_fd_getattr() of
 * fs/proc/fd.c), and 0 before. A listing makes an entry for each of them in the kernel's caches. Mostly only
 * the first few numbers are open, beside ours. Returns false if not all were found in this way. */
static bool see_first(struct fj_thread *t)
{
	struct stat st = {0};
	uint64_t left;

	fj_sys_newfstatat(AT_FDCWD, "/proc/self/fd", &st, 0);
	left = (uint64_t)st.st_size;
	for (int fd = FJ_FD_ROOT(fj_jail); left && fd < FJ_FD_ROOT(fj_jail) + FJ_FD_COUNT; fd++)
		left -= is_open(fd);
	for (int fd = 0; left && fd < FEW; fd++) {
		if (fj_is_our_fd((uint32_t)fd) || !is_open(fd))
			continue;
		ask_directory(t, fd, "", true);
		left--;
	}
	return st.st_size && !left;
}

void fj_roots_see_held(struct fj_thread *t)
{
	long list;

	fj_roots_see_fd(t, AT_FDCWD, true);
	if (see_first(t))
		return;
	list = fj_sys_openat(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (list < 0)
		return;
	fj_roots_each_name(t, (int)list, see_descriptor);
	fj_sys_close((int)list);
}

/* A walk has come to directory `fd`, whose path in the program's text was `key` at `epoch`. It may
 * have passed many directories at once. */
static void ask_reached_directory(
	struct fj_thread *t, int fd, const char *key, size_t key_len, uint64_t epoch)
{
	const uint64_t hash = key ? fj_roots_hash_of_way(key, key_len, epoch) : 0;

	if (hash && fj_roots_saw(hash))
		return;
	ask_directory(t, fd, "", true);
	if (hash)
		fj_roots_note(hash);
}

void fj_roots_start(struct fj_owner_roots *roots, struct fj_owner_roots_state *state)
{
	fj_owner_roots = roots;
	fj_owner_roots_state = state;
	fj_path_reached = ask_reached_directory;
	fj_dir_ask = ask_noted;
}
