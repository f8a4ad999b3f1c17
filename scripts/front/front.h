/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * front.h - the `fakejail` command: the usual command lines, without a shell.
 *
 * It reads the command line and becomes the loader, as the launcher in sh (fakejail.in) does, to
 * which it leaves all that it does not know or that is wrong: messages are the launcher's alone.
 * So each function here may give up, with front_give_up(), and nothing is done before all is known.
 * tests/launcher compares the two.
 *
 * Static and without libc, since a start of that would take longer than all that is done here. */
#ifndef FRONT_H
#define FRONT_H

#include "sys/sys.h"

#include <asm/stat.h>

/* What the kernel put on the stack, and where our own files are: place.c. */
struct front {
	char **argv, **envp;
	long argc, envc;
	const char *self; /* the path by which we were run */
	const char *own;  /* where our other files lie; NULL: not found yet */
	const char *home; /* the same, or what FAKEJAIL_LIBDIR says */
	bool is_moved;	  /* `home` was found by the way from `self` */
};
extern struct front front;

/* main.c: become the launcher in sh, with the command line as it was typed. */
_Noreturn void front_give_up(void);

/* texts.c: strings that stay; they give up where there is no room. */
char *front_text(const char *a, const char *b, const char *c);
char *front_text_n(const char *text, size_t n);
/* `a/b`, with one slash between them where `a` ends in one. */
char *front_below(const char *a, const char *b);
const char *front_last_name(const char *path);
/* Up to the last slash, and without it; "" where that is the first byte. As ${path%/}*. */
char *front_directory(const char *path);
/* Without empty, `.` and `..` components: fj_clean of fakejail-lib. */
const char *front_clean(const char *path);
const char *front_absolute(const char *path);
/* Absolute, and without `..` where that names the same place: fj_tidy. */
const char *front_tidy(const char *path);
/* The shell's PWD. */
const char *front_pwd(void);

/* look.c: what test(1) says. */
bool front_stat(const char *path, struct stat *st);
bool front_is_there(const char *path);
bool front_is_link(const char *path);
bool front_is_file(const char *path);
bool front_is_directory(const char *path);
bool front_has_content(const char *path);
bool front_may_run(const char *path);
bool front_is_same(const char *a, const char *b);
/* The target of a symlink; NULL: it is none. */
const char *front_link(const char *path);
/* Has the directory an entry beside `.`, `..` and `but`? Of one that cannot be read: `otherwise`.
 */
bool front_has_entries(const char *path, const char *but, bool otherwise);
/* Has the directory an entry that is locked by nobody (flock(2)), or one that cannot be asked? */
#define FRONT_LOCK_EX 2
#define FRONT_LOCK_NB 4
bool front_has_unlocked(const char *path);
/* The caller's variable; NULL: there is none. */
const char *front_variable(const char *name);
/* The same, or "". */
const char *front_variable_or_empty(const char *name);

/* Where they lie when they were not moved, and their ways to each other: made by make. */
extern const struct front_places {
	const char *libexec, *lib, *bin_to_libexec, *libexec_to_bin, *libexec_to_lib;
} front_places;

/* place.c: find our own files. */
/* fj_sibling; "": there is none of that name. */
const char *front_sibling(const char *name);
void front_find_home(void);
/* The loader, and the shared object for -p. */
const char *front_loader(const char **preload);

/* jail.c: the root as it looks from outside; `root` is its path, absolute. */
struct front_mount {
	const char *host; /* NULL: of a tmpfs */
	const char *jail;
};
#define FRONT_MOUNTS_MAX 256
extern struct front_mount front_mounts[FRONT_MOUNTS_MAX];
extern uint32_t front_mount_count;
bool front_mounted_on(const char *jail_path);
bool front_seems_there(const char *root, const char *jail_path);
bool front_resolves(const char *root, const char *jail_path);
bool front_wants_host_file(const char *root, const char *file);
bool front_path_is_usable(const char *root, const char *path);
/* The jail path of the working directory when that lies in the root; NULL. */
const char *front_inside(const char *root);
/* May there be something for the launcher to do first: left private copies, records to adopt? */
bool front_has_left_copies(void);
/* Where private copies are made. */
const char *front_store(void);
bool front_may_be_recorded(const char *root);

/* environment.c: the variables of COMMAND. */
void front_environment_begin(void);
void front_environment_set(const char *assignment);
void front_environment_unset(const char *name);
void front_environment_clear(void);
char **front_environment(void);

/* options.c: what was typed. */
struct front_options {
	const char *word[FRONT_MOUNTS_MAX * 8]; /* for the loader */
	uint32_t count;
	const char *rootfs, *chdir, *userspec;
	bool is_overlay; /* of the root: --rm */
	bool is_bare, skips_chdir, has_db, is_ended;
	bool no_trap, no_preload, no_patch;
	char loud;	      /* 'q', 'v' or 0 */
	bool path_is_callers; /* PATH is what the caller has */
	bool path_is_chosen;  /* PATH is what an option says */
};
extern struct front_options front_options;
void front_add(const char *word);
/* Read options up to the first operand; returns where that is. */
char **front_parse(char **at);

static inline bool front_has(const char *text, char byte)
{
	for (; *text; text++)
		if (*text == byte)
			return true;
	return false;
}

#endif
