/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_store.h - makes and fills a file of owner records without a jail. For owner_store.c,
 * owner_spoilt.c and owner_stopped.c. */
#ifndef OWNER_STORE_H
#define OWNER_STORE_H

#define _GNU_SOURCE
#include "ownership/ownership.h"
#include "records/store.h"
#include "records/start.h"

#include <linux/fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int open(const char *path, int flags, ...); /* fcntl.h and linux/fcntl.h exclude each other */

#define KEYS 20000u
#define SLOW_SECONDS 120

static inline struct fj_owner_key key_of(uint32_t n)
{
	return (struct fj_owner_key){.dev = 0x99, .ino = 1000 + n, .stamp = 77 + n};
}

/* The gid is computed from the uid, so that a mixture of two records is noticed. */
static inline uint32_t mate_of(uint32_t uid, uint32_t n)
{
	return (uid * 2654435761u) ^ (n * 40503u);
}

static inline int make(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fj_owner_shared = fj_owner_shared_with_others(fd, -1);
	if (fd < 0 || fj_owner_create(fd) < 0 || fj_owner_start(fd, -1) < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

static inline long put(uint32_t n, uint32_t uid)
{
	const struct fj_owner_key key = key_of(n);
	const struct fj_owner to = {.uid = uid, .gid = mate_of(uid, n)};
	const struct fj_owner shown = {.mode = 0100644};
	struct fj_owner is;
	const long r =
		fj_owner_set(&key, FJ_OWNER_UID | FJ_OWNER_GID | FJ_OWNER_CTIME, &to, &shown, 0644);

	return r == FJ_OWNER_NO_CTIME && fj_owner_find(&key, &is) &&
			       (is.flags & FJ_OWNER_ATTRIBUTES) ?
		       0 :
		       r;
}

static inline double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#endif
