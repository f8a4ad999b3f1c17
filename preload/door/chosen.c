/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * chosen.c - decides which calls come by jumps. Called through door.h, by patch and launch. */
#include "door/chosen.h"

#include "call/condition.h"
#include "dispatch/dispatch.h"
#include "door/door.h"
#include "door/shared.h"
#include "inode/writes.h"
#include "jail/jail.h"

#include <asm/unistd.h>

/* Calls about SIGSYS and the signal stack. The trap keeps this state of a thread. Without the trap the
 * engine handles only sigaltstack. (rt_sigreturn can be made only on the program's stack.) */
static bool is_about_sigsys(const struct fj_row *row)
{
	return row->hook == FJ_HOOK_sigpending || row->hook == FJ_HOOK_sigtimedwait ||
	       row->hook == FJ_HOOK_sigreturn ||
	       (row->hook == FJ_HOOK_sigaltstack && fj_jail->has_trap);
}

bool fj_door_may_want(long nr)
{
	return !fj_jail->has_trap && fj_writes_may_be(nr);
}

/* Without the trap nothing else protects the descriptor of the trace file, which can be written to. */
static bool has_open_fd(const struct fj_row *row)
{
	return !fj_jail->has_trap && fj_jail->trace_fd_plus_1 &&
	       (row->fds || row->hook == FJ_HOOK_poll);
}

bool fj_door_wants(long nr)
{
	const struct fj_row *row = fj_row(nr);

	if (fj_door_may_want(nr))
		return true;
	if (!row || is_about_sigsys(row))
		return false;
	if (row->when == FJ_NEVER && !has_open_fd(row))
		return false;
	if (row->when == FJ_IF_TRACED)
		return fj_condition_of(row) != FJ_NEVER;
	if (row->when == FJ_IF_NEW_USERS) /* clone: the child returns on a stack of its own */
		return false;
	/* When a program sends itself a signal, the handler must run on the program's current stack. */
	if (row->asks == FJ_ASKS_SIGNAL)
		return false;
	if (!fj_jail->has_trap) /* then clone3 does no harm */
		return (!fj_is_for_the_trap(row) || has_open_fd(row)) && nr != __NR_clone3;
	/* The filter answers refused calls and guards descriptors, at no cost. (An exec comes by this door:
	 * a debugger that waits in vfork(2) for its child's exec must not see a trap before it.) */
	return row->support != FJ_REFUSED && row->when != FJ_IF_NOT_ROOT &&
	       row->hook != FJ_HOOK_exit && row->hook != FJ_HOOK_sigreturn &&
	       row->when != FJ_IF_OUR_FD && row->when != FJ_IF_COMPARED;
}

static void add_bit(long nr)
{
	fj_doors()->bits[nr / 64] |= 1UL << (nr % 64);
}

void fj_door_choose(void)
{
	for (long nr = 0; nr < fj_row_count; nr++)
		if (fj_door_wants(nr) && (!fj_door_may_want(nr) || has_open_fd(fj_row(nr))))
			add_bit(nr);
	/* With the trap, an mmap whose call number is not known at the site is not changed: valgrind maps
	 * its program in this way, and knows nothing of stubs. */
	if (!fj_jail->has_trap)
		add_bit(__NR_mmap);
	add_bit(__NR_munmap);
	add_bit(__NR_mprotect);
	add_bit(__NR_mremap);
	add_bit(__NR_brk);
}
