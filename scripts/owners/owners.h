/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners.h - what the files of `fakejail owners` share: the tree that is walked, and what its files
 * show.
 *
 * main.c reads the command line and runs the verb adopt. tree.c walks the tree. export.c has the
 * verbs list and export, import.c and copy.c have the verbs of those names, and table.c has check
 * and prune. */
#ifndef FJ_SCRIPTS_OWNERS_H
#define FJ_SCRIPTS_OWNERS_H

#define _GNU_SOURCE
#include "met-roots/met_roots.h"
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/store.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

extern const char *owners_root, *owners_format;
extern const char *owners_records; /* the path of the file of records */
extern FILE *owners_file;	   /* what a verb writes or reads */
extern bool owners_any_device;	   /* -d: import lines for other devices, too */
extern uid_t owners_user;	   /* the owner of the records: his files are root's in the jail */
/* The files that a verb has changed or printed, and those that it could not. */
extern unsigned long owners_count, owners_skipped;

struct entry {
	const char *path; /* relative to the root, "." for itself */
	struct stat st;
	struct fj_owner_key key;
	bool has_record;
	struct fj_owner owner; /* what the file shows in the jail; mode with S_IFMT */
};

/* Prints a message, formatted as by printf(3), and exits with status 1. */
_Noreturn void owners_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Call when reading or writing owners_file has failed: the same, with its name and errno. */
_Noreturn void owners_file_failed(void);

/* ---- tree.c ---- */

/* Calls `each` for every file of the tree except the root's directory .fakejail. It returns
 * FTW_CONTINUE or FTW_SKIP_SUBTREE. Files that cannot be examined are counted in owners_skipped,
 * and their number is printed. */
void owners_walk(int (*each)(struct entry *e));
/* Makes `e` show what `to` says of the attributes that the FJ_OWNER_ bits `what` name. Changes the
 * mode on the disk as the engine would. Skips a device for which there is no empty file. */
void owners_give(struct entry *e, unsigned what, const struct fj_owner *to);
/* Sets the `key` by which the records know the file `path`. Returns false if statx(2) fails. */
bool owners_key(const char *path, bool follow, struct fj_owner_key *key);
/* The type in the words of mtree(5): "dir", "link" and so on. */
const char *owners_type_name(uint32_t mode);
/* Is it the mode of a character or block device? */
bool owners_is_device(uint32_t mode);

/* ---- the verbs ---- */

/* Print what the files show to owners_file. The formats that are extended attributes are set on the
 * files instead. */
void owners_list(void);
void owners_export(void);
/* Imports what owners_file has, or the database `name` of pseudo, or attributes of the files. */
void owners_import(const char *name);
/* Counts the records of the file `db`. Returns the exit status: 1 if some are damaged. */
int owners_check(const char *db);
/* Removes the records of files that are not in the tree. */
void owners_prune(void);
/* Gives the files of another tree the records of this one. `open_other` makes the other tree the
 * one that is walked. */
void owners_copy(void (*open_other)(void));

#endif
