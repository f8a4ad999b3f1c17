/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal_kept.c - tests what rt_sigaction(2) tells of an action that was set before: of
 * every signal, with every bit of its mask and of its flags. valgrind(1) relies on that. And what
 * rt_sigprocmask(2) tells of masks.
 */
#include "twin.h"

#define ALL_SIGNALS 64
#define RESTORER 0x04000000UL
#define SYS_BIT (1UL << (SIGSYS - 1))

struct action { /* struct kernel_sigaction */
	unsigned long handler, flags, restorer, mask;
};

static void nothing(int sig)
{
	(void)sig;
}

static long act(int sig, const struct action *new, struct action *old)
{
	return SYSCALL(SYS_rt_sigaction, sig, new, old, 8);
}

static void show_one(const char *name, int sig, long r, const struct action *a)
{
	if (r < 0)
		say("%s %d: %e\n", name, sig, errno);
	else
		say("%s %d: %s flags %lx mask %lx\n", name, sig,
			a->handler == (unsigned long)nothing ? "nothing" :
			a->handler > 1			     ? "other" :
			a->handler			     ? "ignored" :
							       "default",
			a->flags & ~RESTORER, a->mask);
}

/* Set it, and print what that replaces. */
static void replace(
	const char *name, int sig, unsigned long handler, unsigned long flags, unsigned long mask)
{
	const struct action new = {.handler = handler, .flags = flags, .mask = mask};
	struct action old = {0};
	const long r = act(sig, &new, &old);

	show_one(name, sig, r, &old);
}

static void ask(const char *name, int sig)
{
	struct action old = {0};
	const long r = act(sig, NULL, &old);

	show_one(name, sig, r, &old);
}

CASE(signal_kept_masks)
{
	for (int sig = 1; sig <= ALL_SIGNALS; sig++) {
		replace("first", sig, (unsigned long)nothing, SA_RESTART, ~0UL);
		ask("full", sig);
		replace("full, replaced", sig, (unsigned long)nothing, SA_SIGINFO, SYS_BIT);
		ask("SIGSYS", sig);
		replace("SIGSYS, replaced", sig, (unsigned long)nothing, 0, ~SYS_BIT);
		ask("all others", sig);
		replace("all others, replaced", sig, (unsigned long)SIG_DFL, 0, ~0UL);
		ask("default", sig);
		replace("default, replaced", sig, (unsigned long)SIG_IGN, 0, SYS_BIT);
		ask("ignored", sig);
		replace("ignored, replaced", sig, (unsigned long)SIG_DFL, 0, 0);
		ask("none", sig);
	}
}

/* Bits that no kernel knows are not reported: so a program finds out which it knows. */
CASE(signal_kept_flags)
{
	for (int sig = 1; sig <= ALL_SIGNALS; sig++) {
		replace("first", sig, (unsigned long)nothing, ~0UL & ~(unsigned long)SA_RESETHAND,
			0);
		ask("all", sig);
		replace("all, replaced", sig, (unsigned long)SIG_DFL, ~0UL, 0);
		ask("default", sig);
	}
}

/* What a vfork(2) child sets is its own; a forked one has what its parent had; and an exec clears
 * it. */
CASE(signal_kept_by_children)
{
	static const int signals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGSYS, 34, 40};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		const int sig = signals[i];

		replace("first", sig, (unsigned long)nothing, 0, SYS_BIT | 1);
		CHILD("forked") {
			ask("forked", sig);
			replace("forked", sig, (unsigned long)nothing, 0, 2);
			ask("forked", sig);
		}
		ask("parent", sig);

		const pid_t pid = vfork();
		if (pid == 0) {
			ask("vforked", sig);
			replace("vforked", sig, (unsigned long)SIG_DFL, 0, 4);
			ask("vforked", sig);
			replace("vforked", sig, (unsigned long)SIG_DFL, 0, 4 | SYS_BIT);
			ask("vforked", sig);
			execve(twin_self, ARGV("x", "@signal_kept"), environ);
			_exit(1);
		}
		reap("vforked", pid);
		ask("parent", sig);
		replace("without", sig, (unsigned long)nothing, 0, 0);
		const pid_t again = vfork();
		if (again == 0) {
			replace("vforked", sig, (unsigned long)SIG_DFL, 0, 4 | SYS_BIT);
			ask("vforked", sig);
			_exit(0);
		}
		reap("vforked", again);
		ask("parent", sig);
	}
}

TOOL(signal_kept)
{
	for (int sig = 1; sig <= ALL_SIGNALS; sig++)
		ask("after exec", sig);
}

static volatile int came;

static void counts(int sig)
{
	(void)sig;
	came++;
}

/* Change the mask with a set that lies `offset` bytes deeper in the stack than for 0. Returns how many results were
 * not those that a kernel gives. */
static int change_at(size_t offset)
{
	char room[offset + 1];
	const int before = came;
	sigset_t set, old;
	int wrong = 0;

	room[offset] = 0;
	__asm__ volatile("" : : "r"(room) : "memory");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	wrong += sigprocmask(SIG_BLOCK, &set, NULL) != 0;
	raise(SIGUSR1);
	wrong += came != before;
	sigaddset(&set, SIGUSR2);
	wrong += sigprocmask(SIG_UNBLOCK, &set, &old) != 0;
	wrong += came != before + 1 || !sigismember(&old, SIGUSR1) || sigismember(&old, SIGUSR2);
	wrong += sigprocmask(SIG_SETMASK, &old, &set) != 0 || sigismember(&set, SIGUSR1);
	sigemptyset(&set);
	wrong += sigprocmask(SIG_SETMASK, &set, &old) != 0 || !sigismember(&old, SIGUSR1);
	return wrong;
}

/* The set of a mask may lie anywhere in the stack, at the end of a page, too. */
CASE(signal_mask_places)
{
	int wrong = 0;

	signal(SIGUSR1, counts);
	for (size_t offset = 0; offset < 2 * 4096; offset += 8)
		wrong += change_at(offset);
	say("%d signals, %d wrong\n", came, wrong);
}

static void show_mask(const char *when)
{
	unsigned long mask = 0;
	const long r = SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);

	say("%s: %ld, %lx\n", when, r, mask);
}

/* Wrong arguments beside a set in the stack, after calls that were right. */
CASE(signal_mask_wrong)
{
	const unsigned long usr1 = 1UL << (SIGUSR1 - 1), usr2 = 1UL << (SIGUSR2 - 1);
	unsigned long set = usr1;

	for (int i = 0; i < 100; i++)
		SYSCALL(SYS_rt_sigprocmask, i & 1 ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL, 8);
	show_mask("blocked");
	R(SYSCALL(SYS_rt_sigprocmask, 7, &set, NULL, 8));
	R(SYSCALL(SYS_rt_sigprocmask, -1, &set, NULL, 8));
	R(SYSCALL(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 16));
	R(SYSCALL(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 0));
	show_mask("refused");
	set = usr2;
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, &set, 8, 8));
	show_mask("set, and not stored");
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, 8, NULL, 8));
	set = usr1 | SYS_BIT;
	R(SYSCALL(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8));
	show_mask("with SIGSYS");
	set = usr2;
	R(SYSCALL(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8));
	show_mask("SIGSYS stays");
	R(SYSCALL(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, 8));
	show_mask("without");
	R(SYSCALL(SYS_access, 8, F_OK));
}
