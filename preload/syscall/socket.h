/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * socket.h - the calls of <sys/socket.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_SOCKET_H
#define FJ_SYSCALL_SOCKET_H

long fj_sys_socket(int family, int type, int protocol);
long fj_sys_bind(int fd, const void *address, int size);
long fj_sys_getsockopt(int fd, int level, int name, void *value, void *size);
long fj_sys_sendmsg(int fd, const void *message, unsigned flags);

#endif
