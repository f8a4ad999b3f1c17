/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * walk.c - translates a jail path into the host's place for the same file, one component at a time. Called
 * by all rooms to the right.
 * The kernel would resolve symlinks and `..` against the host's root, so the walk resolves them against the
 * jail's. Every step starts from a descriptor of the directory reached, never from text. So a directory that is
 * renamed during the walk may give the old or the new place, as with the kernel, but never one outside the jail.
 * Beside the descriptor the walk keeps the position. It says what is mounted here and where `..` leads. For a walk
 * that starts at a descriptor, the kernel is asked for the position only when a component needs it. The steps are
 * in steps.c, up.c and links.c. */
#include "walk/walk.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/place.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/fold.h"
#include "path/path.h"
#include "path/proc.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "walk/steps.h"

#include <linux/errno.h>

long (*fj_path_may_search)(struct fj_thread *t, int dirfd, const char *name);

void (*fj_path_reached)(
	struct fj_thread *t, int fd, const char *key, size_t key_len, uint64_t epoch);
int fj_dir_unasked = FJ_NO_DIR;
void (*fj_dir_ask)(struct fj_thread *t);

/* Is it the jail's own directory in its root, which the program must not see? */
static bool is_component_hidden(struct fj_walk *w, const char *name, size_t len)
{
	return fj_is_hidden_name(name, len) && fj_walk_learn_pos(w) && !w->pos.len;
}

/* Is this a procfs entry that would show the host? Notes it in the place. Returns 0, or -ENOENT for a
 * descriptor of ours, also for the one by which the walk holds the directory. */
static long note_proc(struct fj_walk *w, const char *name, size_t len, struct fj_place *place)
{
	enum fj_proc is;

	if ((unsigned)(name[0] - '0') <= 9)
		return fj_proc_hides(w->t, w->fd, w->owned_fd >= 0, name, len) ? -ENOENT : 0;
	is = fj_proc_named(name, len);
	if (is != FJ_PROC_PLAIN && fj_walk_is_in_procfs(w))
		place->proc = (uint8_t)is;
	return 0;
}

static void place_host_path(
	struct fj_walk *w, const char *host_path, bool has_slash, struct fj_place *place)
{
	place->dirfd = AT_FDCWD;
	/* (For a file, the slash gives ENOTDIR.) */
	place->name = has_slash ? fj_scratch_joined(w->t, host_path, "/") : host_path;
}

/* The call means the entry itself, and the entry leads to another host path (FJ_MOUNT_ENTRY). Go into the
 * directory of that host path. Returns NULL, or the host path if no descriptor is free. */
static const char *enter_directory_of(struct fj_walk *w, const char *entry)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const char *dir = fj_scratch_text(w->t, entry, fj_place_dir_len(entry), "");
	const long fd = fj_open_path(AT_FDCWD, dir, O_DIRECTORY);

	fj_scratch_release(w->t, mark);
	if (fd < 0)
		return entry;
	fj_walk_go(w, (int)fd, true);
	return NULL;
}

/* Must the position of the place be known? A name that is changed lies at a position that may be read-only or
 * in a union. Where the jail has neither, the kernel is not asked. */
static bool needs_pos(unsigned how)
{
	const struct fj_mount_flags *const f = fj_mount_flags();

	return (how & FJ_WANT_POS) || ((how & FJ_WRITE) && (f->has_read_only | f->has_unions));
}

/* Is it the jail's own root, an overlay? It was asked for records when it was mounted. */
static bool is_own_root(const struct fj_walk *w)
{
	return w->layers && !w->pos.len && w->layers->mount_id == fj_jail->lower_mount;
}

/* Walk the last component. Its trailing slashes, or the NUL, begin at `end`. Returns 0 when the place is
 * filled, 1 when a symlink was followed and the walk continues, or -errno. */
static long finish_walk(
	struct fj_walk *w, char *name, char *end, unsigned how, struct fj_place *place)
{
	const bool has_slash = *end == '/';
	const size_t len = (size_t)(end - name);
	const uint32_t outer = fj_scratch_mark(w->t);
	const char *m = fj_walk_mount_below(w, name, len), *entry = NULL;
	size_t text_len = 0;
	long r = FJ_NOT_A_LINK;

	if (fj_path_reached && (w->owned_fd >= 0 || w->layers) && !is_own_root(w))
		fj_path_reached(w->t, w->fd, w->fact_key, w->fact_key_len, w->epoch);
	fj_walk_keep_fact(w);
	if (has_slash && (how & FJ_CREATE)) /* open_last_lookups() of fs/namei.c */
		return -EISDIR;		    /* before a symlink is followed */
	if (w->is_entry) {
		entry = m;
		m = NULL;
		if (how & FJ_ENTRY)
			entry = enter_directory_of(w, entry);
	}
	if (__builtin_expect(w->layers && !m && !entry, 0)) {
		r = fj_walk_finish_in_union(w, name, how);
		if (r < 0)
			return r;
		r = FJ_NOT_A_LINK;
	}
	place->dirfd = w->fd;
	if (!m && !entry && note_proc(w, name, len, place))
		return -ENOENT;
	if (m && (how & FJ_NO_XDEV))
		return -EXDEV;
	if (m) {
		place->is_mount = true;
		if (!(how & FJ_ENTRY))
			place_host_path(w, m, has_slash, place);
	} else if (!(how & FJ_ENTRY) && ((how & FJ_FOLLOW) || has_slash)) {
		const uint32_t mark = fj_scratch_mark(w->t);
		char *text = fj_scratch_path(w->t);

		*end = 0;
		if (__builtin_expect(!w->layers || entry || fj_walk_has_found(w, FJ_S_IFLNK), 1))
			r = has_slash && !entry ?
				    fj_walk_read_slashed(w, name, text, &text_len) :
				    fj_walk_read_link(w, entry ? entry : name, text, &text_len);
		if (has_slash && (entry || r == FJ_MAGIC_LINK ||
					 (w->layers && !fj_walk_has_found(w, FJ_S_IFDIR))))
			*end = '/';
		if (r == FJ_TEXT_LINK) {
			/* (Not "/.", which would ask to search the directory.) */
			r = fj_walk_follow_text(w, text, text_len, has_slash ? "/" : "");
			fj_scratch_release(w->t, entry ? outer : mark);
			return r < 0 ? r : 1;
		}
		fj_scratch_release(w->t, mark);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r == FJ_MAGIC_LINK && fj_walk_is_scoped(w))
			return -EXDEV;
		if (r == FJ_MAGIC_LINK) {
			if (len == 4 && !memcmp(name, "root", 4)) {
				if (fj_walk_jump_to_root(w, true))
					return -EXDEV;
				place->dirfd = w->fd;
				name = (char *)".";
			} else {
				if (__builtin_expect(fj_mount_flags()->has_unions, 0) &&
					(how & FJ_COPY_UP)) {
					r = fj_walk_magic_in_union(w, name, place);
					if (r)
						return r < 0 ? r : 0;
					r = FJ_MAGIC_LINK;
				}
				place->is_magic = true;
				place->is_exe = len == 3 && !memcmp(name, "exe", 3);
			}
		}
	}
	if (entry)
		place_host_path(w, entry, has_slash, place);
	if (!place->name)
		place->name = name;
	if (needs_pos(how))
		fj_walk_learn_pos(w);
	if (r != FJ_MAGIC_LINK)
		fj_walk_push_pos(w, name, len);
	return 0;
}

/* The walk ends in the directory reached, without a last name (after `..`, for example). */
static long end_in_union(struct fj_walk *w, unsigned how)
{
	const long r = fj_walk_look_for_union(w);

	return r < 0 || !w->layers ? r : fj_walk_end_in_union(w, how);
}

/* Walk one component. Returns 0 when the place is filled, 1 when there are more components, or -errno. */
static long walk_component(struct fj_walk *w, unsigned how, struct fj_place *place)
{
	char *name = w->rest, *end, *next;
	long r = 0;

	if (w->is_asked) {
		w->is_asked = false;
	} else if (fj_search(w->t)->asks && *name) {
		r = fj_path_may_search(w->t, w->fd, "");
		if (r < 0)
			return r;
		w->is_open = w->is_open && r;
		r = 0;
	}
	for (end = name; *end && *end != '/'; end++)
		;
	for (next = end; *next == '/'; next++)
		;

	const size_t len = (size_t)(end - name);
	const bool is_last = !*next;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	if (is_component_hidden(w, name, len))
		return -ENOENT;
	/* The position tells whether the mount is read-only, and the file to be changed must lie at that
	 * position. So hold the directory by a descriptor of ours. */
	if (is_last && (how & FJ_WRITE) && fj_mount_flags()->has_read_only &&
		(r = fj_walk_hold(w)) < 0)
		return r;
	if (is_last && (how & FJ_ENTRY) && (!len || fj_is_dots(name, len))) {
		/* The kernel refuses all such entries, with an errno that depends on the call alone. */
		if (__builtin_expect(fj_mount_flags()->has_unions, 0)) {
			r = fj_walk_look_for_union(w);
			if (r < 0)
				return r;
		}
		place->dirfd = w->fd;
		place->name = len ? name : "/";
		return 0;
	}
	if (is_last && (!len || fj_is_dots(name, len))) {
		if (len == 2 && (r = fj_walk_up(w)) < 0)
			return r;
		if (__builtin_expect(fj_mount_flags()->has_unions, 0) &&
			(r = end_in_union(w, how)) < 0)
			return r;
		place->dirfd = w->fd;
		place->name = ".";
		if (needs_pos(how))
			fj_walk_learn_pos(w);
		return 0;
	}
	if (is_last)
		return finish_walk(w, name, end, how, place);
	*end = 0;
	if (!fj_is_dots(name, len)) {
		r = fj_walk_into(w, name, len, next);
	} else {
		if (len == 2)
			r = fj_walk_up(w);
		w->can_leap = true;
		if (!r)
			w->rest = next;
	}
	if (r < 0)
		*end = '/';
	if (r == -ENOENT && fj_search(w->t)->asks)
		fj_walk_keep_way(w);
	return r < 0 ? r : 1;
}

static long walk_all(struct fj_walk *w, unsigned how, struct fj_place *place)
{
	long r;

	/* Each round takes a name from the rest. Only symlinks put some there, FJ_MAX_LINKS of them. */
	do {
		while (*w->rest == '/')
			w->rest++;
		r = __builtin_expect(fj_mount_flags()->has_unions, 0) ? fj_walk_look_for_union(w) :
									0;
		if (!r)
			r = __builtin_expect(w->layers != NULL, 0) ? fj_walk_leap_on(w) :
								     fj_walk_leap(w);
		if (r >= 0)
			r = walk_component(w, how, place);
	} while (r == 1);
	return r;
}

/* Is the name in a read-only mount? If the entry itself is meant and it is a mount point, the mount around
 * it counts. */
static bool is_read_only(struct fj_walk *w, unsigned how)
{
	bool is;

	if (!(how & FJ_ENTRY))
		return fj_mount_is_read_only(w->pos.at);

	const size_t above = fj_path_parent_len(&w->pos);
	const char kept = w->pos.at[above];

	w->pos.at[above] = 0;
	is = fj_mount_is_read_only(w->pos.at);
	w->pos.at[above] = kept;
	return is;
}

/* In a jail of the host's own root a directory may be reached through a mount and without it, and shows
 * different owners. Note by which position it was reached. */
static void note_dir(struct fj_walk *w)
{
	struct fj_mount_found m;
	size_t end;
	char kept;

	if (w->owned_fd < 0 || !fj_walk_learn_pos(w) || !fj_mount_of(w->pos.at, &m, NULL))
		return;
	for (end = w->pos.len; end > m.jail_len && w->pos.at[end] != '/'; end--)
		;
	kept = w->pos.at[end];
	w->pos.at[end] = 0;
	fj_dir_note(w->t, w->owned_fd, w->pos.at);
	w->pos.at[end] = kept;
}

__attribute__((noinline)) static const char *fold_path(struct fj_thread *t, const char *jail_path)
{
	struct fj_str folded;

	fj_str_init(&folded, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	return fj_path_fold(t, jail_path, true, &folded) ? folded.at : jail_path;
}

long fj_path_walk(
	struct fj_thread *t, int dirfd, const char *jail_path, unsigned how, struct fj_place *place)
{
	struct fj_walk w = {
		.t = t,
		.how = how,
		.root = fj_root(),
		.fd = dirfd,
		.noted_fd = dirfd,
		.owned_fd = -1,
		.buffer = fj_scratch(t, FJ_REST_SIZE),
		.can_leap = true,
	};
	long r;

	if (jail_path[0] != '/' || fj_walk_is_scoped(&w))
		fj_dir_ask_noted(t);
	*place = (struct fj_place){.owned_fd = -1};
	fj_str_init(&w.pos, fj_scratch_path(t), PATH_MAX);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0))
		w.layers_room = (struct fj_layers *)fj_scratch(t, sizeof(*w.layers_room));
	if (fj_walk_is_scoped(&w)) {
		r = fj_walk_scope(&w, jail_path);
		if (r < 0)
			return r;
	} else if (jail_path[0] == '/') {
		if (w.root->fd < 0)
			return -ENOENT;
		fj_walk_to_root(&w);
		w.has_met_root = true;
	}
	w.rest = w.buffer;
	if (jail_path[0] == '/' && !fj_walk_is_scoped(&w) && !(how & FJ_NO_LINKS) &&
		fj_path_goes_up(jail_path))
		jail_path = fold_path(t, jail_path);
	memcpy(w.buffer, jail_path, fj_strlen(jail_path) + 1);
	if (!fj_walk_is_scoped(&w))
		fj_walk_plan_fact(&w, jail_path);

	r = walk_all(&w, how, place);
	if (r < 0) {
		fj_walk_go(&w, AT_FDCWD, false);
		return r;
	}
	if (__builtin_expect(place->owned_fd >= 0, 0)) { /* the place has a descriptor of its own */
		fj_walk_go(&w, AT_FDCWD, false);
		return 0;
	}
	place->owned_fd = w.owned_fd;
	if (__builtin_expect(w.layers != NULL, 0))
		fj_walk_keep_layers(&w, how, place);
	if (!fj_jail_paths()->root[0] && fj_mount_flags()->has_aliases)
		note_dir(&w);
	if (w.knows_pos) {
		place->pos = w.pos.at;
		place->is_read_only = (fj_mount_flags()->has_read_only || place->is_mount) &&
				      is_read_only(&w, how);
	}
	return 0;
}
