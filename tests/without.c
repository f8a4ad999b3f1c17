/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * without.c - run a command as if the kernel were older, or as if a container's policy stood over
 * it.
 *
 *	without CALL[,CALL...] CMD [ARG]...	the named calls (or numbers) fail with ENOSYS
 *	without --container CMD [ARG]...	as under docker's default profile without
 * capabilities
 *
 * Fallbacks are tested, not imagined: `without openat2,faccessat2,statx make check`. Sets
 * NO_NEW_PRIVS and one seccomp filter, which the command and its children inherit, and leaves
 * everything else as it is. Exit codes as in env(1).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#define SYS_listxattrat 465
#endif

/* New ones, ones that a policy is known to refuse, and every call that the jail looks at; others
 * can be given by number. */
/* clang-format off */
#define C(name) {#name, SYS_##name}
static const struct {
	const char *name;
	int nr;
} calls[] = {
	C(openat2), C(faccessat2), C(statx), C(close_range), C(clone3), C(fchmodat2), C(renameat2),
	C(getxattrat), C(listxattrat),
	C(execveat), C(memfd_create), C(copy_file_range), C(epoll_pwait2), C(membarrier), C(rseq),
	C(getrandom), C(io_uring_setup), C(name_to_handle_at), C(open_by_handle_at), C(seccomp),
	C(prctl), C(pidfd_open), C(pidfd_getfd), C(pidfd_send_signal), C(preadv2), C(pwritev2),
	C(userfaultfd), C(bpf), C(mlock2), C(pkey_mprotect), C(landlock_create_ruleset),
	C(open_tree), C(move_mount), C(fsopen), C(fsconfig), C(fsmount), C(fspick),
	C(mount_setattr), C(unshare), C(setns), C(ptrace), C(mount), C(umount2), C(pivot_root),
	C(chroot), C(process_vm_readv), C(process_vm_writev), C(kcmp), C(fanotify_init),
	C(inotify_init1), C(inotify_add_watch), C(open), C(openat), C(creat), C(stat), C(lstat),
	C(newfstatat), C(access), C(faccessat), C(mkdir), C(mkdirat), C(rmdir), C(unlink),
	C(unlinkat), C(rename), C(renameat), C(link), C(linkat), C(symlink), C(symlinkat),
	C(readlink), C(readlinkat), C(chmod), C(fchmod), C(fchmodat), C(chown), C(lchown),
	C(fchown), C(fchownat), C(mknod), C(mknodat), C(truncate), C(utime), C(utimes),
	C(futimesat), C(utimensat), C(chdir), C(fchdir), C(getcwd), C(statfs), C(getdents),
	C(getdents64), C(setxattr), C(lsetxattr), C(fsetxattr), C(getxattr), C(lgetxattr),
	C(fgetxattr), C(listxattr), C(llistxattr), C(flistxattr), C(removexattr), C(lremovexattr),
	C(fremovexattr), C(bind), C(connect), C(accept), C(accept4), C(getsockname),
	C(getpeername), C(sendto), C(sendmsg), C(sendmmsg), C(recvfrom), C(recvmsg), C(recvmmsg),
	C(sigaltstack), C(rt_sigaction), C(rt_sigprocmask), C(rt_sigpending), C(rt_sigsuspend),
	C(rt_sigtimedwait), C(ppoll), C(pselect6), C(epoll_pwait), C(fork), C(vfork), C(clone),
	C(execve), C(dup2), C(dup3), C(close), C(fcntl), C(umask),
};
#undef C
/* clang-format on */

#define MAX_CALLS 64

/* A jump that cannot be a byte's distance is not needed: each test returns by itself. */
#define STMT(code, k) ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, t, f) ((struct sock_filter)BPF_JUMP(code, k, t, f))
#define LOAD(field) STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define FAIL(e) STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (e))
#define ALLOW STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

struct program {
	struct sock_filter code[2 * MAX_CALLS + 24];
	unsigned short length;
};

static void add(struct program *p, struct sock_filter insn)
{
	p->code[p->length++] = insn;
}

static void refuse(struct program *p, unsigned nr, int error)
{
	add(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
	add(p, FAIL((unsigned)error));
}

static int number_of(const char *name)
{
	char *end;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].nr;
	}
	long nr = strtol(name, &end, 10);
	if (*end || end == name || nr < 0 || nr > 100000) {
		fprintf(stderr, "without: '%s' is not a call that I know; give its number\n", name);
		exit(2);
	}
	return (int)nr;
}

static void begin(struct program *p)
{
	/* Other ABIs' numbers mean other calls: leave them alone. */
	add(p, LOAD(arch));
#ifdef __x86_64__
	add(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
#elif defined(__aarch64__)
	add(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0));
#endif
	add(p, ALLOW);
	add(p, LOAD(nr));
}

static void without_calls(struct program *p, char *list)
{
	int n = 0;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		if (++n > MAX_CALLS) {
			fprintf(stderr, "without: more than %d calls\n", MAX_CALLS);
			exit(2);
		}
		refuse(p, (unsigned)number_of(name), ENOSYS);
	}
}

/* docker's default.json for a container without CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE,
 * of a kernel before 4.8 for ptrace; clone3 is ENOSYS there, so that libc falls back to clone,
 * whose flags can be seen. */
static void like_a_container(struct program *p)
{
	static const unsigned refused[] = {SYS_unshare, SYS_setns, SYS_ptrace, SYS_mount,
		SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_process_vm_readv,
		SYS_process_vm_writev};
	const unsigned new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
					CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		refuse(p, refused[i], EPERM);
	refuse(p, SYS_clone3, ENOSYS);
	add(p, JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
	add(p, LOAD(args[0]));
	add(p, JUMP(BPF_JMP | BPF_JSET | BPF_K, new_namespaces, 0, 1));
	add(p, FAIL(EPERM));
}

int main(int argc, char **argv)
{
	struct program p = {.length = 0};

	if (argc < 3) {
		fputs("usage: without CALL[,CALL...]|--container CMD [ARG]...\n", stderr);
		return 2;
	}
	begin(&p);
	if (strcmp(argv[1], "--container") == 0)
		like_a_container(&p);
	else
		without_calls(&p, argv[1]);
	add(&p, ALLOW);

	struct sock_fprog prog = {.len = p.length, .filter = p.code};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0) {
		perror("without: seccomp");
		return 125;
	}
	execvp(argv[2], argv + 2);
	int e = errno;
	fprintf(stderr, "without: %s: %s\n", argv[2], strerror(e));
	return e == ENOENT ? 127 : 126;
}
