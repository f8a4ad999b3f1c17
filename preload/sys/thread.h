/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread.h - what one thread of the jailed process needs of us: a stack for the engine and path
 * buffers.
 *
 * The engine never runs on the program's stack: that may have no room (musl's posix_spawn gives its
 * child 5 KiB, a goroutine has 2 KiB). Each thread gets a thread area, found by its address: thread
 * areas are aligned to their own size, so a stack pointer within one leads to its head. */
#ifndef FJ_THREAD_H
#define FJ_THREAD_H

#include "sys/sys.h"
#include "sys/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_THREAD_AREA_SIZE                                                                        \
	(256u * 1024) /* mapped without reserve: only touched pages cost memory */
/* Where in a thread area its stack ends, and struct fj_thread begins. Short calls use the end of
 * the stack and the beginning of the scratch memory; all of that is in one page, since each page
 * that is touched costs a process a page fault, and its forked child another. */
#define FJ_THREAD_AREA_STACK (37u * FJ_PAGE + 2560)

/* What the program believes of its thread. */
struct fj_thread_signals {
	/* It blocked SIGSYS: reported back, never done (a blocked SIGSYS kills). */
	bool sigsys_blocked;
	/* The kernel blocks the signal that stands in for it, which the program does not:
	 * signal/stand_in.c */
	bool stand_in_blocked;
	int32_t sigsys_pending; /* one came meanwhile for it alone: for this thread id */
	/* The signal stack that it set (size 0: none), with its own flags. */
	uint32_t altstack_flags;
	uintptr_t altstack;
	size_t altstack_size;
};

struct fj_thread {
	uint32_t used; /* whose it is, and how often it was taken: sys/thread.c */
	uint32_t busy; /* enum fj_busy; a lent thread area's only. door/entry.S writes it */
	/* Signals of libc's own that came while the engine was at work, a bit for each, and what
	 * came with them (signal/interrupted.h): they are sent again when it is done.
	 * signal/libc_signals.c; door/entry.S looks at it */
	uint32_t deferred;
	int32_t tid, pid;
	uint32_t forks; /* sys/thread.c: in which of the processes that forked each other */
	uintptr_t lent_to,
		lent_sp; /* a lent thread area's borrower: its fs base, and its stack pointer then */
	/* A descriptor the engine holds while signals are let in; -1: none. A handler that leaves
	 * by siglongjmp(3) abandons it, and the next entry closes it. */
	int32_t window_fd;
	/* A bad pointer of the program's may be used, and is found out then (sys/guest.h). Set by
	 * the trap, which knows what is blocked. */
	bool catches_faults;
	struct fj_thread_signals signals;
};

/* A child in its parent's memory has its parent's thread area, too: of it these are the caller's
 * own. */
static inline const struct fj_thread_signals *fj_thread_signals(const struct fj_thread *t)
{
	return fj_owner_section((void *)(uintptr_t)&t->signals, FJ_SLOTS_BIT);
}
/* To be changed; never NULL: without memory for a copy they are its parent's. */
struct fj_thread_signals *fj_thread_signals_to_change(struct fj_thread *t);

/* The thread area whose memory holds `sp`, or NULL. */
struct fj_thread *fj_thread_holding(uintptr_t sp);

/* The calling thread's area, taken now when it has none. Finds it by thread id: costs two system
 * calls. Returns NULL only when the kernel refuses memory. Async-signal-safe. */
struct fj_thread *fj_thread_mine(void);
/* The same, or NULL when it has taken none. */
struct fj_thread *fj_thread_known(void);

/* The direct door does not ask who calls: any thread area that is not in use will do. A lent thread
 * area is found by the caller's fs base, which a thread shares with nobody but its vfork(2) child.
 * It is given back by writing FJ_IDLE to `busy`, when its stack is left. */
enum fj_busy {
	FJ_IDLE,
	FJ_BUSY,
	FJ_EXECS, /* in execve(2): when that succeeds in a vfork child, nobody comes back */
};

/* Borrow a slot. `sp` is the program's stack pointer. No system call, but for the first call of a
 * thread. Returns NULL only when the kernel refuses memory. Async-signal-safe: a handler that
 * interrupts the engine gets another slot. */
struct fj_thread *fj_thread_borrow(uintptr_t thread_pointer, uintptr_t sp);

static inline uintptr_t fj_thread_stack_top(const struct fj_thread *t)
{
	return (uintptr_t)t;
}
static inline uintptr_t fj_thread_stack_bottom(const struct fj_thread *t)
{
	return (uintptr_t)t - FJ_THREAD_AREA_STACK;
}

/* Is the calling process a vfork(2) child, or another that shares memory with the process this
 * state belongs to? Costs one system call. */
bool fj_is_borrowed_memory(void);
/* The process it belongs to. */
int32_t fj_memory_owner(void);
/* The same, by who knows its own process id: without a call, but after a fork. */
int32_t fj_memory_owner_for(int32_t pid);
/* How many forks lie between it and the process that began with this memory, and whose memory it
 * was before the last (`before` may be NULL). After a fork was noticed. */
uint32_t fj_memory_forks(int32_t *before);
/* Say that this memory belongs to the calling process; at process start. */
void fj_thread_start(void);
/* A word for another room's use, 0 at first, that the kernel clears in a forked child. After
 * fj_thread_start(). */
uint32_t *fj_thread_fork_mark(void);

#endif
