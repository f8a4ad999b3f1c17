/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * decode.h - how long is an x86-64 instruction, and may it be moved? */
#ifndef FJ_DOOR_DECODE_H
#define FJ_DOOR_DECODE_H

#include "sys/sys.h"

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

#endif
