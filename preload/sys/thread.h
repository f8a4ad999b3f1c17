/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread.h - what one thread of the jailed process needs of us: a stack for the engine and path
 * buffers.
 *
 * The engine never runs on the program's stack: that may have no room (musl's posix_spawn gives its
 * child 5 KiB, a goroutine has 2 KiB). Each thread gets a slot, found by its address: slots are
 * aligned to their own size, so a stack pointer within one leads to its head. */
#ifndef FJ_THREAD_H
#define FJ_THREAD_H

#include "sys/part.h"

#define FJ_SLOT_SIZE (256u * 1024) /* mapped without reserve: only touched pages cost memory */
#define FJ_SCRATCH_SIZE (104u * 1024)
/* Where in a slot its stack ends, and struct fj_thread begins. Short calls use the end of the stack
 * and the beginning of the scratch memory; all of that is in one page, since each page that is
 * touched costs a process a page fault, and its forked child another. */
#define FJ_SLOT_STACK (37u * FJ_PAGE + 2560)

struct fj_ids;

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
	uint32_t busy; /* enum fj_busy; a lent slot's only. door/entry.S writes it */
	/* Signals of libc's own that came while the engine was at work, a bit for each, and what
	 * came with them (`deferred_info`): they are sent again when it is done.
	 * signal/libc_signals.c; door/entry.S looks at it */
	uint32_t deferred;
	int32_t tid, pid;
	uint32_t forks; /* sys/thread.c: in which of the processes that forked each other */
	uintptr_t lent_to,
		lent_sp; /* a lent slot's borrower: its fs base, and its stack pointer then */
	/* Where an engine entered while this slot's stack is in use, but not the current stack (a
	 * handler on the program's own signal stack), must begin; 0: at the top. */
	uintptr_t inner_sp;
	/* Of the call that waits there, by the trap: the program's stack pointer and the trap's
	 * frame (0: none waits), and how many handlers of the program's have interrupted it and are
	 * at work on the program's stack: door/handlers.c */
	uintptr_t waiting_sp;
	const void *waiting_frame;
	uint32_t handlers;
	/* A descriptor the engine holds while signals are let in; -1: none. A handler that leaves
	 * by siglongjmp(3) abandons it, and the next entry closes it. */
	int32_t window_fd;
	/* A bad pointer of the program's may be used, and is found out then (sys/guest.h). Set by
	 * the trap, which knows what is blocked. */
	bool catches_faults;
	bool lets_sigsys_in; /* the call that it left the engine for does, whatever it blocks */
	bool asks_search;    /* directories on the way of a path are asked whether they may be
			     searched: path/walk.c */
	uint8_t asked;	     /* on the way of which path arguments that was done: a bit for each */
	uint64_t asker;	     /* for whom: fj_ids_asker() */
	const struct fj_ids
		*judged; /* while another identity than its own is asked about: dispatch/may.c */
	struct fj_part signals_part;
	struct fj_thread_signals signals;
	/* Pointer arrays of an execve too long for scratch; kept for the next time. */
	uintptr_t exec_room;
	size_t exec_room_size, exec_room_used;
	struct fj_call *call; /* that is being made, in a jail with unions: layers/union.h */
	uint32_t scratch_used;
	char scratch[FJ_SCRATCH_SIZE] __attribute__((aligned(16))); /* holds structures too */
	uint64_t deferred_info[3][16];
};
_Static_assert(FJ_SLOT_STACK + sizeof(struct fj_thread) <= FJ_SLOT_SIZE && !(FJ_SLOT_STACK % 16) &&
		       FJ_SLOT_STACK >= FJ_SLOT_SIZE / 2,
	"a stack and struct fj_thread make a slot");

/* A child in its parent's memory has its parent's slot, too: of it these are the caller's own. */
static inline const struct fj_thread_signals *fj_thread_signals(const struct fj_thread *t)
{
	return fj_mine((struct fj_part *)&t->signals_part, (struct fj_thread_signals *)&t->signals);
}
/* To be changed; never NULL: without memory for a copy they are its parent's. */
struct fj_thread_signals *fj_thread_signals_to_change(struct fj_thread *t);

/* The slot whose memory holds `sp`, or NULL. */
struct fj_thread *fj_thread_holding(uintptr_t sp);

/* The calling thread's slot, taken now when it has none. Finds it by thread id: costs two system
 * calls. Returns NULL only when the kernel refuses memory. Async-signal-safe. */
struct fj_thread *fj_thread_mine(void);
/* The same, or NULL when it has taken none. */
struct fj_thread *fj_thread_known(void);

/* The direct door does not ask who calls: any slot that is not in use will do. A lent slot is found
 * by the caller's fs base, which a thread shares with nobody but its vfork(2) child. It is given
 * back by writing FJ_IDLE to `busy`, when its stack is left. */
enum fj_busy {
	FJ_IDLE,
	FJ_BUSY,
	FJ_EXECS, /* in execve(2): when that succeeds in a vfork child, nobody comes back */
};

/* Borrow a slot. `sp` is the program's stack pointer. No system call, but for the first call of a
 * thread. Returns NULL only when the kernel refuses memory. Async-signal-safe: a handler that
 * interrupts the engine gets another slot. */
struct fj_thread *fj_thread_borrow(uintptr_t fs_base, uintptr_t sp);

static inline uintptr_t fj_thread_stack_top(const struct fj_thread *t)
{
	return (uintptr_t)t;
}
static inline uintptr_t fj_thread_stack_bottom(const struct fj_thread *t)
{
	return (uintptr_t)t - FJ_SLOT_STACK;
}

/* A buffer of `size` bytes until the mark is restored; the engine's nesting is bounded, so running
 * out is a defect and asserts. */
static inline char *fj_scratch(struct fj_thread *t, size_t size)
{
	char *buf = t->scratch + t->scratch_used;

	size = (size + 15) & ~(size_t)15;
	fj_assert(t->scratch_used + size <= FJ_SCRATCH_SIZE);
	t->scratch_used += (uint32_t)size;
	return buf;
}
static inline char *fj_scratch_path(struct fj_thread *t)
{
	return fj_scratch(t, FJ_PATH_MAX + 8);
}
/* Give back all behind the first `n` bytes at `at`: each page that is touched costs a process a
 * page fault. */
static inline void fj_scratch_trim(struct fj_thread *t, const char *at, size_t n)
{
	t->scratch_used = (uint32_t)((size_t)(at - t->scratch) + ((n + 15) & ~(size_t)15));
}
static inline uint32_t fj_scratch_mark(const struct fj_thread *t)
{
	return t->scratch_used;
}
static inline void fj_scratch_release(struct fj_thread *t, uint32_t mark)
{
	t->scratch_used = mark;
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
