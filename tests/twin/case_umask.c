/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_umask.c - tests masks that remove permissions of the owner and not of others.
 */
#include "twin.h"

static void open_all(void)
{
	static const char *const names[] = {"file", "fifo", "dir"};

	for (size_t i = 0; i < COUNT(names); i++) {
		const int fd = R(open(names[i], O_RDONLY | O_NONBLOCK));

		if (fd >= 0)
			close(fd);
	}
}

CASE(umask_root_owner)
{
	static const mode_t masks[] = {0700, 0510, 0400, 0200};

	for (size_t i = 0; i < COUNT(masks); i++) {
		say("umask %o\n", masks[i]);
		umask(masks[i]);
		close(open("file", O_WRONLY | O_CREAT, 0777));
		mknod("fifo", S_IFIFO | 0777, 0);
		mkdir("dir", 0777);
		tree("/t");
		CHILD("another user of the group") {
			R(SYSCALL(SYS_setresgid, 0, 0, 0));
			R(SYSCALL(SYS_setresuid, 2, 2, 2));
			open_all();
		}
		umask(022);
		unlink("file");
		unlink("fifo");
		rmdir("dir");
	}
}
