/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * attributes.c - extended attributes: lists in blocks beside the records (records/blocks.c), in the same file. Called
 * by inode/, exec/, union/ and xattr/.
 *
 * A record names its block. A change writes a new block, makes the record name it, and then frees the old one. So
 * a reader may be reading a block that another file has got meanwhile: it stays within bounds whatever it reads,
 * and uses the result only if the record's state is the same afterwards. A writer that has lost the lock
 * (records/lock.c) may be copying such a block, too: it stays within bounds, and its result is dropped. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "guest/guest.h"
#include "locking/seq.h"
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/store.h"

#include <linux/errno.h>
#include <linux/xattr.h>

/* State of a walk over entries of a block. Numbers are copies, checked before use. */
struct walk {
	const char *block;
	uint32_t at, used;
	const char *name, *value;
	uint32_t name_len, value_len;
};

static uint32_t padded_size(uint32_t n)
{
	return (n + 3) & ~3u;
}

static bool open_block(struct fj_store *s, uint32_t ref, struct walk *w)
{
	const uint64_t offset = (uint64_t)ref * FJ_BLOCK_UNIT;
	const uint64_t end = __atomic_load_n(&fj_store_head(s)->end, __ATOMIC_ACQUIRE);
	const struct fj_store_block *block;
	uint32_t class;

	if (!ref || offset + FJ_BLOCK_MIN > end)
		return false;
	block = fj_store_at(s, offset, FJ_BLOCK_MIN);
	if (!block)
		return false;
	class = __atomic_load_n(&block->size_class, __ATOMIC_RELAXED);
	if (class >= FJ_BLOCK_CLASSES || offset + (FJ_BLOCK_MIN << class) > end)
		return false;
	block = fj_store_at(s, offset, FJ_BLOCK_MIN << class);
	if (!block)
		return false;
	*w = (struct walk){.block = (const char *)block, .at = sizeof(*block)};
	w->used = __atomic_load_n(&block->used, __ATOMIC_RELAXED);
	if (w->used > FJ_BLOCK_MIN << class)
		w->used = FJ_BLOCK_MIN << class;
	return true;
}

static bool next_entry(struct walk *w)
{
	struct fj_store_attribute head;

	if (w->at + sizeof(head) > w->used)
		return false;
	memcpy(&head, w->block + w->at, sizeof(head));
	if (!head.name_len || head.value_len > FJ_ATTRIBUTE_MAX ||
		w->at + sizeof(head) + head.name_len + head.value_len > w->used)
		return false;
	w->name = w->block + w->at + sizeof(head);
	w->name_len = head.name_len;
	w->value = w->name + head.name_len;
	w->value_len = head.value_len;
	w->at += (uint32_t)padded_size((uint32_t)sizeof(head) + head.name_len + head.value_len);
	return true;
}

static bool is_attribute_named(const struct walk *w, const char *name)
{
	return fj_is_text(w->name, w->name_len - 1, name) && !w->name[w->name_len - 1];
}

static bool find_entry(struct walk *w, const char *name)
{
	while (next_entry(w))
		if (is_attribute_named(w, name))
			return true;
	return false;
}

/* The store that has the file's record, and a copy of the record. */
static struct fj_store *find_record(const struct fj_owner_key *key, struct fj_store_copy *copy,
	struct fj_store_slot **slot, uint32_t *state)
{
	struct fj_store *s;

	for (uint32_t at = 0; (s = fj_store_each(&at)) != NULL;)
		if (fj_store_find(s, key, false, copy, slot, state))
			return s;
	return NULL;
}

/* Lets `look` walk over the file's attributes. Returns what `look` returned when nothing was changed meanwhile, or
 * `none` if the file has no attributes. `look` may be called several times. */
static long look_at_all(const struct fj_owner_key *key, long none,
	long (*look)(struct walk *w, void *context), void *context)
{
	struct fj_store_slot *slot = NULL;
	struct fj_store_copy copy;
	uint32_t state;

	for (uint32_t round = 0; round < FJ_STORE_ROUNDS; round++) {
		struct fj_store *s = find_record(key, &copy, &slot, &state);
		struct walk w;
		long r = none;

		if (!s || !fj_store_attributes(&copy))
			return none;
		if (open_block(s, copy.attributes, &w))
			r = look(&w, context);
		if (!fj_seq_retry(&slot->state, state))
			return r;
	}
	return -EIO;
}

struct look {
	const char *name;
	long (*look)(const char *value, size_t size, void *context);
	void *context;
};

static long look_at_one(struct walk *w, void *context)
{
	const struct look *l = context;

	return find_entry(w, l->name) ? l->look(w->value, w->value_len, l->context) : -ENODATA;
}

long fj_owner_look_at_attribute(const struct fj_owner_key *key, const char *name,
	long (*look)(const char *value, size_t size, void *context), void *context)
{
	struct look l = {.name = name, .look = look, .context = context};

	return look_at_all(key, -ENODATA, look_at_one, &l);
}

struct room {
	uintptr_t at;
	size_t size;
};

static long copy_value(const char *value, size_t size, void *context)
{
	const struct room *room = context;

	if (room->size && size > room->size)
		return -ERANGE;
	return room->size && size && fj_guest_write(room->at, value, size) ? -EFAULT : (long)size;
}

long fj_owner_get_attribute(
	const struct fj_owner_key *key, const char *name, void *value, size_t size)
{
	struct room room = {.at = (uintptr_t)value, .size = size};

	return fj_owner_look_at_attribute(key, name, copy_value, &room);
}

static long list_all(struct walk *w, void *context)
{
	const struct room *room = context;
	size_t len = 0;
	bool fits = true, is_bad = false;

	while (next_entry(w)) {
		fits = fits && (!room->size || len + w->name_len <= room->size);
		if (room->size && fits && fj_guest_write(room->at + len, w->name, w->name_len))
			is_bad = true;
		len += w->name_len;
	}
	return is_bad ? -EFAULT : fits ? (long)len : -ERANGE;
}

long fj_owner_list_attributes(const struct fj_owner_key *key, char *list, size_t size)
{
	struct room room = {.at = (uintptr_t)list, .size = size};

	return look_at_all(key, 0, list_all, &room);
}

static uint32_t padded_entry(uint32_t name_len, uint32_t value_len)
{
	return padded_size((uint32_t)sizeof(struct fj_store_attribute) + name_len + value_len);
}

/* There is too little room only when the attributes have changed since they were measured. The
 * block is dropped then. */
static bool put_attribute(struct fj_store_block *block, const char *name, uint32_t name_len,
	const void *value, uint32_t value_len)
{
	const struct fj_store_attribute head = {
		.value_len = value_len, .name_len = (uint16_t)name_len};
	char *to = (char *)block + block->used;

	if (block->used + padded_entry(name_len, value_len) > FJ_BLOCK_MIN << block->size_class)
		return false;
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), name, name_len);
	if (value)
		memcpy(to + sizeof(head) + name_len, value, value_len);
	block->used += padded_entry(name_len, value_len);
	return true;
}

/* Appends an entry with a value from the program's memory. */
static long append_new(
	struct fj_store_block *block, const char *name, const void *value, size_t size)
{
	const uint32_t name_len = (uint32_t)fj_strlen(name) + 1;
	char *at = (char *)block + block->used + sizeof(struct fj_store_attribute) + name_len;

	if (!put_attribute(block, name, name_len, NULL, (uint32_t)size))
		return FJ_STORE_ROBBED;
	return size ? fj_guest_read(at, (uintptr_t)value, size) : 0;
}

static uint32_t entry_size(const char *name, size_t size)
{
	return padded_entry((uint32_t)fj_strlen(name) + 1, (uint32_t)size);
}

/* Writes the block that takes the place of `old`. With `value` NULL the entry `name` is left out. */
static long rewrite_block(struct fj_store_hold *hold, uint32_t old, const char *name,
	const void *value, size_t size, uint32_t *made)
{
	struct fj_store *s = hold->s;
	struct fj_store_block *block;
	struct walk w = {0};
	uint32_t bytes = sizeof(*block) + (value ? entry_size(name, size) : 0);
	long r;

	if (open_block(s, old, &w))
		bytes += w.used - (uint32_t)sizeof(*block);
	r = fj_store_block_take(hold, bytes, made);
	if (r < 0)
		return r;
	block = fj_store_at(s, (uint64_t)*made * FJ_BLOCK_UNIT, FJ_BLOCK_MIN << 0);
	if (block)
		block = fj_store_at(
			s, (uint64_t)*made * FJ_BLOCK_UNIT, FJ_BLOCK_MIN << block->size_class);
	if (!block)
		return -ENOMEM;
	/* A replaced entry keeps its place: listxattr(2) shows the order. */
	if (open_block(s, old, &w))
		while (r >= 0 && next_entry(&w)) {
			if (!is_attribute_named(&w, name)) {
				if (!put_attribute(block, w.name, w.name_len, w.value, w.value_len))
					r = FJ_STORE_ROBBED;
			} else if (value) {
				r = append_new(block, name, value, size);
				value = NULL;
			}
		}
	if (r >= 0 && value)
		r = append_new(block, name, value, size);
	if (r < 0 || block->used == sizeof(*block)) {
		fj_store_block_give(hold, *made);
		*made = 0;
	}
	return r;
}

long fj_store_block_copy(
	struct fj_store *from, uint32_t at, struct fj_store_hold *hold, uint32_t *made)
{
	struct fj_store_block *block;
	struct walk w = {0};
	long r;

	*made = 0;
	if (!open_block(from, at, &w))
		return 0;
	r = fj_store_block_take(hold, w.used, made);
	block = r < 0 ? NULL : fj_store_at(hold->s, (uint64_t)*made * FJ_BLOCK_UNIT, w.used);
	/* Taking a block may have made the file longer than the part that is mapped. */
	if (!block || !open_block(from, at, &w))
		return r < 0 ? r : -ENOMEM;
	while (next_entry(&w) && put_attribute(block, w.name, w.name_len, w.value, w.value_len))
		;
	return 0;
}

/* The arguments of fj_owner_set_attribute. */
struct change {
	const struct fj_owner_key *key;
	const char *name;
	const void *value;
	size_t size;
	int flags;
	const struct fj_owner *shown;
	struct fj_store *from; /* where the record was found before */
	struct fj_store_copy began;
	uint32_t tried; /* the block that an earlier try wanted to put into the record; the lock
			   was lost then */
	bool is_put;
};

/* Creating an attribute twice is an error. So: did an earlier try of this change already put its
 * block into the record? (No other writer uses that block.) */
static bool is_made(struct fj_store *s, const struct change *q)
{
	struct fj_store_copy there;

	return q->is_put || (q->tried && fj_store_find(s, q->key, false, &there, NULL, NULL) &&
				    fj_store_attributes(&there) == q->tried);
}

static long put_changed(
	struct fj_store_hold *hold, struct change *q, struct fj_store_copy *copy, uint32_t made)
{
	long r;

	if (copy->flags & FJ_OWNER_CTIME) /* setting an attribute advances the disk's ctime */
		fj_store_set_ctime(copy, 0);
	copy->attributes = made;
	copy->flags = (uint8_t)(made ? copy->flags | FJ_OWNER_ATTRIBUTES :
				       copy->flags & ~FJ_OWNER_ATTRIBUTES);
	q->tried = made;
	r = fj_store_put_from(hold, q->from, q->key, copy);
	q->is_put = !r;
	if (r)
		q->tried = 0;
	return r;
}

static long change_attribute(struct fj_store_hold *hold, void *data)
{
	struct change *q = data;
	struct fj_store *s = hold->s;
	struct fj_store_copy copy;
	struct walk w = {0};
	uint32_t old, made = 0, brought = 0;
	bool is_there;
	long r;

	if (is_made(s, q))
		return 0;
	if (q->value && fj_streq(q->name, FJ_ACL_DEFAULT)) /* counting one too many does no harm */
		__atomic_fetch_add(&fj_store_head(s)->inheriting, 1, __ATOMIC_RELAXED);
	fj_store_begin(q->key, q->shown, &copy, &q->from);
	q->began = copy;
	brought = q->from && q->from != s ? fj_store_attributes(&copy) : 0;
	if (brought) { /* blocks have no reference count: the attributes are copied */
		r = fj_store_block_copy(q->from, brought, hold, &copy.attributes);
		if (r < 0)
			return r;
	}
	old = fj_store_attributes(&copy);
	is_there = open_block(s, old, &w) && find_entry(&w, q->name);
	if (is_there && (q->flags & XATTR_CREATE))
		r = -EEXIST;
	else if (!is_there && (!q->value || (q->flags & XATTR_REPLACE)))
		r = -ENODATA;
	else
		r = rewrite_block(hold, old, q->name, q->value, q->size, &made);
	if (r < 0) {
		if (brought && old)
			fj_store_block_give(hold, old);
		return r;
	}
	r = put_changed(hold, q, &copy, made);
	if (r < 0 && made)
		fj_store_block_give(hold, made);
	if (old && (r >= 0 || brought))
		fj_store_block_give(hold, old);
	return r;
}

long fj_owner_set_attribute(const struct fj_owner_key *key, const char *name, const void *value,
	size_t size, int flags, const struct fj_owner *shown)
{
	struct change q = {.key = key,
		.name = name,
		.value = value,
		.size = size,
		.flags = flags,
		.shown = shown};
	struct fj_store *s = fj_store_home(key);
	long r;

	if (!fj_store_count)
		return -EROFS;
	r = fj_store_change(s, change_attribute, &q);
	if (!r && q.from && q.from != s)
		fj_store_drop_others(s, q.from, key, &q.began);
	return r;
}
