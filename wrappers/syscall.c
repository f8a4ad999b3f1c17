/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * syscall.c - syscall(2), by which programs make calls for which libc has no function.
 *
 * Calls that the engine need not see go on to libc's own function. Some of them must be made on the
 * program's own stack and from its own code, above all vfork(2) and clone(2). */
#include "wrappers/wrap.h"

long fj_syscall(long nr, long a0, long a1, long a2, long a3, long a4, long a5) HIDDEN;
void *fj_next_syscall(long nr) HIDDEN;

/* The address to jump to, or NULL: call the engine. */
void *fj_next_syscall(long nr)
{
	static void *next;

	if (fj_asked(nr))
		return NULL;
	if (!next)
		next = fj_next("syscall");
	return next;
}

long fj_syscall(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	return fj_ret(fj_through_door(nr, a0, a1, a2, a3, a4, a5));
}

__asm__(".text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %rdx\n"
	"	push %rcx\n"
	"	push %r8\n"
	"	push %r9\n"
	"	sub $8, %rsp\n"
	"	call fj_next_syscall\n"
	"	add $8, %rsp\n"
	"	pop %r9\n"
	"	pop %r8\n"
	"	pop %rcx\n"
	"	pop %rdx\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	test %rax, %rax\n"
	"	jz fj_syscall\n"
	"	jmp *%rax\n"
	".size syscall, . - syscall\n");
