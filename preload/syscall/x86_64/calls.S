/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * calls.S - the engine's system calls, one line each. Called by all rooms; the headers of this room have the prototypes.
 * (arch_prctl(2), which only this processor has, is in sys/arch/x86_64/machine.h.)
 *
 * A function of C has its arguments where the kernel wants them, but for the fourth, which the gate moves (gate.S). So a
 * function here is the number, and a jump. */
#include <asm/unistd.h>

#include "syscall/nr.h"

	.macro	CALL name, nr
	.section .text.fj_sys_\name, "ax", @progbits
	.globl	fj_sys_\name
	.hidden	fj_sys_\name
	.type	fj_sys_\name, @function
fj_sys_\name:
	mov	$\nr, %eax
	jmp	*fj_calls_gate(%rip)
	.size	fj_sys_\name, . - fj_sys_\name
	.endm

	.hidden	fj_calls_gate

/* long fj_syscall(long nr, const uint64_t arg[6]): a call whose number is not known here. */
	.section .text.fj_syscall, "ax", @progbits
	.globl	fj_syscall
	.hidden	fj_syscall
	.type	fj_syscall, @function
fj_syscall:
	mov	%rdi, %rax
	mov	40(%rsi), %r9
	mov	32(%rsi), %r8
	mov	24(%rsi), %rcx
	mov	16(%rsi), %rdx
	mov	(%rsi), %rdi
	mov	8(%rsi), %rsi
	jmp	*fj_calls_gate(%rip)
	.size	fj_syscall, . - fj_syscall

	CALL	arch_prctl, __NR_arch_prctl
	CALL	bind, __NR_bind
	CALL	brk, __NR_brk
	CALL	capget, __NR_capget
	CALL	chdir, __NR_chdir
	CALL	clock_gettime, __NR_clock_gettime
	CALL	clock_nanosleep, __NR_clock_nanosleep
	CALL	clone, __NR_clone
	CALL	close, __NR_close
	CALL	close_range, __NR_close_range
	CALL	copy_file_range, __NR_copy_file_range
	CALL	dup3, __NR_dup3
	CALL	execve, __NR_execve
	CALL	execveat, __NR_execveat
	CALL	exit, __NR_exit
	CALL	exit_group, __NR_exit_group
	CALL	faccessat, __NR_faccessat
	CALL	faccessat2, __NR_faccessat2
	CALL	fallocate, __NR_fallocate
	CALL	fchdir, __NR_fchdir
	CALL	fchmod, __NR_fchmod
	CALL	fchmodat, __NR_fchmodat
	CALL	fchmodat2, __NR_fchmodat2
	CALL	fchown, __NR_fchown
	CALL	fchownat, __NR_fchownat
	CALL	fcntl, __NR_fcntl
	CALL	fgetxattr, __NR_fgetxattr
	CALL	flistxattr, __NR_flistxattr
	CALL	flock, __NR_flock
	CALL	fsconfig, __NR_fsconfig
	CALL	fsetxattr, __NR_fsetxattr
	CALL	fstat, __NR_fstat
	CALL	fstatfs, __NR_fstatfs
	CALL	fsync, __NR_fsync
	CALL	ftruncate, __NR_ftruncate
	CALL	futex, __NR_futex
	CALL	getcpu, __NR_getcpu
	CALL	getcwd, __NR_getcwd
	CALL	getdents64, __NR_getdents64
	CALL	geteuid, __NR_geteuid
	CALL	getgid, __NR_getgid
	CALL	getpid, __NR_getpid
	CALL	getppid, __NR_getppid
	CALL	getrandom, __NR_getrandom
	CALL	getsid, __NR_getsid
	CALL	getsockopt, __NR_getsockopt
	CALL	gettid, __NR_gettid
	CALL	getuid, __NR_getuid
	CALL	getxattr, __NR_getxattr
	CALL	getxattrat, __NR_getxattrat
	CALL	ioctl, __NR_ioctl
	CALL	kcmp, __NR_kcmp
	CALL	kill, __NR_kill
	CALL	landlock_add_rule, __NR_landlock_add_rule
	CALL	landlock_restrict_self, __NR_landlock_restrict_self
	CALL	linkat, __NR_linkat
	CALL	listmount, __NR_listmount
	CALL	listxattrat, __NR_listxattrat
	CALL	lseek, __NR_lseek
	CALL	madvise, __NR_madvise
	CALL	memfd_create, __NR_memfd_create
	CALL	mkdirat, __NR_mkdirat
	CALL	mknodat, __NR_mknodat
	CALL	mmap, __NR_mmap
	CALL	mprotect, __NR_mprotect
	CALL	mremap, __NR_mremap
	CALL	msgctl, __NR_msgctl
	CALL	munmap, __NR_munmap
	CALL	name_to_handle_at, __NR_name_to_handle_at
	CALL	nanosleep, __NR_nanosleep
	CALL	newfstatat, __NR_newfstatat
	CALL	open_tree, __NR_open_tree
	CALL	openat, __NR_openat
	CALL	openat2, __NR_openat2
	CALL	pidfd_open, __NR_pidfd_open
	CALL	pidfd_send_signal, __NR_pidfd_send_signal
	CALL	pipe2, __NR_pipe2
	CALL	poll, __NR_poll
	CALL	prctl, __NR_prctl
	CALL	pread64, __NR_pread64
	CALL	prlimit64, __NR_prlimit64
	CALL	process_vm_readv, __NR_process_vm_readv
	CALL	ptrace, __NR_ptrace
	CALL	pwrite64, __NR_pwrite64
	CALL	pwritev, __NR_pwritev
	CALL	read, __NR_read
	CALL	readlinkat, __NR_readlinkat
	CALL	renameat, __NR_renameat
	CALL	renameat2, __NR_renameat2
	CALL	rt_sigaction, __NR_rt_sigaction
	CALL	rt_sigpending, __NR_rt_sigpending
	CALL	rt_sigprocmask, __NR_rt_sigprocmask
	CALL	rt_sigqueueinfo, __NR_rt_sigqueueinfo
	CALL	rt_sigtimedwait, __NR_rt_sigtimedwait
	CALL	rt_tgsigqueueinfo, __NR_rt_tgsigqueueinfo
	CALL	sched_yield, __NR_sched_yield
	CALL	seccomp, __NR_seccomp
	CALL	semctl, __NR_semctl
	CALL	sendmsg, __NR_sendmsg
	CALL	setresgid, __NR_setresgid
	CALL	setresuid, __NR_setresuid
	CALL	setxattr, __NR_setxattr
	CALL	shmctl, __NR_shmctl
	CALL	sigaltstack, __NR_sigaltstack
	CALL	socket, __NR_socket
	CALL	statfs, __NR_statfs
	CALL	statmount, __NR_statmount
	CALL	statx, __NR_statx
	CALL	symlinkat, __NR_symlinkat
	CALL	sync_file_range, __NR_sync_file_range
	CALL	sysinfo, __NR_sysinfo
	CALL	tgkill, __NR_tgkill
	CALL	umask, __NR_umask
	CALL	uname, __NR_uname
	CALL	unlinkat, __NR_unlinkat
	CALL	unshare, __NR_unshare
	CALL	utimensat, __NR_utimensat
	CALL	wait4, __NR_wait4
	CALL	write, __NR_write
	CALL	writev, __NR_writev

	.section .note.GNU-stack, "", @progbits
