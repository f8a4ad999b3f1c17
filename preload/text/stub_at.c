/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stub_at.c - a signal has found a thread in the stub of a site: where is the thread in its program? Called
 * by door/signals.c.
 *
 * The cancellation of some libcs looks at the instruction pointer (musl, glibc 2.41). It must find the
 * thread at the system call and not in a stub, or it leaves the signal blocked and lets the call wait for
 * ever. A stub is recognised by its end, which loads the address after the system call, and by the jump
 * there that leads to its beginning; patch/stubs.c writes both. */
#include "bytes/copy.h"
#include "guest/guest.h"
#include "sys/page.h"
#include "text/decode.h"
#include "text/sites.h"

#define SYSCALL 2u /* bytes of each instruction */
#define JUMP 5u
#define LEA 7u
#define LEAD 2u /* bytes of the last jump that identify it */

static bool are_readable(uint64_t from, uint64_t to)
{
	return fj_guest_is_readable(from) && fj_guest_is_readable(to - 1);
}

/* lea behind(%rip),%rcx and a jump: the end of each stub that leaves its syscall instruction in place. */
static bool is_end(const uint8_t *p)
{
	return p[0] == 0x48 && p[1] == 0x8d && p[2] == 0x0d &&
	       (p[LEA] == 0xe9 || (p[LEA] == 0xff && p[LEA + 1] == 0x25));
}

static int32_t read_distance(const uint8_t *p)
{
	int32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The address of the jump that leads to the stub which ends at `end`. 0: this is no stub. */
static uint64_t jump_of_stub(uint64_t end, uint64_t behind)
{
	const uint64_t at = behind - SYSCALL;

	if (!are_readable(at - FJ_SITE_MOVED_MAX, behind) || ((const uint8_t *)at)[0] != 0x0f ||
		((const uint8_t *)at)[1] != 0x05)
		return 0;
	for (uint64_t moved = JUMP; moved <= FJ_SITE_MOVED_MAX; moved++) {
		const uint8_t *jump = (const uint8_t *)at - moved;

		if (*jump == 0xe9 &&
			at - moved + JUMP + (uint64_t)(int64_t)read_distance(jump + 1) ==
				end - moved)
			return at - moved;
	}
	return 0;
}

uint64_t fj_stub_program_ip(uint64_t ip)
{
	const uint64_t page_end = (ip | (FJ_PAGE - 1)) + 1;
	uint64_t readable_end = page_end, at = ip, behind, jump;

	if (page_end - ip < FJ_SITE_MOVED_MAX + LEA + LEAD && fj_guest_is_readable(page_end))
		readable_end += FJ_PAGE;
	if (fj_guest_is_readable(ip - LEA) && readable_end - ip >= LEAD &&
		is_end((const uint8_t *)ip - LEA)) {
		at = ip - LEA;
	} else {
		struct fj_insn insn;

		while (at + LEA + LEAD <= readable_end && !is_end((const uint8_t *)at)) {
			if (at - ip > FJ_SITE_MOVED_MAX ||
				!fj_decode((const uint8_t *)at, readable_end - at, &insn))
				return ip;
			at += insn.len;
		}
		if (at + LEA + LEAD > readable_end)
			return ip;
	}
	behind = at + LEA + (uint64_t)(int64_t)read_distance((const uint8_t *)at + 3);
	jump = jump_of_stub(at, behind);
	if (!jump)
		return ip;
	if (ip >= at)
		return behind - SYSCALL;
	return at - ip == behind - SYSCALL - jump ? jump : ip;
}
