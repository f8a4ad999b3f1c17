/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned_change.c - changes what a file shows: its mode, on the disk and in its record; its owner;
 * what it loses when its content changes. Called by file/, xattr/ and writes.c. */
#include "call/call.h"
#include "cred/ids.h"
#include "facts/facts.h"
#include "inode/owned.h"
#include "inode/writes.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/nr.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>

/* Sets the mode on the disk. For a descriptor: fchmodat2(2) of Linux 6.6, else by its link in
 * procfs. (Old container policies return EPERM for a call that they do not know. Where the call has
 * worked once, EPERM is about the file.) */
long fj_file_chmod_disk(int dirfd, const char *name, uint32_t mode)
{
	static enum { UNKNOWN, WORKS, LACKS } fchmodat2;
	char link[FJ_FD_LINK];
	long r;

	if (name[0])
		return fj_sys_fchmodat(dirfd, name, mode);
	if (fchmodat2 != LACKS) {
		r = fj_sys_fchmodat2(dirfd, "", mode, AT_EMPTY_PATH);
		if (!r)
			fchmodat2 = WORKS;
		if (r != -ENOSYS && (r != -EPERM || fchmodat2 == WORKS))
			return r;
		if (r == -ENOSYS)
			fchmodat2 = LACKS;
	}
	fj_fd_link(link, dirfd);
	return fj_sys_fchmodat(AT_FDCWD, link, mode);
}

long fj_file_chmod(
	struct fj_call *c, int dirfd, const char *name, struct fj_file *file, uint32_t mode)
{
	const struct fj_owner to = {.mode = mode & 07777};
	uint32_t real;
	long r;

	if ((file->real_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return -EOPNOTSUPP;
	r = fj_file_settle(c, dirfd, name, file);
	if (r < 0)
		return r;
	real = file->real_mode;
	if (!(file->owner.flags & FJ_OWNER_DEVICE)) {
		/* For a file with a record this was not asked before. */
		const bool keeps_write =
			file->is_foreign || (file->has_record && (mode & 022) &&
						    fj_place_is_foreign(c->thread, dirfd, name));

		real = fj_owner_real_mode(
			(file->real_mode & FJ_S_IFMT) | (mode & 07777), keeps_write);
		r = fj_file_chmod_disk(dirfd, name, real);
	}
	if (!r && (mode & (FJ_S_ISUID | FJ_S_ISGID))) { /* the process may have the file open */
		struct fj_owner then = file->owner;

		then.mode = (then.mode & FJ_S_IFMT) | (mode & 07777);
		fj_writes_watch(&then);
	}
	if (r == -EPERM && fj_ids_is_root()) { /* another user's file on the host: only pretend */
		real = file->real_mode;
		r = 0;
	}
	if (file->owner.flags & FJ_OWNER_DEVICE) /* on the disk only the ctime changes */
		r = fj_file_touch(dirfd, name, file, true);
	r = r < 0 ? r : fj_owner_set(&file->key, FJ_OWNER_MODE, &to, &file->owner, real);
	if ((file->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR && (file->owner.mode & ~mode & 0111))
		fj_facts_forget();
	return r;
}

/* security_inode_killpriv() of security/security.c: a change of owner or content removes the
 * capabilities, but not an empty attribute (cap_inode_need_killpriv() of security/commoncap.c). */
static void drop_capabilities(const struct fj_file *file)
{
	if ((file->owner.flags & FJ_OWNER_ATTRIBUTES) &&
		fj_owner_get_attribute(&file->key, FJ_CAPABILITY, NULL, 0) > 0)
		fj_owner_set_attribute(&file->key, FJ_CAPABILITY, NULL, 0, 0, &file->owner);
}

long fj_file_touch(int dirfd, const char *name, const struct fj_file *file, bool tells)
{
	/* The kernel reports a change only if it names an id (fsnotify_change() of
	 * include/linux/fsnotify.h). So name the id that the file has, which its owner may do. A
	 * descriptor of a pretended device is the host's device: name none. */
	const bool names_id = tells && file->real_uid == fj_owner_real_uid() &&
			      !(file->owner.flags & FJ_OWNER_DEVICE);

	return fj_sys_fchownat(dirfd, name, names_id ? file->real_uid : FJ_NO_ID, FJ_NO_ID,
		AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
}

/* The same for a name that was looked at. A directory on the way may be a symlink by now, which the kernel would
 * follow on the host. So the file is opened without symlinks. */
static long touch_again(int dirfd, const char *name, const struct fj_file *file, bool tells)
{
	long fd, r;

	if (!fj_place_dir_len(name))
		return fj_file_touch(dirfd, name, file, tells);
	fd = fj_openat2(dirfd, name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return -EAGAIN;
	r = fj_file_touch((int)fd, "", file, tells);
	fj_sys_close((int)fd);
	return r;
}

long fj_file_chown(struct fj_call *c, int dirfd, const char *name, const struct statx *sx,
	struct fj_file *file, uint32_t uid, uint32_t gid)
{
	const long settled = fj_file_settle(c, dirfd, name, file);
	const bool keeps_ctime =
		!file->key.home && (sx->stx_mask & STATX_MNT_ID) &&
		!(sx->stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) &&
		fj_owner_may_keep_ctime(sx->stx_mnt_id);
	struct fj_owner to = {
		.uid = uid, .gid = gid, .mode = fj_owner_mode_after_chown(fj_ids(), &file->owner)};
	const bool tells = uid != FJ_NO_ID || gid != FJ_NO_ID;
	unsigned what = 0;
	long r = settled || keeps_ctime ? settled : touch_again(dirfd, name, file, tells);

	if (r < 0)
		return r;
	if (uid != FJ_NO_ID)
		what |= FJ_OWNER_UID;
	if (gid != FJ_NO_ID)
		what |= FJ_OWNER_GID;
	if (to.mode != file->owner.mode)
		what |= FJ_OWNER_MODE;
	if (keeps_ctime) {
		what |= FJ_OWNER_CTIME;
		to.ctime = fj_statx_ns(&sx->stx_ctime);
	}
	r = what ? fj_owner_set(&file->key, what, &to, &file->owner, file->real_mode) : 0;
	if (r == FJ_OWNER_NO_CTIME)
		r = touch_again(dirfd, name, file, tells);
	/* The file that is looked at next is mostly this one. */
	if (!r && what)
		fj_shown(c->thread)->had_record = true;
	/* Another part of the mode, or another entry of the list, may decide now for an identity
	 * that could search the directory before. */
	if (what && (file->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR &&
		((file->owner.mode & 0111) != 0111 || (file->owner.flags & FJ_OWNER_ATTRIBUTES)))
		fj_facts_forget();
	if (!r && (file->owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		drop_capabilities(file);
	return r;
}

void fj_file_written(struct fj_call *c, int dirfd, const char *name)
{
	struct fj_file file;
	struct fj_owner to;

	if (fj_owner_is_empty() || fj_file_look(c, dirfd, name, AT_EMPTY_PATH, &file) ||
		!file.has_record)
		return;
	drop_capabilities(&file);
	to.mode = fj_owner_mode_after_write(fj_ids(), &file.owner);
	if (to.mode != file.owner.mode)
		fj_owner_set(&file.key, FJ_OWNER_MODE, &to, &file.owner, file.real_mode);
}
