/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * setup.h - what a new jail is made of: its memory, the file of owner records, its mounts. */
#ifndef FJ_SETUP_H
#define FJ_SETUP_H

#include "sys/sys.h"

#include <stdbool.h>

struct fj_bind;
struct fj_str;
struct fj_thread;

/* make_jail.c: the jail's memory, and the descriptors that stay open. */
void fj_jail_make(char **envp);

/* root_overlay.c: when the root is to be an overlay. First, while nothing is there: where its upper
 * layer is becomes the root. */
void fj_root_overlay_begin(void);
/* The locks are the parent's: what a jail's start finds open it asks for owner records. */
void fj_root_overlay_let_go(void);
/* Then, with the jail's memory, before all other mounts. */
void fj_root_overlay_mount(struct fj_thread *t);
/* A new upper layer, at `upper_path`, shows of its root what the one below it of `layers`, as
 * jail/mounts.h has them, shows. Returns 0 or -errno. */
struct fj_call;
long fj_root_overlay_show(struct fj_call *c, const char *layers, const char *upper_path);

/* The kernel's spelling of directory `path`, into `out` of FJ_PATH_MAX bytes. Returns a descriptor or
 * -errno. */
long fj_open_canonical(const char *path, char *out);
/* Is that directory `dir`, or does it lie there? */
static inline bool fj_lies_in(const char *canonical, const char *dir)
{
	return fj_path_has_prefix(canonical, fj_streq(dir, "/") ? "" : dir);
}

/* upper.c: can the directory `path` be the upper layer of an overlay with `options`, those of
 * mount(2), or its list of lower layers? If not, end with a message. */
void fj_upper_check(const char *path, const char *options);
/* Note that this jail uses the upper layer `path`, or end with a message when another does. */
void fj_upper_claim(struct fj_thread *t, const char *path);

/* owners.c: open the file of owner records, `db` from the command line ("none": only for this jail;
 * NULL: where it belongs, see there). Ends the process with a message when it is refused. Returns a
 * descriptor; `*host_owners` is another, or -1. */
int fj_owners_open(const char *db, int root_fd, char **envp, int *host_owners);
/* Of records that other machines may have: say so when they cannot be changed. */
void fj_owners_try(void);
extern bool fj_owners_are_new, fj_owners_are_in_root; /* their file: made just now; in the root */
/* The path of `name` in the user's state folder; false for a user without one. */
bool fj_in_state_folder(char **envp, const char *name, struct fj_str *out);
/* Make the directories that lead to the file `path`. */
long fj_make_directories(char *path);
/* Make directory `path` a root with records of its own, unless it is one. 0 or -errno. */
long fj_owners_make_in(const char *path);
/* outer_roots.c. When they are in use: find the roots that this one lies in, and tell them when it
 * is new. Say so (unless `is_quiet`) when the records are a copy of another root's. */
void fj_owners_look_around(const char *db, char **envp, bool is_quiet);
/* All roots that were met so far are known, before any program runs: what is found out of directories
 * from now on holds until something changes. */
void fj_owners_begin_calm(void);

/* binds.c: mount what the command line says. Returns 0 or -errno, and then `trouble` says what
 * failed. */
long fj_bind_add(struct fj_thread *t, struct fj_bind *b);
void fj_bind_root_read_only(void);
/* After the last of them: nothing that is seen changes. */
void fj_bind_settle(void);
/* Make directory `jail_path`, and those above it, where that is possible. */
void fj_bind_make_directory(struct fj_thread *t, const char *jail_path);

#endif
