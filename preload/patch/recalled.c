/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled.c - keeps in the user's state directory what jails have found of large texts. The first jail
 * stores the sites: a search of libc's text takes 0.2 ms, and each new jail would have to make it. The second
 * jail adds a copy of the text with its jumps (copies.c), which takes 1 ms. Then the first programs of a jail
 * start as fast as later ones. They have no private pages of text either, whose page table entries each fork
 * would copy.
 *
 * There are FJ_COPY_FILES places for files (recalled_files.c). The hash of a text chooses PLACES of them;
 * the text's file took the first of these that was free, or replaced the oldest. A file is valid only if this
 * same loader wrote it, for the same doors and for the same text (all of struct fj_text_key is compared), and
 * if its checksum is right. The checksum does not cover the copy, which is mapped and not read. Instead, the
 * copy is on the disk before the file gets its name, and sites.c checks the bytes at its jumps. fakejail never
 * writes to a file that has its name. So a jail may map the file as long as it is the one that was checked
 * (struct fj_copy_file). The file gets the modification time of its text's file. If another program writes to
 * the file, this time changes, and the file is invalid.
 *
 * Called by sites.c and copies.c. */
#include "patch/recalled.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/hash.h"
#include "door/shared.h"
#include "jail/jail.h"
#include "jail/texts.h"
#include "patch/recalled_files.h"
#include "patch/text_cache.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "text/sites.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#define OMIT 0x3ffffffe		 /* UTIME_OMIT of utimensat(2) */
#define LEAST_TEXT (128u * 1024) /* a smaller text is searched as quickly */
#define PLACES 4u		 /* a text whose places are all taken replaces another's file */

struct head {
	uint64_t build;
	uint64_t dev, ino, offset, len;
	int64_t mtime, mtime_ns, ctime, ctime_ns;
	uint64_t is_first;
	/* What was found in this text. */
	uint32_t count, changes;
	/* About its copy, at `copy_at` in the file; 0: there is none yet. */
	uint64_t copy_at, copy_stubs, gate;
	uint32_t copy_before, copied_hot;
	uint64_t sum; /* of the head, with 0 here, and of the sites */
};

static struct head head_of(const struct fj_text_key *k, bool is_first)
{
	return (struct head){.build = fj_doors()->recalled_build,
		.dev = k->st.st_dev,
		.ino = k->st.st_ino,
		.offset = k->offset,
		.len = k->len,
		.mtime = (int64_t)k->st.st_mtime,
		.mtime_ns = (int64_t)k->st.st_mtime_nsec,
		.ctime = (int64_t)k->st.st_ctime,
		.ctime_ns = (int64_t)k->st.st_ctime_nsec,
		.is_first = is_first};
}

static uint64_t sum_of(struct head h, const struct fj_site *site)
{
	h.sum = 0;
	return fj_hash((const char *)site, h.count * sizeof(*site),
		fj_hash((const char *)&h, sizeof(h), FJ_HASH_SEED));
}

/* The place with number `i` of those where the file of a text may be. The step is odd, so they differ. */
static uint32_t place_of(const struct head *h, uint32_t i)
{
	const uint64_t hash = fj_hash((const char *)h, offsetof(struct head, count), FJ_HASH_SEED);

	return (uint32_t)((hash + i * (hash >> 32 | 1)) % FJ_COPY_FILES);
}

static bool write_head(int fd, struct head *h, const struct fj_site *site)
{
	const struct iovec parts[2] = {
		{h, sizeof(*h)}, {(void *)(uintptr_t)site, h->count * sizeof(*site)}};

	h->sum = sum_of(*h, site);
	return fj_sys_writev(fd, parts, 2) == (long)(sizeof(*h) + h->count * sizeof(*site));
}

/* The modification time of the file: whole even seconds, which every file system can store. */
static int64_t time_of(const struct head *h)
{
	return h->mtime & ~(int64_t)1;
}

static bool set_time(int fd, const struct head *h)
{
	const struct __kernel_timespec times[2] = {
		{.tv_nsec = OMIT}, {.tv_sec = time_of(h), .tv_nsec = 0}};

	return !fj_sys_utimensat(fd, 0, times, 0);
}

static bool is_time_set(const struct stat *st, const struct head *h)
{
	return (int64_t)st->st_mtime == time_of(h) && !st->st_mtime_nsec;
}

static bool is_kept_there(const struct fj_text_key *k)
{
	return fj_doors()->recalled[0] && k->len >= LEAST_TEXT;
}

/* Is the file ours? A file of another user (of an earlier owner of this home directory) could say
 * anything. */
static bool is_file_ours(int fd, struct stat *st)
{
	return !fj_sys_fstat(fd, st) && st->st_uid == (uint32_t)fj_sys_geteuid() &&
	       !(st->st_mode & 022);
}

static struct fj_copy_file seen_as(const struct stat *st)
{
	return (struct fj_copy_file){.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtime,
		.mtime_ns = st->st_mtime_nsec};
}

/* Does the file have a copy that this jail can use? */
static bool has_copy(const struct head *h, const struct stat *st)
{
	return h->copy_at && h->gate == fj_jail->gate && fj_texts()->copies_size &&
	       (uint64_t)st->st_size == h->copy_at + fj_page_up(h->len) + h->copy_stubs;
}

/* Are the bytes that will be changed the expected ones? */
static bool are_sites_as_expected(
	struct fj_site *site, uint32_t count, const uint8_t *code, uint64_t len, bool copied)
{
	for (uint32_t i = 0; i < count; i++) {
		if (site[i].at + 2 > len || site[i].moved > site[i].at || site[i].trap_count ||
			(site[i].is_hot &&
				(code[site[i].at] != 0x0f || code[site[i].at + 1] != 0x05)))
			return false;
		if (!copied)
			site[i].is_copied = 0;
	}
	return true;
}

static void take_copy(
	struct fj_sited_text *t, const struct head *h, uint32_t place, const struct stat *st)
{
	uint32_t none = FJ_COPY_NONE;

	if (!__atomic_compare_exchange_n(&t->copy_state, &none, FJ_COPY_BEING_MADE, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	t->copy_at = h->copy_at;
	t->copy_stubs = h->copy_stubs;
	t->copy_before = h->copy_before;
	t->copied_hot = h->copied_hot;
	t->copy_kept = place + 1;
	fj_texts()->kept[place] = seen_as(st);
	__atomic_store_n(&t->copy_state, FJ_COPY_RECALLED, __ATOMIC_RELEASE);
}

/* Read the head of a file. Is it complete, and has nobody else written to the file? */
static bool read_head(int fd, struct head *h, struct stat *st)
{
	return is_file_ours(fd, st) && fj_sys_read(fd, h, sizeof(*h)) == (long)sizeof(*h) &&
	       is_time_set(st, h) && h->count <= FJ_SITES_MAX;
}

static bool is_same_text(const struct head *h, const struct head *wanted)
{
	return !memcmp(h, wanted, offsetof(struct head, count));
}

/* Where to write the file of this text: where its old file is, else where there is none or a damaged one,
 * else where the oldest is. */
static uint32_t place_to_write(const struct head *wanted)
{
	uint32_t chosen = place_of(wanted, 0);
	uint64_t since = UINT64_MAX; /* 0: the chosen place has no file that is worth keeping */

	for (uint32_t i = 0; i < PLACES; i++) {
		const uint32_t place = place_of(wanted, i);
		const long fd = fj_recalled_file_open(place);
		struct stat st = {0};
		uint64_t written = 0;
		struct head h;

		if (fd >= 0) {
			if (read_head((int)fd, &h, &st))
				written = st.st_ctime;
			fj_sys_close((int)fd);
			if (written && is_same_text(&h, wanted))
				return place;
		}
		if (written < since) {
			since = written;
			chosen = place;
		}
		if (fd < 0) /* fj_recalled_find() looks no further */
			break;
	}
	return chosen;
}

/* Read the sites that follow the head into `site`, which has room for one byte more. */
static struct fj_sited_text *take_sites(int fd, const struct head *h, uint32_t place,
	const struct stat *st, const struct fj_text_key *k, const uint8_t *code,
	struct fj_site *site)
{
	const long size = (long)(h->count * sizeof(*site));
	struct fj_sited_text *t;

	if (fj_sys_read(fd, site, size) != size || sum_of(*h, site) != h->sum ||
		!are_sites_as_expected(site, h->count, code, k->len, has_copy(h, st)))
		return NULL;
	t = fj_text_cache_add(k, site, h->count);
	if (t && has_copy(h, st))
		take_copy(t, h, place, st);
	return t;
}

static struct fj_sited_text *take_file(int fd, const struct head *h, uint32_t place,
	const struct stat *st, const struct fj_text_key *k, const uint8_t *code)
{
	const long size = (long)(h->count * sizeof(struct fj_site)) + 1;
	const long room =
		fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fj_sited_text *t;

	if (fj_is_err(room))
		return NULL;
	t = take_sites(fd, h, place, st, k, code, (struct fj_site *)room);
	fj_sys_munmap((void *)room, size);
	return t;
}

struct fj_sited_text *fj_recalled_find(
	const struct fj_text_key *k, const uint8_t *code, bool is_first, uint32_t *changes)
{
	const struct head wanted = head_of(k, is_first);
	struct fj_sited_text *t = NULL;
	bool is_its = false;
	struct stat st;
	struct head h;

	if (!is_kept_there(k))
		return NULL;
	for (uint32_t i = 0; i < PLACES && !is_its; i++) {
		const uint32_t place = place_of(&wanted, i);
		const long fd = fj_recalled_file_open(place);

		if (fd < 0)
			return NULL;
		is_its = read_head((int)fd, &h, &st) && is_same_text(&h, &wanted);
		if (is_its) {
			t = take_file((int)fd, &h, place, &st, k, code);
			*changes = h.changes;
		}
		fj_sys_close((int)fd);
	}
	return t;
}

void fj_recalled_keep(const struct fj_text_key *k, bool is_first, const struct fj_site *site,
	uint32_t count, uint32_t changes)
{
	struct head h = head_of(k, is_first);
	uint32_t place;
	long fd;

	if (!is_kept_there(k))
		return;
	place = place_to_write(&h);
	fd = fj_recalled_file_begin(place);
	if (fd < 0)
		return;
	h.count = count;
	h.changes = changes;
	fj_recalled_file_end(
		place, (int)fd, write_head((int)fd, &h, site) && set_time((int)fd, &h));
}

/* Make the copy and the head. Uses a copy of the sites: those in the jail's memory continue to be
 * counted. */
static bool make_recalled(
	struct fj_sited_text *t, struct head *h, int fd, int file, struct fj_site *site)
{
	const uint64_t at = fj_page_up(sizeof(*h) + t->count * sizeof(*site));

	if (!fj_copies_make_in(t, fd, file, at))
		return false;
	memcpy(site, &fj_texts()->site[t->first], t->count * sizeof(*site));
	for (uint32_t i = 0; i < t->count; i++)
		site[i].trap_count = 0;
	h->copy_at = at;
	h->copy_stubs = t->copy_stubs;
	h->copy_before = t->copy_before;
	h->copied_hot = t->copied_hot;
	h->gate = fj_jail->gate;
	h->count = t->count;
	/* The copy has no checksum, so it must be on the disk before the file gets its name. */
	return write_head(file, h, site) && set_time(file, h) && !fj_sys_fsync(file);
}

bool fj_recalled_make(struct fj_sited_text *t, const struct fj_text_key *k, bool is_first,
	uint32_t changes, int fd)
{
	const long size = (long)(t->count * sizeof(struct fj_site));
	struct head h = head_of(k, is_first);
	struct stat st;
	bool is_good;
	uint32_t place;
	long file, room;

	if (!is_kept_there(k) || t->len > FJ_RECALLED_TEXT_MAX || !fj_texts()->copies_size)
		return false;
	place = place_to_write(&h);
	file = fj_recalled_file_begin(place);
	if (file < 0)
		return false;
	h.changes = changes;
	room = fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	is_good = !fj_is_err(room) && make_recalled(t, &h, fd, (int)file, (struct fj_site *)room) &&
		  !fj_sys_fstat(file, &st);
	if (!fj_is_err(room))
		fj_sys_munmap((void *)room, size);
	if (!fj_recalled_file_end(place, (int)file, is_good))
		return false;
	fj_texts()->kept[place] = seen_as(&st);
	t->copy_kept = place + 1;
	return true;
}

void fj_recalled_forget(const struct fj_sited_text *t)
{
	fj_recalled_file_remove(t->copy_kept - 1);
}

long fj_recalled_open(const struct fj_sited_text *t)
{
	const struct fj_copy_file *known = &fj_texts()->kept[t->copy_kept - 1];
	const long fd = fj_recalled_file_open(t->copy_kept - 1);
	struct fj_copy_file now;
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fj_sys_fstat(fd, &st)) {
		now = seen_as(&st);
		if (!memcmp(&now, known, sizeof(now)))
			return fd;
	}
	fj_sys_close((int)fd);
	return -ESTALE;
}
