/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * grow.c - creates, checks, maps and extends the file of records. Called at the start of a jail and of each process,
 * by met-roots/met_roots.c, by replace.c and blocks.c, and by the tools.
 *
 * Disk space is claimed before a byte of it is touched. So a full disk gives an error of the call that wanted to
 * record something, and never SIGBUS. A piece of the file belongs to one process from the moment that this process
 * raises head.claimed past it, by a compare-and-swap. If that process is killed, the piece stays unused. head.end
 * follows when the file is that long. The file is extended by writing, never by setting its size: another process
 * may have claimed and written the next piece already. */
#include "bytes/bytes.h"
#include "records/disk.h"
#include "records/store.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/mman.h>

/* The smallest window, in bytes of address space, not of memory: RLIMIT_AS may leave little of it. */
#define WINDOW_MIN (1UL << 20)
#define LOG_MIN 4u
#define MADV_POPULATE_WRITE_ 23 /* asm-generic/mman-common.h */

static long file_size(int fd, uint64_t *size)
{
	struct stat st;
	const long r = fj_sys_fstat(fd, &st);

	if (r < 0)
		return r;
	*size = (uint64_t)st.st_size;
	return 0;
}

/* For a file system that cannot reserve space: writing zeros does the same. */
static long write_zeros(int fd, uint64_t at, uint64_t size)
{
	static const char zeros[FJ_PAGE];

	while (size) {
		const uint64_t part = size < sizeof(zeros) ? size : sizeof(zeros);
		const long n = fj_sys_pwrite64(fd, zeros, part, at);

		if (n == -EINTR) /* only by a stop: signals are blocked while the lock is held */
			continue;
		if (n <= 0)
			return n ? n : -EIO;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static long allocate_space(int fd, uint64_t at, uint64_t size)
{
	long r;

	if (!fj_may_grow_to(at + size))
		return -EFBIG;
	do /* -EINTR only by a stop, as in write_zeros() */
		r = fj_sys_fallocate(fd, 0, at, size);
	while (r == -EINTR);
	return r == -EOPNOTSUPP || r == -ENOSYS ? write_zeros(fd, at, size) : r;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t claim_place(struct fj_store_head *h, uint64_t size)
{
	uint64_t seen = __atomic_load_n(&h->claimed, __ATOMIC_ACQUIRE), at;

	/* Each failure is another process's claim, and the file's size limits those. */
	do
		at = later_of(seen, __atomic_load_n(&h->end, __ATOMIC_ACQUIRE));
	while (!__atomic_compare_exchange_n(
		&h->claimed, &seen, at + size, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE));
	return at;
}

/* If no other process has claimed a piece behind it, the claim is undone. */
static void give_place_back(struct fj_store_head *h, uint64_t at, uint64_t size)
{
	uint64_t seen = at + size;

	__atomic_compare_exchange_n(
		&h->claimed, &seen, at, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void raise_end(struct fj_store_head *h, uint64_t end)
{
	uint64_t seen = __atomic_load_n(&h->end, __ATOMIC_ACQUIRE);

	/* (`seen` only rises.) */
	while (seen < end && !__atomic_compare_exchange_n(&h->end, &seen, end, false,
				     __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE))
		;
}

/* Gets the space for the piece in the mapping, too: touches, in one call, what fallocate(2) has reserved. */
static long populate_piece(struct fj_store *s, uint64_t at, uint64_t size)
{
	char *piece = fj_store_at(s, at, size);
	long r = 0;

	if (!piece)
		return -ENOMEM;
	if (!s->is_shared) /* a server has the space */
		r = fj_sys_madvise(piece, size, MADV_POPULATE_WRITE_);
	return r == -EFAULT ? -ENOSPC : r == -EINVAL ? 0 /* before Linux 5.14 */ : r;
}

static long extend_file(struct fj_store *s, int fd, uint64_t size)
{
	struct fj_store_head *h = fj_store_head(s);
	uint64_t at, had = 0;
	long r = file_size(fd, &had);

	size = fj_page_up(size);
	if (!r && __atomic_load_n(&h->end, __ATOMIC_ACQUIRE) > had)
		r = -EIO; /* somebody has truncated it */
	if (r < 0)
		return r;
	at = claim_place(h, size);
	/* A damaged head may name any place. */
	r = (at | size) >> FJ_STORE_SIZE_LOG || at & (FJ_PAGE - 1) ? -EIO :
								     allocate_space(fd, at, size);
	if (!r)
		r = populate_piece(s, at, size);
	if (r < 0) {
		give_place_back(h, at, size);
		return r;
	}
	raise_end(h, at + size);
	return (long)at;
}

long fj_store_extend(struct fj_store *s, uint64_t size)
{
	const long fd = fj_store_open_again(s, O_RDWR);
	long r;

	/* The program may have as many descriptors as it likes. EMFILE would make no sense for its chown. */
	if (fd < 0)
		return fd == -EMFILE || fd == -ENFILE ? -ENOMEM : fd;
	r = extend_file(s, (int)fd, size);
	fj_sys_close((int)fd);
	return r;
}

static long create_records(int fd, uint32_t log)
{
	static const struct fj_store_slot page[FJ_PAGE / sizeof(struct fj_store_slot)] = {
		[0 ... FJ_PAGE / sizeof(struct fj_store_slot) - 1] = {.state = FJ_SLOT_EMPTY}};
	const uint64_t at = 2 * FJ_PAGE, size = sizeof(struct fj_store_slot) << log;
	const struct {
		char magic[8];
		uint32_t version, byte_order, head_size, slot_size;
		uint64_t table, records, old_used, end, blocks, old_heap_end, old_lock;
	} head = {
		.magic = FJ_STORE_MAGIC,
		.version = FJ_STORE_VERSION,
		.byte_order = FJ_STORE_ORDER,
		.head_size = sizeof(struct fj_store_head),
		.slot_size = sizeof(struct fj_store_slot),
		.table = fj_table(at, log, FJ_STORE_RUN_LOG),
		.end = at + size,
		.old_lock = FJ_STORE_OLD_LOCKED,
	};
	struct {
		const void *base;
		size_t len;
	} array[(sizeof(struct fj_store_slot) << FJ_STORE_FIRST_LOG) / FJ_PAGE];
	long r = allocate_space(fd, 0, head.end);

	for (size_t i = 0; i < size / FJ_PAGE; i++) {
		array[i].base = page;
		array[i].len = sizeof(page);
	}
	if (!r)
		r = fj_sys_pwritev(fd, array, size / FJ_PAGE, at, 0);
	if (r == (long)size) {
		r = fj_sys_pwrite64(fd, &head, sizeof(head), 0);
		if (r == (long)sizeof(head))
			return 0;
	}
	return r < 0 ? r : -EIO;
}

long fj_owner_create(int fd)
{
	return create_records(fd, FJ_STORE_FIRST_LOG);
}

long fj_owner_create_small(int fd)
{
	return create_records(fd, FJ_STORE_RUN_LOG);
}

static bool is_piece(uint64_t at, uint64_t size, uint64_t end)
{
	return at >= FJ_PAGE && at <= end && size <= end - at;
}

static bool is_array_head_sound(const struct fj_store_array_head *b, uint64_t end)
{
	if (b->heap_end &&
		(b->heap_at > b->heap_end || !is_piece(b->heap_at, b->heap_end - b->heap_at, end)))
		return false;
	for (unsigned i = 0; i < FJ_BLOCK_CLASSES; i++)
		if (b->free_block[i] && !is_piece((uint64_t)b->free_block[i] * FJ_BLOCK_UNIT,
						FJ_BLOCK_MIN << i, end))
			return false;
	return true;
}

/* Is what the head says possible in a file of `size` bytes? Returns the table, or 0. Another
 * process may change the head meanwhile, also to a newer version: it changes the table first. */
static uint64_t sound_table(const struct fj_store_head *h, uint64_t size)
{
	const bool has_head = __atomic_load_n(&h->version, __ATOMIC_ACQUIRE) >= 3;
	const uint64_t table = __atomic_load_n(&h->table, __ATOMIC_ACQUIRE);
	const uint64_t end = __atomic_load_n(&h->end, __ATOMIC_ACQUIRE), at = fj_table_at(table);
	const uint32_t log = fj_table_log(table);

	if (end > size || end & (FJ_PAGE - 1) || log < LOG_MIN || !fj_table_is_sound(table) ||
		!is_piece(at, sizeof(struct fj_store_slot) << log, end))
		return 0;
	if (has_head &&
		(at < 2 * FJ_PAGE ||
			!is_array_head_sound((const void *)((const char *)h + at - FJ_PAGE), end)))
		return 0;
	return table;
}

#define LOOKED_AT                                                                                  \
	64u /* slots: a start must not cost more for a larger file; `owners check` reads all */

static bool are_slots_sound(const struct fj_store_slot *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t state = slots[i].state;
		const struct fj_store_copy *copy = &slots[i].copy[state & FJ_SLOT_SECOND];

		if ((state & FJ_SLOT_KIND) && !(state & FJ_SLOT_USED))
			return false;
		if ((state & FJ_SLOT_LIVE) && fj_store_check(&slots[i], copy) != copy->check &&
			__atomic_load_n(&slots[i].state, __ATOMIC_ACQUIRE) == state)
			return false;
	}
	return true;
}

long fj_owner_check(int fd)
{
	uint64_t size;
	long at, r = file_size(fd, &size);
	const struct fj_store_head *h;

	if (r < 0)
		return r;
	if (size < 24)
		return -EMEDIUMTYPE;
	at = fj_sys_mmap(0, size, 1 /* PROT_READ */, 1 /* MAP_SHARED */, fd, 0);
	if (fj_is_err(at))
		return at;
	h = (const struct fj_store_head *)at;
	if (memcmp(h->magic, FJ_STORE_MAGIC, sizeof(h->magic)))
		r = -EMEDIUMTYPE;
	else if (h->version < FJ_STORE_VERSION_MIN || h->version > FJ_STORE_VERSION ||
		 h->byte_order != FJ_STORE_ORDER)
		r = -EPROTONOSUPPORT;
	else if (h->head_size != sizeof(*h) || h->slot_size != sizeof(struct fj_store_slot) ||
		 size < sizeof(*h))
		r = -EUCLEAN;
	else {
		const uint64_t table = sound_table(h, size);
		const uint32_t count = 1u << fj_table_log(table);

		if (!table || !are_slots_sound((const void *)(at + (long)fj_table_at(table)),
				      count < LOOKED_AT ? count : LOOKED_AT))
			r = -EUCLEAN;
	}
	fj_sys_munmap((void *)at, size);
	return r;
}

/* Maps `to_map`, and closes it. */
static long map_store(struct fj_store *s, long to_map)
{
	long at;

	if (to_map < 0)
		return to_map;
	at = fj_sys_mmap(
		0, s->first_window, 3 /* PROT_READ | PROT_WRITE */, 1 /* MAP_SHARED */, to_map, 0);
	if (at == -EACCES) {
		s->is_read_only = true;
		at = fj_sys_mmap(0, s->first_window, 1, 1, to_map, 0);
	}
	fj_sys_close((int)to_map);
	if (fj_is_err(at))
		return at;
	s->window[0] = (char *)at;
	return 0;
}

static long size_up(struct fj_store *s, int fd, struct stat *st, uint64_t *size)
{
	uint64_t window = WINDOW_MIN;
	const long r = fj_sys_fstat(fd, st);

	if (r < 0)
		return r;
	*size = (uint64_t)st->st_size;
	while (window < *size)
		window *= 2;
	*s = (struct fj_store){.fd = fd,
		.ino = st->st_ino,
		.device = (uint32_t)st->st_dev,
		.first_window = window,
		.known_size = *size};
	return 0;
}

static bool is_usable(struct fj_store *s, uint64_t size)
{
	return size >= sizeof(struct fj_store_head) && sound_table(fj_store_head(s), size);
}

static struct fj_store_room room[2] FJ_BULKY;

static long start_store(struct fj_store *s, int fd)
{
	struct stat st;
	uint64_t size;
	long to_map, r = size_up(s, fd, &st, &size);

	if (r < 0)
		return r;
	s->is_shared = fj_owner_shared >> (s - fj_store) & 1;
	s->room = &room[s - fj_store];
	to_map = fj_open_shared(fd, O_RDWR, &st);
	if (to_map == -EACCES || to_map == -EROFS || to_map == -EPERM)
		to_map = fj_open_anew(fd, O_RDONLY);
	r = map_store(s, to_map);
	if (r < 0)
		return r;
	/* The loader has checked the file. If it was damaged since, the program must start nevertheless. */
	if (!is_usable(s, size))
		s->is_truncated = true;
	else
		fj_store_lock_start(s);
	return 0;
}

long fj_store_map(struct fj_store *s, int fd, const char *path)
{
	struct stat st;
	uint64_t size = 0;
	long r = size_up(s, fd, &st, &size);

	s->fd = -1;
	s->path = path;
	s->is_shared = fj_owner_disk(fd) >= FJ_DISK_FUSE;
	if (r < 0)
		fj_sys_close(fd);
	else
		r = map_store(s, fd);
	if (!r && !is_usable(s, size)) {
		fj_sys_munmap(s->window[0], s->first_window);
		r = -EUCLEAN;
	}
	return r;
}

long fj_owner_start(int fd, int host_owners_fd)
{
	long r = start_store(&fj_store[0], fd);

	if (r < 0)
		return r;
	fj_store_count = 1;
	if (host_owners_fd < 0)
		return 0;
	r = start_store(&fj_store[1], host_owners_fd);
	if (!r)
		fj_store_count = 2;
	return r;
}
