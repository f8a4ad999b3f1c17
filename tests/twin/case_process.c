/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_process.c - tests fork, vfork, clone and exec in combinations: which processes share
 * what, and many at once.
 */
#include "twin.h"

#ifndef CLONE_VM
#define CLONE_VM 0x100
#define CLONE_VFORK 0x4000
#define CLONE_FS 0x200
#endif

CASE(process_vfork_exec)
{
	for (volatile int i = 0; i < 5; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			execve(twin_self, ARGV("x", "@say", "from a vfork"), environ);
			_exit(9);
		}
		reap("vfork", pid);
	}
	pid_t pid = vfork();
	if (pid == 0) {
		execve("/missing", ARGV("x"), environ);
		_exit(errno == ENOENT ? 7 : 8);
	}
	reap("missing", pid);
	pid = vfork();
	if (pid == 0) {
		chdir("/etc");
		int fd = open("passwd", O_RDONLY);
		_exit(fd == 3 && access("absolute", F_OK) == 0 ? 5 : 6);
	}
	reap("chdir and open", pid);
	/* The directory and the files are the child's own, the memory is not. */
	R(access("passwd", F_OK));
	R(open("/etc/passwd", O_RDONLY));
}

CASE(process_vfork_script)
{
	char text[100] = "#!";

	memcpy(text + 2, twin_self, strlen(twin_self));
	memcpy(text + 2 + strlen(twin_self), " @argv\n", 8);
	put_mode("script", text, 0755);
	for (volatile int i = 0; i < 3; i++) {
		pid_t pid = vfork();
		if (pid == 0) {
			execve("script", ARGV("x", "1", "2"), environ);
			_exit(9);
		}
		reap("script", pid);
	}
}

CASE(process_fork_storm)
{
	int bad = 0, status;

	put("f", "x");
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct stat st;
			_exit(stat("f", &st) == 0 && open("/etc/absolute", O_RDONLY) == 3 &&
						chdir("/etc") == 0 && access("passwd", F_OK) == 0 ?
					0 :
					1);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			bad++;
	}
	say("bad %d\n", bad);
	pid_t pids[50];
	for (size_t i = 0; i < COUNT(pids); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			for (int j = 0; j < 50; j++) {
				if (access("f", F_OK) < 0 || access("/etc/missing", F_OK) == 0)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (size_t i = 0; i < COUNT(pids); i++) {
		if (waitpid(pids[i], &status, 0) != pids[i] || status != 0)
			bad++;
	}
	say("bad %d\n", bad);
}

CASE(process_exec_storm)
{
	volatile int bad = 0, i;
	int status;

	for (i = 0; i < 30; i++) {
		pid_t pid = i & 1 ? vfork() : fork();
		if (pid == 0) {
			execve(twin_self, ARGV("x", "@exit", "3"), environ);
			_exit(9);
		}
		if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3)
			bad++;
	}
	say("bad %d\n", bad);
}

/* Generations of exec: each starts the next. */
TOOL(generation)
{
	static char next[2] = "0";

	next[0] = (char)(argv[2][0] + 1);
	say("generation %s\n", argv[2]);
	if (next[0] < '9')
		execve("/proc/self/exe", ARGV(argv[0], "@generation", next), environ);
	R(access("/etc/passwd", F_OK));
}

CASE(process_exec_chain)
{
	CHILD("chain")
		R(execve(twin_self, ARGV("name", "@generation", "0"), environ));
}

#ifndef TWIN_RAW
static char stack[65536] __attribute__((aligned(16)));
static volatile int shared;

static int body(void *arg)
{
	struct stat st;

	shared = (int)(long)arg;
	if (stat("/etc/absolute", &st) < 0)
		return 1;
	chdir("/etc");
	return access("passwd", F_OK) == 0 ? 0 : 2;
}
#endif

/* CLONE_VM without CLONE_VFORK: two of them run in one memory with one fs base. Leak checkers do
 * that. */
CASE(process_clone_vm)
{
#ifndef TWIN_RAW
	struct stat st;
	int bad = 0;

	for (int i = 0; i < 20; i++) {
		pid_t pid = clone(
			body, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)(long)(i + 1));
		for (int j = 0; j < 20; j++)
			bad += stat("/etc/above", &st) < 0;
		int status;
		waitpid(pid, &status, 0);
		if (i == 0)
			say_status("clone", status);
		bad += status != 0;
	}
	say("bad %d shared %d\n", bad, shared);
	R(access("passwd", F_OK));
	pid_t pid = clone(body, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_VFORK | SIGCHLD,
		(void *)99);
	reap("shared directory", pid);
	R(access("passwd", F_OK));
	say("shared %d\n", shared);
#endif
}

CASE(process_exec_in_clone_vm)
{
#ifndef TWIN_RAW
	say("-- with CLONE_VFORK\n");
	pid_t pid = vfork();
	if (pid == 0) {
		setsid();
		chdir("/etc");
		execve(twin_self, ARGV("x", "@where"), environ);
		_exit(1);
	}
	reap("vfork", pid);
	R(access("passwd", F_OK));
#endif
}

CASE(process_clone3)
{
	struct twin_clone_args a;

	/* Only whether one can make a process; ENOSYS is a right answer too, for then libc falls
	 * back. */
	memset(&a, 0, sizeof(a));
	a.exit_signal = SIGCHLD;
	long pid = SYSCALL(SYS_clone3, &a, sizeof(a));
	if (pid == 0)
		_exit(access("/etc/absolute", F_OK) == 0 ? 4 : 5);
	if (pid < 0 && errno == ENOSYS) {
		pid = fork();
		if (pid == 0)
			_exit(4);
	}
	reap("child", (pid_t)pid);
	R(access("/etc/passwd", F_OK));
}

CASE(process_orphans)
{
	int p[2];
	char c = '?';

	pipe(p);
	CHILD("middle") {
		if (fork() == 0) {
			nanosleep(&((struct timespec){0, 10000000}), NULL);
			c = access("/etc/absolute", F_OK) == 0 && chdir("/link-to-etc") == 0 &&
					    access("group", F_OK) == 0 ?
				    'y' :
				    'n';
			write(p[1], &c, 1);
			_exit(0);
		}
	}
	read(p[0], &c, 1);
	say("orphan %c\n", c);
}

CASE(process_exit_codes)
{
	static const int codes[] = {0, 1, 2, 42, 125, 126, 127, 128, 255, 256};

	for (size_t i = 0; i < COUNT(codes); i++) {
		CHILD("exit")
			_exit(codes[i]);
	}
	CHILD("abort")
		abort();
	twin_exit(93);
}

CASE(process_killed)
{
	say("by SIGTERM\n");
	kill(getpid(), SIGTERM);
	pause();
}

CASE(process_killed_by_sigsys)
{
	say("by SIGSYS\n");
	kill(getpid(), SIGSYS);
	pause();
}
