/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * descriptors.h - numbers for descriptors beyond the program's own limit, for the time of one call. */
#ifndef FJ_DESCRIPTORS_H
#define FJ_DESCRIPTORS_H

#include <stdint.h>

/* Raise the soft limit of descriptors (RLIMIT_NOFILE) by FJ_DESCRIPTORS_MORE, or to the hard limit if that is lower.
 * Returns the soft limit of before, or 0: nothing was changed. fj_descriptors_lower() restores `limit`, what
 * fj_descriptors_raise() has returned, unless somebody has set another limit meanwhile. Two paths in unions of
 * FJ_LAYERS_MAX (64) layers need fewer than FJ_DESCRIPTORS_MORE. */
#define FJ_DESCRIPTORS_MORE 512
uint64_t fj_descriptors_raise(void);
void fj_descriptors_lower(uint64_t limit);

/* A handler of the program begins while a call of `t` is under way: it sees the program's own limit. It may
 * leave the call for good by siglongjmp(3). Returns what fj_descriptors_resume() needs when the call goes on;
 * 0: the call has no other limit. */
struct fj_thread;
uint64_t fj_descriptors_suspend(struct fj_thread *t);
void fj_descriptors_resume(struct fj_thread *t, uint64_t suspended);

#endif
