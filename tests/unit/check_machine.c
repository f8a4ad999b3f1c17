/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_machine.c - tests the names of the machine (procfs/machine.c) at each instruction: another
 * process changes them while they are read, or reads them while they are changed.
 *
 * The processor's trap flag gives a SIGTRAP after each instruction. So it does not matter in which
 * order the compiler lets the bytes be copied. Threads (races_records.c) meet these moments by
 * chance. */
#include "bytes/bytes.h"
#include "procfs/machine.h"
#include "unit.h"

#include <signal.h>
#include <sys/ucontext.h>

#define TRAP_FLAG 0x100 /* bit 8 of EFLAGS */

static unsigned steps;
static bool is_over; /* the function has returned */
/* What another process does after an instruction. False: it will do no more. */
static bool (*meet)(void);

static void take_step(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	steps++;
	if (is_over || !meet())
		((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
}

/* Calls `function`, and `other` after each of its instructions. */
static void call_by_steps(void (*function)(void), bool (*other)(void))
{
	const struct sigaction act = {.sa_sigaction = take_step, .sa_flags = SA_SIGINFO};

	meet = other;
	steps = 0;
	is_over = false;
	sigaction(SIGTRAP, &act, NULL);
	/* (128 bytes below the stack pointer may be in use.) */
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orl %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp"
			 :
			 : "i"(TRAP_FLAG)
			 : "memory", "cc");
	function();
	is_over = true;
}

static void name_host(char letter)
{
	char name[FJ_MACHINE_NAME_SIZE] = {0};

	memset(name, letter, FJ_MACHINE_NAME_SIZE - 1);
	fj_machine_rename(true, name);
}

/* The letter of which the host name consists, or 0: it has several. */
static char letter_of_host(const struct fj_machine_names *names)
{
	for (int i = 1; i < FJ_MACHINE_NAME_SIZE - 1; i++)
		if (names->hostname[i] != names->hostname[0])
			return 0;
	return names->hostname[0];
}

static struct fj_machine_names seen;
static unsigned last_step; /* the one after which the names are changed */

static void read_names(void)
{
	fj_machine_names(&seen);
}

/* The second change writes where the reader reads. */
static bool change_twice(void)
{
	if (steps < last_step)
		return true;
	name_host('b');
	name_host('c');
	return false;
}

START_TEST(changed_while_read)
{
	bool has_old = false, has_new = false;

	last_step = 0;
	do {
		char letter;

		last_step++;
		name_host('a');
		call_by_steps(read_names, change_twice);
		letter = letter_of_host(&seen);
		ck_assert_msg(letter == 'a' || letter == 'c', "changed after instruction %u: %.64s",
			last_step, seen.hostname);
		has_old |= letter == 'a';
		has_new |= letter == 'c';
	} while (steps >= last_step);
	ck_assert(has_old && has_new);
}
END_TEST

static bool was_old, was_new;

static void write_b(void)
{
	name_host('b');
}

static bool read_meanwhile(void)
{
	struct fj_machine_names names;
	char letter;

	fj_machine_names(&names);
	letter = letter_of_host(&names);
	ck_assert_msg(letter == 'b' || (letter == 'a' && !was_new),
		"read after instruction %u: %.64s", steps, names.hostname);
	was_old |= letter == 'a';
	was_new |= letter == 'b';
	return true;
}

/* So what a process leaves that is killed at any instruction is whole, too. */
START_TEST(read_while_changed)
{
	name_host('a');
	was_old = was_new = false;
	call_by_steps(write_b, read_meanwhile);
	ck_assert(was_old && was_new);
}
END_TEST

Suite *unit_suite_machine(void)
{
	Suite *s = suite_create("machine");
	TCase *tc = tcase_create("machine");

	tcase_set_timeout(tc, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(tc, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(tc, changed_while_read);
	tcase_add_test(tc, read_while_changed);
	suite_add_tcase(s, tc);
	return s;
}
