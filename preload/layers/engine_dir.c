/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * engine_dir.c - directories that the engine makes for itself. Called by union_up.c for the work directory of a
 * union, by union/copy_up.c, and by private/private.c for the directory that a tmpfs is. */
#include "layers/engine_dir.h"

#include "syscall/stat.h"

long fj_make_engine_dir(int dirfd, const char *name)
{
	const long r = fj_sys_mkdirat(dirfd, name, 0700);

	return r ? r : fj_sys_fchmodat(dirfd, name, 0700);
}
