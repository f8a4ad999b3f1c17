/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * grow.c - making, checking and mapping the file of records, and making it longer.
 *
 * Disk space is claimed before a byte of it is touched: a full disk is then an errno of the call
 * that wanted to record something, and never SIGBUS. A piece counts from the moment that head.end
 * passes it; one that a killed process had claimed before is claimed and cleared again. */
#include "own/store.h"

#include <asm/stat.h>
#include <linux/mman.h>

#define WINDOW_MIN (1UL << 20) /* address space, not memory: of that RLIMIT_AS may leave little */
#define LOG_MIN 4u
#define MADV_REMOVE_ 9 /* asm-generic/mman-common.h */
#define MADV_POPULATE_WRITE_ 23

uint32_t fj_own_shared;

static long file_size(int fd, uint64_t *size)
{
	struct stat st;
	const long r = fj_sys2(__NR_fstat, fd, &st);

	if (r < 0)
		return r;
	*size = (uint64_t)st.st_size;
	return 0;
}

/* Where a filesystem cannot reserve: written zeros are as good. */
static long write_zeros(int fd, uint64_t at, uint64_t size)
{
	static const char zeros[FJ_PAGE];

	while (size) {
		const uint64_t part = size < sizeof(zeros) ? size : sizeof(zeros);
		const long n = fj_sys4(__NR_pwrite64, fd, zeros, part, at);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n ? n : -EIO;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static long claim(int fd, uint64_t at, uint64_t size)
{
	long r;

	if (!fj_may_grow_to(at + size))
		return -EFBIG;
	do
		r = fj_sys4(__NR_fallocate, fd, 0, at, size);
	while (r == -EINTR);
	return r == -EOPNOTSUPP || r == -ENOSYS ? write_zeros(fd, at, size) : r;
}

static long set_size(int fd, uint64_t size)
{
	char link[32];
	struct fj_str path;

	fj_str_init(&path, link, sizeof(link));
	fj_fd_path(&path, fd, NULL);
	return fj_sys2(__NR_truncate, path.at, size);
}

/* Claim what is mapped at `piece`. No descriptor is opened for it: to close that would take away
 * the process's locks on the file, and with them what tells that it lives (lock.c). */
static long claim_mapped(struct fj_store *s, int open_fd, char *piece, uint64_t at, uint64_t size)
{
	long fd, r = s->is_shared ? -EINVAL /* the server has the space */ :
				    fj_sys3(__NR_madvise, piece, size, MADV_POPULATE_WRITE_);

	if (r != -EINVAL)
		return r == -EFAULT ? -ENOSPC : r;
	fd = fj_open_anew(open_fd, O_RDWR); /* before Linux 5.14 */
	if (fj_is_err(fd))
		return fd;
	r = claim((int)fd, at, size);
	fj_close((int)fd);
	if (s->fd >= 0)
		fj_store_lock_again(s);
	return r;
}

static long extend(struct fj_store *s, int fd, uint64_t size)
{
	struct fj_store_head *h = fj_store_head(s);
	const uint64_t at = h->end;
	uint64_t had = 0;
	char *piece;
	long r;

	size = (size + FJ_PAGE - 1) & ~(uint64_t)(FJ_PAGE - 1);
	r = file_size(fd, &had);
	if (!r && at > had)
		r = -EIO;	   /* cut off by somebody */
	if (!r && had < at + size) /* beyond the limit is EFBIG, and never SIGXFSZ */
		r = fj_may_grow_to(at + size) ? set_size(fd, at + size) : -EFBIG;
	if (r < 0)
		return r;
	piece = fj_store_at(s, at, size);
	r = piece ? claim_mapped(s, fd, piece, at, size) : -ENOMEM;
	if (r < 0)
		return r;
	if (had > at)
		memset(piece, 0, had - at < size ? had - at : size);
	__atomic_store_n(&h->end, at + size, __ATOMIC_RELEASE);
	return (long)at;
}

long fj_store_extend(struct fj_store *s, uint64_t size)
{
	long fd, r;

	if (s->fd >= 0)
		return extend(s, s->fd, size);
	/* (No lock of this process's is on it that closing could take away.) */
	fd = fj_store_open_again(s, O_RDWR);
	if (fj_is_err(fd))
		return fd;
	r = extend(s, (int)fd, size);
	fj_close((int)fd);
	return r;
}

static bool is_kept(const struct fj_store_slot *slot)
{
	return (slot->state & FJ_SLOT_LIVE) &&
	       !(slot->copy[slot->state & FJ_SLOT_SECOND].flags & FJ_OWN_GONE);
}

long fj_store_grow(struct fj_store *s)
{
	struct fj_store_head *h = fj_store_head(s);
	const uint64_t old_table = h->table;
	struct fj_store_slot *old, *new;
	uint64_t keep = 0, table;
	uint32_t log = FJ_STORE_FIRST_LOG, old_mask, mask;
	long at;

	old = fj_store_slots(s, old_table, &old_mask);
	if (!old)
		return -ENOMEM;
	for (uint64_t i = 0; i <= old_mask; i++)
		keep += is_kept(&old[i]);
	while (1UL << log < keep * 3)
		log++;
	if (log > FJ_STORE_LOG_MAX)
		return -ENOSPC;
	at = fj_store_extend(s, sizeof(struct fj_store_slot) << log);
	if (fj_is_err(at))
		return at;
	/* (One of version 1 stays without runs: older programs may be reading it.) */
	table = fj_table((uint64_t)at, log, fj_table_run_log(old_table));
	new = fj_store_slots(s, table, &mask);
	old = fj_store_slots(s, old_table, &old_mask);
	if (!new || !old)
		return -ENOMEM;
	for (uint64_t i = 0; i <= old_mask; i++) {
		struct fj_store_slot *to;

		if (!is_kept(&old[i]))
			continue;
		to = fj_store_slot_for(new, table, old[i].dev, old[i].ino);
		if (to) /* else somebody writes to the file who should not */
			*to = old[i];
	}
	/* From here on the new array is the table. Readers who are still in the old one find it
	 * empty, and look again. */
	__atomic_store_n(&h->table, table, __ATOMIC_SEQ_CST);
	__atomic_store_n(&h->used, keep, __ATOMIC_RELEASE);
	__atomic_store_n(&h->records, keep, __ATOMIC_RELEASE);
	if (s->is_lost)
		return -EIO;
	/* (Another machine may not know of the new array yet.) */
	if (!s->is_shared)
		fj_sys3(__NR_madvise, old, sizeof(struct fj_store_slot) * (old_mask + 1UL),
			MADV_REMOVE_);
	return 0;
}

long fj_own_create(int fd)
{
	const uint64_t table_size = sizeof(struct fj_store_slot) << FJ_STORE_FIRST_LOG;
	struct {
		char magic[8];
		uint32_t version, byte_order, head_size, slot_size;
		uint64_t table, records, used, end;
	} head = {
		.magic = FJ_STORE_MAGIC,
		.version = FJ_STORE_VERSION,
		.byte_order = FJ_STORE_ORDER,
		.head_size = sizeof(struct fj_store_head),
		.slot_size = sizeof(struct fj_store_slot),
		.table = fj_table(FJ_PAGE, FJ_STORE_FIRST_LOG, FJ_STORE_RUN_LOG),
		.end = FJ_PAGE + table_size,
	};
	long r = claim(fd, 0, head.end);

	if (r < 0)
		return r;
	r = fj_sys4(__NR_pwrite64, fd, &head, sizeof(head), 0);
	return r == (long)sizeof(head) ? 0 : r < 0 ? r : -EIO;
}

static bool is_piece(uint64_t at, uint64_t size, uint64_t end)
{
	return at >= FJ_PAGE && at <= end && size <= end - at;
}

/* Is what the head says possible in a file of `size` bytes? */
static bool is_sound(const struct fj_store_head *h, uint64_t size)
{
	const uint32_t log = fj_table_log(h->table);

	if (h->end > size || h->end & (FJ_PAGE - 1) || log < LOG_MIN ||
		!fj_table_is_sound(h->table))
		return false;
	if (!is_piece(fj_table_at(h->table), sizeof(struct fj_store_slot) << log, h->end))
		return false;
	if (h->heap_end && (h->heap_at > h->heap_end ||
				   !is_piece(h->heap_at, h->heap_end - h->heap_at, h->end)))
		return false;
	for (unsigned i = 0; i < FJ_BLOCK_CLASSES; i++)
		if (h->free_block[i] && !is_piece((uint64_t)h->free_block[i] * FJ_BLOCK_UNIT,
						FJ_BLOCK_MIN << i, h->end))
			return false;
	return true;
}

#define LOOKED_AT                                                                                  \
	64u /* slots: a start must cost the same whatever the size; `owners check` reads all */

static bool are_slots_sound(const struct fj_store_slot *slots, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t state = slots[i].state;
		const struct fj_store_copy *copy = &slots[i].copy[state & FJ_SLOT_SECOND];

		if (state && !(state & FJ_SLOT_USED))
			return false;
		if ((state & FJ_SLOT_LIVE) && fj_store_check(&slots[i], copy) != copy->check &&
			__atomic_load_n(&slots[i].state, __ATOMIC_ACQUIRE) == state)
			return false;
	}
	return true;
}

long fj_own_check(int fd)
{
	uint64_t size;
	long at, r = file_size(fd, &size);
	const struct fj_store_head *h;

	if (r < 0)
		return r;
	if (size < 24)
		return -EMEDIUMTYPE;
	at = fj_sys6(__NR_mmap, 0, size, 1 /* PROT_READ */, 1 /* MAP_SHARED */, fd, 0);
	if (fj_is_err(at))
		return at;
	h = (const struct fj_store_head *)at;
	if (memcmp(h->magic, FJ_STORE_MAGIC, sizeof(h->magic)))
		r = -EMEDIUMTYPE;
	else if (h->version < FJ_STORE_VERSION_MIN || h->version > FJ_STORE_VERSION ||
		 h->byte_order != FJ_STORE_ORDER)
		r = -EPROTONOSUPPORT;
	else if (h->head_size != sizeof(*h) || h->slot_size != sizeof(struct fj_store_slot) ||
		 size < sizeof(*h) || !is_sound(h, size))
		r = -EUCLEAN;
	else {
		const uint32_t count = 1u << fj_table_log(h->table);

		if (!are_slots_sound((const void *)(at + (long)fj_table_at(h->table)),
			    count < LOOKED_AT ? count : LOOKED_AT))
			r = -EUCLEAN;
	}
	fj_sys2(__NR_munmap, at, size);
	return r;
}

/* Map `to_map`, and close it. */
static long map(struct fj_store *s, long to_map)
{
	long at;

	if (fj_is_err(to_map))
		return to_map;
	at = fj_sys6(__NR_mmap, 0, s->first_window, 3 /* PROT_READ | PROT_WRITE */,
		1 /* MAP_SHARED */, to_map, 0);
	if (at == -EACCES) {
		s->is_read_only = true;
		at = fj_sys6(__NR_mmap, 0, s->first_window, 1, 1, to_map, 0);
	}
	fj_close((int)to_map);
	if (fj_is_err(at))
		return at;
	s->window[0] = (char *)at;
	return 0;
}

static long size_up(struct fj_store *s, int fd, uint64_t *size)
{
	uint64_t window = WINDOW_MIN;
	struct stat st;
	const long r = fj_sys2(__NR_fstat, fd, &st);

	if (r < 0)
		return r;
	*size = (uint64_t)st.st_size;
	while (window < *size)
		window *= 2;
	*s = (struct fj_store){.fd = fd,
		.ino = st.st_ino,
		.home = (uint32_t)st.st_dev,
		.first_window = window,
		.known_size = *size};
	return 0;
}

static bool is_usable(struct fj_store *s, uint64_t size)
{
	return size >= sizeof(struct fj_store_head) && is_sound(fj_store_head(s), size);
}

static struct fj_store_room room[2] FJ_BULKY;

static long start(struct fj_store *s, int fd)
{
	uint64_t size;
	bool had_locks;
	long to_map, r = size_up(s, fd, &size);

	if (r < 0)
		return r;
	s->is_shared = fj_own_shared >> (s - fj_store) & 1;
	s->room = &room[s - fj_store];
	had_locks = !(fj_sys3(__NR_fcntl, fd, F_GETFL, 0) & O_PATH);
	to_map = fj_open_shared(fd, O_RDWR);
	if (to_map == -EACCES || to_map == -EROFS || to_map == -EPERM)
		to_map = fj_open_anew(fd, O_RDONLY);
	r = map(s, to_map);
	if (r < 0)
		return r;
	/* The loader has checked it; what it has become since is no reason for a program not to
	 * start. */
	if (!is_usable(s, size))
		s->is_lost = true;
	else
		fj_store_lock_start(s);
	if (had_locks) /* of the program before; to close has taken them away */
		fj_own_still_watches(s);
	return 0;
}

uint32_t fj_own_shared_with_others(int fd, int elder_fd)
{
	return (fj_own_disk(fd) >= FJ_DISK_FUSE) |
	       (elder_fd >= 0 && fj_own_disk(elder_fd) >= FJ_DISK_FUSE) << 1;
}

long fj_store_map(struct fj_store *s, int fd, const char *path)
{
	uint64_t size;
	long r = size_up(s, fd, &size);

	s->fd = -1;
	s->path = path;
	s->is_shared = fj_own_disk(fd) >= FJ_DISK_FUSE;
	if (r < 0)
		fj_close(fd);
	else
		r = map(s, fd);
	if (!r && !is_usable(s, size)) {
		fj_sys2(__NR_munmap, s->window[0], s->first_window);
		r = -EUCLEAN;
	}
	return r;
}

long fj_own_start(int fd, int elder_fd)
{
	long r = start(&fj_store[0], fd);

	if (r < 0)
		return r;
	fj_store_count = 1;
	if (elder_fd < 0)
		return 0;
	r = start(&fj_store[1], elder_fd);
	if (!r)
		fj_store_count = 2;
	return r;
}
