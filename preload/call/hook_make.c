/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_make.c - the calls that make and remove names, as far as owners are concerned.
 *
 * A file made by root with an ordinary mode needs no record: on disk it is as it shall be. One is
 * written for what the disk must not carry (fj_own_real_mode), for a maker who is not root, below a
 * bind mount, in a directory that hands its group down, and for devices. */
#include "call/made.h"

#include "call/hooks.h"

static uint32_t mask_of_process;
static uint64_t mask_of_vfork_child; /* with its process id in the upper half */

uint32_t fj_umask(void)
{
	const uint64_t child = __atomic_load_n(&mask_of_vfork_child, __ATOMIC_RELAXED);

	if (__builtin_expect(child != 0, 0) && child >> 32 == (uint64_t)fj_sys0(__NR_getpid))
		return (uint32_t)child;
	return mask_of_process;
}

void fj_umask_start(uint32_t mask)
{
	mask_of_process = mask;
}

long fj_hook_umask(struct fj_call *c)
{
	const uint32_t mask = (uint32_t)c->arg[0] & 0777;

	if (mask != mask_of_process && fj_is_borrowed_memory())
		mask_of_vfork_child = (uint64_t)fj_sys0(__NR_getpid) << 32 | mask;
	else
		mask_of_process = mask;
	return fj_kernel(c);
}

void fj_making_begin(struct fj_call *c, const struct fj_place *place, uint32_t type, uint32_t mode,
	struct fj_making *m)
{
	const struct fj_ids *ids = fj_ids();
	/* What was there keeps the host's ids, so what is made there needs to be said to be root's.
	 */
	const bool is_foreign = fj_place_is_foreign(c, place->dirfd, place->name);

	*m = (struct fj_making){.owner = {.uid = ids->fsuid,
					.gid = ids->fsgid,
					.mode = type | (mode & 07777 & ~fj_umask())}};
	if (type == FJ_S_IFLNK)
		m->owner.mode = type | 0777;
	if (fj_own_has_inheriting_dirs() || (m->owner.mode & 022)) {
		struct fj_file parent;
		struct fj_str s;
		char *text;
		const size_t cut = fj_place_dir_len(place->name);
		const uint32_t mark = fj_scratch_mark(c->thread);
		long r;

		text = fj_scratch(c->thread, cut + 8);
		fj_str_init(&s, text, cut + 8);
		fj_str_add(&s, place->name, cut);
		fj_str_put(&s, ".");
		r = fj_file_look(c, place->dirfd, s.at, 0, &parent);
		fj_scratch_release(c->thread, mark);
		if (!r) {
			m->parent = parent.key;
			if ((parent.owner.flags & FJ_OWN_ATTRIBUTES) && type != FJ_S_IFLNK) {
				uint32_t granted =
					type | (mode & 07777); /* without the umask: umask(2) */

				m->has_default_acl = fj_acl_default(c, &parent.key, &granted);
				if (m->has_default_acl)
					m->owner.mode = granted;
			}
			if (parent.owner.mode & FJ_S_ISGID) { /* inode_init_owner() of fs/inode.c */
				m->owner.gid = parent.owner.gid;
				if (type == FJ_S_IFDIR)
					m->owner.mode |= FJ_S_ISGID;
				else if (m->owner.mode & 0010) /* mode_strip_sgid() */
					m->owner.mode = fj_own_mode_allowed(
						ids, &parent.owner, m->owner.mode);
			}
		}
	}
	m->real_mode = fj_own_real_mode(m->owner.mode, is_foreign) & 0777;
	if (type == FJ_S_IFLNK)
		m->real_mode = 0777;
	if (m->has_default_acl) /* the umask must not cut what the disk gets */
		m->real_mode |= 0600;
	m->needs_record = is_foreign || m->has_default_acl || m->owner.uid || m->owner.gid ||
			  m->real_mode != (m->owner.mode & 07777);
	if (m->needs_record)
		fj_makers_enter(m);
}

static long record(struct fj_call *c, int dirfd, const char *name, const struct fj_making *m)
{
	struct fj_file file;
	unsigned what = FJ_OWN_UID | FJ_OWN_GID;
	long r = fj_file_look(c, dirfd, name, name[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, &file);

	if (r < 0)
		return 0; /* it is gone or moved already: nobody's to describe */
	if (m->owner.flags & FJ_OWN_DEVICE)
		what |= FJ_OWN_DEVICE | FJ_OWN_MODE;
	if (m->real_mode != (m->owner.mode & 07777))
		what |= FJ_OWN_MODE;
	if (m->has_default_acl)
		what |= FJ_OWN_MODE;
	r = fj_own_set(&file.key, what, &m->owner, &file.owner, file.real_mode);
	if (!r && m->has_default_acl)
		fj_acl_inherit(c, &m->parent, &file);
	return r;
}

long fj_making_end(struct fj_call *c, long made, bool is_open, const struct fj_place *place,
	struct fj_making *m)
{
	const bool is_dir = (m->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR;
	long r = 0;

	if (!fj_is_err(made) && m->needs_record) {
		r = is_open ? record(c, (int)made, "", m) : record(c, place->dirfd, place->name, m);
		if (r < 0 && is_open)
			fj_close((int)made);
		if (r < 0 && place)
			fj_sys3(__NR_unlinkat, place->dirfd, place->name,
				is_dir ? AT_REMOVEDIR : 0);
	}
	fj_makers_leave(m, !fj_is_err(made));
	return r < 0 ? r : made;
}

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
