/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * met_roots.c - the records of other roots: those inside this jail's tree (inner) and those that the
 * jail's root lies in (outer).
 *
 * The jail's shared memory has the list of roots. The launcher enters the outer ones,
 * nested/roots.c the inner ones when a process first comes to them. Each process opens their files
 * of records at its first look-up after that. The order of look-up is: inner roots whose records
 * may be changed, the last met first; the jail's own file; the other inner roots; outer roots and
 * lower layers; the host's records. No descriptor is kept, so that the program may use all of its
 * own. docs/OWNERS.md has the races. Called by ownership/, nested/ and the launcher. */
#include "met-roots/met_roots.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "met-roots/stores.h"
#include "records/start.h"
#include "records/store.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

struct fj_owner_roots *fj_owner_roots;
struct fj_owner_roots_state *fj_owner_roots_state;

/* The stores that this process has opened; `none` for one that cannot be opened. */
static struct fj_store *opened[FJ_OWNER_ROOTS];
static struct fj_store none;

static long open_any(const char *path, uint32_t kind)
{
	long fd = fj_store_open(path, kind == FJ_OWNER_ROOT_LOWER ? O_RDONLY : O_RDWR);

	if (fd == -EACCES || fd == -EROFS || fd == -EPERM)
		fd = fj_store_open(path, O_RDONLY);
	return fd;
}

struct opened {
	struct fj_store store; /* first member: others use a pointer to it */
	struct fj_store_room room;
};
#define OPENED_SIZE fj_page_up(sizeof(struct opened))

/* Root `r` has moved: makes what is remembered of directories old, and gives all processes news. */
static void leave_root(struct fj_owner_root *r)
{
	__atomic_store_n(&r->state, FJ_OWNER_ROOT_LEFT, __ATOMIC_RELEASE);
	__atomic_store_n(&fj_owner_roots_state->known_news, ~(uint64_t)0, __ATOMIC_SEQ_CST);
}

/* Another thread may do the same: then one of the two mappings is removed. */
static struct fj_store *open_root_records(uint32_t i)
{
	const long memory = fj_sys_mmap(
		0, OPENED_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct opened *const mine = (struct opened *)memory;
	const char *path = fj_owner_roots->root[i].records;
	struct fj_store *s = &none, *before = NULL;
	long fd;

	if (fj_is_err(memory))
		return NULL;
	fd = open_any(path, fj_owner_roots->root[i].kind);
	if (fd == -ENOENT && fj_owner_roots->root[i].kind == FJ_OWNER_ROOT_INNER)
		leave_root(&fj_owner_roots->root[i]);
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM || fd == -ENOENT) {
		/* The next try may succeed. */
		fj_sys_munmap((void *)memory, OPENED_SIZE);
		return NULL;
	}
	if (fd >= 0 && !fj_store_map(&mine->store, (int)fd, path)) {
		mine->store.room = &mine->room;
		s = &mine->store;
	}
	if (!__atomic_compare_exchange_n(
		    &opened[i], &before, s, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		if (s != &none)
			fj_sys_munmap(s->window[0], s->first_window);
		s = before;
	}
	if (s != &mine->store)
		fj_sys_munmap((void *)memory, OPENED_SIZE);
	return s;
}

struct fj_store *fj_store_of_root(uint32_t i, bool is_last)
{
	const struct fj_owner_root *r = &fj_owner_roots->root[i];
	struct fj_store *s;

	if (__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) != FJ_OWNER_ROOT_MET ||
		r->kind == FJ_OWNER_ROOT_WORK || (r->kind != FJ_OWNER_ROOT_INNER) != is_last)
		return NULL;
	s = __atomic_load_n(&opened[i], __ATOMIC_ACQUIRE);
	if (!s)
		s = open_root_records(i);
	if (s && r->kind == FJ_OWNER_ROOT_LOWER) /* it may have been opened as an inner root */
		s->is_read_only = true;
	return !s || s == &none ? NULL : s;
}

/* May changes of the files in this root be written to its records? */
bool fj_store_is_written(const struct fj_store *s)
{
	return !s->is_read_only && !s->is_truncated &&
	       !(fj_owner_roots && fj_owner_roots_state->keeps_apart);
}

struct fj_store *fj_store_each_met(uint32_t *at)
{
	const uint32_t n = __atomic_load_n(&fj_owner_roots_state->count, __ATOMIC_ACQUIRE);

	/* The order: [0, n) inner ones that take changes, n the jail's own, (n, 2n] the other inner
	 * ones, (2n, 3n] outer and lower ones, 3n + 1 the host's. */
	while (*at <= 3 * n + 1) {
		const uint32_t k = (*at)++;
		struct fj_store *s;

		if (k == n)
			return fj_store_count ? &fj_store[0] : NULL;
		if (k == 3 * n + 1)
			return fj_store_count > 1 ? &fj_store[1] : NULL;
		if (k > 2 * n)
			s = fj_store_of_root(k - 2 * n - 1, true);
		else
			s = fj_store_of_root(k < n ? n - 1 - k : 2 * n - k, false);
		if (s && (k > 2 * n || fj_store_is_written(s) == (k < n)))
			return s;
	}
	return NULL;
}

#define FEW_ROOTS 3u

bool fj_store_met_are_empty(void)
{
	const uint32_t n = __atomic_load_n(&fj_owner_roots_state->count, __ATOMIC_ACQUIRE);
	const struct fj_store *s;

	if (n > FEW_ROOTS)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		/* (What is open and empty has no record, wherever its root is now: the list of
		 * roots, on other pages, is not read.) */
		s = __atomic_load_n(&opened[i], __ATOMIC_ACQUIRE);
		if (!s)
			s = fj_store_of_root(
				i, fj_owner_roots->root[i].kind != FJ_OWNER_ROOT_INNER);
		if (s && s != &none && !s->is_truncated &&
			__atomic_load_n(&fj_store_head(s)->records, __ATOMIC_RELAXED))
			return false;
	}
	return true;
}

/* The root that the files in root `i` will move to: for a work directory the root beside it, else `i`. */
static uint32_t find_goal(uint32_t i)
{
	const struct fj_owner_root *r = fj_owner_roots->root;

	for (uint32_t k = 0; r[i].kind == FJ_OWNER_ROOT_WORK && k < fj_owner_roots_met(); k++)
		if (r[k].state == FJ_OWNER_ROOT_MET && r[k].kind == FJ_OWNER_ROOT_INNER &&
			fj_streq(r[k].records, r[i].records))
			return k;
	return i;
}

struct fj_store *fj_store_home(const struct fj_owner_key *key)
{
	const uint32_t goal = key->home && fj_owner_roots ? find_goal(key->home - 1) : 0;
	struct fj_store *s = NULL;

	if (key->home && fj_owner_roots)
		s = fj_store_of_root(goal, fj_owner_roots->root[goal].kind == FJ_OWNER_ROOT_OUTER);
	return s && fj_store_is_written(s) ? s : &fj_store[0];
}

struct fj_store *fj_store_opened(uint32_t i)
{
	struct fj_store *s = __atomic_load_n(&opened[i], __ATOMIC_ACQUIRE);

	return s == &none ? NULL : s;
}

bool fj_owner_is_in_place(const struct fj_owner_key *key)
{
	struct fj_store_copy copy;
	struct fj_store *s;
	struct stat st;
	uint32_t at = 0;

	while ((s = fj_store_each(&at)) != NULL && !fj_store_find(s, key, false, &copy, NULL, NULL))
		;
	if (!s || s == fj_store_home(key))
		return true;
	for (uint32_t i = 0; i < fj_owner_roots_met(); i++) {
		struct fj_owner_root *r = &fj_owner_roots->root[i];

		if (__atomic_load_n(&opened[i], __ATOMIC_ACQUIRE) != s ||
			r->kind != FJ_OWNER_ROOT_INNER || r->state != FJ_OWNER_ROOT_MET ||
			(!fj_sys_newfstatat(AT_FDCWD, r->path, &st, AT_SYMLINK_NOFOLLOW) &&
				st.st_dev == r->dev && st.st_ino == r->ino))
			continue;
		leave_root(r);
		return false;
	}
	return true;
}

bool fj_owner_records_are_there(const struct fj_owner_root *r)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, r->records, &st, AT_SYMLINK_NOFOLLOW) &&
	       st.st_dev == r->records_dev && st.st_ino == r->records_ino;
}

bool fj_owner_met_lower(const char *path, size_t len)
{
	for (uint32_t i = 0; i < fj_owner_roots_met(); i++) {
		const struct fj_owner_root *r = &fj_owner_roots->root[i];

		if (__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) == FJ_OWNER_ROOT_MET &&
			r->kind == FJ_OWNER_ROOT_LOWER && fj_is_text(path, len, r->path))
			return true;
	}
	return false;
}

/* Must the file of records `fd` be looked up here? `*st` says which file it is. */
static bool is_root_wanted(int fd, enum fj_owner_root_kind kind, struct stat *st)
{
	struct stat ours;

	/* Records of another user could say anything, so they do not count; a lower layer's do,
	 * because its files are that user's, too. The jail's own file is in the list already. */
	return !fj_sys_fstat(fd, st) &&
	       (kind == FJ_OWNER_ROOT_LOWER || st->st_uid == (uint32_t)fj_sys_geteuid()) &&
	       (fj_sys_fstat(fj_store[0].fd, &ours) || ours.st_ino != st->st_ino ||
		       ours.st_dev != st->st_dev) &&
	       !fj_owner_check(fd);
}

/* Root `r` has the same directory. Are its path and records unchanged? Else it is marked as left. */
static bool is_root_known(
	struct fj_owner_root *r, const char *records, enum fj_owner_root_kind kind)
{
	if (kind == FJ_OWNER_ROOT_LOWER && r->kind == FJ_OWNER_ROOT_INNER)
		r->kind = kind;
	if (r->kind != FJ_OWNER_ROOT_INNER ||
		(fj_streq(r->records, records) && fj_owner_records_are_there(r)))
		return true;
	r->state = FJ_OWNER_ROOT_LEFT;
	return false;
}

/* Enters the root `path`, of `len` bytes. `is_again`: also one that is known. Returns what fj_owner_meet() does. */
static long meet_root(const char *path, size_t len, const char *records, uint64_t dev, uint64_t ino,
	enum fj_owner_root_kind kind, bool is_again)
{
	struct fj_owner_roots *all = fj_owner_roots;
	const size_t records_len = fj_strlen(records);
	struct stat st;
	bool is_good, is_met = false;
	long fd;

	if (records_len >= FJ_OWNER_ROOT_PATH || len >= FJ_OWNER_ROOT_PATH)
		return -ENAMETOOLONG;
	for (uint32_t i = 0; i < fj_owner_roots_state->count; i++)
		if (all->root[i].state == FJ_OWNER_ROOT_MET && all->root[i].dev == dev &&
			all->root[i].ino == ino)
			is_met = is_root_known(&all->root[i], records, kind) || is_met;
	if (is_met && !is_again)
		return 0;
	fd = open_any(records, kind);
	if (fd < 0)
		return fd;
	is_good = is_root_wanted((int)fd, kind, &st);
	fj_sys_close((int)fd);
	if (!is_good)
		return 0;
	for (uint32_t i = 0; i < FJ_OWNER_ROOTS; i++) {
		uint32_t state = FJ_OWNER_ROOT_FREE, count = fj_owner_roots_state->count;
		struct fj_owner_root *r = &all->root[i];

		if (!__atomic_compare_exchange_n(&r->state, &state, FJ_OWNER_ROOT_BEING_MET, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		r->dev = dev;
		r->ino = ino;
		r->kind = kind;
		r->records_dev = st.st_dev;
		r->records_ino = st.st_ino;
		memcpy(r->path, path, len);
		r->path[len] = 0;
		memcpy(r->records, records, records_len + 1);
		__atomic_store_n(&r->state, FJ_OWNER_ROOT_MET, __ATOMIC_RELEASE);
		while (count <= i &&
			!__atomic_compare_exchange_n(&fj_owner_roots_state->count, &count, i + 1,
				false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			;
		return 1;
	}
	return -ENOSPC;
}

long fj_owner_meet(
	const char *records, size_t len, uint64_t dev, uint64_t ino, enum fj_owner_root_kind kind)
{
	return meet_root(records, len, records, dev, ino, kind, false);
}

long fj_owner_meet_again(const char *records, size_t len, uint64_t dev, uint64_t ino)
{
	return meet_root(records, len, records, dev, ino, FJ_OWNER_ROOT_INNER, true);
}

long fj_owner_meet_beside(const char *path, const char *records, uint64_t dev, uint64_t ino)
{
	return meet_root(path, fj_strlen(path), records, dev, ino, FJ_OWNER_ROOT_WORK, false);
}
