/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * run.c - the hook of most rows: replaces each path by its place on the host, and makes the call.
 * Called through the table, and by other hooks.
 *
 * An object is opened with O_PATH and named by /proc/self/fd/N, a link that leads to the very file
 * even if names change meanwhile; flags are changed so that the link is followed. An entry is named
 * by its parent directory's descriptor and its own name; if a call takes no descriptor, by
 * /proc/self/fd/N/name. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/replaced.h"
#include "call/row.h"
#include "call/translate.h"
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "layers/over.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "union-held/held.h"
#include "walk/walk.h"

#include <asm/stat.h>

#define PATHS_MAX 2

long fj_hook_refuse(struct fj_call *c)
{
	return c->row->refusal;
}

/* Puts the place into path argument `i`. */
static void aim_argument(struct fj_call *c, int i, const struct fj_place *place)
{
	if (i > 0 && c->row->kind[i - 1] == FJ_DIRFD) {
		c->arg[i - 1] = (uint64_t)(int64_t)place->dirfd;
		c->arg[i] = (uint64_t)place->name;
	} else {
		c->arg[i] = (uint64_t)fj_place_path(c->thread, place);
	}
}

/* A file is mostly renamed in its directory, which is then looked up once. `first` is the other
 * name, or NULL. */
static bool is_beside(struct fj_call *c, const struct fj_replaced *first, struct fj_replaced *with)
{
	return first && first->path && (first->dirfd == with->dirfd || with->path[0] == '/') &&
	       fj_place_beside(c->thread, &first->place, first->path, with->path, &with->place);
}

/* The mount of the directory of an entry; 0 is the jail's own tree. If the name is "/", "." or "..", the position is that
 * directory's own. */
static uint32_t mount_of_directory(const struct fj_place *place)
{
	const char *name;
	struct fj_mount_found m;
	bool is_own;

	if (__builtin_expect(place->is_in_root, 1))
		return 0;
	name = place->name + fj_place_dir_len(place->name);
	is_own = name[0] == '/' || fj_streq(name, ".") || fj_streq(name, "..");
	return (is_own ? fj_mount_of(place->pos, &m, NULL) : fj_mount_around(place->pos, &m)) ?
		       m.id :
		       0;
}

/* Find the directory of a name, by facts or by a walk. `jail_path` was read last. */
static long find_dir(struct fj_call *c, const char *jail_path, unsigned how,
	const struct fj_replaced *first, struct fj_replaced *with)
{
	struct fj_place *const place = &with->place;
	const int dirfd = with->dirfd;
	enum fj_fast_pos wish;

	if (__builtin_expect(fj_mount_flags()->has_unions, 0) &&
		fj_find_dir_in_upper(c, jail_path, how, first, with))
		return 0;
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && c->nr == __NR_linkat &&
		fj_links_dir(c, first)) {
		with->is_of_dir = true;
		how &= ~(unsigned)FJ_WRITE; /* the directory of the name is not copied up */
		how |= FJ_WANT_POS;
	}
	/* A renamed directory takes mounts along (take_mounts_along()). */
	wish = !(how & FJ_WANT_POS) ? FJ_POS_UNWANTED :
	       fj_is_rename(c)	    ? FJ_POS_WANTED :
				      FJ_POS_OF_MOUNT;
	if (fj_fast_hold_dir(c->thread, dirfd, jail_path, c->path_len, wish, place))
		return 0;
	return fj_path_walk(c->thread, dirfd, jail_path, how, place);
}

static long replace_entry(struct fj_call *c, int i, const char *jail_path,
	const struct fj_replaced *first, struct fj_replaced *with)
{
	const enum fj_kind kind = c->row->kind[i];
	long r = 0;

	with->path = jail_path;
	with->dirfd = fj_arg_dirfd(c, i);
	if (!is_beside(c, first, with))
		r = find_dir(c, jail_path, fj_follow_flags_of(c, kind), first, with);
	if (r < 0)
		return r;
	with->knows_mount = fj_mount_flags()->mounts_share_device &&
			    (with->place.is_in_root || with->place.pos);
	if (with->knows_mount)
		with->mount = mount_of_directory(&with->place);
	if (with->place.is_mount && kind == FJ_NEW)
		return -EEXIST;
	if (with->place.is_read_only && kind == FJ_NEW) {
		r = fj_refuse_new(c, with);
		return r ? r : -EROFS;
	}
	if (with->place.is_mount || with->place.is_read_only)
		return 0; /* fj_refuse_old() gives the error */
	if (c->row->flags & FJ_RENAMES) {
		with->changes = true;
		with->change = fj_facts_name_hash(with->place.name);
		with->is_announced = fj_facts_before_change(with->change, fj_exchanges(c));
	}
	with->is_over = with->place.layers && kind == FJ_NEW;
	r = with->is_over ? fj_place_begin_over(c->thread, &with->place) : 0;
	aim_argument(c, i, &with->place);
	return r;
}

/* Does the call name the file itself, and follow no symlink? In a union the file is copied up
 * first, so there the answer is no. */
static bool links_by_name(const struct fj_call *c)
{
	return !(fj_arg(c, FJ_LINKFLAGS, AT_SYMLINK_FOLLOW) & AT_SYMLINK_FOLLOW) &&
	       !fj_mount_flags()->has_unions;
}

/* Finds the file that gets another name, by its directory and name, as the new name mostly lies
 * beside it. Returns 1 when it must be found as an object instead, because its name does not tell
 * its mount. */
static long replace_linked(
	struct fj_call *c, int i, const char *jail_path, struct fj_replaced *with)
{
	const bool asks_mount = fj_mount_flags()->mounts_share_device;
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_mount_found m;
	long r;

	with->path = jail_path;
	with->dirfd = fj_arg_dirfd(c, i);
	r = find_dir(c, jail_path, fj_follow_flags_of(c, FJ_PATH) | (asks_mount ? FJ_WANT_POS : 0),
		NULL, with);
	if (r < 0)
		return r;
	if (asks_mount && !with->place.is_in_root &&
		(!with->place.pos || with->place.is_mount || with->place.is_magic ||
			with->place.name[0] == '/')) {
		fj_place_done(&with->place);
		fj_scratch_release(c->thread, mark);
		*with = (struct fj_replaced){.place.owned_fd = -1};
		return 1;
	}
	/* Whether a link may be made on a read-only mount, the new name decides. */
	r = with->place.is_read_only ? fj_place_look(&with->place) : 0;
	if (r < 0)
		return r;
	with->is_linked_by_name = true;
	with->knows_mount = asks_mount;
	if (asks_mount && !with->place.is_in_root)
		with->mount = fj_mount_around(with->place.pos, &m) ? m.id : 0;
	aim_argument(c, i, &with->place);
	return 0;
}

/* `copy_up` is FJ_COPY_UP, or 0 when the file must not be copied up yet. */
static long replace_object(
	struct fj_call *c, int i, const char *jail_path, unsigned copy_up, struct fj_replaced *with)
{
	const bool asks_mount =
		fj_mount_flags()->mounts_share_device && (c->row->flags & FJ_RENAMES);
	/* Whether a link may be made on a read-only mount, the new name decides. */
	const unsigned kept = copy_up ? ~0u : ~(unsigned)(FJ_COPY_UP | FJ_WRITE);
	const long r = fj_find_object(c, fj_arg_dirfd(c, i), jail_path,
		(fj_follow_flags_of(c, c->row->kind[i]) & kept) | (asks_mount ? FJ_WANT_POS : 0), 0,
		&with->place);

	if (r < 0)
		return fj_early_complaint(c, r);
	if (with->place.name[0]) {
		aim_argument(c, i, &with->place);
		return 0;
	}
	with->knows_mount = asks_mount && with->place.pos;
	with->is_of_fd = asks_mount && !with->place.pos;
	if (with->knows_mount) {
		struct fj_mount_found m;

		with->mount = fj_mount_of(with->place.pos, &m, NULL) ? m.id : 0;
		if (with->mount && (m.flags & FJ_MOUNT_ENTRY))
			with->mount = fj_mount_around(with->place.pos, &m) ? m.id : 0;
	}
	c->arg[i] = (uint64_t)fj_place_path(c->thread, &with->place);
	if (i > 0 && c->row->kind[i - 1] == FJ_DIRFD)
		c->arg[i - 1] = (uint64_t)AT_FDCWD;
	fj_follow_replacement(c);
	return 0;
}

static void end_replacing(struct fj_replaced *with)
{
	if (with->changes)
		fj_facts_after_change(with->change, with->is_announced);
	fj_place_done(&with->place);
}

static long call_kernel(struct fj_call *c, const struct fj_place *const *place, int count)
{
	(void)place;
	(void)count;
	return fj_kernel(c);
}

long fj_hook_translate(struct fj_call *c)
{
	return fj_translate(c, call_kernel);
}

/* A directory was renamed: mounts below it move with it. */
__attribute__((noinline)) static void take_mounts_along(const char *from, const char *to)
{
	const char *name = from + fj_text_len(from);

	while (name > from && name[-1] != '/')
		name--;
	if (fj_mount_may_be_below(name, fj_strlen(name)))
		fj_mounts_renamed(from, to);
}

/* In a union: the file that gets another name is copied up when the new name may be made. It was
 * found before without a copy-up. */
__attribute__((noinline)) static long bring_linked_up(struct fj_call *c,
	const uint64_t arg[FJ_ARGS], const char *jail_path, struct fj_replaced *with)
{
	const int dirfd = (int)arg[0];
	struct stat st;

	if (!jail_path) /* "" with AT_EMPTY_PATH */
		return dirfd >= 0 && !fj_sys_fstat(dirfd, &st) &&
				       (st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR ?
			       fj_union_bring_fd_up(c->thread, dirfd) :
			       0;
	fj_place_done(&with->place);
	*with = (struct fj_replaced){.place.owned_fd = -1};
	c->arg[0] = arg[0];
	c->arg[1] = arg[1];
	c->arg[4] = arg[4];
	return replace_object(c, 1, jail_path, FJ_COPY_UP, with);
}

__attribute__((noinline)) static long translate_again(
	struct fj_call *c, long nr, const uint64_t arg[FJ_ARGS], fj_around around)
{
	long r;

	c->nr = nr;
	memcpy(c->arg, arg, sizeof(c->arg));
	c->only_walks = true;
	r = fj_translate(c, around);
	c->only_walks = false;
	return r;
}

/* Is one of the places a mount point or on a read-only mount? */
static inline bool may_be_refused(const struct fj_replaced *with, int count)
{
	const struct fj_place *const a = &with[0].place, *const b = &with[count - 1].place;

	return a->is_read_only || a->is_mount || b->is_read_only || b->is_mount;
}

long fj_translate(struct fj_call *c, fj_around around)
{
	struct fj_replaced with[PATHS_MAX], *w;
	const struct fj_place *place[PATHS_MAX];
	const bool has_unions = fj_mount_flags()->has_unions,
		   links = __builtin_expect(has_unions, 0) && c->nr == __NR_linkat;
	const uint32_t mark = fj_scratch_mark(c->thread);
	const long nr = c->nr;
	const char *linked = NULL;
	uint64_t arg[FJ_ARGS];
	unsigned closed = 0;
	bool is_upper = false;
	int count = 0;
	long r = 0;

	if (__builtin_expect(has_unions, 0)) {
		memcpy(arg, c->arg, sizeof(arg));
		closed = fj_closed_dirs(c);
	}
	for (int i = 0; i < FJ_ARGS && !r; i++) {
		const enum fj_kind kind = c->row->kind[i];
		char *jail_path;

		if (kind != FJ_PATH && kind != FJ_LPATH && kind != FJ_NEW && kind != FJ_OLD)
			continue;
		jail_path = fj_arg_path(c, i, &r);
		if (__builtin_expect(!jail_path && !r && fj_mount_flags()->has_unions, 0) &&
			!links && (c->row->flags & FJ_WRITES) &&
			(kind == FJ_PATH || kind == FJ_LPATH) && fj_arg_dirfd(c, i) >= 0 &&
			(c->nr != __NR_utimensat || c->arg[1] || c->arg[3]))
			r = fj_union_bring_fd_up(c->thread, fj_arg_dirfd(c, i));
		if (__builtin_expect(!jail_path && !r && links && !count, 0))
			r = fj_refuse_unnamed(c);
		if (!jail_path)
			continue; /* an error, or left to the kernel */
		w = &with[count];
		*w = (struct fj_replaced){.place.owned_fd = -1};
		place[count] = &w->place;
		if (__builtin_expect(closed >> i & 1 && jail_path[0] && jail_path[0] != '/', 0) ||
			(count && fj_has_number_of_first(c, i, jail_path, &with[0])))
			r = -EBADF;
		else if (kind == FJ_NEW || kind == FJ_OLD)
			r = replace_entry(c, i, jail_path, count ? &with[0] : NULL, w);
		else if (links && fj_find_linked_in_upper(c, i, jail_path, w))
			;
		else if (!links_by_name(c) || (r = replace_linked(c, i, jail_path, w)) == 1)
			r = replace_object(c, i, jail_path, links ? 0 : FJ_COPY_UP, w);
		if (links && kind != FJ_NEW)
			linked = jail_path;
		if (count)
			r = fj_refuse_first(&with[0], w, r);
		/* A missing file to be linked is reported first: do_linkat() of fs/namei.c. */
		if (r < 0 && count && with[0].is_linked_by_name && fj_place_look(place[0]) < 0)
			r = fj_place_look(place[0]);
		if (r == -EEXIST && !count && fj_links_nothing(c))
			r = -ENOENT;
		count++;
	}
	if (!r && count && may_be_refused(with, count) && fj_arg_index(c, FJ_OLD) >= 0)
		r = fj_refuse_old(c, with, count);
	if (!r && count == 2)
		r = fj_refuse_crossing(c, with);
	else if (!r && count && c->nr == __NR_linkat) /* of a descriptor: AT_EMPTY_PATH */
		r = fj_refuse_crossing_of_fd(c, (int)c->arg[0], with);
	if (__builtin_expect(!r && links && count == (linked ? 2 : 1), 0)) {
		if (!linked && c->arg[1] && fj_links_nothing(c))
			r = -ENOENT; /* who may not link what a descriptor of others leads to */
		else if (with[count - 1].is_of_dir)
			r = fj_refuse_linked_dir(c, linked ? place[0] : NULL, &with[count - 1], 0);
		else if (fj_is_name_taken(c, place[count - 1]))
			r = -EEXIST; /* "." or ".." */
		else if (!(linked && with[0].place.is_upper))
			r = bring_linked_up(c, arg, linked, &with[0]);
	}
	if (!r) {
		r = around(c, place, count);
		for (int i = 0; i < count; i++)
			if (__builtin_expect(with[i].is_over, 0))
				r = fj_place_end_over(c->thread, &with[i].place, r);
		if (__builtin_expect(r == -EXDEV && links && count == 2, 0))
			r = fj_refuse_linked_dir(c, place[0], &with[1], r);
		if (!r && count == 2 && fj_is_rename(c) && with[0].place.pos && with[1].place.pos &&
			!fj_exchanges(c))
			take_mounts_along(with[0].place.pos, with[1].place.pos);
	} else if (r == -EFAULT) {
		r = fj_kernel(c); /* the pointer is bad: the kernel may have another error first */
	}
	while (count--) {
		is_upper = is_upper || with[count].place.is_upper;
		end_replacing(&with[count]);
	}
	if (__builtin_expect(!is_upper || r >= 0 || c->only_walks, 1))
		return r;
	fj_scratch_release(c->thread, mark);
	return translate_again(c, nr, arg, around); /* a whiteout may be the reason of the error */
}
