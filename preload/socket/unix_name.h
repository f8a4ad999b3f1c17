/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unix_name.h - names of bound AF_UNIX sockets: what the kernel stores, and what the program has
 * bound. For this room, procfs/ and others that show socket names. */
#ifndef FJ_UNIX_NAME_H
#define FJ_UNIX_NAME_H

#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_thread;

#define FJ_UNIX_PATH 108u /* sizeof(sun_path), linux/un.h */
#define FJ_SOCKETS 2048u

/* The name that one socket was bound to, for getsockname(2) and similar calls. */
struct fj_socket_name {
	uint64_t id;
	uint32_t sequence; /* locking/seq.h */
	uint32_t len;	   /* length of sun_path as the program passed it */
	char path[FJ_UNIX_PATH];
};
#define FJ_SOCKET_NAMES_AT 0x153000u
struct fj_socket_names {
	uint32_t next;
	struct fj_socket_name socket[FJ_SOCKETS];
};
/* The section, in the jail's memory. */
struct fj_socket_names *fj_socket_names(void);

struct fj_unix_address { /* struct sockaddr_un, linux/un.h */
	uint16_t family;
	char path[FJ_UNIX_PATH];
};

/* Binds socket `fd` at `place`, which must not exist; `path` of `len` bytes is the program's name
 * for it. `address` is scratch memory. Returns 0 or -errno. */
long fj_unix_name_bind(struct fj_thread *t, int fd, const struct fj_place *place, const char *path,
	size_t len, struct fj_unix_address *address);

/* Replaces the path in `address` (an address of `len` bytes from the kernel) by the path that the
 * program has bound. Returns the length of the address as the kernel would report it. */
int fj_unix_name_as_bound(struct fj_unix_address *address, int len);

#endif
