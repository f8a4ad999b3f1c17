/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * memory.c - which process owns the memory that the engine runs in. A word that the kernel clears in a forked child
 * (madvise(2), MADV_WIPEONFORK, Linux 4.14) tells that a fork has happened. Called by all rooms that keep
 * something in this memory. */
#include "sys/memory.h"

#include "bytes/format.h"
#include "sys/assert.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/sched.h"
#include "syscall/unistd_ids.h"

#include <linux/kcmp.h>
#include <linux/mman.h>

/* One page that the kernel clears in a forked child: the id of the process it belongs to. */
static int32_t *owner_pid;
/* The value of `*owner_pid`, which a fork does not clear; and the owner before the last fork. */
static int32_t owner_now, owner_before;

static uint32_t forks; /* between the process that began with this memory and this one */

void fj_thread_start(uint64_t page)
{
	if (!page)
		page = (uint64_t)fj_sys_mmap(0, FJ_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	fj_assert(((long)page) >= 0);
	fj_sys_madvise((void *)page, FJ_PAGE, 18 /* MADV_WIPEONFORK */);
	owner_pid = (int32_t *)page;
	*owner_pid = owner_now = (int32_t)fj_sys_getpid();
}

int32_t fj_memory_first_owner(void)
{
	return owner_now;
}

uint32_t *fj_thread_fork_mark(void)
{
	return (uint32_t *)owner_pid + 16; /* a cache line of its own */
}

static bool shares_memory(int32_t pid, int32_t other)
{
	return other > 0 && !fj_sys_kcmp(pid, other, KCMP_VM, 0, 0);
}

/* The parent, from proc_pid_stat(5): it follows the name in parentheses and a letter. 0:
 * unknown. */
static int32_t read_parent(int32_t pid)
{
	char text[256];
	int32_t parent = 0;
	long n;

	fj_format(text, sizeof(text), "/proc/%u/stat", (unsigned)pid);
	n = fj_read_file(AT_FDCWD, text, text, sizeof(text) - 1);
	while (n > 0 && text[n - 1] != ')')
		n--;
	for (n += 3; n > 3 && text[n] >= '0' && text[n] <= '9'; n++)
		parent = parent * 10 + text[n] - '0';
	return parent;
}

/* The first process that comes here after a fork may be a vfork child of the forked process, or a
 * child of such a child. Then the topmost of them owns the memory. */
static int32_t highest_in_memory(int32_t pid)
{
	int32_t parent = (int32_t)fj_sys_getppid();

	/* The usual case: a child of the process that was forked. That has the old memory. */
	if (parent == owner_before || !shares_memory(pid, parent))
		return pid;
	for (;;) { /* up to the jail's first process: read_parent() of one that is gone is 0 */
		const int32_t next = read_parent(parent);

		if (!shares_memory(pid, next))
			return parent;
		parent = next;
	}
}

/* After a fork the page is zero: makes the child the owner. Only the surviving thread exists then,
 * unless it has made others before it came here; two threads do the same thing twice. */
static void notice_fork(int32_t pid)
{
	if (__builtin_expect(*owner_pid != 0, 1))
		return;
	__atomic_fetch_add(&forks, 1, __ATOMIC_RELAXED);
	owner_before = owner_now;
	owner_now = highest_in_memory(pid);
	*owner_pid = owner_now;
}

int32_t fj_memory_owner_for(int32_t pid)
{
	notice_fork(pid);
	return *owner_pid;
}

int32_t fj_memory_owner(void)
{
	return fj_memory_owner_for((int32_t)fj_sys_getpid());
}

uint32_t fj_memory_forks(int32_t *before)
{
	if (before)
		*before = owner_before;
	return __atomic_load_n(&forks, __ATOMIC_RELAXED);
}

bool fj_is_borrowed_memory(void)
{
	const int32_t pid = (int32_t)fj_sys_getpid();

	notice_fork(pid);
	return *owner_pid != pid;
}
