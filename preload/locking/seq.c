/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * seq.c - sequence counts (seq.h): what a writer does who finds another at work. */
#include "locking/seq.h"

#include "syscall/time.h"

#define SPINS 200
#define NAPS 100
#define NAP_NS 1000000 /* the other may only wait for a processor */

void fj_seq_write_at_last(uint32_t *word)
{
	const int64_t nap[2] = {0, NAP_NS};

	for (int i = 0; i < SPINS + NAPS; i++) {
		if (fj_seq_write(word))
			return;
		if (i >= SPINS)
			fj_sys_nanosleep(nap, 0);
	}
	__atomic_fetch_or(word, 1, __ATOMIC_ACQ_REL);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
