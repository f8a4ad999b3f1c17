/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_moves.h - between jail.c, which holds this process's root, and root_moves.c, which tells
 * others of it. */
#ifndef FJ_ROOT_MOVES_H
#define FJ_ROOT_MOVES_H

#include "jail/memory.h"
#include "jail/root.h"

#include <stdint.h>

#define FJ_ROOT_MOVE_TEXT 508u
#define FJ_ROOT_MOVES 16u
/* Whose root moved where: jail/root_moves.c. */
struct fj_root_move {
	uint32_t sequence; /* locking/seq.h */
	int32_t mover;	   /* process, or -1: not to be followed */
	int32_t parent;	   /* of it, when that shares its root; else -1 */
	uint32_t number;   /* of the move, + 1 */
	uint64_t dev, ino;
	char pos[FJ_ROOT_MOVE_TEXT];
};
struct fj_root_moves {
	uint32_t next, count;
	struct fj_root_move move[FJ_ROOT_MOVES];
};
#define FJ_ROOT_MOVES_AT 0xd800u
static inline struct fj_root_moves *fj_root_moves(void)
{
	return (struct fj_root_moves *)fj_jail_at(FJ_ROOT_MOVES_AT);
}

extern fj_open_pos *fj_root_open_pos;

/* This process has moved to `root`: tell. Returns the number of the move. */
uint32_t fj_root_move_tell(const struct fj_root *root);
/* Follow those of the moves numbered `from` to `to` (not included) that moved this process too. */
void fj_root_moves_follow(uint32_t from, uint32_t to);
/* Be in the root that `m` tells of; `fd` is on it (consumed), or -1: the jail's own, or one that is
 * gone, in which nothing is found. */
void fj_root_take(int fd, const struct fj_root_move *m);

#endif
