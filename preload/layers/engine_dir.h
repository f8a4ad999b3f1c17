/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * engine_dir.h - directories that the engine makes for itself, with the user's rights. */
#ifndef FJ_ENGINE_DIR_H
#define FJ_ENGINE_DIR_H

/* mkdir(2) of `name` in `dirfd` with mode 0700, whatever the program's umask(2) is: with umask 0700 the kernel
 * makes a directory that its own user cannot enter. Returns 0 or -errno. */
long fj_make_engine_dir(int dirfd, const char *name);

#endif
