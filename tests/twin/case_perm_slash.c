/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_perm_slash.c - tests a slash after a symlink to a directory. The slash asks for a directory,
 * and not for the permission to search it.
 */
#include "case_perm.h"
#include "twin.h"

static void use_names(void)
{
	static const char *const names[] = {"l/", "locked/", "f/", "l/f/", "way/", "twice//",
		"slashed/", "slashed", "up/", "dot/", "abs/", "file/", "open/", "l/.", "l/f",
		"closed/", "closed/."};
	struct stat st;

	for (size_t i = 0; i < COUNT(names); i++) {
		say("%s\n", names[i]);
		R(x_stat(names[i], &st));
		R(x_lstat(names[i], &st));
		R(x_access(names[i], F_OK));
		R(x_access(names[i], R_OK));
		R(x_chmod(names[i], 0700));
		R(chown(x(names[i]), 1000, 1000));
		R(setxattr(x(names[i]), "trusted.a", "v", 1, 0));
		R(x_mkdir(names[i], 0755));
		R(x_rmdir(names[i]));
		R(x_unlink(names[i]));
		R(x_rename(names[i], "moved"));
		R(x_rename("moved", names[i]));
		R(sys_renameat2(AT_FDCWD, x("open"), AT_FDCWD, x(names[i]), 2));
		R(sys_renameat2(AT_FDCWD, x(names[i]), AT_FDCWD, x("open"), 2));
		R(x_link(names[i], "linked"));
		say("create %d, exclusively %d\n", opens(x(names[i]), O_WRONLY | O_CREAT),
			opens(x(names[i]), O_RDONLY | O_CREAT | O_EXCL));
		say("open %d, a path %d, a directory %d\n", opens(x(names[i]), O_RDONLY),
			opens(x(names[i]), O_PATH), opens(x(names[i]), O_RDONLY | O_DIRECTORY));
		CHILD("chdir")
			R(chdir(x(names[i])));
	}
}

CASE(perm_root_link_slash)
{
	SPELLINGS() {
		x_mkdir("closed", 0700);
		x_mkdir("open", 0755);
		x_put("closed/f", "text");
		x_put("text", "text");
		x_symlink("closed", "l");
		x_symlink("l", "twice");
		x_symlink("closed/", "slashed");
		x_symlink("closed/..", "up");
		x_symlink("./.", "dot");
		symlink(x("closed"), x("abs"));
		x_symlink("text", "file");
		x_put("f", "text");
		chmod(x("f"), 0600);
		x_symlink("f", "locked");
		x_symlink("closed/f", "way");
		x_symlink("open", "opened");
		chmod(x("."), 0777);
		CHILD("user") {
			become(1000, 1000);
			use_names();
		}
		CHILD("root") {
			SYSCALL(SYS_setresuid, 0, 0, 0);
			use_names();
		}
		x_tree();
	}
}

/* Which complaint comes first: that the name is no directory, or that the directory is closed? */
CASE(perm_root_rename_slash)
{
	static const char *const names[] = {"f", "f/", "d", "d/", "l", "l/", "none/", "s/f/"};

	SPELLINGS() {
		x_put("f", "text");
		x_mkdir("d", 0755);
		x_mkdir("s", 01777);
		x_put("s/f", "text");
		x_symlink("f", "l");
		CHILD("user") {
			become(1000, 1000);
			for (size_t i = 0; i < COUNT(names); i++)
				for (size_t j = 0; j < COUNT(names); j++)
					for (unsigned flags = 0; flags <= 4; flags++) {
						say("%s %s %u\n", names[i], names[j], flags);
						R(sys_renameat2(AT_FDCWD, x(names[i]), AT_FDCWD,
							x(names[j]), flags));
					}
		}
	}
}
