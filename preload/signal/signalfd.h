/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signalfd.h - descriptors of signalfd(2) from which SIGSYS is read. For this room, file/ and
 * socket/. */
#ifndef FJ_SIGNALFD_H
#define FJ_SIGNALFD_H

#include <stdbool.h>

struct fj_call;

/* A descriptor came from another process: checks whether it is such a descriptor. */
void fj_signalfd_received(int fd);
/* Is `nr` a call that reads or waits, and is trapped once a process has such a descriptor? */
bool fj_signalfd_reads(long nr);
/* Makes such a call, and turns records of the stand-in signal into SIGSYS. */
long fj_signalfd_read(struct fj_call *c);

#endif
