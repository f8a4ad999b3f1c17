/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_thread.c - tests threads: many, short-lived, with small stacks, working while one of them
 * makes changes.
 */
#include "twin.h"

#ifndef TWIN_RAW
#include <pthread.h>

static volatile int bad;

static void *one(void *arg)
{
	struct stat st;

	if (stat("f", &st) < 0 || st.st_size != 5)
		__sync_fetch_and_add(&bad, 1);
	if (access("/etc/absolute", F_OK) < 0)
		__sync_fetch_and_add(&bad, 1);
	if (access("missing", F_OK) == 0 || errno != ENOENT)
		__sync_fetch_and_add(&bad, 1);
	return arg;
}

static void run(int count, size_t stack_size, int at_once)
{
	pthread_attr_t a;
	static pthread_t t[1000];
	int made = 0;

	pthread_attr_init(&a);
	if (stack_size)
		say("stack %d\n", pthread_attr_setstacksize(&a, stack_size));
	for (int i = 0; i < count; i += at_once) {
		int n = 0;
		for (; n < at_once; n++) {
			if (pthread_create(&t[n], &a, one, NULL) != 0)
				break;
			made++;
		}
		for (int j = 0; j < n; j++)
			pthread_join(t[j], NULL);
	}
	say("made %d bad %d\n", made, bad);
	pthread_attr_destroy(&a);
}
#endif

CASE(thread_1000)
{
#ifndef TWIN_RAW
	put("f", "12345");
	run(1000, 65536, 1000);
	R(open("f", O_RDONLY));
#endif
}

CASE(thread_churn)
{
#ifndef TWIN_RAW
	put("f", "12345");
	run(1000, 0, 1);
	run(1000, 65536, 10);
	R(open("f", O_RDONLY));
#endif
}

CASE(thread_small_stack)
{
#ifndef TWIN_RAW
	put("f", "12345");
	run(40, 16384, 4);
#endif
}

#ifndef TWIN_RAW
static volatile int last_tid;

static void *end_alone(void *arg)
{
	one(arg);
	last_tid = (int)syscall(SYS_gettid);
	return arg;
}
#endif

/* A detached thread gives its own stack back: musl's unmaps what it stands on. */
CASE(thread_detached)
{
#ifndef TWIN_RAW
	int ended = 0;

	put("f", "12345");
	for (int i = 0; i < 50; i++) {
		pthread_t t;

		last_tid = 0;
		if (pthread_create(&t, NULL, end_alone, NULL) != 0 || pthread_detach(t) != 0)
			break;
		while (!last_tid || syscall(SYS_tgkill, getpid(), last_tid, 0) == 0)
			sched_yield();
		ended++;
	}
	say("ended %d bad %d\n", ended, bad);
#endif
}

#ifndef TWIN_RAW
static volatile int stop;

static void *busy(void *arg)
{
	long n = 0;
	struct stat st;

	do {
		/* Whatever the others do, /etc/passwd is found and "here" is one of two
		 * directories. */
		if (stat("/etc/passwd", &st) < 0)
			__sync_fetch_and_add(&bad, 1);
		int fd = open("here", O_RDONLY);
		if (fd < 0)
			__sync_fetch_and_add(&bad, 1);
		close(fd);
		n++;
	} while (!stop);
	return (void *)(long)(n > 0 && arg == NULL);
}
#endif

/* The working directory is the process's: one thread changes it under the others. */
CASE(thread_chdir)
{
#ifndef TWIN_RAW
	pthread_t t[4];
	void *did;
	int worked = 0;

	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/here", "a");
	put("b/here", "b");
	chdir("a");
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_create(&t[i], NULL, busy, NULL);
	for (int i = 0; i < 500; i++) {
		if (chdir(i & 1 ? "/t/a" : "../b") < 0)
			__sync_fetch_and_add(&bad, 1);
	}
	nanosleep(&((struct timespec){0, 5000000}), NULL);
	stop = 1;
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], &did);
		worked += did != NULL;
	}
	say("bad %d worked %d\n", bad, worked);
	show("here");
#endif
}

#ifndef TWIN_RAW
static void *renamer(void *arg)
{
	/* What is found is always one of two files, whole: "link" leads to one or the other. */
	for (int i = 0; i < 100; i++) {
		unlink("new-link");
		symlink(i & 1 ? "/t/one" : "two", "new-link");
		rename("new-link", "link");
	}
	stop = 1;
	return arg;
}

static void *reader(void *arg)
{
	struct stat st;

	while (!stop) {
		if (stat("link", &st) < 0 || (st.st_size != 3 && st.st_size != 33))
			__sync_fetch_and_add(&bad, 1);
		if (stat("link/../x", &st) == 0)
			__sync_fetch_and_add(&bad, 1);
	}
	return arg;
}
#endif

CASE(thread_symlink_race)
{
#ifndef TWIN_RAW
	pthread_t t[3];

	put("one", "111");
	put("two", "222222222222222222222222222222222");
	symlink("two", "link");
	pthread_create(&t[0], NULL, renamer, NULL);
	pthread_create(&t[1], NULL, reader, NULL);
	pthread_create(&t[2], NULL, reader, NULL);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	say("bad %d\n", bad);
	show("link");
#endif
}

#ifndef TWIN_RAW
static void *execs(void *arg)
{
	execve(twin_self, ARGV("x", "@say", "from a thread"), environ);
	return arg;
}

static void *sleeps(void *arg)
{
	for (;;)
		nanosleep(&((struct timespec){1, 0}), NULL);
	return arg;
}
#endif

/* exec from a thread that is not the first ends all others. */
CASE(thread_exec)
{
#ifndef TWIN_RAW
	CHILD("exec") {
		pthread_t t;
		pthread_create(&t, NULL, sleeps, NULL);
		pthread_create(&t, NULL, execs, NULL);
		pthread_join(t, NULL);
		for (;;)
			pause();
	}
#endif
}

#ifndef TWIN_RAW
static volatile int handled;

static void handler(int sig)
{
	struct stat st;

	(void)sig;
	if (stat("/etc/absolute", &st) < 0)
		__sync_fetch_and_add(&bad, 1);
	__sync_fetch_and_add(&handled, 1);
}

static void *signalled(void *arg)
{
	stack_t ss = {.ss_flags = 0};
	struct stat st;

	ss.ss_sp = malloc(16384);
	ss.ss_size = 16384;
	sigaltstack(&ss, NULL);
	while (!stop) {
		if (stat("f", &st) < 0)
			__sync_fetch_and_add(&bad, 1);
	}
	sigaltstack(NULL, &ss);
	return (void *)(long)(ss.ss_size == 16384 && arg == NULL);
}
#endif

CASE(thread_signals)
{
#ifndef TWIN_RAW
	struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};
	pthread_t t[4];
	void *kept;
	int all = 0;

	put("f", "x");
	sigfillset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_create(&t[i], NULL, signalled, NULL);
	for (int i = 0; i < 400; i++) {
		pthread_kill(t[i % 4], SIGUSR1);
		if (i % 20 == 0)
			nanosleep(&((struct timespec){0, 1000000}), NULL);
	}
	stop = 1;
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], &kept);
		all += kept != NULL;
	}
	say("bad %d handled %d stacks kept %d\n", bad, handled > 0, all);
#endif
}

#ifndef TWIN_RAW
static void *forks(void *arg)
{
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(access("/etc/absolute", F_OK) == 0 ? 0 : 1);
		int status = -1;
		if (waitpid(pid, &status, 0) != pid || status != 0)
			__sync_fetch_and_add(&bad, 1);
	}
	return arg;
}
#endif

CASE(thread_fork)
{
#ifndef TWIN_RAW
	pthread_t t[4];

	for (size_t i = 0; i < COUNT(t); i++)
		pthread_create(&t[i], NULL, forks, NULL);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	say("bad %d\n", bad);
#endif
}
