/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * front.h - the `fakejail` command: handles the usual command lines, without a shell.
 *
 * It reads the command line and becomes the loader, as the launcher in sh (fakejail.in) does.
 * Whatever it does not know, and whatever is wrong, it leaves to the launcher, which alone prints
 * messages. So each function here may give up, with front_give_up(), and nothing is done before
 * everything is known. tests/launcher compares the two.
 *
 * It is static and without libc, because starting libc would take longer than everything that is
 * done here. */
#ifndef FRONT_H
#define FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <asm/stat.h>

/* What the kernel put on the stack, and where our own files are (place.c). */
struct front {
	char **argv, **envp;
	long argc, envc;
	const char *self; /* the path by which this program was executed */
	const char *own;  /* the directory of our other files; NULL: not found yet */
	const char *home; /* `own`, or what FAKEJAIL_LIBDIR says */
	bool is_moved;	  /* `home` was found by its relative path from `self` */
};
extern struct front front;

/* main.c: becomes the launcher in sh, with the command line as it was typed. */
_Noreturn void front_give_up(void);

/* texts.c: these make strings that last; they give up where there is no room. */
char *front_text(const char *a, const char *b, const char *c);
char *front_text_n(const char *text, size_t n);
/* Makes `a/b`, with one slash between them if `a` ends in one. */
char *front_below(const char *a, const char *b);
const char *front_last_name(const char *path);
/* The path up to the last slash, without that; "" if the slash is the first byte. (fakejail-lib
 * uses % there.) */
char *front_directory(const char *path);
/* Removes empty, `.` and `..` components: fj_clean of fakejail-lib. */
const char *front_clean(const char *path);
const char *front_absolute(const char *path);
/* Makes the path absolute, and removes `..` where the result names the same place: fj_tidy. */
const char *front_tidy(const char *path);
/* The value that a shell gives to PWD. */
const char *front_pwd(void);

/* look.c: answers as test(1) does. */
bool front_stat(const char *path, struct stat *st);
bool front_is_there(const char *path);
bool front_is_link(const char *path);
bool front_is_file(const char *path);
bool front_is_directory(const char *path);
bool front_has_content(const char *path);
bool front_may_run(const char *path);
bool front_is_same(const char *a, const char *b);
/* The target of a symlink; NULL: it is no symlink. */
const char *front_link(const char *path);
/* Has the directory an entry other than `.`, `..` and `but`? If it cannot be read, the answer is
 * `otherwise`. */
bool front_has_entries(const char *path, const char *but, bool otherwise);
/* Has the directory an entry that no process has locked (flock(2)), or whose lock cannot be
 * tried? */
#define FRONT_LOCK_EX 2
#define FRONT_LOCK_NB 4
bool front_has_unlocked(const char *path);
/* The value of the caller's environment variable; NULL: there is none. */
const char *front_variable(const char *name);
/* The value of the caller's environment variable, or "". */
const char *front_variable_or_empty(const char *name);

/* Where our files lie when they were not moved, and their relative paths to each other; the
 * Makefile makes it. */
extern const struct front_places {
	const char *libexec, *lib, *bin_to_libexec, *libexec_to_bin, *libexec_to_lib;
} front_places;

/* place.c: finds our own files. */
/* fj_sibling; "": there is no file of that name. */
const char *front_sibling(const char *name);
void front_find_home(void);
/* The loader, and the shared object for -p. */
const char *front_loader(const char **preload);

/* jail.c: the root as it looks from outside; `root` is its absolute path. */
struct front_mount {
	const char *host; /* NULL for a tmpfs */
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
/* The jail path of the working directory if that lies in the root, else NULL. */
const char *front_inside(const char *root);
/* Might the launcher have something to do first: private copies that were left, records to
 * adopt? */
bool front_has_left_copies(void);
/* The directory where private copies are made. */
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
	bool is_overlay; /* the root is an overlay: --rm */
	bool is_bare, skips_chdir, has_db, is_ended;
	bool no_trap, no_preload, no_patch;
	char loud;	      /* 'q', 'v' or 0 */
	bool path_is_callers; /* PATH is the caller's */
	bool path_is_chosen;  /* PATH is set by an option */
};
extern struct front_options front_options;
void front_add(const char *word);
/* Reads options up to the first operand; returns where that is. */
char **front_parse(char **at);

static inline bool front_has(const char *text, char byte)
{
	for (; *text; text++)
		if (*text == byte)
			return true;
	return false;
}

#endif
