/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_perm.h - for cases about several users: to become one, and to ask whether he opens a
 * file. */
#ifndef CASE_PERM_H
#define CASE_PERM_H

#include "twin.h"

#define NONE ((unsigned)-1)

static inline void become(unsigned uid, unsigned gid)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, gid, gid, gid);
	SYSCALL(SYS_setresuid, uid, uid, uid);
}

static inline int opens(const char *path, int flags)
{
	const int fd = open(path, flags, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

#endif
