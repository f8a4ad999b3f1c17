/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * part.c - copies of parts of a process's state, for children that share its memory.
 *
 * A copy belongs to a process id. It is given up by the parent, when that looks at the part and the
 * child does not share its memory any more: it has become another program, or has ended. A child
 * without a copy has what its parent has, which may be such a child itself. A forked child has what
 * its parent had, and keeps it as its own. Copies are never unmapped: a free one is used again. */
#include "sys/part.h"

#include "sys/thread.h"

#include <linux/kcmp.h>
#include <linux/mman.h>

#define BEING_MADE (-1)

struct fj_copy {
	struct fj_copy *next;
	int32_t pid;		  /* 0: free */
	uint32_t turn;		  /* the later one is made, the higher */
	uintptr_t thread_pointer; /* tells of which thread it is the child */
	char object[] __attribute__((aligned(16)));
};

static int32_t own_pid(void)
{
	return (int32_t)fj_sys0(__NR_getpid);
}

static bool is_process_gone(int32_t pid)
{
	return fj_sys2(__NR_kill, pid, 0) == -ESRCH;
}

static bool share_memory(int32_t a, int32_t b)
{
	const long r = fj_sys5(__NR_kcmp, a, b, KCMP_VM, 0, 0);

	return r >= 0 || r == -ESRCH ? !r : !is_process_gone(b); /* where it may not be asked */
}

static int32_t pid_of(const struct fj_copy *copy)
{
	return __atomic_load_n(&copy->pid, __ATOMIC_ACQUIRE);
}

static struct fj_copy *first_of(const struct fj_part *part)
{
	return __atomic_load_n(&part->first, __ATOMIC_ACQUIRE);
}

static struct fj_copy *copy_of(const struct fj_part *part, int32_t pid)
{
	struct fj_copy *copy = first_of(part);

	while (copy && pid_of(copy) != pid)
		copy = copy->next;
	return copy;
}

/* The latest of those that children of this thread have, or children of theirs. A parent waits
 * while its child runs, so that is the caller's parent. `owner`: of the memory. */
static struct fj_copy *latest(const struct fj_part *part, int32_t owner, bool or_gone)
{
	const uintptr_t base = fj_thread_pointer();
	struct fj_copy *best = NULL;

	for (struct fj_copy *copy = first_of(part); copy; copy = copy->next) {
		const int32_t pid = pid_of(copy);

		if (pid > 0 && copy->thread_pointer == base &&
			(!best || (int32_t)(copy->turn - best->turn) > 0) &&
			(share_memory(owner, pid) || (or_gone && is_process_gone(pid))))
			best = copy;
	}
	return best;
}

/* Of a child that has no copy: its parent's. */
static struct fj_copy *inherited(const struct fj_part *part, int32_t owner)
{
	const int32_t parent = (int32_t)fj_sys0(__NR_getppid);
	struct fj_copy *copy = copy_of(part, parent);

	return copy || parent == owner ? copy : latest(part, own_pid(), false);
}

static void give_up_copy(struct fj_part *part, struct fj_copy *copy, int32_t pid)
{
	if (!__atomic_compare_exchange_n(
		    &copy->pid, &pid, BEING_MADE, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	if (part->release)
		part->release(copy->object);
	__atomic_store_n(&copy->pid, 0, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&part->used, 1, __ATOMIC_RELEASE);
}

static void give_up_lost(struct fj_part *part, int32_t owner)
{
	for (struct fj_copy *copy = first_of(part); copy; copy = copy->next) {
		const int32_t pid = pid_of(copy);

		if (pid > 0 && !share_memory(owner, pid))
			give_up_copy(part, copy, pid);
	}
}

void fj_part_forget(struct fj_part *part)
{
	for (struct fj_copy *copy = first_of(part); copy; copy = copy->next)
		copy->pid = 0;
	part->used = 0;
}

/* In a forked child: what its parent had becomes its own. The parent may be gone, and another has
 * taken its place; then the one whose memory it was still is there if that was its child. */
static bool take_over(struct fj_part *part, void *object, int32_t owner_before)
{
	const int32_t parent = (int32_t)fj_sys0(__NR_getppid);
	const struct fj_copy *copy = copy_of(part, parent);

	if (!copy && parent != owner_before)
		copy = latest(part, owner_before, !is_process_gone(owner_before));
	if (copy)
		memcpy(object, copy->object, part->size);
	fj_part_forget(part);
	return copy;
}

/* After a fork was noticed. */
static bool see_to_fork(struct fj_part *part, void *object)
{
	int32_t before;
	const uint32_t forks = fj_memory_forks(&before);
	const bool is_taken_over =
		part->used && part->forks != forks && take_over(part, object, before);

	if (part->forks != forks)
		part->forks = forks;
	return is_taken_over;
}

bool fj_part_take_over(struct fj_part *part, void *object)
{
	fj_memory_owner(); /* notices it */
	return see_to_fork(part, object);
}

void *fj_part_find(struct fj_part *part, void *object)
{
	const int32_t pid = own_pid(), owner = fj_memory_owner_for(pid);
	struct fj_copy *copy;

	see_to_fork(part, object);
	if (!part->used)
		return object;
	if (pid == owner) {
		give_up_lost(part, owner);
		return object;
	}
	copy = copy_of(part, pid);
	if (!copy)
		copy = inherited(part, owner);
	return copy ? copy->object : object;
}

static struct fj_copy *take_free(struct fj_part *part)
{
	for (struct fj_copy *copy = first_of(part); copy; copy = copy->next) {
		int32_t free = 0;

		if (__atomic_compare_exchange_n(&copy->pid, &free, BEING_MADE, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return copy;
	}
	return NULL;
}

static struct fj_copy *add_copy(struct fj_part *part)
{
	const long at = fj_sys6(__NR_mmap, 0, sizeof(struct fj_copy) + part->size,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fj_copy *copy = (struct fj_copy *)at;

	if (fj_is_err(at))
		return NULL;
	copy->pid = BEING_MADE;
	copy->next = first_of(part);
	while (!__atomic_compare_exchange_n(
		&part->first, &copy->next, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	return copy;
}

static void *copy_for(struct fj_part *part, int32_t pid, const void *from)
{
	static uint32_t turns;
	struct fj_copy *copy = take_free(part);

	if (!copy)
		copy = add_copy(part);
	if (!copy)
		return NULL;
	memcpy(copy->object, from, part->size);
	copy->thread_pointer = fj_thread_pointer();
	copy->turn = __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&part->used, 1, __ATOMIC_ACQ_REL);
	__atomic_store_n(&copy->pid, pid, __ATOMIC_RELEASE);
	return copy->object;
}

static bool is_shared(int shared, int32_t pid, int32_t other)
{
	return shared != FJ_SHARED_BY_NONE && !fj_sys5(__NR_kcmp, pid, other, shared, 0, 0);
}

void *fj_part_own(struct fj_part *part, void *object, uint32_t size, int shared)
{
	const int32_t pid = own_pid(), owner = fj_memory_owner_for(pid);
	struct fj_copy *copy;

	see_to_fork(part, object);
	if (pid == owner)
		return object;
	part->size = size;
	copy = copy_of(part, pid);
	if (copy)
		return copy->object;
	copy = part->used ? inherited(part, owner) : NULL;
	if (is_shared(shared, pid, copy ? pid_of(copy) : owner))
		return copy ? copy->object : object;
	return copy_for(part, pid, copy ? copy->object : object);
}

bool fj_part_is_copied(struct fj_part *part, int shared)
{
	const int32_t pid = own_pid(), owner = fj_memory_owner_for(pid);
	const struct fj_copy *copy;

	if (pid == owner)
		return false;
	if (copy_of(part, pid))
		return true;
	copy = part->used ? inherited(part, owner) : NULL;
	return !is_shared(shared, pid, copy ? pid_of(copy) : owner);
}
