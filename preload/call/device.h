/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * device.h - opening a pretended device node. */
#ifndef FJ_DEVICE_H
#define FJ_DEVICE_H

#include "call/call.h"

/* `fd` was just opened with `flags`. When it is an empty file that stands for a device, close it
 * and open the host's device instead. Returns a descriptor; -ENXIO for a device that a jail does
 * not have. */
long fj_device_open(struct fj_call *c, int fd, uint64_t flags);

#endif
