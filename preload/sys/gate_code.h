/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate_code.h - where the instructions of the gate page are. For the doors, the filter, and the start
 * of a process. */
#ifndef FJ_GATE_CODE_H
#define FJ_GATE_CODE_H

#include "sys/gate.h"
#include "sys/page.h"

#include <stdbool.h>
#include <stdint.h>

typedef long (*fj_gate_fn)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* Where the engine enters the kernel: gate.S where it was linked, later its copy on the gate page. fj_gate is called by
 * the C convention. calls.S jumps to fj_calls_gate, which is fj_gate_call in the same block. */
extern fj_gate_fn fj_gate;
extern const void *fj_calls_gate;

/* The address of the gate page, or of the block that will be it, in this process. */
static inline uint64_t fj_gate_address(void)
{
	return (uint64_t)fj_gate;
}
/* Does a tracer inside the jail look at the calls of this process? Only where there is a gate page. */
static inline bool fj_thread_is_shown(void)
{
	return *(const volatile uint32_t *)(fj_gate_address() + FJ_GATE_SHOWN_AT);
}
/* Symbols of gate.S: where the block begins and ends, its entries, where each returns from the
 * kernel, and the words for the entries of the doors (door/door.h). */
extern const char fj_gate_begin[], fj_gate_call[], fj_gate_made[], fj_gate_wait[], fj_gate_waited[],
	fj_gate_deferred[], fj_gate_deferred_made[], fj_gate_sigreturn[], fj_gate_doors[],
	fj_gate_end[];
/* The words for the entries of the doors on the gate page at `gate`: 0, or addresses. */
static inline uint64_t *fj_gate_entries(uint64_t gate)
{
	return (uint64_t *)(gate + (uint64_t)(fj_gate_doors - fj_gate_begin));
}
/* Moves the page from where it was linked to `address`, and replaces what is there. Returns the
 * result of mremap(2). Call once. */
long fj_gate_move(uint64_t address);
/* From now on the kernel is entered by the block at `address`. */
static inline void fj_gate_use(uint64_t address)
{
	fj_gate = (fj_gate_fn)address;
	fj_calls_gate = (const void *)(address + (uint64_t)(fj_gate_call - fj_gate_begin));
}

#endif
