/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_tracees.c - tests a tracer that changes a call of the engine (exec/tracee_changes.c), and one
 * that comes and goes (exec/tracees.c). A real child stops at such a call. */
#include "unit.h"

#include "exec/tracees.h"
#include "jail/jail.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/memory.h"
#include "sys/page.h"
#include "syscall/stat.h"

#include <asm/unistd.h>
#include <elf.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static struct user_regs_struct regs;
static pid_t tracee;

static void next_stop(void)
{
	int status;

	ck_assert(!ptrace(PTRACE_SYSCALL, tracee, 0, 0));
	ck_assert_int_eq(waitpid(tracee, &status, 0), tracee);
	ck_assert(WIFSTOPPED(status));
	ck_assert(!ptrace(PTRACE_GETREGS, tracee, 0, &regs));
}

/* The child stops at the entry of a call that it makes on the gate page. */
static void begin(void)
{
	static struct fj_jail jail;
	int status;

	fj_jail = &jail;
	jail.gate = fj_page_down((uint64_t)fj_gate_begin);
	tracee = fork();
	if (!tracee) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		fj_sys_newfstatat(-1, (const char *)2, (struct stat *)3, 4);
		syscall(__NR_newfstatat, -1, 2, 3, 4);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(tracee, &status, 0), tracee);
	do
		next_stop();
	while (regs.orig_rax != __NR_newfstatat);
	ck_assert_int_eq(fj_tracee_on_gate(regs.rip) < FJ_PAGE, 1);
}

static void end(void)
{
	kill(tracee, SIGKILL);
	waitpid(tracee, NULL, 0);
}

static long by_setregs(const struct user_regs_struct *to)
{
	return fj_tracee_changes(tracee, PTRACE_SETREGS, 0, (uint64_t)to);
}

START_TEST(of_arguments)
{
	struct user_regs_struct to = regs;
	struct iovec all = {&to, sizeof(to)};
	char text[1000] = "";
	int p[2], err = dup(2);

	ck_assert(!pipe(p));
	dup2(p[1], 2);
	ck_assert_int_eq(by_setregs(&to), 0);
	ck_assert_int_eq(
		fj_tracee_changes(tracee, PTRACE_SETREGSET, NT_PRSTATUS, (uint64_t)&all), 0);
	to.rbx++;
	to.rsp -= 4096;
	ck_assert_int_eq(by_setregs(&to), 0);
	to.rsi++;
	ck_assert_int_eq(by_setregs(&to), -EPERM);
	ck_assert_int_eq(
		fj_tracee_changes(tracee, PTRACE_SETREGSET, NT_PRSTATUS, (uint64_t)&all), -EPERM);
	ck_assert_int_eq(
		fj_tracee_changes(tracee, PTRACE_SETREGSET, NT_PRFPREG, (uint64_t)&all), 0);
	ck_assert_int_eq(by_setregs((const struct user_regs_struct *)8), 0);
	ck_assert_int_eq(fj_tracee_changes(tracee, PTRACE_POKEUSER,
				 offsetof(struct user_regs_struct, rdi), regs.rdi),
		0);
	ck_assert_int_eq(fj_tracee_changes(tracee, PTRACE_POKEUSER,
				 offsetof(struct user_regs_struct, rdi), regs.rdi + 1),
		-EPERM);
	dup2(err, 2);
	close(p[1]);
	ck_assert_int_gt(read(p[0], text, sizeof(text) - 1), 0);
	ck_assert_ptr_nonnull(strstr(text, "traced by a program that changes system calls"));
	ck_assert_ptr_null(strstr(strstr(text, "hint:") + 1, "hint:")); /* said once */
}
END_TEST

START_TEST(of_other_stops)
{
	struct user_regs_struct to;

	next_stop(); /* the exit */
	to = regs;
	to.rdi++;
	ck_assert_int_eq(by_setregs(&to), 0);
	do
		next_stop();
	while (regs.orig_rax != __NR_newfstatat); /* the entry of a call of the program's own */
	to = regs;
	to.rdi++;
	ck_assert_int_eq(by_setregs(&to), 0);
}
END_TEST

/* A child whose memory has a gate page that means nothing. It has stopped. */
static void begin_waiting(void)
{
	static struct fj_jail jail;
	char *gate = mmap(NULL, FJ_GATE_PAGES * FJ_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	ck_assert_ptr_ne(gate, MAP_FAILED);
	memcpy(gate, fj_gate_begin, sizeof(uint64_t));
	fj_jail = &jail;
	jail.gate = (uint64_t)gate;
	fj_thread_start(0);
	tracee = fork();
	if (!tracee) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	ck_assert_int_eq(waitpid(tracee, &status, 0), tracee);
}

static void resume(long request)
{
	fj_tracee_resumed(tracee, request);
}

static int mark_of_tracee(void)
{
	return (int)ptrace(PTRACE_PEEKDATA, tracee, fj_jail->gate + FJ_GATE_SHOWN_AT, 0);
}

START_TEST(of_one_that_is_left)
{
	resume(PTRACE_SYSCALL);
	ck_assert_int_eq(mark_of_tracee(), getpid());
	fj_tracee_released(tracee);
	ck_assert_int_eq(mark_of_tracee(), 0);
	resume(PTRACE_SYSCALL);
	ck_assert_int_eq(mark_of_tracee(), getpid());
	fj_tracee_released(tracee);
}
END_TEST

/* PTRACE_DETACH fails while it runs. So a tracer stops it, and detaches then. */
START_TEST(of_one_that_is_left_while_it_runs)
{
	int status;

	resume(PTRACE_SYSCALL);
	ck_assert(!ptrace(PTRACE_CONT, tracee, 0, 0));
	fj_tracee_released(tracee);
	kill(tracee, SIGSTOP);
	ck_assert_int_eq(waitpid(tracee, &status, 0), tracee);
	ck_assert_int_eq(mark_of_tracee(), getpid());
	fj_tracee_released(tracee);
	ck_assert_int_eq(mark_of_tracee(), 0);
}
END_TEST

/* The status of a wait that asks for it (WCONTINUED). It is no end. */
START_TEST(of_one_that_is_continued)
{
	resume(PTRACE_SYSCALL);
	ck_assert(!fj_tracee_is_hidden(tracee, 0xffff));
	resume(PTRACE_CONT);
	fj_tracee_released(tracee);
	ck_assert_int_eq(mark_of_tracee(), 0);
}
END_TEST

/* It has executed a program while its tracer did not look at calls. */
START_TEST(of_one_with_new_memory)
{
	resume(PTRACE_SYSCALL);
	resume(PTRACE_CONT);
	ptrace(PTRACE_POKEDATA, tracee, fj_jail->gate + FJ_GATE_SHOWN_AT, 0);
	resume(PTRACE_SYSCALL);
	ck_assert_int_eq(mark_of_tracee(), getpid());
	fj_tracee_released(tracee);
}
END_TEST

Suite *unit_suite_tracees(void)
{
	Suite *s = suite_create("tracees");
	TCase *c = tcase_create("tracees");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, of_arguments);
	tcase_add_test(c, of_other_stops);
	suite_add_tcase(s, c);
	c = tcase_create("marks");
	tcase_set_timeout(c, 0);
	tcase_add_checked_fixture(c, begin_waiting, end);
	tcase_add_test(c, of_one_that_is_left);
	tcase_add_test(c, of_one_that_is_left_while_it_runs);
	tcase_add_test(c, of_one_that_is_continued);
	tcase_add_test(c, of_one_with_new_memory);
	suite_add_tcase(s, c);
	return s;
}
