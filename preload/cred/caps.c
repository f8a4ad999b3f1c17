/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * caps.c - capabilities: capset(2), the options of prctl(2) about them, and exec (capabilities(7),
 * security/commoncap.c). Called by identity/, exec/ and the hook of prctl(2). */
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "cred/ids_change.h"

#include <linux/errno.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

static bool is_subset(uint64_t a, uint64_t of)
{
	return !(a & ~of);
}

static bool has_bit(const struct fj_ids *ids, unsigned securebit)
{
	return ids->securebits >> securebit & 1;
}

long fj_ids_capset(
	struct fj_ids *next, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	const uint64_t all = fj_ids_all_caps();

	effective &= all;
	permitted &= all;
	inheritable &= all;
	if (!fj_ids_can(next, FJ_CAP_SETPCAP) &&
		!is_subset(inheritable, next->inheritable | next->permitted))
		return -EPERM;
	if (!is_subset(inheritable, next->inheritable | next->bounding) ||
		!is_subset(permitted, next->permitted) || !is_subset(effective, permitted))
		return -EPERM;
	next->effective = effective;
	next->permitted = permitted;
	next->inheritable = inheritable;
	next->ambient &= permitted & inheritable;
	return 0;
}

static bool is_cap(uint64_t cap)
{
	return cap < 64 && fj_ids_all_caps() >> cap & 1;
}

static long set_securebits(struct fj_ids *next, uint64_t bits)
{
	const uint32_t old = next->securebits;

	if (((old & SECURE_ALL_LOCKS) >> 1 & (old ^ bits)) || (old & SECURE_ALL_LOCKS & ~bits) ||
		(bits & ~(uint64_t)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) ||
		!fj_ids_can(next, FJ_CAP_SETPCAP))
		return -EPERM;
	next->securebits = (uint32_t)bits;
	return 0;
}

static long set_keep_caps(struct fj_ids *next, uint64_t keeps)
{
	if (keeps > 1)
		return -EINVAL;
	if (has_bit(next, SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;
	next->securebits &= ~(uint32_t)issecure_mask(SECURE_KEEP_CAPS);
	if (keeps)
		next->securebits |= issecure_mask(SECURE_KEEP_CAPS);
	return 0;
}

static long change_ambient(
	struct fj_ids *next, uint64_t what, uint64_t cap, uint64_t arg4, uint64_t arg5)
{
	if (what == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap | arg4 | arg5)
			return -EINVAL;
		next->ambient = 0;
		return 0;
	}
	if (!is_cap(cap) || arg4 || arg5)
		return -EINVAL;
	switch (what) {
	case PR_CAP_AMBIENT_IS_SET:
		return next->ambient >> cap & 1;
	case PR_CAP_AMBIENT_RAISE:
		if (!(next->permitted >> cap & 1) || !(next->inheritable >> cap & 1) ||
			has_bit(next, SECURE_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
		next->ambient |= 1UL << cap;
		return 0;
	case PR_CAP_AMBIENT_LOWER:
		next->ambient &= ~(1UL << cap);
		return 0;
	default:
		return -EINVAL;
	}
}

long fj_ids_prctl(
	struct fj_ids *next, int option, uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
	switch (option) {
	case PR_CAPBSET_READ:
		return is_cap(arg2) ? (long)(next->bounding >> arg2 & 1) : -EINVAL;
	case PR_CAPBSET_DROP:
		if (!fj_ids_can(next, FJ_CAP_SETPCAP))
			return -EPERM;
		if (!is_cap(arg2))
			return -EINVAL;
		next->bounding &= ~(1UL << arg2);
		return 0;
	case PR_GET_SECUREBITS:
		return next->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(next, arg2);
	case PR_GET_KEEPCAPS:
		return has_bit(next, SECURE_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return set_keep_caps(next, arg2);
	case PR_CAP_AMBIENT:
		return change_ambient(next, arg2, arg3, arg4, arg5);
	default:
		return -ENOSYS;
	}
}

/* cap_bprm_creds_from_file() of security/commoncap.c: the file's capabilities, those of root, and
 * the ambient ones. */
long fj_ids_exec(struct fj_ids *next, const struct fj_exec_file *file, bool *is_secure)
{
	const struct fj_ids old = *next;
	bool is_effective = false, is_set_id;
	uint64_t kept_ambient;

	if (file->is_setuid)
		next->euid = file->uid;
	if (file->is_setgid)
		next->egid = file->gid;
	/* The kernel calls every exec "set-id" whose effective ids differ from the real ones. */
	is_set_id = next->euid != old.ruid || next->egid != old.rgid;

	next->permitted = 0;
	if (file->has_caps) {
		is_effective = file->caps_effective;
		next->permitted = (old.bounding & file->caps_permitted) |
				  (old.inheritable & file->caps_inheritable);
		if (is_effective && !is_subset(file->caps_permitted, next->permitted))
			return -EPERM;
	}
	/* Root gets all, except when the file has capabilities and only the effective uid is
	 * root's. */
	if (!has_bit(&old, SECURE_NOROOT) && !(file->has_caps && old.ruid && !next->euid)) {
		if (!next->euid || !old.ruid)
			next->permitted = old.bounding | old.inheritable;
		if (!next->euid)
			is_effective = true;
	}
	/* (Before Linux 6.16 the kernel did this also when the effective ids differed from the real ones.) */
	if (file->gains_nothing && (next->euid != old.euid || next->egid != old.egid ||
					   !is_subset(next->permitted, old.permitted))) {
		if (!fj_ids_can(&old, FJ_CAP_SETUID) || file->has_no_new_privs) {
			next->euid = old.ruid;
			next->egid = old.rgid;
		}
		next->permitted &= old.permitted;
	}
	next->suid = next->fsuid = next->euid;
	next->sgid = next->fsgid = next->egid;
	kept_ambient = file->has_caps || is_set_id ? 0 : old.ambient;
	next->ambient = kept_ambient;
	next->permitted |= kept_ambient;
	next->effective = is_effective ? next->permitted : kept_ambient;
	next->securebits &= ~(uint32_t)issecure_mask(SECURE_KEEP_CAPS);

	*is_secure = next->euid != old.ruid || next->egid != old.rgid ||
		     (old.ruid && (is_effective || !is_subset(next->permitted, kept_ambient)));
	return 0;
}
