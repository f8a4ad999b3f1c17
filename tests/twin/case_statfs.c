/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_statfs.c - tests statfs and fstatfs: to which file system a path leads.
 */
#include "twin.h"

CASE(statfs)
{
	struct statfs a, b;

	SPELLINGS() {
		x_put("f", "x");
		x_symlink("/proc", "to-proc");
		R(statfs(x("f"), &a));
		R(statfs(x("."), &b));
		say("same type %d, blocks %d\n", a.f_type == b.f_type, a.f_bsize == b.f_bsize);
		R(statfs(x("missing"), &b));
		R(statfs(x("f/"), &b));
		R(statfs(x("to-proc"), &b));
		say("type %lx\n", (unsigned long)b.f_type);
		int fd = x_open("f", O_RDONLY, 0);
		R(fstatfs(fd, &b));
		say("same type %d\n", a.f_type == b.f_type);
		close(fd);
	}
	R(fstatfs(99, &b));
	R(statfs("/proc/self", &b));
	say("type %lx\n", (unsigned long)b.f_type);
}
