/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_signal.c - the hooks of rt_sigaction(2), rt_sigprocmask(2) and rt_sigreturn(2). SIGSYS stays
 * the trap's: never blocked, never ignored, never with another handler. Called through the table,
 * and by trap/.
 *
 * The kernel kills a process that traps with SIGSYS blocked (force_sig_info_to_task() of
 * kernel/signal.c). So the bit is taken out of every mask on its way to the kernel, and what the
 * program asked for is kept and reported. */
#include "signal/hook_signal.h"

#include "call/call.h"
#include "call/hooks.h"
#include "exec-format/exec.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "locking/lock.h"
#include "signal/faults.h"
#include "signal/handlers.h"
#include "signal/interrupted.h"
#include "signal/libc_signals.h"
#include "signal/stand_in.h"
#include "sys/abi_signal.h"
#include "sys/child_state.h"
#include "sys/process.h"
#include "sys/thread.h"
#include "sys/thread_signals.h"
#include "syscall/signal.h"

#include <linux/kcmp.h>

#define SYS_SECCOMP_ 1

static const struct fj_actions *own_actions(void)
{
	return fj_process_at(FJ_ACTIONS_AT);
}

static struct fj_actions *own_actions_to_change(void)
{
	return fj_process_to_change(fj_actions, FJ_ACTIONS_AT, KCMP_SIGHAND);
}

bool fj_actions_are_copied(void)
{
	return fj_process_is_copied(FJ_ACTIONS_AT, KCMP_SIGHAND);
}

bool fj_action_has_sigsys(int sig)
{
	return own_actions()->has_sigsys >> (sig - 1) & 1;
}

void fj_action_keep_sigsys(int sig, uint64_t mask)
{
	const uint64_t bit = 1UL << (sig - 1);
	const bool is = mask & FJ_SIGSYS_BIT;
	struct fj_actions *own;

	if (is == fj_action_has_sigsys(sig)) /* true for nearly all: no system call */
		return;
	own = own_actions_to_change();
	if (own && is)
		__atomic_or_fetch(&own->has_sigsys, bit, __ATOMIC_RELAXED);
	else if (own)
		__atomic_and_fetch(&own->has_sigsys, ~bit, __ATOMIC_RELAXED);
}

bool fj_sigsys_once_blocked;

static void set_blocked(struct fj_thread *t, bool is)
{
	if (is != fj_thread_signals(t)->sigsys_blocked)
		fj_thread_signals_to_change(t)->sigsys_blocked = is;
	if (is && !fj_sigsys_once_blocked) /* (after a fork, a write copies the page) */
		fj_sigsys_once_blocked = true;
}

uint64_t fj_mask_shown(const struct fj_thread *t, uint64_t mask)
{
	const struct fj_thread_signals *own = fj_thread_signals(t);

	return (mask & ~(FJ_SIGSYS_BIT | (own->stand_in_blocked ? FJ_STAND_IN_BIT : 0))) |
	       (own->sigsys_blocked ? FJ_SIGSYS_BIT : 0);
}

uint64_t fj_mask_block(struct fj_thread *t, uint64_t mask)
{
	const bool is = mask & FJ_SIGSYS_BIT,
		   with = is && fj_sigsys_was_pending() && !(mask & FJ_STAND_IN_BIT);

	set_blocked(t, is);
	if (with != fj_thread_signals(t)->stand_in_blocked)
		fj_thread_signals_to_change(t)->stand_in_blocked = with;
	return (mask & ~FJ_SIGSYS_BIT) | (with ? FJ_STAND_IN_BIT : 0);
}

void fj_sigsys_wait(struct fj_thread *t, bool lets_in)
{
	fj_interrupted(t)->lets_sigsys_in = lets_in;
}

uint64_t fj_sigsys_arrived(
	struct fj_thread *t, const siginfo_t *info, uint64_t *before, uint64_t *mask)
{
	const struct fj_sigaction action = own_actions()->sigsys;
	const bool is_blocked =
		fj_thread_signals(t)->sigsys_blocked && !fj_interrupted(t)->lets_sigsys_in;
	struct fj_actions *own;

	fj_handler_note(FJ_SIGSYS, &action);
	if (info->si_code == SYS_SECCOMP_) { /* as force_sig_info_to_task() of kernel/signal.c */
		if (is_blocked || action.handler == FJ_IGNORE)
			return FJ_DEFAULT;
	} else if (is_blocked) { /* also when the signal is ignored: that may change */
		fj_stand_in_keep(t, info, before);
		return FJ_IGNORE;
	}
	if (action.handler == FJ_IGNORE)
		return FJ_IGNORE;
	own = action.flags & FJ_SA_RESETHAND ? own_actions_to_change() : NULL;
	if (own)
		own->sigsys.handler = FJ_DEFAULT;
	*mask = (*mask | action.mask) & ~FJ_SIGSYS_BIT;
	return action.handler;
}

bool fj_sigsys_is_caught(void)
{
	return own_actions()->sigsys.handler > FJ_IGNORE;
}

bool fj_sigsys_is_ignored(void)
{
	return own_actions()->sigsys.handler == FJ_IGNORE;
}

/* The thread area in which the trap would run (trap/sigsys.c, fj_trap_stack()): with the direct
 * door the engine runs in any thread area. NULL: the thread has none. */
static struct fj_thread *thread_of_trap(const struct fj_call *c)
{
	struct fj_altstack s = {.flags = FJ_SS_DISABLE};
	struct fj_thread *t;

	if (c->mask)
		return c->thread;
	fj_sys_sigaltstack(0, &s);
	t = fj_thread_holding(s.flags & (int32_t)FJ_SS_DISABLE ? c->sp : s.sp);
	return t ? t : fj_thread_known();
}

const struct fj_thread *fj_sigsys_thread(const struct fj_call *c)
{
	return c->mask || fj_sigsys_was_blocked() || fj_sigsys_was_pending() ? thread_of_trap(c) :
									       NULL;
}

/* Does the calling thread believe that SIGSYS is blocked? */
static bool is_sigsys_blocked(const struct fj_call *c)
{
	const struct fj_thread *t = fj_sigsys_was_blocked() ? thread_of_trap(c) : NULL;

	return t && fj_thread_signals(t)->sigsys_blocked;
}

uint32_t fj_sigsys_save(const struct fj_call *c)
{
	const struct fj_thread *t = fj_sigsys_was_pending() ? thread_of_trap(c) : NULL;

	return (is_sigsys_blocked(c) ? FJ_SIGSYS_BLOCKED : 0) | (t ? fj_stand_in_save(t) : 0) |
	       (own_actions()->sigsys.handler == FJ_IGNORE ? FJ_SIGSYS_IGNORED : 0);
}

void fj_sigsys_start(struct fj_thread *t, uint32_t flags)
{
	struct fj_actions *actions = fj_process_section(FJ_ACTIONS_AT);

	set_blocked(t, flags & FJ_SIGSYS_BLOCKED);
	fj_stand_in_start(t, flags);
	actions->sigsys.handler = flags & FJ_SIGSYS_IGNORED ? FJ_IGNORE : FJ_DEFAULT;
	/* execve(2) has reset all handlers, and the trap shows all calls that set one. */
	fj_lock_lacks_handlers = fj_jail->has_trap;
}

/* A call that is interrupted by a SIGSYS which the program blocks or ignores must go on; only a
 * handler of the program may want otherwise. */
static void set_restarts(const struct fj_sigaction *of_program)
{
	const uint64_t wanted = of_program->handler <= FJ_IGNORE ?
					FJ_SA_RESTART :
					of_program->flags & FJ_SA_RESTART;
	struct fj_sigaction ours;

	fj_sys_rt_sigaction(FJ_SIGSYS, NULL, &ours, FJ_SIGSET_SIZE);
	if ((ours.flags & FJ_SA_RESTART) == wanted)
		return;
	ours.flags ^= FJ_SA_RESTART;
	fj_sys_rt_sigaction(FJ_SIGSYS, &ours, NULL, FJ_SIGSET_SIZE);
}

static long sigsys_action(const struct fj_call *c)
{
	struct fj_sigaction new = {0}, old = own_actions()->sigsys;
	struct fj_actions *own;

	if (c->arg[1] && fj_guest_read(&new, c->arg[1], sizeof(new)))
		return -EFAULT;
	fj_lock_saw_handler(new.handler > FJ_IGNORE);
	new.mask &= ~FJ_KILL_AND_STOP;
	new.flags &= FJ_SA_FLAGS;
	if (c->arg[1] && !fj_action_is_same(&new, &old)) {
		own = own_actions_to_change();
		if (!own)
			return -ENOMEM;
		own->sigsys = new;
		set_restarts(&new);
	}
	if (c->arg[1] && new.handler == FJ_IGNORE && fj_sigsys_was_pending()) {
		struct fj_thread *t = thread_of_trap(c);

		if (t)
			fj_stand_in_drop(t);
	}
	if (c->arg[2] && fj_guest_write(c->arg[2], &old, sizeof(old)))
		return -EFAULT;
	return 0;
}

long fj_hook_sigaction(struct fj_call *c)
{
	if (c->arg[3] != FJ_SIGSET_SIZE)
		return fj_kernel(c);
	if (fj_is_fault((int)c->arg[0]))
		return fj_faults_action(c);
	if (fj_is_libc_signal((int)c->arg[0]))
		return fj_libc_signal_action(c);
	if ((int)c->arg[0] == FJ_SIGSYS && fj_jail->has_trap)
		return sigsys_action(c);
	return fj_handler_action(c);
}

static bool is_blocked_after(int how, uint64_t set, bool was)
{
	if (how == FJ_SIG_SETMASK || !(set & FJ_SIGSYS_BIT))
		return how == FJ_SIG_SETMASK ? set & FJ_SIGSYS_BIT : was;
	return how == FJ_SIG_BLOCK;
}

/* The direct door has no saved mask to change: the call itself is made, without the bit, and on the
 * program's stack, where a signal that it lets in belongs. What the program wanted is kept where
 * the trap looks for it; a thread without such an area has SIGSYS unblocked. */
static long mask_directly(struct fj_call *c, int how, const uint64_t *set)
{
	struct fj_thread *t = thread_of_trap(c);
	const bool was = t && fj_thread_signals(t)->sigsys_blocked,
		   is = set ? is_blocked_after(how, *set, was) : was;
	uint64_t old;

	if (was && c->arg[2]) { /* if it cannot be written, the kernel finds out */
		fj_sys_rt_sigprocmask(how, NULL, &old, sizeof(old));
		old |= FJ_SIGSYS_BIT;
		if (!fj_guest_write(c->arg[2], &old, sizeof(old)))
			c->arg[2] = 0;
	}
	if (!set)
		return fj_kernel(c);
	if (is && !t)
		t = fj_thread_mine();
	if (is && !t)
		return -ENOMEM; /* the kernel gave no memory for the engine */
	if (t)
		set_blocked(t, is);
	c->deferred_data[0] = *set & ~FJ_SIGSYS_BIT;
	c->arg[1] = (uint64_t)&c->deferred_data[0];
	c->is_deferred = c->frame != NULL;
	return c->frame ? 0 : fj_kernel(c);
}

long fj_hook_sigprocmask(struct fj_call *c)
{
	struct fj_thread *t = c->thread;
	const int how = (int)c->arg[0];
	uint64_t set, old;

	if (c->arg[3] != FJ_SIGSET_SIZE)
		return -EINVAL;
	if (c->arg[1] && fj_guest_read(&set, c->arg[1], sizeof(set)))
		return -EFAULT;
	if (c->arg[1] && how != FJ_SIG_BLOCK && how != FJ_SIG_UNBLOCK && how != FJ_SIG_SETMASK)
		return -EINVAL;
	if (c->arg[1])
		fj_faults_mask_changes(how, set);
	if (!c->mask)
		return mask_directly(c, how, c->arg[1] ? &set : NULL);
	old = fj_mask_shown(t, *c->mask);
	if (!c->arg[1])
		return c->arg[2] && fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;

	set &= ~FJ_KILL_AND_STOP;
	if (how == FJ_SIG_BLOCK)
		set |= old;
	else if (how == FJ_SIG_UNBLOCK)
		set = old & ~set;
	/* The new mask is set even if the old one cannot be stored: SYSCALL_DEFINE4(rt_sigprocmask)
	 * of kernel/signal.c. */
	*c->mask = fj_mask_block(t, set);
	if (!(set & FJ_SIGSYS_BIT))
		fj_stand_in_send(t);
	return c->arg[2] && fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}

/* The frame of a handler that was moved to another stack has the program's signal stack: puts the
 * engine's, which the kernel must have, in its place. */
static void restore_altstack(const struct fj_call *c)
{
	struct fj_altstack s;
	uint64_t sp;

	if (fj_guest_read(&s, fj_frame_at(c->sp) + offsetof(struct fj_frame, stack), sizeof(s)) ||
		fj_guest_read(&sp, fj_frame_at(c->sp) + FJ_FRAME_SP, sizeof(sp)))
		return;
	if (!fj_altstack_is_on_own(c->thread, c->sp)) /* as sigaltstack(2): not while on that
							 stack */
		fj_altstack_restore(c->thread, &s);
	fj_altstack_settle(c->thread, &s, sp);
	fj_guest_write(fj_frame_at(c->sp) + offsetof(struct fj_frame, stack), &s, sizeof(s));
}

/* A handler may have written another mask into its frame. It is read where the kernel will read
 * it. */
long fj_hook_sigreturn(struct fj_call *c)
{
	const uint64_t at = fj_frame_at(c->sp) + offsetof(struct fj_frame, mask);
	uint64_t mask, flags, asked;

	if (fj_guest_read(&mask, at, sizeof(mask)) ||
		fj_guest_read(&flags, fj_frame_at(c->sp), sizeof(flags)))
		mask = flags = 0;
	fj_faults_mask(mask);
	restore_altstack(c);
	/* If the kernel alone has saved the mask, a missing bit means nothing. */
	if (!(flags & FJ_UCONTEXT_SHOWN) && !(mask & FJ_SIGSYS_BIT)) {
		c->leaves_by_sigreturn = true;
		return 0;
	}
	asked = mask;
	mask = fj_mask_block(c->thread, mask & ~FJ_KILL_AND_STOP);
	if (mask != asked)
		fj_guest_write(at, &mask, sizeof(mask));
	if (!(asked & FJ_SIGSYS_BIT) && fj_stand_in_waits(c->thread)) {
		fj_stand_in_send(c->thread);
		*c->mask = ~0UL; /* until that frame is left: two instructions, no trap */
	}
	c->leaves_by_sigreturn = true;
	return 0;
}
