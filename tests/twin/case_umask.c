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

/* Who makes an executable file with the setgid bit in a directory that hands its group down must be
 * a member of the group: mode_strip_sgid() of fs/inode.c, which asks the mode of the call, before
 * the umask or a default ACL. */
CASE(umask_root_setgid_dir)
{
	static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 4, 0, 5, 0,
		255, 255, 255, 255, 16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255,
		255};
	static const mode_t masks[] = {0, 010, 022, 0777}, modes[] = {02755, 02745, 06777, 02010};
	static const unsigned gids[] = {0, 5, 6};
	char name[40];

	mkdir("d", 0777);
	chown("d", 0, 5);
	for (int has_list = 0; has_list < 2; has_list++) {
		R(chmod("d", 02777));
		if (has_list)
			R(setxattr("d", "system.posix_acl_default", list, sizeof(list), 0));
		for (size_t g = 0; g < COUNT(gids); g++)
			CHILD("user") {
				SYSCALL(SYS_setgroups, 0, NULL);
				SYSCALL(SYS_setresgid, gids[g], gids[g], gids[g]);
				SYSCALL(SYS_setresuid, gids[g], gids[g], gids[g]);
				for (size_t u = 0; u < COUNT(masks); u++)
					for (size_t m = 0; m < COUNT(modes); m++) {
						umask(masks[u]);
						sprintf(name, "d/f%d%u%o%o", has_list, gids[g],
							masks[u], modes[m]);
						close(open(name, O_CREAT | O_WRONLY, modes[m]));
						sprintf(name, "d/p%d%u%o%o", has_list, gids[g],
							masks[u], modes[m]);
						mknod(name, S_IFIFO | modes[m], 0);
					}
			}
	}
	tree("d");
}
