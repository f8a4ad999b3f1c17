/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * overlay.h - file systems of the type overlay. Called by this room, setup and launch. */
#ifndef FJ_OVERLAY_H
#define FJ_OVERLAY_H

#include <stdbool.h>

struct fj_thread;
struct fj_filesystem;
struct fj_mount_point;
struct fj_str;

/* Set the layers and shown options of `fs` from `options`, those of mount(2). Returns 0, or -EINVAL for
 * options that contradict each other or are not supported. */
long fj_overlay_make(struct fj_thread *t, const char *options, struct fj_filesystem *fs);

/* overlay_bind.c: is `pos` in an overlay without an upper layer? */
bool fj_overlay_is_read_only(struct fj_thread *t, const char *pos);

/* fj_overlay_make() for the launcher: the paths are of the host, and mountinfo does not show them. */
long fj_overlay_make_of_host(struct fj_thread *t, const char *options, struct fj_filesystem *fs);

/* fj_overlay_make() for the jail's own root, which is the upper layer. `options` name only the lower layers, of
 * which `canonical` is as the kernel spells it. */
long fj_overlay_make_root(
	struct fj_thread *t, const char *options, const char *canonical, struct fj_filesystem *fs);

/* overlay_bind.c: called before `p` is bound. If it is in an overlay, set its layers; if that has an upper
 * layer, copy it up. Returns 0 or -errno. */
long fj_overlay_bind_source(struct fj_thread *t, struct fj_mount_point *p);

/* Append the host paths of the merged directory `l` to `out`, as in fj_filesystem.layers. Returns 0,
 * -EINVAL if there is no room, or the -errno of a path. */
struct fj_layers;
long fj_overlay_add_layers(struct fj_thread *t, const struct fj_layers *l, struct fj_str *out);

#endif
