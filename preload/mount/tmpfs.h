/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpfs.h - the options of a tmpfs, which a directory stands for. */
#ifndef FJ_TMPFS_H
#define FJ_TMPFS_H

#include <asm/statfs.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

struct fj_tmpfs {
	uint64_t blocks, inodes; /* 0: as many as there are */
	bool has_blocks, has_inodes, has_mode, has_uid, has_gid;
	uint32_t mode, uid, gid;
};

/* Read the options of mount(2) on top of what `t` has. Returns 0, or -EINVAL as shmem_parse_one()
 * of mm/shmem.c. */
long fj_tmpfs_read(const char *options, struct fj_tmpfs *t);
/* Write them as /proc/mounts has them, each with a comma before it: shmem_show_options(). */
void fj_tmpfs_show(const struct fj_tmpfs *t, struct fj_str *out);
/* The options `text`, as shown, after a remount with `options`. Returns 0 or -EINVAL. `host`: the
 * directory. */
long fj_tmpfs_remount(struct fj_thread *t, const char *text, const char *options, const char *host,
	struct fj_str *out);
/* What statfs(2) says of a tmpfs with options `text` that directory `host` stands for. */
void fj_tmpfs_statfs(struct fj_thread *t, const char *text, const char *host, struct statfs *fs);

#endif
