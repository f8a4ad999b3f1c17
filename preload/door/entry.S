/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * entry.S - the direct door: leave the program's stack, enter the engine, and return.
 *
 * fj_door_call is a C function for the wrappers. fj_door_site replaces a syscall instruction: it takes the
 * same registers, and like that instruction it changes only rax, rcx and r11. r11 gets the flags. rcx holds
 * the return address, as after a syscall instruction. The engine's own code uses no vector registers.
 *
 * The program's stack holds one record (struct fj_door_record, record.h) below the red zone. The engine
 * cannot run on it: a thread of musl's posix_spawn has a stack of 5 KiB. */

#define AREA_BUSY 4	/* sys/thread.h; door.c asserts both */
#define AREA_DEFERRED 8
#define RECORD_TAIL 128		/* what_is_deferred: what remains to be done on the program's stack */
#define RECORD_FLAGS 136
#define RECORD_SIZE 224
#define RECORD_BACK 56
#define GUARD_AT 0x40		/* seccomp/policy.h; door.c asserts this, the next two, and the signals below */
#define GUARD_BIT 0x10		/* its FJ_SECTION_BIT() */
#define GATE_SHOWN_AT 4224	/* sys/gate.h */
#define LAST_WORD_AT 4088	/* of a page */

	.section .text.hot, "ax", @progbits
	.globl	fj_door_call, fj_door_site
	.hidden	fj_door_call, fj_door_site
	.hidden	fj_door_enter, fj_door_run, fj_gate, fj_door_has_fsgsbase
	.globl	fj_door_mask, fj_door_mask_made, fj_door_mask_left
	.hidden	fj_door_mask, fj_door_mask_made, fj_door_mask_left
	.hidden	fj_calls_gate, fj_child_states, fj_process
	.hidden	fj_door_passes_masks, fj_door_signals_early, fj_guest_is_suspended, fj_sigsys_once_blocked, fj_sigsys_once_pending

	.type	fj_door_call, @function
fj_door_call:
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	mov	%r9, %r8
	mov	8(%rsp), %r9
	pop	%rcx

	.type	fj_door_site, @function
fj_door_site:
	lea	-(128 + RECORD_SIZE)(%rsp), %rsp
	pushfq
	popq	RECORD_FLAGS(%rsp)
	mov	%rcx, RECORD_BACK(%rsp)
	cmp	$14, %eax		/* __NR_rt_sigprocmask */
	je	10f
11:	mov	%rax, (%rsp)
	mov	%rdi, 8(%rsp)
	mov	%rsi, 16(%rsp)
	mov	%rdx, 24(%rsp)
	mov	%r10, 32(%rsp)
	mov	%r8, 40(%rsp)
	mov	%r9, 48(%rsp)
	mov	%rbx, 64(%rsp)
	mov	%r12, 72(%rsp)
	mov	%rbp, 192(%rsp)
	mov	%r13, 200(%rsp)
	mov	%r14, 208(%rsp)
	mov	%r15, 216(%rsp)
	movq	$0, RECORD_TAIL(%rsp)
	mov	%rsp, %rbx
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	fj_door_enter		/* (record): a thread area, or NULL */
	test	%rax, %rax
	jz	2f
	mov	%rax, %r12
	mov	%rax, %rsp		/* the engine stack ends where the area's head begins */
	mov	%rbx, %rdi
	mov	%rax, %rsi
	call	fj_door_run		/* (record, area): returns the result */
fj_door_leaving:			/* from here on signals that libc uses are let in */
	cmpl	$0, AREA_DEFERRED(%r12)
	jne	5f
6:	mov	%rbx, %rsp
	movl	$0, AREA_BUSY(%r12)	/* FJ_IDLE: from here on nothing of ours is on the engine stack */
	cmpl	$0, RECORD_TAIL(%rsp)
	jne	3f
1:	mov	16(%rsp), %rsi
	mov	24(%rsp), %rdx
	mov	32(%rsp), %r10
	mov	40(%rsp), %r8
	mov	48(%rsp), %r9
	mov	56(%rsp), %rcx
	mov	64(%rsp), %rbx
	mov	72(%rsp), %r12
	mov	RECORD_FLAGS(%rsp), %r11	/* r11 holds the flags after a syscall instruction */
	/* Only the arithmetic flags have changed. popfq takes 20 times as long as sahf. */
	cmpb	$0, fj_door_has_fsgsbase(%rip)	/* older processors may lack sahf in this mode */
	je	9f
	mov	%rax, %rdi
	mov	%r11d, %eax
	rol	$8, %ax
	shl	$4, %al			/* bit 11 is the overflow flag; now it is bit 7 ... */
	add	$-128, %al		/* ... and this addition overflows if the bit is set */
	sahf				/* restores the other flags */
	mov	%rdi, %rax
	mov	8(%rsp), %rdi
	lea	128 + RECORD_SIZE(%rsp), %rsp
	jmp	*%rcx
9:	mov	8(%rsp), %rdi
	push	%r11
	popfq
	lea	128 + RECORD_SIZE(%rsp), %rsp
	jmp	*%rcx
2:	mov	%rbx, %rsp
	mov	$-12, %rax		/* ENOMEM: the kernel gave no memory for the thread area */
	jmp	1b
3:	cmpl	$4, RECORD_TAIL(%rsp)	/* FJ_DOOR_SIGNALS: let the signals in, here and now */
	je	7f
	cmpl	$3, RECORD_TAIL(%rsp)
	je	8f
	cmpl	$2, RECORD_TAIL(%rsp)
	jne	4f
	mov	8(%rsp), %rdi		/* make the call here, where the filter traps it, with the program's own registers and stack */
	mov	16(%rsp), %rsi
	mov	24(%rsp), %rdx
	mov	32(%rsp), %r10
	mov	40(%rsp), %r8
	mov	48(%rsp), %r9
	syscall
	jmp	1b
4:	and	$-16, %rsp		/* the arguments as the engine left them: record + 80 ... */
	mov	%rax, %rdi
	mov	80(%rbx), %rsi
	mov	88(%rbx), %rdx
	mov	96(%rbx), %rcx
	mov	104(%rbx), %r8
	mov	112(%rbx), %r9
	push	%rax
	pushq	120(%rbx)
	call	*fj_gate(%rip)
fj_door_deferred_made:
	mov	%rbx, %rsp
	jmp	1b
5:	mov	%rbx, %rdi
	mov	%r12, %rsi
	mov	%rax, %rdx
	call	fj_door_signals		/* (record, area, result) */
	jmp	6b
7:	and	$-16, %rsp
	mov	$14, %edi		/* __NR_rt_sigprocmask */
	mov	$2, %esi		/* SIG_SETMASK */
	lea	144(%rbx), %rdx		/* deferred_data */
	xor	%ecx, %ecx
	mov	$8, %r8d
	xor	%r9d, %r9d
	push	%rcx
	push	%rcx
	call	*fj_gate(%rip)
fj_door_let_in:
	mov	%rbx, %rsp
	mov	88(%rbx), %rax		/* result */
	jmp	1b
8:	subq	$2, RECORD_BACK(%rsp)	/* return to the syscall instruction itself, with all registers as they were */
	jmp	1b
fj_door_left:

/* rt_sigprocmask(2) with a set that leaves SIGSYS, SIGBUS and SIGSEGV alone, in a process that never blocked SIGSYS: the
 * kernel makes it, here, with the program's registers. The engine's stack is not needed. (run_with_care() of door.c does
 * the same, and handles all other cases.) The set is read only where no fault can come: in the page of the program's stack
 * in which RECORD_FLAGS was just written. From fj_door_mask on, signals of libc find the program before its call, or
 * after it (signals.c). Signals that came earlier wait for fj_door_run(). */
10:	cmpl	$0, fj_door_signals_early(%rip)
fj_door_mask:
	jne	11b
	cmpb	$0, fj_door_passes_masks(%rip)
	je	11b
	cmp	$8, %r10		/* sizeof(sigset_t) of the kernel */
	jne	11b
	lea	RECORD_FLAGS(%rsp), %r11
	and	$-4096, %r11
	sub	%rsi, %r11
	add	$LAST_WORD_AT, %r11
	cmp	$LAST_WORD_AT, %r11
	ja	11b
	testl	$0x40000440, (%rsi)
	jne	11b
	testl	$GUARD_BIT, fj_child_states + 4(%rip)	/* `sections`: a vfork child has filters of its own, perhaps */
	jne	11b
	cmpl	$0, fj_process + GUARD_AT(%rip)	/* `policy`: the program's own filters */
	jne	11b
	mov	fj_gate(%rip), %r11
	cmpl	$0, GATE_SHOWN_AT(%r11)	/* fj_thread_is_shown() */
	jne	11b
	cmpb	$0, fj_sigsys_once_blocked(%rip)
	jne	11b
	cmpb	$0, fj_sigsys_once_pending(%rip)
	jne	11b
	cmpb	$0, fj_guest_is_suspended(%rip)	/* SIG_SETMASK would end that */
	jne	11b
	mov	%r10, %rcx
	call	*fj_calls_gate(%rip)
fj_door_mask_made:
	mov	RECORD_FLAGS(%rsp), %r11
	mov	%rax, %rcx
	mov	%r11d, %eax
	rol	$8, %ax			/* as above */
	shl	$4, %al
	add	$-128, %al
	sahf
	mov	%rcx, %rax
	mov	RECORD_BACK(%rsp), %rcx
	lea	128 + RECORD_SIZE(%rsp), %rsp
	jmp	*%rcx
fj_door_mask_left:
	.size	fj_door_site, . - fj_door_site

/* Stands in place of a handler of libc: (signal, siginfo, ucontext), with the signal's frame at the stack
 * pointer. It jumps to libc's handler, which finds the frame there. */
	.globl	fj_door_signal, fj_door_leaving, fj_door_deferred_made, fj_door_let_in, fj_door_left
	.hidden	fj_door_signal, fj_door_leaving, fj_door_deferred_made, fj_door_let_in, fj_door_left
	.hidden	fj_door_signal_came, fj_door_signals, fj_gate_begin, fj_gate_sigreturn
	.type	fj_door_signal, @function
fj_door_signal:
	push	%rdi
	push	%rsi
	push	%rdx
	call	fj_door_signal_came	/* returns the handler to jump to, or 0 */
	pop	%rdx
	pop	%rsi
	pop	%rdi
	test	%rax, %rax
	jz	1f
	jmp	*%rax
1:	add	$8, %rsp		/* not through libc's restorer: the filter may trap its call */
	lea	fj_gate_begin(%rip), %rcx
	lea	fj_gate_sigreturn(%rip), %rax
	sub	%rcx, %rax
	add	fj_gate(%rip), %rax
	jmp	*%rax
	.size	fj_door_signal, . - fj_door_signal

/* For a site whose call number is known only at run time. rcx is the address after the syscall instruction.
 * When the engine does not want the call, that instruction makes it. */
	.globl	fj_door_maybe, fj_door_maybe_here
	.hidden	fj_door_maybe, fj_door_maybe_here, fj_door_bits
	.globl	fj_door_maybe_below, fj_door_maybe_flags, fj_door_maybe_not, fj_door_maybe_back, fj_door_maybe_aimed, fj_door_maybe_end
	.hidden	fj_door_maybe_below, fj_door_maybe_flags, fj_door_maybe_not, fj_door_maybe_back, fj_door_maybe_aimed, fj_door_maybe_end
fj_door_maybe:
	lea	-128(%rsp), %rsp
fj_door_maybe_below:
	pushfq
fj_door_maybe_flags:
	cmp	$512, %eax		/* FJ_DOOR_CALLS; like the kernel, without the upper half */
	jae	2f			/* no call, or one of x32: the engine says so */
	lea	fj_door_bits(%rip), %r11
	bt	%eax, (%r11)
	jc	2f
	popfq
fj_door_maybe_not:
	lea	128(%rsp), %rsp
fj_door_maybe_back:
	lea	-2(%rcx), %rcx
fj_door_maybe_aimed:
	jmp	*%rcx
fj_door_maybe_end:
2:	popfq
	lea	128(%rsp), %rsp
	jmp	fj_door_site

/* Like fj_door_maybe, for a site whose syscall instruction was overwritten: a call that the engine does not
 * want is made here. */
fj_door_maybe_here:
	lea	-128(%rsp), %rsp
	pushfq
	cmp	$512, %eax
	jae	2b
	lea	fj_door_bits(%rip), %r11
	bt	%eax, (%r11)
	jc	2b
	popfq
	push	%rcx
	syscall
	pop	%rcx
	lea	128(%rsp), %rsp
	jmp	*%rcx
	.section .note.GNU-stack, "", @progbits
