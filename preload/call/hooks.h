/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hooks.h - every hook that calls.def names, below the file that has it (tests/lint/names.sh compares
 * them). For dispatch/, and for the files with hooks. */
#ifndef FJ_HOOKS_H
#define FJ_HOOKS_H

#include <stdint.h>

struct fj_call;

/* X(name) for the hook fj_hook_name(): calls.def calls it `name`. */
#define FJ_HOOKS(X)                                                                                \
	/* call/run.c */                                                                           \
	X(translate) /* replace each path, call the kernel */                                      \
	X(refuse)                                                                                  \
	/* file/hook_stat.c */                                                                     \
	X(stat)                                                                                    \
	X(fstat)                                                                                   \
	/* file/hook_access.c */                                                                   \
	X(access)                                                                                  \
	/* file/hook_readlink.c */                                                                 \
	X(readlink)                                                                                \
	/* mount-stat/hook_mount_id.c */                                                           \
	X(statx)                                                                                   \
	X(handle) /* name_to_handle_at */                                                          \
	/* file/hook_setattr.c */                                                                  \
	X(chown)                                                                                   \
	X(fchown)                                                                                  \
	X(chmod) /* fchmodat, fchmodat2 */                                                         \
	X(fchmod)                                                                                  \
	X(utimens) /* utimensat */                                                                 \
	X(watch)   /* inotify_add_watch, fanotify_mark */                                          \
	X(truncate)                                                                                \
	X(fileattr) /* file_getattr, file_setattr */                                               \
	/* call/umask.c */                                                                         \
	X(umask)                                                                                   \
	/* file/hook_entries.c */                                                                  \
	X(mkdir)                                                                                   \
	X(mknod)                                                                                   \
	X(symlink)                                                                                 \
	X(unlink)                                                                                  \
	X(rename) /* renameat, renameat2 */                                                        \
	X(link)                                                                                    \
	/* file/hook_dents.c */                                                                    \
	X(getdents)                                                                                \
	/* xattr/hook_xattr.c */                                                                   \
	X(setxattr)                                                                                \
	X(setxattrat)                                                                              \
	X(getxattrat)                                                                              \
	X(listxattrat)                                                                             \
	X(removexattrat)                                                                           \
	X(getxattr)                                                                                \
	X(listxattr)                                                                               \
	X(removexattr)                                                                             \
	X(fsetxattr)                                                                               \
	X(fgetxattr)                                                                               \
	X(flistxattr)                                                                              \
	X(fremovexattr)                                                                            \
	/* exec/hook_ptrace.c */                                                                   \
	X(ptrace)                                                                                  \
	/* open/hook_open.c */                                                                     \
	X(open)                                                                                    \
	X(openat2)                                                                                 \
	/* open/hook_bpf.c */                                                                      \
	X(bpf)                                                                                     \
	/* file/hook_cwd.c */                                                                      \
	X(getcwd)                                                                                  \
	X(chdir)                                                                                   \
	X(fchdir)                                                                                  \
	X(chroot)                                                                                  \
	/* mount-stat/hook_statfs.c */                                                             \
	X(statfs)                                                                                  \
	X(fstatfs)                                                                                 \
	/* file/hook_fd.c */                                                                       \
	X(our_fd)                                                                                  \
	X(fcntl)                                                                                   \
	X(select) /* select, pselect6 */                                                           \
	X(poll)	  /* poll, ppoll */                                                                \
	X(io_submit)                                                                               \
	X(kcmp)                                                                                    \
	X(close_range)                                                                             \
	/* union/hook_flags.c */                                                                   \
	X(flock)                                                                                   \
	/* procfs/hook_procmap.c */                                                                \
	X(ioctl)                                                                                   \
	/* landlock/hook_landlock.c */                                                             \
	X(landlock) /* landlock_add_rule */                                                        \
	X(landlock_restrict)                                                                       \
	/* exec/hook_exec.c */                                                                     \
	X(exec)                                                                                    \
	/* socket/hook_net.c */                                                                    \
	X(socket)                                                                                  \
	X(bind)                                                                                    \
	X(connect)                                                                                 \
	X(sendto)                                                                                  \
	X(sendmsg)                                                                                 \
	X(sendmmsg)                                                                                \
	/* socket/hook_net_names.c */                                                              \
	X(sockname) /* getsockname, getpeername, accept, accept4, recvfrom */                      \
	X(recvmsg)                                                                                 \
	X(recvmmsg)                                                                                \
	/* signal/hook_signal.c */                                                                 \
	X(sigaction)                                                                               \
	X(sigprocmask)                                                                             \
	X(sigreturn)                                                                               \
	/* signal/hook_wait_mask.c */                                                              \
	X(sigwait) /* rt_sigsuspend, ppoll, epoll_pwait, epoll_pwait2 */                           \
	X(pselect)                                                                                 \
	/* signal/stand_in.c */                                                                    \
	X(sigpending)                                                                              \
	X(sigtimedwait)                                                                            \
	/* signal/hook_signalfd.c */                                                               \
	X(signalfd) /* signalfd, signalfd4 */                                                      \
	/* signal/hook_altstack.c */                                                               \
	X(sigaltstack)                                                                             \
	/* identity/hook_id.c */                                                                   \
	X(getid) /* getuid, geteuid, getgid, getegid */                                            \
	X(getresid)                                                                                \
	X(getgroups)                                                                               \
	X(setid) /* setuid and its kin */                                                          \
	X(setgroups)                                                                               \
	X(capget)                                                                                  \
	X(capset)                                                                                  \
	/* ipc/hook_ipc.c */                                                                       \
	X(ipcget) /* msgget, semget, shmget */                                                     \
	X(ipcctl) /* msgctl, semctl, shmctl */                                                     \
	X(ipcuse) /* msgsnd, msgrcv, semop, semtimedop, shmat */                                   \
	/* identity/peer.c */                                                                      \
	X(peer) /* getsockopt */                                                                   \
	/* mount/hook_mount.c */                                                                   \
	X(mount)                                                                                   \
	X(umount)                                                                                  \
	X(pivot_root)                                                                              \
	X(unshare)                                                                                 \
	/* mount/hook_clone.c */                                                                   \
	X(clone)                                                                                   \
	/* permission/may_process.c */                                                             \
	X(pass) /* nothing but that permission is asked */                                         \
	/* dispatch/hook_exit.c */                                                                 \
	X(exit) /* exit_group */                                                                   \
	/* mount/hook_mount_make.c */                                                              \
	X(fsopen)                                                                                  \
	X(fspick)                                                                                  \
	X(fsconfig)                                                                                \
	X(fsmount)                                                                                 \
	/* mount/hook_mount_fd.c */                                                                \
	X(open_tree)                                                                               \
	X(move_mount)                                                                              \
	X(mount_setattr)                                                                           \
	/* mountinfo/hook_statmount.c */                                                           \
	X(statmount)                                                                               \
	X(listmount)                                                                               \
	/* procfs/hook_machine.c */                                                                \
	X(uname)                                                                                   \
	X(sethostname) /* setdomainname */                                                         \
	X(adjtime)     /* adjtimex, clock_adjtime */                                               \
	/* seccomp/hook_guard.c */                                                                 \
	X(prctl)                                                                                   \
	X(seccomp)

enum fj_hook {
	FJ_HOOK_NONE,
#define X(name) FJ_HOOK_##name,
	FJ_HOOKS(X)
#undef X
};

#define X(name) long fj_hook_##name(struct fj_call *c);
FJ_HOOKS(X)
#undef X

/* file/early.c: returns the answer that the kernel gives to this call before it looks at any path: 0
 * or -errno. Returns 1 if there is none. */
long fj_early_answer(struct fj_call *c);

/* dispatch/missing_libraries.c: the part of fj_hook_exit() for status 127. Says which libraries are
 * missing, if that is the reason, and ends the process. */
long fj_hook_exit_127(struct fj_call *c);

/* socket/hook_net.c */
/* Copies the socket address of `len` bytes at `*at` from the program; the call's first argument is the
 * socket. `*at` becomes the copy, in scratch memory: another thread may change the program's. Returns 1 when the address
 * names a path (*jail_path, in scratch memory), 0 when the kernel may get the copy, or -EFAULT. Only the
 * lower half of `len` counts. */
long fj_address_read(struct fj_call *c, uint64_t *at, uint64_t len, char **jail_path);

#endif
