/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_table_process.c - tests what user 1000 may do to processes of root, of another user, and
 * of itself.
 */
#include "twin.h"

#include <grp.h>
#include <pthread.h>

#define USER 1000u

static void become_mixed(unsigned real, unsigned effective)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, effective, effective, effective);
	SYSCALL(SYS_setresuid, real, effective, effective);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static void become(unsigned id)
{
	become_mixed(id, id);
}

/* A process that waits to be killed. */
static pid_t waiting_mixed(unsigned real, unsigned effective)
{
	int ready[2];
	char byte;
	pid_t pid;

	pipe(ready);
	pid = twin_fork();
	if (!pid) {
		if (real || effective)
			become_mixed(real, effective);
		write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	read(ready[0], &byte, 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static pid_t waiting(unsigned id)
{
	return waiting_mixed(id, id);
}

static void signals(pid_t pid)
{
	siginfo_t info = {.si_code = SI_QUEUE};
	const int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	R(SYSCALL(SYS_kill, pid, 0));
	R(SYSCALL(SYS_kill, pid, SIGWINCH));
	R(SYSCALL(SYS_kill, pid, SIGCONT));
	R(SYSCALL(SYS_kill, pid, 99));
	R(SYSCALL(SYS_tkill, pid, 0));
	R(SYSCALL(SYS_tgkill, pid, pid, SIGWINCH));
	R(SYSCALL(SYS_rt_sigqueueinfo, pid, SIGWINCH, &info));
	R(SYSCALL(SYS_rt_tgsigqueueinfo, pid, pid, SIGWINCH, &info));
	R(SYSCALL(SYS_pidfd_send_signal, fd, SIGWINCH, NULL, 0));
	close(fd);
}

static void traces(pid_t pid)
{
	char byte[8];
	struct iovec here = {byte, 1}, there = {(void *)twin_self, 1};
	long list, len;
	const int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	R(SYSCALL(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0));
	R(SYSCALL(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0));
	R(SYSCALL(SYS_kcmp, pid, pid, 1 /* KCMP_VM */, 0, 0));
	R(SYSCALL(SYS_kcmp, getpid(), pid, 1, 0, 0) < 0 ? errno : 0);
	R(SYSCALL(SYS_get_robust_list, pid, &list, &len));
	R(close((int)SYSCALL(SYS_pidfd_getfd, fd, 0, 0)));
	R(SYSCALL(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, pid, 0, 0));
	R(SYSCALL(SYS_ptrace, 17 /* PTRACE_DETACH */, pid, 0, 0));
	close(fd);
}

static void limits(pid_t pid)
{
	struct rlimit old;
	struct sched_param param = {0};
	unsigned long mask[16];
	const long n = SYSCALL(SYS_sched_getaffinity, pid, sizeof(mask), mask);

	R(SYSCALL(SYS_prlimit64, pid, RLIMIT_CORE, NULL, &old));
	R(SYSCALL(SYS_prlimit64, pid, RLIMIT_CORE, &old, NULL));
	R(SYSCALL(SYS_getpriority, PRIO_PROCESS, pid) < 0);
	R(SYSCALL(SYS_setpriority, PRIO_PROCESS, pid, 19));
	R(SYSCALL(SYS_sched_setscheduler, pid, SCHED_OTHER, &param));
	R(SYSCALL(SYS_sched_setparam, pid, &param));
	R(SYSCALL(SYS_sched_setaffinity, pid, n > 0 ? n : 8, mask));
	R(SYSCALL(SYS_ioprio_set, 1, pid, 2 << 13 | 4));
	R(SYSCALL(SYS_ioprio_get, 1, pid) < 0);
}

static void capabilities(pid_t pid)
{
	unsigned header[2] = {0x20080522, (unsigned)pid}, data[6] = {0};

	R(SYSCALL(SYS_capget, header, data));
	say("effective %d, permitted %d\n", data[0] != 0, data[1] != 0);
}

static void ask(int about_signals)
{
	static const unsigned owners[] = {0, 7, USER};

	for (size_t i = 0; i < COUNT(owners); i++) {
		const pid_t pid = waiting(owners[i]);

		for (int round = 0; round < 2; round++)
			CHILD("asked") {
				if (round)
					become(USER);
				say("%s, of %u\n", round ? "user" : "root", owners[i]);
				if (about_signals) {
					signals(pid);
					continue;
				}
				traces(pid);
				if (round) /* root of a container may lack CAP_SYS_RESOURCE */
					limits(pid);
				capabilities(pid);
				capabilities(getpid());
			}
		kill(pid, SIGKILL);
		reap("target", pid);
	}
}

CASE(table_root_processes)
{
	ask(0);
}

/* The target has the caller's id as its real or its effective one alone, or the caller has the target's so. */
CASE(table_root_processes_mixed)
{
	static const unsigned ids[][2] = {{7, USER}, {USER, 7}, {7, 7}, {USER, USER}};

	for (size_t i = 0; i < 16; i++) {
		const unsigned *of = ids[i / 4], *by = ids[i % 4];
		const pid_t pid = waiting_mixed(of[0], of[1]);

		CHILD("asked") {
			become_mixed(by[0], by[1]);
			say("%u/%u, of %u/%u\n", by[0], by[1], of[0], of[1]);
			limits(pid);
		}
		kill(pid, SIGKILL);
		reap("target", pid);
	}
}

CASE(table_root_signals)
{
	ask(1);
}

static int told[2], done[2];

static void *wait_there(void *unused)
{
	const int tid = (int)SYSCALL(SYS_gettid);
	char byte;

	(void)unused;
	write(told[1], &tid, sizeof(tid));
	read(done[0], &byte, 1);
	return NULL;
}

/* Another thread of the process is what the process is. */
CASE(table_root_capget_thread)
{
	pthread_t thread;
	int tid;

	pipe(told);
	pipe(done);
	pthread_create(&thread, NULL, wait_there, NULL);
	read(told[0], &tid, sizeof(tid));
	capabilities(tid);
	setgroups(0, NULL);
	setresgid(USER, USER, USER);
	setresuid(USER, USER, USER); /* libc's: of all threads */
	capabilities(tid);
	capabilities(getpid());
	R(SYSCALL(SYS_tkill, tid, 0));
	R(SYSCALL(SYS_tgkill, getpid(), tid, 0));
	CHILD("child") {
		capabilities(tid);
		R(SYSCALL(SYS_tkill, tid, 0));
	}
	write(done[1], "x", 1);
	pthread_join(thread, NULL);
}
