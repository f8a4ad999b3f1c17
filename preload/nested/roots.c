/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.c - roots in the jail's tree: directories with owner records of their own. Called by
 * reached.c, and by hooks that make or move directories and files.
 *
 * A directory that was entered by fakejail has its records in it. They count for everybody who sees
 * its files, so they must be known before the first of these files is looked at. reached.c says
 * when a directory is asked whether it, or one around it, is such a root. That is remembered as
 * hashes: one of the directory's identity, so that asking again costs a load; and one of the path,
 * so that the directories above are not asked again for each one below. If a root is made later,
 * jails around it learn of it by a count in the heads of their records: fj_owner_has_news(). */
#include "nested/roots.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/fds.h"
#include "jail/hidden.h"
#include "jail/jail.h"
#include "met-roots/met_roots.h"
#include "mount-table/paths.h"
#include "nested/roots_text.h"
#include "sys/fd.h"
#include "sys/say.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/errno.h>

void fj_roots_note(uint64_t hash)
{
	struct fj_owner_roots_state *state = fj_owner_roots_state;
	uint32_t mask = __atomic_load_n(&state->seen_mask, __ATOMIC_RELAXED);

	if (!mask) {
		const uint32_t count = __atomic_load_n(&state->seen_count, __ATOMIC_RELAXED);

		__atomic_store_n(&state->seen_count, count + 1, __ATOMIC_RELAXED);
		if (count >= FJ_OWNER_SEEN_FEW / 2) {
			mask = FJ_OWNER_SEEN - 1;
			__atomic_store_n(&state->seen_mask, mask, __ATOMIC_RELAXED);
		}
	}
	__atomic_store_n(fj_roots_seen(hash, mask), hash, __ATOMIC_RELAXED);
}

char *fj_roots_path(struct fj_thread *t, int dirfd, const char *name)
{
	char *text = fj_scratch(t, PATH_MAX + 32);
	struct fj_str s;
	long n = 0;

	fj_str_init(&s, text, PATH_MAX);
	if (name && name[0] == '/') {
		fj_str_put(&s, name);
	} else if (dirfd == FJ_FD_ROOT(fj_jail)) {
		fj_str_put(&s, fj_jail_paths()->root);
	} else if (dirfd == AT_FDCWD) {
		n = fj_sys_getcwd(text, PATH_MAX) - 1;
	} else {
		n = fj_fd_target(dirfd, text);
	}
	if (n > 0) {
		s = (struct fj_str){.at = text, .size = PATH_MAX, .len = (size_t)n};
		text[n] = 0;
	}
	if (n < 0 || s.overflowed || (s.len && text[0] != '/')) {
		text[0] = 0;
		return text;
	}
	if (name && name[0] && name[0] != '/' && !fj_streq(name, ".")) {
		if (!s.len || text[s.len - 1] != '/')
			fj_str_put(&s, "/");
		fj_str_put(&s, name);
	}
	while (s.len > 1 && (text[s.len - 1] == '/' || (s.len > 2 && text[s.len - 1] == '.' &&
							       text[s.len - 2] == '/')))
		fj_str_cut(&s, s.len - 1);
	if (s.overflowed)
		text[0] = 0;
	return text;
}

/* One root too many: its records cannot be used, so its files would show wrong owners without
 * notice. The warning is printed once in a jail. */
static void tell_of_too_many(const char *path)
{
	if (!__atomic_exchange_n(&fj_owner_roots_state->has_told, 1, __ATOMIC_RELAXED))
		fj_say(2,
			"fakejail: warning: %s has owner records, but this jail has met %d such "
			"directories before: the owners in it and in further ones are not known\n"
			"hint: enter it by itself, or others of them in another jail\n",
			path, (int)FJ_OWNER_ROOTS);
}

bool fj_roots_meet_one(char *text, size_t len, enum fj_owner_root_kind kind)
{
	static const char records[] = "/" FJ_HIDDEN_NAME "/owners";
	char kept[sizeof(records)];
	struct stat st;
	bool met = false;

	memcpy(kept, text + len, sizeof(kept));
	memcpy(text + len, records, sizeof(records));
	if (!fj_sys_faccessat(AT_FDCWD, text, 0)) {
		text[len] = 0;
		if (!fj_sys_newfstatat(AT_FDCWD, text, &st, AT_SYMLINK_NOFOLLOW) &&
			(st.st_dev != fj_jail->root_dev || st.st_ino != fj_jail->root_ino)) {
			text[len] = '/';
			const long r = fj_owner_meet(text, len, st.st_dev, st.st_ino, kind);

			met = r > 0;
			text[len] = 0;
			if (r == -ENOSPC)
				tell_of_too_many(text);
		}
	}
	memcpy(text + len, kept, sizeof(kept));
	return met;
}

/* The directory whose path is the first `len` bytes of `text` has become a root after others in it
 * had been met: the deeper roots must still be asked before this one. */
static void put_before(const char *text, size_t len)
{
	const uint32_t n = fj_owner_roots_met();

	for (uint32_t i = 0; i < n; i++) {
		const struct fj_owner_root *r = &fj_owner_roots->root[i];

		if (__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) == FJ_OWNER_ROOT_MET &&
			r->kind == FJ_OWNER_ROOT_INNER && !memcmp(r->path, text, len) &&
			r->path[len] == '/')
			fj_owner_meet_again(r->records, fj_strlen(r->path), r->dev, r->ino);
	}
}

/* A root around the jail's is reached by a mount, or by a descriptor from outside. */
static enum fj_owner_root_kind root_kind_of(const char *text, size_t len)
{
	const char *own = fj_jail_paths()->root;

	return fj_strlen(own) > len && own[len] == '/' && fj_same(own, text, len) ?
		       FJ_OWNER_ROOT_OUTER :
		       FJ_OWNER_ROOT_INNER;
}

/* How many bytes of `text` are the path of a directory that was asked before, with those around it: the jail's
 * own root at its start, a layer when it was mounted. If a layer has no records, it is asked again. */
static size_t asked_part(const char *text)
{
	const size_t own = fj_strlen(fj_jail_paths()->root);
	size_t len;

	if (own && fj_path_has_prefix(text, fj_jail_paths()->root))
		return own;
	len = fj_path_layer_part(text);
	if (len && !fj_owner_met_lower(text, len))
		do
			len--;
		while (len && text[len] != '/');
	return len;
}

bool fj_roots_meet_all(char *text)
{
	bool met = false;

	if (!text[0] || fj_path_has_prefix(text, "/proc"))
		return false;
	for (size_t len = asked_part(text); text[len];) {
		uint64_t hash;
		bool met_here;

		for (len++; text[len] && text[len] != '/'; len++)
			;
		hash = fj_roots_hash_of_text(
			text, len, __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_RELAXED));
		if (fj_roots_saw(hash))
			continue;
		met_here = fj_roots_meet_one(text, len, root_kind_of(text, len));
		if (met_here)
			put_before(text, len);
		met = met || met_here;
		fj_roots_note(hash);
	}
	return met;
}

bool fj_roots_meet(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	const bool met = fj_roots_meet_all(fj_roots_path(t, dirfd, name));

	fj_scratch_release(t, mark);
	return met;
}

/* Makes invalid what is remembered about directories, and by the epoch of facts what is remembered about
 * paths. The generation, which tells all processes, is advanced first. If this process is killed
 * between the two, processes that have not heard still use facts, and each walk of theirs asks
 * again. */
static void forget_all(void)
{
	__atomic_fetch_add(&fj_owner_roots_state->generation, 1, __ATOMIC_SEQ_CST);
	fj_facts_forget();
}

void fj_roots_renew(struct fj_thread *t, int dirfd, const char *name)
{
	uint32_t generation;
	uint64_t news;

	/* Noted only after everything was dropped: if this process is killed before, the next one
	 * does it. */
	if (fj_owner_is_told(&news)) {
		forget_all();
		fj_owner_know_news(news);
	}
	generation = __atomic_load_n(&fj_owner_roots_state->generation, __ATOMIC_SEQ_CST);
	fj_roots_meet(t, dirfd, name);
	fj_roots_see_held(t);
	/* Another thread that comes meanwhile looks, too. */
	fj_owner_hear(generation);
}

/* `own_len` is the length of `own`. */
static inline bool ends_in(const char *text, size_t len, const char *own, size_t own_len)
{
	return len >= own_len && text[len - 1] == own[own_len - 1] &&
	       !memcmp(text + len - own_len, own, own_len);
}

void fj_roots_made(struct fj_thread *t, int dirfd, const char *name)
{
	static const char records[] = "owners", hidden[] = FJ_HIDDEN_NAME;
	const uint32_t mark = fj_scratch_mark(t);
	size_t len;

	if (!fj_owner_roots)
		return;
	len = fj_text_len(name);
	if (!ends_in(name, len, records, sizeof(records) - 1) &&
		!ends_in(name, len, hidden, sizeof(hidden) - 1))
		return;
	forget_all();
	fj_owner_tell_of(fj_roots_path(t, dirfd, name));
	fj_scratch_release(t, mark);
}

bool fj_roots_is_one(uint64_t dev, uint64_t ino)
{
	const uint32_t n = fj_owner_roots_met();

	for (uint32_t i = 0; i < n; i++) {
		const struct fj_owner_root *r = &fj_owner_roots->root[i];

		if (r->state == FJ_OWNER_ROOT_MET && r->kind != FJ_OWNER_ROOT_OUTER &&
			r->kind != FJ_OWNER_ROOT_WORK && r->dev == dev && r->ino == ino)
			return true;
	}
	return false;
}

/* The innermost root whose path `text` begins with. A root around the jail's own does not count for
 * files inside the jail. */
static uint32_t home_of(const char *text)
{
	const uint32_t n = fj_owner_roots_met();
	const bool is_ours = fj_path_has_prefix(text, fj_jail_paths()->root);
	size_t longest = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct fj_owner_root *r = &fj_owner_roots->root[i];
		const size_t len = fj_strlen(r->path);

		if (__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) == FJ_OWNER_ROOT_MET &&
			r->kind != FJ_OWNER_ROOT_LOWER &&
			!(is_ours && r->kind == FJ_OWNER_ROOT_OUTER) && len > longest &&
			fj_path_has_prefix(text, r->path)) {
			longest = len;
			found = i + 1;
		}
	}
	return found;
}

/* Are all met roots lower layers of overlays? They get no changes, so no path need be found. */
static bool are_all_lower(void)
{
	const uint32_t n = fj_owner_roots_met();

	for (uint32_t i = 0; i < n; i++)
		if (fj_owner_roots->root[i].kind != FJ_OWNER_ROOT_LOWER)
			return false;
	return true;
}

uint32_t fj_roots_ask_home(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text;
	uint32_t home;

	if (are_all_lower())
		return 0;
	text = fj_roots_path(t, dirfd, name);

	/* The root may have been removed or moved by another program: then it is marked as left. */
	while ((home = home_of(text)) != 0) {
		struct fj_owner_root *r = &fj_owner_roots->root[home - 1];
		struct stat st;

		/* If the root's records are still at its path, so is the root. The records of a work
		 * directory lie elsewhere. */
		if (r->kind != FJ_OWNER_ROOT_WORK ?
				fj_owner_records_are_there(r) :
				!fj_sys_newfstatat(AT_FDCWD, r->path, &st, AT_SYMLINK_NOFOLLOW) &&
					st.st_dev == r->dev && st.st_ino == r->ino)
			break;
		r->state = FJ_OWNER_ROOT_LEFT;
		forget_all();
		fj_roots_meet_all(text);
	}
	fj_scratch_release(t, mark);
	return home;
}

static void move_along(struct fj_thread *t, uint32_t i, const char *from, const char *to)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, PATH_MAX + 32);
	struct fj_str s;

	fj_str_init(&s, text, PATH_MAX);
	fj_str_put(&s, to);
	fj_str_put(&s, fj_owner_roots->root[i].path + fj_strlen(from));
	if (!s.overflowed)
		fj_roots_meet_one(text, s.len, FJ_OWNER_ROOT_INNER);
	fj_scratch_release(t, mark);
}

void fj_roots_moved(struct fj_thread *t, const char *from, const char *to, bool is_exchange)
{
	const uint32_t n = fj_owner_roots_met();
	bool has_moved = false;

	for (uint32_t i = 0; i < n; i++) {
		struct fj_owner_root *r = &fj_owner_roots->root[i];

		if (r->state != FJ_OWNER_ROOT_MET || r->kind != FJ_OWNER_ROOT_INNER)
			continue;
		if (fj_path_has_prefix(r->path, from)) {
			move_along(t, i, from, to);
			has_moved = true;
		} else if (is_exchange && fj_path_has_prefix(r->path, to)) {
			move_along(t, i, to, from);
			has_moved = true;
		}
	}
	if (!has_moved)
		return;
	forget_all();
	fj_owner_tell_of(from);
	fj_owner_tell_of(to);
}
