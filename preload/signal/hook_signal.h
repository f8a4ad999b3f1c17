/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_signal.h - what the trap asks of the virtual SIGSYS, and of signal stacks. */
#ifndef FJ_HOOK_SIGNAL_H
#define FJ_HOOK_SIGNAL_H

#include "sys/frame.h"
#include "sys/process.h"

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;

struct fj_sigaction { /* struct kernel_sigaction, arch/x86/include/uapi/asm/signal.h */
	uint64_t handler, flags, restorer, mask;
};

/* What the kernel has not of the program's actions: that of SIGSYS, and of which signals the
 * action's mask holds SIGSYS, a bit for each. */
#define FJ_ACTIONS_AT 0x160u
struct fj_actions {
	struct fj_sigaction sigsys;
	uint64_t has_sigsys;
};

/* In the flags of a frame, of which the kernel knows the lowest three: its mask is the program's own. */
#define FJ_UCONTEXT_SHOWN 0x40000000UL

#define FJ_KILL_AND_STOP ((1UL << 8) | (1UL << 18)) /* SIGKILL, SIGSTOP: cannot be blocked */
/* The flags that rt_sigaction(2) keeps and reports, UAPI_SA_FLAGS of linux/signal.h; Linux 5.11. */
#define FJ_SA_FLAGS 0xdc000807UL

/* The program gave signal `sig` an action with this mask, or a mask is about to be reported: is
 * SIGSYS in it? The kernel's never has it. Only with the trap; async-signal-safe. */
void fj_action_keep_sigsys(int sig, uint64_t mask);
bool fj_action_has_sigsys(int sig);

/* Would one do in place of the other? (A default one returns nowhere. posix_spawn(3) sets many.) */
bool fj_action_is_same(const struct fj_sigaction *a, const struct fj_sigaction *b);

/* Has the calling process actions of its own in memory that is another's? Then what it sets is the
 * kernel's alone, and noted nowhere. */
bool fj_actions_are_copied(void);

/* The flags of a struct fj_altstack, of linux/signal.h; by names of ours, since libc, in a hosted build, has an enum of the
 * kernel's. */
#define FJ_SS_ONSTACK 1u
#define FJ_SS_DISABLE 2u
#define FJ_SS_AUTODISARM (1u << 31)

/* hook_altstack.c: decide `*s`, the signal stack that the kernel shall use when the thread goes on
 * at `sp`. */
void fj_altstack_settle(const struct fj_thread *t, struct fj_altstack *s, uint64_t sp);
/* The program is at `sp`: is that on its signal stack? */
bool fj_altstack_is_on_own(const struct fj_thread *t, uint64_t sp);
/* Has a handler left the call that waits in this thread area by siglongjmp(3)? (While one is at
 * work that is on the program's signal stack, or below the call.) */
bool fj_altstack_is_abandoned(const struct fj_thread *t, uint64_t sp);
/* What the kernel would have saved in a handler's frame, and what a handler's frame restores. */
struct fj_altstack fj_altstack_of_program(const struct fj_thread *t);
void fj_altstack_restore(struct fj_thread *t, const struct fj_altstack *s);
/* Without the trap: is this, which the kernel has, the program's with a mark of ours, that the
 * kernel shall have none while a handler runs? */
bool fj_altstack_is_made_disarm(const struct fj_altstack *s);

/* A SIGSYS of the program's own has come: what is to be done? Returns a handler to go on in, with
 * its mask in `*mask` (in: the program's mask), or FJ_DEFAULT, or FJ_IGNORE (also when it is held
 * back because the program blocks it; then `*before`, the mask to go on with, blocks what stands in
 * for it). */
enum { FJ_DEFAULT = 0, FJ_IGNORE = 1 };
#define FJ_SA_RESTORER 0x04000000u
#define FJ_SA_ONSTACK 0x08000000u
uint64_t fj_sigsys_arrived(
	struct fj_thread *t, const siginfo_t *info, uint64_t *before, uint64_t *mask);
/* The thread `t`, which blocks SIGSYS, leaves the engine for a call that lets it in, or (false) for
 * another. */
void fj_sigsys_wait(struct fj_thread *t, bool lets_in);

/* A mask that the kernel has, as the program knows it; and one of the program's for the kernel,
 * with which the thread goes on: what SIGSYS is in it is kept. */
uint64_t fj_mask_shown(const struct fj_thread *t, uint64_t mask);
uint64_t fj_mask_block(struct fj_thread *t, uint64_t mask);

/* Did any thread of this process ever block it? */
bool fj_sigsys_was_blocked(void);
/* Did one ever stay pending? */
bool fj_sigsys_was_pending(void);
/* Has the program a SIGSYS handler of its own? */
bool fj_sigsys_is_caught(void);
/* Does the program ignore it? */
bool fj_sigsys_is_ignored(void);

/* The thread area that knows what the calling thread believes to block, when that may not be what
 * the kernel has; or NULL. */
const struct fj_thread *fj_sigsys_thread(const struct fj_call *c);
/* Has the calling thread? */
bool fj_sigsys_is_blocked(const struct fj_call *c);
/* Through exec: FJ_SIGSYS_ flags of exec-format/exec.h. */
uint32_t fj_sigsys_save(const struct fj_call *c);
void fj_sigsys_start(struct fj_thread *t, uint32_t flags);

#endif
