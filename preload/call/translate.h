/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * translate.h - the paths of a call replaced by the places that they lead to. Called by hooks. */
#ifndef FJ_TRANSLATE_H
#define FJ_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

/* Replace each path of the call by its place, then let `around` make it; it gets the places in the
 * order of the arguments (`count` of them: a null or empty path has none). An object's is a
 * descriptor and the name "". */
typedef long (*fj_around)(struct fj_call *c, const struct fj_place *const *place, int count);
long fj_translate(struct fj_call *c, fj_around around);

/* The call, with its arguments as the program made them, was refused by `refusal`: what the kernel
 * would have said before it looked at the file, or `refusal`. */
long fj_early_complaint(const struct fj_call *c, long refusal);
/* utimensat(2): are the times none? Then it is refused when the file was found, EINVAL. */
bool fj_times_are_bad(const struct fj_call *c);

/* Find the object that `jail_path` names: opened with O_PATH and `flags` (O_DIRECTORY), its
 * descriptor and the name "" in *object. Returns 0, and *object holds until fj_place_done(); or
 * -errno. */
long fj_find_object(struct fj_call *c, int dirfd, const char *jail_path, unsigned how, int flags,
	struct fj_place *object);

/* Root was refused a path of the call by mode bits of the disk: give the user what root needs on
 * each part of it. True when something was changed, so that the call is to be made again
 * (dac_override.c). */
bool fj_dac_override(struct fj_call *c);

/* The process's umask(2), which only asking by changing would tell. */
#define FJ_UMASK_AT 0x50u
struct fj_umask {
	uint32_t mask;
};
uint32_t fj_umask(void);
void fj_umask_start(uint32_t mask);

#endif
