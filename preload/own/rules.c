/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rules.c - what a change of owner or mode means, for the record and for the disk. */
#include "own/own.h"

#define TYPE 0170000u /* inode(7) */
#define DIRECTORY 0040000u
#define SET_UID 04000u
#define SET_GID 02000u

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
	/* Without group execute the bit is no set-id bit: setattr_should_drop_sgid() of fs/attr.c.
	 */
	return mode & 0010 ? mode & ~SET_GID : mode;
}
