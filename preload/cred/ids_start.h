/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids_start.h - the identity of a process at its start, after a fork, and on its way through exec. For setup/,
 * exec/, dispatch/ and loader/. */
#ifndef FJ_IDS_START_H
#define FJ_IDS_START_H

#include <stddef.h>
#include <stdint.h>

struct fj_ids;		/* cred/ids.h */
struct fj_identities;	/* cred/identity_table.h */
struct fj_posted_table; /* the same */
struct fj_str;		/* bytes/str.h */

/* Takes `identities` and `table`, which all processes of the jail share, and the identity that
 * `text` of `len` bytes describes. Call after fj_thread_start(). */
void fj_ids_start(struct fj_identities *identities, struct fj_posted_table *table, const char *text,
	size_t len);

/* From now on files without a record show the user: fj_ids_is_himself(). Called as a jail is made. */
void fj_ids_be_himself(void);
/* Fills the identity table of a new jail. */
void fj_ids_new_table(struct fj_identities *identities);

/* Writes the identity as text, at most FJ_IDS_TEXT bytes, for fj_ids_start() in the program that is
 * about to be executed. Empty for the identity that
 * fj_ids_root() makes. More than FJ_IDS_TEXT_GROUPS groups go into a
 * memory file, whose descriptor the text has. */
#define FJ_IDS_TEXT_GROUPS 256u
#define FJ_IDS_TEXT (24u * 18 + 9 * FJ_IDS_TEXT_GROUPS)
void fj_ids_write(const struct fj_ids *ids, struct fj_str *out);

/* Call in a forked child before other processes can ask about it: each entry to the engine does.
 * Costs little when there was no fork. */
void fj_ids_after_fork(void);
extern const uint32_t *fj_ids_unforked; /* becomes 0 by a fork */

#endif
