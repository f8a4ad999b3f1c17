/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate_code.h - where the instructions of the gate page are. For the doors, the filter, and the start
 * of a process. */
#ifndef FJ_GATE_CODE_H
#define FJ_GATE_CODE_H

#include "sys/gate.h"
#include "sys/page.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

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
/* Symbols of gate.S: where the block begins and ends, its entries, and where each returns from the
 * kernel. */
extern const char fj_gate_begin[], fj_gate_made[], fj_gate_wait[], fj_gate_waited[],
	fj_gate_deferred[], fj_gate_deferred_made[], fj_gate_sigreturn[], fj_gate_end[];
/* Moves the page from where it was linked to `address`, and replaces what is there. Returns the
 * result of mremap(2). Call once. */
long fj_gate_move(uint64_t address);

#endif
