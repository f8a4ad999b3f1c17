/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_make.c - the calls that make and remove names, as far as owners are concerned.
 *
 * Their records are making.c's. */
#include "call/made.h"

#include "call/hooks.h"

static long mkdir_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	const int i = fj_arg_index(c, FJ_MODE);
	struct fj_making m;

	if (!count)
		return fj_kernel(c);
	fj_making_begin(c, place[0], FJ_S_IFDIR, (uint32_t)c->arg[i] & 01777, &m);
	c->arg[i] = m.real_mode;
	return fj_making_end(c, fj_kernel(c), false, place[0], &m);
}

long fj_hook_mkdir(struct fj_call *c)
{
	return fj_translate(c, mkdir_around);
}

static long mknod_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	const int i = fj_arg_index(c, FJ_MODE);
	const uint32_t mode = (uint32_t)c->arg[i];
	uint32_t type = mode & FJ_S_IFMT;
	struct fj_making m;

	if (!type)
		type = FJ_S_IFREG; /* mknod(2) */
	if (!count || (type != FJ_S_IFREG && type != FJ_S_IFIFO && type != FJ_S_IFSOCK &&
			      type != FJ_S_IFCHR && type != FJ_S_IFBLK))
		return fj_kernel(c);
	fj_making_begin(c, place[0], type, mode, &m);
	c->arg[i] = type | m.real_mode;
	if (type == FJ_S_IFCHR || type == FJ_S_IFBLK) {
		c->arg[i] = FJ_S_IFREG | 0600;
		m.owner.rdev = (uint32_t)c->arg[i + 1];
		m.owner.flags = FJ_OWN_DEVICE;
		m.needs_record = true;
		m.real_mode = 0;
	}
	return fj_making_end(c, fj_kernel(c), false, place[0], &m);
}

long fj_hook_mknod(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, mknod_around);
}

static long symlink_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_making m;

	if (!count)
		return fj_kernel(c);
	fj_making_begin(c, place[0], FJ_S_IFLNK, 0777, &m);
	return fj_making_end(c, fj_kernel(c), false, place[0], &m);
}

long fj_hook_symlink(struct fj_call *c)
{
	return fj_translate(c, symlink_around);
}

/* Has the file at `place` a record, and no other name than this one? Only asked where there are
 * records at all. */
static bool is_last_name(struct fj_call *c, const struct fj_place *place, struct fj_file *file)
{
	if (fj_own_is_empty() ||
		fj_file_look(c, place->dirfd, place->name, AT_SYMLINK_NOFOLLOW, file) < 0)
		return false;
	return file->has_record &&
	       (file->nlink == 1 || (file->real_mode & FJ_S_IFMT) == FJ_S_IFDIR);
}

static long unlink_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_file file;
	const bool is_last = count && is_last_name(c, place[0], &file);
	const long r = fj_kernel(c);

	if (!r && is_last)
		fj_own_gone(&file.key);
	return r;
}

long fj_hook_unlink(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, unlink_around);
}

#define RENAME_NOREPLACE_ 1u /* linux/fs.h */
#define RENAME_EXCHANGE_ 2u
#define RENAME_WHITEOUT_ 4u

/* Leave a whiteout (a device 0:0) where the file was: the kernel's own, when it lets users make
 * them, would do, but not on every filesystem. Not atomic: for a moment there is nothing. */
static long rename_and_whiteout(struct fj_call *c, const struct fj_place *old, uint32_t flags)
{
	struct fj_making m;
	struct stat from, to;
	long r;

	/* Two names of one file: nothing is done (vfs_rename()). */
	if (!fj_sys4(__NR_newfstatat, c->arg[0], c->arg[1], &from, AT_SYMLINK_NOFOLLOW) &&
		!fj_sys4(__NR_newfstatat, c->arg[2], c->arg[3], &to, AT_SYMLINK_NOFOLLOW) &&
		from.st_ino == to.st_ino && from.st_dev == to.st_dev)
		return fj_sys5(__NR_renameat2, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
			flags & ~RENAME_WHITEOUT_);
	fj_making_begin(c, old, FJ_S_IFCHR, 0, &m);
	m.owner.flags |= FJ_OWN_DEVICE;
	m.real_mode = 0;
	if (!m.needs_record)
		fj_makers_enter(&m);
	m.needs_record = true;
	r = fj_sys5(__NR_renameat2, c->arg[0], c->arg[1], c->arg[2], c->arg[3],
		flags & ~RENAME_WHITEOUT_);
	if (!r)
		r = fj_sys4(__NR_mknodat, old->dirfd, old->name, FJ_S_IFREG | 0600, 0);
	return fj_making_end(c, r, false, old, &m);
}

static long rename_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	const uint32_t flags = c->nr == __NR_renameat2 ? (uint32_t)c->arg[4] : 0;
	struct fj_file file;
	bool replaces;
	long r;

	if (count != 2)
		return fj_kernel(c);
	/* (Both names of one file: rename(2) does nothing then, and it has two names.) */
	replaces = !(flags & (RENAME_NOREPLACE_ | RENAME_EXCHANGE_)) &&
		   is_last_name(c, place[1], &file);
	if (flags & RENAME_WHITEOUT_ && !(flags & ~(RENAME_WHITEOUT_ | RENAME_NOREPLACE_)))
		r = rename_and_whiteout(c, place[0], flags);
	else
		r = fj_kernel(c);
	if (!r && replaces)
		fj_own_gone(&file.key);
	return r;
}

long fj_hook_rename(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, rename_around);
}

long fj_hook_link(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_hook_translate(c);
}
