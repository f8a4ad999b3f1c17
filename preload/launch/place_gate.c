/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * place_gate.c - maps the gate page, at one of two addresses in every process of the jail. Called by
 * launch.c and continue.c.
 *
 * The addresses are low, where neither programs nor the kernel map anything: above vm.mmap_min_addr (65536
 * on most hosts), below lld's 0x200000 and ld's 0x400000. A hardened host with a larger vm.mmap_min_addr
 * gets a later candidate. A program that is linked to lie there gets the other address (sys/gate.h). Until
 * the page is mapped, no call may be made that the filter traps; mmap and mprotect are not trapped. */
#include "bytes/copy.h"
#include "door/door.h"
#include "launch/loader.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/page.h"
#include "syscall/mman.h"

#include <linux/errno.h>
#include <linux/mman.h>

static const uint64_t candidates[] = FJ_GATE_CANDIDATES;

/* Map a copy of the gate at `address`, where nothing may be mapped yet. */
static long place_copy(uint64_t address)
{
	const size_t size = (size_t)(fj_gate_end - fj_gate_begin), room = FJ_GATE_PAGES * FJ_PAGE;
	/* Together with the page after it: this saves a call and page faults. */
	long at = fj_sys_mmap((void *)address, room, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1, 0);

	if (fj_is_err(at))
		return at;
	if ((uint64_t)at != address) { /* before 4.17 the address is a hint */
		fj_sys_munmap((void *)at, room);
		return -EEXIST;
	}
	memcpy((void *)address, fj_gate_begin, size);
	fj_door_put_entries(address);
	return fj_sys_mprotect((void *)address, FJ_PAGE, PROT_READ | PROT_EXEC);
}

long fj_gate_place(uint64_t address)
{
	long r;

	if (!address) {
		for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
			r = place_copy(candidates[i]);
			if (r >= 0) {
				fj_gate_use(candidates[i]);
				return (long)candidates[i];
			}
		}
		return r;
	}
	/* A new process has nothing there. */
	r = place_copy(address);
	if (r < 0 && (fj_gate_move(address) != (long)address ||
			     fj_is_err(fj_sys_mmap((void *)(address + FJ_PAGE),
				     (FJ_GATE_PAGES - 1) * FJ_PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0))))
		return r;
	fj_gate_use(address);
	return (long)address;
}
