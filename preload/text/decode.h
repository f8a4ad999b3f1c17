/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * decode.h - the length of an x86-64 instruction, and whether it may be moved. Called by this room and
 * patch/stubs.c. */
#ifndef FJ_DOOR_DECODE_H
#define FJ_DOOR_DECODE_H

#include "bytes/copy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_insn {
	uint8_t len;
	uint8_t rip_at; /* offset of a displacement relative to the next instruction; 0: none */
	bool is_branch; /* a jmp, jcc, call or loop */
	bool is_end;	/* no instruction after it is executed: ret, jmp, ud2, hlt */
};

/* Decode the instruction at `code`; `room` bytes may be read. Returns false if it is no instruction of
 * 64-bit mode. */
bool fj_decode(const uint8_t *code, size_t room, struct fj_insn *insn);

/* Does the instruction at `p` leave register `r` (0: rax, 4: rsp) unchanged? Known for the instructions
 * that libc puts between a call's number and the call. For all others: false. */
bool fj_insn_keeps(const uint8_t *p, uint8_t r);

static inline bool fj_insn_is_syscall(const uint8_t *p)
{
	return p[0] == 0x0f && p[1] == 0x05;
}

/* The offset of the next two bytes of a syscall instruction in `code`, from `at` on, whether or not they
 * are one. `len`: there are none. */
size_t fj_insn_next_syscall(const uint8_t *code, size_t len, size_t at);

/* A 32-bit constant or distance in an instruction, at `p`. */
static inline uint32_t fj_insn_value(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

#endif
