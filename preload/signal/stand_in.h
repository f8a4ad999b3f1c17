/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stand_in.h - the signal that waits in the kernel in the place of a SIGSYS that the program
 * blocks. */
#ifndef FJ_STAND_IN_H
#define FJ_STAND_IN_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

/* A real-time signal far from both ends, from where programs take theirs. */
#define FJ_STAND_IN 53
#define FJ_STAND_IN_BIT (1UL << (FJ_STAND_IN - 1))
/* In its si_errno, which nobody else sets: one of the program's own has none. */
#define FJ_STAND_IN_MARK 0x464a5359

static inline bool fj_stand_in_is(const siginfo_t *info)
{
	return info->si_signo == FJ_STAND_IN && info->si_errno == FJ_STAND_IN_MARK;
}

/* The handler of one that comes to a thread that does not block it: the trap's. */
extern uint64_t fj_stand_in_entry;
/* Give it to the kernel, once a SIGSYS was ever held back; at process start, and by
 * fj_stand_in_keep(). */
void fj_stand_in_arm(void);

/* Hold back a SIGSYS, which came with `info`. `*mask` becomes what the thread is to block. */
void fj_stand_in_keep(struct fj_thread *t, const siginfo_t *info, uint64_t *mask);
/* Take one that is held back, for this thread or the whole process. False: there is none. */
bool fj_stand_in_take(struct fj_thread *t, siginfo_t *info);
/* One has left the kernel: it is SIGSYS again. */
void fj_stand_in_turn(struct fj_thread *t, siginfo_t *info);
/* The thread blocks SIGSYS no longer: let those in that are held back. */
void fj_stand_in_send(struct fj_thread *t);
/* Forget them, as the kernel does when the signal is ignored. */
void fj_stand_in_drop(struct fj_thread *t);
/* How many were, in this memory. */
uint32_t fj_stand_in_count(void);
/* Is any held back? */
bool fj_stand_in_waits(const struct fj_thread *t);
/* Would the kernel take one, were it SIGSYS, before all other signals? It looks at those for the
 * thread first, and of each kind at SIGSYS first. */
bool fj_stand_in_is_first(struct fj_thread *t);
/* The handler's: one has come to a thread that lets it in. */
void fj_stand_in_came(struct fj_thread *t, siginfo_t *info);

/* Through exec: the FJ_SIGSYS_ flags about those that are held back. */
uint32_t fj_stand_in_save(const struct fj_thread *t);
void fj_stand_in_start(struct fj_thread *t, uint32_t flags);

#endif
