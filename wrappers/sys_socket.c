/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys_socket.c - functions with addresses of sockets, which for AF_UNIX are paths. */
#define _GNU_SOURCE
#include <sys/socket.h>

#include "wrappers/wrap.h"

/* glibc's prototypes take any of the address types in a transparent union; musl's take a plain
 * pointer. */
#ifdef __GLIBC__
#define fj_address(a) ((a).__sockaddr__)
#else
#define __SOCKADDR_ARG struct sockaddr *
#define __CONST_SOCKADDR_ARG const struct sockaddr *
#define fj_address(a) (a)
#endif

/* accept, connect, sendto, recvfrom, sendmsg and recvmsg may wait, and a thread that waits in them
 * may be cancelled. They have no wrapper: libc handles this correctly, and its system calls are
 * caught where they are made. */

WRAP(int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t len), bind, fd,
	fj_address(address), len)
WRAP(int, getsockname, (int fd, __SOCKADDR_ARG address, socklen_t *len), getsockname, fd,
	fj_address(address), len)
WRAP(int, getpeername, (int fd, __SOCKADDR_ARG address, socklen_t *len), getpeername, fd,
	fj_address(address), len)
