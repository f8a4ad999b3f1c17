/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * accounts.h - reads /etc/passwd and /etc/group. Called by user.c. */
#ifndef FJ_ACCOUNTS_H
#define FJ_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

struct fj_account {
	bool is_known; /* it has a line in /etc/passwd */
	uint32_t uid, gid;
	char name[128];
};

/* Read the files of the user who typed the command, instead of the jail's? */
extern bool fj_accounts_of_caller;

/* Read a decimal user or group id. False: it is no number, or -1, or too large. */
bool fj_account_id(const char *word, uint32_t *id);
/* Skip blanks: strtol(3) accepts them before a number. */
const char *fj_skip_blanks(const char *word);

/* Find the line of the user `name`, or of the user id `uid` if `name` is NULL. False: there is none. */
bool fj_account_user(struct fj_thread *t, const char *name, uint32_t uid, struct fj_account *user);
/* Find the id of the group `name`. False: there is none. */
bool fj_account_group(struct fj_thread *t, const char *name, uint32_t *gid);
/* Call `found` for each group that has the member `name`. */
void fj_account_groups(struct fj_thread *t, const char *name, void (*found)(uint32_t gid));

#endif
