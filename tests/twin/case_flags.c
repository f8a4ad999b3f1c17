/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_flags.c - tests which error comes first when the flags of a call and its path, or its descriptor, are both bad:
 * for each call of the jail's table, and each bit of its flags.
 */
#include "twin.h"

#include "calls.h"

static char too_long[5000];
/* Nothing can be made at any of these. */
static const char *const bad_paths[] = {"missing/x", "file/x", "loop/x", "loop", "", "closed/x"};
#define BAD_POINTERS 4
#define WATCHES 22
#define MARKS 23
static const struct {
	const char *name;
	const char *path;
} pointers[BAD_POINTERS] = {{"NULL", NULL}, {"bad", (const char *)8}, {"too long", too_long},
	{"at the end of memory", (const char *)-1L}};

static char room[4096];
static char *nothing[] = {NULL};

static int is_flags(const struct row *row, int i)
{
	switch (row->kind[i]) {
	case OFLAGS:
	case ATFLAGS:
	case LINKFLAGS:
	case WATCH:
	case FANFLAGS:
	case MODE:
		return 1;
	case HEX:
		return row->nr != SYS_sendto && row->nr != SYS_mount;
	default:
		return 0;
	}
}

static int is_any_path(const struct row *row, int i)
{
	return is_path(row->kind[i]) ||
	       (row->kind[i] == PTR && i > 0 && row->kind[i - 1] == FD &&
		       (row->nr == SYS_open_tree || row->nr == SYS_move_mount ||
			       row->nr == SYS_fspick || row->nr == SYS_mount_setattr));
}

static long value(const struct row *row, int i, const char *path)
{
	switch (row->kind[i]) {
	case DIRFD:
		return AT_FDCWD;
	case FD:
		return row->nr == SYS_inotify_add_watch ? WATCHES :
		       row->nr == SYS_fanotify_mark	? MARKS :
							  AT_FDCWD;
	case PATH:
	case LPATH:
	case NEW:
	case OLD:
		return (long)path;
	case TEXT:
		return (long)"user.t";
	case ARGV_:
		return (long)nothing;
	case STAT:
		return (long)room;
	case PTR:
		return is_any_path(row, i) ? (long)path : (long)room + 512L * i;
	case MODE:
		return row->nr == SYS_fchmodat2 ? 0755 : 4;
	case SIZE:
		return row->nr == SYS_openat2 || !strncmp(row->name, "file_", 5) ? 24 :
		       strstr(row->name, "xattrat")				 ? 16 :
										   32;
	default:
		return 0;
	}
}

static long make(const struct row *row, const long *arg)
{
	long r;

	errno = 0;
	r = syscall(row->nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (r >= 3 && r < 20)
		close((int)r);
	return r < 0 ? -errno : 0;
}

/* Which errors, for all bits of the flags one after the other: each with the number of bits that follow it. */
static void try_bits(const struct row *row, int flags, long *arg)
{
	long before = 1, r;
	int count = 0;

	for (int bit = -1; bit < 32; bit++) {
		memset(room, 0, sizeof(room));
		arg[flags] = bit < 0 ? 0 : 1L << bit;
		r = make(row, arg);
		if (r != before && count)
			say(" %s*%d", before ? errno_name((int)-before) : "ok", count);
		count = r == before ? count + 1 : 1;
		before = r;
	}
	memset(room, 0, sizeof(room));
	arg[flags] = 0xffffffff;
	r = make(row, arg);
	say(" %s*%d, all %s\n", before ? errno_name((int)-before) : "ok", count,
		r ? errno_name((int)-r) : "ok");
}

static void try_paths(const struct row *row, int flags)
{
	long arg[6];

	for (size_t p = 0; p < COUNT(bad_paths) + BAD_POINTERS; p++) {
		const int is_pointer = p >= COUNT(bad_paths);
		const char *const path =
			is_pointer ? pointers[p - COUNT(bad_paths)].path : bad_paths[p];

		for (int i = 0; i < 6; i++)
			arg[i] = value(row, i, path);
		say("%s, argument %d, %s:", row->name, flags,
			is_pointer ? pointers[p - COUNT(bad_paths)].name : path);
		try_bits(row, flags, arg);
	}
}

/* A descriptor that is not open, is no directory, or was opened with O_PATH. */
static void try_descriptors(const struct row *row, int flags)
{
	static const int fds[] = {77, -1, 20, 21};
	long arg[6];

	for (size_t k = 0; k < COUNT(fds); k++) {
		for (int i = 0; i < 6; i++)
			arg[i] = row->kind[i] == DIRFD || row->kind[i] == FD ? fds[k] :
									       value(row, i, "x/x");
		say("%s, argument %d, descriptor %d:", row->name, flags, fds[k]);
		try_bits(row, flags, arg);
	}
}

static struct row resolved(const struct row *row)
{
	struct row r = *row;

	for (size_t t = 0; row->as && t < ROWS; t++)
		for (int i = 0; rows[t].nr == row->as && i < 5; i++)
			if (row->alias_arg[i] >= OWN_ARGUMENT && rows[t].kind[i])
				r.kind[row->alias_arg[i] - OWN_ARGUMENT] = rows[t].kind[i];
	return r;
}

static void try_rows(void)
{
	for (size_t n = 0; n < ROWS; n++) {
		const struct row row = resolved(&rows[n]);
		int has_path = 0;

		for (int i = 0; i < 6; i++)
			has_path |= is_any_path(&row, i);
		for (int i = 0; has_path && i < 6; i++) {
			if (!is_flags(&row, i))
				continue;
			try_paths(&row, i);
			try_descriptors(&row, i);
		}
	}
}

static void keep(int fd, int at)
{
	dup2(fd, at);
	close(fd);
}

static void make_tree(void)
{
	fill(too_long, 'x', sizeof(too_long) - 1);
	put("file", "x");
	symlink("loop", "loop");
	mkdir("closed", 0);
	keep(open("file", O_RDWR), 20);
	keep(open("file", O_PATH), 21);
	keep(inotify_init1(IN_NONBLOCK), WATCHES);
	keep((int)syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, 0), MARKS);
}

CASE(flags_root)
{
	make_tree();
	try_rows();
}

CASE(flags_user)
{
	make_tree();
	try_rows();
}
