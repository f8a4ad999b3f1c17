/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * record.c - owner records for the other rooms: finds, changes and forgets them. Called by inode/,
 * file/, xattr/ and `fakejail owners`. */
#include "bytes/bytes.h"
#include "met-roots/met_roots.h"
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/probe.h"
#include "records/store.h"
#include "sys/abi.h"
#include "sys/hot.h"

#include <linux/errno.h>

static bool has_any_record(const struct fj_store *s)
{
	return !s->is_truncated &&
	       __atomic_load_n(&fj_store_head(s)->records, __ATOMIC_RELAXED) != 0;
}

/* Has one of the jail's own two files a record? */
static inline bool has_own_record(void)
{
	return (fj_store_count && has_any_record(&fj_store[0])) ||
	       (fj_store_count > 1 && has_any_record(&fj_store[1]));
}

FJ_HOT bool fj_owner_is_empty(void)
{
	return !fj_store_count ||
	       (!has_own_record() && (!fj_owner_roots_met() || fj_store_met_are_empty()) &&
		       !fj_owner_has_news());
}

enum counted { DEVICES, ATTRIBUTES, INHERITING_DIRS };

/* Does a file of records that counts here have such records, as far as its head says? */
static inline __attribute__((always_inline)) bool has_counted(enum counted what)
{
	struct fj_store *s;

	if (fj_owner_has_news())
		return true;
	for (uint32_t at = 0; (s = fj_store_each(&at)) != NULL;) {
		const struct fj_store_head *const h = fj_store_head(s);

		if (what == DEVICES ? h->devices : what == ATTRIBUTES ? h->blocks : h->inheriting)
			return true;
	}
	return false;
}

FJ_HOT bool fj_owner_has_devices(void)
{
	return !fj_owner_is_empty() && has_counted(DEVICES);
}

bool fj_owner_has_attributes(void)
{
	return !fj_owner_is_empty() && has_counted(ATTRIBUTES);
}

bool fj_owner_has_inheriting_dirs(void)
{
	return has_counted(INHERITING_DIRS);
}

static void to_owner(
	const struct fj_owner_key *key, const struct fj_store_copy *copy, struct fj_owner *owner)
{
	*owner = (struct fj_owner){.uid = copy->uid,
		.gid = copy->gid,
		.mode = copy->mode,
		.rdev = copy->rdev,
		.flags = copy->flags,
		.ctime = fj_store_ctime(copy),
		.key = *key};
}

FJ_HOT static bool find_record_of(
	const struct fj_owner_key *key, bool any_stamp, struct fj_owner *owner)
{
	struct fj_store_copy copy;
	struct fj_store *s;

	for (uint32_t at = 0; (s = fj_store_each(&at)) != NULL;)
		if (has_any_record(s) && fj_store_find(s, key, any_stamp, &copy, NULL, NULL)) {
			to_owner(key, &copy, owner);
			return true;
		}
	return false;
}

/* Is there only one file of records to look into? */
static inline bool has_one_store(void)
{
	return fj_store_count == 1 && !fj_owner_roots_met();
}

FJ_HOT bool fj_owner_find(const struct fj_owner_key *key, struct fj_owner *owner)
{
	struct fj_store_copy copy;

	if (!has_one_store() || !fj_store_find_first(&fj_store[0], key, &copy))
		return find_record_of(key, false, owner);
	to_owner(key, &copy, owner);
	return true;
}

__attribute__((noinline)) static bool search_ino(uint64_t dev, uint64_t ino, struct fj_owner *owner)
{
	const struct fj_owner_key key = {.dev = dev, .ino = ino};

	return (has_own_record() || fj_owner_roots_met()) && find_record_of(&key, true, owner);
}

FJ_HOT bool fj_owner_find_ino(uint64_t dev, uint64_t ino, struct fj_owner *owner)
{
	return !(has_one_store() && fj_store_surely_lacks(&fj_store[0], dev, ino)) &&
	       search_ino(dev, ino, owner);
}

/* Would a new record only say what the file shows without one? */
static bool is_needless(bool had, const struct fj_store_copy *copy, const struct fj_owner *shown)
{
	return !had && !(copy->flags & ~FJ_OWNER_NAMELESS) && copy->uid == shown->uid &&
	       copy->gid == shown->gid;
}

void fj_store_begin(const struct fj_owner_key *key, const struct fj_owner *shown,
	struct fj_store_copy *copy, struct fj_store **from)
{
	for (uint32_t at = 0; (*from = fj_store_each(&at)) != NULL;)
		/* A key without a stamp may lead to the record of a removed file with the same
		 * number. */
		if (fj_store_find(*from, key, false, copy, NULL, NULL) &&
			!(key->stamp == FJ_OWNER_NO_STAMP && (copy->flags & FJ_OWNER_GONE)) &&
			!(copy->flags & ~shown->flags & FJ_OWNER_NAMELESS))
			return;
	*copy = (struct fj_store_copy){.uid = shown->uid,
		.gid = shown->gid,
		.mode = (uint16_t)(shown->mode & 07777),
		.flags = (uint8_t)(shown->flags & FJ_OWNER_NAMELESS)};
}

/* Arguments of drop_record(): removes a file's record from a store, because another store has the file's
 * record now. */
struct drop {
	const struct fj_owner_key *key;
	const struct fj_store_copy *only; /* NULL, or: only if the record is still equal to this */
};

static long drop_record(struct fj_store_hold *hold, void *data)
{
	const struct drop *q = data;
	struct fj_store_slot *slot;
	struct fj_store_copy there;
	uint32_t state;

	if (!fj_store_find(hold->s, q->key, false, &there, &slot, &state) ||
		(q->only && memcmp(&there, q->only, sizeof(there))))
		return 0;
	return fj_store_drop(hold, slot, state);
}

static void drop_before(struct fj_store *s, const struct fj_owner_key *key)
{
	struct drop q = {.key = key};
	struct fj_store *other;

	/* The same file may be mapped twice, for two processes that came to one root at the same
	 * time. */
	for (uint32_t at = 0; (other = fj_store_each(&at)) != NULL && other != s &&
			      (other->ino != s->ino || other->device != s->device);) {
		struct fj_store_copy copy;

		if (fj_store_find(other, key, false, &copy, NULL, NULL))
			fj_store_change(other, drop_record, &q);
	}
}

/* Drops the record that was found in a store which this process searches later. Another jail may
 * have met the roots in another order. A record that was changed meanwhile stays. */
static void drop_behind(
	struct fj_store *from, const struct fj_owner_key *key, const struct fj_store_copy *copy)
{
	struct drop q = {key, copy};

	if (from != &fj_store[1] && fj_store_is_written(from) && !from->is_shared)
		fj_store_change(from, drop_record, &q);
}

void fj_store_drop_others(struct fj_store *s, struct fj_store *from, const struct fj_owner_key *key,
	const struct fj_store_copy *began)
{
	drop_before(s, key);
	if (from->ino != s->ino || from->device != s->device)
		drop_behind(from, key, began);
}

long fj_store_put_from(struct fj_store_hold *hold, struct fj_store *from,
	const struct fj_owner_key *key, const struct fj_store_copy *copy)
{
	struct fj_store_copy old;
	uint32_t old_block = 0;
	long r;

	/* If the caller's copy is from another store, the record that it replaces here may have
	 * attributes: free them. */
	if (from != hold->s && fj_store_find(hold->s, key, false, &old, NULL, NULL))
		old_block = fj_store_attributes(&old);
	r = fj_store_put(hold, key, copy);
	if (!r && old_block)
		fj_store_block_give(hold, old_block);
	return r;
}

/* Puts the record, and copies its attributes first if they lie in another store, `from`. */
static long put_with_attributes(struct fj_store_hold *hold, struct fj_store *from,
	const struct fj_owner_key *key, struct fj_store_copy *copy)
{
	const uint32_t block = from && from != hold->s ? fj_store_attributes(copy) : 0;
	long r = 0;

	if (block)
		r = fj_store_block_copy(from, block, hold, &copy->attributes);
	if (r < 0)
		return r;
	r = fj_store_put_from(hold, from, key, copy);
	if (r < 0 && block && copy->attributes)
		fj_store_block_give(hold, copy->attributes);
	return r;
}

/* The record has a mode once the disk cannot have the file's, and keeps it from then on: of two chmods at the
 * same time, the disk may have got the other's. A chmod that needs no mode in the record, and finds none there
 * after it has changed the disk, was the earlier one if another puts a mode there now. */
static void apply_change(
	struct fj_store_copy *copy, unsigned what, const struct fj_owner *to, uint32_t real_mode)
{
	if (what & FJ_OWNER_UID)
		copy->uid = to->uid;
	if (what & FJ_OWNER_GID)
		copy->gid = to->gid;
	if (what & FJ_OWNER_DEVICE) {
		fj_store_set_ctime(copy, 0);
		copy->mode = (uint16_t)((to->mode & FJ_S_IFMT) | (copy->mode & 07777));
		copy->rdev = to->rdev;
		copy->flags |= FJ_OWNER_DEVICE;
	}
	if (what & FJ_OWNER_MODE) {
		if ((to->mode & 07777) != (real_mode & 07777) || (copy->flags & FJ_OWNER_DEVICE))
			copy->flags |= FJ_OWNER_MODE;
		if (copy->flags & FJ_OWNER_MODE)
			copy->mode = (uint16_t)((copy->mode & FJ_S_IFMT) | (to->mode & 07777));
	}
	copy->flags &= (uint8_t)~FJ_OWNER_GONE;
}

/* The arguments of fj_owner_set. */
struct change {
	const struct fj_owner_key *key;
	unsigned what;
	const struct fj_owner *to, *shown;
	uint32_t real_mode;
	uint64_t ctime;
	struct fj_store *from; /* where the record was found */
	struct fj_store_copy began;
	bool lacks_ctime; /* a ctime was wanted, and the record has none */
};

/* Makes the record after the change in `copy`. Returns false when it equals the present record, or
 * when no record is needed. */
static bool make_record(struct change *q, struct fj_store_copy *copy)
{
	bool had;

	fj_store_begin(q->key, q->shown, copy, &q->from);
	had = q->from;
	q->began = *copy;
	apply_change(copy, q->what, q->to, q->real_mode);
	q->lacks_ctime = q->what & FJ_OWNER_CTIME;
	if (is_needless(had, copy, q->shown))
		return false;
	if (q->lacks_ctime && !(copy->flags & (FJ_OWNER_DEVICE | FJ_OWNER_ATTRIBUTES))) {
		if (fj_store_ctime(copy) < q->ctime)
			fj_store_set_ctime(copy, q->ctime);
		q->lacks_ctime = false;
	}
	return memcmp(&q->began, copy, sizeof(*copy)) != 0;
}

static long set_record(struct fj_store_hold *hold, void *data)
{
	struct change *q = data;
	struct fj_store_copy copy;
	long r = 0;

	if (make_record(q, &copy))
		r = put_with_attributes(hold, q->from, q->key, &copy);
	if (!r && (copy.mode & FJ_S_ISGID) && (q->shown->mode & FJ_S_IFMT) == FJ_S_IFDIR)
		__atomic_fetch_add(&fj_store_head(hold->s)->inheriting, 1, __ATOMIC_RELAXED);
	return r;
}

long fj_owner_set(const struct fj_owner_key *key, unsigned what, const struct fj_owner *to,
	const struct fj_owner *shown, uint32_t real_mode)
{
	struct change q = {key, what, to, shown, real_mode, to->ctime + 1, NULL, {0}, false};
	struct fj_store *s = fj_store_home(key);
	struct fj_store_copy copy;
	/* A record that gets a time changes at each call. */
	const bool surely_changes = (what & FJ_OWNER_CTIME) && shown->key.ino == key->ino &&
				    !(shown->flags & (FJ_OWNER_DEVICE | FJ_OWNER_ATTRIBUTES));
	long r = 0;

	if (!fj_store_count)
		return -EROFS;
	/* Most changes of owner set the owner that is already there. So this is asked without the
	 * lock first, and again with it. */
	if (surely_changes || make_record(&q, &copy)) {
		if (what & FJ_OWNER_CTIME)
			q.ctime = fj_store_ctime_now(to->ctime);
		r = fj_store_change(s, set_record, &q);
		if (!r && q.from && q.from != s)
			fj_store_drop_others(s, q.from, key, &q.began);
	}
	return !r && q.lacks_ctime ? FJ_OWNER_NO_CTIME : r;
}

struct moved_record {
	const struct fj_owner_key *key;
	struct fj_store *from;
	struct fj_store_copy began;
};

static long put_moved_record(struct fj_store_hold *hold, void *data)
{
	static const struct fj_owner nothing;
	struct moved_record *q = data;
	struct fj_store_copy copy;

	fj_store_begin(q->key, &nothing, &copy, &q->from);
	q->began = copy;
	return q->from && q->from != hold->s ? put_with_attributes(hold, q->from, q->key, &copy) :
					       0;
}

long fj_owner_move_record(const struct fj_owner_key *key)
{
	static const struct fj_owner nothing;
	struct fj_store *s = fj_store_home(key);
	struct moved_record q = {.key = key};
	long r;

	fj_store_begin(key, &nothing, &q.began, &q.from);
	if (!q.from || q.from == s)
		return 0;
	r = fj_store_change(s, put_moved_record, &q);
	if (!r && q.from && q.from != s)
		fj_store_drop_others(s, q.from, key, &q.began);
	return r;
}

static long change_nothing(struct fj_store_hold *hold, void *data)
{
	(void)hold;
	(void)data;
	return 0;
}

long fj_owner_try(void)
{
	return fj_store_change(&fj_store[0], change_nothing, NULL);
}
