/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_changes.h - each kind of change of a file of owner records: the state before it, the
 * change, and a check whether it was made. For owner_stopped.c. */
#ifndef OWNER_CHANGES_H
#define OWNER_CHANGES_H

#include "owner_store.h"

#include <stdbool.h>
#include <stdint.h>

static inline bool is_whole(uint32_t n, uint32_t *uid)
{
	const struct fj_owner_key key = key_of(n);
	struct fj_owner owner;

	*uid = 0;
	if (!fj_owner_find(&key, &owner))
		return false;
	*uid = owner.uid;
	return owner.gid == mate_of(owner.uid, n);
}

static inline long attribute(uint32_t n, char letter, int flags)
{
	const struct fj_owner_key key = key_of(n);
	const struct fj_owner shown = {.mode = 0100644};
	char value[300];

	memset(value, letter, sizeof(value));
	return fj_owner_set_attribute(
		&key, "trusted.t", value, 1 + (unsigned char)letter * 2u, flags, &shown);
}

static inline bool has_attribute(uint32_t n, char letter)
{
	const struct fj_owner_key key = key_of(n);
	char value[400];
	const long len = fj_owner_get_attribute(&key, "trusted.t", value, sizeof(value));

	for (long i = 0; i < len; i++)
		if (value[i] != letter)
			return false;
	return len == 1 + (unsigned char)letter * 2;
}

static inline unsigned doubles(void)
{
	unsigned char *seen = calloc(1000000, 1);
	struct fj_store_slot *slots;
	unsigned found = 0;
	uint32_t mask;

	slots = fj_store_slots(&fj_store[0], fj_store_head(&fj_store[0])->table, &mask);
	for (uint32_t i = 0; i <= mask; i++)
		if ((slots[i].state & FJ_SLOT_LIVE) && slots[i].ino - 1000 < 1000000)
			found += seen[slots[i].ino - 1000]++ != 0;
	free(seen);
	return found;
}

/* The kinds of change: of the owner in a record, of an attribute, a new record, a record for an
 * inode that another file had before, a dropped record, a new record that makes the table grow, and
 * an attribute that must not exist yet. */
enum { OWNER, ATTRIBUTE, NEW, TAKEN, GONE, GROWS, CREATES, KINDS };
static const char *const kind_name[] = {"owner", "attribute", "new record", "inode taken over",
	"removal", "growth", "attribute created"};

static inline uint32_t number_of(uint32_t kind, uint32_t round)
{
	return kind == NEW || kind == CREATES || kind == TAKEN ? 100 + (round * 8 + kind) % 400 :
								 kind;
}

/* Makes the change, in the process that is stopped. */
static inline long change(uint32_t kind, uint32_t n, uint32_t round)
{
	struct fj_owner_key key = key_of(n);
	const struct fj_owner to = {.uid = round + 7, .gid = mate_of(round + 7, n)};
	const struct fj_owner shown = {.mode = 0100644};

	switch (kind) {
	case ATTRIBUTE:
		return attribute(n, 'b', 0);
	case CREATES: /* the second time, it is an error */
		return attribute(n, 'c', 1 /* XATTR_CREATE */);
	case TAKEN:
		key.stamp += 1 + round;
		return fj_owner_set(&key, FJ_OWNER_UID | FJ_OWNER_GID, &to, &shown, 0644);
	case GONE:
		fj_owner_gone(&key);
		return 0;
	default:
		return put(n, round + 7);
	}
}

/* Has the change been made? */
static inline bool is_changed(uint32_t kind, uint32_t n, uint32_t round)
{
	struct fj_owner_key key = key_of(n);
	struct fj_owner owner;

	if (kind == TAKEN)
		key.stamp += 1 + round;
	if (kind == ATTRIBUTE || kind == CREATES)
		return has_attribute(n, kind == CREATES ? 'c' : 'b');
	if (!fj_owner_find(&key, &owner))
		return kind == GONE;
	return kind == GONE ? (owner.flags & FJ_OWNER_GONE) != 0 :
			      owner.uid == round + 7 && owner.gid == mate_of(owner.uid, n);
}

/* Adds records until the table is full: the next new one makes it grow. */
static inline void fill_up(void)
{
	struct fj_store *s = &fj_store[0];

	for (uint32_t n = 1000;; n++) {
		const struct fj_store_head *h = fj_store_head(s);
		const uint64_t room = (1UL << fj_table_log(h->table)) / 5 * 3;

		if (fj_store_array_head(s, h->table)->used + 1 > room)
			break;
		put(n, n);
	}
}

/* Makes a file of records with the state before the change. */
static inline int prepare(const char *path, uint32_t kind, uint32_t round)
{
	const uint32_t n = number_of(kind, round);
	const int fd = make(path);

	put(OWNER, 3);
	put(50, 3);
	attribute(51, 'o', 0);
	if (kind == ATTRIBUTE)
		attribute(n, 'a', 0);
	else if (kind == TAKEN || kind == GONE)
		put(n, 4);
	else if (kind == GROWS)
		fill_up();
	return fd;
}

static inline void forget(int fd)
{
	for (unsigned k = 0; k < FJ_STORE_WINDOWS; k++)
		if (fj_store[0].window[k])
			munmap(fj_store[0].window[k], fj_store[0].first_window << k);
	close(fd);
}

#endif
