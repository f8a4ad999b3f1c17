/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * blocks.c - space for blocks of attributes in the file of records: takes and frees blocks. Called
 * by ownership/attributes.c and others that change records, with the lock held.
 *
 * The page before the slot array (struct fj_store_array_head) has the lists of free blocks and the chunk
 * in use. They change by single stores; a kill between two stores loses a block. A writer that has
 * lost the lock (lock.c) takes and frees blocks by the page of an array that is no longer used. */
#include "records/store.h"
#include "sys/page.h"

#define CHUNK (64u * 1024)

/* Takes a block behind the last one that was ever taken. */
static long take_new(struct fj_store_hold *hold, uint64_t size, uint64_t *at)
{
	struct fj_store_array_head *b = fj_store_array_head(hold->s, hold->table);

	if (!fj_store_head(hold->s)->blocks)
		__atomic_store_n(&fj_store_head(hold->s)->blocks, 1, __ATOMIC_RELEASE);
	if (b && b->heap_end - b->heap_at < size) {
		const uint64_t chunk = size < CHUNK ? CHUNK : size;
		const long r = fj_store_extend(hold->s, chunk);

		if (r < 0)
			return r;
		/* The file may have become longer than the mapping. */
		b = fj_store_array_head(hold->s, hold->table);
		if (!b)
			return -ENOMEM;
		__atomic_store_n(&b->heap_end, 0, __ATOMIC_RELEASE);
		__atomic_store_n(&b->heap_at, (uint64_t)r, __ATOMIC_RELEASE);
		__atomic_store_n(&b->heap_end, (uint64_t)r + chunk, __ATOMIC_RELEASE);
	}
	if (!b)
		return -ENOMEM;
	*at = b->heap_at;
	if ((*at + size) / FJ_BLOCK_UNIT > ~0u)
		return -ENOSPC;
	__atomic_store_n(&b->heap_at, *at + size, __ATOMIC_RELEASE);
	return 0;
}

long fj_store_block_take(struct fj_store_hold *hold, uint32_t bytes, uint32_t *at)
{
	const struct fj_store_head *h = fj_store_head(hold->s);
	struct fj_store_array_head *b = fj_store_array_head(hold->s, hold->table);
	struct fj_store_block *block;
	uint32_t class = 0, next;
	uint64_t size, offset;

	while (class < FJ_BLOCK_CLASSES && FJ_BLOCK_MIN << class < bytes)
		class ++;
	if (class == FJ_BLOCK_CLASSES || !b)
		return b ? -ENOSPC : -ENOMEM;
	size = FJ_BLOCK_MIN << class;
	next = b->free_block[class];
	/* A damaged block may name any place as the next one: check it. */
	if ((uint64_t)next * FJ_BLOCK_UNIT + size > h->end)
		next = 0;
	offset = (uint64_t)next * FJ_BLOCK_UNIT;
	if (!next) {
		const long r = take_new(hold, size, &offset);

		if (r < 0)
			return r;
	}
	block = fj_store_at(hold->s, offset, size);
	if (!block)
		return -ENOMEM;
	if (next)
		__atomic_store_n(&b->free_block[class], block->used, __ATOMIC_RELEASE);
	*at = (uint32_t)(offset / FJ_BLOCK_UNIT);
	block->size_class = class;
	block->used = sizeof(*block);
	return 0;
}

void fj_store_block_give(struct fj_store_hold *hold, uint32_t at)
{
	struct fj_store *s = hold->s;
	const struct fj_store_head *h = fj_store_head(s);
	struct fj_store_array_head *b = fj_store_array_head(s, hold->table);
	const uint64_t offset = (uint64_t)at * FJ_BLOCK_UNIT;
	struct fj_store_block *block;

	if (!b || offset < FJ_PAGE || offset + FJ_BLOCK_MIN > h->end)
		return; /* the record is damaged */
	block = fj_store_at(s, offset, FJ_BLOCK_MIN);
	if (!block || block->size_class >= FJ_BLOCK_CLASSES ||
		offset + (FJ_BLOCK_MIN << block->size_class) > h->end)
		return;
	block->used = b->free_block[block->size_class];
	__atomic_store_n(&b->free_block[block->size_class], at, __ATOMIC_RELEASE);
}
