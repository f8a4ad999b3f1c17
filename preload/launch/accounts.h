/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * accounts.h - the lines of /etc/passwd and /etc/group. */
#ifndef FJ_ACCOUNTS_H
#define FJ_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

struct fj_account {
	bool is_known; /* it has a line */
	uint32_t uid, gid;
	char name[128];
};

/* Are the files of whoever typed the command read, and not the jail's? */
extern bool fj_accounts_of_caller;

/* A number in base 10 that is an id: not -1, and not wrapped round. */
bool fj_account_id(const char *word, uint32_t *id);
/* strtol(3) takes a number with blanks before it. */
const char *fj_skip_blanks(const char *word);

/* The line of the user called `name`, or when that is NULL of `uid`. */
bool fj_account_user(struct fj_thread *t, const char *name, uint32_t uid, struct fj_account *user);
bool fj_account_group(struct fj_thread *t, const char *name, uint32_t *gid);
/* Tell each group that has `name` among its members. */
void fj_account_groups(struct fj_thread *t, const char *name, void (*found)(uint32_t gid));

#endif
