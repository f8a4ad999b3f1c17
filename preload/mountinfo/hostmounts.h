/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hostmounts.h - what the host has mounted: its mountinfo, read and taken apart. */
#ifndef FJ_HOSTMOUNTS_H
#define FJ_HOSTMOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line of proc_pid_mountinfo(5); the strings lie in the mapping. */
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
	/* Mappings, to be freed by fj_hostmounts_done(). */
	char *text;
	size_t text_size, mount_size;
};

/* Returns 0 or -errno. */
long fj_hostmounts_read(struct fj_hostmounts *h);
void fj_hostmounts_done(struct fj_hostmounts *h);
/* The mount that `host_path` lies in; the one with `id`; or NULL. */
const struct fj_hostmount *fj_hostmounts_of(const struct fj_hostmounts *h, const char *host_path);
const struct fj_hostmount *fj_hostmounts_by_id(const struct fj_hostmounts *h, uint32_t id);

/* Is `host_path` a mount point of the host? */
bool fj_hostmounts_has(const char *host_path);

#endif
