/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may.h - is the calling process, who is not all-powerful, allowed this call? */
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

/* Judge a call by what its files show, before its hook runs; only for identities that
 * fj_ids_is_limited(). Returns 0 when nothing is to be said against it (the call may still fail for
 * other reasons, and says so itself); FJ_MAY_DONE when the look has also shown that it succeeds, and
 * it has nothing else to do; else -EACCES, -EPERM, -ENODATA, or the errno that the look has shown. */
long fj_may_call(struct fj_call *c);
#define FJ_MAY_DONE 1

/* The part of it that is about the file which the call names, and which shows `file`: may_file.c.
 */
long fj_may_file(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file);

/* What a path argument leads to. */
struct fj_target {
	struct fj_place place;
	bool is_there;
	bool is_fast;	       /* from facts, which held */
	bool is_in_root;       /* and they say that it is in no mount */
	struct fj_file file;   /* when it is there */
	struct fj_file parent; /* for entries */
};

#define FJ_JUDGING_AT 0xc0u
struct fj_judging {
	/* While another identity than the thread's own is asked about: may.c */
	const struct fj_ids *judged;
	uint8_t asked; /* on the way of which path arguments that was done: a bit for each */
};
static inline struct fj_judging *fj_judging(const struct fj_thread *t)
{
	return (struct fj_judging *)fj_thread_area_at(t, FJ_JUDGING_AT);
}

/* The identity that is judged: the caller's, but for access(2). */
const struct fj_ids *fj_subject(const struct fj_thread *t);
/* Is the file on a filesystem whose permissions the kernel judges better? */
bool fj_is_kernels(struct fj_thread *t, int dirfd, const char *name);
/* The object that `jail_path` names (NULL: `dirfd` itself): 1 with *target filled, is_there or not;
 * 0: leave it to the call; or -EACCES. fj_target_done() afterwards in any case. */
long fj_target_of_path(struct fj_call *c, int dirfd, const char *jail_path, unsigned how,
	struct fj_target *target);
/* The same of path argument `i`. */
long fj_target_of(struct fj_call *c, int i, unsigned how, struct fj_target *target);
/* The errno `r` of a rule, unless the kernel knows better. */
long fj_target_errno(struct fj_call *c, const struct fj_target *target, long r);
/* The same of a rule about the object itself. */
long fj_target_object_errno(struct fj_call *c, const struct fj_target *target, long r);
/* Was the descriptor opened with O_PATH? */
bool fj_is_path_fd(int fd);
/* The directory that it is in, as a name in the place's descriptor. */
const char *fj_target_dir(struct fj_call *c, const struct fj_target *target);
/* And that directory's descriptor, of which it is a name: in a union the topmost, whatever layer
 * has the name. */
int fj_target_parent(const struct fj_target *target);
/* Done with it; returns `r`. */
long fj_target_done(struct fj_target *target, long r);
/* Do the call's flags want path argument `i` followed? 0 or FJ_FOLLOW. */
unsigned fj_target_follow(const struct fj_call *c, int i);

/* What it does to another process: may_process.c. */
long fj_may_process(struct fj_call *c);

/* may_names.c. `i`: the path argument */
long fj_may_make(struct fj_call *c, int i, uint32_t mode, uint64_t device);
long fj_may_link(struct fj_call *c);
long fj_may_unlink(struct fj_call *c);
long fj_may_rename(struct fj_call *c);

#endif
