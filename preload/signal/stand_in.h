/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stand_in.h - the stand-in signal: it waits in the kernel in the place of a SIGSYS that the
 * program blocks. For this room, trap/, procfs/ and the loader. */
#ifndef FJ_STAND_IN_H
#define FJ_STAND_IN_H

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

/* A real-time signal far from both ends of their range, where programs take theirs. */
#define FJ_STAND_IN 53
#define FJ_STAND_IN_BIT (1UL << (FJ_STAND_IN - 1))
/* Its si_errno, which no other sender sets: the program's own signals have 0. */
#define FJ_STAND_IN_MARK 0x464a5359

/* Is this signal, which has come, a stand-in? */
static inline bool fj_stand_in_is(const siginfo_t *info)
{
	return info->si_signo == FJ_STAND_IN && info->si_errno == FJ_STAND_IN_MARK;
}

/* The trap's handler of a stand-in that comes to a thread which does not block it. */
extern uint64_t fj_stand_in_entry;
/* Gives that handler to the kernel, once a SIGSYS was ever held back: at process start, and in
 * fj_stand_in_keep(). */
void fj_stand_in_arm(void);

/* Holds back a SIGSYS, which came with `info`. `*mask` becomes the mask that the thread must
 * have. */
void fj_stand_in_keep(struct fj_thread *t, const siginfo_t *info, uint64_t *mask);
/* Takes a SIGSYS that is held back, for this thread or the whole process. Returns false if there is
 * none. */
bool fj_stand_in_take(struct fj_thread *t, siginfo_t *info);
/* Call when a stand-in has left the kernel: turns it into SIGSYS. */
void fj_stand_in_turn(struct fj_thread *t, siginfo_t *info);
/* Call when the thread does not block SIGSYS any more: lets in those that are held back. */
void fj_stand_in_send(struct fj_thread *t);
/* Drops the SIGSYS that are held back, as the kernel does when the signal is ignored. */
void fj_stand_in_drop(struct fj_thread *t);
/* How many SIGSYS were held back in this memory. */
uint32_t fj_stand_in_count(void);
/* Is a SIGSYS held back? */
bool fj_stand_in_waits(const struct fj_thread *t);
/* Would the kernel deliver a SIGSYS that is held back before all other signals? It takes those for
 * the thread first, and in each group SIGSYS first. */
bool fj_stand_in_is_first(struct fj_thread *t);
/* For the handler: a stand-in has come to a thread that does not block it. */
void fj_stand_in_came(struct fj_thread *t, siginfo_t *info);

/* fj_stand_in_save() returns the state for an exec: the FJ_SIGSYS_ flags about signals that are held
 * back. fj_stand_in_start() takes it up in the new program. */
uint32_t fj_stand_in_save(const struct fj_thread *t);
void fj_stand_in_start(struct fj_thread *t, uint32_t flags);

#endif
