/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * twin_abi.h - what the kernel defines and one of the C libraries does not: numbers, flags,
 * structures, and calls without a wrapper in musl 1.2.3 or glibc 2.36, which go through syscall(2)
 * (in the raw flavour: twin_raw.h).
 *
 * Written out, since musl's include path has no <linux/...>.
 */
#ifndef TWIN_ABI_H
#define TWIN_ABI_H

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6 */
#endif
#ifndef SYS_statx
#define SYS_statx 332
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

/* include/uapi/linux/openat2.h */
struct twin_open_how {
	uint64_t flags, mode, resolve;
};
#define TWIN_RESOLVE_NO_XDEV 1
#define TWIN_RESOLVE_NO_MAGICLINKS 2
#define TWIN_RESOLVE_NO_SYMLINKS 4
#define TWIN_RESOLVE_BENEATH 8
#define TWIN_RESOLVE_IN_ROOT 16
#define TWIN_RESOLVE_CACHED 32

/* include/uapi/linux/stat.h */
struct twin_statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t pad;
};
struct twin_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, pad1;
	uint64_t ino, size, blocks, attributes_mask;
	struct twin_statx_time atime, btime, ctime, mtime;
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id, pad2[13];
};
#define TWIN_STATX_BASIC_STATS 0x7ff

/* include/uapi/linux/dirent.h */
struct twin_dirent64 {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/* include/uapi/linux/sched.h */
struct twin_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

/* include/uapi/linux/filter.h, seccomp.h, audit.h */
struct twin_filter {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};
struct twin_fprog {
	unsigned short len;
	struct twin_filter *filter;
};
#define TWIN_BPF_LOAD(offset)                                                                      \
	{                                                                                          \
		0x20, 0, 0, offset                                                                 \
	} /* BPF_LD | BPF_W | BPF_ABS */
#define TWIN_BPF_IF(value, yes, no)                                                                \
	{                                                                                          \
		0x15, yes, no, value                                                               \
	} /* BPF_JMP | BPF_JEQ | BPF_K */
#define TWIN_BPF_RETURN(value)                                                                     \
	{                                                                                          \
		0x06, 0, 0, value                                                                  \
	}
#define TWIN_SECCOMP_KILL 0x80000000u /* the process */
#define TWIN_SECCOMP_TRAP 0x00030000u
#define TWIN_SECCOMP_ERRNO 0x00050000u
#define TWIN_SECCOMP_TRACE 0x7ff00000u
#define TWIN_SECCOMP_ALLOW 0x7fff0000u

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_EACCESS
#define AT_EACCESS 0x200
#endif
#define TWIN_RENAME_NOREPLACE 1
#define TWIN_RENAME_EXCHANGE 2
#define TWIN_RENAME_WHITEOUT 4

#ifdef TWIN_RAW
#define SYSCALL(...) RAW(__VA_ARGS__)
#else
#define SYSCALL(...) syscall(__VA_ARGS__)
#endif
#define sys_openat2(...) SYSCALL(SYS_openat2, __VA_ARGS__)
#define sys_faccessat2(...) SYSCALL(SYS_faccessat2, __VA_ARGS__)
#define sys_fchmodat2(...) SYSCALL(SYS_fchmodat2, __VA_ARGS__)
#define sys_statx(...) SYSCALL(SYS_statx, __VA_ARGS__)
#define sys_renameat2(...) SYSCALL(SYS_renameat2, __VA_ARGS__)
#define sys_execveat(...) SYSCALL(SYS_execveat, __VA_ARGS__)
#define sys_close_range(...) SYSCALL(SYS_close_range, __VA_ARGS__)
#define sys_memfd_create(...) SYSCALL(SYS_memfd_create, __VA_ARGS__)
#define sys_getdents64(...) SYSCALL(SYS_getdents64, __VA_ARGS__)
#define sys_getdents(...) SYSCALL(SYS_getdents, __VA_ARGS__)
#define sys_getcwd(...) SYSCALL(SYS_getcwd, __VA_ARGS__)
#define sys_pivot_root(...) SYSCALL(SYS_pivot_root, __VA_ARGS__)

#endif
