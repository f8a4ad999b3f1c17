/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_times.c - tests utimensat, futimens, utimes, utime and futimesat: times that are set or
 * omitted, links that are followed, refusals.
 */
#include "twin.h"

static void times_of(const char *name)
{
	struct stat st;

	if (x_lstat(name, &st) < 0) {
		say("%s: %e\n", name, errno);
		return;
	}
	/* A time set to "now" is only known to be late. */
	long late = 1700000000;
	say("%s: %ld.%ld %ld.%ld\n", name, st.st_atim.tv_sec > late ? -1 : (long)st.st_atim.tv_sec,
		st.st_atim.tv_sec > late ? 0 : st.st_atim.tv_nsec,
		st.st_mtim.tv_sec > late ? -1 : (long)st.st_mtim.tv_sec,
		st.st_mtim.tv_sec > late ? 0 : st.st_mtim.tv_nsec);
}

CASE(times)
{
	struct timespec ts[2] = {{1000, 1}, {2000, 999999999}};
	struct timespec half[2] = {{0, UTIME_OMIT}, {3000, 5}};
	struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
	struct timespec bad[2] = {{0, 1000000000}, {0, 0}};
	struct timeval tv[2] = {{4000, 7}, {5000, 999999}};
	struct utimbuf ut = {6000, 7000};

	SPELLINGS() {
		x_put("f", "x");
		x_mkdir("d", 0755);
		x_symlink("f", "l");
		x_symlink("nowhere", "dangling");
		R(utimensat(twin_dirfd, xat("f"), ts, 0));
		times_of("f");
		R(utimensat(twin_dirfd, xat("l"), half, 0));
		times_of("f");
		R(utimensat(twin_dirfd, xat("l"), ts, AT_SYMLINK_NOFOLLOW));
		times_of("l");
		R(utimensat(twin_dirfd, xat("f"), now, 0));
		times_of("f");
		R(utimensat(twin_dirfd, xat("f"), NULL, 0));
		times_of("f");
		R(utimensat(twin_dirfd, xat("f"), bad, 0));
		R(utimensat(twin_dirfd, xat("d/"), ts, 0));
		times_of("d");
		R(utimensat(twin_dirfd, xat("f/"), ts, 0));
		R(utimensat(twin_dirfd, xat("dangling"), ts, 0));
		R(utimensat(twin_dirfd, xat("missing"), ts, 0));
		R(utimensat(twin_dirfd, xat("f"), ts, 0x10000));
		R(utimes(x("l"), tv));
		times_of("f");
		R(utime(x("d"), &ut));
		times_of("d");
		R(utime(x("d"), NULL));
		times_of("d");
		R(utimes(x("missing"), tv));
		R(SYSCALL(SYS_utime, x("f"), &ut));
		times_of("f");
		R(SYSCALL(SYS_utimes, x("l"), tv));
		times_of("f");
		R(SYSCALL(SYS_futimesat, twin_dirfd, xat("d"), tv));
		times_of("d");
		tv[0].tv_usec = 1000000;
		R(SYSCALL(SYS_futimesat, twin_dirfd, xat("d"), tv));
		tv[0].tv_usec = 7;
	}
}

CASE(times_by_fd)
{
	struct timespec ts[2] = {{1000, 1}, {2000, 2}};
	struct stat st;

	put("f", "x");
	int fd = open("f", O_RDONLY), p = open("f", O_PATH);
	R(futimens(fd, ts));
	R(fstat(fd, &st));
	say("%ld %ld\n", (long)st.st_atim.tv_sec, (long)st.st_mtim.tv_nsec);
	R(SYSCALL(SYS_utimensat, fd, NULL, ts, 0));
	R(SYSCALL(SYS_utimensat, p, NULL, ts, 0));
	R(SYSCALL(SYS_utimensat, fd, "", ts, AT_EMPTY_PATH));
	R(SYSCALL(SYS_utimensat, p, "", ts, AT_EMPTY_PATH));
	R(SYSCALL(SYS_utimensat, fd, "", ts, 0));
	R(SYSCALL(SYS_utimensat, 99, NULL, ts, 0));
	R(SYSCALL(SYS_utimensat, AT_FDCWD, NULL, ts, 0));
	R(SYSCALL(SYS_futimesat, fd, NULL, NULL));
	R(SYSCALL(SYS_utimensat, fd, NULL, ts, AT_SYMLINK_NOFOLLOW));
}
