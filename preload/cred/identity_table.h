/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * identity_table.h - identities that processes post, for other processes to read. For identity/ and the other files
 * of this room. All functions are async-signal-safe. */
#ifndef FJ_IDENTITY_TABLE_H
#define FJ_IDENTITY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_ids; /* cred/ids.h */

/* The part of an identity that other processes may read. */
#define FJ_IDENTITY_GROUPS 40u
struct fj_posted {
	uint32_t sequence; /* locking/seq.h */
	int32_t pid;	   /* 0: free */
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	uint64_t effective, permitted, inheritable, bounding, ambient;
	uint32_t claimed_uid, claimed_gid; /* ids of its last SCM_CREDENTIALS; FJ_NO_ID: none */
	uint32_t group_count;		   /* may be more than are in `group` */
	uint32_t group[FJ_IDENTITY_GROUPS];
	uint32_t unused;
};
_Static_assert(sizeof(struct fj_posted) == 256, "two builds may meet in one jail");

#define FJ_IDENTITIES_SIZE 4096u
/* Every process reads this: a section in the first page of the jail's memory. */
#define FJ_IDENTITIES_AT 0x580u
struct fj_identities {
	uint64_t all_caps; /* all capabilities that this kernel knows */
	uint32_t is_himself;
	uint32_t is_used; /* a process has posted an identity */
};
struct fj_posted_table {
	struct fj_posted posted[FJ_IDENTITIES_SIZE];
};

/* At process start: take the memory that all processes of the jail share. */
void fj_ids_take_table(struct fj_identities *identities, struct fj_posted_table *table);
/* All capabilities that this kernel knows: bit n is number n. */
uint64_t fj_ids_all_caps(void);
/* Posts `ids` for process `pid`, which is the calling one. */
void fj_ids_post(int32_t pid, const struct fj_ids *ids);

/* Has a process of the jail posted an identity? Else all have that of the jail's first process. */
bool fj_ids_were_posted(void);
/* Copies what others may read of `ids`. */
void fj_ids_describe(struct fj_posted *out, const struct fj_ids *ids);
/* Copies what process `pid` has posted. Returns false when it has posted nothing: its identity is
 * that of its parent, or of the jail's first process. */
bool fj_ids_posted(int32_t pid, struct fj_posted *out);
/* Posts the ids that this process's next message claims (SCM_CREDENTIALS). */
void fj_ids_claim(uint32_t uid, uint32_t gid);

#endif
