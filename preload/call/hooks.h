/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hooks.h - every hook that calls.def names, by the file that holds it. */
#ifndef FJ_HOOKS_H
#define FJ_HOOKS_H

#include "call/call.h"

/* run.c */
long fj_hook_translate(struct fj_call *c); /* replace each path, call the kernel */
long fj_hook_refuse(struct fj_call *c);

/* hook_file.c */
long fj_hook_stat(struct fj_call *c);
long fj_hook_access(struct fj_call *c);
long fj_hook_readlink(struct fj_call *c);

long fj_hook_fstat(struct fj_call *c);

/* hook_own.c */
long fj_hook_chown(struct fj_call *c);
long fj_hook_fchown(struct fj_call *c);
long fj_hook_chmod(struct fj_call *c); /* fchmodat, fchmodat2 */
long fj_hook_fchmod(struct fj_call *c);
long fj_hook_utimens(struct fj_call *c); /* utimensat */

/* hook_make.c */
long fj_hook_umask(struct fj_call *c);
long fj_hook_mkdir(struct fj_call *c);
long fj_hook_mknod(struct fj_call *c);
long fj_hook_symlink(struct fj_call *c);
long fj_hook_unlink(struct fj_call *c);
long fj_hook_rename(struct fj_call *c); /* renameat, renameat2 */

/* hook_dents.c */
long fj_hook_getdents(struct fj_call *c);

/* hook_xattr.c */
long fj_hook_setxattr(struct fj_call *c);
long fj_hook_setxattrat(struct fj_call *c);
long fj_hook_getxattrat(struct fj_call *c);
long fj_hook_listxattrat(struct fj_call *c);
long fj_hook_removexattrat(struct fj_call *c);
long fj_hook_getxattr(struct fj_call *c);
long fj_hook_listxattr(struct fj_call *c);
long fj_hook_removexattr(struct fj_call *c);
long fj_hook_fsetxattr(struct fj_call *c);
long fj_hook_fgetxattr(struct fj_call *c);
long fj_hook_flistxattr(struct fj_call *c);
long fj_hook_fremovexattr(struct fj_call *c);

/* hook_ptrace.c */
long fj_hook_ptrace(struct fj_call *c);

/* hook_open.c */
long fj_hook_open(struct fj_call *c);
long fj_hook_openat2(struct fj_call *c);

/* hook_cwd.c */
long fj_hook_getcwd(struct fj_call *c);
long fj_hook_chdir(struct fj_call *c);
long fj_hook_chroot(struct fj_call *c);

/* missing.c */
long fj_hook_exit_127(struct fj_call *c);

/* hook_statfs.c */
long fj_hook_statfs(struct fj_call *c);
long fj_hook_fstatfs(struct fj_call *c);

/* hook_fd.c */
long fj_hook_our_fd(struct fj_call *c);
long fj_hook_close_range(struct fj_call *c);

/* hook_dents.c */
long fj_hook_getdents(struct fj_call *c);

/* hook_exec.c */
long fj_hook_exec(struct fj_call *c);

/* hook_net.c */
/* Copy a socket address in. Returns 1 when it names a path (in *jail_path), 0 when the kernel may
 * have it as it is, or -errno. */
long fj_address_read(struct fj_call *c, uint64_t at, uint64_t len, char **jail_path);
long fj_hook_socket(struct fj_call *c);
long fj_hook_bind(struct fj_call *c);
long fj_hook_connect(struct fj_call *c);
long fj_hook_sendto(struct fj_call *c);
long fj_hook_sendmsg(struct fj_call *c);
long fj_hook_sendmmsg(struct fj_call *c);
long fj_hook_sockname(struct fj_call *c); /* getsockname, getpeername, accept, accept4, recvfrom */
long fj_hook_recvmsg(struct fj_call *c);
long fj_hook_recvmmsg(struct fj_call *c);

/* hook_signal.c */
long fj_hook_sigaction(struct fj_call *c);
long fj_hook_sigprocmask(struct fj_call *c);
long fj_hook_truncate(struct fj_call *c);
long fj_hook_sigwait(struct fj_call *c); /* rt_sigsuspend, ppoll, epoll_pwait, epoll_pwait2 */
long fj_hook_sigreturn(struct fj_call *c);
long fj_hook_sigpending(struct fj_call *c);
long fj_hook_sigtimedwait(struct fj_call *c);
long fj_hook_pselect(struct fj_call *c);
long fj_hook_sigaltstack(struct fj_call *c);

/* hook_id.c */
long fj_hook_getid(struct fj_call *c); /* getuid, geteuid, getgid, getegid */
long fj_hook_getresid(struct fj_call *c);
long fj_hook_getgroups(struct fj_call *c);
long fj_hook_setid(struct fj_call *c); /* setuid and its kin */
long fj_hook_setgroups(struct fj_call *c);
long fj_hook_capget(struct fj_call *c);
long fj_hook_capset(struct fj_call *c);

/* peer.c */
long fj_hook_peer(struct fj_call *c); /* getsockopt */

/* hook_mount.c */
long fj_hook_mount(struct fj_call *c);
long fj_hook_umount(struct fj_call *c);
long fj_hook_pivot_root(struct fj_call *c);
long fj_hook_unshare(struct fj_call *c);
long fj_hook_exit(struct fj_call *c); /* exit_group */

/* hook_mount_fd.c */
long fj_hook_fsopen(struct fj_call *c);
long fj_hook_fspick(struct fj_call *c);
long fj_hook_fsconfig(struct fj_call *c);
long fj_hook_fsmount(struct fj_call *c);
long fj_hook_open_tree(struct fj_call *c);
long fj_hook_move_mount(struct fj_call *c);
long fj_hook_mount_setattr(struct fj_call *c);

/* hook_machine.c */
long fj_hook_uname(struct fj_call *c);
long fj_hook_sethostname(struct fj_call *c); /* setdomainname */
long fj_hook_adjtime(struct fj_call *c);     /* adjtimex, clock_adjtime */

/* hook_guard.c */
long fj_hook_prctl(struct fj_call *c);
long fj_hook_seccomp(struct fj_call *c);

#endif
