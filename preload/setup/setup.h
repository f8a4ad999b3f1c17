/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * setup.h - makes what a new jail consists of: its memory, the file of owner records, its mounts. Called by
 * launch. A failure ends the process with a message, where nothing else is said. */
#ifndef FJ_SETUP_H
#define FJ_SETUP_H

#include "bytes/equal.h"

#include <stdbool.h>

struct fj_bind;
struct fj_str;
struct fj_thread;

/* make_jail.c: make the jail's memory, and the descriptors that stay open. */
void fj_jail_make(char **envp);

/* root_overlay.c: the root will be an overlay. First step, before there is a jail: its upper layer becomes
 * the root. */
void fj_root_overlay_begin(void);
/* End the command: there can be no private directory in the store. */
_Noreturn void fj_refuse_store(long error);
/* The parent has the locks: close them here, since a jail asks all descriptors that it finds open for owner
 * records. */
void fj_root_overlay_let_go(void);
/* Last step, when the jail's memory exists and before all other mounts. */
void fj_root_overlay_mount(struct fj_thread *t);
/* root_lowers.c: let a new upper layer, at `upper_path`, show for its root what the topmost lower layer shows for its own.
 * `layers`: as in mount-table/mounts.h. Returns 0 or -errno. */
long fj_root_overlay_show(struct fj_thread *t, const char *layers, const char *upper_path);
/* The same for the jail's own root. `lowest`: a descriptor of the lowest layer, or -errno. */
long fj_root_lowers_show(struct fj_thread *t, const char *layers, long lowest);
/* Look at the owner records of those lower layers whose records were not met. `layers`: those of the mounted overlay,
 * the upper one first. Ends the command if they are damaged. */
void fj_root_lowers_check(struct fj_thread *t, const char *layers);

/* spare.c: an empty upper layer that an earlier jail has left is taken. Renames the directory `path`, in which it is, to
 * `to`. Returns a descriptor that holds the lock of the directory, or -errno: there is none that can be trusted. Call with the
 * lock of the store. */
long fj_spare_take(const char *path, const char *to);
/* `upper` was just made: note what a directory is in which nothing was changed. */
void fj_spare_note_new(const char *upper);
/* From now on the upper layer may stay when the jail ends. */
void fj_spare_may_stay(void);
/* No process uses `upper`, the only name in `made`, any more. If nothing was changed there, rename `made` to `path`. False:
 * both must be removed, since something was changed, or there is a spare already. */
bool fj_spare_leave(const char *made, const char *upper, const char *path);

/* Open directory `path`, and put the kernel's spelling of it into `out` of PATH_MAX bytes. Returns a
 * descriptor or -errno. Ends the command if the host has no /proc. */
long fj_open_canonical(const char *path, char *out);
/* Is `canonical` the directory `dir`, or below it? */
static inline bool fj_lies_in(const char *canonical, const char *dir)
{
	return fj_path_has_prefix(canonical, fj_streq(dir, "/") ? "" : dir);
}

/* upper.c: can the directory `path` be the upper layer of an overlay? `options`: the options of mount(2),
 * or a list of lower layers. If not, end with a message. */
void fj_upper_check(const char *path, const char *options);
/* Note that this jail uses the upper layer `path`. If another jail uses it, end with a message. */
void fj_upper_claim(struct fj_thread *t, const char *path);

/* upper.c: lock `fd` by flock(2), FJ_LOCK_SH or FJ_LOCK_EX. `which` names the file in the message that ends
 * this start if another process keeps the lock for half a minute: it may be stopped. */
#define FJ_LOCK_SH 1
#define FJ_LOCK_EX 2
void fj_setup_lock(int fd, int operation, const char *which);

/* owners.c: open the file of owner records. `db`: from the command line ("none": only for this jail; NULL:
 * the usual place, see owners.c). Returns a descriptor. `*host_owners` is the descriptor of the host's
 * records, or -1. */
int fj_owners_open(const char *db, int root_fd, char **envp, int *host_owners);
/* Ends the start if `layer`, a lower one of the jail's root, has a file of owner records that cannot be trusted. */
void fj_owners_check_lower(const char *layer);
/* For records that other machines may share: print a warning if they cannot be changed. */
void fj_owners_try(void);
extern bool fj_owners_are_new, fj_owners_are_in_root; /* their file has just been made; it is in the
						       * root */
/* Put the path of `name` in the user's state directory into `out`. False: the user has none. */
bool fj_in_state_folder(char **envp, const char *name, struct fj_str *out);
/* Make the directories above the file `path`. Returns 0 or -errno. */
long fj_make_directories(char *path);
/* Make directory `path` a root with its own records, unless it is one. Returns 0 or -errno. */
long fj_owners_make_in(const char *path);
/* outer_roots.c, after the records are in use: find the roots that contain this one, and tell them if it is
 * new. Warns (unless `is_quiet`) if the records are a copy of another root's. */
void fj_owners_look_around(const char *db, char **envp, bool is_quiet);
/* All roots that were met so far are known, and no program runs yet: what is found out about directories is
 * valid until something changes. */
void fj_owners_begin_calm(void);

/* binds.c: make one mount of the command line. Returns 0, or -errno with b->trouble set to what failed. */
long fj_bind_add(struct fj_thread *t, struct fj_bind *b);
/* Make the root read-only. Called before there are other processes. */
void fj_bind_root_read_only(void);
/* Called after the last mount of the command line. Changes nothing that programs see. */
void fj_bind_settle(void);
/* Make directory `jail_path` and those above it, as far as possible. */
void fj_bind_make_directory(struct fj_thread *t, const char *jail_path);

#endif
