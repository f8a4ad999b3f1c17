/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_overlay.c - a jail whose own root is an overlay. ROOT is its lowest layer, which never changes; the
 * jail's root directory is the upper layer. The lower layers are in root_lowers.c. Called by launch.c.
 *
 * With -E the upper layer is a new directory of the store, which is removed when the jail ends:
 *
 *  STORE/copies/PID-NUMBER/root, and flock(2) of PID-NUMBER while its maker runs
 *
 * A directory that is not locked may be removed (scripts/images/store.c). If nothing was changed in it, it is kept for the
 * next one instead (spare.c). ROOT gets a shared lock, too: a
 * tree of the store stays while somebody uses it. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "private/private.h"
#include "setup/setup.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>
#include <linux/time.h>

#define TRIES 100
#define LOCKS_FROM 3

/* The paths, one after the other: they are short, and each page of memory that is used costs as much as several calls. */
static struct {
	char *spare; /* STORE/spare */
	char *made;  /* STORE/copies/PID-NUMBER */
	char *upper, *lower;
	char room[5 * PATH_MAX];
} at FJ_BULKY;

long fj_open_canonical(const char *path, char *out)
{
	const long fd = fj_open_path(AT_FDCWD, path, O_DIRECTORY);
	long n;

	if (fd < 0)
		return fd;
	n = fj_fd_target((int)fd, out);
	if (n <= 0)
		fj_launch_fail("needs /proc on the host", "", n);
	out[n] = 0;
	return fd;
}

_Noreturn void fj_refuse_store(long error)
{
	fj_say(2,
		"fakejail: cannot make a private directory in %s: %s\n"
		"hint: FAKEJAIL_STORE=DIR says where it is made\n",
		fj_options.store, fj_error(error));
	for (;;)
		fj_sys_exit_group(FJ_FAILED);
}

static void leave_overlay(void)
{
	static char room[FJ_PRIVATE_ROOM] FJ_BULKY;

	/* Usually nothing was changed, and both are empty. */
	if (fj_spare_leave(at.made, at.upper, at.spare))
		return;
	if (!fj_sys_unlinkat(AT_FDCWD, at.upper, AT_REMOVEDIR) &&
		!fj_sys_unlinkat(AT_FDCWD, at.made, AT_REMOVEDIR))
		return;
	fj_private_remove_with(room, at.made);
}

static char *next_room(char *path)
{
	return path + fj_strlen(path) + 1;
}

/* Put a path in the store into `out`, of PATH_MAX bytes. */
static struct fj_str put_path(char *out, const char *rest)
{
	struct fj_str s;

	fj_str_init(&s, out, PATH_MAX);
	fj_str_put(&s, fj_options.store);
	fj_str_put(&s, rest);
	if (s.overflowed)
		fj_refuse_store(-ENAMETOOLONG);
	return s;
}

static struct fj_str put_store_path(const char *rest)
{
	return put_path(at.made, rest);
}

static long make_store(void)
{
	put_store_path("/copies/.");
	return fj_make_directories(at.made);
}

/* Lock the store: between making and locking a directory, nobody may take it for that of a dead process. */
static long lock_store_dir(void)
{
	long fd = -ENOENT, r = 0;

	for (int i = 0; fd == -ENOENT && i < 2; i++) {
		if (i)
			r = make_store();
		put_store_path("/lock");
		fd = fj_sys_openat(AT_FDCWD, at.made, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	}
	if (fd < 0)
		fj_refuse_store(fd == -ENOENT && r ? r : fd);
	fj_setup_lock((int)fd, FJ_LOCK_EX, at.made);
	return fd;
}

/* The name of a new directory: `number` differs in each try. */
static void name_overlay_dir(uint64_t number)
{
	struct fj_str s = put_store_path("/copies/");

	fj_str_num(&s, (uint64_t)fj_sys_getpid(), 10);
	fj_str_put(&s, "-");
	fj_str_num(&s, number, 16);
}

/* Returns a descriptor that holds the lock of the directory `made`. */
static long make_locked(uint64_t number)
{
	long fd, r = -EEXIST;

	for (int i = 0; (r == -EEXIST || (r == -ENOENT && i == 1)) && i < TRIES; i++) {
		if (r == -ENOENT)
			make_store();
		name_overlay_dir(number + (uint64_t)i);
		r = fj_sys_mkdirat(AT_FDCWD, at.made, 0700);
	}
	fd = r < 0 ? r : fj_sys_openat(AT_FDCWD, at.made, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		fj_refuse_store(fd);
	fj_setup_lock((int)fd, FJ_LOCK_EX, at.made);
	return fd;
}

/* Make the directory, or take the spare one. Returns a descriptor that holds its lock. */
static long make_overlay_dir(void)
{
	struct __kernel_timespec now = {0};
	struct fj_str s;
	long lock, fd, r = 0;

	at.spare = at.room;
	put_path(at.spare, "/spare");
	at.made = next_room(at.spare);
	lock = lock_store_dir();
	fj_sys_clock_gettime(0 /* CLOCK_REALTIME */, &now);
	name_overlay_dir((uint64_t)now.tv_nsec);
	fd = fj_spare_take(at.spare, at.made);
	const bool is_spare = fd >= 0;

	if (!is_spare)
		fd = make_locked((uint64_t)now.tv_nsec);
	at.upper = next_room(at.made);
	fj_str_init(&s, at.upper, PATH_MAX);
	fj_str_put(&s, at.made);
	fj_str_put(&s, "/root");
	if (s.overflowed)
		r = -ENAMETOOLONG;
	else if (!is_spare)
		r = fj_sys_mkdirat(AT_FDCWD, at.upper, 0700);
	fj_sys_close((int)lock);
	if (r < 0) {
		leave_overlay();
		fj_refuse_store(r);
	}
	if (!is_spare)
		fj_spare_note_new(at.upper);
	return fd;
}

/* ROOT must neither change nor show the private directory. (The parent removes what was made.) */
static void refuse_store_in_lower(void)
{
	char *made_canonical = next_room(at.lower);
	const long n = fj_fd_target(fj_options.parent.kept_last, made_canonical);

	made_canonical[n > 0 ? n : 0] = 0;
	if (n <= 0 || !fj_lies_in(made_canonical, at.lower))
		return;
	fj_say(2,
		"fakejail: the private directory would lie in ROOTFS, in %s\n"
		"hint: FAKEJAIL_STORE=DIR says where it is made\n",
		fj_options.store);
	fj_sys_exit_group(FJ_FAILED);
}

/* The lowest unused number from `from` on. */
static long moved_to(long fd, long from)
{
	const long r = fj_sys_fcntl(fd, 1030 /* F_DUPFD_CLOEXEC */, from);

	fj_sys_close((int)fd);
	return r;
}

/* Put the locks at neighbouring numbers, for the parent to keep. The program may have got descriptors at any others. */
static void keep_locks(long fresh, long lower_lock)
{
	const bool is_alone = lower_lock < 0;

	while (!is_alone && lower_lock >= 0 && fresh >= 0 && fresh != lower_lock + 1) {
		fresh = moved_to(fresh, lower_lock + 1);
		if (fresh > lower_lock + 1)
			lower_lock = moved_to(lower_lock, fresh + 1);
	}
	if (fresh < 0 || (!is_alone && lower_lock < 0)) {
		leave_overlay();
		fj_launch_fail("too few file descriptors: raise `ulimit -n`", "", 0);
	}
	fj_options.parent.kept = (int)(is_alone ? fresh : lower_lock);
	fj_options.parent.kept_last = (int)fresh;
}

static void find_lower(void)
{
	const bool is_held = fj_options.parent.kept < fj_options.parent.kept_last;
	const long fd = is_held ? fj_options.parent.kept :
				  fj_open_path(AT_FDCWD, fj_options.lower, O_DIRECTORY);
	long n;

	if (fd < 0)
		fj_launch_fail("cannot open the root", fj_options.lower, fd);
	at.lower = at.upper ? next_room(at.upper) : at.room;
	n = fj_fd_target((int)fd, at.lower);
	if (n <= 0)
		fj_launch_fail("needs /proc on the host", "", n);
	at.lower[n] = 0;
	fj_options.lower = at.lower;
	if (!is_held)
		fj_sys_close((int)fd);
}

/* (The first look of a process at its own /proc directory costs time. The parent does not need it.) */
void fj_root_overlay_let_go(void)
{
	if (!fj_options.store)
		return;
	find_lower();
	refuse_store_in_lower();
	fj_spare_may_stay();
	for (int fd = fj_options.parent.kept; fd <= fj_options.parent.kept_last; fd++)
		fj_sys_close(fd);
}

void fj_root_overlay_begin(void)
{
	long fd, lock, mask;

	fj_options.lower = fj_options.root;
	if (!fj_options.store) {
		find_lower();
		at.upper = next_room(at.lower);
		fd = fj_open_canonical(fj_options.upper, at.upper);
		if (fd < 0)
			fj_launch_fail("cannot open the upper layer", fj_options.upper, fd);
		fj_sys_close((int)fd);
		if (fj_lies_in(at.upper, at.lower))
			fj_launch_fail("the upper layer lies in ROOTFS, of which nothing changes:",
				at.upper, 0);
		if (fj_lies_in(at.lower, at.upper))
			fj_launch_fail("ROOTFS lies in the upper layer:", at.upper, 0);
		fj_upper_check(at.upper, fj_options.lowers);
		fj_options.root = at.upper;
		return;
	}
	lock = fj_sys_openat(AT_FDCWD, fj_options.lower, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (lock < 0)
		find_lower(); /* it may be unreadable only */
	if (lock >= 0)
		fj_setup_lock((int)lock, FJ_LOCK_SH, fj_options.lower);
	/* With the caller's umask(2), the user might not be able to enter the copy. */
	mask = fj_sys_umask(077);
	fd = make_overlay_dir();
	fj_sys_umask(mask);
	keep_locks(fd, lock);
	fj_options.root = at.upper;
	fj_options.parent.kills = true;
	fj_options.parent.leave = leave_overlay;
}

/* Append the option with the lower layers, as for mount(8). */
static void put_lowers(struct fj_str *out)
{
	fj_str_put(out, "lowerdir=");
	fj_str_put(out, fj_options.lowers);
	fj_str_put(out, *fj_options.lowers ? ":" : "");
	for (const char *p = fj_options.lower; *p; p++) {
		if (*p == ',' || *p == ':' || *p == '\\')
			fj_str_put(out, "\\");
		fj_str_add(out, p, 1);
	}
}

/* Keep the lowest layer open as FJ_FD_LOWER: a name in it is looked up faster by this descriptor than by a path. Not
 * if the layers are on several devices: then owners are found by host paths. */
static void keep_lower(struct fj_thread *t, long fd)
{
	const size_t len = fj_strlen(fj_options.lower);
	struct fj_mount_found m;
	struct fj_str layers, work;

	fj_scratch_str(t, &layers, FJ_LAYERS_TEXT);
	fj_scratch_str(t, &work, PATH_MAX);
	if (fd < 0 || fj_options.trace || len < 2 ||
		(fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES) ||
		!fj_mount_union_of("", &m, &layers, &work) || layers.len <= len ||
		!fj_streq(layers.at + layers.len - len, fj_options.lower) ||
		layers.at[layers.len - len - 1] != '/')
		return;
	if (fj_dup_to((int)fd, FJ_FD_LOWER(fj_jail), 0) >= 0) {
		fj_jail->lower_mount = m.id;
		fj_fds_of(fj_jail)->lower_len = (uint32_t)len;
	}
}

void fj_root_overlay_mount(struct fj_thread *t)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_filesystem fs = {
		.type = "overlay", .source = "overlay", .host = fj_scratch_path(t)};
	const size_t size = fj_strlen(fj_options.lowers) + 2 * fj_strlen(fj_options.lower) + 32;
	struct fj_str options;
	long lowest, r;

	if (fj_options.upper)
		fj_upper_claim(t, fj_options.root);
	fj_scratch_str(t, &options, size);
	put_lowers(&options);
	r = fj_overlay_make_root(t, options.at, fj_options.lower, &fs);
	if (!r && !fj_options.db)
		fj_root_lowers_check(t, fs.layers);
	lowest = fj_open_path(AT_FDCWD, fj_options.lower, O_DIRECTORY);
	if (!r && (fj_owners_are_new || fj_options.store))
		r = fj_root_lowers_show(t, fs.layers, lowest);
	if (!r)
		r = fj_mounting_add_root(&fs);
	if (fj_options.upper && (r == -EACCES || r == -EPERM || r == -EROFS))
		fj_launch_fail("cannot write the upper layer", fj_options.root, r);
	if (r < 0)
		fj_launch_fail("cannot make an overlay of", fj_options.lower, r);
	keep_lower(t, lowest);
	if (lowest >= 0)
		fj_sys_close((int)lowest);
	fj_owners_begin_calm();
	fj_scratch_release(t, mark);
}
