/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_seccomp.c - tests programs that install filters of their own, and ask whether there is a
 * filter.
 */
#include "twin.h"

#define NR 0	/* offsetof(struct seccomp_data, nr) */
#define ARG0 16 /* args[0], low half */

static int install(struct twin_filter *code, unsigned short n)
{
	struct twin_fprog prog = {n, code};

	return prctl(PR_SET_SECCOMP, 2, &prog, 0, 0);
}

/* ALLOW all but one call, which gets `action`. */
static int refuse(long nr, uint32_t action)
{
	struct twin_filter code[] = {TWIN_BPF_LOAD(NR), TWIN_BPF_IF((uint32_t)nr, 0, 1),
		TWIN_BPF_RETURN(action), TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)};

	return install(code, COUNT(code));
}

CASE(seccomp_none)
{
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 1));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	CHILD("inherited")
		R(execve(twin_self, ARGV("x", "@privs"), environ));
}

TOOL(privs)
{
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(access("/etc/absolute", F_OK));
	R(getppid() > 0);
}

CASE(seccomp_user_needs_no_new_privs)
{
	R(refuse(SYS_getppid, TWIN_SECCOMP_ERRNO | EXDEV));
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(SYSCALL(SYS_seccomp, 1, 0, NULL));
	R(SYSCALL(SYS_seccomp, 99, 0, NULL));
	R(prctl(PR_SET_SECCOMP, 99, 0, 0, 0));
}

CASE(seccomp_errno)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(SYS_getppid, TWIN_SECCOMP_ERRNO | EXDEV));
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(SYSCALL(SYS_getppid));
	R(access("/etc/absolute", F_OK));
	R(open("/etc/above", O_RDONLY));
	R(mkdir("d", 0755));
	R(chdir("d"));
	CHILD("inherited")
		R(SYSCALL(SYS_getppid));
	CHILD("over exec")
		R(execve(twin_self, ARGV("x", "@privs"), environ));
	tree("/t");
}

/* On a call that the jail answers itself. */
CASE(seccomp_errno_on_path_call)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(SYS_mkdirat, TWIN_SECCOMP_ERRNO | EXDEV));
	R(refuse(SYS_chdir, TWIN_SECCOMP_ERRNO | ENOTTY));
	R(SYSCALL(SYS_mkdirat, AT_FDCWD, "d", 0755));
	R(SYSCALL(SYS_mkdir, "e", 0755));
	R(SYSCALL(SYS_chdir, "/etc"));
	R(access("e", F_OK));
	tree("/t");
}

/* On a number that no kernel has. */
CASE(seccomp_errno_on_no_call)
{
	R(SYSCALL(100000));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(100000, TWIN_SECCOMP_ERRNO | EXDEV));
	R(refuse(511, TWIN_SECCOMP_ERRNO | ENOTTY));
	R(SYSCALL(100000));
	R(SYSCALL(100001));
	R(SYSCALL(511));
	R(SYSCALL(510));
}

CASE(seccomp_errno_by_argument)
{
	struct twin_filter code[] = {TWIN_BPF_LOAD(NR), TWIN_BPF_IF(SYS_fchmod, 0, 3),
		TWIN_BPF_LOAD(ARG0), TWIN_BPF_IF(5, 0, 1),
		TWIN_BPF_RETURN(TWIN_SECCOMP_ERRNO | EXDEV), TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)};

	put("f", "x");
	R(dup2(open("f", O_RDONLY), 5));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(install(code, COUNT(code)));
	R(SYSCALL(SYS_fchmod, 5, 0600));
	R(SYSCALL(SYS_fchmod, 3, 0600));
	tree("/t");
}

CASE(seccomp_errors)
{
	struct twin_filter good[] = {TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)},
			   endless[] = {TWIN_BPF_LOAD(NR)},
			   odd[] = {TWIN_BPF_LOAD(3), TWIN_BPF_RETURN(0)},
			   far[] = {TWIN_BPF_LOAD(64), TWIN_BPF_RETURN(0)},
			   jump[] = {TWIN_BPF_IF(1, 9, 9), TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)};

	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(install(good, 0));
	R(install(good, 5000));
	R(install(endless, 1));
	R(install(odd, 2));
	R(install(far, 2));
	R(install(jump, 2));
	R(prctl(PR_SET_SECCOMP, 2, 8, 0, 0));
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(install(good, 1));
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static volatile int traps, trap_code, trap_number, trap_errno;

static void on_sys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	traps++;
	trap_code = info->si_code;
	trap_errno = info->si_errno;
	trap_number = info->si_syscall;
	/* The broker answers in the program's place. */
	uc->uc_mcontext.gregs[REG_RAX] = 1234;
}

/* Browsers do this: their own filter traps, their own SIGSYS handler answers. */
CASE(seccomp_trap)
{
	struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO | SA_NODEFER};

	sigemptyset(&sa.sa_mask);
	R(sigaction(SIGSYS, &sa, NULL));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(SYS_getppid, TWIN_SECCOMP_TRAP | 77));
	R(SYSCALL(SYS_getppid));
	say("traps %d code %d number %d errno %d\n", traps, trap_code, trap_number, trap_errno);
	R(access("/etc/absolute", F_OK));
	say("traps %d\n", traps);
	R(refuse(SYS_mkdirat, TWIN_SECCOMP_TRAP | 78));
	R(SYSCALL(SYS_mkdirat, AT_FDCWD, "d", 0755));
	say("traps %d number %d errno %d\n", traps, trap_number, trap_errno);
	tree("/t");
}

CASE(seccomp_kill)
{
	CHILD("killed") {
		R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		R(refuse(SYS_getppid, TWIN_SECCOMP_KILL));
		R(access("/etc/absolute", F_OK));
		SYSCALL(SYS_getppid);
		say("alive\n");
	}
	CHILD("trap without handler") {
		R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		R(refuse(SYS_getppid, TWIN_SECCOMP_TRAP));
		SYSCALL(SYS_getppid);
		say("alive\n");
	}
	CHILD("on a path call") {
		R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		R(refuse(SYS_mkdirat, TWIN_SECCOMP_KILL));
		R(access("/etc/absolute", F_OK));
		SYSCALL(SYS_mkdirat, AT_FDCWD, "d", 0755);
		say("alive\n");
	}
	tree("/t");
}

/* An allow-list, as a sandbox writes it: the calls that the jail makes on the program's behalf are
 * not on it. */
CASE(seccomp_allow_list)
{
	static const uint32_t allowed[] = {SYS_read, SYS_write, SYS_close, SYS_fstat,
		SYS_newfstatat, SYS_openat, SYS_open, SYS_stat, SYS_access, SYS_faccessat, SYS_exit,
		SYS_exit_group, SYS_rt_sigreturn, SYS_getppid, SYS_mmap, SYS_munmap, SYS_brk,
		SYS_prctl, SYS_getpid, SYS_gettid, SYS_geteuid, SYS_getegid};
	struct twin_filter code[2 * COUNT(allowed) + 2];
	unsigned short n = 0;
	struct stat st;

	code[n++] = (struct twin_filter)TWIN_BPF_LOAD(NR);
	for (size_t i = 0; i < COUNT(allowed); i++) {
		code[n++] = (struct twin_filter)TWIN_BPF_IF(allowed[i], 0, 1);
		code[n++] = (struct twin_filter)TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW);
	}
	code[n++] = (struct twin_filter)TWIN_BPF_RETURN(TWIN_SECCOMP_ERRNO | EXDEV);
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(install(code, n));
	R(stat("/etc/absolute", &st));
	R(open("/etc/above", O_RDONLY));
	R(access("missing", F_OK));
	R(SYSCALL(SYS_mkdir, "d", 0755));
	R(SYSCALL(SYS_readlink, "/etc/absolute", &st, 10));
	R(SYSCALL(SYS_getpriority, 0, 0));
	R(SYSCALL(SYS_execve, twin_self, ARGV("x"), environ));
}

CASE(seccomp_strict)
{
	CHILD("strict") {
		R(prctl(PR_SET_SECCOMP, 1, 0, 0, 0));
		SYSCALL(SYS_write, 1, "written\n", 8);
		SYSCALL(SYS_exit, 3);
	}
	CHILD("strict, then another call") {
		R(prctl(PR_SET_SECCOMP, 1, 0, 0, 0));
		SYSCALL(SYS_getpid);
		SYSCALL(SYS_write, 1, "alive\n", 6);
		SYSCALL(SYS_exit, 3);
	}
	CHILD("strict, then a path call") {
		R(prctl(PR_SET_SECCOMP, 1, 0, 0, 0));
		SYSCALL(SYS_open, "/etc/passwd", O_RDONLY);
		SYSCALL(SYS_write, 1, "alive\n", 6);
		SYSCALL(SYS_exit, 3);
	}
}

static volatile char selector;

static void on_dispatch(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	selector = 0;
	traps++;
	trap_code = info->si_code;
	trap_number = info->si_syscall;
}

/* Wine's way to catch calls: prctl(PR_SET_SYSCALL_USER_DISPATCH), a byte says whether. */
CASE(seccomp_user_dispatch)
{
	struct sigaction sa = {.sa_sigaction = on_dispatch, .sa_flags = SA_SIGINFO};

	sigemptyset(&sa.sa_mask);
	R(sigaction(SIGSYS, &sa, NULL));
	R(SYSCALL(SYS_prctl, 59, 77, 0, 0, 0));
	R(SYSCALL(SYS_prctl, 59, 1, 0, 0, &selector));
	R(access("/etc/absolute", F_OK));
	selector = 1;
	SYSCALL(SYS_getpriority, 0, 0);
	say("traps %d code %d number %d\n", traps, trap_code, trap_number);
	selector = 1;
	SYSCALL(SYS_access, "/etc/passwd", F_OK);
	say("traps %d code %d number %d\n", traps, trap_code, trap_number);
	R(SYSCALL(SYS_prctl, 59, 0, 0, 0, 0));
	R(access("/etc/absolute", F_OK));
}
