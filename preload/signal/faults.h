/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * faults.h - the virtual SIGBUS and SIGSEGV: faults.c. */
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

/* Of both, what is kept for the program while they are the engine's. */
#define FJ_FAULTS_AT 0x190u
struct fj_fault {
	uint32_t sequence; /* of the action: locking/seq.h */
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

/* Take both for the engine, unless the process ignores them. Once, at the start of a program; the
 * gate page is there. */
void fj_faults_arm(void);
/* Block all others and let SIGBUS in, though the program blocks it; where the engine holds signals
 * back. SIGSEGV stays as it is in `mask`, the program's. */
void fj_faults_let_in(uint64_t mask);
/* Do both come to us, in a thread that blocks neither? */
bool fj_faults_are_caught(void);
/* A mask that a thread has, or a handler will: does it block one? Where nobody ever did, the
 * engine need not know whom it works for. */
void fj_faults_mask(uint64_t mask);
/* rt_sigprocmask(2) of a thread's. */
void fj_faults_mask_changes(int how, uint64_t set);
/* rt_sigaction(2) of one of them: what the program would see without us. */
long fj_faults_action(struct fj_call *c);
/* A signal's frame could not be written, `because`'s: SIGSEGV, whatever the program blocks or
 * ignores; it comes when the calling thread has `*mask` again. */
void fj_faults_force(int because, uint64_t *mask);
/* Those of them that are ours in the kernel, and of which the program has no handler. */
uint64_t fj_faults_hidden(void);

#endif
