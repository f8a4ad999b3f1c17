/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids.h - the identity that a process pretends to have: user and group ids, supplementary groups,
 * capabilities, securebits. For every room from ownership/ on. It changes by ids_change.h.
 *
 * The kernel keeps credentials for each thread. libc makes them the process's by repeating the call
 * in every thread (nptl(7)). Here it is similar: a call by the thread group's leader sets the
 * identity of the process. A call by another thread sets an identity of its own, until the two are
 * equal again. A new thread begins with the leader's identity. That differs from the kernel only
 * when a thread which alone has changed its identity makes a thread.
 *
 * Identities survive fork(2), as memory is copied, and exec (fj_ids_write(), passed in an
 * environment string, ids_start.h). An identity that differs from the jail's first one is also in a table in
 * shared memory, for other processes to read (identity_table.h). All functions are async-signal-safe. */
#ifndef FJ_IDS_H
#define FJ_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_GROUPS_FEW 32u    /* as many groups are in the structure itself */
#define FJ_GROUPS_MAX 65536u /* NGROUPS_MAX, linux/limits.h */
#define FJ_NO_ID 0xffffffffu /* -1: "unchanged" in set*id(2), and never an id */

enum fj_cap { /* linux/capability.h */
	FJ_CAP_CHOWN = 0,
	FJ_CAP_DAC_OVERRIDE = 1,
	FJ_CAP_DAC_READ_SEARCH = 2,
	FJ_CAP_FOWNER = 3,
	FJ_CAP_FSETID = 4,
	FJ_CAP_SETGID = 6,
	FJ_CAP_SETUID = 7,
	FJ_CAP_SETPCAP = 8,
	FJ_CAP_LINUX_IMMUTABLE = 9,
	FJ_CAP_IPC_LOCK = 14,
	FJ_CAP_IPC_OWNER = 15,
	FJ_CAP_SYS_CHROOT = 18,
	FJ_CAP_SYS_ADMIN = 21,
	FJ_CAP_MKNOD = 27,
	FJ_CAP_SETFCAP = 31,
	FJ_CAP_MAC_OVERRIDE = 32,
};

struct fj_id_set {
	uint32_t real, effective, saved, fs;
};
struct fj_ids {
	union {
		struct {
			uint32_t ruid, euid, suid, fsuid;
		};
		struct fj_id_set uid; /* the same */
	};
	union {
		struct {
			uint32_t rgid, egid, sgid, fsgid;
		};
		struct fj_id_set gid;
	};
	uint64_t effective, permitted, inheritable, bounding,
		ambient;     /* capabilities: bit n is number n */
	uint32_t securebits; /* linux/securebits.h; includes SECURE_KEEP_CAPS */
	uint32_t group_count;
	uint32_t few[FJ_GROUPS_FEW]; /* the groups, sorted, if there are at most FJ_GROUPS_FEW */
	uint32_t *many; /* else the groups are here, in this process's own memory, up to
			   FJ_GROUPS_MAX; NULL until needed */
};

/* The groups of `ids`, sorted: `group_count` of them. */
static inline const uint32_t *fj_ids_groups(const struct fj_ids *ids)
{
	return ids->group_count <= FJ_GROUPS_FEW ? ids->few : ids->many;
}
/* Does `ids` have capability `cap` in effect? */
static inline bool fj_ids_can(const struct fj_ids *ids, enum fj_cap cap)
{
	return ids->effective >> cap & 1;
}
/* Is `gid` the fs gid or a supplementary group? (in_group_p() of kernel/groups.c) */
bool fj_ids_in_group(const struct fj_ids *ids, uint32_t gid);

/* The calling thread's identity. Another thread may change it meanwhile, one field at a time. */
const struct fj_ids *fj_ids(void);
/* Is the calling thread's fs uid 0? (It may lack capabilities nevertheless: fj_ids_can().) */
static inline bool fj_ids_is_root(void)
{
	return fj_ids()->fsuid == 0;
}

/* Was the jail's first program started with the identity of the user itself? Then files without a
 * record show that user, not root. */
bool fj_ids_is_himself(void);
/* The identity of root, as the jail's first process has it: all capabilities, group 0. */
void fj_ids_root(struct fj_ids *ids);

#endif
