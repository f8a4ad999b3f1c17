/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate.S - the only syscall instructions of the engine. Entered from calls.S by all rooms, and called as
 * fj_gate by the doors.
 *
 * The seccomp filter tells our calls from the program's by their address. So this block has a page
 * to itself, which at the start of every jailed process is moved to an address that is fixed for
 * the life of the jail (launch/place_gate.c). Until then the engine calls the block where it was
 * linked. Everything between fj_gate_begin and fj_gate_end must be position independent. */

#define PAGE (1 << 12)

	.text
	.globl	fj_gate_move
	.hidden	fj_gate_move

/* long fj_gate_move(address): mremap(2) of the page below, which cannot move itself. */
fj_gate_move:
	mov	%rdi, %r8
	lea	fj_gate_begin(%rip), %rdi
	mov	$PAGE, %esi
	mov	%rsi, %rdx
	mov	$3, %r10d	/* MREMAP_MAYMOVE | MREMAP_FIXED, linux/mman.h */
	mov	$25, %eax	/* __NR_mremap */
	syscall
	ret

/* sys/gate_code.h describes them. */
	.section .data.fj_gate, "aw", @progbits
	.globl	fj_gate, fj_calls_gate
	.hidden	fj_gate, fj_calls_gate
	.p2align 3
fj_gate:
	.quad	fj_gate_begin
fj_calls_gate:
	.quad	fj_gate_call

	.section .text.gate, "ax", @progbits
	.globl	fj_gate_begin, fj_gate_call, fj_gate_made, fj_gate_wait, fj_gate_waited, fj_gate_deferred, fj_gate_deferred_made, fj_gate_sigreturn, fj_gate_doors, fj_gate_end
	.hidden	fj_gate_begin, fj_gate_call, fj_gate_made, fj_gate_wait, fj_gate_waited, fj_gate_deferred, fj_gate_deferred_made, fj_gate_sigreturn, fj_gate_doors, fj_gate_end
	.p2align 12

/* long gate(long nr, long a0, ..., long a5): called by the C convention, makes the call by the
 * kernel's. */
fj_gate_begin:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %rcx
	mov	%r9, %r8
	mov	8(%rsp), %r9
/* Entered from calls.S: the number is in rax, and the arguments are where the C convention has them. (A jump can replace the
 * five bytes before the syscall, as is done in a program that runs in a jail without the trap: text/find.c.) */
fj_gate_call:
	mov	%rcx, %r10
	xchg	%ax, %ax	/* a nop of two bytes */
	syscall
fj_gate_made:
	ret

/* fj_gate_wait is for a call that may wait. It has one more argument: a word that is read last. If the word
 * is not 0, the call is not made. If a signal used by libc itself comes before the call is made, or
 * restarts it, this returns FJ_RESTART: signal/libc_signals.c. */
	.p2align 4
fj_gate_wait:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	mov	16(%rsp), %r11
	cmpl	$0, (%r11)
	jne	1f
	syscall
fj_gate_waited:
	ret
1:	mov	$-512, %rax	/* FJ_RESTART */
	ret

/* Entered by rt_sigreturn with every register set for the call. 248 bytes below the program's stack
 * pointer (beyond its red zone of 128 bytes, System V ABI AMD64 3.2.2) is the address to go on
 * at. */
	.p2align 4
fj_gate_deferred:
	syscall
fj_gate_deferred_made:
	ret	$240

/* The restorer of our own signal handlers (sa_restorer of sigaction(2)). */
	.p2align 4
fj_gate_sigreturn:
	mov	$15, %eax	/* __NR_rt_sigreturn */
	syscall

/* The addresses of three entries of the doors: door/door.h. 0 here, and on a gate page that was moved. */
	.p2align 3
fj_gate_doors:
	.quad	0, 0, 0
fj_gate_end:
	.p2align 12
	.section .note.GNU-stack, "", @progbits
