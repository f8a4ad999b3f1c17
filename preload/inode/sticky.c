/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sticky.c - in a directory that others may write to, the sticky bit protects a program from a file
 * that another user has put there under the name that the program wants to create:
 * may_create_in_sticky() of fs/namei.c. Called by open/ and device.c.
 *
 * The kernel's own check sees the owners on the disk, which are equal. For regular files and fifos
 * it depends on settings of the machine, which are off without sysctl(8) (fs.protected_regular,
 * fs.protected_fifos): the jail has them off. */
#include "inode/sticky.h"

#include "call/call.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"

#include <linux/fcntl.h>

#define STICKY_FOR_OTHERS 01002u /* S_ISVTX | S_IWOTH */

bool fj_sticky_protects(struct fj_call *c, int dirfd, const char *name, const struct fj_owner *file)
{
	const uint32_t type = file->mode & FJ_S_IFMT, mark = fj_scratch_mark(c->thread);
	const size_t len = fj_place_dir_len(name);
	struct fj_file dir;
	long r;

	if (type == FJ_S_IFREG || type == FJ_S_IFIFO || type == FJ_S_IFDIR ||
		file->uid == fj_ids()->fsuid)
		return false;
	r = fj_file_look(c, dirfd, fj_scratch_text(c->thread, name, len, ""), AT_EMPTY_PATH, &dir);
	fj_scratch_release(c->thread, mark);
	return !r && (dir.owner.mode & STICKY_FOR_OTHERS) == STICKY_FOR_OTHERS &&
	       file->uid != dir.owner.uid;
}
