/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tmpfs.h - the options of a tmpfs, which is a directory of the host. Called by this room. */
#ifndef FJ_TMPFS_H
#define FJ_TMPFS_H

#include <asm/statfs.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

struct fj_tmpfs {
	uint64_t blocks, inodes; /* 0: unlimited */
	bool has_blocks, has_inodes, has_mode, has_uid, has_gid;
	uint32_t mode, uid, gid;
};

/* Read the options of mount(2) into `t`, which keeps what they do not set. Returns 0, or -EINVAL as
 * shmem_parse_one() of mm/shmem.c. */
long fj_tmpfs_read(const char *options, struct fj_tmpfs *t);
/* Append the options `t` as /proc/mounts shows them, each after a comma: shmem_show_options() of
 * mm/shmem.c. */
void fj_tmpfs_show(const struct fj_tmpfs *t, struct fj_str *out);
/* `text`: the shown options. Append those after a remount with `options` to `out`. `host`: the directory.
 * Returns 0 or -EINVAL. */
long fj_tmpfs_remount(struct fj_thread *t, const char *text, const char *options, const char *host,
	struct fj_str *out);
/* Set `fs` to the result of statfs(2) for a tmpfs with the shown options `text`, whose directory is
 * `host`. */
void fj_tmpfs_statfs(struct fj_thread *t, const char *text, const char *host, struct statfs *fs);

#endif
