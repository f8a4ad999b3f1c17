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

static bool is_own_uid(const struct fj_ids *old, uint32_t uid)
{
	return uid == old->ruid || uid == old->euid || uid == old->suid;
}

static bool is_own_gid(const struct fj_ids *old, uint32_t gid)
{
	return gid == old->rgid || gid == old->egid || gid == old->sgid;
}

long fj_ids_setuid(struct fj_ids *next, uint32_t uid)
{
	const struct fj_ids old = *next;

	if (uid == FJ_NO_ID)
		return -EINVAL;
	if (fj_ids_can(&old, FJ_CAP_SETUID))
		next->ruid = next->suid = uid;
	else if (uid != old.ruid && uid != old.suid)
		return -EPERM;
	next->euid = next->fsuid = uid;
	fix_caps(next, &old);
	return 0;
}

long fj_ids_setreuid(struct fj_ids *next, uint32_t uid, uint32_t euid)
{
	const struct fj_ids old = *next;
	const bool can = fj_ids_can(&old, FJ_CAP_SETUID);

	if (uid != FJ_NO_ID) {
		if (!can && uid != old.ruid && uid != old.euid)
			return -EPERM;
		next->ruid = uid;
	}
	if (euid != FJ_NO_ID) {
		if (!can && !is_own_uid(&old, euid))
			return -EPERM;
		next->euid = euid;
	}
	if (uid != FJ_NO_ID || (euid != FJ_NO_ID && euid != old.ruid))
		next->suid = next->euid;
	next->fsuid = next->euid;
	fix_caps(next, &old);
	return 0;
}

long fj_ids_setresuid(struct fj_ids *next, uint32_t uid, uint32_t euid, uint32_t suid)
{
	const struct fj_ids old = *next;

	/* If nothing changes, the fs uid stays, too (since Linux 5.18). */
	if ((uid == FJ_NO_ID || uid == old.ruid) && (suid == FJ_NO_ID || suid == old.suid) &&
		(euid == FJ_NO_ID || (euid == old.euid && euid == old.fsuid)))
		return 0;
	if (!fj_ids_can(&old, FJ_CAP_SETUID) &&
		((uid != FJ_NO_ID && !is_own_uid(&old, uid)) ||
			(euid != FJ_NO_ID && !is_own_uid(&old, euid)) ||
			(suid != FJ_NO_ID && !is_own_uid(&old, suid))))
		return -EPERM;
	if (uid != FJ_NO_ID)
		next->ruid = uid;
	if (euid != FJ_NO_ID)
		next->euid = euid;
	if (suid != FJ_NO_ID)
		next->suid = suid;
	next->fsuid = next->euid;
	fix_caps(next, &old);
	return 0;
}

long fj_ids_setfsuid(struct fj_ids *next, uint32_t uid)
{
	const uint32_t old = next->fsuid;

	if (uid == FJ_NO_ID || uid == old ||
		(!is_own_uid(next, uid) && !fj_ids_can(next, FJ_CAP_SETUID)))
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
	if (gid == FJ_NO_ID)
		return -EINVAL;
	if (fj_ids_can(next, FJ_CAP_SETGID))
		next->rgid = next->sgid = gid;
	else if (gid != next->rgid && gid != next->sgid)
		return -EPERM;
	next->egid = next->fsgid = gid;
	return 0;
}

long fj_ids_setregid(struct fj_ids *next, uint32_t gid, uint32_t egid)
{
	const struct fj_ids old = *next;
	const bool can = fj_ids_can(&old, FJ_CAP_SETGID);

	if (gid != FJ_NO_ID) {
		if (!can && gid != old.rgid && gid != old.egid)
			return -EPERM;
		next->rgid = gid;
	}
	if (egid != FJ_NO_ID) {
		if (!can && !is_own_gid(&old, egid))
			return -EPERM;
		next->egid = egid;
	}
	if (gid != FJ_NO_ID || (egid != FJ_NO_ID && egid != old.rgid))
		next->sgid = next->egid;
	next->fsgid = next->egid;
	return 0;
}

long fj_ids_setresgid(struct fj_ids *next, uint32_t gid, uint32_t egid, uint32_t sgid)
{
	const struct fj_ids old = *next;

	if ((gid == FJ_NO_ID || gid == old.rgid) && (sgid == FJ_NO_ID || sgid == old.sgid) &&
		(egid == FJ_NO_ID || (egid == old.egid && egid == old.fsgid)))
		return 0;
	if (!fj_ids_can(&old, FJ_CAP_SETGID) &&
		((gid != FJ_NO_ID && !is_own_gid(&old, gid)) ||
			(egid != FJ_NO_ID && !is_own_gid(&old, egid)) ||
			(sgid != FJ_NO_ID && !is_own_gid(&old, sgid))))
		return -EPERM;
	if (gid != FJ_NO_ID)
		next->rgid = gid;
	if (egid != FJ_NO_ID)
		next->egid = egid;
	if (sgid != FJ_NO_ID)
		next->sgid = sgid;
	next->fsgid = next->egid;
	return 0;
}

long fj_ids_setfsgid(struct fj_ids *next, uint32_t gid)
{
	const uint32_t old = next->fsgid;

	if (gid != FJ_NO_ID && (is_own_gid(next, gid) || fj_ids_can(next, FJ_CAP_SETGID)))
		next->fsgid = gid;
	return old;
}
