/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_truncate.c - tests truncate and ftruncate, and mknod of files that an ordinary user may
 * make.
 */
#include "twin.h"

CASE(truncate)
{
	SPELLINGS() {
		x_put("f", "0123456789");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		x_symlink("nowhere", "dangling");
		R(truncate(x("f"), 4));
		x_show("f");
		R(truncate(x("l"), 6));
		x_say_stat("f");
		x_show("f");
		R(truncate(x("d"), 0));
		R(truncate(x("d/"), 0));
		R(truncate(x("f/"), 0));
		R(truncate(x("missing"), 0));
		R(truncate(x("dangling"), 0));
		R(truncate(x("f"), -1));
		x_mknod("p", S_IFIFO | 0644, 0);
		R(truncate(x("p"), 0));
		int fd = x_open("f", O_RDWR, 0);
		R(ftruncate(fd, 2));
		x_say_stat("f");
		close(fd);
		fd = x_open("f", O_RDONLY, 0);
		R(ftruncate(fd, 0));
		close(fd);
	}
}
