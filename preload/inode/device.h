/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * device.h - opening a pretended device node. For open/, file/ and owned.c. */
#ifndef FJ_DEVICE_H
#define FJ_DEVICE_H

#include "records/records.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

/* `fd` was just opened with `flags`. If it is an empty file that stands for a device, closes it and
 * opens the host's device. Returns a descriptor; -ENXIO for a device that a jail does not have;
 * -EACCES if the directory's sticky bit protects the caller (inode/sticky.h); or the kernel's error
 * for the host's device. */
long fj_device_open(struct fj_call *c, int fd, uint64_t flags);

/* Call when `fd` is a new descriptor of another file. */
void fj_device_forget(int fd);

struct fj_device_node {
	int fd;
	struct fj_owner_key key;
};
/* Was `fd` opened by a pretended device node? Then `node->key` is the node's key, and `node->fd` is
 * a new O_PATH descriptor of the file that has the node's name now, or negative. */
bool fj_device_node(struct fj_call *c, int fd, struct fj_device_node *node);

/* Is `place` a device on a nodev mount, where no device may be opened (may_open_dev() of
 * fs/namei.c)? `flags` are those of open(2). */
bool fj_device_is_refused(struct fj_call *c, const struct fj_place *place, uint64_t flags);

/* For access(2) when the disk has refused: a pretended device has no mode on the disk, so the mode
 * that it shows decides. Returns 0 or -EACCES. */
long fj_device_access(struct fj_call *c, int dirfd, const char *jail_path, bool follows);

#endif
