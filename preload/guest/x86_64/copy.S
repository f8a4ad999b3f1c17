/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy.S - the loops that access memory of the program. Called by guest/guest.c.
 *
 * Nothing is pushed between fj_copy_begin and fj_copy_end: after a SIGSEGV or SIGBUS there the
 * thread goes on at fj_copy_fault (signal/faults.c), which returns to the caller. */

	.section .text.hot.copy, "ax", @progbits
	.globl	fj_copy_begin, fj_copy_end, fj_copy_fault, fj_copy, fj_copy_text
	.hidden	fj_copy_begin, fj_copy_end, fj_copy_fault, fj_copy, fj_copy_text
	.p2align 4
fj_copy_begin:

/* long fj_copy(to, from, n): returns 0. */
fj_copy:
	sub	$32, %rdx
	jb	2f
1:	mov	(%rsi), %rax
	mov	8(%rsi), %rcx
	mov	16(%rsi), %r8
	mov	24(%rsi), %r9
	mov	%rax, (%rdi)
	mov	%rcx, 8(%rdi)
	mov	%r8, 16(%rdi)
	mov	%r9, 24(%rdi)
	add	$32, %rsi
	add	$32, %rdi
	sub	$32, %rdx
	jae	1b
2:	add	$24, %rdx		/* eight less than what remains */
	jnc	4f
3:	mov	(%rsi), %rax
	mov	%rax, (%rdi)
	add	$8, %rsi
	add	$8, %rdi
	sub	$8, %rdx
	jae	3b
4:	test	$4, %dl			/* the low three bits are those of what remains */
	jz	5f
	mov	(%rsi), %eax
	mov	%eax, (%rdi)
	add	$4, %rsi
	add	$4, %rdi
5:	test	$2, %dl
	jz	6f
	mov	(%rsi), %ax
	mov	%ax, (%rdi)
	add	$2, %rsi
	add	$2, %rdi
6:	test	$1, %dl
	jz	7f
	mov	(%rsi), %al
	mov	%al, (%rdi)
7:	xor	%eax, %eax
	ret

/* long fj_copy_text(to, from, n): returns the number of bytes before a NUL, which is copied, too; n
 * when there is none. Nothing beyond n bytes is read. A word has a zero byte where (word - 0x01..)
 * & ~word & 0x80.. is not 0, and its lowest bit belongs to the first such byte (Warren, Hacker's
 * Delight, 6-1). */
	.p2align 4
fj_copy_text:
	movabs	$0x0101010101010101, %r8
	movabs	$0x8080808080808080, %r9
	xor	%eax, %eax
	jmp	2f
1:	mov	(%rsi,%rax), %r10
	mov	%r10, (%rdi,%rax)	/* whole: a word that is read just after its bytes were
	                                 * written waits for them */
	mov	%r10, %r11
	sub	%r8, %r11
	not	%r10
	and	%r9, %r11
	and	%r10, %r11
	jnz	3f
	mov	%rcx, %rax
2:	lea	8(%rax), %rcx
	cmp	%rdx, %rcx
	jbe	1b
	jmp	5f
3:	bsf	%r11, %r11
	shr	$3, %r11
	add	%r11, %rax
	ret
4:	mov	(%rsi,%rax), %cl
	mov	%cl, (%rdi,%rax)
	test	%cl, %cl
	jz	6f
	inc	%rax
5:	cmp	%rdx, %rax
	jb	4b
6:	ret
fj_copy_end:

/* After a fault fj_copy and fj_copy_text return -EFAULT. */
fj_copy_fault:
	mov	$-14, %rax
	ret

/* A signal handler: (rdi signal, rsi siginfo, rdx ucontext), with the kernel's stack pointer. If it
 * goes on in the program's handler, it has changed only rax and rcx. After a fault in a copy it
 * returns by the gate: the program's restorer would trap. */
	.text
	.globl	fj_fault_filter
	.hidden	fj_fault_filter
fj_fault_filter:
	mov	168(%rdx), %rax		/* uc_mcontext.rip, asm/ucontext.h */
	lea	fj_copy_begin(%rip), %rcx
	sub	%rcx, %rax
	cmp	$(fj_copy_end - fj_copy_begin), %rax
	jb	1f
	lea	fj_fault_handler(%rip), %rcx
	xor	%eax, %eax
	cmp	$11, %edi		/* SIGSEGV */
	sete	%al
	mov	(%rcx,%rax,8), %rcx
	xor	%eax, %eax		/* as the kernel has it */
	jmp	*%rcx
1:	lea	fj_copy_fault(%rip), %rax
	mov	%rax, 168(%rdx)
	mov	fj_fault_return(%rip), %rax
	mov	%rax, (%rsp)
	ret
	.section .note.GNU-stack, "", @progbits
