/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * overlay.h - file systems of type overlay. */
#ifndef FJ_OVERLAY_H
#define FJ_OVERLAY_H

#include <stdbool.h>

struct fj_call;
struct fj_filesystem;
struct fj_mount_point;
struct fj_str;

/* Fill `fs` as `options`, those of mount(2), say: its layers, and what mountinfo shows. -EINVAL:
 * options that do not go together, or that we cannot honour. */
long fj_overlay_make(struct fj_call *c, const char *options, struct fj_filesystem *fs);

/* overlay_bind.c: is `pos` in an overlay that has no upper layer? */
bool fj_overlay_is_read_only(struct fj_call *c, const char *pos);

/* The same for the launcher: the directories are the host's, and mountinfo shows none of them. */
long fj_overlay_make_of_host(struct fj_call *c, const char *options, struct fj_filesystem *fs);

/* The same for the jail's own root, a directory that is the upper layer; `options` name the lower
 * ones alone. */
long fj_overlay_make_root(struct fj_call *c, const char *options, struct fj_filesystem *fs);

/* overlay_bind.c: `p` is about to be bound to another place: when it lies in an overlay, bring it up
 * where there is an upper layer, and fill in its layers. Returns 0 or -errno. */
long fj_overlay_bind_source(struct fj_call *c, struct fj_mount_point *p);

/* Append the host paths of the merged directory `l`, as fj_filesystem.layers has them, to `out`.
 * Returns 0; -EINVAL when there is no room; or -errno of a path. */
struct fj_layers;
long fj_overlay_add_layers(struct fj_call *c, const struct fj_layers *l, struct fj_str *out);

#endif
