/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may.h - may the calling process, which has not all capabilities, make this call? For dispatch/
 * and for the files of this room. */
#ifndef FJ_CALL_MAY_H
#define FJ_CALL_MAY_H

#include "inode/owned.h"
#include "layers/place.h"
#include "sys/thread_area.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_ids;
struct fj_owner;
struct fj_thread;

/* Judges a call by what its files show, before its hook runs. Call only for an identity that
 * fj_ids_is_limited(). Returns
 *   0            nothing speaks against the call (it may still fail for other reasons)
 *   FJ_MAY_DONE  the look has shown that the call succeeds, and it has nothing else to do
 *   -EACCES, -EPERM, -ENODATA, or an error that the look has shown */
long fj_may_call(struct fj_call *c);
#define FJ_MAY_DONE 1

/* Judges the part that is about the file which the call names, and which shows `file`
 * (may_file.c). Returns 0 or -errno, as fj_may_call(). */
long fj_may_file(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file);

/* The file that a path argument leads to. */
struct fj_target {
	struct fj_place place;
	bool is_there;
	bool is_fast;	       /* found by facts, which held */
	bool is_in_root;       /* and the facts say that it is in no mount */
	struct fj_file file;   /* if is_there */
	struct fj_file parent; /* for entries: the directory of the name */
};

#define FJ_JUDGING_AT 0xc8u
struct fj_judging {
	/* The identity that is judged, while it is not the thread's own (may.c); else NULL */
	const struct fj_ids *judged;
	uint8_t asked; /* a bit for each path argument whose directories were asked for
			  permission */
};
static inline struct fj_judging *fj_judging(const struct fj_thread *t)
{
	return (struct fj_judging *)fj_thread_area_at(t, FJ_JUDGING_AT);
}

/* The identity that is judged: the caller's, except for access(2). */
const struct fj_ids *fj_subject(const struct fj_thread *t);
/* Is the file on a file system whose permissions the kernel judges better? */
bool fj_is_kernels(struct fj_thread *t, int dirfd, const char *name);
/* Finds the file that `jail_path` names (NULL: `dirfd` itself). Returns 1 with *target filled,
 * whether the file is there or not; 0: leave the call to its hook; or -EACCES. Call
 * fj_target_done() afterwards in any case. */
long fj_target_of_path(struct fj_call *c, int dirfd, const char *jail_path, unsigned how,
	struct fj_target *target);
/* fj_target_of_path() for path argument `i`. */
long fj_target_of(struct fj_call *c, int i, unsigned how, struct fj_target *target);
/* Returns `r`, the error of a rule about a name, or 0 where the kernel judges the directory
 * better. */
long fj_target_errno(struct fj_call *c, const struct fj_target *target, long r);
/* As fj_target_errno(), for a rule about the file itself: 0 where the kernel judges the file better. */
long fj_target_object_errno(struct fj_call *c, const struct fj_target *target, long r);
/* Was the descriptor opened with O_PATH? */
bool fj_is_path_fd(int fd);
/* The directory of the target's name, as a name below fj_target_parent(). */
const char *fj_target_dir(struct fj_call *c, const struct fj_target *target);
/* The descriptor for fj_target_dir(). In a union it is that of the topmost layer, whatever layer
 * has the name. */
int fj_target_parent(const struct fj_target *target);
/* Releases the target; returns `r`. */
long fj_target_done(struct fj_target *target, long r);
/* FJ_FOLLOW if the call's flags ask to follow a symlink in path argument `i`, else 0. */
unsigned fj_target_follow(const struct fj_call *c, int i);

/* May the call do to another process what it asks for? Returns 0 or -EPERM (may_process.c). */
long fj_may_process(struct fj_call *c);

/* may_names.c: may the call make, link, remove or rename names? `i` is the index of the path argument,
 * `mode` and `device` are those of mknod(2). These functions return 0 or -errno, as fj_may_call(). */
long fj_may_make(struct fj_call *c, int i, uint32_t mode, uint64_t device);
long fj_may_link(struct fj_call *c);
long fj_may_unlink(struct fj_call *c);
long fj_may_rename(struct fj_call *c);

#endif
