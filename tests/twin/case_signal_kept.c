/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_signal_kept.c - tests what rt_sigaction(2) tells of an action that was set before: of
 * every signal, with every bit of its mask and of its flags. valgrind(1) relies on that.
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
