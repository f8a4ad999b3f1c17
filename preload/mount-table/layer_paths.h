/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layer_paths.h - the host paths of the layers of a union, as the table of mounts has them: one text, the top layer first, with
 * a slash before each path but the first. So a path ends where two slashes meet. */
#ifndef FJ_LAYER_PATHS_H
#define FJ_LAYER_PATHS_H

/* The end of the first host path in `layers`: the slash before the next path, or the NUL. Never fails. */
const char *fj_layers_end_first(const char *layers);

#endif
