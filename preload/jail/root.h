/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root.h - between jail.c, which holds this process's root, and root_moves.c, which tells others of
 * it. */
#ifndef FJ_ROOT_H
#define FJ_ROOT_H

#include "jail/jail.h"

extern fj_open_pos *fj_root_open_pos;

/* This process has moved to `root`: tell. Returns the number of the move. */
uint32_t fj_root_move_tell(const struct fj_root *root);
/* Follow those of the moves numbered `from` to `to` (not included) that moved this process too. */
void fj_root_moves_follow(uint32_t from, uint32_t to);
/* Be in the root that `m` tells of; `fd` is on it (consumed), or -1: the jail's own, or one that is
 * gone, in which nothing is found. */
void fj_root_take(int fd, const struct fj_root_move *m);

#endif
