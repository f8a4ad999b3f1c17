/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_vfork_signals.c - tests changes of signal actions, masks and stacks in a child that
 * shares memory.
 */
#include "case_vfork.h"

static const int signals[] = {SIGUSR1, SIGUSR2, SIGSYS, SIGSEGV, SIGBUS, SIGTERM, 40};

/* (raise(3) of a libc may remember the thread's id, which is the parent's.) */
static void raise_here(int sig)
{
	SYSCALL(SYS_tgkill, SYSCALL(SYS_getpid), SYSCALL(SYS_gettid), sig);
}

static void one(int sig)
{
	say("[one %d]", sig);
}

static void two(int sig)
{
	say("[two %d]", sig);
}

static void three(int sig)
{
	say("[three %d]", sig);
}

static void actions_prepare(void)
{
	for (size_t i = 0; i < COUNT(signals); i++)
		set_handler(signals[i], one, i & 1 ? SA_RESTART : 0);
}

static void actions_change(void)
{
	for (size_t i = 0; i < COUNT(signals); i++)
		set_handler(signals[i], two, i & 1 ? 0 : SA_NODEFER);
	set_handler(SIGUSR2, SIG_IGN, 0);
	set_handler(SIGTERM, SIG_DFL, 0);
}

static void actions_change_again(void)
{
	for (size_t i = 0; i < COUNT(signals); i++)
		set_handler(signals[i], three, 0);
	set_handler(SIGSYS, SIG_IGN, 0);
	set_handler(SIGSEGV, SIG_IGN, 0);
	set_handler(SIGBUS, SIG_DFL, 0);
}

/* And whether it comes to whom it should. */
static void actions_look(void)
{
	for (size_t i = 0; i < COUNT(signals); i++) {
		struct sigaction sa;
		unsigned long mask;

		sigaction(signals[i], NULL, &sa);
		memcpy(&mask, &sa.sa_mask, sizeof(mask));
		say("%d: %s flags %x mask %lx ", signals[i],
			sa.sa_handler == SIG_DFL ? "default" :
			sa.sa_handler == SIG_IGN ? "ignored" :
			sa.sa_handler == one	 ? "one" :
			sa.sa_handler == two	 ? "two" :
			sa.sa_handler == three	 ? "three" :
						   "other",
			(unsigned)sa.sa_flags & ~0x04000000u, mask);
		if (sa.sa_handler != SIG_DFL)
			raise_here(signals[i]);
		say("\n");
	}
	R(access((const char *)8, F_OK));
}

VFORK_KIND(actions) = {.prepare = actions_prepare,
	.change = actions_change,
	.change_again = actions_change_again,
	.look = actions_look,
	.is_of_process = 1};

CASE(vfork_actions)
{
	VFORK_WAYS(actions);
}

/* From the defaults on. */
VFORK_KIND(first_actions) = {
	.change = actions_change, .change_again = actions_change_again, .look = actions_look};

CASE(vfork_first_actions)
{
	VFORK_WAYS(first_actions);
}

/* ---- masks ---- */

static void mask_all(int how, int from, int to)
{
	sigset_t s;

	sigemptyset(&s);
	for (int sig = from; sig <= to; sig++)
		sigaddset(&s, sig);
	R(sigprocmask(how, &s, NULL));
}

static void masks_prepare(void)
{
	mask_all(SIG_SETMASK, SIGUSR2, SIGUSR2);
}

static void masks_change(void)
{
	mask_all(SIG_SETMASK, SIGSYS, SIGSYS);
	mask_all(SIG_BLOCK, SIGTERM, SIGTERM);
}

static void masks_change_again(void)
{
	mask_all(SIG_SETMASK, SIGALRM, SIGALRM);
	mask_all(SIG_BLOCK, SIGSEGV, SIGSEGV);
}

static void masks_look(void)
{
	sigset_t s;
	unsigned long mask;

	sigemptyset(&s);
	R(sigprocmask(SIG_BLOCK, NULL, &s));
	memcpy(&mask, &s, sizeof(mask));
	say("blocked %lx\n", mask);
	sigemptyset(&s);
	R(sigpending(&s));
	memcpy(&mask, &s, sizeof(mask));
	say("pending %lx\n", mask);
	R(access("/etc/passwd", F_OK));
	R(access((const char *)8, F_OK));
}

VFORK_KIND(masks) = {.prepare = masks_prepare,
	.change = masks_change,
	.change_again = masks_change_again,
	.look = masks_look};

CASE(vfork_masks)
{
	VFORK_WAYS(masks);
}

/* The parent had SIGSYS blocked, and one is waiting for it. */
static void pending_prepare(void)
{
	set_handler(SIGSYS, one, 0);
	mask_all(SIG_SETMASK, SIGSYS, SIGSYS);
	raise_here(SIGSYS);
}

static void pending_change(void)
{
	set_handler(SIGSYS, two, 0);
	raise_here(SIGSYS);
}

static void pending_change_again(void)
{
	mask_all(SIG_UNBLOCK, SIGSYS, SIGSYS);
}

VFORK_KIND(pending) = {.prepare = pending_prepare,
	.change = pending_change,
	.change_again = pending_change_again,
	.look = masks_look};

CASE(vfork_pending)
{
	VFORK_WAYS(pending);
}

/* ---- stacks ---- */

static char stacks[3][64 * 1024];

static void use_stack(int i)
{
	const stack_t s = {.ss_sp = stacks[i], .ss_size = sizeof(stacks[i])};

	R(sigaltstack(&s, NULL));
}

static void where(int sig)
{
	const char *here = (const char *)&sig;

	for (int i = 0; i < 3; i++)
		if (here >= stacks[i] && here < stacks[i] + sizeof(stacks[i]))
			say("[on stack %d]", i);
	say("[handled %d]\n", sig);
}

static void stacks_prepare(void)
{
	use_stack(0);
	set_handler(SIGUSR1, where, SA_ONSTACK);
}

static void stacks_change(void)
{
	use_stack(1);
}

static void stacks_change_again(void)
{
	use_stack(2);
}

static void stacks_look(void)
{
	stack_t s = {0};
	struct sigaction sa;

	R(sigaltstack(NULL, &s));
	say("%s flags %x size %ld\n",
		s.ss_sp == stacks[0] ? "first" :
		s.ss_sp == stacks[1] ? "second" :
		s.ss_sp == stacks[2] ? "third" :
		s.ss_sp		     ? "other" :
				       "none",
		s.ss_flags, (long)s.ss_size);
	sigaction(SIGUSR1, NULL, &sa);
	if (sa.sa_handler == where)
		raise_here(SIGUSR1);
}

VFORK_KIND(signal_stacks) = {.prepare = stacks_prepare,
	.change = stacks_change,
	.change_again = stacks_change_again,
	.look = stacks_look};

CASE(vfork_signal_stacks)
{
	VFORK_WAYS(signal_stacks);
}
