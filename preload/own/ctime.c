/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ctime.c - when a pretended change was made: kept in the file's record, where that is as good as
 * on the disk.
 *
 * A chown that changes a record only would have to advance the disk's ctime by a chown of nothing,
 * which costs as much as a real one. The record's ctime, shown when it is later than the disk's,
 * tells the same to everybody in the jail, but for two things that only the kernel does:
 *
 * - It refuses on a read-only mount. The mount that the file of records is mapped from, to be
 *   written, cannot become one (EBUSY), so there nothing is refused; elsewhere the disk is asked.
 * (Of a file of records that other machines may have the head is changed under the lock only: there
 * the disk is asked, too.)
 * - It tells whoever watches the file. Processes that watch hold, as long as they live, a lock of
 *   fcntl(2) on one byte far behind the records, and count in the head that they began; a process
 *   that changes owners looks for such a lock at its first change, and again when the count moved.
 */
#include "own/store.h"

#include <linux/stat.h>
#include <linux/time_types.h>

/* Behind the bytes of lock.c. */
#define WATCH_AT ((1L << FJ_STORE_SIZE_LOG) + (1L << 32))

#define CLOCK_REALTIME_COARSE 5 /* linux/time.h; of files' times: current_time() of fs/inode.c */

#define KNOWN (1UL << 63)
#define WATCHED (1UL << 62)
/* What was found at which count of watches (low half), and the mount of the file of records. */
static uint64_t settled;
static uint64_t home_mount;

static uint64_t settle(struct fj_store *s, uint32_t watches)
{
	uint64_t found = KNOWN | watches;
	struct statx sx;

	if (!(__atomic_load_n(&settled, __ATOMIC_ACQUIRE) & KNOWN)) {
		const long r = fj_sys5(
			__NR_statx, s->fd, "", 0x1000 /* AT_EMPTY_PATH */, STATX_MNT_ID, &sx);

		home_mount = !r && (sx.stx_mask & STATX_MNT_ID) ? sx.stx_mnt_id : ~0UL;
	}
	/* It sees this process's own F_SETLK, too. */
	if (fj_store_byte(s, F_OFD_GETLK, F_WRLCK, WATCH_AT) != F_UNLCK)
		found |= WATCHED;
	__atomic_store_n(&settled, found, __ATOMIC_RELEASE);
	return found;
}

bool fj_own_may_keep_ctime(uint64_t mount_id)
{
	struct fj_store *s = &fj_store[0];
	uint64_t found = __atomic_load_n(&settled, __ATOMIC_ACQUIRE);
	uint32_t watches;

	if (!fj_store_count || s->is_read_only || s->is_lost || s->is_shared)
		return false;
	watches = __atomic_load_n(&fj_store_head(s)->watches, __ATOMIC_ACQUIRE);
	if (!(found & KNOWN) || (uint32_t)found != watches)
		found = settle(s, watches);
	return !(found & WATCHED) && mount_id == home_mount;
}

void fj_own_watches(void)
{
	struct fj_store *s = &fj_store[0];

	if (!fj_store_count || s->is_read_only || s->is_lost || s->is_shared)
		return;
	fj_store_byte(s, F_SETLK, F_RDLCK, WATCH_AT);
	__atomic_fetch_add(&fj_store_head(s)->watches, 1, __ATOMIC_SEQ_CST);
}

void fj_own_still_watches(struct fj_store *s)
{
	if (s == &fj_store[0] && !s->is_read_only && !s->is_lost && !s->is_shared &&
		(__atomic_load_n(&fj_store_head(s)->watches, __ATOMIC_ACQUIRE))) {
		fj_store_byte(s, F_SETLK, F_RDLCK, WATCH_AT);
		__atomic_fetch_add(&fj_store_head(s)->watches, 1, __ATOMIC_SEQ_CST);
	}
}

uint64_t fj_store_ctime_now(uint64_t shown)
{
	struct __kernel_timespec now = {0};
	uint64_t ns;

	fj_sys2(__NR_clock_gettime, CLOCK_REALTIME_COARSE, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	/* Two in one tick are seen as two, as since Linux 6.13. */
	return ns > shown ? ns : shown + 1;
}
