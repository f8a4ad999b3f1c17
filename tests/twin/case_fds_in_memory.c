/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds_in_memory.c - tests that the numbers of the jail's own descriptors are not open for
 * calls that read descriptors from memory, or from an argument that is one only sometimes
 * (case_fds_reserved.c has all others).
 */
#include "twin.h"

#define FIRST 1000
#define LAST 1023
#define OPEN 999
#define CLOSED 900

/* linux/aio_abi.h and linux/fs.h, which musl does not bring. */
struct iocb {
	uint64_t data;
	uint32_t key;
	int32_t rw_flags;
	uint16_t opcode;
	int16_t priority;
	uint32_t fd;
	uint64_t buf, size;
	int64_t offset;
	uint64_t reserved;
	uint32_t flags, event_fd;
};
#define AIO_READ 0
#define AIO_FSYNC 2
#define AIO_POLL 5
#define AIO_HAS_EVENT_FD 1
struct range {
	int64_t from;
	uint64_t at, length, to;
};
#define CLONE 0x40049409
#define CLONE_RANGE 0x4020940d

static char room[4096];

static void each(const char *what, int (*error)(int fd))
{
	const int want = error(CLOSED);

	say("%s: %e\n", what, want);
	for (int fd = FIRST; fd <= LAST; fd++) {
		const int got = error(fd);

		if (got != want)
			say("%s: %d says %e\n", what, fd, got);
	}
}

static int poll_(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	errno = 0;
	return poll(&p, 1, 0) < 0 ? errno : 1000 + p.revents;
}

/* Among others, at each place: what is open answers, and so do those that are not. */
static int poll_several(int fd)
{
	struct pollfd p[70];
	int sum = 0;

	for (size_t i = 0; i < COUNT(p); i++)
		p[i] = (struct pollfd){.fd = i % 3 == 0 ? 0 :
					     i % 3 == 1 ? -1 :
							  fd,
			.events = POLLIN};
	errno = 0;
	sum = poll(p, COUNT(p), -1) * 1000;
	for (size_t i = 0; i < COUNT(p); i++)
		sum += p[i].revents * (int)(1 + i % 7);
	return errno ? errno : sum;
}

static int ppoll_masked(int fd)
{
	const uint64_t mask = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	errno = 0;
	return syscall(SYS_ppoll, &p, 1, NULL, &mask, sizeof(mask)) < 0 ? errno : 1000 + p.revents;
}

static int ppoll_(int fd)
{
	struct timespec hour = {3600, 0};
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	errno = 0;
	return syscall(SYS_ppoll, &p, 1, &hour, NULL, 0) < 0 ? errno : 1000 + p.revents;
}

/* What else is wrong is told first. */
static int ppoll_wrong(int fd)
{
	struct timespec wrong = {0, -1};
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

	errno = 0;
	return syscall(SYS_ppoll, &p, 1, &wrong, NULL, 0) < 0 ? errno : 1000 + p.revents;
}

static unsigned long aio;
static int aio_(int fd)
{
	struct iocb one = {.opcode = AIO_FSYNC, .fd = (uint32_t)fd}, *list[] = {&one};

	errno = 0;
	syscall(SYS_io_submit, aio, 1L, list);
	return errno;
}

static int aio_event(int fd)
{
	struct iocb one = {.opcode = AIO_POLL, .flags = AIO_HAS_EVENT_FD, .event_fd = (uint32_t)fd},
		    *list[] = {&one};

	errno = 0;
	syscall(SYS_io_submit, aio, 1L, list);
	return errno;
}

/* The first is right, and it alone is done. */
static int aio_second(int fd)
{
	struct iocb one = {.opcode = AIO_READ, .buf = (uint64_t)(long)room},
		    two = {.opcode = AIO_FSYNC, .fd = (uint32_t)fd}, *list[] = {&one, &two};
	uint64_t event[4];

	one.fd = (uint32_t)open("f", O_RDONLY);
	errno = 0;
	fd = (int)syscall(SYS_io_submit, aio, 2L, list);
	if (fd > 0)
		syscall(SYS_io_getevents, aio, 1L, 1L, event, NULL);
	close((int)one.fd);
	return fd < 0 ? errno : 1000 + fd;
}

static int clone_(int fd)
{
	const int to = open("g", O_RDWR | O_CREAT, 0644);

	errno = 0;
	ioctl(to, CLONE, fd);
	fd = errno;
	close(to);
	return fd;
}

static int clone_range(int fd)
{
	struct range range = {.from = fd};
	const int to = open("g", O_RDWR | O_CREAT, 0644);

	errno = 0;
	ioctl(to, CLONE_RANGE, &range);
	fd = errno;
	close(to);
	return fd;
}

/* (Linux 6.10: EINVAL before.) */
static int is_same(int fd)
{
	errno = 0;
	return syscall(SYS_fcntl, 0, 1027 /* F_DUPFD_QUERY */, (long)fd) < 0 ? errno : 1000;
}

static int which_set;
static int select_(int fd)
{
	uint64_t set[3][32] = {{0}};
	struct timeval none = {0, 0};

	set[which_set][fd / 64] = 1UL << fd % 64;
	errno = 0;
	syscall(SYS_select, 2048, set[0], set[1], set[2], &none, NULL);
	return errno;
}

static int pselect_(int fd)
{
	uint64_t set[3][32] = {{0}};
	struct timespec none = {0, 0};

	set[which_set][fd / 64] = 1UL << fd % 64;
	errno = 0;
	syscall(SYS_pselect6, fd + 1, set[0], set[1], set[2], &none, NULL);
	return errno;
}

static int pselect_masked(int fd)
{
	uint64_t set[3][32] = {{0}}, mask = 0;
	struct timespec none = {0, 0};
	struct {
		void *mask;
		size_t size;
	} pair = {&mask, sizeof(mask)};

	set[which_set][fd / 64] = 1UL << fd % 64;
	errno = 0;
	syscall(SYS_pselect6, 2048, set[0], set[1], set[2], &none, &pair);
	return errno;
}

static int pair[2];
static int rights_(int fd)
{
	const int fds[] = {0, fd};
	const struct msghdr *m = message_with(fds, 2);

	errno = 0;
	sendmsg(pair[0], m, MSG_DONTWAIT);
	return errno;
}

static int kcmp_(int fd)
{
	errno = 0;
	syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, 0, fd);
	return errno;
}

static int command;
static int fcntl_(int fd)
{
	uint64_t zeros[8] = {0};

	errno = 0;
	syscall(SYS_fcntl, fd, command,
		command == F_DUPFD || command == F_DUPFD_CLOEXEC ? 0 : zeros);
	return errno;
}

/* Those that are told of descriptors in memory. */
CASE(fds_reserved_in_memory)
{
	static const int commands[] = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK,
		F_SETLK, F_SETOWN, F_GETOWN, 1024 /* F_SETLEASE */, 1025, F_DUPFD_CLOEXEC, 1031,
		1032, 1033, 1034};

	R(dup2(0, OPEN));
	put("f", "text");
	each("poll", poll_);
	each("poll of several", poll_several);
	each("ppoll", ppoll_);
	each("ppoll with a mask", ppoll_masked);
	each("ppoll with another error", ppoll_wrong);
	R(syscall(SYS_io_setup, 8L, &aio));
	each("io_submit", aio_);
	each("io_submit with an eventfd", aio_event);
	each("io_submit of two", aio_second);
	each("FICLONE", clone_);
	each("FICLONERANGE", clone_range);
	each("F_DUPFD_QUERY", is_same);
	for (which_set = 0; which_set < 3; which_set++) {
		each("select", select_);
		each("pselect", pselect_);
		each("pselect with a mask", pselect_masked);
	}
	R(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	each("SCM_RIGHTS", rights_);
	each("kcmp", kcmp_);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		command = commands[i];
		each("fcntl", fcntl_);
	}
}
