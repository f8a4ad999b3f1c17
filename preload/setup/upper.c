/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * upper.c - upper layers that the command line names. Checks whether a directory can be one before anything
 * is made, and that no two jails use one at the same time: neither would see the other's changes. Called by
 * root_overlay.c and binds.c.
 *
 * UPPER/.fakejail/jail has the name of the jail that uses it (private/). So it is free again, however the
 * processes of that jail have ended. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/hidden.h"
#include "private/private.h"
#include "setup/setup.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/time_types.h>

#define LOCK_NB_ 4 /* flock(2) */
#define TRIES 15000
#define NAP_NS 2000000

static char upper[PATH_MAX] FJ_BULKY; /* the kernel's spelling */
static char other[PATH_MAX] FJ_BULKY, name[PATH_MAX] FJ_BULKY;

/* Put the next value of a list or option, as for mount(8), into `name`. Returns what follows. */
static const char *next_value(const char *s)
{
	struct fj_str value;

	fj_str_init(&value, name, sizeof(name));
	for (; *s && *s != ':' && *s != ','; s++) {
		if (*s == '\\' && s[1])
			s++;
		fj_str_add(&value, s, 1);
	}
	return s;
}

static uint64_t device_of_directory(const char *what, const char *path, char *out)
{
	struct stat st = {0};
	const long fd = fj_open_canonical(path, out);

	if (fd < 0)
		fj_launch_fail(what, path, fd);
	fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	fj_sys_close((int)fd);
	return st.st_dev;
}

void fj_upper_check(const char *path, const char *options)
{
	const uint64_t dev = device_of_directory("cannot open the upper layer", path, upper);
	const bool has_names = fj_begins(options, "lowerdir=");
	const char *s = options + (has_names ? sizeof("lowerdir=") - 1 : 0);

	while (*s && *s != ',') {
		s = next_value(s);
		device_of_directory("cannot open the layer", name, other);
		if (fj_lies_in(other, upper))
			fj_launch_fail("a lower layer is the upper one, or lies in it:", upper, 0);
		s += *s == ':';
	}
	if (!*s)
		return;
	while (*s) { /* upperdir=, then workdir= */
		while (*s && *s != '=')
			s++;
		s = next_value(s + (*s != 0));
	}
	if (device_of_directory("cannot open the work directory", name, other) != dev)
		fj_launch_fail("the work directory must be on the file system of the upper layer:",
			name, 0);
	if (fj_lies_in(other, upper) || fj_lies_in(upper, other))
		fj_launch_fail(
			"neither the work directory nor the upper layer may lie in the other:",
			name, 0);
}

_Noreturn static void refuse_used(const char *path)
{
	fj_say(2,
		"fakejail: the upper layer %s is in use by another jail\n"
		"hint: run both commands in one jail, or give each an upper layer of its own\n",
		path);
	for (;;)
		fj_sys_exit_group(FJ_FAILED);
}

void fj_setup_lock(int fd, int operation, const char *which)
{
	const struct __kernel_timespec nap = {.tv_nsec = NAP_NS};
	long r = -EWOULDBLOCK;

	for (int i = 0; (r == -EWOULDBLOCK || r == -EINTR) && i < TRIES; i++) {
		if (i)
			fj_sys_nanosleep(&nap, 0);
		r = fj_sys_flock(fd, operation | LOCK_NB_);
	}
	if (r == -EWOULDBLOCK || r == -EINTR)
		fj_launch_fail(
			"another process, which may be stopped, keeps the lock of", which, 0);
	/* (Where there are no such locks, nobody else has one.) */
}

void fj_upper_claim(struct fj_thread *t, const char *path)
{
	char own[48], was[48];
	struct fj_str s;
	long fd, mask, n;

	fj_str_init(&s, name, sizeof(name));
	fj_str_put(&s, path);
	fj_str_put(&s, "/" FJ_HIDDEN_NAME);
	mask = fj_sys_umask(077); /* the caller's might take the user's own rights */
	fj_sys_mkdirat(AT_FDCWD, name, 0700);
	fj_str_put(&s, "/jail");
	fd = s.overflowed ?
		     -ENAMETOOLONG :
		     fj_sys_openat(AT_FDCWD, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	fj_sys_umask(mask);
	if (fd < 0)
		return; /* its records tell whether it can be written */
	fj_setup_lock((int)fd, FJ_LOCK_EX, name);
	n = fj_sys_read(fd, was, sizeof(was) - 1);
	was[n > 0 ? n : 0] = 0;
	fj_str_init(&s, own, sizeof(own));
	fj_private_name(&s);
	if (*was && (fj_streq(was, own) || fj_private_is_alive(t, was)))
		refuse_used(path);
	fj_sys_ftruncate(fd, 0);
	fj_sys_pwrite64(fd, own, s.len, 0);
	fj_sys_close((int)fd);
}
