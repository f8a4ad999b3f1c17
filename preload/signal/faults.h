/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * faults.h - the program's view of SIGBUS and SIGSEGV: faults.c. For this room, the doors, procfs/
 * and the loader. */
#ifndef FJ_FAULTS_H
#define FJ_FAULTS_H

#include "signal/hook_signal.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;

#define FJ_SIGBUS 7
#define FJ_SIGBUS_BIT (1UL << (FJ_SIGBUS - 1))
#define FJ_SIGSEGV 11
#define FJ_SIGSEGV_BIT (1UL << (FJ_SIGSEGV - 1))

/* For each of the two: what is kept for the program while the signal is the engine's. */
#define FJ_FAULTS_AT 0x190u
struct fj_fault {
	uint32_t sequence; /* protects the action: locking/seq.h */
	uint32_t was_ours, is_given_up;
	struct fj_sigaction of_program;
};
struct fj_faults {
	struct fj_fault bus, segv;
};

static inline bool fj_is_fault(int sig)
{
	return sig == FJ_SIGBUS || sig == FJ_SIGSEGV;
}

/* Takes both signals for the engine, unless the process ignores them. Call once at the start of a
 * program, when the gate page is in its place. */
void fj_faults_arm(void);
/* For places where the engine blocks signals: blocks all but SIGBUS, even if the program blocks
 * that. SIGSEGV stays as it is in `mask`, the program's mask. */
void fj_faults_let_in(uint64_t mask);
/* Does the engine get both in a thread that blocks neither? */
bool fj_faults_are_caught(void);
/* Call with a mask that a thread has, or that a handler will have. If no thread has ever blocked
 * one of the two, the engine need not know for which thread it works. */
void fj_faults_mask(uint64_t mask);
/* Call at rt_sigprocmask(2) of a thread. */
void fj_faults_mask_changes(int how, uint64_t set);
/* rt_sigaction(2) of one of the two: does what the program would see without the engine. */
long fj_faults_action(struct fj_call *c);
/* Call when the frame of signal `because` could not be written. Sends SIGSEGV, even if the program
 * blocks or ignores it; it comes when the calling thread has `*mask` again. */
void fj_faults_force(int because, uint64_t *mask);
/* Which of the two signals have the engine's handler in the kernel, and none of the program's? A bit
 * for each. */
uint64_t fj_faults_hidden(void);

#endif
