/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cwd_notes.c - the note of the position by which the working directory was reached, and how it gets to the program that
 * is executed. Called by hooks of directories, by exec and at the start of a program. */
#include "path/cwd_notes.h"

#include "bytes/copy.h"
#include "bytes/len.h"
#include "jail/memory.h"
#include "locking/seq.h"
#include "mount-table/mount_flags.h"
#include "path/path.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "syscall/unistd_ids.h"

#include <linux/limits.h>

static struct fj_cwds *jail_cwds(void)
{
	return (struct fj_cwds *)fj_jail_at(FJ_CWDS_AT);
}

static char noted_cwd[PATH_MAX] FJ_BULKY;

void fj_cwd_note(const char *pos)
{
	const size_t len = fj_strlen(pos);

	if (len < sizeof(noted_cwd))
		memcpy(noted_cwd, pos, len + 1);
}

const char *fj_cwd_noted(void)
{
	return noted_cwd;
}

void fj_cwd_keep(void)
{
	int32_t pid;
	size_t len, i;

	if (!fj_mount_flags()->has_aliases)
		return;
	pid = (int32_t)fj_sys_getpid();
	len = fj_strlen(noted_cwd);
	i = (uint32_t)pid % FJ_CWDS;
	if (len >= FJ_CWD_TEXT)
		return;
	fj_seq_write_at_last(&jail_cwds()->cwd[i].sequence);
	jail_cwds()->cwd[i].pid = pid;
	memcpy(jail_cwds()->cwd[i].pos, noted_cwd, len + 1);
	fj_seq_written(&jail_cwds()->cwd[i].sequence);
}

void fj_cwd_start(void)
{
	int32_t pid;
	uint32_t seen;
	size_t i;

	if (!fj_mount_flags()->has_aliases)
		return;
	pid = (int32_t)fj_sys_getpid();
	i = (uint32_t)pid % FJ_CWDS;
	seen = fj_seq_begin(&jail_cwds()->cwd[i].sequence);
	if (fj_seq_is_odd(seen) || jail_cwds()->cwd[i].pid != pid)
		return;
	memcpy(noted_cwd, jail_cwds()->cwd[i].pos, FJ_CWD_TEXT);
	noted_cwd[FJ_CWD_TEXT - 1] = 0;
	if (fj_seq_retry(&jail_cwds()->cwd[i].sequence, seen))
		noted_cwd[0] = 0;
	/* (If another process writes here by now, its note is lost.) */
	__atomic_compare_exchange_n(
		&jail_cwds()->cwd[i].pid, &pid, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
