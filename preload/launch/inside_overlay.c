/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * inside_overlay.c - --rm of a jail inside a jail: its root is an overlay of ROOT, with a private directory
 * of the store as upper layer. setup/root_overlay.c does this for the outermost jail. Here it is done by
 * system calls that root has in the jail, as a mount over ROOT in the inner jail's mount namespace. Called
 * by inside.c. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/fds.h"
#include "launch/launch.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "private/private.h"
#include "setup/setup.h"
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
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/time.h>

#define TRIES 100 /* so many names are tried for the directory */

static char made[PATH_MAX] FJ_BULKY; /* STORE/copies/PID-NUMBER, a jail path */
static char host[PATH_MAX] FJ_BULKY; /* the host path of `made`; "": none */
static char path[PATH_MAX] FJ_BULKY;

static const char *join_paths(char *out, const char *first, const char *second)
{
	struct fj_str s;

	fj_str_init(&s, out, PATH_MAX);
	fj_str_put(&s, first);
	fj_str_put(&s, second);
	if (s.overflowed)
		fj_launch_fail("too long:", first, -ENAMETOOLONG);
	return out;
}

/* Put the host path of directory `jail_path` into `out`. */
static long find_host(struct fj_thread *t, const char *jail_path, char *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_point p;
	const long r = fj_mount_point_find(t, AT_FDCWD, jail_path, true, &p);

	if (!r)
		join_paths(out, p.host, "");
	fj_scratch_release(t, mark);
	return r;
}

/* Lock the store: between making and locking a directory, nobody may take it for that of a dead process. */
static long lock_store(struct fj_thread *t)
{
	long fd;

	fj_bind_make_directory(t, join_paths(path, fj_options.store, "/copies"));
	fd = fj_call_of(t, __NR_open, (uint64_t)join_paths(path, fj_options.store, "/lock"),
		O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		fj_refuse_store(fd);
	fj_setup_lock((int)fd, FJ_LOCK_EX, path);
	return fd;
}

static long make_fresh(struct fj_thread *t)
{
	const long lock = lock_store(t);
	struct __kernel_timespec now = {0};
	struct fj_str s;
	long fd, r = -EEXIST;

	fj_sys_clock_gettime(0 /* CLOCK_REALTIME */, &now);
	for (int i = 0; r == -EEXIST && i < TRIES; i++) {
		fj_str_init(&s, made, sizeof(made));
		fj_str_put(&s, fj_options.store);
		fj_str_put(&s, "/copies/");
		fj_str_num(&s, (uint64_t)fj_sys_getpid(), 10);
		fj_str_put(&s, "-");
		fj_str_num(&s, (uint64_t)now.tv_nsec + (uint64_t)i, 16);
		r = fj_call_of(t, __NR_mkdir, (uint64_t)made, 0700, 0);
	}
	if (!r)
		r = find_host(t, made, host);
	fd = r < 0 ? r : fj_sys_openat(AT_FDCWD, host, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		fj_refuse_store(fd);
	fj_setup_lock((int)fd, FJ_LOCK_EX, made);
	r = fj_sys_mkdirat(AT_FDCWD, join_paths(path, host, "/root"), 0700);
	if (!r)
		r = fj_owners_make_in(path); /* the owner records go with it */
	if (!r)
		r = fj_sys_mkdirat(AT_FDCWD, join_paths(path, host, "/work"), 0700);
	fj_sys_close((int)lock);
	if (r < 0) {
		fj_inside_overlay_leave();
		fj_refuse_store(r);
	}
	return fd;
}

/* Keep `fd` as descriptor `at`, right below the jail's own, for the parent. The exec of the program closes
 * it. */
static void keep_fd(long fd, int at)
{
	if (fd < 0)
		return;
	if (fj_sys_fcntl(at, F_GETFD, 0) != -EBADF || fj_sys_dup3(fd, at, O_CLOEXEC) < 0) {
		fj_inside_overlay_leave();
		fj_launch_fail("too few file descriptors: raise `ulimit -n`", "", 0);
	}
	fj_sys_close((int)fd);
}

void fj_inside_overlay_begin(struct fj_thread *t)
{
	static char lower[PATH_MAX] FJ_BULKY;
	const int at = FJ_FD_ROOT(fj_jail);
	long r = find_host(t, fj_options.root, lower), lock;

	if (r < 0)
		fj_launch_fail("cannot open the root", fj_options.root, r);
	lock = fj_sys_openat(AT_FDCWD, lower, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (lock >= 0)
		fj_setup_lock((int)lock, FJ_LOCK_SH, lower);
	r = make_fresh(t);
	if (fj_lies_in(host, lower)) {
		fj_inside_overlay_leave();
		fj_say(2,
			"fakejail: the private directory would lie in ROOTFS, in %s\n"
			"hint: FAKEJAIL_STORE=DIR says where it is made\n",
			fj_options.store);
		fj_sys_exit_group(FJ_FAILED);
	}
	keep_fd(r, at - 1);
	keep_fd(lock, at - 2);
	fj_options.parent.kept = at - 2;
	fj_options.parent.kills = true;
}

void fj_inside_overlay_leave(void)
{
	static char room[FJ_PRIVATE_ROOM] FJ_BULKY;

	if (host[0])
		fj_private_remove_with(room, host);
	host[0] = 0;
}

static void put_escaped(struct fj_str *out, const char *key, const char *first, const char *second)
{
	fj_str_put(out, key);
	for (int i = 0; i < 2; i++)
		for (const char *p = i ? second : first; *p; p++) {
			if (*p == ',' || *p == ':' || *p == '\\')
				fj_str_put(out, "\\");
			fj_str_add(out, p, 1);
		}
}

void fj_inside_overlay_mount(struct fj_thread *t)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_filesystem fs = {
		.type = "overlay", .source = "overlay", .host = fj_scratch_path(t)};
	const size_t size = fj_strlen(fj_options.lowers) + 2 * fj_strlen(fj_options.root) +
			    4 * fj_strlen(made) + 96;
	struct fj_mount_point root;
	struct fj_str options;
	long r = fj_mount_point_find(t, AT_FDCWD, fj_options.root, true, &root);

	fj_scratch_str(t, &options, size);
	fj_str_put(&options, "lowerdir=");
	fj_str_put(&options, fj_options.lowers);
	put_escaped(&options, *fj_options.lowers ? ":" : "", fj_options.root, "");
	put_escaped(&options, ",upperdir=", made, "/root");
	put_escaped(&options, ",workdir=", made, "/work");
	if (!r)
		r = fj_overlay_make(t, options.at, &fs);
	if (!r)
		r = fj_root_overlay_show(t, fs.layers, fs.host);
	fs.flags |= FJ_MOUNT_OWN;
	if (!r)
		r = fj_mounting_add(&fs, true, &root);
	if (r < 0)
		fj_launch_fail("cannot make an overlay of", fj_options.root, r);
	fj_scratch_release(t, mark);
}
