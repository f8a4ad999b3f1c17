/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * recalled.c - the sites of large texts, found by a jail before this one and kept in the user's
 * state folder: to look for libc's takes a fifth of a millisecond, which each new jail would pay.
 *
 * There are FJ_RECALLED files, and a text's is the one that its hash leads to; a later text takes
 * it over. A file counts only when it was written by this very loader, for the same doors, for the
 * same text by all that a jail knows one by (text_cache.c), and when its sum is right: so nobody needs to
 * wait for anybody, and what is cut off, or written by two at once, is looked for anew.
 *
 * Called by sites.c. */
#include "patch/recalled.h"

#include "sys/sys.h"
#include "patch/text_cache.h"
#include "door/shared.h"
#include "jail/texts.h"
#include "text/sites.h"

#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/uio.h>
#include <asm/stat.h>

#define FJ_RECALLED 64u
#define LEAST_TEXT (128u * 1024) /* a smaller one is searched as quickly */

struct head {
	uint64_t build;
	uint64_t dev, ino, offset, len;
	int64_t mtime, mtime_ns, ctime, ctime_ns;
	uint32_t count, changes;
	uint64_t is_first;
	uint64_t sum; /* of the head, with 0 here, and the sites */
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

static long open_of(const struct head *h, int flags)
{
	const uint64_t place = fj_hash((const char *)h, sizeof(*h), FJ_HASH_SEED) % FJ_RECALLED;
	char path[sizeof(fj_doors()->recalled) + 4];
	struct fj_str s;

	fj_str_init(&s, path, sizeof(path));
	fj_str_put(&s, fj_doors()->recalled);
	fj_str_put(&s, "/");
	fj_str_num(&s, place, 10);
	return fj_sys4(__NR_openat, AT_FDCWD, path,
		flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
}

static bool is_kept_there(const struct fj_text_key *k)
{
	return fj_doors()->recalled[0] && k->len >= LEAST_TEXT;
}

/* Somebody else's, whose home folder this was, might say what he likes. */
static bool is_file_ours(int fd)
{
	struct stat st;

	return !fj_sys2(__NR_fstat, fd, &st) && st.st_uid == (uint32_t)fj_sys0(__NR_geteuid) &&
	       !(st.st_mode & 022);
}

/* The bytes that are going to be changed are what they were. */
static bool fit(const struct fj_site *site, uint32_t count, const uint8_t *code, uint64_t len)
{
	for (uint32_t i = 0; i < count; i++)
		if (site[i].at + 2 > len || site[i].heat || site[i].is_copied ||
			(site[i].is_hot &&
				(code[site[i].at] != 0x0f || code[site[i].at + 1] != 0x05)))
			return false;
	return true;
}

struct fj_sited_text *fj_recalled_find(
	const struct fj_text_key *k, const uint8_t *code, bool is_first, uint32_t *changes)
{
	const struct head wanted = head_of(k, is_first);
	struct fj_sited_text *t = NULL;
	struct head h;
	long fd, room, size;

	if (!is_kept_there(k))
		return NULL;
	fd = open_of(&wanted, O_RDONLY);
	if (fj_is_err(fd))
		return NULL;
	if (is_file_ours((int)fd) && fj_sys3(__NR_read, fd, &h, sizeof(h)) == (long)sizeof(h) &&
		!memcmp(&h, &wanted, offsetof(struct head, count)) &&
		h.is_first == wanted.is_first && h.count <= FJ_SITES_MAX) {
		size = (long)(h.count * sizeof(struct fj_site));
		room = fj_sys6(__NR_mmap, 0, size + 1, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (!fj_is_err(room)) {
			const struct fj_site *site = (const struct fj_site *)room;

			if (fj_sys3(__NR_read, fd, room, size + 1) == size &&
				sum_of(h, site) == h.sum && fit(site, h.count, code, k->len)) {
				t = fj_text_cache_add(k, site, h.count);
				*changes = h.changes;
			}
			fj_sys2(__NR_munmap, room, size + 1);
		}
	}
	fj_close((int)fd);
	return t;
}

void fj_recalled_keep(const struct fj_text_key *k, bool is_first, const struct fj_site *site,
	uint32_t count, uint32_t changes)
{
	struct head h = head_of(k, is_first);
	const struct iovec parts[2] = {
		{&h, sizeof(h)}, {(void *)(uintptr_t)site, count * sizeof(*site)}};
	struct rlimit64 limit;
	long fd;

	/* A limit of file sizes would be told by a signal. */
	if (!is_kept_there(k) || fj_sys4(__NR_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) ||
		limit.rlim_cur != RLIM64_INFINITY)
		return;
	fd = open_of(&h, O_WRONLY | O_CREAT | O_TRUNC);
	if (fj_is_err(fd))
		return;
	h.count = count;
	h.changes = changes;
	h.sum = sum_of(h, site);
	fj_sys3(__NR_writev, fd, parts, 2);
	fj_close((int)fd);
}
