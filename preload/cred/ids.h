/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids.h - who a process pretends to be: user and group ids, supplementary groups, capabilities,
 * securebits.
 *
 * The kernel keeps credentials for each thread; libc makes them the process's by having every
 * thread repeat the call (nptl(7)). So do we: a call by the thread group's leader sets the
 * process's identity, one by another thread sets its own until the two are equal again. A new
 * thread begins with the leader's, which differs from the kernel's rule only when a thread that
 * alone changed its identity makes threads.
 *
 * Identities survive fork (memory is copied) and exec (fj_ids_write, handed over in an environment
 * string). Those that differ from the jail's first one stand in a table in shared memory as well,
 * for other processes to read. All functions are async-signal-safe. */
#ifndef FJ_IDS_H
#define FJ_IDS_H

#include "sys/process.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_GROUPS_FEW 32u
#define FJ_GROUPS_MAX 65536u /* NGROUPS_MAX, linux/limits.h */
#define FJ_NO_ID 0xffffffffu /* -1: "leave it as it is" in set*id, and never an id */

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
	uint32_t securebits; /* linux/securebits.h; SECURE_KEEP_CAPS among them */
	uint32_t group_count;
	uint32_t few[FJ_GROUPS_FEW]; /* the groups, sorted, when they fit */
	uint32_t *many; /* else here: memory of this process, FJ_GROUPS_MAX of them; NULL until
			   needed */
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

/* A number that two identities share when they may search the same directories; 0: of this one
 * nothing is to be remembered. */
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

/* The calling thread's identity. It may change under a reader in another thread, one field at a
 * time. */
const struct fj_ids *fj_ids(void);
/* Is it root for files: CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN and so on by being fsuid 0? */
static inline bool fj_ids_is_root(void)
{
	return fj_ids()->fsuid == 0;
}
/* May permission rules refuse the calling thread anything that they do not refuse to root? */
bool fj_ids_ask_limited(void);
#define FJ_IDS_AT 0x70u
struct fj_ids_of_process { /* all threads that have no identity of their own */
	struct fj_ids ids;
	bool is_limited;
};
extern uint32_t fj_ids_own_count; /* entries below it, of those that have, may be in use */
static inline bool fj_ids_is_limited(void)
{
	const struct fj_ids_of_process *of_process = fj_process_section(FJ_IDS_AT);

	return __builtin_expect(__atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE), 0) ||
			       fj_may_be_copied(FJ_SECTION_BIT(FJ_IDS_AT)) ?
		       fj_ids_ask_limited() :
		       of_process->is_limited;
}
/* Make `next`, a changed copy of fj_ids(), the calling thread's identity. -ENOMEM: a child in its
 * parent's memory finds no room for one of its own. */
long fj_ids_become(const struct fj_ids *next);
/* The groups of `next` become these; sorted here. -ENOMEM. */
long fj_ids_set_groups(struct fj_ids *next, const uint32_t *groups, uint32_t count);
/* Room for `count` groups in `next`, to be filled by the caller: where they belong. NULL: no
 * memory. */
uint32_t *fj_ids_group_room(struct fj_ids *next, uint32_t count);
void fj_ids_sort_groups(struct fj_ids *next);
/* `next` has taken the place of `old`, whose list is freed when no other thread can be reading it.
 */
void fj_ids_give_up_groups(const struct fj_ids *old, const struct fj_ids *next);
/* Give room back that was not used after all. */
void fj_ids_drop_groups(struct fj_ids *next);

/* -- at the start of a process -- */

/* What other processes may read of an identity. */
#define FJ_IDENTITY_GROUPS 40u
struct fj_posted {
	uint32_t sequence; /* locking/seq.h */
	int32_t pid;	   /* 0: free */
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	uint64_t effective, permitted, inheritable, bounding, ambient;
	uint32_t claimed_uid,
		claimed_gid;  /* what its last SCM_CREDENTIALS said; FJ_NO_ID: nothing */
	uint32_t group_count; /* may be more than are here */
	uint32_t group[FJ_IDENTITY_GROUPS];
	uint32_t unused;
};
_Static_assert(sizeof(struct fj_posted) == 256, "two builds may meet in one jail");

#define FJ_IDENTITIES_SIZE 4096u
struct fj_identities {
	uint64_t all_caps; /* those that this kernel knows */
	uint32_t is_himself;
	uint32_t is_used; /* anybody ever posted */
	uint32_t unused[60];
	struct fj_posted posted[FJ_IDENTITIES_SIZE];
};

/* Take `identities` (shared by all processes of the jail) for it, and the identity that `text` of
 * `len` bytes hands over. Needs fj_thread_start(). */
void fj_ids_start(struct fj_identities *identities, const char *text, size_t len);
/* The jail's first program was told to be the very user who runs it: then files without a record
 * show that user, and not root. */
bool fj_ids_is_himself(void);
void fj_ids_be_himself(void);
/* Fill the identity table of a new jail. */
void fj_ids_new_table(struct fj_identities *identities);
/* Root as the jail's first process is it: all capabilities, group 0. */
void fj_ids_root(struct fj_ids *ids);

/* The identity as text, for fj_ids_start() in the program that is about to be exec'ed: FJ_IDS_TEXT
 * bytes at most. Empty for root as the first process is it. More than FJ_IDS_TEXT_GROUPS groups go
 * into a memory file, whose descriptor the text names. */
#define FJ_IDS_TEXT_GROUPS 256u
#define FJ_IDS_TEXT (24u * 18 + 9 * FJ_IDS_TEXT_GROUPS)
void fj_ids_write(const struct fj_ids *ids, struct fj_str *out);

/* Must be called in a forked child before it shows itself: whoever enters the engine does. Cheap
 * when there was no fork. */
void fj_ids_after_fork(void);
extern const uint32_t *fj_ids_unforked; /* reads 0 after a fork */

/* -- the identity of others: identity_table.c -- */

void fj_ids_take_table(struct fj_identities *identities);
uint64_t fj_ids_all_caps(void);
/* Post `ids` as those of process `pid`, the calling one. */
void fj_ids_post(int32_t pid, const struct fj_ids *ids);

/* Put into words what others may read of `ids`. */
void fj_ids_describe(struct fj_posted *out, const struct fj_ids *ids);
/* Copy what process `pid` has posted. False: it has not, and is what the jail's first process was,
 * or what its parent is. */
bool fj_ids_posted(int32_t pid, struct fj_posted *out);
/* Post what the next message of this process claims (SCM_CREDENTIALS). */
void fj_ids_claim(uint32_t uid, uint32_t gid);

/* -- the kernel's rules: set.c, caps.c. Each changes *next and returns 0 or -errno -- */

long fj_ids_setuid(struct fj_ids *next, uint32_t uid);
long fj_ids_setreuid(struct fj_ids *next, uint32_t uid, uint32_t euid);
long fj_ids_setresuid(struct fj_ids *next, uint32_t uid, uint32_t euid, uint32_t suid);
long fj_ids_setfsuid(struct fj_ids *next, uint32_t uid); /* the old one */
long fj_ids_setgid(struct fj_ids *next, uint32_t gid);
long fj_ids_setregid(struct fj_ids *next, uint32_t gid, uint32_t egid);
long fj_ids_setresgid(struct fj_ids *next, uint32_t gid, uint32_t egid, uint32_t sgid);
long fj_ids_setfsgid(struct fj_ids *next, uint32_t gid);
long fj_ids_capset(
	struct fj_ids *next, uint64_t effective, uint64_t permitted, uint64_t inheritable);
/* The parts of prctl(2) that are about capabilities. Returns its result; -ENOSYS: `option` is none
 * of them. */
long fj_ids_prctl(struct fj_ids *next, int option, uint64_t arg2, uint64_t arg3, uint64_t arg4,
	uint64_t arg5);

/* A program file as exec sees it. */
struct fj_exec_file {
	bool is_setuid, is_setgid;     /* the bits are set and not to be ignored */
	uint32_t uid, gid;	       /* its owner */
	bool has_caps, caps_effective; /* security.capability */
	uint64_t caps_permitted, caps_inheritable;
	/* Of who execs it: he has set no_new_privs, or others share his root directory
	 * (check_unsafe_exec() of fs/exec.c). */
	bool has_no_new_privs, gains_nothing;
};
/* The identity after exec of `file`; *is_secure: AT_SECURE. -EPERM when the file's capabilities
 * cannot be given. */
long fj_ids_exec(struct fj_ids *next, const struct fj_exec_file *file, bool *is_secure);

#endif
