/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * merged.c - what stat(2) shows of the directories of a union: one link where several layers have the directory, and one
 * device. Called by file/hook_stat.c, when the kernel's answer was written to the program. */
#include "call/call.h"
#include "inode/owned.h"
#include "layers/place.h"
#include "layers/union.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/unistd_close.h"
#include "union-held/held.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

void fj_show_device(struct fj_call *c, uint64_t dev)
{
	struct statx *sx = (struct statx *)c->arg[4];
	struct stat *st = (struct stat *)c->arg[c->nr == __NR_fstat ? 1 : 2];

	if (!dev)
		return;
	if (c->nr != __NR_statx) {
		st->st_ino = fj_union_dir_number(dev, st->st_dev, st->st_ino);
		st->st_dev = dev;
		return;
	}
	sx->stx_ino = fj_union_dir_number(dev, fj_statx_dev(sx), sx->stx_ino);
	sx->stx_dev_major = dev >> 8 & 0xfff;
	sx->stx_dev_minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
}

void fj_show_merged_fd(struct fj_call *c, int fd)
{
	const struct stat *st = (const struct stat *)c->arg[c->nr == __NR_fstat ? 1 : 2];
	uint64_t dev;

	if (!fj_shows_directory(c) ||
		(c->nr != __NR_statx && fj_dir_recent_is_alone(st->st_dev, st->st_ino)))
		return;
	if (fj_union_is_merged(c->thread, fd, &dev))
		fj_show_one_link(c);
	fj_show_device(c, dev);
}

/* Was the directory reached otherwise than by its name in another one? */
static bool is_reached_otherwise(const struct fj_place *place)
{
	return place->is_magic || place->is_mount || !place->name[0] ||
	       (place->name[0] == '.' && !place->name[1]);
}

void fj_show_merged_at(struct fj_call *c, const struct fj_place *place)
{
	long fd;

	if (!fj_shows_directory(c))
		return;
	if (place->is_merged || !is_reached_otherwise(place)) {
		if (place->is_merged)
			fj_show_one_link(c);
		if (place->pos)
			fj_show_device(c, fj_union_dir_device(c->thread, place->pos));
		return;
	}
	fd = fj_open_path(place->dirfd, place->name[0] ? place->name : ".", O_DIRECTORY);
	if (fd < 0)
		return;
	fj_show_merged_fd(c, (int)fd);
	fj_sys_close((int)fd);
}
