/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * shared.c - the writers' lock of a file of records that other machines may have, too: on NFS, FUSE
 * and similar file systems. Called by lock.c, whose contracts hold here.
 *
 * There a mapping shows what this machine has in its cache. Changes in the mapping go to the server
 * some time later, a page at a time. So no word of the mapping can be the lock, and no process may
 * change a page without the lock. The lock has two parts:
 *
 * - A lock of fcntl(2) on one byte, of a file description of its own, so that it works between
 *   threads, too. The kernel removes it when its holder dies. This is enough where other machines
 *   see it. But FUSE, and NFS on request, keep it local, and a program cannot find out. The bytes
 *   around that one are locked with it: their number says which process is the holder.
 * - A symlink beside the file. Its text says which machine, and which mount of it, has the lock. If
 *   a process finds the symlink with its own machine and mount, while it has the first lock, then
 *   the maker was killed, and the lock is taken over. If it is another machine's, the process
 *   waits; after ten seconds the change is refused.
 *
 * With both, a writer opens the file, which makes the kernel drop its cache of the file. It gives
 * both back when its changes have reached the server, which close(2) ensures. Pages of a killed
 * writer go to the server before those of the next writer on the same machine.
 *
 * What a stopped writer would still write cannot be told from what another machine has written
 * since. A page goes to the server as a whole, even if only a compare-and-swap that failed touched
 * it. So nobody may go on while a stopped writer exists. But a writer is a short-lived child
 * (lock.c), and losing it loses nothing. A process that waits for a stopped writer of its own
 * machine and PID namespace kills it, and the parent of that writer begins anew. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "locking/doing.h"
#include "records/disk.h"
#include "records/store.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/system.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <linux/utsname.h>

#define LOCK_AT ((1L << FJ_STORE_SIZE_LOG) - 1)
#define WHERE_LOG                                                                                  \
	38 /* the first locked byte, so many bytes or fewer before it, says where the holder is */
#define PIDS (1L << 30)	 /* and the last locked byte behind it says which process */
#define TRIES 5000	 /* of 2 ms: ten seconds */
#define SLOW (TRIES / 2) /* for a holder that is not stopped: it may be frozen with its cgroup */
#define NAP_NS 2000000
#define KILL 9	   /* SIGKILL of asm/signal.h */
#define BOOT_ID 36 /* characters */
#define TEXT 160

struct flock_ { /* struct flock of asm-generic/fcntl.h, 64 bit */
	int16_t type, whence;
	int64_t start, len;
	int32_t pid;
};

_Static_assert(sizeof(((struct fj_store_room *)NULL)->boot_id) > BOOT_ID, "and its NUL");

static void sleep_briefly(void)
{
	const struct __kernel_timespec time = {.tv_nsec = NAP_NS};

	fj_sys_nanosleep(&time, 0);
}

static const char *boot_id(const struct fj_store *s)
{
	char *const id = s->room->boot_id;

	if (!id[0]) {
		const long fd = fj_sys_openat(
			AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC, 0);

		if (fd >= 0) {
			fj_sys_read(fd, id, BOOT_ID);
			fj_sys_close((int)fd);
		}
	}
	return id;
}

/* A number of bytes for this machine, mount and PID namespace; 0: unknown. */
static int64_t number_of_place(const struct fj_store *s)
{
	const uint32_t namespace = fj_pid_namespace((uint32_t)fj_sys_getpid());
	uint64_t hash = (uint64_t)s->device << 32 | namespace;
	const char *id = boot_id(s);

	if (!id[0] || !namespace)
		return 0;
	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 0x9e3779b97f4a7c15UL;
	return (int64_t)(hash >> (64 - WHERE_LOG));
}

/* Takes the lock. With `where` not 0 others may kill this process when it is stopped. Returns 0,
 * -EBUSY, or -ENOLCK where there are no such locks. */
static long lock_byte(int fd, int64_t where)
{
	const int64_t pid = where ? fj_sys_getpid() : 0;
	struct flock_ lock = {.type = F_WRLCK, .start = LOCK_AT - where, .len = where + 1 + pid};
	const long r = fj_sys_fcntl(fd, F_OFD_SETLK, (unsigned long)&lock);

	return r >= 0 ? 0 : r == -EAGAIN || r == -EACCES ? -EBUSY : -ENOLCK;
}

static void unlock_byte(int fd)
{
	struct flock_ lock = {.type = F_UNLCK,
		.start = LOCK_AT - (1L << WHERE_LOG),
		.len = (1L << WHERE_LOG) + PIDS};

	fj_sys_fcntl(fd, F_OFD_SETLK, (unsigned long)&lock);
}

/* The process id of the holder, if its machine, mount and PID namespace are ours and it may be killed;
 * else 0. */
static int32_t holder_of(int fd, int64_t where)
{
	struct flock_ lock = {.type = F_WRLCK, .start = LOCK_AT, .len = 1};

	if (!where || fj_sys_fcntl(fd, F_OFD_GETLK, (unsigned long)&lock) || lock.type == F_UNLCK ||
		lock.start != LOCK_AT - where || lock.len > where + PIDS)
		return 0;
	return (int32_t)(lock.len - where - 1);
}

struct waits {
	int64_t where;
	int32_t pid; /* the same holder at all looks */
	uint32_t looks;
};

/* The holder has the lock, so it is alive, and no other process has its number. When it is dead the
 * kernel frees the lock, and no change of it is half done. */
static void kill_holder(int fd, const struct waits *w)
{
	const long pidfd = fj_sys_pidfd_open(w->pid, 0);

	if (pidfd < 0)
		return;
	if (holder_of(fd, w->where) == w->pid)
		fj_sys_pidfd_send_signal(pidfd, KILL, 0, 0);
	fj_sys_close((int)pidfd);
}

static void look_at_holder(int fd, struct waits *w)
{
	const int32_t pid = holder_of(fd, w->where);

	w->looks = pid == w->pid ? w->looks + 1 : 0;
	w->pid = pid;
	if (pid > 0 && w->looks && (w->looks >= SLOW || fj_doing(pid) == FJ_IS_STOPPED))
		kill_holder(fd, w);
}

/* "BOOT-ID DEVICE HOST": the first two say whose lock it is, the third is for people. Returns the
 * length of the first two. */
static size_t write_identity(const struct fj_store *s, struct fj_str *out)
{
	const char *id = boot_id(s);
	struct new_utsname name = {0};
	size_t len;

	fj_sys_uname(&name);
	fj_str_put(out, id[0] ? id : name.nodename);
	fj_str_put(out, " ");
	fj_str_num(out, s->device, 16);
	len = out->len;
	fj_str_put(out, " ");
	fj_str_put(out, name.nodename);
	return len;
}

/* The symlink's path: beside the file of records, wherever that was moved to. */
static long find_link(const struct fj_store *s, char **path)
{
	static const char end[] = ".lock";
	long n;

	*path = s->room->link;
	if (s->fd >= 0) {
		n = fj_fd_target(s->fd, *path);
	} else {
		n = (long)fj_strlen(s->path); /* FJ_OWNER_ROOT_PATH at most */
		memcpy(*path, s->path, (size_t)n + 1);
	}
	if (n < 0)
		return n;
	if ((*path)[0] != '/' || n >= (long)(PATH_MAX - sizeof(end)))
		return -ENAMETOOLONG;
	memcpy(*path + n, end, sizeof(end));
	return 0;
}

/* Does the symlink begin with the first `len` bytes of `text`? Returns 1, 0 or -errno. */
static long is_mine(const char *path, const char *text, size_t len)
{
	char there[TEXT];
	const long n = fj_sys_readlinkat(AT_FDCWD, path, there, sizeof(there));

	return n < 0 ? n : n > (long)len && !memcmp(there, text, len) && there[len] == ' ';
}

static long lock_link(const struct fj_store *s, int fd)
{
	char text[TEXT], *path;
	struct fj_str str;
	size_t len;
	long r = find_link(s, &path);

	if (r < 0)
		return r;
	fj_str_init(&str, text, sizeof(text));
	len = write_identity(s, &str);
	r = fj_sys_symlinkat(text, AT_FDCWD, path);
	/* Without symlinks only the first lock is left, which FUSE may keep local. */
	if (r == -EPERM || r == -EOPNOTSUPP || r == -ENOSYS)
		return fj_owner_disk(fd) == FJ_DISK_FUSE ? -ENOLCK : 0;
	return r != -EEXIST ? r : is_mine(path, text, len) > 0 ? 0 : -EBUSY;
}

/* Can only this user lock the file? Another user who may write to it could name any process as the
 * holder. */
static bool is_ours_alone(int fd)
{
	struct stat st;

	return !fj_sys_fstat(fd, &st) && st.st_uid == (uint32_t)fj_sys_geteuid() &&
	       !(st.st_mode & 022);
}

/* Takes both locks. While the second is another machine's, the first is given back: if the maker of
 * the second was killed, the next process on that machine needs both. */
static long lock_both(const struct fj_store *s, int fd, bool may_be_killed)
{
	struct waits w = {.where = is_ours_alone(fd) ? number_of_place(s) : 0};

	for (int i = 0; i < TRIES; i++) {
		long r = lock_byte(fd, may_be_killed ? w.where : 0);

		if (!r) {
			r = lock_link(s, fd);
			if (r)
				unlock_byte(fd);
		} else if (r == -EBUSY) {
			look_at_holder(fd, &w);
		}
		if (r != -EBUSY)
			return r;
		sleep_briefly();
	}
	return -EBUSY;
}

static void unlock_link(const struct fj_store *s)
{
	fj_sys_unlinkat(AT_FDCWD, s->room->link, 0);
}

bool fj_store_reaches(struct fj_store *s, uint64_t end)
{
	struct statx sx;
	long r;

	if (end <= __atomic_load_n(&s->known_size, __ATOMIC_RELAXED))
		return true;
	r = fj_sys_statx(s->fd >= 0 ? s->fd : AT_FDCWD, s->fd >= 0 ? "" : s->path,
		AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE | STATX_INO, &sx);
	if (r < 0 || (s->fd < 0 && sx.stx_ino != s->ino))
		return false;
	__atomic_store_n(&s->known_size, sx.stx_size, __ATOMIC_RELAXED);
	return end <= sx.stx_size;
}

/* Makes the kernel drop what it has cached of the file. Returns a descriptor; close it after the change. */
static long refresh_cache(struct fj_store *s)
{
	const long fd = fj_store_open_again(s, O_RDWR);
	char byte;

	if (fd < 0)
		return fd;
	fj_sys_pread64(fd, &byte, 1, 0); /* NFS checks its cache at a read, not at a page fault */
	s->known_size = 0;
	if (fj_store_reaches(s, sizeof(struct fj_store_head)) &&
		fj_store_reaches(s, fj_store_head(s)->end))
		return fd;
	fj_sys_close((int)fd);
	return -EIO;
}

long fj_store_lock_shared(struct fj_store *s, struct fj_store_hold *hold)
{
	const long fd = fj_store_open_again(s, O_RDWR);
	long r = fd < 0 ? fd : lock_both(s, (int)fd, hold->may_be_killed), fresh = 0;

	if (!r) {
		fresh = refresh_cache(s);
		if (fresh < 0) {
			unlock_link(s);
			r = fresh;
		}
	}
	if (r && fd >= 0)
		fj_sys_close((int)fd);
	hold->lock.word = (uint64_t)fresh << 32 | (uint32_t)fd;
	return r;
}

long fj_store_unlock_shared(struct fj_store *s, const struct fj_store_hold *hold)
{
	const int fd = (int)(uint32_t)hold->lock.word, fresh = (int)(hold->lock.word >> 32);
	long r;

	r = fj_sys_sync_file_range(fresh, 0, 0, 7 /* wait, write, wait */);
	if (r == -ESPIPE || r == -EINVAL || r == -ENOSYS)
		r = 0;
	r = fj_sys_close(fresh) ?: r;
	unlock_link(s);
	/* If another thread has forked meanwhile, closing alone would not free the lock. */
	unlock_byte(fd);
	fj_sys_close(fd);
	return r;
}
