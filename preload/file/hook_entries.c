/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_entries.c - the hooks of calls that make and remove names, as far as owners are concerned.
 * Called through the table.
 *
 * inode/making.c writes the records of new files. */
#include "bytes/copy.h"
#include "bytes/len.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "call/translate.h"
#include "inode/making.h"
#include "inode/owned.h"
#include "layers/place.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "union/change.h"

#include <asm/unistd.h>

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

/* ovl_mknod() of fs/overlayfs/dir.c: no program can make a whiteout in an overlay. */
static long refuse_whiteout(const struct fj_place *place)
{
	struct stat st;

	/* At a whiteout the place leads to the work directory, where no file has that name. */
	return fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) ? -EPERM :
											-EEXIST;
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
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && type == FJ_S_IFCHR &&
		!(uint32_t)c->arg[i + 1] && place[0]->pos && fj_union_holds(place[0]->pos))
		return refuse_whiteout(place[0]);
	fj_making_begin(c, place[0], type, mode, &m);
	c->arg[i] = type | m.real_mode;
	if (type == FJ_S_IFCHR || type == FJ_S_IFBLK) {
		c->arg[i] = FJ_S_IFREG | 0600;
		m.owner.rdev = (uint32_t)c->arg[i + 1];
		m.owner.flags = FJ_OWNER_DEVICE;
		m.needs_record = true;
		m.real_mode = 0600;
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

static long unlink_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_file file;
	bool is_there;
	const bool is_last =
		count && !fj_owner_is_empty() &&
		fj_file_is_last_name(c, place[0]->dirfd, place[0]->name, &file, &is_there);
	long r;

	if (__builtin_expect(count && place[0]->layers, 0)) {
		r = fj_union_unlink(c->thread, place[0], c->arg[2] & AT_REMOVEDIR);
		if (!r && is_last && !place[0]->is_lower)
			fj_owner_gone(&file.key);
		return r;
	}
	r = fj_kernel(c);
	if (__builtin_expect(r == -ENOTEMPTY, 0) && count &&
		fj_roots_empty(c->thread, place[0]->dirfd, place[0]->name))
		r = fj_kernel(c);
	if (!r && is_last)
		fj_owner_gone(&file.key);
	return r;
}

long fj_hook_unlink(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, unlink_around);
}

/* The place without the slashes at its end, which a directory may have and a device may not. */
static struct fj_place without_slash(struct fj_call *c, const struct fj_place *place)
{
	struct fj_place bare = *place;
	size_t len = fj_strlen(place->name);
	char *name = fj_scratch(c->thread, len + 1);

	while (len > 1 && place->name[len - 1] == '/')
		len--;
	memcpy(name, place->name, len);
	name[len] = 0;
	bare.name = name;
	return bare;
}

/* Leaves a whiteout (a device 0:0) at the old name. The kernel's own flag would do if it let users
 * make whiteouts, but not on every file system. This is not atomic: for a moment the name does not
 * exist. */
static long rename_and_whiteout(struct fj_call *c, const struct fj_place *found, uint32_t flags)
{
	const struct fj_place bare = without_slash(c, found), *const old = &bare;
	struct fj_making m;
	struct stat from, to;
	long r;

	/* If both names lead to one file, rename(2) does nothing (vfs_rename() of fs/namei.c). */
	if (!fj_sys_newfstatat(c->arg[0], (const char *)c->arg[1], &from, AT_SYMLINK_NOFOLLOW) &&
		!fj_sys_newfstatat(c->arg[2], (const char *)c->arg[3], &to, AT_SYMLINK_NOFOLLOW) &&
		from.st_ino == to.st_ino && from.st_dev == to.st_dev)
		return fj_sys_renameat2(c->arg[0], (const char *)c->arg[1], c->arg[2],
			(const char *)c->arg[3], flags & ~FJ_RENAME_WHITEOUT);
	fj_making_begin(c, old, FJ_S_IFCHR, 0, &m);
	m.owner.flags |= FJ_OWNER_DEVICE;
	m.real_mode = 0600;
	if (!m.needs_record)
		fj_creators_enter(&m);
	m.needs_record = true;
	r = fj_sys_renameat2(c->arg[0], (const char *)c->arg[1], c->arg[2], (const char *)c->arg[3],
		flags & ~FJ_RENAME_WHITEOUT);
	if (!r)
		r = fj_sys_mknodat(old->dirfd, old->name, FJ_S_IFREG | 0600, 0);
	return fj_making_end(c, r, false, old, &m);
}

/* A rename while the records of other roots count: a file that moves to another root takes its
 * record along. */
struct passage {
	char *path[2];
	uint32_t home[2]; /* the roots of the two directories */
	bool is_dir[2];
};

/* The root that contains a name in the directory of `path`, whether or not the file is a root
 * itself. */
static uint32_t home_around(struct fj_call *c, char *path)
{
	const size_t len = fj_place_dir_len(path);
	const char kept = path[len];
	uint32_t home;

	path[len] = 0;
	home = fj_roots_home(c->thread, AT_FDCWD, path);
	path[len] = kept;
	return home;
}

/* -EXDEV: a directory cannot move to another root, because the record of each file in it would have
 * to move, too. */
static long begin_passage(
	struct fj_call *c, const struct fj_place *const *place, bool is_exchange, struct passage *p)
{
	struct stat st;

	for (int i = 0; i < 2; i++) {
		p->path[i] = fj_roots_path(c->thread, place[i]->dirfd, place[i]->name);
		p->home[i] = home_around(c, p->path[i]);
		p->is_dir[i] = !fj_sys_newfstatat(
				       place[i]->dirfd, place[i]->name, &st, AT_SYMLINK_NOFOLLOW) &&
			       (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
		if (p->is_dir[i]) /* other jails may have met it as a root */
			fj_roots_see(c->thread, place[i]->dirfd, place[i]->name, st.st_dev,
				st.st_ino, st.st_nlink);
		p->is_dir[i] = p->is_dir[i] && !fj_roots_is_one(st.st_dev, st.st_ino);
	}
	return p->home[0] != p->home[1] && (p->is_dir[0] || (is_exchange && p->is_dir[1])) ?
		       -EXDEV :
		       0;
}

static void carry_record(struct fj_call *c, const struct fj_place *place)
{
	struct fj_file file;

	if (!fj_file_look(c, place->dirfd, place->name, AT_SYMLINK_NOFOLLOW, &file) &&
		file.has_record)
		fj_owner_move_record(&file.key);
}

static void end_passage(struct fj_call *c, const struct fj_place *const *place, bool is_exchange,
	const struct passage *p)
{
	fj_roots_moved(c->thread, p->path[0], p->path[1], is_exchange);
	if (p->home[0] == p->home[1])
		return;
	carry_record(c, place[1]);
	if (is_exchange)
		carry_record(c, place[0]);
}

/* What this process knows from earlier renames: the last new name did not exist before; the file system
 * does not support RENAME_NOREPLACE. */
static uint8_t met_nothing, cannot_refuse;

/* A program's renames mostly replace nothing, or always something. If the last one replaced nothing, make
 * this one with RENAME_NOREPLACE: if that works, there is no file whose record must go, and nobody had to look
 * for one. Returns whether it is done. After an error the plain call is made, and its result counts. */
static bool rename_to_nothing(const struct fj_call *c)
{
	long r;

	if (!__atomic_load_n(&met_nothing, __ATOMIC_RELAXED) ||
		__atomic_load_n(&cannot_refuse, __ATOMIC_RELAXED))
		return false;
	r = fj_sys_renameat2(c->arg[0], (const char *)c->arg[1], c->arg[2], (const char *)c->arg[3],
		FJ_RENAME_NOREPLACE);
	if (r == -EINVAL || r == -ENOSYS)
		__atomic_store_n(&cannot_refuse, 1, __ATOMIC_RELAXED);
	return !r;
}

/* Does `place` lead to this file, too? Then a rename of the one name to the other does nothing, or changes the case of
 * letters. */
static bool leads_to(const struct fj_place *place, const struct fj_file *file)
{
	struct stat st;

	return !fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       st.st_ino == file->natural.ino && st.st_dev == file->dev;
}

/* Does the rename to place[1] replace the last name of a file that has a record? */
static bool takes_last_name(
	struct fj_call *c, const struct fj_place *const *place, struct fj_file *file)
{
	bool is_there;
	const bool is_last =
		fj_file_is_last_name(c, place[1]->dirfd, place[1]->name, file, &is_there);

	if (__atomic_load_n(&met_nothing, __ATOMIC_RELAXED) == is_there)
		__atomic_store_n(&met_nothing, !is_there, __ATOMIC_RELAXED);
	return is_last && !leads_to(place[0], file);
}

static long rename_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	const uint32_t flags = c->nr == __NR_renameat2 ? (uint32_t)c->arg[4] : 0;
	/* In an overlay all files that move are in the upper layer. */
	const bool is_passage = count == 2 && !place[0]->layers && fj_owner_roots_met();
	struct passage passage;
	struct fj_file file;
	bool replaces = false, is_done = false;
	long r = 0;

	if (count != 2)
		return fj_kernel(c);
	if (__builtin_expect(!place[0]->layers != !place[1]->layers, 0))
		return fj_union_rename(c->thread, place[0], place[1], flags);
	if (is_passage) {
		r = begin_passage(c, place, flags & FJ_RENAME_EXCHANGE, &passage);
		if (r < 0)
			return r;
	}
	/* If both names lead to one file, rename(2) does nothing, and the file keeps its names. */
	if (!(flags & (FJ_RENAME_NOREPLACE | FJ_RENAME_EXCHANGE)) && !place[0]->layers &&
		!fj_owner_is_empty()) {
		is_done = !flags && rename_to_nothing(c);
		replaces = !is_done && takes_last_name(c, place, &file);
	}
	if (__builtin_expect(place[0]->layers != NULL, 0)) {
		r = fj_union_rename(c->thread, place[0], place[1], flags);
		if (!r && place[1]->layers->fd[0] >= 0)
			fj_roots_made(c->thread, place[1]->layers->fd[0], place[1]->name);
		return r;
	}
	if (flags & FJ_RENAME_WHITEOUT && !(flags & ~(FJ_RENAME_WHITEOUT | FJ_RENAME_NOREPLACE)))
		r = rename_and_whiteout(c, place[0], flags);
	else if (!is_done)
		r = fj_kernel(c);
	if (__builtin_expect(r == -ENOTEMPTY, 0) && !(flags & ~FJ_RENAME_WHITEOUT) &&
		fj_roots_empty(c->thread, place[1]->dirfd, place[1]->name))
		r = fj_kernel(c);
	if (!r && replaces)
		fj_owner_gone(&file.key);
	if (!r) {
		fj_roots_made(c->thread, place[1]->dirfd, place[1]->name);
		if (flags & FJ_RENAME_EXCHANGE)
			fj_roots_made(c->thread, place[0]->dirfd, place[0]->name);
	}
	if (!r && is_passage)
		end_passage(c, place, flags & FJ_RENAME_EXCHANGE, &passage);
	return r;
}

long fj_hook_rename(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, rename_around);
}

/* Before a file without a name (O_TMPFILE) gets one, its record must say so. */
static long link_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_file file;
	const int fd = count == 2 && !place[0]->name[0]		? place[0]->dirfd :
		       count < 2 && (c->arg[4] & AT_EMPTY_PATH) ? (int)c->arg[0] :
								  -1;
	long r;

	if (fd >= 0 && !fj_owner_is_empty() && !fj_file_look(c, fd, "", AT_EMPTY_PATH, &file) &&
		file.has_record && (file.owner.flags & FJ_OWNER_NAMELESS))
		fj_owner_named(&file.key);
	r = fj_kernel(c);
	if (!r && count)
		fj_roots_made(c->thread, place[count - 1]->dirfd, place[count - 1]->name);
	return r;
}

long fj_hook_link(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, link_around);
}
