/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cred_passed.c - tests how credentials pass through exec, fork, vfork and threads.
 */
#include "case_cred.h"

TOOL(cred)
{
	unsigned header[2] = {0x20080522, 0}, data[6] = {0};

	/* at_start is not known here: only what is left of it can be told. */
	SYSCALL(SYS_capget, header, data);
	say("effective %s permitted %s, %s AT_SECURE %ld\n", data[0] | data[3] ? "some" : "none",
		data[1] | data[4] ? "some" : "none", argv[2], getauxval(AT_SECURE));
	say_ids("program");
}

/* Saved ids become the effective ones; capabilities come from the ids alone. */
CASE(cred_root_exec)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++) {
		say("%d %d %d\n", states[i].r, states[i].e, states[i].s);
		TRY(enter(i); R(execve(twin_self, ARGV("x", "@cred", "state"), environ)));
		TRY(SYSCALL(SYS_setresgid, states[i].r, states[i].e, states[i].s);
			SYSCALL(SYS_setfsuid, 9);
			R(execve(twin_self, ARGV("x", "@cred", "group"), environ)));
	}
}

static void drop(unsigned long set)
{
	unsigned header[2] = {0x20080522, 0}, data[6];

	SYSCALL(SYS_capget, header, data);
	for (int i = 0; i < 2; i++)
		data[i] &= ~(unsigned)set;
	R(SYSCALL(SYS_capset, header, data));
}

/* With no_new_privs, root does not get back what it gave away. */
CASE(cred_root_exec_gains_nothing)
{
	at_start = caps();
	for (int is_set = 0; is_set < 2; is_set++)
		for (size_t i = 0; i < COUNT(states); i++) {
			if (states[i].r == 5 && states[i].e == 6)
				continue; /* kernels differ, before 6.16 and since */
			say("%d %d %d, no_new_privs %d\n", states[i].r, states[i].e, states[i].s,
				is_set);
			TRY(drop(is_set + 6); enter(i);
				R(prctl(PR_SET_NO_NEW_PRIVS, is_set, 0, 0, 0));
				R(execve(twin_self, ARGV("x", "@cred", "caps"), environ)));
			TRY(drop(1UL << 7); enter(i);
				R(prctl(PR_SET_NO_NEW_PRIVS, is_set, 0, 0, 0));
				R(execve(twin_self, ARGV("x", "@cred", "no setuid"), environ)));
		}
}

CASE(cred_root_vfork)
{
#ifndef TWIN_RAW
	static int i; /* a child that shares our stack leaves it alone */

	at_start = caps();
	for (i = 0; i < 2; i++) {
		const pid_t pid = vfork();

		if (!pid) {
			SYSCALL(SYS_setgroups, 0, NULL);
			SYSCALL(SYS_setresgid, 8, 8, 8);
			SYSCALL(SYS_setresuid, 9, 9, 9);
			if (i)
				_exit((int)SYSCALL(SYS_getuid));
			execve(twin_self, ARGV("x", "@cred", "vfork"), environ);
			_exit(1);
		}
		reap("vfork", pid);
		say_ids("parent");
		say("%d %d\n", getuid(), getegid());
	}
#endif
}

CASE(cred_root_fork)
{
	at_start = caps();
	R(SYSCALL(SYS_setresuid, 0, 5, 0));
	CHILD("child") {
		say_ids("child");
		R(SYSCALL(SYS_setresuid, -1, 0, -1));
		CHILD("grandchild") {
			R(SYSCALL(SYS_setuid, 7));
			say_ids("grandchild");
			CHILD("exec")
				R(execve(twin_self, ARGV("x", "@cred", "grandchild"), environ));
		}
		say_ids("child again");
	}
	say_ids("parent");
}

#ifndef TWIN_RAW
#include <pthread.h>

static pthread_barrier_t barrier;
static unsigned seen[4];

static void *stands_by(void *arg)
{
	unsigned e, s;

	pthread_barrier_wait(&barrier);
	SYSCALL(SYS_getresuid, &seen[(long)arg], &e, &s);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	seen[(long)arg] = (unsigned)SYSCALL(SYS_getuid);
	pthread_barrier_wait(&barrier);
	return NULL;
}

/* For itself alone, which libc never does. */
static void *turns(void *arg)
{
	unsigned r, e, s;

	SYSCALL(SYS_setresuid, 9, 9, 9);
	SYSCALL(SYS_getresuid, &r, &e, &s);
	seen[(long)arg] = r * 100 + e * 10 + s;
	return (void *)(long)open("private", O_RDONLY);
}
#endif

CASE(cred_root_threads)
{
#ifndef TWIN_RAW
	pthread_t t[3], alone;
	void *result;

	put_mode("private", "x", 0600);
	pthread_create(&alone, NULL, turns, (void *)3);
	pthread_join(alone, &result);
	say("alone %u, open %ld; the others %d\n", seen[3], (long)result, getuid());
	close(open("private", O_RDONLY));

	pthread_barrier_init(&barrier, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, stands_by, (void *)i);
	/* Not by R(): musl leaves an errno of its waiting. */
	say("setresuid %d\n", setresuid(7, 7, 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	say("libc's setresuid: %u %u %u\n", seen[0], seen[1], seen[2]);
	say("setuid %d\n", setuid(0));
	say("seteuid %d\n", seteuid(0));
	say("setuid %d\n", setuid(8));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	say("libc's setuid: %u %u %u\n", seen[0], seen[1], seen[2]);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	say("%d %d\n", getuid(), geteuid());
#endif
}
