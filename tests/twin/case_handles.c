/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_handles.c - tests name_to_handle_at: symlinks are followed only with the flag, and what
 * an ordinary user may do with handles.
 */
#include "twin.h"

struct handle {
	unsigned bytes;
	int type;
	unsigned char data[128];
};

CASE(handles)
{
	SPELLINGS() {
		struct handle a = {0}, b = {0};
		int mount_a = 0, mount_b = 0;

		x_put("f", "x");
		x_symlink("f", "l");
		a.bytes = b.bytes = 128;
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("f"), &a, &mount_a, 0));
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("l"), &b, &mount_b,
			AT_SYMLINK_FOLLOW));
		say("the same file %d, mount %d\n",
			a.bytes == b.bytes && memcmp(a.data, b.data, a.bytes) == 0,
			mount_a == mount_b);
		b.bytes = 128;
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("l"), &b, &mount_b, 0));
		say("the same file %d\n",
			a.bytes == b.bytes && memcmp(a.data, b.data, a.bytes) == 0);
		b.bytes = 0;
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("f"), &b, &mount_b, 0));
		say("needs as many %d\n", a.bytes == b.bytes);
		b.bytes = 1000;
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("f"), &b, &mount_b, 0));
		b.bytes = 128;
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("missing"), &b, &mount_b, 0));
		R(SYSCALL(SYS_name_to_handle_at, twin_dirfd, xat("f"), &b, &mount_b, 0x40));
		int fd = x_open("f", O_RDONLY, 0);
		b.bytes = 128;
		R(SYSCALL(SYS_name_to_handle_at, fd, "", &b, &mount_b, AT_EMPTY_PATH));
		say("the same file %d\n", memcmp(a.data, b.data, a.bytes) == 0);
		close(fd);
	}
}

CASE(handles_user_open)
{
	struct handle a = {.bytes = 128};
	int mount;

	put("f", "x");
	R(SYSCALL(SYS_name_to_handle_at, AT_FDCWD, "f", &a, &mount, 0));
	R(SYSCALL(SYS_open_by_handle_at, AT_FDCWD, &a, O_RDONLY));
}

/* An open device is the node that was opened. */
CASE(handles_root_device)
{
	struct handle a = {.bytes = 128};
	int by_name = 1, by_fd = 2, fd;

	R(mknod("null", S_IFCHR | 0666, 0x103));
	R(fd = open("null", O_RDWR));
	R(SYSCALL(SYS_name_to_handle_at, AT_FDCWD, "null", &a, &by_name, 0));
	a.bytes = 128;
	R(SYSCALL(SYS_name_to_handle_at, fd, "", &a, &by_fd, AT_EMPTY_PATH));
	say("one mount %d\n", by_name == by_fd || (by_name == 1 && by_fd == 2));
	R(SYSCALL(SYS_name_to_handle_at, fd, "", &a, &by_fd, 0));
}
