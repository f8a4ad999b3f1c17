/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_access.c - access(2), in its forms: by a look at the file where that decides, else by the kernel's own answer.
 * Called through the table. */

#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "cred/ids.h"
#include "devfs/dev_names.h"
#include "fast-path/fast.h"
#include "inode/device.h"
#include "inode/exe.h"
#include "inode/owned.h"
#include "jail/kernel_lacks.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/unistd.h>

/* Puts `place` into the arguments, for a call with a descriptor argument before the path. */
static void aim_call(struct fj_call *c, int i, const struct fj_place *place)
{
	c->arg[i - 1] = (uint64_t)(int64_t)place->dirfd;
	c->arg[i] = (uint64_t)place->name;
}

/* The kernel's own answer. */
static long make_access(struct fj_call *c, int i, const struct fj_place *place)
{
	if (!place->is_magic)
		return fj_path_access(place->dirfd, place->name, (unsigned)fj_arg(c, FJ_MODE, 0),
			(unsigned)fj_arg(c, FJ_ATFLAGS, 0));
	aim_call(c, i, place);
	return fj_kernel(c);
}

#define ONLY_THE_WALK_KNOWS 2
/* Those of faccessat2(2). Others are refused before the path is looked at: do_faccessat() of fs/open.c. */
#define FLAGS (0x200u /* AT_EACCESS */ | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)

enum { W = 2, R = 4, OWNER_R = 0400 }; /* W_OK, R_OK, S_IRUSR */

/* Returns 0 if the caller may access the file as asked, 1 if only the kernel can tell. */
static inline long access_of_file(const struct fj_call *c, const struct stat *st)
{
	const uint32_t wanted = (uint32_t)fj_arg(c, FJ_MODE, 0);

	return !wanted || (wanted == R && (st->st_mode & OWNER_R) &&
				  st->st_uid == fj_owner_real_uid()) ?
		       0 :
		       1;
}

/* For F_OK it is enough that the name is there, and no symlink. A readlink(2) tells both, and takes the kernel three
 * quarters of the time of a stat(2). Returns what access_by_look() returns. */
static inline long access_by_name(const struct fj_place *place, bool *is_symlink)
{
	char target[1];
	const long r = fj_sys_readlinkat(place->dirfd, place->name, target, sizeof(target));

	*is_symlink = r >= 0;
	return r == -EINVAL ? 0 : r == -ENOENT ? r : 1; /* EINVAL: no symlink, readlink(2) */
}

/* Returns what access(2) returns if looking at the file is enough to know it, 1 if not, or
 * ONLY_THE_WALK_KNOWS. `*is_symlink` says whether the file is a symlink. For the owner only the
 * mode bits can refuse to read a file that was found. */
static long access_by_look(
	const struct fj_call *c, const struct fj_fast *q, struct stat *st, bool *is_symlink)
{
	const int dirfd = q->place.dirfd;
	const char *const name = q->place.name;
	const uint32_t wanted = (uint32_t)fj_arg(c, FJ_MODE, 0);
	long r;

	if (!wanted && !q->is_layered && !q->links &&
		!(fj_arg(c, FJ_ATFLAGS, 0) & ~(uint64_t)AT_SYMLINK_NOFOLLOW))
		return access_by_name(&q->place, is_symlink);
	r = fj_sys_newfstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW);
	*is_symlink = !r && (st->st_mode & FJ_S_IFMT) == FJ_S_IFLNK;
	if (__builtin_expect(q->is_layered, 0) && r != -ENOENT &&
		(r || (wanted & W) || fj_union_calls.is_whiteout(c->thread, dirfd, name, st)))
		return ONLY_THE_WALK_KNOWS;
	if (r == -ENOENT && q->left)
		return r; /* a lower layer may have it, whatever the flags are */
	if (fj_arg(c, FJ_ATFLAGS, 0) & ~(uint64_t)AT_SYMLINK_NOFOLLOW)
		return 1;
	if (r < 0)
		return r == -ENOENT ? r : 1;
	return access_of_file(c, st);
}

/* An access at a place that facts led to: by a look, or by the kernel's own answer. */
struct access_call {
	struct fj_call *c;
	int i; /* the path's index in the arguments */
	bool follows, is_symlink;
	struct fj_link_end found; /* what the kernel has found by a symlink; `ino` 0: not asked */
};

/* The place was a symlink before. Looks at the file to which it has led, and makes that the place. Returns what
 * access_by_look() returns, or -ESTALE if the symlink must be read. */
__attribute__((noinline)) static long access_end(struct fj_fast *q, struct access_call *a)
{
	struct fj_link_end end;
	struct stat st;

	/* (What a lower layer has would be copied up before it is written.) */
	if ((q->is_layered && (fj_arg(a->c, FJ_MODE, 0) & W)) || !fj_fast_recall_end(q, &end) ||
		fj_sys_newfstatat(q->place.dirfd, q->place.name, &st, AT_NO_AUTOMOUNT))
		return -ESTALE;
	a->found.dev = st.st_dev;
	a->found.ino = st.st_ino;
	if (st.st_dev != end.dev || st.st_ino != end.ino)
		return -ESTALE;
	q->place.dirfd = end.dirfd;
	q->place.name = end.name;
	return fj_arg(a->c, FJ_ATFLAGS, 0) ? 1 : access_of_file(a->c, &st);
}

static inline long look_at_place(struct fj_fast *q, void *own)
{
	struct access_call *const a = own;
	struct stat st;
	long r;

	if (a->follows && fj_fast_was_link(q)) {
		r = access_end(q, a);
		a->is_symlink = r == -ESTALE;
		return r;
	}
	st.st_ino = 0;
	r = access_by_look(a->c, q, &st, &a->is_symlink);
	if (__builtin_expect(q->links && st.st_ino && !a->is_symlink, 0) &&
		(st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR)
		fj_fast_keep_end(q, st.st_dev, st.st_ino, &a->found);
	return r;
}

static inline enum fj_fast_seen see_access(struct fj_fast *q, void *own, long *r)
{
	const struct access_call *const a = own;

	if (a->follows && a->is_symlink)
		return FJ_SEEN_LINK;
	if (*r == ONLY_THE_WALK_KNOWS)
		return FJ_SEEN_UNSURE;
	if (*r == 1 || a->is_symlink) {
		*r = make_access(a->c, a->i, &q->place);
	}
	return FJ_SEEN_ANSWER;
}

static long access_on_disk(struct fj_call *c);

/* Root makes names in the host's /dev, where the user may make none. */
static bool is_dev_for_root(struct fj_call *c, int dirfd, const char *jail_path)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place place;
	bool is = false;

	if (fj_ids_is_root() && (fj_arg(c, FJ_MODE, 0) & W) &&
		!fj_path_walk(c->thread, dirfd, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place)) {
		is = place.pos && !place.is_magic && !place.is_read_only &&
		     fj_dev_is_dir(c->thread, place.pos);
		fj_place_done(&place);
	}
	fj_scratch_release(c->thread, mark);
	return is;
}

FJ_HOT long fj_hook_access(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint64_t path = c->arg[i];
	long error, r = access_on_disk(c);
	const char *jail_path;

	if (__builtin_expect(r != -EACCES, 1))
		return r;
	c->arg[i] = path;
	jail_path = fj_arg_path(c, i, &error);
	if (jail_path && is_dev_for_root(c, dirfd, jail_path))
		return 0;
	if (!fj_owner_has_devices())
		return r;
	return jail_path ? fj_device_access(c, dirfd, jail_path,
				   !(fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW)) :
			   r;
}

/* Is it a program on a noexec mount? */
static bool is_not_to_be_run(const struct fj_place *place)
{
	struct stat st;

	return (fj_mount_flags()->has_mount_limits & FJ_MOUNT_NOEXEC) && place->pos &&
	       !place->is_magic && (fj_mount_limits(place->pos) & FJ_MOUNT_NOEXEC) &&
	       !fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       (st.st_mode & FJ_S_IFMT) == FJ_S_IFREG;
}

FJ_HOT static long access_on_disk(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const bool follows = !(fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint64_t wanted = fj_arg(c, FJ_MODE, 0);
	struct access_call own = {.c = c, .i = i, .follows = follows};
	struct fj_place place;
	struct fj_fast q;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	if (c->nr == __NR_faccessat2 && fj_lacks()->faccessat2)
		return -ENOSYS; /* not an error of the path, which the walk would find; nor is this: */
	if (fj_arg(c, FJ_ATFLAGS, 0) & 0xffffffffu & ~(uint64_t)FLAGS)
		return -EINVAL;
	if (!jail_path && !r) {
		r = fj_kernel(c);
		return !r && (wanted & W) && fj_file_on_read_only(c, dirfd, "", NULL) ? -EROFS : r;
	}
	if (!jail_path)
		return r;
	if (fj_arg(c, FJ_MODE, 0) & ~7UL & 0xffffffffu)
		return fj_kernel(c); /* which refuses that before it looks at the path:
					do_faccessat() of fs/open.c */
	if (!fj_mount_flags()->has_read_only &&
		!(fj_mount_flags()->has_mount_limits & FJ_MOUNT_NOEXEC) &&
		fj_fast_begin_layered(&q, c->thread, dirfd, jail_path, c->path_len) &&
		fj_fast_ask(&q, false, look_at_place, see_access, FJ_SURE_ALL, &own, &r))
		return r;
	c->arg[i - 1] = (uint64_t)(int64_t)dirfd;
	r = fj_exe_walk(c->thread, dirfd, jail_path,
		(follows ? FJ_FOLLOW : 0) | FJ_WRITE | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	if (__builtin_expect(place.is_lower, 0)) /* it would be copied before it is written */
		c->arg[fj_arg_index(c, FJ_MODE)] &= ~2UL;
	r = make_access(c, i, &place);
	if (!r && (wanted & W) && fj_file_on_read_only(c, place.dirfd, place.name, &place))
		r = -EROFS;
	if (!r && (fj_arg(c, FJ_MODE, 0) & 1 /* X_OK */) && is_not_to_be_run(&place))
		r = -EACCES;
	fj_place_done(&place);
	return r;
}
