/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libc_signals.c - a thread is cancelled in the program, never inside the engine. Called by
 * hook_signal.c and door/.
 *
 * libc cancels a thread by a signal whose handler leaves the thread for good. In the engine that
 * would lose what the engine holds. And glibc since 2.41, and musl, look where the thread was
 * interrupted, and do nothing when it is not at a system call of libc's. So libc's handlers for
 * these signals are entered through the engine's (door/signals.c). While the engine works, they
 * wait. A call that waits in the kernel is interrupted: it returns FJ_RESTART, the engine cleans
 * up, the signal is sent again, and the door makes the program look as if it were about to make its
 * call. There the kernel restarts the call when libc's handler returns. */
#include "signal/libc_signals.h"

#include "bytes/copy.h"
#include "call/call.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "locking/lock.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "signal/interrupted.h"
#include "sys/abi_signal.h"
#include "sys/thread.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

uint64_t fj_libc_signals_handler;

/* What libc asked for. A vfork(2) child shares this memory, and libc lets it only reset handlers:
 * that is left to the kernel, and not noted. */
static struct fj_sigaction action[FJ_LIBC_SIGNALS];

uint64_t fj_libc_signal_handler_of(int sig)
{
	const uint64_t handler = action[sig - FJ_LIBC_SIGNAL_FIRST].handler;

	return handler > FJ_IGNORE ? handler : 0;
}

bool fj_libc_signal_looks(int sig)
{
	/* 32 is glibc's SIGCANCEL. 33 is musl's SIGCANCEL, whose handler blocks all others
	 * (src/thread/pthread_cancel.c), and glibc's SIGSETXID, whose handler blocks none
	 * (nptl/nptl_setxid.c). */
	return sig == FJ_LIBC_SIGNAL_FIRST ||
	       (sig == FJ_LIBC_SIGNAL_FIRST + 1 && action[sig - FJ_LIBC_SIGNAL_FIRST].mask);
}

long fj_libc_signal_action(struct fj_call *c)
{
	struct fj_sigaction *own = &action[(int)c->arg[0] - FJ_LIBC_SIGNAL_FIRST];
	struct fj_sigaction new = {0}, old = {0}, was = *own, asked;
	const bool sets = c->arg[1], had = fj_action_has_sigsys((int)c->arg[0]);
	long r;

	if (sets && fj_guest_read(&new, c->arg[1], sizeof(new)))
		return -EFAULT;
	fj_lock_saw_handler(new.handler > FJ_IGNORE);
	new.mask &= ~FJ_KILL_AND_STOP;
	asked = new;
	fj_faults_mask(new.mask);
	if (fj_jail->has_trap)
		new.mask &= ~FJ_SIGSYS_BIT;
	if (sets && new.handler > FJ_IGNORE && fj_libc_signals_handler &&
		!fj_actions_are_copied()) {
		*own = asked; /* before the kernel has it: the signal may come at once */
		new.handler = fj_libc_signals_handler;
	}
	r = fj_sys_rt_sigaction(c->arg[0], sets ? &new : NULL, &old, FJ_SIGSET_SIZE);
	if (r >= 0 && sets && fj_jail->has_trap)
		fj_action_keep_sigsys((int)c->arg[0], asked.mask);
	if (r < 0 || !c->arg[2])
		return r;
	if (old.handler == fj_libc_signals_handler && old.handler) {
		old = was;
		old.flags &= FJ_SA_FLAGS;
	}
	if (had)
		old.mask |= FJ_SIGSYS_BIT;
	return fj_guest_write(c->arg[2], &old, sizeof(old)) ? -EFAULT : 0;
}

void fj_libc_signal_defer(struct fj_thread *t, int sig, const void *info)
{
	const int i = sig - FJ_LIBC_SIGNAL_FIRST;

	memcpy(fj_deferred(t)->info[i], info, sizeof(fj_deferred(t)->info[i]));
	__atomic_or_fetch(&t->deferred, 1u << i, __ATOMIC_SEQ_CST);
}

void fj_libc_signals_send(struct fj_thread *t)
{
	const long pid = fj_sys_getpid(), tid = fj_sys_gettid();
	const uint32_t deferred = __atomic_exchange_n(&t->deferred, 0, __ATOMIC_SEQ_CST);

	for (int i = 0; i < FJ_LIBC_SIGNALS; i++)
		if (deferred & 1u << i) /* a process may give itself any sender */
			fj_sys_rt_tgsigqueueinfo(
				pid, tid, FJ_LIBC_SIGNAL_FIRST + i, fj_deferred(t)->info[i]);
}
