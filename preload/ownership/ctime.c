/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ctime.c - the time of a pretended change: kept in the file's record where that works as well as
 * on the disk. Called by record.c, file/hook_setattr.c and the hooks of calls that watch files.
 *
 * A chown that changes only a record would have to advance the disk's ctime by a chown that changes
 * nothing, which costs as much as a real one. The record's ctime is shown when it is later than the
 * disk's. To processes in the jail this looks the same, but for two things that only the kernel
 * does:
 *
 * - The kernel refuses a change on a read-only mount. The mount from which the file of records is
 *   mapped for writing cannot become read-only (EBUSY), so nothing is refused there. On other
 *   mounts the disk is asked. (The disk is asked, too, when other machines may use the file of
 *   records: then its head changes only under the lock.)
 * - The kernel tells processes that watch the file. Each process that watches holds a lock of
 *   fcntl(2) on one byte far behind the records, and has increased a count in the head. A process
 *   that changes owners looks for such a lock at its first change, and again when the count has
 *   changed. The lock belongs to an open file description, which a mapping keeps: so it lasts as
 *   long as the process, and as its children that have not executed another program. It is taken
 *   again after exec. On an overlay a mapping keeps another file than the one opened, and a
 *   descriptor could be closed by the program: there, once any process has watched, the disk is
 *   asked from then on. */
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/store.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "sys/process.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <linux/mman.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#define WATCH_AT ((1L << FJ_STORE_SIZE_LOG) + (1L << 32))

/* linux/time.h; files get their times from it: current_time() of fs/inode.c */
#define CLOCK_REALTIME_COARSE 5

struct flock_ { /* struct flock of asm-generic/fcntl.h, 64 bit */
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
};

#define KNOWN (1UL << 63)
#define WATCHED (1UL << 62)
/* The low half is the count of watches at the last look; KNOWN and WATCHED say what was found. */
static uint64_t settled;
static uint64_t home_mount; /* the mount of the file of records: `stx_mnt_id` */

static long watch_lock(long fd, int command, int type)
{
	struct flock_ lock = {.type = (int16_t)type, .start = WATCH_AT, .len = 1};
	const long r = fj_sys_fcntl(fd, command, (unsigned long)&lock);

	return r < 0 ? r : lock.type;
}

/* Does any process of a jail on this root watch files? True also if this process does: its lock is seen, since
 * another file description asks for it. */
static bool is_anybody_watching(const struct fj_store *s, uint32_t watches)
{
	const long fd = watches ? fj_open_anew(s->fd, O_RDONLY) : -EBADF;
	long r = watches ? fd : F_UNLCK;

	if (fd >= 0) {
		r = fj_owner_disk((int)fd) == FJ_DISK_LAYERED ?
			    F_RDLCK :
			    watch_lock(fd, F_OFD_GETLK, F_WRLCK);
		fj_sys_close((int)fd);
	}
	return r != F_UNLCK;
}

static uint64_t settle_watches(struct fj_store *s, uint32_t watches)
{
	uint64_t found = KNOWN | watches;
	struct statx sx;

	if (!(__atomic_load_n(&settled, __ATOMIC_ACQUIRE) & KNOWN)) {
		const long r =
			fj_sys_statx(s->fd, "", 0x1000 /* AT_EMPTY_PATH */, STATX_MNT_ID, &sx);

		home_mount = !r && (sx.stx_mask & STATX_MNT_ID) ? sx.stx_mnt_id : ~0UL;
	}
	if (is_anybody_watching(s, watches))
		found |= WATCHED;
	__atomic_store_n(&settled, found, __ATOMIC_RELEASE);
	return found;
}

bool fj_owner_may_keep_ctime(uint64_t mount_id)
{
	struct fj_store *s = &fj_store[0];
	uint64_t found = __atomic_load_n(&settled, __ATOMIC_ACQUIRE);
	uint32_t watches;

	if (!fj_store_count || s->is_read_only || s->is_truncated || s->is_shared)
		return false;
	watches = __atomic_load_n(&fj_store_head(s)->watches, __ATOMIC_ACQUIRE);
	if (!(found & KNOWN) || (uint32_t)found != watches)
		found = settle_watches(s, watches);
	return !(found & WATCHED) && mount_id == home_mount;
}

static void watch_ctimes(struct fj_store *s)
{
	const long fd = fj_open_anew(s->fd, O_RDONLY);

	if (fd < 0)
		return;
	if (fj_owner_disk((int)fd) != FJ_DISK_LAYERED) {
		watch_lock(fd, F_OFD_SETLK, F_RDLCK);
		fj_sys_mmap(0, FJ_PAGE, PROT_NONE, MAP_SHARED, fd, 0);
	}
	fj_sys_close((int)fd);
}

static bool can_watch(const struct fj_store *s)
{
	return fj_store_count && !s->is_read_only && !s->is_truncated && !s->is_shared;
}

void fj_owner_watches(void)
{
	struct fj_store *s = &fj_store[0];
	const int32_t me = (int32_t)fj_sys_getpid();
	struct fj_owner_watch *own;

	if (!can_watch(s))
		return;
	own = fj_process_to_change(fj_owner_watch, FJ_OWNER_WATCH_AT, FJ_SHARED_BY_NONE);
	if (!own || __atomic_exchange_n(&own->watcher, me, __ATOMIC_SEQ_CST) != me)
		watch_ctimes(s);
	__atomic_fetch_add(&fj_store_head(s)->watches, 1, __ATOMIC_SEQ_CST);
}

void fj_owner_still_watches(void)
{
	struct fj_owner_watch *own = fj_process_section(FJ_OWNER_WATCH_AT);
	const int32_t watcher = own->watcher;

	own->watcher = 0; /* the exec of this process has ended the lock */
	if (watcher && watcher == (int32_t)fj_sys_getpid())
		fj_owner_watches();
}

uint64_t fj_store_ctime_now(uint64_t shown)
{
	struct __kernel_timespec now = {0};
	uint64_t ns;

	fj_sys_clock_gettime(CLOCK_REALTIME_COARSE, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	/* Two changes in one clock tick get two times, as since Linux 6.13. */
	return ns > shown ? ns : shown + 1;
}
