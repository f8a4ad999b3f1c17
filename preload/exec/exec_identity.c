/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exec_identity.c - the identity that a program has after an exec. Called by hook_exec.c. */
#include "cred/ids.h"
#include "cred/ids_change.h"
#include "cred/ids_start.h"
#include "exec/program.h"
#include "identity/hook_id.h"
#include "inode/owned.h"
#include "mount-table/mounts.h"
#include "ownership/ownership.h"
#include "seccomp/policy.h"
#include "sys/abi.h"
#include "syscall/sched.h"
#include "syscall/unistd_ids.h"

#include <linux/fcntl.h>
#include <linux/kcmp.h>

/* security.capability: struct vfs_ns_cap_data of linux/capability.h, without the root id of its
 * third version. */
static void read_capabilities(const struct fj_file *found, struct fj_exec_file *file)
{
	uint32_t data[6];
	const long n = !(found->owner.flags & FJ_OWNER_ATTRIBUTES) ?
			       0 :
			       fj_owner_get_attribute(
				       &found->key, "security.capability", data, sizeof(data));

	if (n != 20 && n != 24 && n != 12)
		return;
	file->has_caps = true;
	file->caps_effective = data[0] & 1; /* VFS_CAP_FLAGS_EFFECTIVE */
	file->caps_permitted = data[1];
	file->caps_inheritable = data[2];
	if (n > 12) {
		file->caps_permitted |= (uint64_t)data[3] << 32;
		file->caps_inheritable |= (uint64_t)data[4] << 32;
	}
}

/* bprm_fill_uid() of fs/exec.c: setgid counts only with execute permission for the group. */
static long look_at_program(struct fj_call *c, int fd, struct fj_exec_file *file)
{
	/* "" would share the end of some text of the engine, on a page that nothing else of an exec is on:
	 * order.ld. */
	static const char this_file[] = "";
	struct fj_file found;
	struct statx sx;
	/* Only the path would tell where changes are recorded, and getting it costs much here. */
	const long r = fj_file_statx(c, fd, this_file, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
		STATX_BASIC_STATS, &sx, &found);

	if (r < 0)
		return r;
	file->is_setuid = found.owner.mode & FJ_S_ISUID;
	file->is_setgid = (found.owner.mode & (FJ_S_ISGID | 0010)) == (FJ_S_ISGID | 0010);
	file->uid = found.owner.uid;
	file->gid = found.owner.gid;
	read_capabilities(&found, file);
	return 0;
}

/* Only the kernel knows whether other processes share the root directory. For the parent it can be
 * asked. */
static bool is_root_shared(void)
{
	return !fj_sys_kcmp(fj_sys_getpid(), fj_sys_getppid(), KCMP_FS, 0, 0);
}

long fj_exec_identity(struct fj_call *c, const struct fj_program *p, struct fj_handoff *h,
	struct fj_str *ids_text)
{
	struct fj_exec_file file = {0};
	const struct fj_ids *old = fj_ids();
	struct fj_ids next = *old;
	bool is_secure;
	long r;

	if (!fj_guard()->no_new_privs && !(p->limits & FJ_MOUNT_NOSUID) &&
		(r = look_at_program(c, p->fd, &file)) < 0)
		return r;
	file.has_no_new_privs = file.gains_nothing = fj_guard()->no_new_privs;
	r = fj_ids_exec(&next, &file, &is_secure);
	if (r >= 0 && (next.permitted & ~old->permitted || is_secure) && !file.gains_nothing &&
		is_root_shared()) {
		next = *old;
		file.gains_nothing = true;
		r = fj_ids_exec(&next, &file, &is_secure);
	}
	if (r < 0)
		return r;
	h->is_secure = is_secure;
	fj_id_before_exec(&next);
	fj_ids_write(&next, ids_text);
	return 0;
}
