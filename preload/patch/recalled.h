/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled.h - what the user's state folder has of the texts of earlier jails. */
#ifndef FJ_DOOR_RECALLED_H
#define FJ_DOOR_RECALLED_H

#include <stdbool.h>
#include <stdint.h>

struct fj_site;
struct fj_sited_text;
struct fj_text_key;

/* Keep, for the jail, the sites of the text that is mapped at `code`, when an earlier jail has
 * found them; `is_first` as it was there. NULL: they are to be looked for. `*changes`: as was given
 * to fj_recalled_keep(). */
struct fj_sited_text *fj_recalled_find(
	const struct fj_text_key *k, const uint8_t *code, bool is_first, uint32_t *changes);
/* Make a copy of the text `fd`, which was recalled, with its jumps, in a file for this jail and later
 * ones (copies.c). Whether it can be used: by who has t->copy_state on FJ_COPY_BEING_MADE. */
bool fj_recalled_make(struct fj_sited_text *t, const struct fj_text_key *k, bool is_first,
	uint32_t changes, int fd);
/* A descriptor to map that copy by, when the file is still the one that this jail knows; or -errno. */
long fj_recalled_open(const struct fj_sited_text *t);
/* It is not what it should be: remove it. */
void fj_recalled_forget(const struct fj_sited_text *t);
/* For later jails, where the state folder can be written. */
void fj_recalled_keep(const struct fj_text_key *k, bool is_first, const struct fj_site *site,
	uint32_t count, uint32_t changes);

#endif
