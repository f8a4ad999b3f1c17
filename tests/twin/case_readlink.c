/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_readlink.c - tests readlink and readlinkat: buffer sizes, files that are no links, the
 * empty path.
 */
#include "twin.h"

CASE(readlink)
{
	char buf[64];

	SPELLINGS() {
		x_symlink("0123456789", "l");
		x_put("file", "");
		x_mkdir("dir", 0755);
		x_symlink("dir", "to-dir");
		static const size_t sizes[] = {1, 5, 9, 10, 11, 63};
		for (size_t i = 0; i < COUNT(sizes); i++) {
			memset(buf, '#', sizeof(buf));
			buf[63] = 0;
			say("size %ld\n", (long)sizes[i]);
			R(x_readlink("l", buf, sizes[i]));
			say("%q\n", buf);
		}
		R(x_readlink("file", buf, 10));
		R(x_readlink("dir", buf, 10));
		R(x_readlink("missing", buf, 10));
		R(x_readlink("l/", buf, 10));
		R(x_readlink("to-dir/", buf, 10));
		R(x_readlink("to-dir/.", buf, 10));
		R(x_readlink("file/x", buf, 10));
	}
}

/* bufsiz is an int in the kernel and checked before anything else. */
CASE(readlink_bufsiz)
{
	char buf[16] = "untouched";

	symlink("text", "l");
	R(SYSCALL(SYS_readlink, "l", buf, 0));
	R(SYSCALL(SYS_readlink, "l", buf, -1));
	R(SYSCALL(SYS_readlink, "missing", buf, 0));
	R(SYSCALL(SYS_readlink, "missing", buf, -5));
	R(SYSCALL(SYS_readlinkat, AT_FDCWD, "l", buf, 0));
	R(SYSCALL(SYS_readlinkat, AT_FDCWD, "missing", buf, 0x80000000UL));
	R(SYSCALL(SYS_readlinkat, AT_FDCWD, "l", buf, 0x7fffffffUL));
	say("%q\n", buf);
}

CASE(readlink_empty)
{
	char buf[16] = "";

	symlink("text", "l");
	mkdir("d", 0755);
	int fd = open("l", O_PATH | O_NOFOLLOW);
	R(readlinkat(fd, "", buf, sizeof(buf)));
	say("%q\n", buf);
	fd = open("d", O_PATH);
	R(readlinkat(fd, "", buf, sizeof(buf)));
	R(readlinkat(AT_FDCWD, "", buf, sizeof(buf)));
	R(readlink("", buf, sizeof(buf)));
	R(readlinkat(99, "", buf, sizeof(buf)));
}
