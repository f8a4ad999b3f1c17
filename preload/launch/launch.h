/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch.h - the launcher's command line, and the steps from it to the jail's first program. */
#ifndef FJ_LAUNCH_H
#define FJ_LAUNCH_H

#include "launch/loader.h"
#include "launch/parent.h"

#define FJ_BINDS_MAX 48
#define FJ_AFTERWARDS_MAX 64
#define FJ_DIRECTORIES_MAX 128

/* options.c */
struct fj_options {
	const char *root, *name, *chdir, *release, *hostname, *trace, *db, *user, *groups, *preload;
	/* The root is an overlay, and `root` its lowest layer; above it `lowers`, as mount(8) has
	 * them, or "" for none. One of the others is set: a directory of the host, or the store. */
	const char *lowers, *upper, *store;
	const char *images;			   /* with `store`: the tool that copies, or "" */
	const char *directory[FJ_DIRECTORIES_MAX]; /* that are to be there */
	int directory_count;
	struct fj_bind bind[FJ_BINDS_MAX];
	int bind_count;
	struct fj_parent parent;
	char *afterwards[FJ_AFTERWARDS_MAX + 1];
	bool kept[FJ_VARIABLES + 1]; /* the last one for all others */
	bool as_proot; /* a missing directory to start in is no failure, and PWD is set */
	bool skip_chdir, no_trap, no_preload, no_patch, read_only, is_quiet;
	char **command;
};
extern struct fj_options fj_options;
void fj_options_read(char **at);

/* launch.c: for all its steps. */
/* Say what failed, and why unless `error` is 0, and end with 125. */
_Noreturn void fj_launch_fail(const char *what, const char *which, long error);
/* Copy `text` to `out` of `size` bytes, or fail. */
void fj_launch_put(char *out, const char *text, size_t size);
/* The value of an environment variable, or NULL. */
const char *fj_launch_variable(char **envp, const char *name);
/* A call as the jail's own program would make it. */
long fj_call_of(struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c);

/* What remains once there is a jail: where the first program starts, who it is, and its exec. */
_Noreturn void fj_launch_program(struct fj_thread *t, char **envp);

/* inside.c: of files as whoever typed the command sees them, for what is said of a failure. Nothing
 * may be looked up in the jail afterwards. stat(2) by `path`; may it be run? */
struct stat;
long fj_caller_stat(struct fj_thread *t, const char *path, struct stat *st);
bool fj_caller_can_run(struct fj_thread *t, const char *path);
/* Is this a jail inside a jail? */
bool fj_is_inside(void);

/* make_jail.c: the jail's memory, and the descriptors that stay open. */
void fj_jail_make(char **envp);

/* root_overlay.c: when the root is to be an overlay. First, while nothing is there: where its upper
 * layer is becomes the root. */
void fj_root_overlay_begin(void);
/* Then, with the jail's memory, before all other mounts. */
void fj_root_overlay_mount(struct fj_thread *t);

/* doors.c: which doors this jail has. */
void fj_doors_choose(struct fj_thread *t);

/* first.c: exec the command. */
_Noreturn void fj_first_run(struct fj_thread *t, char **envp);

#endif
