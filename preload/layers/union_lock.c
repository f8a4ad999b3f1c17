/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_lock.c - a lock for each union. Code that removes a name, or makes one where a whiteout is, needs
 * several calls: it looks what is there, then changes it. Two processes that did this at once could take
 * each other's files for what they saw, and lose them. The lock is flock(2) on the work directory, which
 * the kernel releases for a killed process. The holder may copy a large file up, so the others wait for a
 * holder that works. If it is stopped or sleeps, or if they cannot tell, they wait half a second, and then
 * continue without the lock. Called by union_over.c and union/change.c. */
#include "bytes/bytes.h"
#include "layers/union.h"
#include "locking/doing.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/time.h>

#define LOCK_EX_NB 6 /* flock(2) */
#define TRIES 2500
#define WAIT_NS 200000
/* After that many tries the process looks what the holder does, so many times at most: for a minute. */
#define LOOKS 30000
#define LOOK_WAIT_NS 2000000
/* So many looks in a row at a holder that sleeps are enough. (It sleeps for a moment, too, when it waits for the owner
 * records.) */
#define SLEEPING 50
#define LOCKS                                                                                      \
	512u /* a part of /proc/locks; a line has less than 100 bytes: lock_get_status() of fs/locks.c */

static const char *skip_word(const char *at)
{
	while (*at && *at != ' ' && *at != '\n')
		at++;
	while (*at == ' ')
		at++;
	return at;
}

static uint64_t decimal_at(const char *at)
{
	uint64_t n = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (uint64_t)(*at - '0');
	return n;
}

/* The holder of a lock of flock(2) on the inode, by a line of /proc/locks: "1: FLOCK  ADVISORY  WRITE PID
 * MAJOR:MINOR:INODE 0 EOF". 0: the line is another's. (The device is not compared: that of stat(2) may be another one,
 * as on Btrfs.) */
static int32_t holder_in(const char *line, uint64_t ino)
{
	const char *at = skip_word(line), *pid;

	if (at[0] != 'F' || at[1] != 'L')
		return 0; /* a lock of fcntl(2), or a process that waits: "->" */
	pid = at = skip_word(skip_word(skip_word(at)));
	at = skip_word(at);
	for (unsigned colons = 0; *at && *at != '\n' && colons < 2; at++)
		colons += *at == ':';
	return decimal_at(at) == ino ? (int32_t)decimal_at(pid) : 0;
}

/* What the holders do that the lines of `text` tell; the last line may be incomplete. `*used`: how long the others are. */
static enum fj_doing holders_do(const char *text, uint64_t ino, size_t *used)
{
	enum fj_doing doing = FJ_IS_GONE;
	const char *line = text;

	for (const char *at = text; *at; at++) {
		if (*at != '\n')
			continue;

		const int32_t pid = holder_in(line, ino);
		const enum fj_doing its = pid > 0 ? fj_doing(pid) : FJ_IS_GONE;

		doing = its > doing ? its : doing;
		line = at + 1;
	}
	*used = (size_t)(line - text);
	return doing;
}

/* What the process does that holds the lock on `fd`. FJ_IS_GONE: nobody seems to hold it. */
static enum fj_doing holder_does(long fd)
{
	const long list = fj_sys_openat(AT_FDCWD, "/proc/locks", O_RDONLY | O_CLOEXEC, 0);
	enum fj_doing doing = FJ_IS_GONE, its;
	size_t len = 0, used;
	char text[LOCKS];
	struct stat st;
	long n;

	if (list < 0)
		return doing;
	if (!fj_sys_fstat((int)fd, &st))
		while ((n = fj_sys_read((int)list, text + len, sizeof(text) - 1 - len)) > 0) {
			len += (size_t)n;
			text[len] = 0;
			its = holders_do(text, st.st_ino, &used);
			doing = its > doing ? its : doing;
			len -= used;
			memmove(text, text + used, len);
		}
	fj_sys_close((int)list);
	return doing;
}

/* Waits for the lock on `fd` as long as its holder works. */
static void wait_for_holder(long fd)
{
	const struct __kernel_timespec wait = {.tv_nsec = LOOK_WAIT_NS};
	unsigned idle = 0;

	for (unsigned i = 0; i < LOOKS && idle < SLEEPING; i++) {
		const enum fj_doing doing = holder_does(fd);
		const bool works = doing == FJ_RUNS || doing == FJ_WAITS_FOR_DISK;
		const long r = fj_sys_flock(fd, LOCK_EX_NB);

		if (doing == FJ_IS_STOPPED || (r != -EWOULDBLOCK && r != -EINTR))
			return;
		idle = works ? 0 : idle + 1;
		fj_sys_nanosleep(&wait, 0);
	}
}

int fj_layers_lock(struct fj_thread *t, struct fj_layers *l)
{
	const struct __kernel_timespec wait = {.tv_nsec = WAIT_NS};
	long fd, r = -EWOULDBLOCK;

	fd = l->work_fd < 0 ? fj_layers_open_work_of(t, l, O_RDONLY) :
			      fj_sys_openat(l->work_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (l->work_fd < 0)
		l->work_fd = (int)fd;
	for (unsigned i = 0; (r == -EWOULDBLOCK || r == -EINTR) && i < TRIES; i++) {
		if (i)
			fj_sys_nanosleep(&wait, 0);
		r = fj_sys_flock(fd, LOCK_EX_NB);
	}
	if (__builtin_expect(r == -EWOULDBLOCK || r == -EINTR, 0))
		wait_for_holder(fd);
	return (int)fd;
}

void fj_layers_unlock(struct fj_layers *l, int lock)
{
	if (lock >= 0)
		fj_sys_close(lock);
	if (l->work_fd == lock)
		l->work_fd = -1;
}
