/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * faults.c - SIGBUS and SIGSEGV are the engine's until one comes that is the program's. Called through the table, by
 * the other files of this room, and by the loader.
 *
 * The records are read from a mapped file, which somebody may truncate: a page that is gone raises SIGBUS in the
 * middle of the engine (ownership/truncated.c). And a bad pointer of the program raises either signal when the engine
 * uses it (guest/x86_64/copy.S), which must give EFAULT. So the engine takes both signals, and keeps and reports the
 * actions that the program sets. A signal that is not for the engine makes the program's action the real one, for
 * good, and happens again: the instruction is executed once more, or a signal that a process sent is sent once more.
 * If a process ignores one of the two, it is left alone, since exec passes that on. Where the engine does not get
 * them, it asks the kernel about pointers (guest/guest.c).
 *
 * The two are not blocked while the engine blocks signals (the trap's mask, the lock of the records), because the
 * kernel kills a process for a blocked one. SIGSEGV is blocked when the program itself blocks it; then the kernel is
 * asked, too.
 *
 * Threads may set actions while a fault gives one up. So a kept action is read under a sequence count; everything
 * else about it changes only once. */
#include "signal/faults.h"

#include "call/call.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "locking/lock.h"
#include "locking/seq.h"
#include "ownership/ownership.h"
#include "signal/handlers.h"
#include "signal/hook_signal.h"
#include "sys/abi_signal.h"
#include "sys/gate_code.h"
#include "sys/process.h"
#include "sys/thread.h"
#include "syscall/signal.h"
#include "syscall/time.h"
#include "syscall/unistd_ids.h"

#include <asm/siginfo.h>
#include <linux/kcmp.h>

#define BOTH (FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT)
#define BUS_MCEERR_AO_ 5 /* asm-generic/siginfo.h: the error was reported, not hit by an access */

/* A thread may have blocked one of the two, or run a handler that does. */
static bool was_blocked;

static bool is_ours(const struct fj_fault *of)
{
	return __atomic_load_n(&of->was_ours, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&of->is_given_up, __ATOMIC_ACQUIRE);
}

/* A writer may only wait for a processor: it is waited for, but at most 100 ms. It may be this
 * thread, interrupted, or not exist in a child that was forked meanwhile. */
#define LOOKS 300
#define LOOKS_AWAKE 200

static struct fj_sigaction kept_action(const struct fj_fault *of)
{
	const struct fj_sigaction *a = &of->of_program;
	struct fj_sigaction copy = {0};
	const int64_t nap[2] = {0, 1000000};
	uint32_t seen;

	for (int i = 0; i < LOOKS; i++) {
		if (i >= LOOKS_AWAKE)
			fj_sys_nanosleep(nap, 0);
		seen = fj_seq_begin(&of->sequence);
		copy.handler = __atomic_load_n(&a->handler, __ATOMIC_RELAXED);
		copy.flags = __atomic_load_n(&a->flags, __ATOMIC_RELAXED);
		copy.restorer = __atomic_load_n(&a->restorer, __ATOMIC_RELAXED);
		copy.mask = __atomic_load_n(&a->mask, __ATOMIC_RELAXED);
		if (!fj_seq_is_odd(seen) && !fj_seq_retry(&of->sequence, seen))
			break;
	}
	return copy;
}

/* No signal handler calls this, so no thread waits for a writer that it has interrupted itself. */
static void keep_action(struct fj_fault *of, const struct fj_sigaction *new)
{
	struct fj_sigaction *a = &of->of_program;

	fj_seq_write_at_last(&of->sequence);
	__atomic_store_n(&a->handler, new->handler, __ATOMIC_RELAXED);
	__atomic_store_n(&a->flags, new->flags, __ATOMIC_RELAXED);
	__atomic_store_n(&a->restorer, new->restorer, __ATOMIC_RELAXED);
	__atomic_store_n(&a->mask, new->mask, __ATOMIC_RELAXED);
	fj_seq_written(&of->sequence);
}

static struct fj_fault *fault_of_memory(int number)
{
	struct fj_faults *of_memory = fj_process_section(FJ_FAULTS_AT);

	return number == FJ_SIGBUS ? &of_memory->bus : &of_memory->segv;
}

static const struct fj_fault *fault_of(int number)
{
	const struct fj_faults *own = fj_process_at(FJ_FAULTS_AT);

	return number == FJ_SIGBUS ? &own->bus : &own->segv;
}

static struct fj_fault *fault_to_change(int number)
{
	struct fj_faults *own = fj_process_to_change(fj_faults, FJ_FAULTS_AT, KCMP_SIGHAND);

	return !own ? NULL : number == FJ_SIGBUS ? &own->bus : &own->segv;
}

bool fj_faults_are_caught(void)
{
	const struct fj_faults *own = fj_process_at(FJ_FAULTS_AT);

	return is_ours(&own->segv) && is_ours(&own->bus);
}

/* Once given up or blocked, the signals are never again caught in all threads. */
static void say_not_caught(void)
{
	fj_guest_is_caught(false);
}

void fj_faults_mask(uint64_t mask)
{
	if (__builtin_expect(
		    (mask & BOTH) && !__atomic_load_n(&was_blocked, __ATOMIC_RELAXED), 0)) {
		__atomic_store_n(&was_blocked, true, __ATOMIC_SEQ_CST);
		say_not_caught();
	}
}

void fj_faults_mask_changes(int how, uint64_t set)
{
	if (how == FJ_SIG_UNBLOCK) {
		if ((set & BOTH) == BOTH)
			fj_guest_suspend(false);
		return;
	}
	fj_faults_mask(set);
	if ((set & BOTH) || how == FJ_SIG_SETMASK)
		fj_guest_suspend(set & BOTH);
}

static long set_action(int number, const struct fj_sigaction *new, struct fj_sigaction *old)
{
	return fj_sys_rt_sigaction(number, new, old, FJ_SIGSET_SIZE);
}

/* Does the engine block all other signals? They are let in when it is done. */
static bool is_held_back(const struct fj_frame *f)
{
	return (f->mask | FJ_KILL_AND_STOP | BOTH) == ~0UL;
}

/* A program's handler is entered through fj_fault_filter (guest/x86_64/copy.S), with its own flags, mask and
 * restorer: another thread may have been in one of the engine's copies when the action changed. (The kernel resets
 * an action with SA_RESETHAND.) From there it goes the way of all handlers. */
static long set_real(int number, const struct fj_sigaction *action)
{
	struct fj_sigaction real = *action;

	if (action->handler > FJ_IGNORE && (action->flags & FJ_SA_RESTORER)) {
		fj_handler_note(number, action);
		if (fj_handlers_entry) {
			real.handler = fj_handlers_entry;
			real.mask = fj_handlers_mask();
		}
		if (!(action->flags & FJ_SA_RESETHAND)) {
			fj_fault_handler[number == FJ_SIGSEGV] = real.handler;
			real.handler = (uint64_t)fj_fault_filter;
		}
	}
	return set_action(number, &real, NULL);
}

static long get_real(int number, struct fj_sigaction *old)
{
	const uint64_t handler = fj_handler_of(number), mask = fj_handler_asked_mask(number);
	const long r = set_action(number, NULL, old);

	if (!r && (old->handler == (uint64_t)fj_fault_filter ||
			  (fj_handlers_entry && old->handler == fj_handlers_entry)))
		old->handler = handler;
	if (!r && old->mask == fj_handlers_mask())
		old->mask = mask;
	return r;
}

static void give_up_fault(int number)
{
	struct fj_fault *own = fault_to_change(number);
	const bool is_child = own != fault_of_memory(number);
	struct fj_sigaction action, now;

	if (own)
		__atomic_store_n(&own->is_given_up, 1, __ATOMIC_SEQ_CST);
	/* A child in this memory does it for itself. Both rely on it that no thread relies on
	 * caught faults any more. */
	say_not_caught();
	if (is_child) {
		action = kept_action(fault_of(number));
		set_action(number, &action, NULL);
		return;
	}
	for (int i = 0; i < LOOKS_AWAKE; i++) { /* another thread may set an action meanwhile */
		action = kept_action(own);
		set_real(number, &action);
		now = kept_action(own);
		if (fj_action_is_same(&now, &action))
			break;
	}
}

/* Does the same as force_sig() of kernel/signal.c. */
void fj_faults_force(int because, uint64_t *mask)
{
	const struct fj_sigaction to_die = {.handler = FJ_DEFAULT};
	const uint64_t bit = FJ_SIGSEGV_BIT;
	siginfo_t info = {.si_signo = FJ_SIGSEGV, .si_code = SI_KERNEL};
	struct fj_sigaction now = {0};

	if (is_ours(fault_of(FJ_SIGSEGV)))
		give_up_fault(FJ_SIGSEGV);
	set_action(FJ_SIGSEGV, NULL, &now);
	if (because == FJ_SIGSEGV || (*mask & bit) || now.handler == FJ_IGNORE)
		set_action(FJ_SIGSEGV, &to_die, NULL);
	fj_sys_rt_sigprocmask(FJ_SIG_BLOCK, &bit, 0, FJ_SIGSET_SIZE);
	fj_sys_rt_tgsigqueueinfo(fj_sys_getpid(), fj_sys_gettid(), FJ_SIGSEGV, &info);
	*mask &= ~bit;
}

static void handle_fault(int number, siginfo_t *info, struct fj_frame *f)
{
	const bool is_sent =
		info->si_code <= 0 || (number == FJ_SIGBUS && info->si_code == BUS_MCEERR_AO_);
	/* It may not come again by itself: the kernel also reports this way that a handler's frame has no room. */
	const bool is_to_be_sent = is_sent || info->si_code == SI_KERNEL;
	struct fj_thread *engine;

	if (!is_sent && number == FJ_SIGBUS && fj_owner_truncated((uintptr_t)info->si_addr))
		return;
	if (!is_sent && fj_guest_is_copying(fj_frame_ip(f))) {
		fj_frame_go_to(f, (uint64_t)fj_copy_fault);
		return;
	}
	give_up_fault(number);
	if (!is_to_be_sent)
		return;
	fj_sys_rt_tgsigqueueinfo(fj_sys_getpid(), fj_sys_gettid(), number, info);
	if (is_held_back(f)) {
		f->mask |= 1UL << (number - 1);
		engine = fj_thread_holding(fj_frame_sp(f));
		if (engine)
			engine->catches_faults = false;
	}
}

/* A call that is restarted after the program's handler must be restarted after the engine's, too.
 * Without the trap the signal stack is the program's, and only for its own handlers. */
#define FLAGS_KEPT (FJ_SA_RESTART | FJ_SA_ONSTACK)
static struct fj_sigaction our_action(const struct fj_fault *of)
{
	return (struct fj_sigaction){
		.handler = (uint64_t)handle_fault,
		.flags = FJ_SA_SIGINFO | FJ_SA_RESTORER | (fj_jail->has_trap ? FJ_SA_ONSTACK : 0) |
			 (kept_action(of).flags & FLAGS_KEPT),
		.restorer = fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin),
	};
}

static void arm_fault(int number)
{
	struct fj_fault *own = fault_of_memory(number); /* called at the start of the process */
	const struct fj_sigaction ours = our_action(own);
	struct fj_sigaction old;

	if (set_action(number, &ours, &old))
		return;
	keep_action(own, &old);
	if (old.handler == FJ_IGNORE)
		set_action(number, &old, NULL);
	else
		__atomic_store_n(&own->was_ours, 1, __ATOMIC_RELEASE);
}

void fj_faults_arm(void)
{
	fj_fault_return = fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin);
	arm_fault(FJ_SIGBUS);
	arm_fault(FJ_SIGSEGV);
	/* Without the trap changes of masks are not seen. */
	if (fj_jail->has_trap && fj_faults_are_caught() && !was_blocked)
		fj_guest_is_caught(true);
}

void fj_faults_let_in(uint64_t mask)
{
	const uint64_t all_others = ~BOTH | (mask & FJ_SIGSEGV_BIT);

	if (is_ours(fault_of(FJ_SIGBUS)))
		fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all_others, 0, FJ_SIGSET_SIZE);
}

static uint64_t hidden_bit(int number)
{
	const struct fj_fault *own = fault_of(number);

	return is_ours(own) && kept_action(own).handler <= FJ_IGNORE ? 1UL << (number - 1) : 0;
}

uint64_t fj_faults_hidden(void)
{
	return hidden_bit(FJ_SIGBUS) | hidden_bit(FJ_SIGSEGV);
}

/* In a child the engine's action may stay where the default is wanted: an exec makes it the
 * default. */
static long in_child(int number, const struct fj_sigaction *new)
{
	const struct fj_sigaction old = kept_action(fault_of(number));
	struct fj_fault *own;

	if (fj_action_is_same(new, &old))
		return 0;
	own = fault_to_change(number);
	if (!own)
		return -ENOMEM;
	keep_action(own, new);
	if (new->handler == FJ_DEFAULT)
		return 0;
	__atomic_store_n(&own->is_given_up, 1, __ATOMIC_SEQ_CST);
	say_not_caught();
	return set_action(number, new, NULL);
}

static long in_process(int number, const struct fj_sigaction *new)
{
	struct fj_fault *own = fault_to_change(number);
	const bool changes = (new->flags ^ kept_action(own).flags) & FLAGS_KEPT;

	if (new->handler == FJ_IGNORE) {
		__atomic_store_n(&own->is_given_up, 1, __ATOMIC_SEQ_CST);
		say_not_caught();
		return set_action(number, new, NULL);
	}
	keep_action(own, new);
	if (changes) {
		const struct fj_sigaction ours = our_action(own);

		set_action(number, &ours, NULL);
	}
	/* Another thread has given it up meanwhile, perhaps with the action that was kept
	 * before. */
	return is_ours(own) ? 0 : set_real(number, new);
}

long fj_faults_action(struct fj_call *c)
{
	const int number = (int)c->arg[0];
	const struct fj_fault *own = fault_of(number);
	const bool had = fj_action_has_sigsys(number);
	struct fj_sigaction new, old;
	uint64_t asked = 0;
	long r = 0;

	if (c->arg[1]) {
		if (fj_guest_read(&new, c->arg[1], sizeof(new)))
			return -EFAULT;
		fj_lock_saw_handler(new.handler > FJ_IGNORE);
		asked = new.mask;
		new.flags &= FJ_SA_FLAGS;
		new.mask &= ~FJ_KILL_AND_STOP;
		if (fj_jail->has_trap)
			new.mask &= ~FJ_SIGSYS_BIT;
		fj_faults_mask(new.mask);
	}
	if (!is_ours(own)) {
		r = get_real(number, &old);
		if (c->arg[1])
			r = fj_actions_are_copied() ? set_action(number, &new, NULL) :
						      set_real(number, &new);
	} else {
		old = kept_action(own);
		if (c->arg[1])
			r = fj_actions_are_copied() ? in_child(number, &new) :
						      in_process(number, &new);
	}
	if (r < 0)
		return r;
	if (c->arg[1] && fj_jail->has_trap)
		fj_action_keep_sigsys(number, asked);
	if (had)
		old.mask |= FJ_SIGSYS_BIT;
	return c->arg[2] && fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}
