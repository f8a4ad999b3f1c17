/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * decode.h - how long is an x86-64 instruction, and may it be moved? */
#ifndef FJ_DOOR_DECODE_H
#define FJ_DOOR_DECODE_H

#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_insn {
	uint8_t len;
	uint8_t rip_at; /* offset of a displacement that counts from the next instruction; 0: none
			 */
	bool is_branch; /* goes elsewhere, or comes back: jmp, jcc, call, loop */
	bool is_end;	/* nothing is executed behind it: ret, jmp, ud2, hlt */
};

/* Decode the instruction at `code`, of which `room` bytes may be read. Returns false for what is
 * none in 64-bit mode. */
bool fj_decode(const uint8_t *code, size_t room, struct fj_insn *insn);

/* Does the instruction at `p` leave register `r` (0: rax, 4: rsp) alone? Known for those that libc
 * puts between the number of a call and the call; false for all others. */
bool fj_insn_keeps(const uint8_t *p, uint8_t r);

static inline bool fj_insn_is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* The next two bytes of `code` from `at` on that are those of a syscall, be they an instruction or
 * not; `len` when there are none. */
size_t fj_insn_next_syscall(const uint8_t *code, size_t len, size_t at);

/* The 32 bits of an instruction at `p`: a constant, or a distance. */
static inline uint32_t fj_insn_value(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

#endif
