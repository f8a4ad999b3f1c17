/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rules.c - what a change of owner or mode means, for the record and for the disk. */
#include "own/own.h"

#define TYPE 0170000u /* inode(7) */
#define DIRECTORY 0040000u
#define SET_UID 04000u
#define SET_GID 02000u

static uint32_t real_uid, real_gid;
static bool knows_real;

/* Set-id calls of the program never reach the kernel, so these hold for the life of the process. */
static void learn_real(void)
{
	if (__atomic_load_n(&knows_real, __ATOMIC_ACQUIRE))
		return;
	real_uid = (uint32_t)fj_sys0(__NR_geteuid);
	real_gid = (uint32_t)fj_sys0(__NR_getegid);
	__atomic_store_n(&knows_real, true, __ATOMIC_RELEASE);
}

uint32_t fj_own_real_uid(void)
{
	learn_real();
	return real_uid;
}

uint32_t fj_own_real_gid(void)
{
	learn_real();
	return real_gid;
}

void fj_own_default(struct fj_owner *shown, bool is_foreign)
{
	if (is_foreign || shown->uid != fj_own_real_uid() || fj_ids_is_himself())
		return;
	/* Also where the disk has another of the user's groups: a directory of the host with the setgid bit made it so. */
	shown->uid = 0;
	shown->gid = 0;
}

uint32_t fj_own_real_mode(uint32_t mode, bool keeps_write)
{
	uint32_t real = mode & (keeps_write ? 0777 : 0755);

	if ((mode & TYPE) == DIRECTORY)
		return real | 0700;
	/* Root may run what anybody may run: generic_permission() of fs/namei.c. */
	return real | 0600 | (real & 0111 ? 0100 : 0);
}

uint32_t fj_own_mode_after_chown(uint32_t mode)
{
	if ((mode & TYPE) == DIRECTORY)
		return mode;
	mode &= ~SET_UID;
	/* Without group execute the bit is no set-id bit: setattr_should_drop_sgid() of fs/attr.c. */
	return mode & 0010 ? mode & ~SET_GID : mode;
}
