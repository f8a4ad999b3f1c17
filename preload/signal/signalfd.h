/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signalfd.h - descriptors that SIGSYS is read from. */
#ifndef FJ_SIGNALFD_H
#define FJ_SIGNALFD_H

#include <stdbool.h>

struct fj_call;

/* A descriptor came from another process: is it such a one? */
void fj_signalfd_received(int fd);
/* Is the call one that reads, of those that are trapped once a process has such a descriptor? */
bool fj_signalfd_reads(long nr);
/* Make it, and turn what stands in for SIGSYS into that. */
long fj_signalfd_read(struct fj_call *c);

#endif
