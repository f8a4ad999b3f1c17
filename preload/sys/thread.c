/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread.c - thread areas: one engine stack for each thread that ever entered the engine. Called by the doors.
 *
 * An area is taken with one compare-and-swap, and freed late: when none is free, those whose thread
 * is gone (tgkill returns ESRCH) become free. A vfork child that takes one counts as such a thread,
 * too, once the program that it executed has ended.
 *
 * fork(2) copies the thread areas, with the ids of the parent's threads in them. The surviving
 * thread goes on using its area without coming here. So after a fork no area that was taken before
 * may be given out again (sys/memory.c). */
#include "sys/thread.h"

#include "bytes/bytes.h"
#include "sys/child_state.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "sys/scratch_mark.h"
#include "sys/thread_area.h"
#include "sys/thread_signals.h"
#include "sys/thread_stack.h"
#include "syscall/mman.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <linux/errno.h>
#include <linux/mman.h>

#define CHUNKS_MAX 24
#define FIRST_CHUNK 16u /* thread areas; each further chunk doubles: 16 + 32 + ... */

/* The word `used` has one of these states, and above it how often the area was taken. A thread that
 * has seen one user of the area gone must not free it for the next user. While an area is being
 * filled, no other thread may use it. */
enum { AREA_FREE, AREA_TAKEN, AREA_LENT, AREA_BEING_FILLED, AREA_STATES = 8 };

static uint32_t word_of(const struct fj_thread *t)
{
	return __atomic_load_n(&t->used, __ATOMIC_ACQUIRE);
}

static uint32_t area_state(const struct fj_thread *t)
{
	return word_of(t) % AREA_STATES;
}

static uint32_t with_state(uint32_t word, uint32_t state)
{
	return word - word % AREA_STATES + state;
}

static struct {
	struct fj_thread *chunk[CHUNKS_MAX];
	uint32_t count;
	uint32_t used; /* no thread area from here on was ever taken */
} pool;

/* How many thread areas the first `chunks` chunks hold. */
static uint32_t areas_of(uint32_t chunks)
{
	return FIRST_CHUNK * ((1u << chunks) - 1);
}

static struct fj_thread *area_at(uint32_t n)
{
	const uint32_t chunk = 31 - (uint32_t)__builtin_clz(n / FIRST_CHUNK + 1);

	return (struct fj_thread *)((char *)pool.chunk[chunk] +
				    (size_t)(n - areas_of(chunk)) * FJ_THREAD_AREA_SIZE +
				    FJ_THREAD_AREA_STACK);
}

/* Looking at a page that was never touched is a page fault. */
static uint32_t used_areas(void)
{
	return __atomic_load_n(&pool.used, __ATOMIC_ACQUIRE);
}

/* The first chunk, with space to align it. It is part of the loader's own memory, right behind what
 * the loader writes to. So it costs no call and no mapping, which each fork would copy, and the
 * kernel needs one page of page tables for everything of ours that a process touches. */
static char first_slots[(FIRST_CHUNK + 1) * FJ_THREAD_AREA_SIZE];

static bool add_chunk(uint32_t seen)
{
	const size_t size = (size_t)(areas_of(seen + 1) - areas_of(seen)) * FJ_THREAD_AREA_SIZE;
	long at = (long)first_slots;

	if (seen >= CHUNKS_MAX)
		return false;
	if (seen)
		at = fj_sys_mmap(0, size + FJ_THREAD_AREA_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fj_is_err(at))
		return false;

	char *aligned = (char *)(((uintptr_t)at + FJ_THREAD_AREA_SIZE - 1) &
				 ~(uintptr_t)(FJ_THREAD_AREA_SIZE - 1));
	struct fj_thread *expected = NULL;

	if (!__atomic_compare_exchange_n(&pool.chunk[seen], &expected, (struct fj_thread *)aligned,
		    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		if (seen) /* another thread was faster */
			fj_sys_munmap((void *)at, size + FJ_THREAD_AREA_SIZE);
	} else {
		__atomic_store_n(&pool.count, seen + 1, __ATOMIC_RELEASE);
	}
	return true;
}

/* Is the area held by a thread of this process? Those taken before a fork stay with their
 * threads. */
static bool is_taken(const struct fj_thread *t)
{
	return area_state(t) == AREA_TAKEN && t->forks == fj_memory_forks(NULL);
}

struct fj_thread *fj_thread_holding(uintptr_t sp)
{
	const uint32_t count = __atomic_load_n(&pool.count, __ATOMIC_ACQUIRE);

	/* Most processes have one chunk. */
	if (count && sp - (uintptr_t)pool.chunk[0] < FIRST_CHUNK * FJ_THREAD_AREA_SIZE)
		return (struct fj_thread *)((sp & ~(uintptr_t)(FJ_THREAD_AREA_SIZE - 1)) +
					    FJ_THREAD_AREA_STACK);
	for (uint32_t c = 1; c < count; c++)
		if (sp - (uintptr_t)pool.chunk[c] <
			(size_t)(areas_of(c + 1) - areas_of(c)) * FJ_THREAD_AREA_SIZE)
			return (struct fj_thread *)((sp & ~(uintptr_t)(FJ_THREAD_AREA_SIZE - 1)) +
						    FJ_THREAD_AREA_STACK);
	return NULL;
}

static bool is_area_left(const struct fj_thread *t)
{
	return fj_sys_tgkill(t->pid, t->tid, 0) == -ESRCH;
}

static struct fj_thread *find_taken(int32_t pid, int32_t tid)
{
	for (uint32_t n = 0; n < used_areas(); n++) {
		struct fj_thread *t = area_at(n);

		if (is_taken(t) && t->tid == tid && t->pid == pid)
			return t;
	}
	return NULL;
}

/* Call before area `n` is taken, so that other threads find it among the used ones. */
static void mark_used(uint32_t n)
{
	uint32_t used = used_areas();

	/* (`used` only rises.) */
	while (used <= n && !__atomic_compare_exchange_n(&pool.used, &used, n + 1, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

static bool take_area(uint32_t n, uint32_t as, int32_t pid, int32_t tid)
{
	struct fj_thread *t = area_at(n);
	/* An area that was never used is free. Reading it before it is written would be one more
	 * page fault. */
	uint32_t word = n < used_areas() ? word_of(t) : 0;

	mark_used(n);
	if (word % AREA_STATES != AREA_FREE || !__atomic_compare_exchange_n(&t->used, &word,
						       word + AREA_STATES + AREA_BEING_FILLED,
						       false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	t->pid = pid;
	t->tid = tid;
	t->forks = fj_memory_forks(NULL);
	t->window_fd = -1;
	fj_process_forget(&t->signals);
	t->signals = (struct fj_thread_signals){0};
	t->deferred = 0;
	t->catches_faults = false;
	memset((char *)t + FJ_THREAD_AREA_FRESH_AT, 0,
		FJ_THREAD_AREA_KEPT_AT - FJ_THREAD_AREA_FRESH_AT);
	fj_scratch_release(t, 0);
	t->busy = as == AREA_LENT ? FJ_BUSY : FJ_IDLE;
	__atomic_store_n(&t->used, with_state(word + AREA_STATES, as), __ATOMIC_RELEASE);
	return true;
}

static struct fj_thread *take_any(int32_t pid, int32_t tid)
{
	const uint32_t total = areas_of(__atomic_load_n(&pool.count, __ATOMIC_ACQUIRE));

	for (uint32_t n = 0; n < total; n++)
		if (take_area(n, AREA_TAKEN, pid, tid))
			return area_at(n);
	return NULL;
}

/* Frees the areas of threads that have ended. */
static bool reclaim_areas(void)
{
	const uint32_t total = areas_of(__atomic_load_n(&pool.count, __ATOMIC_ACQUIRE));
	uint32_t freed = 0;

	for (uint32_t n = 0; n < total; n++) {
		struct fj_thread *t = area_at(n);
		uint32_t word = word_of(t);

		if (!is_taken(t) || word % AREA_STATES != AREA_TAKEN || !is_area_left(t))
			continue;
		freed += __atomic_compare_exchange_n(&t->used, &word, with_state(word, AREA_FREE),
			false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	/* Scanning again for a few areas would make many short-lived threads cost quadratic time:
	 * grow instead. */
	return freed * 4 > total;
}

struct fj_thread *fj_thread_known(void)
{
	const int32_t pid = (int32_t)fj_sys_getpid();

	fj_memory_owner_for(pid);
	return find_taken(pid, (int32_t)fj_sys_gettid());
}

static struct fj_thread *take_for(int32_t pid, int32_t tid)
{
	struct fj_thread *t;

	/* Each round either frees areas of threads that have ended, or adds a chunk, and both are few:
	 * only threads that begin at the same moment can take them all. */
	for (;;) {
		const uint32_t count = __atomic_load_n(&pool.count, __ATOMIC_ACQUIRE);

		t = take_any(pid, tid);
		if (t)
			return t;
		if ((!count || !reclaim_areas()) && !add_chunk(count))
			return take_any(pid, tid);
	}
}

struct fj_thread *fj_thread_first(void)
{
	return take_for(fj_memory_first_owner(), fj_memory_first_owner());
}

struct fj_thread *fj_thread_mine(void)
{
	const int32_t pid = (int32_t)fj_sys_getpid();
	const int32_t tid = (int32_t)fj_sys_gettid();
	struct fj_thread *t;

	fj_memory_owner_for(pid);
	t = find_taken(pid, tid);
	if (t)
		return t;
	if (tid != pid)
		fj_thread_note_company();
	return take_for(pid, tid);
}

/* The area that a thread tries first: areas once lent stay lent, one in each place. If the fs bases
 * of two threads lead to the same place, the second one borrows another area. */
#define HOMES 128u
static struct fj_thread *home[HOMES];

uint32_t fj_thread_company;
static uintptr_t first_pointer;
/* Is it another thread than the first? Known by its fs base, which is 0 until the program sets it. */
static void note_thread(uintptr_t thread_pointer)
{
	if (!first_pointer)
		first_pointer = thread_pointer;
	else if (thread_pointer && thread_pointer != first_pointer)
		fj_thread_note_company();
}

static bool borrow_area(struct fj_thread *t, uint32_t from, uintptr_t thread_pointer, uintptr_t sp)
{
	if (!__atomic_compare_exchange_n(
		    &t->busy, &from, FJ_BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	if (__builtin_expect(t->lent_to != thread_pointer, 0))
		note_thread(thread_pointer);
	t->lent_to = thread_pointer;
	t->lent_sp = sp;
	fj_scratch_release(t, 0);
	t->catches_faults = false; /* left by a trap whose handler did not return */
	return true;
}

/* Has the engine that keeps `t` busy been left for good, by a siglongjmp(3) out of a handler that
 * had interrupted it? Probably, if it was called on this very stack, which was unwound beyond that call. Asked only
 * when many areas seem to be in that state: threads that share one fs base have stacks, too. */
static bool is_abandoned(const struct fj_thread *t, uintptr_t thread_pointer, uintptr_t sp)
{
	return area_state(t) == AREA_LENT && t->busy == FJ_BUSY && t->lent_to == thread_pointer &&
	       sp > t->lent_sp && sp - t->lent_sp < 64 * 1024;
}

static struct fj_thread *borrow_abandoned(uintptr_t thread_pointer, uintptr_t sp)
{
	struct {
		uint64_t at;
		int32_t flags;
		uint64_t size;
	} altstack = {0};
	const struct fj_thread *own;

	/* Addresses on a signal stack cannot be compared. */
	if (fj_thread_holding(sp) || fj_sys_sigaltstack(0, &altstack) ||
		sp - altstack.at <= altstack.size)
		return NULL;
	own = fj_thread_holding(
		altstack.at); /* the kernel has our signal stack; the thread area knows the
				 program's */
	if (own && sp - fj_thread_signals(own)->altstack <= fj_thread_signals(own)->altstack_size)
		return NULL;
	for (uint32_t n = 0; n < used_areas(); n++) {
		struct fj_thread *t = area_at(n);

		if (!is_abandoned(t, thread_pointer, sp))
			continue;
		if (t->window_fd >= 0)
			fj_sys_close(t->window_fd);
		t->window_fd = -1;
		t->lent_sp = sp;
		fj_scratch_release(t, 0);
		return t;
	}
	return NULL;
}

static struct fj_thread *borrow_any(uintptr_t thread_pointer, uintptr_t sp)
{
	for (;;) { /* each round adds a chunk, or ends */
		const uint32_t count = __atomic_load_n(&pool.count, __ATOMIC_ACQUIRE);

		for (uint32_t n = 0; n < areas_of(count); n++) {
			struct fj_thread *t = area_at(n);

			if (n < used_areas() && area_state(t) == AREA_LENT && t->busy == FJ_IDLE &&
				borrow_area(t, FJ_IDLE, thread_pointer, sp))
				return t;
			if (take_area(n, AREA_LENT, 0, 0)) {
				note_thread(thread_pointer);
				t->lent_to = thread_pointer;
				t->lent_sp = sp;
				return t;
			}
		}
		if (count > 2) {
			struct fj_thread *t = borrow_abandoned(thread_pointer, sp);

			if (t)
				return t;
		}
		if (!add_chunk(count))
			return NULL;
	}
}

__attribute__((noinline)) static struct fj_thread *borrow_another(
	struct fj_thread *t, uint32_t at, uintptr_t thread_pointer, uintptr_t sp)
{
	if (t && t->lent_to == thread_pointer && borrow_area(t, FJ_EXECS, thread_pointer, sp))
		return t; /* the thread's vfork child has executed another program */
	t = borrow_any(thread_pointer, sp);
	/* `at` gets the new area even if it had another, which may have been left for good. If that
	 * was not left, it is found again as any free area. */
	if (t)
		__atomic_store_n(&home[at], t, __ATOMIC_RELEASE);
	return t;
}

FJ_HOT struct fj_thread *fj_thread_borrow(uintptr_t thread_pointer, uintptr_t sp)
{
	/* TLS blocks of one process lie at multiples of a thread's stack size: the multiplication
	 * spreads them. */
	const uint32_t at = (uint32_t)(thread_pointer * 0x9e3779b97f4a7c15UL >> 56) % HOMES;
	struct fj_thread *t = __atomic_load_n(&home[at], __ATOMIC_ACQUIRE);

	if (__builtin_expect(t && borrow_area(t, FJ_IDLE, thread_pointer, sp), 1))
		return t;
	return borrow_another(t, at, thread_pointer, sp);
}

struct fj_thread_signals *fj_thread_signals_to_change(struct fj_thread *t)
{
	struct fj_thread_signals *own = fj_owner_section_to_change(
		&t->signals, sizeof(t->signals), FJ_SLOTS_BIT, FJ_SHARED_BY_NONE);

	return own ? own : &t->signals;
}
