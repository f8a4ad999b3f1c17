/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * twin_raw.h - the raw flavour: libc's names mapped onto system calls made by an instruction in the
 * case's own text.
 *
 * The oldest number that serves is used (open, stat, mkdir, not openat, ...), since glibc has
 * stopped using them and hand-written programs have not. x86_64 only. libc is still linked, for
 * start-up, memory and errno's place.
 */
#ifndef TWIN_RAW_H
#define TWIN_RAW_H

static inline __attribute__((always_inline)) long raw_6(
	long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

/* Not inlined: the compiler may keep errno's address across a vfork otherwise, and the traps stay
 * small. */
long raw_ret(long r);

#define RAW_0(nr) raw_6(nr, 0, 0, 0, 0, 0, 0)
#define RAW_1(nr, a) raw_6(nr, (long)(a), 0, 0, 0, 0, 0)
#define RAW_2(nr, a, b) raw_6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW_3(nr, a, b, c) raw_6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW_4(nr, a, b, c, d) raw_6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW_5(nr, a, b, c, d, e) raw_6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW_6(nr, a, b, c, d, e, f)                                                                \
	raw_6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define RAW_PICK(a, b, c, d, e, f, g, n, ...) n
#define RAW(...)                                                                                   \
	raw_ret(RAW_PICK(__VA_ARGS__, RAW_6, RAW_5, RAW_4, RAW_3, RAW_2, RAW_1, RAW_0, 0)(         \
		__VA_ARGS__))

#define open(...) RAW(SYS_open, __VA_ARGS__)
#define openat(...) RAW(SYS_openat, __VA_ARGS__)
#define creat(...) RAW(SYS_creat, __VA_ARGS__)
#define close(...) RAW(SYS_close, __VA_ARGS__)
#define read(...) RAW(SYS_read, __VA_ARGS__)
#define write(...) RAW(SYS_write, __VA_ARGS__)
#define pread(...) RAW(SYS_pread64, __VA_ARGS__)
#define lseek(...) RAW(SYS_lseek, __VA_ARGS__)
#define stat(...) RAW(SYS_stat, __VA_ARGS__)
#define lstat(...) RAW(SYS_lstat, __VA_ARGS__)
#define fstat(...) RAW(SYS_fstat, __VA_ARGS__)
#define fstatat(...) RAW(SYS_newfstatat, __VA_ARGS__)
#define statfs(...) RAW(SYS_statfs, __VA_ARGS__)
#define fstatfs(...) RAW(SYS_fstatfs, __VA_ARGS__)
#define access(...) RAW(SYS_access, __VA_ARGS__)
#define faccessat(a, b, c, d) RAW(SYS_faccessat, a, b, c)
#define mkdir(...) RAW(SYS_mkdir, __VA_ARGS__)
#define mkdirat(...) RAW(SYS_mkdirat, __VA_ARGS__)
#define rmdir(...) RAW(SYS_rmdir, __VA_ARGS__)
#define unlink(...) RAW(SYS_unlink, __VA_ARGS__)
#define unlinkat(...) RAW(SYS_unlinkat, __VA_ARGS__)
#define rename(...) RAW(SYS_rename, __VA_ARGS__)
#define renameat(...) RAW(SYS_renameat, __VA_ARGS__)
#define link(...) RAW(SYS_link, __VA_ARGS__)
#define linkat(...) RAW(SYS_linkat, __VA_ARGS__)
#define symlink(...) RAW(SYS_symlink, __VA_ARGS__)
#define symlinkat(...) RAW(SYS_symlinkat, __VA_ARGS__)
#define readlink(...) RAW(SYS_readlink, __VA_ARGS__)
#define readlinkat(...) RAW(SYS_readlinkat, __VA_ARGS__)
#define chmod(...) RAW(SYS_chmod, __VA_ARGS__)
#define fchmod(...) RAW(SYS_fchmod, __VA_ARGS__)
#define fchmodat(a, b, c, d) RAW(SYS_fchmodat, a, b, c)
#define chown(...) RAW(SYS_chown, __VA_ARGS__)
#define lchown(...) RAW(SYS_lchown, __VA_ARGS__)
#define fchown(...) RAW(SYS_fchown, __VA_ARGS__)
#define fchownat(...) RAW(SYS_fchownat, __VA_ARGS__)
#define mknod(...) RAW(SYS_mknod, __VA_ARGS__)
#define mknodat(...) RAW(SYS_mknodat, __VA_ARGS__)
#define mkfifo(p, m) RAW(SYS_mknod, p, (m) | S_IFIFO, 0)
#define mkfifoat(d, p, m) RAW(SYS_mknodat, d, p, (m) | S_IFIFO, 0)
#define truncate(...) RAW(SYS_truncate, __VA_ARGS__)
#define ftruncate(...) RAW(SYS_ftruncate, __VA_ARGS__)
#define utime(...) RAW(SYS_utime, __VA_ARGS__)
#define utimes(...) RAW(SYS_utimes, __VA_ARGS__)
#define futimesat(...) RAW(SYS_futimesat, __VA_ARGS__)
#define utimensat(...) RAW(SYS_utimensat, __VA_ARGS__)
#define futimens(f, t) RAW(SYS_utimensat, f, 0, t, 0)
#define chdir(...) RAW(SYS_chdir, __VA_ARGS__)
#define fchdir(...) RAW(SYS_fchdir, __VA_ARGS__)
#define chroot(...) RAW(SYS_chroot, __VA_ARGS__)
#define umask(...) RAW(SYS_umask, __VA_ARGS__)
#define dup(...) RAW(SYS_dup, __VA_ARGS__)
#define dup2(...) RAW(SYS_dup2, __VA_ARGS__)
#define dup3(...) RAW(SYS_dup3, __VA_ARGS__)
#define fcntl(...) RAW(SYS_fcntl, __VA_ARGS__)
#define pipe(...) RAW(SYS_pipe, __VA_ARGS__)
#define pipe2(...) RAW(SYS_pipe2, __VA_ARGS__)
#define ioctl(...) RAW(SYS_ioctl, __VA_ARGS__)
#define poll(...) RAW(SYS_poll, __VA_ARGS__)
#define getpid() RAW(SYS_getpid)
#define getppid() RAW(SYS_getppid)
#define gettid() RAW(SYS_gettid)
#define geteuid() RAW(SYS_geteuid)
#define getegid() RAW(SYS_getegid)
#define getuid() RAW(SYS_getuid)
#define getgid() RAW(SYS_getgid)
#define setsid() RAW(SYS_setsid)
#define kill(...) RAW(SYS_kill, __VA_ARGS__)
#define raise(s)                                                                                   \
	RAW(SYS_tgkill, raw_6(SYS_getpid, 0, 0, 0, 0, 0, 0), raw_6(SYS_gettid, 0, 0, 0, 0, 0, 0), s)
#define pause() RAW(SYS_pause)
#define alarm(...) RAW(SYS_alarm, __VA_ARGS__)
#define setitimer(...) RAW(SYS_setitimer, __VA_ARGS__)
#define nanosleep(...) RAW(SYS_nanosleep, __VA_ARGS__)
#define sched_yield() RAW(SYS_sched_yield)
#define fork() RAW(SYS_fork)
#define vfork() RAW(SYS_vfork)
#define execve(...) RAW(SYS_execve, __VA_ARGS__)
#define waitpid(p, s, o) RAW(SYS_wait4, p, s, o, 0)
#define wait(s) RAW(SYS_wait4, -1, s, 0, 0)
#define prctl(...) RAW(SYS_prctl, __VA_ARGS__)
#define getrlimit(...) RAW(SYS_getrlimit, __VA_ARGS__)
#define setrlimit(...) RAW(SYS_setrlimit, __VA_ARGS__)
#define mprotect(...) RAW(SYS_mprotect, __VA_ARGS__)
#define uname(...) RAW(SYS_uname, __VA_ARGS__)
#define socket(...) RAW(SYS_socket, __VA_ARGS__)
#define socketpair(...) RAW(SYS_socketpair, __VA_ARGS__)
#define bind(...) RAW(SYS_bind, __VA_ARGS__)
#define connect(...) RAW(SYS_connect, __VA_ARGS__)
#define listen(...) RAW(SYS_listen, __VA_ARGS__)
#define accept(...) RAW(SYS_accept, __VA_ARGS__)
#define accept4(...) RAW(SYS_accept4, __VA_ARGS__)
#define getsockname(...) RAW(SYS_getsockname, __VA_ARGS__)
#define getpeername(...) RAW(SYS_getpeername, __VA_ARGS__)
#define getsockopt(...) RAW(SYS_getsockopt, __VA_ARGS__)
#define setsockopt(...) RAW(SYS_setsockopt, __VA_ARGS__)
#define sendto(...) RAW(SYS_sendto, __VA_ARGS__)
#define recvfrom(...) RAW(SYS_recvfrom, __VA_ARGS__)
#define send(f, b, n, g) RAW(SYS_sendto, f, b, n, g, 0, 0)
#define recv(f, b, n, g) RAW(SYS_recvfrom, f, b, n, g, 0, 0)
#define sendmsg(...) RAW(SYS_sendmsg, __VA_ARGS__)
#define recvmsg(...) RAW(SYS_recvmsg, __VA_ARGS__)
#define sendmmsg(...) RAW(SYS_sendmmsg, __VA_ARGS__)
#define recvmmsg(...) RAW(SYS_recvmmsg, __VA_ARGS__)
#define inotify_init1(...) RAW(SYS_inotify_init1, __VA_ARGS__)
#define inotify_init() RAW(SYS_inotify_init)
#define inotify_add_watch(...) RAW(SYS_inotify_add_watch, __VA_ARGS__)
#define inotify_rm_watch(...) RAW(SYS_inotify_rm_watch, __VA_ARGS__)
#define name_to_handle_at(...) RAW(SYS_name_to_handle_at, __VA_ARGS__)
#define setxattr(...) RAW(SYS_setxattr, __VA_ARGS__)
#define lsetxattr(...) RAW(SYS_lsetxattr, __VA_ARGS__)
#define fsetxattr(...) RAW(SYS_fsetxattr, __VA_ARGS__)
#define getxattr(...) RAW(SYS_getxattr, __VA_ARGS__)
#define lgetxattr(...) RAW(SYS_lgetxattr, __VA_ARGS__)
#define fgetxattr(...) RAW(SYS_fgetxattr, __VA_ARGS__)
#define listxattr(...) RAW(SYS_listxattr, __VA_ARGS__)
#define llistxattr(...) RAW(SYS_llistxattr, __VA_ARGS__)
#define flistxattr(...) RAW(SYS_flistxattr, __VA_ARGS__)
#define removexattr(...) RAW(SYS_removexattr, __VA_ARGS__)
#define lremovexattr(...) RAW(SYS_lremovexattr, __VA_ARGS__)
#define fremovexattr(...) RAW(SYS_fremovexattr, __VA_ARGS__)
#define mount(...) RAW(SYS_mount, __VA_ARGS__)
#define umount2(...) RAW(SYS_umount2, __VA_ARGS__)
#define sigaltstack(...) RAW(SYS_sigaltstack, __VA_ARGS__)
#define epoll_create1(...) RAW(SYS_epoll_create1, __VA_ARGS__)
#define epoll_ctl(...) RAW(SYS_epoll_ctl, __VA_ARGS__)
#define epoll_wait(...) RAW(SYS_epoll_wait, __VA_ARGS__)
#define _exit(...) RAW(SYS_exit_group, __VA_ARGS__)

/* The kernel's mask is 8 bytes, libc's sigset_t begins with them. */
#define sigprocmask(h, s, o) RAW(SYS_rt_sigprocmask, h, s, o, 8)
#define sigpending(s) RAW(SYS_rt_sigpending, s, 8)
#define sigsuspend(s) RAW(SYS_rt_sigsuspend, s, 8)
#define ppoll(f, n, t, s) RAW(SYS_ppoll, f, n, t, s, 8)
#define epoll_pwait(e, v, n, t, s) RAW(SYS_epoll_pwait, e, v, n, t, s, 8)
#define sigtimedwait(s, i, t) RAW(SYS_rt_sigtimedwait, s, i, t, 8)
#define sigaction(...) raw_sigaction(__VA_ARGS__)
#define pselect(n, r, w, e, t, s) RAW(SYS_pselect6, n, r, w, e, t, (&(long[2]){(long)(s), 8}))
#define getcwd(b, n) (RAW(SYS_getcwd, b, n) < 0 ? NULL : (b))

/* Not macros: their structures differ. */
int(raw_sigaction)(int sig, const struct sigaction *act, struct sigaction *old);

#endif
