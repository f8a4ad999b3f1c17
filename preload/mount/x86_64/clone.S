/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clone.S - a clone(2) whose child leaves its parent's mounts before anything else: it makes an unshare(2), which the trap
 * catches. Entered by a return from the trap of the program's own clone(2), with the program's registers: mount/hook_clone.c.
 *
 * The child may have any stack, or its parent's memory, so nothing is kept but in registers: above the flags, where the kernel does
 * not look, stands which entry of the table says where the program goes on. */

#define ENTRIES 64	/* mount/hook_clone.c asserts it */

	.text
	.globl	fj_clone_apart
	.hidden	fj_clone_apart, fj_clone_origins
	.type	fj_clone_apart, @function
fj_clone_apart:
	syscall
	test	%rax, %rax
	jnz	1f
	shr	$32, %rdi
	shl	$32, %rdi
	or	$0x20000, %rdi		/* CLONE_NEWNS */
	mov	$272, %eax		/* __NR_unshare */
	syscall
	xor	%eax, %eax
1:	mov	%rdi, %rcx
	shr	$32, %rcx
	and	$(ENTRIES - 1), %ecx
	shl	$4, %ecx
	lea	fj_clone_origins(%rip), %r11
	add	%rcx, %r11
	mov	8(%r11), %rdi		/* as the program had it */
	mov	(%r11), %rcx		/* where a system call leaves that address, too */
	jmp	*%rcx
	.size	fj_clone_apart, . - fj_clone_apart

	.section .note.GNU-stack, "", @progbits
