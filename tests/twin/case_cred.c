/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cred.c - tests the kernel's rules for set*id, groups and capabilities, by one call from
 * each of many states.
 */
#include "case_cred.h"

static long capset_to(unsigned long effective, unsigned long permitted, unsigned long inheritable)
{
	unsigned header[2] = {0x20080522, 0};
	unsigned data[6] = {(unsigned)effective, (unsigned)permitted, (unsigned)inheritable,
		(unsigned)(effective >> 32), (unsigned)(permitted >> 32),
		(unsigned)(inheritable >> 32)};

	return SYSCALL(SYS_capset, header, data);
}

static const unsigned values[] = {NONE, 0, 5, 6, 9};

CASE(cred_root_setuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++) {
			say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
				(int)values[a]);
			TRY(enter(i); R(SYSCALL(SYS_setuid, values[a])); say_ids("setuid"));
			TRY(enter(i); R(SYSCALL(SYS_setfsuid, values[a])); say_ids("setfsuid"));
		}
}

CASE(cred_root_setreuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++)
			for (size_t b = 0; b < COUNT(values); b++) {
				say("from %d %d %d, %d %d\n", states[i].r, states[i].e, states[i].s,
					(int)values[a], (int)values[b]);
				TRY(enter(i); R(SYSCALL(SYS_setreuid, values[a], values[b]));
					say_ids("setreuid"));
			}
}

CASE(cred_root_setresuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++) {
			say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
				(int)values[a]);
			TRY(enter(i); R(SYSCALL(SYS_setresuid, values[a], NONE, NONE));
				say_ids("real"));
			TRY(enter(i); R(SYSCALL(SYS_setresuid, NONE, values[a], NONE));
				say_ids("effective"));
			TRY(enter(i); R(SYSCALL(SYS_setresuid, NONE, NONE, values[a]));
				say_ids("saved"));
			TRY(enter(i); SYSCALL(SYS_setfsuid, 5);
				R(SYSCALL(SYS_setresuid, values[a], states[i].e, NONE));
				say_ids("after setfsuid"));
		}
}

CASE(cred_root_setgid)
{
	at_start = caps();
	for (int drops = 0; drops < 2; drops++)
		for (size_t i = 0; i < COUNT(states); i++)
			for (size_t a = 0; a < COUNT(values); a++) {
				say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
					(int)values[a]);
#define ENTER()                                                                                    \
	SYSCALL(SYS_setresgid, states[i].r, states[i].e, states[i].s);                             \
	if (drops)                                                                                 \
	SYSCALL(SYS_setresuid, 3, 3, 3)
				TRY(ENTER(); R(SYSCALL(SYS_setgid, values[a])); say_ids("setgid"));
				TRY(ENTER(); R(SYSCALL(SYS_setfsgid, values[a]));
					say_ids("setfsgid"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, values[a], NONE));
					say_ids("setregid real"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, NONE, values[a]));
					say_ids("setregid effective"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, values[a], 6));
					say_ids("setregid both"));
				TRY(ENTER(); R(SYSCALL(SYS_setresgid, 5, values[a], NONE));
					say_ids("setresgid"));
			}
}

static void say_groups(const char *what)
{
	static unsigned g[70000];
	const long n = SYSCALL(SYS_getgroups, (long)COUNT(g), g);
	unsigned long sum = 0;
	int is_sorted = 1;

	for (long i = 0; i < n; i++) {
		sum = sum * 31 + g[i];
		is_sorted &= !i || g[i - 1] <= g[i];
	}
	say("%s: %ld groups, sum %lx, sorted %d\n", what, n, sum, is_sorted);
}

TOOL(groups)
{
	say_groups("program");
}

CASE(cred_root_setgroups)
{
	static const int counts[] = {
		0, 1, 2, 31, 32, 33, 40, 41, 64, 65, 256, 257, 1000, 65536, 65537};
	static unsigned g[65537];

	for (size_t i = 0; i < COUNT(g); i++)
		g[i] = (unsigned)(i * 2654435761u % 100003);
	for (size_t i = 0; i < COUNT(counts); i++) {
		R(SYSCALL(SYS_setgroups, counts[i], g));
		say_groups("set");
		CHILD("fork")
			say_groups("child");
		CHILD("exec")
			R(execve(twin_self, ARGV("x", "@groups"), environ));
	}
	R(SYSCALL(SYS_setgroups, 3, g));
	R(SYSCALL(SYS_getgroups, 2, g));
	R(SYSCALL(SYS_getgroups, -1, g));
	R(SYSCALL(SYS_getgroups, 3, 8));
	g[1] = NONE;
	R(SYSCALL(SYS_setgroups, 3, g));
	R(SYSCALL(SYS_setgroups, 3, 8));
	say_groups("unchanged");
	R(SYSCALL(SYS_setresuid, 5, 5, 5));
	R(SYSCALL(SYS_setgroups, 65537, g));
	R(SYSCALL(SYS_setgroups, 0, NULL));
}

#define BIT(n) (1UL << (n))

CASE(cred_root_capset)
{
	unsigned header[2] = {0x19980330, 0}, data[6] = {0};

	at_start = caps();
	const unsigned long all = at_start.permitted;

	R(SYSCALL(SYS_capget, header, data));
	say("version 1 %d\n", data[0] == (unsigned)at_start.effective);
	header[0] = 0x20071026;
	R(SYSCALL(SYS_capget, header, data));
	header[0] = 7;
	R(SYSCALL(SYS_capget, header, data));
	say("version %x\n", header[0]);
	header[0] = 7;
	R(SYSCALL(SYS_capget, header, NULL));
	header[0] = 7;
	R(SYSCALL(SYS_capset, header, data));
	header[1] = (unsigned)-1;
	R(SYSCALL(SYS_capget, header, data));
	header[1] = (unsigned)getpid();
	R(SYSCALL(SYS_capget, header, data));
	R(SYSCALL(SYS_capset, header, data) < 0);
	header[1] = (unsigned)getppid();
	R(SYSCALL(SYS_capset, header, data));
	header[1] = 4194304 - 2;
	R(SYSCALL(SYS_capget, header, data));
	R(SYSCALL(SYS_capget, 8, data));
	header[1] = 0;
	R(SYSCALL(SYS_capget, header, 8));
	R(SYSCALL(SYS_capset, header, 8));
	TRY(R(capset_to(all & ~BIT(0), all, 0)); say_ids("not effective");
		R(capset_to(all, all, 0)); say_ids("again"));
	TRY(R(capset_to(all & ~BIT(0), all & ~BIT(0), 0)); say_ids("not permitted");
		R(capset_to(all, all, 0)); say_ids("not again"));
	TRY(R(capset_to(all, all & ~BIT(0), 0)));
	TRY(R(capset_to(0, all, BIT(3))); say_ids("inheritable");
		R(capset_to(0, 0, BIT(3) | BIT(4))); R(capset_to(0, BIT(4), BIT(3) | BIT(4)));
		say_ids("of what is permitted"));
	TRY(R(capset_to(BIT(8), BIT(8), BIT(3))); R(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
		R(prctl(PR_CAPBSET_READ, 5, 0, 0, 0));
		R(capset_to(BIT(8), BIT(8), BIT(3) | BIT(5))));
	TRY(R(capset_to(0, 0, 0)); R(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
		R(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0)); R(prctl(PR_CAPBSET_READ, 99, 0, 0, 0));
		R(SYSCALL(SYS_setuid, 5)); R(SYSCALL(SYS_setgid, 5));
		R(SYSCALL(SYS_setgroups, 0, NULL)); R(chroot("/t"));
		R(mknod("dev", S_IFBLK | 0600, 0x800)));
	TRY(R(capset_to(BIT(7), BIT(7), 0)); R(SYSCALL(SYS_setuid, 5)); R(SYSCALL(SYS_setgid, 5));
		say_ids("one"));
}

CASE(cred_root_keepcaps)
{
	at_start = caps();
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); R(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
		R(SYSCALL(SYS_setuid, 5)); say_ids("kept"); R(capset_to(BIT(7), BIT(7), 0));
		say_ids("one"); R(SYSCALL(SYS_setuid, 0)); say_ids("back"));
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "kept"), environ)));
	TRY(R(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0)); R(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)));
	/* SECBIT_NO_SETUID_FIXUP, then with SECBIT_KEEP_CAPS_LOCKED, and SECBIT_NOROOT */
	TRY(R(prctl(PR_SET_SECUREBITS, 4, 0, 0, 0)); R(SYSCALL(SYS_setuid, 5));
		say_ids("no fixup"));
	TRY(R(prctl(PR_SET_SECUREBITS, 0x20, 0, 0, 0)); R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
		R(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)); R(prctl(PR_SET_SECUREBITS, 0x30, 0, 0, 0));
		R(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
		R(prctl(PR_SET_SECUREBITS, 1 << 20, 0, 0, 0)));
	TRY(R(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "no root"), environ)));
	TRY(R(SYSCALL(SYS_setuid, 5)); R(prctl(PR_SET_SECUREBITS, 4, 0, 0, 0));
		R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)));
}

CASE(cred_root_ambient)
{
	at_start = caps();
	R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
	R(capset_to(at_start.permitted, at_start.permitted, BIT(3) | BIT(7)));
	R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 7, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 99, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 3, 1, 0));
	R(prctl(PR_CAP_AMBIENT, 9, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 4, 3, 0, 0));
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); R(SYSCALL(SYS_setuid, 5)); say_ids("user");
		R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)); R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "ambient"), environ)));
	TRY(R(prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)); R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)));
	TRY(R(capset_to(at_start.permitted, at_start.permitted, 0));
		R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)));
}
