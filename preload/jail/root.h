/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root.h - the root directory of the calling process: the jail's, or one that it entered by chroot(2). All
 * functions are async-signal-safe.
 *
 * A position is a jail path without symlinks, `.`, `..` or a slash at its end: "" is the jail's root,
 * "/usr/lib" a directory. */
#ifndef FJ_ROOT_H
#define FJ_ROOT_H

#include <linux/limits.h>
#include <stdint.h>

struct fj_thread;

/* The root directory of the process. */
#define FJ_ROOT_AT 0u
struct fj_root {
	int fd;		   /* -1: it is gone, and no name is found in it */
	uint64_t id;	   /* identifies the root: 0 for the jail's own */
	uint64_t dev, ino; /* of the directory */
	uint32_t len;
	const char *pos; /* its position in the jail's tree */
};
/* The position of a root that is not the jail's own. */
#define FJ_ROOT_TEXT_AT 0x1220u
struct fj_root_text {
	char pos[PATH_MAX];
};
/* How many moves of other processes' roots this process has looked at: jail/root_moves.c. */
#define FJ_ROOT_SEEN_AT 0x1f0u
struct fj_root_seen {
	uint32_t moves;
};
/* The root of the calling process. */
const struct fj_root *fj_root(void);
/* Make the directory `fd` (O_PATH, consumed), at position `pos`, the root. Returns 0 or -errno. */
long fj_root_enter(int fd, const char *pos);
/* Opens a position: fj_path_open_pos(). A pointer, since the room path is to the right. */
typedef long fj_open_pos(struct fj_thread *t, const char *pos, int flags);
/* At process start: take the jail's own root (`nested_pos` is ""), or the nested root `fd` at `nested_pos`.
 * `open_pos` opens roots to which another process moves this one. */
void fj_root_start(const char *nested_pos, int fd, fj_open_pos *open_pos);

#endif
