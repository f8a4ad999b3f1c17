/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_clone.c - clone(2) with flags that the jail must know of: a namespace of mounts or users, and a shared
 * working directory. The program makes the call itself, since its child comes back on another stack. */
#include "call/call.h"
#include "call/clone_seen.h"
#include "call/hooks.h"
#include "jail/jail.h"
#include "mount/mounting.h"
#include "path/path.h"
#include "signal/waiting.h"
#include "sys/arch.h"
#include "sys/frame.h"

#include <linux/sched.h>

/* clone(2) with CLONE_NEWNS: the program continues at fj_clone_apart (clone.S). This code makes the
 * clone(2) without CLONE_NEWNS, and then an unshare(2) of mounts in the child. The arguments are
 * those of the program, except the first: its upper 32 bits have the number of an entry of
 * fj_clone_origins. An entry is valid when its `ip` is set. */
#define CLONES 64
struct fj_clone_from {
	uint64_t ip;	/* where the program continues after the call */
	uint64_t flags; /* the first argument, as the program had it */
};
void fj_clone_apart(void);
extern struct fj_clone_from fj_clone_origins[CLONES];
struct fj_clone_from fj_clone_origins[CLONES];

_Static_assert(CLONES == 64 && sizeof(struct fj_clone_from) == 16 && CLONES <= FJ_CLONE_SEEN,
	"mount/x86_64/clone.S");

/* The new process will share its working directory with this one, but not its memory, or not after
 * an exec. So each of the two may be moved by the other, and neither remembers its working
 * directory any more. The program makes the call again, with a mark by which the filter lets it
 * pass. */
static long let_share_cwd(struct fj_call *c)
{
	__atomic_store_n(&fj_jail->has_shared_cwds, 1, __ATOMIC_SEQ_CST);
	fj_cwd_moves(); /* forgets what this process remembers, or has just looked up */
	fj_cwd_moved();
	fj_frame_set_first_arg(c->frame, c->arg[0] | (uint64_t)FJ_CLONE_SEEN << 32);
	return -FJ_RESTART;
}

/* The entry of a call that continues at `ip` and has these flags; -1: all entries are taken. An
 * entry is never freed, because a program has few places that call clone(2). */
static int entry_of(uint64_t ip, uint64_t flags)
{
	for (int i = 0; i < CLONES; i++) {
		struct fj_clone_from *from = &fj_clone_origins[i];
		uint64_t none = 0;

		/* (Two threads may make two equal entries.) */
		if (!__atomic_load_n(&from->flags, __ATOMIC_ACQUIRE) &&
			__atomic_compare_exchange_n(&from->flags, &none, flags, false,
				__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			__atomic_store_n(&from->ip, ip, __ATOMIC_RELEASE);
		if (__atomic_load_n(&from->ip, __ATOMIC_ACQUIRE) == ip && from->flags == flags)
			return i;
	}
	return -1;
}

/* The child gets a namespace of mounts. It makes the unshare(2) itself, before it continues in the
 * program: the parent's namespace must not change. */
static long let_leave_mounts(struct fj_call *c)
{
	const int i = entry_of(fj_frame_ip(c->frame), c->arg[0]);

	if (i < 0)
		return -ENOMEM;
	fj_frame_set_first_arg(c->frame, (c->arg[0] & 0xffffffffu & ~(uint64_t)CLONE_NEWNS) |
						 (uint64_t)(FJ_CLONE_SEEN | (uint32_t)i) << 32);
	/* FJ_RESTART makes the call again, from one syscall instruction before this address. */
	fj_frame_go_to(c->frame, (uint64_t)fj_clone_apart + FJ_SYSCALL_SIZE);
	return -FJ_RESTART;
}

/* Are the flags a valid combination? copy_process() of kernel/fork.c checks that before the
 * caller's permission. */
static bool goes_together(uint64_t flags)
{
	if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
		return false;
	if ((flags & CLONE_THREAD) &&
		(!(flags & CLONE_SIGHAND) || (flags & (CLONE_NEWUSER | CLONE_NEWPID))))
		return false;
	return !(flags & CLONE_SIGHAND) || (flags & CLONE_VM);
}

long fj_hook_clone(struct fj_call *c)
{
	const uint64_t flags = c->arg[0];

	if (flags & (CLONE_NEWUSER | CLONE_NEWNS)) {
		if (!goes_together(flags))
			return -EINVAL;
		if ((flags & CLONE_NEWUSER) || fj_mounting_allowed())
			return -EPERM;
		if (c->mask)
			return let_leave_mounts(c);
	}
	return c->frame ? let_share_cwd(c) : fj_kernel(c);
}
