/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_path.c - the host path of the jail's root, which may be moved while the jail runs. Called by
 * all rooms to the right that have a host path.
 *
 * Names are looked up from a descriptor, so they are still found. But paths that the kernel tells (getcwd(2),
 * procfs links, maps) begin with the new path. The kernel is asked for it if a path was not recognised, and
 * before a path is made of the old one. Each process keeps what it finds; the jail's memory has the first. */
#include "bytes/equal.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/memory.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "syscall/stat.h"

#include <asm/stat.h>

#define TURNS 4u /* texts: another thread may still be reading the last one */

static char moved[TURNS][PATH_MAX] FJ_BULKY;
static uint32_t next_turn;
static const char *now; /* NULL: not moved */

FJ_HOT struct fj_jail_paths *fj_jail_paths(void)
{
	return (struct fj_jail_paths *)fj_jail_at(FJ_PATHS_AT);
}

FJ_HOT const char *fj_root_path(void)
{
	const char *path = __atomic_load_n(&now, __ATOMIC_ACQUIRE);

	return path ? path : fj_jail_paths()->root;
}

bool fj_root_path_look(void)
{
	static const char deleted[] = " (deleted)"; /* fs/d_path.c */
	const char *was = fj_root_path();
	struct stat st = {0};
	char *text;
	size_t len;
	long n;

	if (!was[0]) /* the host's root */
		return false;
	if (!fj_sys_newfstatat(AT_FDCWD, was, &st, AT_SYMLINK_NOFOLLOW) &&
		st.st_ino == fj_jail->root_ino && st.st_dev == fj_jail->root_dev)
		return false;
	text = moved[__atomic_fetch_add(&next_turn, 1, __ATOMIC_RELAXED) % TURNS];
	n = fj_fd_target(FJ_FD_ROOT(fj_jail), text);
	len = n > 0 ? (size_t)n : 0;
	text[len] = 0;
	if (len < 2 || text[0] != '/' || fj_streq(text, was) ||
		(len > sizeof(deleted) && fj_streq(text + len - (sizeof(deleted) - 1), deleted)))
		return false;
	__atomic_store_n(&now, text, __ATOMIC_RELEASE);
	fj_mounts_root_moved(was, text);
	return true;
}
