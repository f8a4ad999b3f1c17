/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * device.h - opening a pretended device node. */
#ifndef FJ_DEVICE_H
#define FJ_DEVICE_H

#include "records/records.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

/* `fd` was just opened with `flags`. When it is an empty file that stands for a device, close it
 * and open the host's device instead. Returns a descriptor; -ENXIO for a device that a jail does
 * not have. */
long fj_device_open(struct fj_call *c, int fd, uint64_t flags);

/* `fd` is a new descriptor of something else. */
void fj_device_forget(int fd);

struct fj_device_node {
	int fd;
	struct fj_owner_key key;
};
/* Was `fd` opened by a pretended device node? Then `node->key` is the node's; `node->fd` is a new
 * O_PATH descriptor of what now has the name that the node had, or negative. */
bool fj_device_node(struct fj_call *c, int fd, struct fj_device_node *node);

/* Is `place` a device on a nodev mount, where none is opened (may_open_dev() of fs/namei.c)?
 * `flags` are those of open(2). */
bool fj_device_is_refused(struct fj_call *c, const struct fj_place *place, uint64_t flags);

/* access(2), when the disk has refused: of a pretended device, which is a file without a mode
 * there, what it shows decides. Returns 0 or -EACCES. */
long fj_device_access(struct fj_call *c, int dirfd, const char *jail_path, bool follows);

#endif
