/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_list.h - all mounts that the caller can see: for the files of procfs and for statmount(2).
 */
#ifndef FJ_MOUNT_LIST_H
#define FJ_MOUNT_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

struct fj_mount_line {
	uint32_t id, parent; /* as mountinfo has them: mountinfo/mount_ids.h */
	const char *device, *root, *pos, *options, *tags, *type, *source, *super_options;
	const char *host; /* where it lies on the host */
	bool is_source_escaped;
};

/* Tell each mount, which the caller's root has at `seen`. Returns 0 or -errno. */
typedef void (*fj_mount_teller)(void *about, const struct fj_mount_line *l, const char *seen);
long fj_mount_list(struct fj_thread *t, fj_mount_teller tell, void *about);

#endif
