/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners.h - what the files of `fakejail owners` share: the tree that is walked, and what its files
 * show.
 *
 * main.c reads the command line, tree.c walks, export.c lists and exports,
 * import.c imports, copy.c copies, table.c checks and prunes the records as a
 * table. */
#ifndef FJ_SCRIPTS_OWNERS_H
#define FJ_SCRIPTS_OWNERS_H

#define _GNU_SOURCE
#include "ownership/ownership.h"
#include "records/store.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

extern const char *owners_root, *owners_format;
extern FILE *owners_file; /* what is written, or read */
extern bool owners_any_device;
extern uid_t owners_user; /* whose tree it is: its files are root's in the jail */
extern unsigned long owners_count, owners_skipped;

struct entry {
	const char *path; /* relative to the root, "." for itself */
	struct stat st;
	struct fj_owner_key key;
	bool has_record;
	struct fj_owner owner; /* what it shows; mode with S_IFMT */
};

/* Say so as printf(3) would, and end with status 1. */
_Noreturn void owners_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- tree.c ---- */

/* Call `each` for every file of the tree but our own directory; it returns FTW_CONTINUE. Files that
 * cannot be looked at are counted in owners_skipped and told. */
void owners_walk(int (*each)(struct entry *e));
/* Make `e` show what `to` says (FJ_OWNER_ bits `what`), on disk as the engine would. */
void owners_give(struct entry *e, unsigned what, const struct fj_owner *to);
/* By what the records know the file at `path`. */
bool owners_key(const char *path, bool follow, struct fj_owner_key *key);
/* "dir", "link" and so on, as mtree(5) has them. */
const char *owners_type_name(uint32_t mode);
bool owners_is_device(uint32_t mode);

/* ---- the verbs ---- */

void owners_list(void);
void owners_export(void);
/* From the file `name`, or owners_file. */
void owners_import(const char *name);
/* The exit status. */
int owners_check(const char *db);
void owners_prune(void);
/* From this tree to another, which `open_other` makes the one that is walked. */
void owners_copy(void (*open_other)(void));

#endif
