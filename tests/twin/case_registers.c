/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_registers.c - tests that a call changes rax, rcx and r11 only, and that int arguments are
 * read as int.
 */
#include "twin.h"

struct registers {
	uint64_t general[16]; /* rax rbx rcx rdx rsi rdi rbp r8 ... r15 */
	uint64_t flags;
	uint32_t mxcsr, x87;
	uint64_t vector[16][4];
};

/* Load all from in, make the call, store all to out. rsp stays the stack's. The instruction stands
 * here, in the program's text, in every flavour. */
void with_registers(const struct registers *in, struct registers *out);
__asm__(".text\n.globl with_registers\n.type with_registers, @function\n"
	"with_registers:\n"
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"push %rsi; sub $16, %rsp\n"
	"stmxcsr (%rsp); fnstcw 8(%rsp)\n"
	"ldmxcsr 136(%rdi); fldcw 140(%rdi)\n"
	"vmovdqu 144(%rdi), %ymm0; vmovdqu 176(%rdi), %ymm1; vmovdqu 208(%rdi), %ymm2; vmovdqu "
	"240(%rdi), %ymm3\n"
	"vmovdqu 272(%rdi), %ymm4; vmovdqu 304(%rdi), %ymm5; vmovdqu 336(%rdi), %ymm6; vmovdqu "
	"368(%rdi), %ymm7\n"
	"vmovdqu 400(%rdi), %ymm8; vmovdqu 432(%rdi), %ymm9; vmovdqu 464(%rdi), %ymm10; vmovdqu "
	"496(%rdi), %ymm11\n"
	"vmovdqu 528(%rdi), %ymm12; vmovdqu 560(%rdi), %ymm13; vmovdqu 592(%rdi), %ymm14; vmovdqu "
	"624(%rdi), %ymm15\n"
	"mov (%rdi), %rax; mov 8(%rdi), %rbx; mov 16(%rdi), %rcx; mov 24(%rdi), %rdx; mov "
	"32(%rdi), %rsi\n"
	"mov 48(%rdi), %rbp; mov 56(%rdi), %r8; mov 64(%rdi), %r9; mov 72(%rdi), %r10; mov "
	"80(%rdi), %r11\n"
	"mov 88(%rdi), %r12; mov 96(%rdi), %r13; mov 104(%rdi), %r14; mov 112(%rdi), %r15\n"
	"pushq 128(%rdi); mov 40(%rdi), %rdi; popfq\n"
	/* The red zone is the program's, too. */
	"movq $0x11111111, -8(%rsp); movq $0x22222222, -128(%rsp)\n"
	"syscall\n"
	"xchg %rax, 16(%rsp)\n" /* rax = out; the result waits on the stack */
	"mov %rbx, 8(%rax); mov %rcx, 16(%rax); mov %rdx, 24(%rax); mov %rsi, 32(%rax); mov %rdi, "
	"40(%rax)\n"
	"mov %rbp, 48(%rax); mov %r8, 56(%rax); mov %r9, 64(%rax); mov %r10, 72(%rax); mov %r11, "
	"80(%rax)\n"
	"mov %r12, 88(%rax); mov %r13, 96(%rax); mov %r14, 104(%rax); mov %r15, 112(%rax)\n"
	"mov 16(%rsp), %rbx; mov %rbx, (%rax)\n"
	"mov -8(%rsp), %rbx; shl $32, %rbx; or -128(%rsp), %rbx; mov %rbx, 120(%rax)\n"
	"mov 80(%rax), %rbx\n"
	"vmovdqu %ymm0, 144(%rax); vmovdqu %ymm1, 176(%rax); vmovdqu %ymm2, 208(%rax); vmovdqu "
	"%ymm3, 240(%rax)\n"
	"vmovdqu %ymm4, 272(%rax); vmovdqu %ymm5, 304(%rax); vmovdqu %ymm6, 336(%rax); vmovdqu "
	"%ymm7, 368(%rax)\n"
	"vmovdqu %ymm8, 400(%rax); vmovdqu %ymm9, 432(%rax); vmovdqu %ymm10, 464(%rax); vmovdqu "
	"%ymm11, 496(%rax)\n"
	"vmovdqu %ymm12, 528(%rax); vmovdqu %ymm13, 560(%rax); vmovdqu %ymm14, 592(%rax); vmovdqu "
	"%ymm15, 624(%rax)\n"
	"stmxcsr 136(%rax); fnstcw 140(%rax)\n"
	"vzeroupper; ldmxcsr (%rsp); fldcw 8(%rsp)\n"
	"add $24, %rsp\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"cld; ret\n");

static const char *const register_names[16] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "red zone"};

static void check(const char *what, long nr, long a, long b, long c, long d)
{
	static struct registers in, out;
	const long args[] = {a, b, c, d};
	/* CF PF AF ZF SF OF: r11 gets the flags, and they are restored from it. */
	static const uint64_t flags[] = {0x202, 0x202 | 0x8d5, 0x202 | 0x41};

	for (size_t f = 0; f < COUNT(flags); f++) {
		for (int i = 0; i < 16; i++) {
			in.general[i] = 0x0101010101010101UL * (uint64_t)(i + 1);
			for (int j = 0; j < 4; j++)
				in.vector[i][j] = 0x1111111111111111UL * (uint64_t)j + (uint64_t)i;
		}
		in.general[0] = (uint64_t)nr;
		in.general[5] = (uint64_t)args[0];
		in.general[4] = (uint64_t)args[1];
		in.general[3] = (uint64_t)args[2];
		in.general[9] = (uint64_t)args[3];
		in.flags = flags[f];
		in.mxcsr = 0x7f80; /* rounds towards zero */
		in.x87 = 0x0f7f;
		memset(&out, 0, sizeof(out));
		with_registers(&in, &out);
		say("%s: %ld", what, (long)out.general[0]);
		for (int i = 1; i < 15; i++) {
			if (i != 2 && i != 10 && in.general[i] != out.general[i])
				say(", %s is %lx", register_names[i], out.general[i]);
		}
		if (out.general[15] != 0x1111111122222222UL)
			say(", red zone is %lx", out.general[15]);
		/* The resume flag and the interrupt flag are the kernel's business. */
		say(", flags in r11 %lx", out.general[10] & 0x8d5);
		if (out.mxcsr != in.mxcsr || (out.x87 & 0xffff) != in.x87)
			say(", mxcsr %x x87 %x", out.mxcsr, out.x87);
		if (memcmp(in.vector, out.vector, sizeof(in.vector)) != 0)
			say(", vectors changed");
		say("\n");
	}
}

CASE(registers)
{
	static struct stat st;
	static char buf[4096];
	static const char *const missing = "missing";

	if (!__builtin_cpu_supports("avx")) {
		say("no AVX here\n");
		return;
	}
	check("access", SYS_access, (long)"/etc/absolute", F_OK, 0, 0);
	check("access", SYS_access, (long)missing, F_OK, 0, 0);
	check("access", SYS_access, 8, F_OK, 0, 0);
	check("stat", SYS_stat, (long)"/etc/above", (long)&st, 0, 0);
	check("fstatat", SYS_newfstatat, AT_FDCWD, (long)"../t", (long)&st, 0);
	check("readlink", SYS_readlink, (long)"/etc/absolute", (long)buf, 100, 0);
	check("getcwd", SYS_getcwd, (long)buf, 100, 0, 0);
	check("chdir", SYS_chdir, (long)"/t", 0, 0, 0);
	check("mkdir", SYS_mkdir, (long)"d", 0755, 0, 0);
	check("rmdir", SYS_rmdir, (long)"d", 0, 0, 0);
	check("openat", SYS_openat, AT_FDCWD, (long)"f", O_CREAT | O_WRONLY, 0644);
	check("close", SYS_close, 4, 0, 0, 0);
	check("rename", SYS_rename, (long)"f", (long)"g", 0, 0);
	check("linkat", SYS_linkat, AT_FDCWD, (long)"g", AT_FDCWD, (long)"h");
	check("execve", SYS_execve, (long)missing, 0, 0, 0);
	check("sigprocmask", SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)buf, 8);
	check("sigaction", SYS_rt_sigaction, SIGSYS, 0, (long)buf, 8);
	check("sigaltstack", SYS_sigaltstack, 0, (long)buf, 0, 0);
	check("dup2", SYS_dup2, 0, 900, 0, 0);
	check("umask", SYS_umask, 022, 0, 0, 0);
	check("no such call", 100000, 1, 2, 3, 4);
	check("uname", SYS_uname, (long)buf, 0, 0, 0);
}

/* The kernel looks at the low half of an int; the rest may be anything. */
CASE(registers_dirty_upper_halves)
{
	const long dirty = 0x5bad5bad00000000L;
	struct stat st;
	char buf[32] = "";

	put("f", "x");
	symlink("f", "l");
	/* Since Linux 5.13 that is true of the number, too. */
	if (SYSCALL(dirty | SYS_getpid) > 0) {
		R(SYSCALL(dirty | SYS_access, "/usr/bin/env", F_OK));
		R(SYSCALL(dirty | SYS_access, "/etc/passwd", F_OK));
		R(SYSCALL(dirty | SYS_open, "/usr/bin/env", O_RDONLY));
		R(SYSCALL(~0xffffffffL | SYS_getcwd, buf, 32));
		R(SYSCALL(~0xffffffffL | SYS_mkdir, "/t/high", 0700));
		say("%q\n", buf);
	}
	long fd = R(SYSCALL(SYS_openat, dirty | (uint32_t)AT_FDCWD, "f", dirty | O_RDWR, dirty));
	R(SYSCALL(SYS_fcntl, dirty | (uint32_t)fd, dirty | F_GETFD, 0));
	R(SYSCALL(
		SYS_newfstatat, dirty | (uint32_t)AT_FDCWD, "l", &st, dirty | AT_SYMLINK_NOFOLLOW));
	say_stat("l", &st);
	R(SYSCALL(SYS_newfstatat, dirty | (uint32_t)fd, "", &st, dirty | AT_EMPTY_PATH));
	R(SYSCALL(SYS_faccessat, dirty | (uint32_t)AT_FDCWD, "l", dirty | R_OK));
	R(SYSCALL(SYS_access, "l", dirty | R_OK));
	R(SYSCALL(SYS_mkdirat, dirty | (uint32_t)AT_FDCWD, "d", dirty | 0700));
	R(SYSCALL(SYS_mkdir, "e", dirty | 0710));
	R(SYSCALL(SYS_unlinkat, dirty | (uint32_t)AT_FDCWD, "d", dirty | AT_REMOVEDIR));
	R(SYSCALL(SYS_readlink, "l", buf, dirty | 10));
	R(SYSCALL(SYS_readlinkat, dirty | (uint32_t)AT_FDCWD, "l", buf, dirty | 10));
	R(SYSCALL(SYS_chmod, "f", dirty | 0604));
	R(SYSCALL(SYS_fchmod, dirty | (uint32_t)fd, dirty | 0640));
	R(SYSCALL(SYS_fchmodat, dirty | (uint32_t)AT_FDCWD, "f", dirty | 0600));
	R(SYSCALL(SYS_linkat, dirty | (uint32_t)AT_FDCWD, "l", dirty | (uint32_t)AT_FDCWD, "h",
		dirty | AT_SYMLINK_FOLLOW));
	R(SYSCALL(SYS_renameat2, dirty | (uint32_t)AT_FDCWD, "h", dirty | (uint32_t)AT_FDCWD, "l",
		dirty | TWIN_RENAME_NOREPLACE));
	R(SYSCALL(SYS_symlinkat, "x", dirty | (uint32_t)AT_FDCWD, "s"));
	R(SYSCALL(SYS_mknod, "p", dirty | S_IFIFO | 0600, 0));
	R(SYSCALL(SYS_utimensat, dirty | (uint32_t)AT_FDCWD, "f", NULL, dirty));
	struct twin_statx sx;
	R(SYSCALL(SYS_statx, dirty | (uint32_t)AT_FDCWD, "f", dirty, dirty | 0x7ff, &sx));
	R(SYSCALL(SYS_dup2, dirty | (uint32_t)fd, dirty | 50));
	R(SYSCALL(SYS_dup3, dirty | (uint32_t)fd, dirty | 51, dirty | O_CLOEXEC));
	R(SYSCALL(SYS_close, dirty | 50));
	R(SYSCALL(SYS_fchdir, dirty | (uint32_t)open("/etc", O_RDONLY)));
	R(access("passwd", F_OK));
	R(SYSCALL(SYS_umask, dirty | 027));
	R(SYSCALL(SYS_umask, dirty | 022));
	CHILD("execveat")
		R(SYSCALL(SYS_execveat, dirty | (uint32_t)AT_FDCWD, twin_self,
			ARGV("x", "@say", "ran"), environ, dirty));
	R(SYSCALL(SYS_socket, dirty | AF_UNIX, dirty | SOCK_STREAM, dirty));
	tree("/t");
}
