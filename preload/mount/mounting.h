/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounting.h - what the mount calls have in common: mount(2) and its kin, old and new. */
#ifndef FJ_MOUNTING_H
#define FJ_MOUNTING_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_edit;
struct fj_mounts;

/* A place that a mount call names; the strings are in scratch memory. */
struct fj_mount_point {
	char *pos;  /* position */
	char *host; /* host path, the kernel's spelling */
	bool is_dir;
	bool is_mount;	     /* a mount point, or the root of the jail's tree */
	bool is_bare_root;   /* that root, where nothing is mounted: only mount calls that need a
				directory alone take it for a mount */
	char *layers, *work; /* of a directory in a union that is bound: overlay_bind.c; or NULL */
};
/* Find what `jail_path` names; "" is `dirfd` itself. Returns 0; -EINVAL when it has no position; or
 * as fj_path_walk(). */
long fj_mount_point_find(struct fj_call *c, int dirfd, const char *jail_path, bool follows,
	struct fj_mount_point *p);
/* Say what `p->pos` is. */
void fj_mount_point_judge(struct fj_mount_point *p);

/* May the program mount? 0 or -EPERM. */
long fj_mounting_allowed(void);

/* MS_ flags of mount(2), MOUNT_ATTR_ flags of mount_setattr(2), as FJ_MOUNT_OPTIONS. */
uint32_t fj_mounting_options(uint64_t ms_flags);
uint32_t fj_mounting_attributes(uint64_t attr_flags);

/* A file system by its type, as a place of the host. Made for a tmpfs (`options`: those of
 * mount(2), parsed here); found for what the host has. -ENODEV: of no type that a jail can have. */
struct fj_filesystem {
	const char *type, *source;
	char *host;		   /* room for FJ_PATH_MAX */
	const char *options;	   /* of a tmpfs, as they are shown; NULL: none */
	const char *layers, *work; /* of an overlay: jail/mounts.h; NULL: it is none */
	uint32_t flags;
	bool is_single; /* the kernel has one for all: not twice on one point */
};
long fj_filesystem_known(const char *type);
long fj_filesystem_make(
	struct fj_call *c, const char *type, const char *options, struct fj_filesystem *fs);

/* The operations. All return 0 or -errno. */
long fj_mounting_add(const struct fj_filesystem *fs, bool is_dir, const struct fj_mount_point *at);
/* Over the root, before any process is there. */
long fj_mounting_add_root(const struct fj_filesystem *fs);
long fj_mounting_bind(const struct fj_mount_point *from, const struct fj_mount_point *to,
	bool is_recursive, uint32_t clear, uint32_t set);
long fj_mounting_move(const struct fj_mount_point *from, const struct fj_mount_point *to);
/* Clear flags, then set flags, of the mount at `at`; and of all below it. */
long fj_mounting_change(
	const struct fj_mount_point *at, uint32_t clear, uint32_t set, bool is_recursive);
/* Remount the file system at `at`, whose `host` must be there, with `options`: a tmpfs changes its
 * size. */
long fj_mounting_reconfigure(
	struct fj_call *c, const struct fj_mount_point *at, const char *options);
/* unmounting.c */
long fj_mounting_remove(struct fj_call *c, const struct fj_mount_point *at, bool is_lazy);
/* All mounts at or below `from`, but those below `except`, also at `to`: what pivot_root(2) leaves
 * of the old root. */
long fj_mounting_repeat(const char *from, const char *except, const struct fj_mount_point *to);
/* Was a mount of the host at `pos` unmounted? */
bool fj_mounting_is_hidden(const char *pos);
/* Does the caller itself stand in the mount with `id`? Of others only a tmpfs tells, whose
 * directory nothing else leads to. */
bool fj_mounting_is_in_use(struct fj_call *c, uint32_t id, uint32_t flags, const char *host);

/* For those who edit the mounts: the one on top at `pos`, or NULL. It may be changed. */
struct fj_mount *fj_mounting_top(struct fj_edit *e, const char *pos);
/* Set in[FJ_MOUNTS_MAX] for `top`, a mount of `v`, and for those that lie in it, at any depth. */
void fj_mounting_mark_tree(const struct fj_mounts *v, const struct fj_mount *top, bool *in);

#endif
