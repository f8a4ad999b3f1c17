/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_signalfd.c - reads a SIGSYS that the program blocks from a signalfd(2). Called through the
 * table, and by hooks of calls that wait.
 *
 * The kernel has the stand-in signal instead (stand_in.c). So such a descriptor must wait for that,
 * too, and the record that is read becomes one of SIGSYS. Trapping every read would slow down all
 * reads. But few programs read SIGSYS from a descriptor: only then the process gets a filter that
 * traps its reads and waits, which its children inherit. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/trapping.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "signal/signalfd.h"
#include "signal/stand_in.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/fd.h"
#include "syscall/poll.h"
#include "syscall/time.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include <asm/unistd.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#define SECOND 1000000000
#define FOR_EVER 1000000000 /* seconds: for so long a wait the remaining time does not matter */

static const uint16_t reading[] = {__NR_read, __NR_readv, __NR_preadv2, __NR_poll, __NR_epoll_wait,
	__NR_epoll_pwait, __NR_epoll_pwait2, __NR_select, __NR_pselect6, __NR_ppoll};
#define COUNT (sizeof(reading) / sizeof(reading[0]))

_Static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd(2)");

static void watch_reads(void)
{
	if (!fj_trapped()->signalfds && !fj_trap_calls(reading, COUNT))
		fj_trapped_note(signalfds);
}

long fj_hook_signalfd(struct fj_call *c)
{
	uint64_t set;
	long r;

	if (!fj_jail->has_trap || c->arg[2] != FJ_SIGSET_SIZE ||
		fj_guest_read(&set, c->arg[1], sizeof(set)))
		return fj_kernel(c);
	c->arg[1] = (uint64_t)&set; /* another thread may change the program's */
	if (!(set & FJ_SIGSYS_BIT))
		return fj_kernel(c);
	set |= FJ_STAND_IN_BIT;
	r = fj_kernel(c);
	if (r >= 0)
		watch_reads();
	return r;
}

bool fj_signalfd_reads(long nr)
{
	for (size_t i = 0; i < COUNT; i++)
		if (nr == reading[i])
			return true;
	return false;
}

/* Copies `n` bytes at `offset` of what was read, from the program to `at` or back. */
static long move_bytes(const struct fj_call *c, size_t offset, void *at, size_t n, bool writes)
{
	struct iovec part;
	size_t here;
	long r = 0;

	if (c->nr == __NR_read)
		return writes ? fj_guest_write(c->arg[1] + offset, at, n) :
				fj_guest_read(at, c->arg[1] + offset, n);
	for (uint64_t i = 0; n && !r && i < c->arg[2]; i++) {
		r = fj_guest_read(&part, c->arg[1] + i * sizeof(part), sizeof(part));
		if (r || offset >= part.iov_len) {
			offset -= r ? 0 : part.iov_len;
			continue;
		}
		here = part.iov_len - offset < n ? part.iov_len - offset : n;
		r = writes ? fj_guest_write((uintptr_t)part.iov_base + offset, at, here) :
			     fj_guest_read(at, (uintptr_t)part.iov_base + offset, here);
		at = (char *)at + here;
		n -= here;
		offset = 0;
	}
	return n ? -EFAULT : r;
}

/* A file of this thread in procfs: another thread may have another table of descriptors. */
#define PROC_NAME 48 /* bytes */
static void put_proc_name(char name[PROC_NAME], const char *directory, int fd)
{
	fj_format(name, PROC_NAME, "/proc/thread-self/%s/%u", directory, (unsigned)fd);
}

static bool is_signalfd(int fd)
{
	static const char expected[] = "anon_inode:[signalfd]";
	char name[PROC_NAME], link[sizeof(expected) + 1];
	long n;

	put_proc_name(name, "fd", fd);
	n = fj_sys_readlinkat(AT_FDCWD, name, link, sizeof(link));
	return n == sizeof(expected) - 1 && !memcmp(link, expected, (size_t)n);
}

/* Is SIGSYS in the mask of the signalfd `fd`? */
static bool wants_sigsys(int fd)
{
	static const char label[] = "sigmask:\t";
	char name[PROC_NAME], text[256];
	const char *at;
	long n;

	put_proc_name(name, "fdinfo", fd);
	n = fj_read_file(AT_FDCWD, name, text, sizeof(text) - 1);
	if (n < 0)
		return false;
	text[n] = 0;
	for (at = text; *at && !fj_begins(at, label); at++)
		;
	/* sixteen digits; SIGSYS is in the eighth from the right */
	if (text + n - at < (long)sizeof(label) - 1 + 16)
		return false;
	at += sizeof(label) - 1 + 8;
	return *at >= 'c' || (*at <= '9' && (*at & 4));
}

void fj_signalfd_received(int fd)
{
	if (fj_jail->has_trap && !fj_trapped()->signalfds && is_signalfd(fd) && wants_sigsys(fd))
		watch_reads();
}

/* Does the same as signalfd_copyinfo() of fs/signalfd.c. */
static struct signalfd_siginfo record_of(const siginfo_t *info)
{
	struct signalfd_siginfo r = {
		.ssi_signo = (uint32_t)info->si_signo, .ssi_code = info->si_code};

	if (info->si_code == SI_TIMER) {
		r.ssi_tid = (uint32_t)info->si_tid;
		r.ssi_overrun = (uint32_t)info->si_overrun;
	} else {
		r.ssi_pid = (uint32_t)info->si_pid;
		r.ssi_uid = info->si_uid;
	}
	if (info->si_code < 0) {
		r.ssi_ptr = (uint64_t)info->si_ptr;
		r.ssi_int = info->si_int;
	}
	return r;
}

/* A SIGSYS that is held back comes before all others of the descriptor; further records are read
 * behind it. Returns 0 when there is none. */
static long read_first(struct fj_call *c)
{
	struct {
		int32_t fd;
		int16_t events, revents;
	} ask = {.fd = (int32_t)c->arg[0], .events = 1 /* POLLIN */};
	siginfo_t info;
	struct signalfd_siginfo record;
	long r = 0;

	if (c->nr != __NR_read || c->arg[2] < sizeof(record) || !fj_stand_in_is_first(c->thread) ||
		!is_signalfd(ask.fd) || !wants_sigsys(ask.fd) ||
		!fj_stand_in_take(c->thread, &info))
		return 0;
	record = record_of(&info);
	if (fj_guest_write(c->arg[1], &record, sizeof(record)))
		return -EFAULT; /* as in the kernel, which has lost the signal then, too */
	if (c->arg[2] >= 2 * sizeof(record) && fj_sys_poll(&ask, 1, 0) == 1)
		r = fj_sys_read(
			ask.fd, (void *)(c->arg[1] + sizeof(record)), c->arg[2] - sizeof(record));
	return (long)sizeof(record) + (r > 0 ? r : 0);
}

/* Is the record at `offset` one of the stand-in? */
static bool stands_in(const struct fj_call *c, size_t offset, struct signalfd_siginfo *record)
{
	return !move_bytes(c, offset, record, 8, false) && record->ssi_signo == FJ_STAND_IN &&
	       record->ssi_errno == FJ_STAND_IN_MARK &&
	       !move_bytes(c, offset, record, sizeof(*record), false);
}

/* Turns the stand-in's record at `at` into a record of SIGSYS. Moves it before records that the
 * kernel has put first for their lower numbers: among those for the thread alone, which come first, or
 * among the others. */
static void turn_record(struct fj_call *c, size_t at, struct signalfd_siginfo *record)
{
	siginfo_t info = {.si_signo = FJ_STAND_IN};
	struct signalfd_siginfo other;

	fj_stand_in_turn(c->thread, &info);
	record->ssi_signo = FJ_SIGSYS;
	record->ssi_errno = 0;
	for (; at && !move_bytes(c, at - sizeof(other), &other, sizeof(other), false) &&
		other.ssi_signo != FJ_SIGSYS &&
		(record->ssi_code == SI_TKILL || other.ssi_code != SI_TKILL);
		at -= sizeof(other))
		move_bytes(c, at, &other, sizeof(other), true);
	move_bytes(c, at, record, sizeof(*record), true);
}

static int64_t now_ns(void)
{
	struct __kernel_timespec now = {0, 0};

	fj_sys_clock_gettime(1 /* CLOCK_MONOTONIC */, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The latest end of a wait, for calls that do not report the remaining time when they are
 * interrupted. 0: no end, or the kernel writes the remaining time where it has read the time. */
static int64_t end_of(struct fj_call *c, struct __kernel_timespec *left)
{
	int64_t ms = 0;

	switch (c->nr) {
	case __NR_poll:
		ms = (int)c->arg[2];
		break;
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
		ms = (int)c->arg[3];
		break;
	case __NR_epoll_pwait2:
		if (!c->arg[3] || fj_guest_read(left, c->arg[3], sizeof(*left)) ||
			left->tv_sec < 0 || left->tv_sec > FOR_EVER ||
			(uint64_t)left->tv_nsec >= SECOND)
			return 0;
		c->arg[3] = (uint64_t)left;
		return now_ns() + left->tv_sec * SECOND + left->tv_nsec;
	}
	return ms > 0 ? now_ns() + ms * (SECOND / 1000) : 0;
}

static void shorten_wait(struct fj_call *c, int64_t rest, struct __kernel_timespec *left)
{
	rest = rest > 0 ? rest : 0;
	if (c->nr == __NR_epoll_pwait2)
		*left = (struct __kernel_timespec){rest / SECOND, rest % SECOND};
	else
		c->arg[c->nr == __NR_poll ? 2 : 3] = (uint64_t)(rest / (SECOND / 1000));
}

/* A SIGSYS that its thread blocks does not interrupt a wait. For calls that the kernel does not
 * restart: signal(7). */
static long wait_for_others(struct fj_call *c)
{
	struct __kernel_timespec left;
	const int64_t end = end_of(c, &left);
	uint32_t kept;
	long r;

	for (;;) {
		kept = fj_stand_in_count();
		r = fj_kernel_waiting(c, c->nr, c->arg, -1);
		if (r != -EINTR || kept == fj_stand_in_count())
			return r;
		if (end)
			shorten_wait(c, end - now_ns(), &left);
	}
}

static bool is_wait(long nr)
{
	return nr == __NR_poll || nr == __NR_ppoll || nr == __NR_select || nr == __NR_pselect6 ||
	       nr == __NR_epoll_wait || nr == __NR_epoll_pwait || nr == __NR_epoll_pwait2;
}

long fj_signalfd_read(struct fj_call *c)
{
	struct signalfd_siginfo record;
	long r;

	if (is_wait(c->nr))
		return wait_for_others(c);
	r = read_first(c);
	if (!r)
		r = fj_kernel_waiting(c, c->nr, c->arg, -1);
	if (r <= 0 || r % (long)sizeof(record))
		return r;
	for (size_t at = 0; at < (size_t)r; at += sizeof(record))
		if (stands_in(c, at, &record)) {
			if (!is_signalfd((int)c->arg[0]))
				break;
			turn_record(c, at, &record);
		}
	return r;
}
