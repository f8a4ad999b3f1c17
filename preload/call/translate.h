/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * translate.h - replaces the paths of a call by the places that they lead to. For hooks. */
#ifndef FJ_TRANSLATE_H
#define FJ_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_place;

/* Replaces each path of the call by its place, then calls `around` to make the call. `around` gets
 * the places in the order of the arguments, `count` of them: a NULL or empty path has none. The
 * place of an object is a descriptor and the name "". Returns what `around` returned, or -errno. */
typedef long (*fj_around)(struct fj_call *c, const struct fj_place *const *place, int count);
long fj_translate(struct fj_call *c, fj_around around);

/* The call with the program's own arguments was refused with `refusal`. Returns the error that the
 * kernel would have given before it looked at the file, or `refusal`. */
long fj_early_complaint(const struct fj_call *c, long refusal);
/* utimensat(2): are the times invalid? The kernel returns EINVAL only after it has found the
 * file. */
bool fj_times_are_bad(const struct fj_call *c);

/* Finds the object that `jail_path` names, and opens it with O_PATH and `flags` (O_DIRECTORY). `how`:
 * FJ_ flags of walk/walk.h. *object gets its descriptor and the name "", and is valid until
 * fj_place_done(). Returns 0 or -errno. */
long fj_find_object(struct fj_call *c, int dirfd, const char *jail_path, unsigned how, int flags,
	struct fj_place *object);

/* In a jail with unions, for an object that will be changed: finds and opens it as fj_find_object() does, but by facts
 * alone, and only if the upper layer has it. Returns false if only a walk can tell. */
bool fj_find_upper_object(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct fj_place *object);

/* The mode bits on the disk have refused a path of the call to root. Gives the user the bits that
 * root needs on each part of the path. Returns true when something was changed: then make the call
 * again (dispatch/dac_override.c). */
bool fj_dac_override(struct fj_call *c);

#endif
