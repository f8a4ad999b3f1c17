/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entries.c - a gate that counts the system calls of the engine. See entries.h. */
#include "entries.h"
#include "sys/gate_code.h"
#include "syscall/unistd_close.h"

#include "unit.h"

#include <asm/unistd.h>

unsigned unit_entries;
static fj_gate_fn real_gate;

static long gate_that_counts(long nr, long a, long b, long c, long d, long e, long f)
{
	if (nr != __NR_rt_sigprocmask && nr != __NR_rt_sigpending && nr != __NR_getcpu)
		unit_entries++;
	return real_gate(nr, a, b, c, d, e, f);
}

long unit_counted(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	long r;

	real_gate = fj_gate;
	fj_gate = gate_that_counts;
	unit_entries = 0;
	r = unit_call5(nr, a, b, c, d, 0);
	fj_gate = real_gate;
	return r;
}

unsigned unit_cost(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_counted(nr, a, b, c, d);

	ck_assert_msg(r >= 0, "%s", unit_result(r));
	if (nr == __NR_openat)
		fj_sys_close((int)r);
	return unit_entries;
}

unsigned unit_cost_again(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const long r = unit_call5(nr, a, b, c, d, 0);

	if (nr == __NR_openat && r >= 0)
		fj_sys_close((int)r);
	return unit_cost(nr, a, b, c, d);
}

unsigned unit_cost_third(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	unit_cost(nr, a, b, c, d);
	unit_cost(nr, a, b, c, d);
	return unit_cost(nr, a, b, c, d);
}
