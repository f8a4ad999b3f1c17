/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * file.c - the file of records itself: it is opened, and recognised as a copy. Called by other files of
 * this room, by met-roots, and at the start of a jail. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/len.h"
#include "records/start.h"
#include "records/store.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"

#include <asm/stat.h>
#include <linux/stat.h>

long fj_store_open(const char *path, int flags)
{
	return fj_sys_openat(
		AT_FDCWD, path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW, 0);
}

long fj_store_open_again(const struct fj_store *s, int flags)
{
	struct stat st;
	long fd;

	if (s->fd >= 0)
		return fj_open_anew(s->fd, flags);
	fd = fj_store_open(s->path, flags);
	if (fd < 0 || (!fj_sys_fstat(fd, &st) && st.st_ino == s->ino))
		return fd;
	fj_sys_close((int)fd);
	return -ESTALE;
}

/* Inode and birth time of the jail's own file of records; false: the disk has no birth times. */
static bool identity_of_records(uint64_t *ino, uint64_t *stamp)
{
	struct statx sx;

	if (fj_sys_statx(
		    fj_store[0].fd, "", 0x1000 /* AT_EMPTY_PATH */, STATX_INO | STATX_BTIME, &sx) ||
		!(sx.stx_mask & STATX_BTIME))
		return false;
	*ino = sx.stx_ino;
	*stamp = (uint64_t)sx.stx_btime.tv_sec * 1000000000u + sx.stx_btime.tv_nsec;
	return true;
}

bool fj_owner_is_copy(char *root, size_t size)
{
	const struct fj_store_head *h = fj_store_head(&fj_store[0]);
	uint64_t ino, stamp;
	size_t len = 0;

	if (fj_store[0].is_truncated || !h->own_ino || !identity_of_records(&ino, &stamp) ||
		(h->own_ino == ino && h->own_stamp == stamp))
		return false;
	while (len < FJ_OWNER_NOTED && len + 1 < size && h->root[len])
		len++;
	memcpy(root, h->root, len);
	root[len] = 0;
	return true;
}

bool fj_owner_belongs(const char *root)
{
	struct fj_store_head *h = fj_store_head(&fj_store[0]);
	const size_t len = fj_strlen(root);
	uint64_t ino, stamp;

	if (fj_store[0].is_truncated || fj_store[0].is_read_only || fj_store[0].is_shared ||
		!identity_of_records(&ino, &stamp) || len >= FJ_OWNER_NOTED)
		return false;
	if (h->own_ino == ino && h->own_stamp == stamp && !memcmp(h->root, root, len + 1))
		return false;
	memcpy(h->root, root, len + 1);
	h->own_stamp = stamp;
	h->own_ino = ino;
	return true;
}
