/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * set.c - which ids a process may take: the rules of kernel/sys.c, and what happens to the
 * capabilities (security/commoncap.c). Called by identity/hook_id.c.
 *
 * Pure functions on a copy of the identity. FJ_NO_ID (-1) means "unchanged" where the call allows
 * that, else it gives EINVAL. */
#include "cred/ids.h"
#include "cred/ids_change.h"

#include <linux/errno.h>
#include <linux/securebits.h>

/* CAP_FS_SET of include/linux/capability.h: they change with the fs uid. */
static const uint64_t fs_caps = 1UL << FJ_CAP_CHOWN | 1UL << FJ_CAP_MKNOD |
				1UL << FJ_CAP_DAC_OVERRIDE | 1UL << FJ_CAP_DAC_READ_SEARCH |
				1UL << FJ_CAP_FOWNER | 1UL << FJ_CAP_FSETID |
				1UL << FJ_CAP_MAC_OVERRIDE | 1UL << FJ_CAP_LINUX_IMMUTABLE;

/* cap_emulate_setxuid() of security/commoncap.c */
static void fix_caps(struct fj_ids *next, const struct fj_ids *old)
{
	if (next->securebits & issecure_mask(SECURE_NO_SETUID_FIXUP))
		return;
	if ((!old->ruid || !old->euid || !old->suid) && next->ruid && next->euid && next->suid) {
		if (!(next->securebits & issecure_mask(SECURE_KEEP_CAPS)))
			next->permitted = next->effective = 0;
		next->ambient = 0;
	}
	if (!old->euid && next->euid)
		next->effective = 0;
	if (old->euid && !next->euid)
		next->effective = next->permitted;
}

/* The rules of ids are the same for users and groups. `can`: the caller has the capability. */
static bool is_own_id(const struct fj_id_set *old, uint32_t id)
{
	return id == old->real || id == old->effective || id == old->saved;
}

static long set_one_id(struct fj_id_set *next, bool can, uint32_t id)
{
	if (id == FJ_NO_ID)
		return -EINVAL;
	if (can)
		next->real = next->saved = id;
	else if (id != next->real && id != next->saved)
		return -EPERM;
	next->effective = next->fs = id;
	return 0;
}

static long set_two_ids(struct fj_id_set *next, bool can, uint32_t real, uint32_t effective)
{
	const struct fj_id_set old = *next;

	if (real != FJ_NO_ID) {
		if (!can && real != old.real && real != old.effective)
			return -EPERM;
		next->real = real;
	}
	if (effective != FJ_NO_ID) {
		if (!can && !is_own_id(&old, effective))
			return -EPERM;
		next->effective = effective;
	}
	if (real != FJ_NO_ID || (effective != FJ_NO_ID && effective != old.real))
		next->saved = next->effective;
	next->fs = next->effective;
	return 0;
}

static long set_three_ids(
	struct fj_id_set *next, bool can, uint32_t real, uint32_t effective, uint32_t saved)
{
	const struct fj_id_set old = *next;

	/* If nothing changes, the fs id stays, too (since Linux 5.18). */
	if ((real == FJ_NO_ID || real == old.real) && (saved == FJ_NO_ID || saved == old.saved) &&
		(effective == FJ_NO_ID || (effective == old.effective && effective == old.fs)))
		return 0;
	if (!can && ((real != FJ_NO_ID && !is_own_id(&old, real)) ||
			    (effective != FJ_NO_ID && !is_own_id(&old, effective)) ||
			    (saved != FJ_NO_ID && !is_own_id(&old, saved))))
		return -EPERM;
	if (real != FJ_NO_ID)
		next->real = real;
	if (effective != FJ_NO_ID)
		next->effective = effective;
	if (saved != FJ_NO_ID)
		next->saved = saved;
	next->fs = next->effective;
	return 0;
}

/* Ends a change of uids, with its result `r`. */
static long set_caps(struct fj_ids *next, const struct fj_ids *old, long r)
{
	if (!r)
		fix_caps(next, old);
	return r;
}

long fj_ids_setuid(struct fj_ids *next, uint32_t uid)
{
	const struct fj_ids old = *next;

	return set_caps(next, &old, set_one_id(&next->uid, fj_ids_can(next, FJ_CAP_SETUID), uid));
}

long fj_ids_setreuid(struct fj_ids *next, uint32_t uid, uint32_t euid)
{
	const struct fj_ids old = *next;

	return set_caps(
		next, &old, set_two_ids(&next->uid, fj_ids_can(next, FJ_CAP_SETUID), uid, euid));
}

long fj_ids_setresuid(struct fj_ids *next, uint32_t uid, uint32_t euid, uint32_t suid)
{
	const struct fj_ids old = *next;

	return set_caps(next, &old,
		set_three_ids(&next->uid, fj_ids_can(next, FJ_CAP_SETUID), uid, euid, suid));
}

long fj_ids_setfsuid(struct fj_ids *next, uint32_t uid)
{
	const uint32_t old = next->fsuid;

	if (uid == FJ_NO_ID || uid == old ||
		(!is_own_id(&next->uid, uid) && !fj_ids_can(next, FJ_CAP_SETUID)))
		return old;
	next->fsuid = uid;
	if (next->securebits & issecure_mask(SECURE_NO_SETUID_FIXUP))
		return old;
	if (!old && uid)
		next->effective &= ~fs_caps;
	if (old && !uid)
		next->effective |= next->permitted & fs_caps;
	return old;
}

long fj_ids_setgid(struct fj_ids *next, uint32_t gid)
{
	return set_one_id(&next->gid, fj_ids_can(next, FJ_CAP_SETGID), gid);
}

long fj_ids_setregid(struct fj_ids *next, uint32_t gid, uint32_t egid)
{
	return set_two_ids(&next->gid, fj_ids_can(next, FJ_CAP_SETGID), gid, egid);
}

long fj_ids_setresgid(struct fj_ids *next, uint32_t gid, uint32_t egid, uint32_t sgid)
{
	return set_three_ids(&next->gid, fj_ids_can(next, FJ_CAP_SETGID), gid, egid, sgid);
}

long fj_ids_setfsgid(struct fj_ids *next, uint32_t gid)
{
	const uint32_t old = next->fsgid;

	if (gid != FJ_NO_ID && (is_own_id(&next->gid, gid) || fj_ids_can(next, FJ_CAP_SETGID)))
		next->fsgid = gid;
	return old;
}
