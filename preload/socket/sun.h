/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sun.h - names of bound AF_UNIX sockets: what the kernel stores, and what the program had said. */
#ifndef FJ_SUN_H
#define FJ_SUN_H

#include "path/path.h"

struct fj_sun { /* struct sockaddr_un, linux/un.h */
	uint16_t family;
	char path[FJ_SUN_PATH];
};

/* Bind socket `fd` at `place`, which does not exist; `path` of `len` bytes is what the program
 * called it. `sun` is scratch. Returns 0 or -errno. */
long fj_sun_bind(struct fj_thread *t, int fd, const struct fj_place *place, const char *path,
	size_t len, struct fj_sun *sun);

/* Replace the path in `sun` (an address of `len` bytes from the kernel) by what the program had
 * bound. Returns the length of the address as the kernel would report it there. */
int fj_sun_as_bound(struct fj_sun *sun, int len);

#endif
