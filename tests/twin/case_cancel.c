/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cancel.c - tests pthread_cancel(3): a thread that waits in a call is cancelled at once.
 */
#include "case_cancel.h"

#ifndef TWIN_RAW
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
