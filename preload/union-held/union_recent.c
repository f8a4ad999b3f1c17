/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_recent.c - the directories that this process has used last by a descriptor, in a jail with unions,
 * and their positions.
 *
 * The facts of union_dirs.c say the same. This copy is in the process's own memory and on few pages: a look
 * here touches fewer pages than two looks for facts, and a process that opens many directories does not
 * store two facts for each. Nothing is remembered by a descriptor's number. The kernel is asked at each use
 * which directory a descriptor is, by device, number and time of birth, so a descriptor may be closed or
 * replaced at any time. An entry is valid as long as a fact is.
 *
 * An entry has two possible places, by its inode number. A new one takes the place that was not used last:
 * so a directory that is used again and again between others stays.
 *
 * Called by union_dirs.c, and by hooks that have opened a directory, or looked at one. */
#include "bytes/copy.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "locking/seq.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/namespace_id.h"
#include "sys/hot.h"
#include "union-held/held.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRS 32u
#define CHILDREN 4096u
#define NOT_LISTED 0x80u
#define WRONG_GUESSES                                                                              \
	8u /* then fj_dir_opened_as() makes no more: the file system may have other numbers for "." */
_Static_assert(2 * PAIRS < NOT_LISTED, "a place in `dir` and the bit");
#define TEXT 196u

static struct {
	/* Descriptors below 64 by which a name was last looked up in a directory that one layer alone has. Only
	 * a guess about the next look: any of them may have been replaced. */
	uint64_t expected;
	/* More guesses: the place in `dir`, plus 1, of the directory that was listed last, and of the one that each
	 * descriptor was when a name was last found in it. NOT_LISTED: the listing did not tell of the name. */
	uint8_t listed, held[64];
	uint8_t last; /* the place, plus 1, that was found or made last */
	/* Where the listing of each descriptor has come to, if one layer alone had the directory (d_off): a
	 * guess, too. */
	uint64_t listed_to[64];
	/* The place in `dir`, plus 1, of the directory that was opened as each descriptor, until it is listed; else 0. */
	uint8_t opened[64];
	bool finds;    /* files were found by descriptors that no listing had told of */
	uint8_t wrong; /* how often such a guess was wrong, without those that were right since then */
	/* What is in directories that were listed, and what was found in one: mixed from the token of the directory, name and number. */
	uint64_t child[CHILDREN];
	struct recent {
		uint32_t sequence; /* locking/seq.h */
		uint32_t born, flags;
		uint16_t len;
		uint8_t is_last; /* the one of the pair that was used last */
		uint64_t epoch, space;
		uint64_t token; /* token_of(), or 0 */
		char key[FJ_DIR_KEY_SIZE];
		char pos[TEXT - FJ_DIR_KEY_SIZE];
	} dir[2 * PAIRS];
} recent FJ_BULKY;

bool fj_dir_is_expected(int dirfd)
{
	return dirfd >= 0 && dirfd < 64 &&
	       (__atomic_load_n(&recent.expected, __ATOMIC_RELAXED) >> dirfd & 1);
}

void fj_dir_expect(int dirfd, bool is)
{
	const uint64_t was = __atomic_load_n(&recent.expected, __ATOMIC_RELAXED),
		       bit = dirfd >= 0 && dirfd < 64 ? 1UL << dirfd : 0;

	__atomic_store_n(&recent.expected, is ? was | bit : was & ~bit, __ATOMIC_RELAXED);
	if (is && bit)
		__atomic_store_n(&recent.held[dirfd],
			__atomic_load_n(&recent.last, __ATOMIC_RELAXED) | NOT_LISTED,
			__ATOMIC_RELAXED);
}

void fj_dir_list_to(int fd, uint64_t offset)
{
	if (fd >= 0 && fd < 64)
		__atomic_store_n(&recent.listed_to[fd], offset, __ATOMIC_RELAXED);
}

uint64_t fj_dir_listed_to(int fd)
{
	return fd >= 0 && fd < 64 ? __atomic_load_n(&recent.listed_to[fd], __ATOMIC_RELAXED) : 0;
}

void fj_dir_open_as_last(int fd, bool is)
{
	if (fd < 0 || fd >= 64)
		return;
	__atomic_store_n(&recent.opened[fd],
		is ? __atomic_load_n(&recent.last, __ATOMIC_RELAXED) : 0, __ATOMIC_RELAXED);
	if (is)
		fj_dir_list_to(fd, 0);
}

void fj_dir_guessed(bool is_right)
{
	const uint8_t was = __atomic_load_n(&recent.wrong, __ATOMIC_RELAXED);

	if (!is_right || was)
		__atomic_store_n(&recent.wrong, is_right ? was - 1 : was + 1, __ATOMIC_RELAXED);
}

/* A key is a NUL, the device, the number and the time of birth: fj_dir_key(). */
#define DEVICE 1u
#define NUMBER 9u
#define SECONDS 17u
#define NANOSECONDS 25u

static inline uint64_t word_at(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static struct recent *pair_of(uint64_t ino)
{
	return &recent.dir[2 * (ino % PAIRS)];
}

static struct recent *pair_of_key(const char key[FJ_DIR_KEY_SIZE])
{
	return pair_of(word_at(key + NUMBER));
}

/* (As memcmp(), which is a loop over bytes here. The words are those that fj_dir_key_of() has just written: the
 * processor waits for a word of parts of several.) */
static inline bool is_key(const struct recent *r, const char key[FJ_DIR_KEY_SIZE])
{
	uint32_t a, b;

	memcpy(&a, r->key + NANOSECONDS, sizeof(a));
	memcpy(&b, key + NANOSECONDS, sizeof(b));
	return word_at(r->key + NUMBER) == word_at(key + NUMBER) &&
	       word_at(r->key + DEVICE) == word_at(key + DEVICE) &&
	       word_at(r->key + SECONDS) == word_at(key + SECONDS) && a == b;
}

static inline bool is_named(const struct recent *r, uint64_t dev, uint64_t ino)
{
	return word_at(r->key + DEVICE) == dev && word_at(r->key + NUMBER) == ino;
}

static bool is_good(const struct recent *r, uint64_t epoch)
{
	return r->epoch == epoch && r->space == fj_namespace_id() && r->len < sizeof(r->pos) &&
	       !fj_facts_is_old(r->born);
}

/* An entry that is made again soon after, because another one had its place, gets the same token. So what was listed may be
 * used for half a fact's lifetime longer than a fact. */
#define TOKEN_TICKS (FJ_FACT_LIFETIME / 2)

/* Stands for what the entry says, and for when it was known. 0: no lower layer alone has the directory. */
static uint64_t token_of(const struct recent *r)
{
	uint64_t token = FJ_HASH_SEED;

	if (!(r->flags & FJ_DIR_LOWER))
		return 0;
	token = fj_mix(token, word_at(r->key + DEVICE));
	token = fj_mix(token, word_at(r->key + NUMBER));
	token = fj_mix(token, word_at(r->key + SECONDS));
	token = fj_mix(token, (uint64_t)(r->born / TOKEN_TICKS) << 32 | r->space);
	return fj_mix(token, r->epoch) | 1;
}

static void mark_last(struct recent *pair, unsigned i)
{
	__atomic_store_n(&recent.last, (uint8_t)(pair + i - recent.dir + 1), __ATOMIC_RELAXED);
	if (!pair[i].is_last) {
		pair[i].is_last = 1;
		pair[!i].is_last = 0;
	}
}

static uint64_t child_of(uint64_t token, const char *name, uint64_t ino)
{
	return fj_mix(fj_mix(token, ino), fj_hash_quick(name, fj_strlen(name)));
}

void fj_dir_recent_listed(uint64_t token, const char *name, uint64_t ino)
{
	const uint64_t child = child_of(token, name, ino);

	__atomic_store_n(
		&recent.listed, __atomic_load_n(&recent.last, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	__atomic_store_n(&recent.child[child % CHILDREN], child, __ATOMIC_RELAXED);
}

void fj_dir_recent_found(int dirfd, uint64_t token, const char *name, uint64_t ino)
{
	const uint64_t child = child_of(token, name, ino);

	if (dirfd < 0 || dirfd >= 64)
		return;
	__atomic_store_n(&recent.finds, true, __ATOMIC_RELAXED);
	__atomic_store_n(&recent.child[child % CHILDREN], child, __ATOMIC_RELAXED);
	__atomic_store_n(&recent.held[dirfd], __atomic_load_n(&recent.last, __ATOMIC_RELAXED),
		__ATOMIC_RELAXED);
}

bool fj_dir_recent_finds(void)
{
	return __atomic_load_n(&recent.finds, __ATOMIC_RELAXED);
}

/* Is the child listed in directory `place` - 1 of `recent`, and in which position? */
static bool is_listed_in(unsigned place, const char *name, const char key[FJ_DIR_KEY_SIZE],
	uint64_t epoch, struct fj_str *pos)
{
	const unsigned i = (place - 1) % (2 * PAIRS);
	const struct recent *r = &recent.dir[i];
	const uint32_t seen = fj_seq_begin(&r->sequence);
	uint64_t token, child;

	if (!place || fj_seq_is_odd(seen) || !is_good(r, epoch) ||
		word_at(r->key + DEVICE) != word_at(key + DEVICE))
		return false;
	token = r->token;
	child = child_of(token, name, word_at(key + NUMBER));
	if (!token || __atomic_load_n(&recent.child[child % CHILDREN], __ATOMIC_RELAXED) != child)
		return false;
	fj_str_add(pos, r->pos, r->len);
	if (!fj_seq_retry(&r->sequence, seen) && !pos->overflowed) {
		mark_last(&recent.dir[i & ~1u], i & 1);
		return true;
	}
	fj_str_cut(pos, 0);
	return false;
}

uint64_t fj_dir_opened_as(int fd, uint64_t epoch, struct fj_str *pos, uint64_t *token)
{
	const unsigned place =
		fd < 0 || fd >= 64 ? 0 : __atomic_load_n(&recent.opened[fd], __ATOMIC_RELAXED);
	const unsigned i = (place - 1) % (2 * PAIRS);
	const struct recent *r = &recent.dir[i];
	uint32_t seen;
	uint64_t ino;

	if (!place)
		return 0;
	__atomic_store_n(&recent.opened[fd], 0, __ATOMIC_RELAXED);
	if (__atomic_load_n(&recent.wrong, __ATOMIC_RELAXED) >= WRONG_GUESSES ||
		fj_mount_flags()->has_aliases || !epoch ||
		(fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES) || !fj_mount_has_one_union())
		return 0;
	seen = fj_seq_begin(&r->sequence);
	if (fj_seq_is_odd(seen) || !is_good(r, epoch))
		return 0;
	*token = r->token;
	ino = word_at(r->key + NUMBER);
	fj_str_add(pos, r->pos, r->len);
	if (!*token || fj_seq_retry(&r->sequence, seen) || pos->overflowed)
		return 0;
	mark_last(&recent.dir[i & ~1u], i & 1);
	return ino;
}

bool fj_dir_may_be_listed(int dirfd)
{
	uint8_t held;

	if (dirfd < 0 || dirfd >= 64)
		return false;
	held = __atomic_load_n(&recent.held[dirfd], __ATOMIC_RELAXED);
	return !(held & NOT_LISTED) && (held || __atomic_load_n(&recent.listed, __ATOMIC_RELAXED));
}

bool fj_dir_recent_has(int dirfd, const char *name, const char key[FJ_DIR_KEY_SIZE], uint64_t epoch,
	struct fj_str *pos)
{
	uint8_t *const held = dirfd >= 0 && dirfd < 64 ? &recent.held[dirfd] : NULL;
	uint8_t was, place;

	if (fj_mount_flags()->has_aliases || !epoch || !held)
		return false;
	was = __atomic_load_n(held, __ATOMIC_RELAXED);
	place = was & (uint8_t)~NOT_LISTED;
	if (!is_listed_in(place, name, key, epoch, pos)) {
		place = __atomic_load_n(&recent.listed, __ATOMIC_RELAXED);
		if (!is_listed_in(place, name, key, epoch, pos))
			return false;
	}
	if (place != was)
		__atomic_store_n(held, place, __ATOMIC_RELAXED);
	return true;
}

bool fj_dir_recent(const char key[FJ_DIR_KEY_SIZE], uint64_t epoch, struct fj_str *pos,
	unsigned *flags, uint64_t *token)
{
	struct recent *const pair = pair_of_key(key);

	for (unsigned i = 0; i < 2; i++) {
		const struct recent *r = &pair[i];
		const uint32_t seen = fj_seq_begin(&r->sequence);

		if (fj_seq_is_odd(seen) || !is_key(r, key) || !is_good(r, epoch))
			continue;
		*flags = r->flags;
		*token = r->token;
		fj_str_add(pos, r->pos, r->len);
		if (!fj_seq_retry(&r->sequence, seen) && !pos->overflowed) {
			mark_last(pair, i);
			return true;
		}
		fj_str_cut(pos, 0);
	}
	return false;
}

bool fj_dir_recent_is_alone(uint64_t dev, uint64_t ino)
{
	/* new_encode_dev() of linux/kdev_t.h */
	const uint64_t in_key = (dev >> 8 & 0xfff) << 32 | (dev & 0xff) | (dev >> 12 & 0xfff00),
		       epoch = fj_facts_epoch();
	const struct recent *const pair = pair_of(ino);

	if (fj_mount_flags()->has_unions & FJ_UNIONS_ON_DEVICES)
		return false;
	for (unsigned i = 0; i < 2 && epoch; i++) {
		const struct recent *r = &pair[i];
		const uint32_t seen = fj_seq_begin(&r->sequence);

		if (!fj_seq_is_odd(seen) && is_named(r, in_key, ino) && is_good(r, epoch) &&
			(r->flags & FJ_DIR_ALONE) && !fj_seq_retry(&r->sequence, seen))
			return true;
	}
	return false;
}

bool fj_dir_recent_add(const char key[FJ_DIR_KEY_SIZE], const char *pos, unsigned flags,
	uint32_t born, uint64_t epoch, uint64_t *token)
{
	struct recent *const pair = pair_of_key(key);
	const size_t len = fj_strlen(pos);
	unsigned i = 0;

	if (len >= sizeof(pair->pos))
		return false;
	while (i < 2 && !is_key(&pair[i], key))
		i++;
	if (i == 2)
		i = pair[0].is_last;
	/* (If a fork has copied the place of a writer in another thread, the place is not used again.) */
	if (!fj_seq_write(&pair[i].sequence))
		return false;
	memcpy(pair[i].key, key, FJ_DIR_KEY_SIZE);
	memcpy(pair[i].pos, pos, len);
	pair[i].len = (uint16_t)len;
	pair[i].born = born;
	pair[i].flags = flags;
	pair[i].epoch = epoch;
	pair[i].space = fj_namespace_id();
	pair[i].token = *token = token_of(&pair[i]);
	fj_seq_written(&pair[i].sequence);
	mark_last(pair, i);
	return true;
}
