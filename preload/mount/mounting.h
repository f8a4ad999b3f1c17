/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounting.h - what the old and new mount calls have in common. Called by this room, setup and launch. */
#ifndef FJ_MOUNTING_H
#define FJ_MOUNTING_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;
struct fj_edit;
struct fj_mounts;

/* A place that a mount call names. The strings are in scratch memory. */
struct fj_mount_point {
	char *pos;  /* position */
	char *host; /* host path as the kernel spells it */
	bool is_dir;
	bool is_mount;	   /* a mount point, or the root of the jail's tree */
	bool is_bare_root; /* the root, where nothing is mounted: a mount only for calls that need
			      * just a directory */
	bool is_removed; /* what is mounted there has no name on the host any more: `host` and `is_dir` are not set */
	char *layers, *work; /* for a bound directory of a union: overlay_bind.c; or NULL */
};
/* Find the place `jail_path` ("": `dirfd` itself). Returns 0, -EINVAL if it has no position, or an error of
 * fj_path_walk(). */
long fj_mount_point_find(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_mount_point *p);
/* As fj_mount_point_find(), which returns -ENOENT for a mount point whose directory or file on the host was removed. This one
 * finds it, and sets `is_removed`. */
long fj_mount_point_find_any(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_mount_point *p);
/* Set `is_mount` and `is_bare_root` from `p->pos`. */
void fj_mount_point_judge(struct fj_mount_point *p);

/* May the program mount? Returns 0 or -EPERM. */
long fj_mounting_allowed(void);

/* Convert MS_ flags of mount(2), or MOUNT_ATTR_ flags of mount_setattr(2), to FJ_MOUNT_OPTIONS. */
uint32_t fj_mounting_options(uint64_t ms_flags);
uint32_t fj_mounting_attributes(uint64_t attr_flags);

/* A file system, as a place of the host: for a tmpfs the place is made, for others it is the host's. */
struct fj_filesystem {
	const char *type, *source;
	char *host;		   /* a buffer of PATH_MAX bytes */
	const char *options;	   /* as mountinfo shows them; NULL: none */
	const char *layers, *work; /* for an overlay: mount-table/mounts.h; NULL: it is none */
	uint32_t flags;
	bool is_single; /* the kernel has one instance: it is not mounted twice on one mount
			 * point */
};
/* May a jail mount this type? Returns 0 or -ENODEV. */
long fj_filesystem_known(const char *type);
/* Fill `fs` for a mount of `type` with `options`, those of mount(2). Returns 0 or -errno; -ENODEV: a jail
 * cannot have this type. */
long fj_filesystem_make(
	struct fj_call *c, const char *type, const char *options, struct fj_filesystem *fs);

/* The operations. Each returns 0 or -errno. */

/* Mount `fs`, which is a directory or (not `is_dir`) a file, at `at`. */
long fj_mounting_add(const struct fj_filesystem *fs, bool is_dir, const struct fj_mount_point *at);
/* Mount over the root, before there is a process. */
long fj_mounting_add_root(const struct fj_filesystem *fs);
/* Bind `from` at `to`. `is_recursive`: with the mounts below it. `clear`, `set`: FJ_MOUNT_ flags that the new mount
 * loses and gets. */
long fj_mounting_bind(const struct fj_mount_point *from, const struct fj_mount_point *to,
	bool is_recursive, uint32_t clear, uint32_t set);
/* Move the mount `from`, with all mounts below it, to `to`. */
long fj_mounting_move(const struct fj_mount_point *from, const struct fj_mount_point *to);
/* Clear flags, then set flags, of the mount at `at`. `is_recursive`: also of all mounts below it. */
long fj_mounting_change(
	const struct fj_mount_point *at, uint32_t clear, uint32_t set, bool is_recursive);
/* Remount the file system at `at`, which must have `host`, with `options`: the size of a tmpfs changes. */
long fj_mounting_reconfigure(
	struct fj_thread *t, const struct fj_mount_point *at, const char *options);
/* unmounting.c: unmount `at`. `is_lazy`: MNT_DETACH. */
long fj_mounting_remove(struct fj_thread *t, const struct fj_mount_point *at, bool is_lazy);
/* Repeat all mounts at or below `from`, except those below `except`, at `to`: this shows the old root after
 * pivot_root(2). */
long fj_mounting_repeat(const char *from, const char *except, const struct fj_mount_point *to);
/* Was the host's mount at `pos` unmounted in the jail? */
bool fj_mounting_is_hidden(const char *pos);
/* Is the caller's working directory or root in the mount `id`? For a tmpfs, other processes count, too:
 * nothing else leads to its directory. */
bool fj_mounting_is_in_use(struct fj_thread *t, uint32_t id, uint32_t flags, const char *host);

/* The top mount at `pos` in a change, or NULL. It may be modified. */
struct fj_mount *fj_mounting_top(struct fj_edit *e, const char *pos);
/* Set in[FJ_MOUNTS_MAX] for `top`, a mount of `v`, and for all mounts below it. */
void fj_mounting_mark_tree(const struct fj_mounts *v, const struct fj_mount *top, bool *in);

#endif
