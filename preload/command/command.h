/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * command.h - the launcher's command line as the loader reads it, and messages when a jail cannot
 * be made. For setup/, launch/ and the loader. */
#ifndef FJ_COMMAND_H
#define FJ_COMMAND_H

#include "command/parent.h"

#include <stdbool.h>
#include <stddef.h>

/* The environment variables that the jail sets: launch/environment.c. */
enum fj_variable { FJ_HOME, FJ_USER, FJ_LOGNAME, FJ_SHELL, FJ_VARIABLES };
extern const char fj_variable_names[FJ_VARIABLES][8];
/* Which of these variables has the name `name`; FJ_VARIABLES: none of them. */
enum fj_variable fj_options_variable(const char *name);

/* A mount of the command line. `mode` is rw or ro. With a `?` behind it the bind is left out when
 * the host or the jail has no such place. With a `!` it is made on a symlink itself, not on its
 * target. With an `i` the user's files in it are root's (FJ_MOUNT_OWN). */
struct fj_mount_point;
struct fj_bind {
	const char *host;		   /* NULL: a tmpfs */
	const struct fj_mount_point *from; /* for a jail inside a jail: the mount point of
					      `host`; else NULL */
	const char *jail, *mode;
	const char *overlay; /* options of mount(2), with host paths; NULL: no overlay */
	const char *upper;   /* its upper layer; "tmp": one that is removed with the jail; "ro":
				none */
	const char *trouble; /* if making it has failed: what failed, for a message */
};

/* The most binds, words after -a, and directories after -m that one command line may have. More of
 * them are an error (options.c). */
#define FJ_BINDS_MAX 48
#define FJ_AFTERWARDS_MAX 64
#define FJ_DIRECTORIES_MAX 128

/* options.c */
struct fj_options {
	const char *root, *name, *chdir, *release, *hostname, *trace, *db, *user, *groups, *preload;
	/* The root is an overlay, and `root` its lowest layer. Above it are `lowers`, in the form
	 * of mount(8), or "" for none. One of the other two is set: a directory of the host, or the
	 * store. */
	const char *lowers, *upper, *store;
	const char *lower;  /* the lowest layer, when `root` has become the upper one */
	const char *images; /* with `store`: the tool that copies, or "" */
	const char *directory[FJ_DIRECTORIES_MAX]; /* directories that must exist */
	int directory_count;
	struct fj_bind bind[FJ_BINDS_MAX];
	int bind_count;
	struct fj_parent parent;
	char *afterwards[FJ_AFTERWARDS_MAX + 1];
	bool kept[FJ_VARIABLES + 1]; /* the last entry is for all other variables */
	bool as_proot; /* a missing directory to start in is no failure, and PWD is set */
	bool skip_chdir, no_trap, no_preload, no_patch, read_only, is_quiet;
	char **command;
};
extern struct fj_options fj_options;
/* Reads the words of the command line from `at` on, which launch/launch.c describes, into fj_options.
 * Exits with 125 and a message if they are wrong. */
void fj_options_read(char **at);

/* fail.c */
#define FJ_FAILED 125 /* chroot(8), env(1): the tool itself failed */
/* Prints what failed, and why unless `error` is 0, and exits with 125. */
_Noreturn void fj_launch_fail(const char *what, const char *which, long error);
/* Copies `text` to `out` of `size` bytes, or fails. */
void fj_launch_put(char *out, const char *text, size_t size);
/* The value of an environment variable, or NULL. */
const char *fj_launch_variable(char **envp, const char *name);

/* errors.c: -errno in the words of strerror(3). For an unknown error the text is valid until the next
 * call. */
const char *fj_error(long error);

#endif
