/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.c - the state of a process, and child states: its copies for children that share its
 * memory. Called by every room that keeps a section.
 *
 * A child state belongs to a process id. The parent gives it up when it looks at a section and the
 * child does not share its memory any more, because the child runs another program or has ended. A
 * child without a copy of a section uses its parent's, which may be such a child itself. A forked
 * child keeps what its parent had as its own. Child states are never unmapped: a free one is used
 * again. */
#include "sys/process.h"

#include "bytes/copy.h"
#include "sys/arch.h"
#include "sys/child_state.h"
#include "sys/memory.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

#include <linux/errno.h>
#include <linux/kcmp.h>
#include <linux/mman.h>

#define BEING_MADE (-1)
#define TAKEN_OVER (-2) /* by a forked child, whose own state may point into it */

#define SECTIONS 48u /* includes sections of thread areas */
struct child_state {
	struct child_state *next;
	int32_t pid;		  /* 0: free */
	uint32_t turn;		  /* higher for one that was made later */
	uintptr_t thread_pointer; /* says which thread made the child */
	uint32_t count, used;
	struct copy {
		const void *section; /* NULL: given up */
		uint32_t at, size;
	} copy[SECTIONS];
	char room[] __attribute__((aligned(16)));
};
#define CHILD_STATE_SIZE (3u * FJ_PAGE)
#define pid_of(o) __atomic_load_n(&(o)->pid, __ATOMIC_ACQUIRE)
#define ROOM_SIZE (CHILD_STATE_SIZE - (uint32_t)sizeof(struct child_state))

/* The linker puts it into pages that a start writes to anyway: preload/order.ld. */
char fj_process[FJ_PROCESS_SIZE] __attribute__((section(".bss.process"), aligned(64)));

union fj_child_states fj_child_states;
void (*fj_process_release)(const void *section, void *copy);
static struct child_state *first;
/* The child states were made in the process after so many forks. */
static uint32_t made_after_forks;

static bool is_process_gone(int32_t pid)
{
	return fj_sys_kill(pid, 0) == -ESRCH;
}

__attribute__((noinline)) static bool share_memory(int32_t a, int32_t b)
{
	const long r = fj_sys_kcmp(a, b, KCMP_VM, 0, 0);

	return r >= 0 || r == -ESRCH ? !r : !is_process_gone(b); /* the kernel refuses kcmp(2) */
}

static struct child_state *first_child_state(void)
{
	return __atomic_load_n(&first, __ATOMIC_ACQUIRE);
}

static bool is_none(void)
{
	return !__atomic_load_n(&fj_child_states.count, __ATOMIC_ACQUIRE);
}

/* One more with `count` 1, one less with -1; the last that goes clears all bits. */
static void count_child_states(int count, uint32_t bit)
{
	union fj_child_states was = {.both = __atomic_load_n(
					     &fj_child_states.both, __ATOMIC_RELAXED)},
			      now;

	/* Each failure is another child's change: there are as many at once as processors. */
	do {
		now.count = was.count + (uint32_t)count;
		now.sections = now.count ? was.sections | bit : 0;
	} while (!__atomic_compare_exchange_n(&fj_child_states.both, &was.both, now.both, false,
		__ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

__attribute__((noinline)) static void *copy_in(struct child_state *o, const void *section)
{
	const uint32_t count = __atomic_load_n(&o->count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count; i++)
		if (o->copy[i].section == section)
			return o->room + o->copy[i].at;
	return NULL;
}

/* The child state of process `pid`, if it has a copy of `section` (NULL: in any case). */
__attribute__((noinline)) static struct child_state *child_state_of(
	int32_t pid, const void *section)
{
	struct child_state *o = first_child_state();

	while (o && pid_of(o) != pid)
		o = o->next;
	return o && (!section || copy_in(o, section)) ? o : NULL;
}

/* The latest child state of children of this thread, or of their children. A parent waits while its
 * child runs, so this belongs to the caller's parent. `owner` is the owner of the memory. */
__attribute__((noinline)) static struct child_state *latest_child_state(
	const void *section, int32_t owner, bool or_gone)
{
	const uintptr_t base = fj_thread_pointer();
	struct child_state *best = NULL;

	for (struct child_state *o = first_child_state(); o; o = o->next) {
		const int32_t pid = pid_of(o);

		if (pid > 0 && o->thread_pointer == base && copy_in(o, section) &&
			(!best || (int32_t)(o->turn - best->turn) > 0) &&
			(share_memory(owner, pid) || (or_gone && is_process_gone(pid))))
			best = o;
	}
	return best;
}

/* What a child has as `section`: its own copy, or its parent's. `*whose`: the process that has
 * it. */
__attribute__((noinline)) static void *had_by(
	void *section, int32_t pid, int32_t owner, int32_t *whose)
{
	struct child_state *o = NULL;
	int32_t parent;

	if (!is_none()) {
		o = child_state_of(pid, section);
		parent = o ? 0 : (int32_t)fj_sys_getppid();
		if (!o)
			o = child_state_of(parent, section);
		if (!o && parent != owner)
			o = latest_child_state(section, pid, false);
	}
	*whose = o ? pid_of(o) : owner;
	return o ? copy_in(o, section) : section;
}

static void give_up(struct child_state *o, int32_t pid)
{
	if (!__atomic_compare_exchange_n(
		    &o->pid, &pid, BEING_MADE, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	for (uint32_t i = 0; i < o->count; i++)
		if (fj_process_release && o->copy[i].section)
			fj_process_release(o->copy[i].section, o->room + o->copy[i].at);
	__atomic_store_n(&o->pid, 0, __ATOMIC_RELEASE);
	count_child_states(-1, 0);
}

static void give_up_lost(int32_t owner)
{
	for (struct child_state *o = first_child_state(); o; o = o->next) {
		const int32_t pid = pid_of(o);

		if (pid > 0 && !share_memory(owner, pid))
			give_up(o, pid);
	}
}

void fj_process_forget(const void *section)
{
	if (is_none())
		return;
	for (struct child_state *o = first_child_state(); o; o = o->next)
		for (uint32_t i = 0; i < o->count; i++)
			if (o->copy[i].section == section)
				o->copy[i].section = NULL;
}

/* In a forked child: the child state that it had before the fork. If its parent is gone and it has got
 * another one, the former owner of the memory still exists, if the parent was its child. */
static struct child_state *had_before(const void *section, int32_t owner_before)
{
	const int32_t parent = (int32_t)fj_sys_getppid();
	struct child_state *o = child_state_of(parent, section);

	return o || parent == owner_before ?
		       o :
		       latest_child_state(section, owner_before, !is_process_gone(owner_before));
}

/* In a forked child: what its parent had becomes its own. */
static void take_over(int32_t owner_before, uint32_t forks)
{
	for (struct child_state *o = first_child_state(); o; o = o->next)
		for (uint32_t i = 0; pid_of(o) > 0 && i < o->count; i++) {
			struct copy *copy = &o->copy[i];

			if (copy->section && had_before(copy->section, owner_before) == o)
				memcpy((void *)(uintptr_t)copy->section, o->room + copy->at,
					copy->size);
			else
				copy->section = NULL;
		}
	for (struct child_state *o = first_child_state(); o; o = o->next) {
		if (o->pid == TAKEN_OVER)
			continue;
		while (o->pid && o->count && !o->copy[o->count - 1].section)
			o->count--;
		o->turn = forks;
		o->pid = o->pid > 0 && o->count ? TAKEN_OVER : 0;
	}
	fj_child_states.both = 0;
}

/* Call after a fork was noticed. */
__attribute__((noinline)) static void see_to_fork(void)
{
	int32_t before;
	const uint32_t forks = fj_memory_forks(&before);

	if (!is_none() && made_after_forks != forks)
		take_over(before, forks);
}

bool fj_process_take_over(uint32_t at)
{
	fj_memory_owner(); /* notices the fork */
	see_to_fork();
	for (struct child_state *o = first_child_state(); o; o = o->next)
		if (pid_of(o) == TAKEN_OVER && o->turn == fj_memory_forks(NULL) &&
			copy_in(o, fj_process_section(at)))
			return true;
	return false;
}

void *fj_process_find(void *section)
{
	const int32_t pid = (int32_t)fj_sys_getpid(), owner = fj_memory_owner_for(pid);
	int32_t whose;

	see_to_fork();
	if (pid == owner) {
		give_up_lost(owner);
		return section;
	}
	return had_by(section, pid, owner, &whose);
}

static struct child_state *take_free(void)
{
	for (struct child_state *o = first_child_state(); o; o = o->next) {
		int32_t free = 0;

		if (__atomic_compare_exchange_n(
			    &o->pid, &free, BEING_MADE, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return o;
	}
	return NULL;
}

static struct child_state *add_child_state(void)
{
	const long at = fj_sys_mmap(
		0, CHILD_STATE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct child_state *o = (struct child_state *)at;

	if (fj_is_err(at))
		return NULL;
	o->pid = BEING_MADE;
	o->next = first_child_state();
	/* As in count_child_states(), each failure is another child's change. */
	while (!__atomic_compare_exchange_n(
		&first, &o->next, o, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return o;
}

static struct child_state *new_child_state(int32_t pid)
{
	static uint32_t turns;
	struct child_state *o = take_free();

	if (!o)
		o = add_child_state();
	if (!o)
		return NULL;
	made_after_forks = fj_memory_forks(NULL);
	o->count = o->used = 0;
	o->thread_pointer = fj_thread_pointer();
	o->turn = __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
	count_child_states(1, 0);
	__atomic_store_n(&o->pid, pid, __ATOMIC_RELEASE);
	return o;
}

static void *copy_for(
	int32_t pid, const void *section, uint32_t size, uint32_t bit, const void *from)
{
	struct child_state *o = child_state_of(pid, NULL);
	char *at;

	if (!o)
		o = new_child_state(pid);
	if (!o || o->count == SECTIONS || o->used + size > ROOM_SIZE)
		return NULL;
	at = o->room + o->used;
	memcpy(at, from, size);
	o->copy[o->count] = (struct copy){.section = section, .at = o->used, .size = size};
	o->used += (size + 15) & ~15u;
	__atomic_store_n(&o->count, o->count + 1, __ATOMIC_RELEASE);
	count_child_states(0, bit);
	return at;
}

static bool is_shared(int shared, int32_t pid, int32_t other)
{
	return shared != FJ_SHARED_BY_NONE && !fj_sys_kcmp(pid, other, shared, 0, 0);
}

void *fj_owner_section_to_change(void *section, uint32_t size, uint32_t bit, int shared)
{
	const int32_t pid = (int32_t)fj_sys_getpid(), owner = fj_memory_owner_for(pid);
	int32_t whose;
	void *at;

	see_to_fork();
	if (pid == owner)
		return section;
	at = had_by(section, pid, owner, &whose);
	if (whose == pid || is_shared(shared, pid, whose))
		return at;
	return copy_for(pid, section, size, bit, at);
}

bool fj_process_is_copied(uint32_t at, int shared)
{
	const int32_t pid = (int32_t)fj_sys_getpid(), owner = fj_memory_owner_for(pid);
	int32_t whose;

	if (pid == owner)
		return false;
	had_by(fj_process_section(at), pid, owner, &whose);
	return whose == pid || !is_shared(shared, pid, whose);
}
