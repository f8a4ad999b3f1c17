/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids_change.h - the changes of an identity: by the calls that set ids, groups and capabilities, and by exec. For
 * identity/ and exec/. All functions are async-signal-safe. */
#ifndef FJ_IDS_CHANGE_H
#define FJ_IDS_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct fj_ids; /* cred/ids.h */

/* Makes `next`, a changed copy of fj_ids(), the calling thread's identity. Returns 0, or -ENOMEM: a
 * child that shares its parent's memory finds no space for an identity of its own. */
long fj_ids_become(const struct fj_ids *next);
/* Sets the groups of `next`; sorts them. Returns 0 or -ENOMEM. */
long fj_ids_set_groups(struct fj_ids *next, const uint32_t *groups, uint32_t count);
/* The place for `count` groups in `next`, which the caller fills. NULL: no memory. */
uint32_t *fj_ids_group_room(struct fj_ids *next, uint32_t count);
/* Sorts the groups that the caller has filled in. */
void fj_ids_sort_groups(struct fj_ids *next);
/* Call after `next` has replaced `old`: frees the list of `old` when no other thread can be reading
 * it. */
void fj_ids_give_up_groups(const struct fj_ids *old, const struct fj_ids *next);
/* Frees the place for groups that was not used. */
void fj_ids_drop_groups(struct fj_ids *next);

/* The kernel's rules: set.c, caps.c. Each function changes *next and returns 0 or -errno. */
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
