/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_signal.h - the program's view of SIGSYS, and signal stacks. For this room, trap/, door/ and
 * the loader. */
#ifndef FJ_HOOK_SIGNAL_H
#define FJ_HOOK_SIGNAL_H

#include "sys/frame.h"

#include <asm/siginfo.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;

struct fj_sigaction { /* struct kernel_sigaction, arch/x86/include/uapi/asm/signal.h */
	uint64_t handler, flags, restorer, mask;
};

/* The part of the program's actions that the kernel does not have: the action of SIGSYS; and a bit
 * for each signal whose mask has SIGSYS. */
#define FJ_ACTIONS_AT 0x160u
struct fj_actions {
	struct fj_sigaction sigsys;
	uint64_t has_sigsys;
};

/* A flag of a frame, of whose flags the kernel uses the lowest three: the mask in the frame is the
 * program's own. */
#define FJ_UCONTEXT_SHOWN 0x40000000UL

#define FJ_KILL_AND_STOP ((1UL << 8) | (1UL << 18)) /* SIGKILL, SIGSTOP: cannot be blocked */
/* The flags that rt_sigaction(2) keeps and reports, UAPI_SA_FLAGS of linux/signal.h; Linux 5.11. */
#define FJ_SA_FLAGS 0xdc000807UL

/* Notes whether SIGSYS is in the mask of the action that the program gave to signal `sig`.
 * fj_action_has_sigsys() returns what was noted. The kernel's mask never has SIGSYS. Only with the trap;
 * async-signal-safe. */
void fj_action_keep_sigsys(int sig, uint64_t mask);
bool fj_action_has_sigsys(int sig);

/* Would the two actions do the same? (A default action has no restorer. posix_spawn(3) sets
 * many.) */
bool fj_action_is_same(const struct fj_sigaction *a, const struct fj_sigaction *b);

/* Does the calling process share another one's memory, but has actions of its own? Then the kernel
 * alone gets the actions that it sets. */
bool fj_actions_are_copied(void);

/* The flags of a struct fj_altstack, of linux/signal.h. They have our own names, because libc has
 * an enum with the kernel's in a hosted build. */
#define FJ_SS_ONSTACK 1u
#define FJ_SS_DISABLE 2u
#define FJ_SS_AUTODISARM (1u << 31)

/* hook_altstack.c: sets `*s` to the signal stack that the kernel must use when the thread goes on
 * at `sp`. */
void fj_altstack_settle(const struct fj_thread *t, struct fj_altstack *s, uint64_t sp);
/* Is `sp`, the program's stack pointer, on the program's signal stack? */
bool fj_altstack_is_on_own(const struct fj_thread *t, uint64_t sp);
/* Has a handler left the call that waits in this thread area by siglongjmp(3)? (While a handler
 * runs, `sp` is on the program's signal stack, or below the call.) */
bool fj_altstack_is_abandoned(const struct fj_thread *t, uint64_t sp);
/* The signal stack that the kernel would have saved in a handler's frame. fj_altstack_restore()
 * restores it from there. */
struct fj_altstack fj_altstack_of_program(const struct fj_thread *t);
void fj_altstack_restore(struct fj_thread *t, const struct fj_altstack *s);
/* Without the trap: is `s`, which the kernel has, the program's signal stack with a mark of ours,
 * by which the kernel has none while a handler runs? */
bool fj_altstack_is_made_disarm(const struct fj_altstack *s);

/* A SIGSYS of the program's own has come: what must be done? Returns the address of a handler, with
 * its mask in `*mask` (which is the program's mask before), or FJ_DEFAULT, or FJ_IGNORE. FJ_IGNORE
 * also means that the signal is held back because the program blocks it; then `*before`, the mask
 * to go on with, blocks the stand-in signal. */
enum { FJ_DEFAULT = 0, FJ_IGNORE = 1 };
#define FJ_SA_RESTORER 0x04000000u
#define FJ_SA_ONSTACK 0x08000000u
uint64_t fj_sigsys_arrived(
	struct fj_thread *t, const siginfo_t *info, uint64_t *before, uint64_t *mask);
/* Thread `t`, which blocks SIGSYS, leaves the engine for a call that lets SIGSYS in, or (false) for
 * another call. */
void fj_sigsys_wait(struct fj_thread *t, bool lets_in);

/* fj_mask_shown() turns a mask of the kernel into what the program must see. fj_mask_block() turns a mask of
 * the program into one for the kernel, with which the thread goes on, and keeps whether SIGSYS is
 * in it. */
uint64_t fj_mask_shown(const struct fj_thread *t, uint64_t mask);
uint64_t fj_mask_block(struct fj_thread *t, uint64_t mask);

/* Has any thread of this process ever blocked SIGSYS? (door/entry.S reads both variables.) */
extern bool fj_sigsys_once_blocked;
static inline bool fj_sigsys_was_blocked(void)
{
	return fj_sigsys_once_blocked;
}
/* Has a blocked SIGSYS ever stayed pending? */
extern bool fj_sigsys_once_pending;
static inline bool fj_sigsys_was_pending(void)
{
	return fj_sigsys_once_pending;
}
/* Has the program a SIGSYS handler of its own? */
bool fj_sigsys_is_caught(void);
/* Does the program ignore SIGSYS? */
bool fj_sigsys_is_ignored(void);

/* The thread area that knows what the calling thread believes to block, if that may differ from the
 * kernel's mask; or NULL. */
const struct fj_thread *fj_sigsys_thread(const struct fj_call *c);
/* fj_sigsys_save() returns the state for an exec: FJ_SIGSYS_ flags of exec-format/exec.h.
 * fj_sigsys_start() takes it up in the new program. */
uint32_t fj_sigsys_save(const struct fj_call *c);
void fj_sigsys_start(struct fj_thread *t, uint32_t flags);

#endif
