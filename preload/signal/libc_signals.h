/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libc_signals.h - the signals by which libc cancels threads, and makes all of them change their
 * ids. For this room and door/. */
#ifndef FJ_LIBC_SIGNALS_H
#define FJ_LIBC_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;

/* The signals that libcs use themselves lie below SIGRTMIN of every libc: SIGCANCEL and SIGSETXID
 * of glibc are 32 and 33 (nptl/pthreadP.h), SIGTIMER, SIGCANCEL and SIGSYNCCALL of musl 32 to 34
 * (src/internal/pthread_impl.h). */
#define FJ_LIBC_SIGNAL_FIRST 32
#define FJ_LIBC_SIGNALS 3
#define FJ_LIBC_SIGNAL_MASK (((1UL << FJ_LIBC_SIGNALS) - 1) << (FJ_LIBC_SIGNAL_FIRST - 1))

static inline bool fj_is_libc_signal(int sig)
{
	return sig >= FJ_LIBC_SIGNAL_FIRST && sig < FJ_LIBC_SIGNAL_FIRST + FJ_LIBC_SIGNALS;
}

/* The handler in place of libc's own: door/signals.c sets it at process start. 0: libc's handlers
 * are not changed. */
extern uint64_t fj_libc_signals_handler;

/* rt_sigaction(2) of a signal used by libc itself. Returns 0 or -errno. */
long fj_libc_signal_action(struct fj_call *c);
/* libc's handler, or 0 when it has none now. */
uint64_t fj_libc_signal_handler_of(int sig);
/* Does libc's handler look where the thread was interrupted? Those that cancel a thread do. */
bool fj_libc_signal_looks(int sig);

/* Makes signal `sig`, with its siginfo_t, wait until the engine on thread area `t` is done. */
void fj_libc_signal_defer(struct fj_thread *t, int sig, const void *info);
/* Call when the engine is done: sends the waiting signals to this thread again. They must be
 * blocked. */
void fj_libc_signals_send(struct fj_thread *t);

#endif
