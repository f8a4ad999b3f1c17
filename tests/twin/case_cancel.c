/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cancel.c - pthread_cancel(3): a thread that waits in a call is cancelled at once, one that
 * is cancelled anywhere leaves nothing behind, and calls that wait go on when it is another signal
 * of libc's own that comes.
 */
#include "twin.h"

#ifndef TWIN_RAW
#include <pthread.h>

static int held[2] = {-1, -1}; /* what the waiting calls are made on */
static volatile int cleaned, went_on;

static void cleans_up(void *arg)
{
	cleaned += (int)(long)arg;
}

static struct sockaddr_un address_of(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	strcpy(a.sun_path, name);
	return a;
}

static void waits_open(void)
{
	R(open("fifo", O_RDONLY));
}
static void waits_open_write(void)
{
	R(open("/t/fifo", O_WRONLY));
}
static void waits_open_link(void)
{
	R(openat(AT_FDCWD, "/t/link", O_RDONLY));
}
#ifdef __GLIBC__
static void waits_fopen(void)
{
	RP(fopen("fifo", "r"));
}
#endif
static void waits_read(void)
{
	char c;

	R(read(held[0], &c, 1));
}
static void waits_accept(void)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	R(accept(held[0], (struct sockaddr *)&a, &len));
}
static void waits_connect(void)
{
	const struct sockaddr_un a = address_of("/t/listens");

	R(connect(held[1], (const struct sockaddr *)&a, sizeof(a)));
}
static void waits_sendto(void)
{
	const struct sockaddr_un a = address_of("takes");

	R(sendto(held[1], "x", 1, 0, (const struct sockaddr *)&a, sizeof(a)));
}
static void waits_sendmsg(void)
{
	struct sockaddr_un a = address_of("takes");
	struct iovec v = {"x", 1};
	struct msghdr m = {
		.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1};

	R(sendmsg(held[1], &m, 0));
}
static void waits_recvmsg(void)
{
	char c;
	struct sockaddr_un a;
	struct iovec v = {&c, 1};
	struct msghdr m = {
		.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1};

	R(recvmsg(held[0], &m, 0));
}
static void waits_recvfrom(void)
{
	char c;
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	R(recvfrom(held[0], &c, 1, 0, (struct sockaddr *)&a, &len));
}
static void waits_waitpid(void)
{
	R(waitpid(-1, NULL, 0));
}
static void waits_waitid(void)
{
	siginfo_t info;

	R(waitid(P_ALL, 0, &info, WEXITED));
}
static void waits_pause(void)
{
	R(pause());
}
static void waits_nanosleep(void)
{
	R(nanosleep(&((struct timespec){1000, 0}), NULL));
}
static void waits_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	R(sigsuspend(&none));
}
static void waits_poll(void)
{
	R(poll(NULL, 0, -1));
}
static void waits_ppoll(void)
{
	sigset_t none;

	sigemptyset(&none);
	R(ppoll(NULL, 0, NULL, &none));
}
static void waits_pselect(void)
{
	sigset_t none;

	sigemptyset(&none);
	R(pselect(0, NULL, NULL, NULL, NULL, &none));
}
static void waits_epoll(void)
{
	struct epoll_event e;
	sigset_t none;

	sigemptyset(&none);
	R(epoll_pwait(held[0], &e, 1, -1, &none));
}
static void waits_sigwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	R(sigtimedwait(&set, NULL, NULL));
}
static void waits_lock(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	R(fcntl(held[1], F_SETLKW, &lock));
}

/* Descriptors that are open, below 200. */
static int open_count(void)
{
	int n = 0;

	for (int fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Is thread `tid` of ours asleep in a call? What it does there is the kernel's to know. */
static int is_asleep(pid_t tid)
{
	char path[64], text[400] = "";
	const char *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'S';
}

static volatile pid_t waiter;

static void *in_call(void *arg)
{
	void (**call)(void) = arg;

	pthread_cleanup_push(cleans_up, (void *)1L);
	waiter = (pid_t)syscall(SYS_gettid);
	(*call)();
	went_on++;
	pthread_cleanup_pop(0);
	return NULL;
}

/* It sleeps: seen so three times, with time to fall out of a lock between. */
static void wait_for_sleep(void)
{
	for (int seen = 0; seen < 3;) {
		nanosleep(&((struct timespec){0, 2000000}), NULL);
		seen = waiter && is_asleep(waiter) ? seen + 1 : 0;
	}
}

static void cancel_in(const char *name, void (*call)(void))
{
	pthread_t t;
	void *end = NULL;
	const int before = open_count();

	waiter = 0;
	cleaned = 0;
	pthread_create(&t, NULL, in_call, &call);
	wait_for_sleep();
	pthread_cancel(t);
	pthread_join(t, &end);
	say("%s: %s, cleaned %d, went on %d, fds %d\n", name,
		end == PTHREAD_CANCELED ? "cancelled" : "ended", cleaned, went_on,
		open_count() - before);
}
#define CANCEL_IN(what) cancel_in(#what, waits_##what)

static void close_held(void)
{
	close(held[0]);
	close(held[1]);
}
#endif

CASE(cancel_open)
{
#ifndef TWIN_RAW
	mkfifo("fifo", 0644);
	symlink("/t/fifo", "link");
	CANCEL_IN(open);
	CANCEL_IN(open_write);
	CANCEL_IN(open_link);
#ifdef __GLIBC__ /* musl's is no cancellation point, which POSIX leaves open */
	CANCEL_IN(fopen);
#endif
	/* And not stuck: it works when there is another end. */
	R(close(open("fifo", O_RDWR)));
#endif
}

CASE(cancel_read)
{
#ifndef TWIN_RAW
	pipe(held);
	CANCEL_IN(read);
	close_held();
	held[0] = epoll_create1(0);
	CANCEL_IN(epoll);
	CANCEL_IN(poll);
	CANCEL_IN(ppoll);
	CANCEL_IN(pselect);
#endif
}

CASE(cancel_unix)
{
#ifndef TWIN_RAW
	struct sockaddr_un a = address_of("listens"), takes = address_of("/t/takes");

	held[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	R(bind(held[0], (struct sockaddr *)&a, sizeof(a)));
	R(listen(held[0], 0));
	CANCEL_IN(accept);
	/* One connection fits into the queue, the second waits. */
	held[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	R(connect(held[1], (struct sockaddr *)&a, sizeof(a)));
	held[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	CANCEL_IN(connect);
	close_held();

	held[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
	held[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	R(bind(held[0], (struct sockaddr *)&takes, sizeof(takes)));
	CANCEL_IN(recvmsg);
	CANCEL_IN(recvfrom);
	while (sendto(held[1], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&takes, sizeof(takes)) == 1)
		;
	CANCEL_IN(sendto);
	CANCEL_IN(sendmsg);
#endif
}

CASE(cancel_wait)
{
#ifndef TWIN_RAW
	const pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	CANCEL_IN(waitpid);
	CANCEL_IN(waitid);
	CANCEL_IN(pause);
	CANCEL_IN(nanosleep);
	CANCEL_IN(sigsuspend);
	CANCEL_IN(sigwait);
	kill(child, SIGKILL);
	R(waitpid(child, NULL, 0) == child);
#endif
}

CASE(cancel_lock)
{
#ifndef TWIN_RAW
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	put("locked", "x");
	const pid_t child = fork();

	if (!child) {
		const int fd = open("locked", O_RDWR);

		fcntl(fd, F_SETLKW, &lock);
		put("ready", "x");
		for (;;)
			pause();
	}
	while (access("ready", F_OK))
		sched_yield();
	held[1] = open("locked", O_RDWR);
	CANCEL_IN(lock);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	R(fcntl(held[1], F_SETLKW, &lock));
#endif
}

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
