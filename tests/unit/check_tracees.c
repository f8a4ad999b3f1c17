/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_tracees.c - tests a tracer that changes a call of the engine (exec/tracee_changes.c). A real
 * child stops at such a call. */
#include "unit.h"

#include "exec/tracees.h"
#include "jail/jail.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/page.h"
#include "sys/sys.h"

#include <elf.h>
#include <signal.h>
#include <string.h>
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
		fj_sys4(__NR_newfstatat, -1, 2, 3, 4);
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

Suite *unit_suite_tracees(void)
{
	Suite *s = suite_create("tracees");
	TCase *c = tcase_create("tracees");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, of_arguments);
	tcase_add_test(c, of_other_stops);
	suite_add_tcase(s, c);
	return s;
}
