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
#include "facts/facts.h"
#include "jail/epoch.h"
#include "layers/union.h"
#include "locking/seq.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/namespace_id.h"
#include "sys/hot.h"
#include "sys/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRS 32u
#define TEXT 196u

static struct {
	/* Descriptors below 64 by which a name was last looked up in a directory that one layer alone has. Only
	 * a guess about the next look: any of them may have been replaced. */
	uint64_t expected;
	struct recent {
		uint32_t sequence; /* locking/seq.h */
		uint32_t born, flags;
		uint16_t len;
		uint8_t is_last; /* the one of the pair that was used last */
		uint64_t epoch, space;
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

static void mark_last(struct recent *pair, unsigned i)
{
	if (!pair[i].is_last) {
		pair[i].is_last = 1;
		pair[!i].is_last = 0;
	}
}

bool fj_dir_recent(
	const char key[FJ_DIR_KEY_SIZE], uint64_t epoch, struct fj_str *pos, unsigned *flags)
{
	struct recent *const pair = pair_of_key(key);

	for (unsigned i = 0; i < 2; i++) {
		const struct recent *r = &pair[i];
		const uint32_t seen = fj_seq_begin(&r->sequence);

		if (fj_seq_is_odd(seen) || !is_key(r, key) || !is_good(r, epoch))
			continue;
		*flags = r->flags;
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
	uint32_t born, uint64_t epoch)
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
	fj_seq_written(&pair[i].sequence);
	mark_last(pair, i);
	return true;
}
