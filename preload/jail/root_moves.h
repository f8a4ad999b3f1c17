/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_moves.h - the interface between jail.c, which keeps this process's root, and root_moves.c, which
 * tells others about its moves. */
#ifndef FJ_ROOT_MOVES_H
#define FJ_ROOT_MOVES_H

#include "jail/memory.h"
#include "jail/root.h"

#include <stdint.h>

#define FJ_ROOT_MOVE_TEXT 508u
#define FJ_ROOT_MOVES 16u
/* One move of a root: jail/root_moves.c. */
struct fj_root_move {
	uint32_t sequence; /* locking/seq.h */
	int32_t mover;	   /* the process that moved, or -1: not to be followed */
	int32_t parent;	   /* its parent, if that shares the root; else -1 */
	uint32_t number;   /* number of the move, + 1 */
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

/* Tell other processes that this one has moved to `root`. Returns the number of the move. */
uint32_t fj_root_move_tell(const struct fj_root *root);
/* Look at the moves from `from` to `to` (exclusive), and follow those that moved this process too. */
void fj_root_moves_follow(uint32_t from, uint32_t to);
/* Take the root that `m` describes. `fd` (consumed) is its directory; -1: the jail's own, or a lost one. */
void fj_root_take(int fd, const struct fj_root_move *m);

#endif
