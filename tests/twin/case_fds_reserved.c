/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds_reserved.c - tests that the numbers of the jail's own descriptors are not open for the
 * program: each call that takes a descriptor must return for them what it returns for a closed one.
 *
 * The calls are those of the jail's own table, so a new row is tested, too.
 */
#include "twin.h"

#include "calls.h"

#define FIRST 1000
#define LAST 1023 /* the jail takes eight at its end */
#define OPEN 999  /* makes the table of descriptors as long as the jail's */
#define CLOSED 900
#define EMPTY_PATH 0x1000
#define TARGET_OF_DUP 1 /* it may be a number that is free, and the jail's are not */

static char *nothing[] = {NULL};
static char room[4096];

static long value(enum kind kind, int way)
{
	switch (kind) {
	case PATH:
	case LPATH:
	case NEW:
	case OLD:
		return (long)(way == 2 ? "" : "f");
	case TEXT:
		return (long)"user.f";
	case PTR:
	case STAT:
	case ADDR:
		return way ? (long)room : 0;
	case ARGV_:
		return (long)nothing;
	case SIZE:
		return way ? 8 : 0;
	case ATFLAGS:
	case LINKFLAGS:
		return way == 2 ? EMPTY_PATH : 0;
	case DIRFD:
		return AT_FDCWD;
	case FD:
		return 0;
	default:
		return way;
	}
}

static int error_of(const struct row *row, int i, int fd, int way)
{
	long arg[6];

	for (int j = 0; j < 6; j++)
		arg[j] = value(row->kind[j], way);
	arg[i] = fd;
	memset(room, 0, sizeof(room));
	errno = 0;
	syscall(row->nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	return errno;
}

static int tried;

static void try_row(const struct row *row, int i)
{
	for (int way = 0; way < 5; way++) {
		const int want = error_of(row, i, CLOSED, way);

		for (int fd = FIRST; fd <= LAST; fd++) {
			const int got = error_of(row, i, fd, way);

			tried++;
			if (got != want)
				say("%s, argument %d, way %d: %d says %e, a closed one %e\n",
					row->name, i, way, fd, got, want);
		}
	}
}

static void try_all(void)
{
	for (size_t r = 0; r < ROWS; r++)
		for (int i = 0; i < 6; i++) {
			if (rows[r].kind[i] != FD && rows[r].kind[i] != DIRFD)
				continue;
			if (i == TARGET_OF_DUP &&
				(rows[r].nr == SYS_dup2 || rows[r].nr == SYS_dup3))
				continue;
			try_row(&rows[r], i);
		}
	say("tried: %s\n", tried > 100 * 5 * (LAST - FIRST) ? "more than 100 calls" : "too few");
}

/* After it the records of owners must be whole: the jail is used on. */
CASE(fds_reserved)
{
	char *again[] = {"x", "@fds_reserved", NULL};

	put("f", "text");
	try_all();
	CHILD("exec")
		R(execve(twin_self, again, environ));
}

TOOL(fds_reserved)
{
	try_all();
}

/* In a process that has recorded owners, or watches files, they are no more open than in others. */
CASE(fds_reserved_used)
{
	char *again[] = {"x", "@fds_reserved", NULL};
	int fd;

	put("f", "text");
	R(dup2(0, OPEN));
	R(chown("f", 5, 6));
	try_all();
	fd = inotify_init1(0);
	R(inotify_add_watch(fd, "f", IN_ATTRIB));
	try_all();
	CHILD("fork")
		try_all();
	CHILD("exec")
		R(execve(twin_self, again, environ));
	R(execve(twin_self, again, environ));
}

/* None can be changed. */
CASE(fds_reserved_root)
{
	struct stat st;
	int changed = 0;

	put("f", "text");
	R(chown("f", 5, 6));
	for (int fd = FIRST; fd <= LAST; fd++) {
		changed += !ftruncate(fd, 0);
		changed += syscall(SYS_write, fd, "x", 1) >= 0;
		changed += syscall(SYS_pwrite64, fd, "x", 1, 0L) >= 0;
		changed += !syscall(SYS_fallocate, fd, 0, 0L, 4096L);
		changed += !syscall(SYS_fchmod, fd, 0);
		changed += !syscall(SYS_fchown, fd, 7, 7);
		changed += syscall(SYS_mmap, NULL, 4096L, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				   0L) != -1;
		changed += syscall(SYS_dup, fd) >= 0;
		changed += !syscall(SYS_fstat, fd, &st);
		changed += !syscall(SYS_fchdir, fd);
	}
	say("changed: %d\n", changed);
	R(stat("f", &st));
	say("owner %d %d\n", (int)st.st_uid, (int)st.st_gid);
	R(chown("f", 8, 9));
	CHILD("later") {
		R(stat("f", &st));
		say("owner %d %d\n", (int)st.st_uid, (int)st.st_gid);
	}
}
