/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hostmounts.h - the mounts of the host: reads and parses the host's mountinfo. Called by this room and by
 * mount. */
#ifndef FJ_HOSTMOUNTS_H
#define FJ_HOSTMOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line of proc_pid_mountinfo(5). The strings point into the mapping. */
struct fj_hostmount {
	uint32_t id, parent;
	const char *device;				     /* MAJOR:MINOR */
	const char *root;				     /* still escaped */
	const char *point;				     /* unescaped */
	const char *options, *type, *source, *super_options; /* source: still escaped */
};

struct fj_hostmounts {
	uint32_t count;
	struct fj_hostmount *mount;
	/* Mappings; fj_hostmounts_done() frees them. */
	char *text;
	size_t text_size, mount_size;
};

/* Read the caller's mounts of the host into `h`. Returns 0 or -errno. */
long fj_hostmounts_read(struct fj_hostmounts *h);
/* Free what fj_hostmounts_read() has mapped. */
void fj_hostmounts_done(struct fj_hostmounts *h);
/* The mount that contains `host_path`; the mount `id`. NULL: there is none. */
const struct fj_hostmount *fj_hostmounts_of(const struct fj_hostmounts *h, const char *host_path);
const struct fj_hostmount *fj_hostmounts_by_id(const struct fj_hostmounts *h, uint32_t id);

/* Is `host_path` a mount point of the host? */
bool fj_hostmounts_has(const char *host_path);

#endif
