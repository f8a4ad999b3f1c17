/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owned_change.c - changing what a file shows: its mode, on the disk and in its record; its owner;
 * what it loses when its content changes. */
#include "call/owned.h"

/* On the disk. Of a descriptor: fchmodat2(2) of Linux 6.6, else by its link in procfs. (Old
 * container policies say EPERM to a call that they do not know.) */
static long chmod_on_disk(int dirfd, const char *name, uint32_t mode)
{
	static bool no_fchmodat2;
	char link[32];
	struct fj_str s;
	long r;

	if (name[0])
		return fj_sys3(__NR_fchmodat, dirfd, name, mode);
	if (!no_fchmodat2) {
		r = fj_sys4(__NR_fchmodat2, dirfd, "", mode, AT_EMPTY_PATH);
		if (r != -ENOSYS && r != -EPERM)
			return r;
		no_fchmodat2 = r == -ENOSYS;
	}
	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, dirfd, NULL);
	return fj_sys3(__NR_fchmodat, AT_FDCWD, link, mode);
}

long fj_file_chmod(int dirfd, const char *name, const struct fj_file *file, uint32_t mode)
{
	const struct fj_owner to = {.mode = mode & 07777};
	uint32_t real = file->real_mode;
	long r = 0;

	if ((file->real_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return -EOPNOTSUPP;
	if (!(file->owner.flags & FJ_OWN_DEVICE)) {
		real = fj_own_real_mode(
			(file->real_mode & FJ_S_IFMT) | (mode & 07777), file->is_foreign);
		r = chmod_on_disk(dirfd, name, real);
	}
	if (r == -EPERM && fj_ids_is_root()) { /* another's file on the host: only pretended */
		real = file->real_mode;
		r = 0;
	}
	r = r < 0 ? r : fj_own_set(&file->key, FJ_OWN_MODE, &to, &file->owner, real);
	if ((file->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR && (file->owner.mode & ~mode & 0111))
		fj_facts_forget();
	return r;
}

/* security_inode_killpriv(): whoever changes owners or content takes the capabilities away. */
static void drop_capabilities(const struct fj_file *file)
{
	if (file->owner.flags & FJ_OWN_ATTRIBUTES)
		fj_own_set_attribute(&file->key, "security.capability", NULL, 0, 0, &file->owner);
}

long fj_file_chown(const struct fj_file *file, uint32_t uid, uint32_t gid)
{
	struct fj_owner to = {
		.uid = uid, .gid = gid, .mode = fj_own_mode_after_chown(fj_ids(), &file->owner)};
	unsigned what = 0;
	long r;

	if (uid != (uint32_t)-1)
		what |= FJ_OWN_UID;
	if (gid != (uint32_t)-1)
		what |= FJ_OWN_GID;
	if (to.mode != file->owner.mode)
		what |= FJ_OWN_MODE;
	r = what ? fj_own_set(&file->key, what, &to, &file->owner, file->real_mode) : 0;
	if (!r && (file->owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		drop_capabilities(file);
	return r;
}

void fj_file_written(struct fj_call *c, int dirfd, const char *name)
{
	struct fj_file file;
	struct fj_owner to;

	if (fj_own_is_empty() || fj_file_look(c, dirfd, name, AT_EMPTY_PATH, &file) ||
		!file.has_record)
		return;
	drop_capabilities(&file);
	to.mode = fj_own_mode_after_write(fj_ids(), &file.owner);
	if (to.mode != file.owner.mode)
		fj_own_set(&file.key, FJ_OWN_MODE, &to, &file.owner, file.real_mode);
}
