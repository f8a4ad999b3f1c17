/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_point.c - finds the place that a mount call names: its position, its host path, and what it is.
 * Called through mounting.h. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "jail/root.h"
#include "layers/place.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "mount/mounting.h"
#include "mountinfo/hostmounts.h"
#include "path/path.h"
#include "private/private.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/errno.h>

/* Is the root an ordinary directory, as that of a chroot usually is? It is not with `--read-only`, if it is
 * an overlay, or if the host has a mount point there. */
static bool is_root_bare(void)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool is_own;

	do {
		v = fj_mounts_look(&seen);
		is_own = v->root_flags || fj_mounts_at(v, "");
	} while (!fj_mounts_held(&seen));
	fj_root_path_look();
	return !is_own && *fj_root_path() && !fj_hostmounts_has(fj_root_path());
}

void fj_mount_point_judge(struct fj_mount_point *p)
{
	struct fj_mount_found m;

	p->is_mount = !*p->pos || (fj_mount_at(p->pos, &m, NULL) && !(m.flags & FJ_MOUNT_ENTRY));
	p->is_bare_root = !*p->pos && is_root_bare();
}

/* Fill `p` for the file `fd`. `pos`: its position, or NULL: not known. */
static long describe_mount_point(
	struct fj_thread *t, int fd, const char *pos, struct fj_mount_point *p)
{
	struct fj_str s;
	struct stat st;
	long n;

	n = fj_fd_target(fd, p->host);
	if (n < 0)
		return n;
	p->host[n] = 0;
	n = fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	if (n < 0)
		return n;
	if (!st.st_nlink)
		return -ENOENT;
	p->is_dir = (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
	fj_str_init(&s, p->pos, PATH_MAX);
	if (pos)
		fj_str_put(&s, pos);
	else if (!fj_path_of_dir(t, fd, &s))
		return -EINVAL;
	fj_mount_point_judge(p);
	return 0;
}

/* Fill `p` for a mount point at `pos` whose directory or file on the host was removed. Returns 0, or -ENOENT: there is no
 * such mount. */
static long describe_removed(const char *pos, struct fj_mount_point *p)
{
	struct fj_str s;

	fj_str_init(&s, p->pos, PATH_MAX);
	fj_str_put(&s, pos);
	fj_mount_point_judge(p);
	p->is_removed = true;
	return p->is_mount && *pos ? 0 : -ENOENT;
}

long fj_mount_point_find(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_mount_point *p)
{
	const long r = fj_mount_point_find_any(t, dirfd, jail_path, follows, p);

	return !r && p->is_removed ? -ENOENT : r;
}

long fj_mount_point_find_any(struct fj_thread *t, int dirfd, const char *jail_path, bool follows,
	struct fj_mount_point *p)
{
	struct fj_place place;
	uint32_t mark;
	long fd, r;

	p->layers = p->work = NULL;
	p->is_removed = false;
	p->pos = fj_scratch_path(t);
	p->host = fj_scratch_path(t);
	mark = fj_scratch_mark(t);
	if (!*jail_path && dirfd != AT_FDCWD) {
		r = describe_mount_point(t, dirfd, NULL, p);
		fj_scratch_release(t, mark);
		return r;
	}
	r = fj_path_walk(t, dirfd, *jail_path ? jail_path : ".",
		(follows ? FJ_FOLLOW : 0) | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	fd = fj_open_path(place.dirfd, place.name, place.is_magic ? 0 : O_NOFOLLOW);
	r = fd;
	if (fd >= 0) {
		r = describe_mount_point(t, (int)fd, place.is_magic ? NULL : place.pos, p);
		fj_sys_close((int)fd);
	} else if (fd == -ENOENT && place.is_mount) {
		r = describe_removed(place.pos, p);
	}
	fj_place_done(&place);
	fj_scratch_release(t, mark);
	return r;
}

bool fj_mounting_is_hidden(const char *pos)
{
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool is;

	do {
		is = false;
		v = fj_mounts_look(&seen);
		for (uint32_t i = fj_mounts_count(v); i--;)
			is = is || ((v->mount[i].flags & FJ_MOUNT_HIDDEN) &&
					   fj_streq(fj_mounts_text(v, v->mount[i].jail), pos));
	} while (!fj_mounts_held(&seen));
	return is;
}

bool fj_mounting_is_in_use(struct fj_thread *t, uint32_t id, uint32_t flags, const char *host)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str pos;
	bool is;

	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	is = fj_path_of_dir(t, AT_FDCWD, &pos) && fj_mount_of(pos.at, &m, NULL) && m.id == id;
	is = is || (fj_mount_of(fj_root()->pos, &m, NULL) && m.id == id);
	fj_scratch_release(t, mark);
	return is || ((flags & FJ_MOUNT_PRIVATE) && fj_private_is_busy(t, host));
}
