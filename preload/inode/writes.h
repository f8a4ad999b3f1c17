/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * writes.h - writing to a file takes its set-id bits and capabilities away. For open/, permission/,
 * xattr/, dispatch/, door/ and the loader. */
#ifndef FJ_WRITES_H
#define FJ_WRITES_H

#include <stdbool.h>

struct fj_call;
struct fj_owner;

/* The calling process is about to open, make or change a file that shows `file`. If its writing
 * could take something away from the file, its writes are watched from now on. */
void fj_writes_watch(const struct fj_owner *file);
#define FJ_CAPABILITY "security.capability"
/* Call when the process has opened `fd` for writing: if the file has capabilities, begins the
 * watch. */
void fj_writes_opened(struct fj_call *c, int fd);
/* Call when the process gives a capability to a file, which may be open: begins the watch. */
void fj_writes_watch_capability(void);
/* Are this process's writes watched? */
bool fj_writes_are_watched(void);
/* Call at process start, after the state of the process was taken up. */
void fj_writes_start(void);
/* Called when the watch begins in a jail without the trap; the door sets it. */
extern void (*fj_writes_watched)(void);
/* Is `nr` one of the calls that are watched? */
bool fj_writes_may_be(long nr);
/* For a call without a hook that was trapped: makes it, and if it writes, changes what the file
 * shows. */
long fj_writes_made(struct fj_call *c);

#endif
