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
#include "layers/union.h"
#include "locking/seq.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "sys/hot.h"
#include "sys/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRS 32u
#define TEXT 196u

static struct recent {
	uint32_t sequence; /* locking/seq.h */
	uint32_t born, flags;
	uint16_t len;
	uint8_t is_last; /* the one of the pair that was used last */
	uint64_t epoch, space;
	char key[FJ_DIR_KEY_SIZE];
	char pos[TEXT - FJ_DIR_KEY_SIZE];
} recent[2 * PAIRS] FJ_BULKY;

/* A key is a NUL, the device, the number and the time of birth: fj_dir_key(). */
#define DEVICE 1u
#define NUMBER 9u

static struct recent *pair_of(uint64_t ino)
{
	return &recent[2 * (ino % PAIRS)];
}

static struct recent *pair_of_key(const char key[FJ_DIR_KEY_SIZE])
{
	uint64_t ino;

	memcpy(&ino, key + NUMBER, sizeof(ino));
	return pair_of(ino);
}

/* (As memcmp(), which is a loop over bytes here.) */
static inline bool is_key(const struct recent *r, const char key[FJ_DIR_KEY_SIZE])
{
	uint64_t a[4] = {0}, b[4] = {0};

	memcpy(a, r->key, FJ_DIR_KEY_SIZE);
	memcpy(b, key, FJ_DIR_KEY_SIZE);
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]));
}

static inline bool is_named(const struct recent *r, uint64_t dev, uint64_t ino)
{
	uint64_t a, b;

	memcpy(&a, r->key + DEVICE, sizeof(a));
	memcpy(&b, r->key + NUMBER, sizeof(b));
	return a == dev && b == ino;
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
