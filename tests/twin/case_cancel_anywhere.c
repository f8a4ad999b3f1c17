/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cancel_anywhere.c - tests that a thread that is cancelled at any place leaves nothing
 * behind. Calls that wait must go on if cancellation is disabled, and if the signal is another
 * one of libc's own.
 */
#include "case_cancel.h"

#ifndef TWIN_RAW
static volatile int turns;

/* Calls that are no cancellation points, and opens that find nothing: there is nothing that a real
 * thread could leave open. */
static void *looks(void *arg)
{
	const int is_async = arg != NULL;
	struct stat st;
	char buf[100];

	pthread_setcanceltype(
		is_async ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED, NULL);
	for (;;) {
		stat("/etc/absolute", &st);
		lstat("link-to-far", &st);
		access("/etc/above", F_OK);
		readlink("/link-to-etc", buf, sizeof(buf));
		stat("a/b/c/../c/f", &st);
		stat("/link-to-etc/absolute", &st);
		if (!is_async)
			open("/link-to-etc/missing", O_RDONLY);
		chmod("f", 0600);
		turns++;
	}
	return NULL;
}

static void cancel_anywhere(int is_async, int count)
{
	const int before = open_count();
	int cancelled = 0;

	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/b/c", 0755);
	put("a/b/c/f", "f");
	put("f", "f");
	symlink("/link-to-etc/absolute", "link-to-far");
	for (int i = 0; i < count; i++) {
		pthread_t t[2];
		void *end;
		const int turn = turns;

		for (size_t n = 0; n < COUNT(t); n++)
			pthread_create(&t[n], NULL, looks, is_async ? &t[n] : NULL);
		while (turns - turn < i % 7)
			sched_yield();
		for (volatile int n = 0; n < i * 37 % 2000; n++)
			;
		for (size_t n = 0; n < COUNT(t); n++)
			pthread_cancel(t[n]);
		for (size_t n = 0; n < COUNT(t); n++) {
			pthread_join(t[n], &end);
			cancelled += end == PTHREAD_CANCELED;
		}
	}
	say("cancelled %d, fds %d\n", cancelled, open_count() - before);
	/* Nothing is locked. */
	R(chmod("f", 0640));
	R(access("/etc/absolute", F_OK));
	R(mkdir("later", 0755));
	R(rename("later", "latest"));
	CHILD("after") {
		R(chmod("f", 0604));
		R(execve(twin_self, ARGV("x", "@say", "another program"), environ));
	}
}
#endif

CASE(cancel_asynchronous)
{
#ifndef TWIN_RAW
	cancel_anywhere(1, 400);
#endif
}

CASE(cancel_deferred)
{
#ifndef TWIN_RAW
	cancel_anywhere(0, 200);
#endif
}

#ifndef TWIN_RAW
static volatile int went_on;

/* Cancelling is off: the request waits until it is on again, and the call goes on. */
static void *is_disabled(void *arg)
{
	int old, fd;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	waiter = (pid_t)syscall(SYS_gettid);
	fd = (int)R(open("fifo", O_RDONLY));
	show_fd("fifo", fd);
	close(fd);
	went_on = 1;
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	went_on = 2;
	return arg;
}
#endif

CASE(cancel_disabled)
{
#ifndef TWIN_RAW
	pthread_t t;
	void *end;

	mkfifo("fifo", 0644);
	pthread_create(&t, NULL, is_disabled, NULL);
	wait_for_sleep();
	pthread_cancel(t);
	wait_for_sleep();
	put("fifo", "it went on");
	pthread_join(t, &end);
	say("cancelled %d went on %d\n", end == PTHREAD_CANCELED, went_on);
#endif
}

#ifndef TWIN_RAW
static void *opens(void *arg)
{
	int fd;

	waiter = (pid_t)syscall(SYS_gettid);
	fd = (int)R(open("/t/link", O_RDONLY));
	show_fd("fifo", fd);
	return arg;
}
#endif

/* setgid(2) is done by every thread, at a signal of libc's own: a call that waits is restarted. */
CASE(cancel_not_setgid)
{
#ifndef TWIN_RAW
	pthread_t t;

	mkfifo("fifo", 0644);
	symlink("/t/fifo", "link");
	pthread_create(&t, NULL, opens, NULL);
	wait_for_sleep();
	for (int i = 0; i < 20; i++) {
		if (setgid(getgid()) != 0)
			say("setgid failed: %e\n", errno);
		wait_for_sleep();
	}
	put("fifo", "it went on");
	pthread_join(t, NULL);
#endif
}
