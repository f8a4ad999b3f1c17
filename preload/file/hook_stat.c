/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_stat.c - stat, in its forms. These are the most frequent calls. So each is first tried with one system call, by
 * remembered facts. If the facts have changed meanwhile, it is done by a walk. Called through the table. */
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "guest/guest.h"
#include "inode/exe.h"
#include "inode/owned.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mountinfo/mount_ids.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "union-held/held.h"
#include "walk/walk.h"

#include <asm/unistd.h>

/* The empty path. (The linker would put a string constant away from what a start reads: order.ld.) */
static const char no_name[] = "";

static long give_stat(uint64_t out, const struct statx *sx)
{
	struct stat st;

	fj_stat_from_statx(&st, sx);
	return fj_guest_write(out, &st, sizeof(st));
}

/* As show_stat(), where the file may have an owner record. */
FJ_HOT __attribute__((noinline)) static long show_by_key(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, bool *is_symlink)
{
	const bool wants_statx = c->nr == __NR_statx;
	const uint64_t out = c->arg[wants_statx ? 4 : c->nr == __NR_fstat ? 1 : 2];
	struct fj_file file;
	struct statx sx;
	/* stat(2) triggers no automount: vfs_fstatat() of fs/stat.c. */
	const long r = fj_file_statx(c, dirfd, name, wants_statx ? flags : flags | AT_NO_AUTOMOUNT,
		wants_statx ? (unsigned)c->arg[3] : STATX_BASIC_STATS, &sx, &file);

	if (r < 0)
		return r;
	fj_file_note_shown(c->thread, &file);
	*is_symlink = (sx.stx_mode & FJ_S_IFMT) == FJ_S_IFLNK;
	return wants_statx ? fj_guest_write(out, &sx, sizeof(sx)) : give_stat(out, &sx);
}

/* Looks at a file and writes what it shows to the program. `*is_symlink` says whether it is a symlink. */
FJ_INLINED static inline long show_stat(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, bool *is_symlink)
{
	const bool wants_statx = c->nr == __NR_statx;
	const uint64_t out = c->arg[wants_statx ? 4 : 2];
	bool has_met;
	uint32_t mode;
	long r;

	*is_symlink = false;
	if (!fj_file_shows_itself(c->thread))
		return show_by_key(c, dirfd, name, flags, is_symlink);
	r = wants_statx ? fj_sys_statx(dirfd, name, flags, c->arg[3], (void *)out) :
			  fj_sys_newfstatat(dirfd, name, (void *)out, flags);
	if (r < 0)
		return r;
	mode = wants_statx ? ((struct statx *)out)->stx_mode : ((struct stat *)out)->st_mode;
	has_met = wants_statx ? fj_file_show_statx(c, dirfd, name, flags, (struct statx *)out) :
				fj_file_show_stat(c, dirfd, name, flags, (struct stat *)out);
	*is_symlink = (mode & FJ_S_IFMT) == FJ_S_IFLNK;
	return __builtin_expect(has_met, 0) ? show_by_key(c, dirfd, name, flags, is_symlink) : r;
}

/* If the layers lie on several devices, shows the device for the directory at the place. False: a walk is needed. */
static bool is_device_shown(struct fj_call *c, const struct fj_fast *q)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_str pos;
	bool is = true;

	if (!(fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES))
		return true;
	fj_str_init(&pos, fj_scratch_path(c->thread), PATH_MAX);
	is = fj_fast_position(q, &pos);
	if (is)
		fj_show_device(c, fj_union_dir_device(c->thread, pos.at));
	fj_scratch_release(c->thread, mark);
	return is;
}

/* In a union: is what was just written to the program right? For the program a whiteout does not
 * exist. Of a directory it must be known whether it is merged. */
static bool is_shown_right(struct fj_call *c, const struct fj_fast *q, long r)
{
	const struct statx *sx = (const struct statx *)c->arg[4];
	const struct stat *st = (const struct stat *)c->arg[2];
	const bool is_statx = c->nr == __NR_statx;
	const uint32_t mode = r ? 0 : is_statx ? sx->stx_mode : st->st_mode;
	const uint64_t rdev = r	       ? 0 :
			      is_statx ? sx->stx_rdev_major | sx->stx_rdev_minor :
					 st->st_rdev;
	int is_merged;

	if (r == -EACCES || ((mode & FJ_S_IFMT) == FJ_S_IFCHR && !rdev))
		return false;
	if ((mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return true;
	is_merged = fj_fast_is_merged(q);
	if (is_merged < 0 || !is_device_shown(c, q))
		return false;
	if (is_merged > 0)
		fj_show_one_link(c);
	return true;
}

/* A stat at a place that facts led to. */
struct stat_call {
	struct fj_call *c;
	unsigned flags;
	bool is_symlink;
	bool is_unread;		  /* and nothing was written to the program */
	struct fj_link_end found; /* what the kernel has found by a symlink; `ino` 0: not asked */
	/* If something was found at an unproven place that is in one directory only: its key; and of a directory, whether its name
	 * was marked before. */
	bool has_key, was_seen;
	bool is_partial; /* the key lacks the time of birth */
	bool is_file;	 /* it is no directory */
	uint64_t ino;
	char key[FJ_DIR_KEY_SIZE];
};

/* The directory was listed. So device and number of a directory in it are enough to prove the place. */
__attribute__((noinline)) static long stat_listed(struct fj_fast *q, struct stat_call *s)
{
	const unsigned flags = s->flags | AT_SYMLINK_NOFOLLOW;
	struct stat *const st = (struct stat *)s->c->arg[2];
	const long r = fj_sys_newfstatat(q->place.dirfd, q->place.name, st, flags);

	s->has_key = !r && fj_dir_key_of_stat(st, s->key);
	s->is_partial = true;
	s->is_file = !r && (st->st_mode & FJ_S_IFMT) != FJ_S_IFDIR;
	s->ino = st->st_ino;
	s->is_symlink = !r && (st->st_mode & FJ_S_IFMT) == FJ_S_IFLNK;
	return r || !fj_file_show_stat(s->c, q->place.dirfd, q->place.name, flags, st) ? r :
											 -EAGAIN;
}

__attribute__((noinline)) static long stat_unproven(struct fj_fast *q, struct stat_call *s)
{
	struct fj_call *const c = s->c;
	const bool wants_statx = c->nr == __NR_statx;
	const unsigned mask = wants_statx ? (unsigned)c->arg[3] : STATX_BASIC_STATS,
		       flags = s->flags | AT_SYMLINK_NOFOLLOW | (wants_statx ? 0 : AT_NO_AUTOMOUNT);
	struct fj_file file;
	struct statx sx;
	long r;

	if (!wants_statx && fj_dir_may_be_listed(q->place.dirfd) && fj_owner_is_empty() &&
		(r = stat_listed(q, s)) != -EAGAIN)
		return r;
	s->is_partial = false;
	s->was_seen = fj_facts_has_seen(q->path, q->len);
	r = -ENOSYS;
	if (fj_owner_is_empty())
		r = fj_sys_statx(q->place.dirfd, q->place.name, flags,
			mask | STATX_BASIC_STATS | STATX_BTIME, &sx);
	if (r == -ENOSYS ||
		(!r && fj_file_show_statx(c, q->place.dirfd, q->place.name, flags, &sx)))
		r = fj_file_statx(
			c, q->place.dirfd, q->place.name, flags, mask | STATX_BTIME, &sx, &file);
	s->is_symlink = !r && (sx.stx_mode & FJ_S_IFMT) == FJ_S_IFLNK;
	s->is_file = !r && (sx.stx_mode & FJ_S_IFMT) != FJ_S_IFDIR;
	s->ino = sx.stx_ino;
	s->is_partial = s->is_file;
	s->has_key =
		!r && (s->is_file ? fj_dir_key_of_child(&sx, s->key) : fj_dir_key_of(&sx, s->key));
	if (r < 0)
		return r;
	if (!wants_statx)
		return give_stat(c->arg[2], &sx);
	if (!(mask & STATX_BTIME)) {
		sx.stx_mask &= ~STATX_BTIME;
		sx.stx_btime = (struct statx_timestamp){0};
	}
	return fj_guest_write(c->arg[4], &sx, sizeof(sx));
}

/* Was the place right? If so, remember what was found. */
static bool prove_stat(struct fj_fast *q, const struct stat_call *s)
{
	if (!fj_fast_prove(q, s->has_key ? s->key : NULL, s->is_partial))
		return false;
	if (s->is_file && s->has_key && q->token && fj_fast_held(q))
		fj_dir_recent_found(q->dirfd, q->token, q->path, s->ino);
	if (!q->is_known && s->has_key && !s->is_partial && s->was_seen && fj_fast_held(q))
		fj_fast_note_child(q, s->key);
	return true;
}

__attribute__((noinline)) static bool is_right(struct fj_fast *q, const struct stat_call *s, long r)
{
	return (!q->is_unproven || prove_stat(q, s)) && is_shown_right(s->c, q, r);
}

/* The place was a symlink before. Looks at the file to which it led. Returns false if it must be read. */
__attribute__((noinline)) static bool stat_end(struct fj_fast *q, struct stat_call *s, long *r)
{
	struct fj_call *const c = s->c;
	const bool wants_statx = c->nr == __NR_statx;
	struct fj_link_end end;
	struct fj_file file;
	struct statx sx;

	*r = -ESTALE;
	if (fj_fast_recall_end(q, &end))
		*r = fj_file_statx_end(c, &q->place, &end, &s->found,
			wants_statx ? s->flags : s->flags | AT_NO_AUTOMOUNT,
			wants_statx ? (unsigned)c->arg[3] : STATX_BASIC_STATS, &sx, &file);
	if (*r < 0)
		return false;
	*r = wants_statx ? fj_guest_write(c->arg[4], &sx, sizeof(sx)) : give_stat(c->arg[2], &sx);
	return true;
}

/* Symlinks have led to the file that was just written to the program. */
__attribute__((noinline)) static void keep_end(const struct fj_fast *q, const struct stat_call *s)
{
	const struct statx *const sx = (const struct statx *)s->c->arg[4];
	const struct stat *const st = (const struct stat *)s->c->arg[2];
	const bool is_statx = s->c->nr == __NR_statx;

	if (!fj_shows_directory(s->c))
		fj_fast_keep_end(q, is_statx ? fj_statx_dev(sx) : st->st_dev,
			is_statx ? sx->stx_ino : st->st_ino, &s->found);
}

static inline long stat_place(struct fj_fast *q, void *own)
{
	struct stat_call *const s = own;
	long r;

	if (__builtin_expect(q->is_unproven, 0))
		return stat_unproven(q, s);
	s->is_unread = !(s->flags & AT_SYMLINK_NOFOLLOW) && fj_fast_was_link(q);
	if (s->is_unread) {
		s->is_symlink = s->is_unread = !stat_end(q, s, &r);
		return s->is_symlink ? 0 : r;
	}
	r = show_stat(s->c, q->place.dirfd, q->place.name, s->flags | AT_SYMLINK_NOFOLLOW,
		&s->is_symlink);
	if (__builtin_expect(q->links && !r && !s->is_symlink, 0))
		keep_end(q, s);
	return r;
}

static inline enum fj_fast_seen see_stat(struct fj_fast *q, void *own, long *r)
{
	const struct stat_call *const s = own;

	if (__builtin_expect(*r == -EFAULT, 0) && !(s->flags & AT_SYMLINK_NOFOLLOW))
		return FJ_SEEN_UNSURE; /* the kernel looks for a symlink's file before it writes */
	if (__builtin_expect(q->is_layered, 0) && !s->is_unread && !is_right(q, s, *r))
		return FJ_SEEN_UNSURE;
	return !*r && s->is_symlink && !(s->flags & AT_SYMLINK_NOFOLLOW) ? FJ_SEEN_LINK :
									   FJ_SEEN_ANSWER;
}

/* fstat(2), in its forms. `flags`: those of newfstatat(2) and statx(2), or 0. */
static inline long stat_behind_fd(struct fj_call *c, int fd, const char *name, unsigned flags)
{
	struct stat *const out = (struct stat *)c->arg[c->nr == __NR_fstat ? 1 : 2];
	bool is_symlink;
	long r;

	if (c->nr == __NR_statx || fd < 0 || !name ||
		(flags & ~(unsigned)(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW))) {
		r = show_stat(c, fd, name, flags, &is_symlink);
	} else if (!fj_file_shows_itself(c->thread) ||
		   /* (With an empty path it takes the kernel longer.) */
		   (!(r = fj_sys_fstat(fd, out)) && fj_file_show_stat(c, fd, name, flags, out))) {
		r = show_by_key(c, fd, name, flags | AT_EMPTY_PATH, &is_symlink);
	}
	if (__builtin_expect(fj_mount_flags()->has_unions && !r, 0))
		fj_show_merged_fd(c, fd);
	return r;
}

FJ_HOT __attribute__((noinline)) static long stat_named_fd(struct fj_call *c, unsigned flags)
{
	/* NULL as the path means "" since Linux 6.11; older kernels return EFAULT. */
	return stat_behind_fd(c, (int)c->arg[0], c->arg[1] ? no_name : NULL, flags);
}

/* Is the path at `at` empty? */
static inline bool is_empty_path(uint64_t at)
{
	char first;

	return !at || (!fj_guest_read(&first, at, 1) && !first);
}

FJ_HOT long fj_hook_stat(struct fj_call *c)
{
	/* The arguments of the two rows: newfstatat(dirfd, path, out, flags), statx(dirfd, path, flags, mask, out). */
	enum { DIRFD, PATH };
	const unsigned flags = (uint32_t)c->arg[c->nr == __NR_statx ? 2 : 3];
	const bool follows = !(flags & AT_SYMLINK_NOFOLLOW);
	unsigned tries = 0, how = follows ? FJ_FOLLOW : 0;
	struct stat_call own;
	struct fj_place place;
	struct fj_fast q;
	bool is_symlink;
	char *jail_path;
	long r;

	if (fj_arg_in_copy(c, fj_hook_stat, &r))
		return r;
	if ((flags & AT_EMPTY_PATH) && is_empty_path(c->arg[PATH]))
		return stat_named_fd(c, flags);
	jail_path = fj_arg_path(c, PATH, &r);
	if (!jail_path)
		return r ? r : flags & AT_EMPTY_PATH ? stat_named_fd(c, flags) : fj_kernel(c);
	own.c = c;
	own.flags = flags;
	own.found.ino = 0;
	own.is_unread = false;
	if (fj_fast_begin_unproven(&q, c->thread, (int)c->arg[DIRFD], jail_path, c->path_len) &&
		fj_fast_ask(&q, false, stat_place, see_stat, FJ_SURE_ALL, &own, &r))
		return r;
	if (fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES)
		how |= FJ_WANT_POS;
	do {
		fj_scratch_release(c->thread, q.outer);
		r = fj_exe_walk(c->thread, (int)c->arg[DIRFD], jail_path, how, &place);
		if (r < 0)
			return fj_stat_error(c, flags, r);
		r = show_stat(c, place.dirfd, place.name,
			place.is_magic ? flags & ~(unsigned)AT_SYMLINK_NOFOLLOW :
					 flags | AT_SYMLINK_NOFOLLOW,
			&is_symlink);
		is_symlink = !r && is_symlink && follows && !place.is_magic && tries++ < FJ_RACES;
		if (is_symlink) /* it has just replaced the file */
			fj_place_done(&place);
	} while (is_symlink);
	if (__builtin_expect(!r && fj_mount_flags()->has_unions, 0))
		fj_show_merged_at(c, &place);
	if (!r && place.is_mount && c->nr == __NR_statx)
		((struct statx *)c->arg[4])->stx_attributes |= FJ_STATX_ATTR_MOUNT_ROOT;
	fj_place_done(&place);
	return r;
}

FJ_HOT long fj_hook_fstat(struct fj_call *c)
{
	long r;

	if (fj_arg_in_copy(c, fj_hook_fstat, &r))
		return r;
	if ((int)c->arg[0] < 0)
		return -EBADF; /* statx(2) would take AT_FDCWD for the working directory */
	return stat_behind_fd(c, (int)c->arg[0], no_name, 0);
}
