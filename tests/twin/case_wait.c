/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_wait.c - tests sigsuspend, ppoll, pselect, epoll_pwait and sigtimedwait with full masks;
 * EINTR and SA_RESTART.
 */
#include "twin.h"

static volatile int seen, in_handler;
static int tell; /* a descriptor that is written to by the handler, or 0 */

static void handler(int sig)
{
	struct stat st;

	(void)sig;
	seen++;
	in_handler = stat("/etc/absolute", &st);
	if (tell)
		write(tell, "x", 1);
}

static void arm(int flags)
{
	struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};

	sigfillset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	seen = 0;
	in_handler = -9;
}

/* Again and again until calm(): on a busy machine the first may come before the call that it is to
 * interrupt. */
static void soon(void)
{
	struct itimerval often = {{0, 5000}, {0, 5000}};

	setitimer(ITIMER_REAL, &often, NULL);
}

static void calm(void)
{
	struct itimerval never = {{0, 0}, {0, 0}};

	setitimer(ITIMER_REAL, &never, NULL);
}

static void show_mask(const char *what)
{
	sigset_t s;
	unsigned long mask;

	calm();
	sigprocmask(SIG_BLOCK, NULL, &s);
	memcpy(&mask, &s, sizeof(mask));
	say("%s: seen %d, stat in the handler %d, mask %lx\n", what, seen > 0, in_handler, mask);
}

static void set_alarm_ignored(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};

	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
}

CASE(wait_with_full_masks)
{
	sigset_t all_but, blocked;
	struct timespec long_time = {10, 0};
	int p[2];

	sigfillset(&all_but);
	sigdelset(&all_but, SIGALRM);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGALRM);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	pipe(p);
	arm(0);
	soon();
	R(sigsuspend(&all_but));
	show_mask("sigsuspend");
	arm(SA_RESTART);
	soon();
	R(ppoll(NULL, 0, &long_time, &all_but));
	show_mask("ppoll");
	arm(0);
	soon();
	R(pselect(0, NULL, NULL, NULL, &long_time, &all_but));
	show_mask("pselect");
	arm(0);
	soon();
	int e = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN};
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
	R(epoll_pwait(e, &ev, 1, 10000, &all_but));
	show_mask("epoll_pwait");
	arm(0);
	soon();
	R(SYSCALL(SYS_epoll_pwait2, e, &ev, 1, &long_time, &all_but, 8));
	show_mask("epoll_pwait2");
	/* Ready descriptors: no signal, the mask has no effect. (One more may be pending from the
	 * timer.) */
	set_alarm_ignored();
	write(p[1], "x", 1);
	R(epoll_pwait(e, &ev, 1, 10000, &all_but));
	struct pollfd pf = {p[0], POLLIN, 0};
	R(ppoll(&pf, 1, &long_time, &all_but));
	fd_set set;
	FD_ZERO(&set);
	FD_SET(p[0], &set);
	R(pselect(p[0] + 1, &set, NULL, NULL, &long_time, &all_but));
	R(access("/etc/passwd", F_OK));
	show_mask("ready");
}

CASE(wait_bad_masks)
{
	sigset_t s;
	struct timespec none = {0, 0};

	sigfillset(&s);
	R(SYSCALL(SYS_rt_sigsuspend, &s, 4));
	R(SYSCALL(SYS_rt_sigsuspend, 8, 8));
	R(SYSCALL(SYS_ppoll, NULL, 0, &none, &s, 4));
	R(SYSCALL(SYS_ppoll, NULL, 0, &none, 8, 8));
	R(SYSCALL(SYS_ppoll, NULL, 0, &none, NULL, 4));
	long bad[2] = {(long)&s, 4};
	R(SYSCALL(SYS_pselect6, 0, NULL, NULL, NULL, &none, bad));
	R(SYSCALL(SYS_pselect6, 0, NULL, NULL, NULL, &none, 8L));
	bad[0] = 0;
	R(SYSCALL(SYS_pselect6, 0, NULL, NULL, NULL, &none, bad));
	int e = epoll_create1(0);
	struct epoll_event ev;
	R(SYSCALL(SYS_epoll_pwait, e, &ev, 1, 0, &s, 4));
	R(SYSCALL(SYS_epoll_pwait, e, &ev, 1, 0, 8, 8));
	R(SYSCALL(SYS_epoll_pwait, e, &ev, 1, 0, NULL, 77));
	R(SYSCALL(SYS_epoll_pwait, 99, &ev, 1, 0, &s, 8));
	show_mask("after");
}

CASE(wait_sigtimedwait)
{
	sigset_t s;
	siginfo_t info;
	struct timespec little = {0, 1000000}, none = {0, 0};

	sigemptyset(&s);
	sigaddset(&s, SIGSYS);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	R(sigtimedwait(&s, &info, &little));
	raise(SIGUSR1);
	R(access("/etc/passwd", F_OK));
	R(sigtimedwait(&s, &info, &none));
	raise(SIGSYS);
	R(access("/etc/passwd", F_OK));
	R(sigtimedwait(&s, &info, &none));
	R(sigtimedwait(&s, NULL, &none));
	arm(0);
	soon();
	struct timespec long_time = {10, 0};
	/* By its number: musl's function goes on waiting after a handler. */
	R(SYSCALL(SYS_rt_sigtimedwait, &s, &info, &long_time, 8));
	show_mask("interrupted");
}

/* A blocking call on a path: it can be interrupted, restarted, and left by longjmp, as the kernel
 * does it. */
CASE(wait_fifo_eintr)
{
	mkfifo("p", 0600);
	arm(0);
	soon();
	R(open("p", O_RDONLY));
	calm();
	say("seen %d %d\n", seen > 0, in_handler);
	arm(0);
	soon();
	R(openat(AT_FDCWD, "/t/p", O_WRONLY));
	calm();
	say("seen %d %d\n", seen > 0, in_handler);
	R(open("p", O_WRONLY | O_NONBLOCK));
	R(open("p", O_RDONLY | O_NONBLOCK));
}

CASE(wait_fifo_restart)
{
	char byte;
	int told[2];

	mkfifo("p", 0600);
	pipe(told);
	tell = told[1];
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 3; i++)
			read(told[0], &byte, 1);
		int fd = open("p", O_WRONLY);
		write(fd, "late", 4);
		twin_exit(0);
	}
	arm(SA_RESTART);
	soon();
	int fd = (int)R(open("p", O_RDONLY));
	show_mask("restarted");
	show_fd("p", fd);
	reap("writer", pid);
}

static sigjmp_buf jump;

static void leave(int sig)
{
	(void)sig;
	seen++;
	calm();
	siglongjmp(jump, 1);
}

CASE(wait_fifo_longjmp)
{
	struct sigaction sa = {.sa_handler = leave};
	volatile int round = 0;
	struct stat st;

	mkfifo("p", 0600);
	put("f", "x");
	sigemptyset(&sa.sa_mask);
	sigaction(SIGALRM, &sa, NULL);
	for (; round < 10; round++) {
		if (sigsetjmp(jump, 1) == 0) {
			soon();
			open("p", O_RDONLY);
			say("opened?\n");
		}
		if (stat("f", &st) < 0)
			say("stat %e\n", errno);
	}
	/* (On a busy machine the timer may come once more before the handler stops it.) */
	say("rounds %d seen %d\n", round, seen >= round);
	/* Whatever the interrupted call held is gone: the next number is the lowest. */
	R(open("f", O_RDONLY));
	show_mask("after");
	sa.sa_handler = handler;
	sigaction(SIGALRM, &sa, NULL);
	soon();
	R(open("p", O_RDONLY));
	calm();
}

CASE(wait_read_eintr)
{
	char buf[4];
	int p[2], status;

	pipe(p);
	arm(0);
	soon();
	R(read(p[0], buf, 1));
	arm(0);
	soon();
	R(nanosleep(&((struct timespec){10, 0}), NULL));
	arm(0);
	soon();
	R(poll(NULL, 0, 10000));
	pid_t pid = fork();
	if (pid == 0) {
		for (;;)
			pause();
	}
	arm(0);
	soon();
	R(waitpid(pid, &status, 0));
	calm();
	kill(pid, SIGTERM);
	reap("child", pid);
	arm(0);
	soon();
	R(pause());
	calm();
	say("seen %d\n", seen > 0);
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "s"};
	bind(l, (struct sockaddr *)&a, sizeof(a));
	listen(l, 1);
	arm(0);
	soon();
	R(accept(l, NULL, NULL));
	int f = open("lock", O_CREAT | O_RDWR, 0600);
	flock(f, LOCK_EX);
	int g = open("lock", O_RDWR);
	arm(0);
	soon();
	R(flock(g, LOCK_EX));
	calm();
	say("seen %d\n", seen > 0);
}

/* Calls that wait for another process. */
static int lock_by(int how)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const int fd = open("lock", O_CREAT | O_RDWR, 0600);
	return how == 0 ? flock(fd, LOCK_EX) :
			  fcntl(fd, how == 1 ? F_SETLKW : F_OFD_SETLKW, &whole);
}

static const struct sockaddr_un full = {.sun_family = AF_UNIX, .sun_path = "full"};

static int wait_by(int how)
{
	struct {
		uint64_t flags, mode, resolve;
	} in_t = {O_RDONLY, 0, 0x08 /* RESOLVE_BENEATH */};

	switch (how) {
	case 3:
		return (int)SYSCALL(SYS_openat2, AT_FDCWD, "p", &in_t, sizeof(in_t)) < 0 ? -1 : 0;
	case 4:
		return open("/t/link", O_RDONLY | O_CREAT, 0600) < 0 ? -1 : 0;
	case 5:
		return connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&full,
			sizeof(full));
	default:
		return lock_by(how);
	}
}

/* The other process: is ready, waits for three bytes, and ends the wait. A listener stays. */
static void hold(int how, int ready, int told)
{
	int l = -1;
	char byte;

	if (how < 3) {
		lock_by(how);
	} else if (how == 5) {
		unlink("full");
		l = socket(AF_UNIX, SOCK_STREAM, 0);
		bind(l, (const struct sockaddr *)&full, sizeof(full));
		listen(l, 0);
		connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&full,
			sizeof(full));
	}
	write(ready, "x", 1);
	for (int i = 0; i < 3; i++)
		read(told, &byte, 1);
	if (how == 3 || how == 4)
		open("p", O_WRONLY);
	else if (how == 5)
		accept(l, NULL, NULL);
	while (how == 5 && read(told, &byte, 1) > 0)
		;
	twin_exit(0);
}

enum { NONE, RESTARTED, LEFT, WAYS };

static void interrupted(const char *name, int how, int way)
{
	int ready[2], told[2];
	char byte;

	pipe(ready);
	pipe(told);
	const pid_t pid = fork();
	if (pid == 0) {
		close(told[1]);
		hold(how, ready[1], told[0]);
	}
	read(ready[0], &byte, 1);
	tell = told[1];
	arm(way == RESTARTED ? SA_RESTART : 0);
	if (way == LEFT)
		sigaction(SIGALRM, &(struct sigaction){.sa_handler = leave}, NULL);
	if (!sigsetjmp(jump, 1)) {
		soon();
		say("%e\n", wait_by(how) ? errno : 0);
	}
	show_mask(name);
	close(told[1]);
	open("p", O_RDONLY | O_NONBLOCK);
	reap("the other", pid);
}

CASE(wait_ways)
{
	static const char *const name[] = {"flock", "F_SETLKW", "F_OFD_SETLKW", "openat2 of a fifo",
		"a fifo by a link", "connect"};

	mkfifo("p", 0600);
	symlink("p", "link");
	for (int how = 0; how < (int)COUNT(name); how++)
		for (int way = NONE; way < WAYS; way++)
			CHILD(way == NONE ? "none" : way == RESTARTED ? "SA_RESTART" : "left")
				interrupted(name[how], how, way);
}
