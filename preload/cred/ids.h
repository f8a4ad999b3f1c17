/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids.h - the identity that a process pretends to have: user and group ids, supplementary groups,
 * capabilities, securebits. For every room from ownership/ on.
 *
 * The kernel keeps credentials for each thread. libc makes them the process's by repeating the call
 * in every thread (nptl(7)). Here it is similar: a call by the thread group's leader sets the
 * identity of the process. A call by another thread sets an identity of its own, until the two are
 * equal again. A new thread begins with the leader's identity. That differs from the kernel only
 * when a thread which alone has changed its identity makes a thread.
 *
 * Identities survive fork(2), as memory is copied, and exec (fj_ids_write(), passed in an
 * environment string). An identity that differs from the jail's first one is also in a table in
 * shared memory, for other processes to read. All functions are async-signal-safe. */
#ifndef FJ_IDS_H
#define FJ_IDS_H

#include "sys/hash.h"
#include "sys/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str; /* sys/str.h */

#define FJ_GROUPS_FEW 32u
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

struct fj_ids {
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	uint64_t effective, permitted, inheritable, bounding,
		ambient;     /* capabilities: bit n is number n */
	uint32_t securebits; /* linux/securebits.h; includes SECURE_KEEP_CAPS */
	uint32_t group_count;
	uint32_t few[FJ_GROUPS_FEW]; /* the groups, sorted, if there are at most FJ_GROUPS_FEW */
	uint32_t *many; /* else the groups are here, in this process's own memory, up to
			   FJ_GROUPS_MAX; NULL until needed */
};

static inline const uint32_t *fj_ids_groups(const struct fj_ids *ids)
{
	return ids->group_count <= FJ_GROUPS_FEW ? ids->few : ids->many;
}
static inline bool fj_ids_can(const struct fj_ids *ids, enum fj_cap cap)
{
	return ids->effective >> cap & 1;
}
/* Is `gid` the fs gid or a supplementary group? (in_group_p() of kernel/groups.c) */
bool fj_ids_in_group(const struct fj_ids *ids, uint32_t gid);

/* A number that is equal for identities that may search the same directories; 0: remember nothing
 * for this identity. */
static inline uint64_t fj_ids_asker(const struct fj_ids *ids)
{
	const uint64_t searches = 1UL << FJ_CAP_DAC_OVERRIDE | 1UL << FJ_CAP_DAC_READ_SEARCH;
	uint64_t hash = (uint64_t)ids->fsuid << 32 | ids->fsgid;

	if (ids->group_count > FJ_GROUPS_FEW)
		return 0;
	hash = fj_mix(hash, ids->effective & searches);
	for (uint32_t i = 0; i < ids->group_count; i++)
		hash = fj_mix(hash, ids->few[i]);
	return fj_mix(hash, ids->group_count) | 1;
}

/* The calling thread's identity. Another thread may change it meanwhile, one field at a time. */
const struct fj_ids *fj_ids(void);
/* Is the calling thread's fs uid 0? (It may lack capabilities nevertheless: fj_ids_can().) */
static inline bool fj_ids_is_root(void)
{
	return fj_ids()->fsuid == 0;
}
/* Could a permission rule refuse to the calling thread what it does not refuse to root? */
bool fj_ids_ask_limited(void);
#define FJ_IDS_AT 0x70u
struct fj_ids_of_process { /* for all threads without an identity of their own */
	struct fj_ids ids;
	bool is_limited;
};
extern uint32_t fj_ids_own_count; /* entries of threads with their own identity: from here on
				     none is in use */
static inline bool fj_ids_is_limited(void)
{
	const struct fj_ids_of_process *of_process = fj_process_section(FJ_IDS_AT);

	return __builtin_expect(__atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE), 0) ||
			       fj_may_be_copied(FJ_SECTION_BIT(FJ_IDS_AT)) ?
		       fj_ids_ask_limited() :
		       of_process->is_limited;
}
/* Makes `next`, a changed copy of fj_ids(), the calling thread's identity. Returns 0, or -ENOMEM: a
 * child that shares its parent's memory finds no space for an identity of its own. */
long fj_ids_become(const struct fj_ids *next);
/* Sets the groups of `next`; sorts them. Returns 0 or -ENOMEM. */
long fj_ids_set_groups(struct fj_ids *next, const uint32_t *groups, uint32_t count);
/* The place for `count` groups in `next`, which the caller fills. NULL: no memory. */
uint32_t *fj_ids_group_room(struct fj_ids *next, uint32_t count);
void fj_ids_sort_groups(struct fj_ids *next);
/* Call after `next` has replaced `old`: frees the list of `old` when no other thread can be reading
 * it. */
void fj_ids_give_up_groups(const struct fj_ids *old, const struct fj_ids *next);
/* Frees the place for groups that was not used. */
void fj_ids_drop_groups(struct fj_ids *next);

/* -- at the start of a process -- */

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

/* Takes `identities` and `table`, which all processes of the jail share, and the identity that
 * `text` of `len` bytes describes. Call after fj_thread_start(). */
void fj_ids_start(struct fj_identities *identities, struct fj_posted_table *table, const char *text,
	size_t len);
/* Was the jail's first program started with the identity of the user itself? Then files without a
 * record show that user, not root. */
bool fj_ids_is_himself(void);
void fj_ids_be_himself(void);
/* Fills the identity table of a new jail. */
void fj_ids_new_table(struct fj_identities *identities);
/* The identity of root, as the jail's first process has it: all capabilities, group 0. */
void fj_ids_root(struct fj_ids *ids);

/* Writes the identity as text, at most FJ_IDS_TEXT bytes, for fj_ids_start() in the program that is
 * about to be executed. Empty for root as above. More than FJ_IDS_TEXT_GROUPS groups go into a
 * memory file, whose descriptor the text has. */
#define FJ_IDS_TEXT_GROUPS 256u
#define FJ_IDS_TEXT (24u * 18 + 9 * FJ_IDS_TEXT_GROUPS)
void fj_ids_write(const struct fj_ids *ids, struct fj_str *out);

/* Call in a forked child before other processes can ask about it: each entry to the engine does.
 * Costs little when there was no fork. */
void fj_ids_after_fork(void);
extern const uint32_t *fj_ids_unforked; /* becomes 0 by a fork */

/* -- the identities of other processes: identity_table.c -- */

void fj_ids_take_table(struct fj_identities *identities, struct fj_posted_table *table);
uint64_t fj_ids_all_caps(void);
/* Posts `ids` for process `pid`, which is the calling one. */
void fj_ids_post(int32_t pid, const struct fj_ids *ids);

/* Copies what others may read of `ids`. */
void fj_ids_describe(struct fj_posted *out, const struct fj_ids *ids);
/* Copies what process `pid` has posted. Returns false when it has posted nothing: its identity is
 * that of its parent, or of the jail's first process. */
bool fj_ids_posted(int32_t pid, struct fj_posted *out);
/* Posts the ids that this process's next message claims (SCM_CREDENTIALS). */
void fj_ids_claim(uint32_t uid, uint32_t gid);

/* -- the kernel's rules: set.c, caps.c. Each changes *next and returns 0 or -errno -- */

long fj_ids_setuid(struct fj_ids *next, uint32_t uid);
long fj_ids_setreuid(struct fj_ids *next, uint32_t uid, uint32_t euid);
long fj_ids_setresuid(struct fj_ids *next, uint32_t uid, uint32_t euid, uint32_t suid);
long fj_ids_setfsuid(struct fj_ids *next, uint32_t uid); /* returns the old one */
long fj_ids_setgid(struct fj_ids *next, uint32_t gid);
long fj_ids_setregid(struct fj_ids *next, uint32_t gid, uint32_t egid);
long fj_ids_setresgid(struct fj_ids *next, uint32_t gid, uint32_t egid, uint32_t sgid);
long fj_ids_setfsgid(struct fj_ids *next, uint32_t gid);
long fj_ids_capset(
	struct fj_ids *next, uint64_t effective, uint64_t permitted, uint64_t inheritable);
/* The options of prctl(2) about capabilities. Returns the result of prctl(2), or -ENOSYS if
 * `option` is none of them. */
long fj_ids_prctl(struct fj_ids *next, int option, uint64_t arg2, uint64_t arg3, uint64_t arg4,
	uint64_t arg5);

/* A program file, as exec needs to know it. */
struct fj_exec_file {
	bool is_setuid, is_setgid;     /* the bit is set and must be obeyed */
	uint32_t uid, gid;	       /* of the file */
	bool has_caps, caps_effective; /* security.capability */
	uint64_t caps_permitted, caps_inheritable;
	/* About the caller: it has set no_new_privs, or other processes share its root directory
	 * (check_unsafe_exec() of fs/exec.c). */
	bool has_no_new_privs, gains_nothing;
};
/* Makes the identity after exec of `file`; *is_secure: AT_SECURE. Returns 0, or -EPERM when the
 * file's capabilities cannot be given. */
long fj_ids_exec(struct fj_ids *next, const struct fj_exec_file *file, bool *is_secure);

#endif
