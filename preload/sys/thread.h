/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread.h - the thread area of each thread of the jailed process: an engine stack and path
 * buffers. For the doors, signal/ and others.
 *
 * The engine never runs on the program's stack, which may be too small (musl's posix_spawn gives
 * its child 5 KiB, a goroutine has 2 KiB). Each thread gets a thread area, found by address: thread
 * areas are aligned to their own size, so a stack pointer in one leads to its struct fj_thread. */
#ifndef FJ_THREAD_H
#define FJ_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of signals that the program believes its thread to have. */
struct fj_thread_signals {
	/* The program has blocked SIGSYS: this is only reported, never done (a blocked SIGSYS
	 * kills). */
	bool sigsys_blocked;
	/* The kernel blocks the signal that stands in for SIGSYS, and the program does not:
	 * signal/stand_in.c */
	bool stand_in_blocked;
	int32_t sigsys_pending; /* a SIGSYS came meanwhile for this thread alone, with this
				   thread id */
	/* The signal stack that the program has set (size 0: none), with its own flags. */
	uint32_t altstack_flags;
	uintptr_t altstack;
	size_t altstack_size;
};

#define FJ_THREAD_RECORD 224u /* door/record.h asserts it */

struct fj_thread {
	uint32_t used; /* the state of the area, and how often it was taken: sys/thread.c */
	uint32_t busy; /* enum fj_busy; only for a lent thread area. door/entry.S writes it */
	/* Signals used by libc itself that came while the engine was at work, a bit for each, and
	 * data that came with them (signal/interrupted.h). They are sent again when the engine is
	 * done. signal/libc_signals.c; door/entry.S reads it */
	uint32_t deferred;
	int32_t tid, pid;
	uint32_t forks; /* sys/thread.c: after how many forks it was taken */
	uintptr_t lent_to,
		lent_sp; /* of a lent area: the borrower's fs base, and its stack pointer at that
			    time. The door has written FJ_THREAD_RECORD bytes there: its record,
			    door/record.h. 0: the area was never lent */
	/* A descriptor that the engine holds while signals are let in; -1: none. If a handler
	 * leaves by siglongjmp(3), the next entry closes it. */
	int32_t window_fd;
	/* A bad pointer of the program may be used, as the fault will be caught (guest/guest.h). Set
	 * by the trap, which knows which signals are blocked. */
	bool catches_faults;
	struct fj_thread_signals signals;
	/* The program's limit of descriptors, while a call of its has more: dispatch/in_child.c. 0:
	 * it has not. */
	uint64_t descriptors;
};

/* The thread area whose memory holds `sp`, or NULL. */
struct fj_thread *fj_thread_holding(uintptr_t sp);

/* The calling thread's area, which is taken now if it has none. It is found by thread id, which
 * costs two system calls. Returns NULL only when the kernel refuses memory. Async-signal-safe. */
struct fj_thread *fj_thread_mine(void);
/* As fj_thread_mine(), for the only thread of a process after fj_thread_start() (sys/memory.h): makes no system call. */
struct fj_thread *fj_thread_first(void);
/* The calling thread's area, or NULL when it has none. */
struct fj_thread *fj_thread_known(void);

/* The direct door does not ask which thread calls: any free thread area will do. A lent thread area
 * is found by the caller's fs base, which a thread shares only with its vfork(2) child. Writing
 * FJ_IDLE to `busy` gives it back, when its stack is left. */
enum fj_busy {
	FJ_IDLE,
	FJ_BUSY,
	FJ_EXECS, /* in execve(2): when that succeeds in a vfork child, the call does not return */
};

/* Borrows a thread area. `sp` is the program's stack pointer. Makes no system call, except for the
 * first call of a thread. Returns NULL only when the kernel refuses memory. Async-signal-safe: a
 * handler that interrupts the engine gets another area. */
struct fj_thread *fj_thread_borrow(uintptr_t thread_pointer, uintptr_t sp);

/* Another thread has entered the engine, or a signal handler has interrupted it: from then on a
 * descriptor may be replaced between two system calls of the engine. */
extern uint32_t fj_thread_company;
static inline bool fj_thread_has_company(void)
{
	return __atomic_load_n(&fj_thread_company, __ATOMIC_RELAXED);
}
/* (Only ever set: a first thread that wrote back the 0 that it had read could undo it.) */
static inline void fj_thread_note_company(void)
{
	__atomic_store_n(&fj_thread_company, 1, __ATOMIC_RELAXED);
}

#endif
