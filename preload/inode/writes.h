/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * writes.h - writing takes a file's set-id bits and capabilities away. */
#ifndef FJ_WRITES_H
#define FJ_WRITES_H

#include <stdbool.h>

struct fj_call;
struct fj_owner;

/* May the calling process, which is about to open, make or change a file that shows `file`, take
 * something away by writing? Then its writes are looked at from now on. */
void fj_writes_watch(const struct fj_owner *file);
#define FJ_CAPABILITY "security.capability"
/* The process has opened `fd` for writing, or gives some file a capability. */
void fj_writes_opened(struct fj_call *c, int fd);
void fj_writes_watch_capability(void);
/* Are they? */
bool fj_writes_are_watched(void);
/* At process start, which has taken up what the process was before. */
void fj_writes_start(void);
/* Called then, without the trap: the door sets it. */
extern void (*fj_writes_watched)(void);
/* Is the call one of those? */
bool fj_writes_may_be(long nr);
/* A call without a hook was trapped: make it, and when it writes, see what the file loses. */
long fj_writes_made(struct fj_call *c);

#endif
