/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * umask.h - the umask(2) of the process, which the kernel tells only to a caller that changes it. For
 * rooms that make files, and for the start of a jail. */
#ifndef FJ_UMASK_H
#define FJ_UMASK_H

#include <stdint.h>

/* A section of the state of a process: sys/process.h. */
#define FJ_UMASK_AT 0x50u
struct fj_umask {
	uint32_t mask;
};

/* The permission bits that the calling process's new files do not get, of 0777. Async-signal-safe. */
uint32_t fj_umask(void);
/* Call at the start of a jail, with what umask(2) has returned. */
void fj_umask_start(uint32_t mask);

#endif
