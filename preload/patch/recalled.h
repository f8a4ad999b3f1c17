/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled.h - the files in the user's state directory that hold what earlier jails found of large texts.
 * Called by sites.c and copies.c. */
#ifndef FJ_DOOR_RECALLED_H
#define FJ_DOOR_RECALLED_H

#include <stdbool.h>
#include <stdint.h>

struct fj_site;
struct fj_sited_text;
struct fj_text_key;

/* If an earlier jail has found the sites of the text mapped at `code`, add them to the jail's cache.
 * `is_first`: as for fj_sites_map() in text/sites.h; it must be the same as in that jail. `*changes`: the
 * value that was given to fj_recalled_keep(). Returns NULL if there are none: the caller must search. */
struct fj_sited_text *fj_recalled_find(
	const struct fj_text_key *k, const uint8_t *code, bool is_first, uint32_t *changes);
/* Make the cached text of `t` from `fd`, in a file for this jail and later ones (copies.c). The caller has
 * set t->copy_state to FJ_COPY_BEING_MADE. Returns whether it can be used. */
bool fj_recalled_make(struct fj_sited_text *t, const struct fj_text_key *k, bool is_first,
	uint32_t changes, int fd);
/* Open the file with that cached text, to map it. Returns a descriptor, or -errno: the file is not the one
 * that this jail has seen. */
long fj_recalled_open(const struct fj_sited_text *t);
/* Remove the file, whose content was wrong. */
void fj_recalled_forget(const struct fj_sited_text *t);
/* Store the sites of a text for later jails, if the state directory can be written to. */
void fj_recalled_keep(const struct fj_text_key *k, bool is_first, const struct fj_site *site,
	uint32_t count, uint32_t changes);

#endif
