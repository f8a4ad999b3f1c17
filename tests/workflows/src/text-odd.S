/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * text-odd.S - long odd_N(const char *path): access(path, F_OK), each with its system call in another surrounding; tests/workflows/text.sh.
 */
	.text
	.macro	begin n
	.p2align 4
	.globl	odd_\n
	.type	odd_\n, @function
odd_\n:
	.cfi_startproc
	endbr64
	.endm
	.macro	end n
	.cfi_endproc
	.size	odd_\n, . - odd_\n
	.endm

	begin	1		/* the usual form */
	xor	%esi, %esi
	mov	$21, %eax
	syscall
	ret
	end	1

	begin	2		/* a jump straight to the call */
	xor	%esi, %esi
	push	$21
	pop	%rax
	jmp	1f
	mov	$39, %eax
1:	syscall
	ret
	end	2

	begin	3		/* two calls, nothing between */
	xor	%esi, %esi
	mov	$21, %eax
	syscall
	mov	$39, %eax
	syscall
	xor	%esi, %esi
	mov	$21, %eax
	syscall
	ret
	end	3

	begin	4		/* the number from a register, a jump to behind the call */
	xor	%esi, %esi
	lea	21(%rsi), %rax
	test	%rdi, %rdi
	jz	1f
	syscall
1:	nop
	ret
	end	4

	begin	5		/* a loop whose head is the number */
	mov	$3, %r8d
	xor	%esi, %esi
1:	mov	$21, %eax
	syscall
	dec	%r8d
	jnz	1b
	ret
	end	5

	begin	6		/* a displacement that counts from the next instruction, moved */
	mov	6f(%rip), %esi
	mov	$21, %eax
	syscall
	mov	7f(%rip), %ecx
	add	%rcx, %rax
	ret
	.p2align 2
6:	.long	0
7:	.long	0
	end	6

	begin	7		/* what the call clobbers, and what it keeps */
	push	%rbx
	push	%r12
	mov	%rdi, %rbx
	mov	$0x1234, %r12d
	xor	%esi, %esi
	mov	$21, %eax
	stc
	syscall
	cmp	%rdi, %rbx
	jne	1f
	cmp	$0x1234, %r12d
	je	2f
1:	mov	$-99, %rax
2:	pop	%r12
	pop	%rbx
	ret
	end	7

	begin	8		/* red zone */
	movq	$77, -8(%rsp)
	movq	$78, -120(%rsp)
	xor	%esi, %esi
	mov	$21, %eax
	syscall
	cmpq	$77, -8(%rsp)
	jne	1f
	cmpq	$78, -120(%rsp)
	je	2f
1:	mov	$-98, %rax
2:	ret
	end	8

	begin	9		/* a table of places to go on at, one of them in front of the number */
	lea	8f(%rip), %rax
	movslq	(%rax), %rcx
	add	%rcx, %rax
	xor	%esi, %esi
	jmp	*%rax
	ud2
9:	mov	$21, %eax
	syscall
	ret
	.p2align 2
8:	.long	9b - 8b
	end	9
	.section .note.GNU-stack, "", @progbits
