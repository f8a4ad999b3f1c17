/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_access_mounts.c - tests access(2) and similar calls of root in /dev, and on a mount that
 * is read-only.
 */
#include "twin.h"

static void ask(const char *name)
{
	say("%s:", name);
	for (int mode = 0; mode < 8; mode++) {
		say(" %s", access(name, mode) ? errno_name(errno) : "ok");
		say(" %s", sys_faccessat2(AT_FDCWD, name, mode, AT_EACCESS) ? errno_name(errno) :
									      "ok");
	}
	say("\n");
}

/* (What procfs and sysfs allow, only the kernel decides.) */
CASE(access_root_dev)
{
	static const char *const names[] = {"/dev", "/dev/", "/dev/.", "/dev/null", "/dev/null/",
		"/dev/missing", "/dev/missing/", "/dev/../dev"};

	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < COUNT(names); k++)
			ask(names[k]);
	R(chdir("/dev"));
	ask(".");
	ask("null");
}

CASE(access_root_read_only)
{
	static const char *const names[] = {"m", "m/", "m/d", "m/d/", "m/f", "m/d/f", "m/link",
		"m/d/fifo", "m/device", "m/socket", "m/missing", "/proc/self/fd/9",
		"/proc/self/fd/9/f", "/proc/self/fd/8", "/proc/self/fd/7", "/proc/self/cwd"};

	mkdir("m", 0755);
	R(mount("tmpfs", "m", "tmpfs", 0, NULL));
	mkdir("m/d", 0700);
	put("m/f", "x");
	put("m/d/f", "x");
	symlink("d/f", "m/link");
	mkfifo("m/d/fifo", 0600);
	mknod("m/device", S_IFCHR | 0666, 0x103);
	mknod("m/socket", S_IFSOCK | 0666, 0);
	R(mount(NULL, "m", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	dup2(open("m/d", O_RDONLY), 9);
	dup2(open("m/f", O_RDONLY), 8);
	dup2(open("m/d/fifo", O_PATH), 7);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(names); i++)
			ask(names[i]);
		for (int mode = 0; mode < 8; mode++) {
			for (int fd = 7; fd < 10; fd++)
				R(sys_faccessat2(fd, "", mode, AT_EMPTY_PATH));
			R(faccessat(9, "f", mode, 0));
		}
	}
	R(chdir("m/d"));
	ask(".");
	ask("f");
	ask("..");
	ask("../f");
	ask("/proc/self/cwd");
	ask("/proc/self/cwd/f");
	for (int mode = 0; mode < 8; mode++)
		R(sys_faccessat2(AT_FDCWD, "", mode, AT_EMPTY_PATH));
	R(chdir("/t"));
	for (int fd = 3; fd < 10; fd++)
		close(fd);
	R(umount2("m", 0));
}
