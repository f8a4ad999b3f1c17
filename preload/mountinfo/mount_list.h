/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_list.h - lists all mounts that the caller can see. Called by procfs (mountinfo and others) and by
 * statmount(2) and listmount(2). */
#ifndef FJ_MOUNT_LIST_H
#define FJ_MOUNT_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

struct fj_mount_line {
	uint32_t id, parent; /* as in mountinfo: mount_ids.h */
	const char *device, *root, *pos, *options, *tags, *type, *source, *super_options;
	const char *host; /* where it is on the host */
	bool is_source_escaped;
};

/* Does a list of mount options, as mountinfo shows it, begin with "ro"? */
static inline bool fj_mount_options_are_ro(const char *options)
{
	return options[0] == 'r' && options[1] == 'o';
}

/* Call `tell` for each mount; `seen` is its path as the caller sees it. Returns 0 or -errno. */
typedef void (*fj_mount_teller)(void *about, const struct fj_mount_line *l, const char *seen);
long fj_mount_list(struct fj_thread *t, fj_mount_teller tell, void *about);

#endif
