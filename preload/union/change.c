/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * change.c - removes and moves names in a union: unlink, rmdir, rename. Code that makes a name needs only
 * layers/union_over.c. Called through change.h.
 *
 * As in the kernel's fs/overlayfs/dir.c: if a lower layer has the same name, a whiteout replaces the
 * removed file in one step. A directory of which a lower layer has a part cannot be moved (EXDEV). */
#include "union/change.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/len.h"
#include "inode/owned.h"
#include "layers/place.h"
#include "layers/union.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>

/* A copy of the name without the slashes at its end, in scratch memory. */
static char *bare_name(struct fj_thread *t, const char *name, bool *has_slash)
{
	size_t len = fj_strlen(name);
	char *bare = fj_scratch(t, len + 1);

	*has_slash = len && name[len - 1] == '/';
	while (len && name[len - 1] == '/')
		len--;
	memcpy(bare, name, len);
	bare[len] = 0;
	return bare;
}

/* Remove a file that no lower layer has. A directory may contain whiteouts. */
static long remove_upper(struct fj_thread *t, struct fj_layers *l, const char *name, bool is_dir)
{
	long r = fj_sys_unlinkat(l->fd[0], name, is_dir ? AT_REMOVEDIR : 0);

	if (r != -ENOTEMPTY && r != -EEXIST)
		return r;
	r = fj_union_put_whiteout(t, l, name, false);
	return r ? r : fj_union_discard(t, l->fd[0], name);
}

/* The names that are no entries: the root's, "." and "..". */
static bool is_no_entry(const char *name)
{
	return !name[0] || fj_streq(name, ".") || fj_streq(name, "..");
}

/* Called with the lock. Returns -FJ_RESTART if the parent directory was copied up: then look again what is
 * in it. */
static long unlink_alone(
	struct fj_thread *t, struct fj_layers *l, const char *name, bool has_slash, bool wants_dir)
{
	const bool is_up = l->fd[0] >= 0;
	bool is_below, is_dir, was_upper;
	long r = fj_layers_find(t, l, name);

	if (r < 0)
		return r;
	is_dir = (l->mode & FJ_S_IFMT) == FJ_S_IFDIR;
	was_upper = !l->found;
	if (l->found < 0 || l->is_whiteout)
		return -ENOENT;
	if (has_slash && !wants_dir)
		return is_dir ? -EISDIR : -ENOTDIR; /* do_unlinkat() of fs/namei.c */
	if (wants_dir != is_dir)
		return wants_dir ? -ENOTDIR : -EISDIR;
	is_below = fj_layers_have_below(t, l, name);
	if (is_dir) {
		r = fj_union_see_empty(t, l, name);
		if (r < 0)
			return r;
	}
	r = fj_layers_up(t, l, l->pos);
	if (r < 0)
		return r;
	if (!is_up)
		return -FJ_RESTART;
	if (is_below || !was_upper)
		return fj_union_put_whiteout(t, l, name, false);
	return remove_upper(t, l, name, is_dir);
}

long fj_union_unlink(struct fj_thread *t, const struct fj_place *place, bool wants_dir)
{
	bool has_slash;
	char *name = bare_name(t, place->name, &has_slash);
	int lock;
	long r;

	if (is_no_entry(name)) /* do_rmdir() and do_unlinkat() of fs/namei.c */
		return !wants_dir ? -EISDIR : !name[0] ? -EBUSY : !name[1] ? -EINVAL : -ENOTEMPTY;
	lock = fj_layers_lock(t, place->layers);
	do /* twice at most: then the parent directory is in the upper layer */
		r = unlink_alone(t, place->layers, name, has_slash, wants_dir);
	while (r == -FJ_RESTART);
	fj_layers_unlock(place->layers, lock);
	return r;
}

/* -- rename -- */

struct moving {
	struct fj_thread *t;
	struct fj_layers *l[2];
	char *name[2];
	bool is_there[2], is_dir[2], is_below[2];
	bool has_upper_whiteout; /* for the new name */
	bool takes_last_name;	 /* of `replaced`, which has a record */
	uint32_t flags;
	struct fj_file replaced;
};

static bool are_both_one_file(const struct moving *m)
{
	return m->is_there[0] && m->is_there[1] && m->l[0]->ino == m->l[1]->ino &&
	       m->l[0]->dev == m->l[1]->dev;
}

/* Is name `i` a directory that a lower layer has, alone or together with the upper one? */
static bool is_merged_dir(const struct moving *m, int i)
{
	if (!m->is_dir[i])
		return false;
	if (m->l[i]->found)
		return true;
	return fj_layers_merge_below(m->t, m->l[i], m->name[i]);
}

/* Is one directory inside the other? */
static bool lies_in(const struct moving *m, int inner, int outer)
{
	const uint32_t mark = fj_scratch_mark(m->t);
	char *const dir = fj_scratch_path(m->t);
	bool lies;

	lies = fj_format(dir, PATH_MAX, "%s/%s", m->l[outer]->pos, m->name[outer]) < PATH_MAX &&
	       fj_path_has_prefix(m->l[inner]->pos, dir);
	fj_scratch_release(m->t, mark);
	return lies;
}

/* What fs/namei.c checks before it calls the file system. Returns -errno or 0, the result, or 1: go on. */
static long judge_names(const struct moving *m, const bool *has_slash)
{
	const bool exchanges = m->flags & FJ_RENAME_EXCHANGE;

	if (!m->is_there[0])
		return -ENOENT;
	if (m->is_there[1] && (m->flags & FJ_RENAME_NOREPLACE))
		return -EEXIST;
	if (exchanges && !m->is_there[1])
		return -ENOENT;
	if (exchanges && !m->is_dir[1] && has_slash[1])
		return -ENOTDIR;
	if (!m->is_dir[0] && (has_slash[0] || (!exchanges && has_slash[1])))
		return -ENOTDIR;
	if (lies_in(m, 1, 0))
		return -EINVAL;
	if (lies_in(m, 0, 1))
		return exchanges ? -EINVAL : -ENOTEMPTY;
	if (are_both_one_file(m))
		return 0;
	if (m->is_there[1] && !exchanges && m->is_dir[0] != m->is_dir[1])
		return m->is_dir[0] ? -ENOTDIR : -EISDIR;
	return 1;
}

/* May the move be made? Checks what fs/overlayfs/dir.c checks. Returns 0 or -errno. */
static long judge_move(const struct moving *m)
{
	const bool exchanges = m->flags & FJ_RENAME_EXCHANGE;

	if (m->flags & FJ_RENAME_WHITEOUT)
		return -EINVAL;
	if (is_merged_dir(m, 0) || (exchanges && is_merged_dir(m, 1)))
		return -EXDEV;
	return m->is_there[1] && m->is_dir[1] && !exchanges ?
		       fj_union_see_empty(m->t, m->l[1], m->name[1]) :
		       0;
}

/* Can the directory of a place outside the union be reached at all? */
static long see_parent(struct fj_thread *t, const struct fj_place *place)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t len = fj_place_dir_len(place->name);
	struct stat st;
	long r;

	r = fj_sys_newfstatat(place->dirfd, fj_scratch_text(t, place->name, len, "."), &st, 0);
	fj_scratch_release(t, mark);
	return r;
}

static long bring_name_up(struct moving *m, int i)
{
	long r = 0;

	if (m->l[i]->found > 0 && m->is_there[i]) {
		r = fj_layers_copy_up(m->t, m->l[i], m->name[i], true);
		m->l[i]->found = 0;
	}
	return r;
}

/* A moved directory hides directories with its new name in lower layers. */
static long hide_lower(const struct moving *m, int i, bool is_below)
{
	long fd, r;

	if (!m->is_dir[i] || !is_below)
		return 0;
	fd = fj_open_path(m->l[i]->fd[0], m->name[i], O_DIRECTORY | O_NOFOLLOW);
	r = fd < 0 ? fd : fj_union_calls.set_opaque(m->t, (int)fd, m->l[i]->is_nested);
	if (fd >= 0)
		fj_sys_close((int)fd);
	return r;
}

static long rename_upper(const struct moving *m, uint32_t flags)
{
	return fj_sys_renameat2(m->l[0]->fd[0], m->name[0], m->l[1]->fd[0], m->name[1], flags);
}

/* The move must leave a whiteout at the old name. */
static long move_and_whiteout(struct moving *m)
{
	long r;

	if (m->has_upper_whiteout) /* exchange them */
		return rename_upper(m, FJ_RENAME_EXCHANGE);
	if (!m->is_there[1]) { /* a whiteout there means the same as nothing */
		r = fj_union_put_whiteout(m->t, m->l[1], m->name[1], true);
		if (!r)
			r = rename_upper(m, FJ_RENAME_EXCHANGE);
		/* (Somebody without the lock has made the new name while a file was copied up, or has removed
		 * one of the two: fast-path/fast_dir.c.) */
		return r == -ENOENT || r == -EEXIST ? -FJ_RESTART : r;
	}
	/* (A whiteout that the kernel makes would hide names in the outer union, too.) */
	r = m->l[0]->is_nested ? -EPERM : rename_upper(m, FJ_RENAME_WHITEOUT);
	if (r != -EINVAL && r != -EPERM && r != -ENOSYS)
		return r;
	/* The kernel cannot move the file and leave a whiteout in one step: for a moment the lower file
	 * is visible. (Somebody without the lock may move another file to the name then: fast-path/fast_dir.c.) */
	r = rename_upper(m, 0);
	if (!r)
		r = fj_union_put_whiteout(m->t, m->l[0], m->name[0], true);
	return r == -EEXIST ? 0 : r; /* what is there hides the lower file, too */
}

static long move_entry(struct moving *m)
{
	long r;

	if (m->flags & FJ_RENAME_EXCHANGE) {
		r = hide_lower(m, 0, m->is_below[1]);
		if (!r)
			r = hide_lower(m, 1, m->is_below[0]);
		return r ? r : rename_upper(m, FJ_RENAME_EXCHANGE);
	}
	r = hide_lower(m, 0, m->is_below[1]);
	if (r < 0)
		return r;
	/* The empty directory that is replaced may contain whiteouts in the upper layer. */
	if (m->is_dir[1] && !m->l[1]->found) {
		r = fj_union_put_whiteout(m->t, m->l[1], m->name[1], false);
		m->has_upper_whiteout = !r;
		m->is_there[1] = false;
		if (r < 0)
			return r;
	}
	if (m->is_below[0])
		return move_and_whiteout(m);
	if (!m->has_upper_whiteout)
		return rename_upper(m, m->flags & FJ_RENAME_NOREPLACE);
	/* (Without an exchange the old name is never a whiteout, which others could move: fast-path/fast_dir.c.) */
	if (!m->is_dir[0])
		return fj_union_replace(
			m->t, m->l[0]->fd[0], m->name[0], m->l[1]->fd[0], m->name[1]);
	r = rename_upper(m, FJ_RENAME_EXCHANGE);
	if (!r)
		fj_union_discard(m->t, m->l[0]->fd[0], m->name[0]);
	return r;
}

/* Does the move replace the last name of a file that has a record? */
static bool replaces_last_name(struct moving *m)
{
	bool is_there;

	return m->is_there[1] && !m->l[1]->found &&
	       !(m->flags & (FJ_RENAME_NOREPLACE | FJ_RENAME_EXCHANGE)) && !fj_owner_is_empty() &&
	       fj_file_is_last_name(
		       fj_calling(m->t)->call, m->l[1]->fd[0], m->name[1], &m->replaced, &is_there);
}

/* Called with the lock. -FJ_RESTART: as in unlink_alone(). */
static long rename_alone(struct moving *m, const bool *has_slash)
{
	const bool are_up = m->l[0]->fd[0] >= 0 && m->l[1]->fd[0] >= 0;
	long r;

	for (int i = 0; i < 2; i++) {
		r = fj_layers_find(m->t, m->l[i], m->name[i]);
		if (r < 0)
			return r;
		m->is_there[i] = m->l[i]->found >= 0 && !m->l[i]->is_whiteout;
		m->is_dir[i] = m->is_there[i] && (m->l[i]->mode & FJ_S_IFMT) == FJ_S_IFDIR;
	}
	r = judge_names(m, has_slash);
	if (r < 1)
		return r;
	/* (Lower layers that have the new name matter only if a directory gets it: hide_lower().) */
	m->is_below[0] = fj_layers_have_below(m->t, m->l[0], m->name[0]);
	m->is_below[1] = m->is_dir[0] && fj_layers_have_below(m->t, m->l[1], m->name[1]);
	m->has_upper_whiteout = !m->l[1]->found && m->l[1]->is_whiteout;
	r = judge_move(m);
	if (r < 0)
		return r;
	for (int i = 0; i < 2 && !are_up && !r; i++)
		r = fj_layers_up(m->t, m->l[i], m->l[i]->pos);
	if (!are_up)
		return r ? r : -FJ_RESTART;
	r = bring_name_up(m, 0);
	if (!r && (m->flags & FJ_RENAME_EXCHANGE))
		r = bring_name_up(m, 1);
	if (r < 0)
		return r;
	m->takes_last_name = replaces_last_name(m);
	r = move_entry(m);
	m->takes_last_name = m->takes_last_name && !r;
	return r;
}

long fj_union_rename(
	struct fj_thread *t, const struct fj_place *from, const struct fj_place *to, uint32_t flags)
{
	struct moving m = {.t = t, .l = {from->layers, to->layers}, .flags = flags};
	bool has_slash[2];
	int lock;
	long r;

	for (int i = 0; i < 2; i++) {
		const struct fj_place *place = i ? to : from;

		r = place->layers ? 0 : see_parent(t, place);
		if (r < 0)
			return r;
		m.name[i] = bare_name(t, place->name, &has_slash[i]);
	}
	if (!m.l[0] || !m.l[1] || m.l[0]->mount_id != m.l[1]->mount_id)
		return -EXDEV;
	if (is_no_entry(m.name[0]))
		return -EBUSY;
	if (is_no_entry(m.name[1]))
		return flags & FJ_RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	lock = fj_layers_lock(t, m.l[0]);
	do /* twice at most: then both directories are in the upper layer */
		r = rename_alone(&m, has_slash);
	while (r == -FJ_RESTART);
	fj_layers_unlock(m.l[0], lock);
	if (m.takes_last_name)
		fj_owner_gone(&m.replaced.key);
	return r;
}
