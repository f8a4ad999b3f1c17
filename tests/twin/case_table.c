/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_table.c - tests the results of each call of the jail's table for user 1000 on files of which
 * most are root's: by name, and by descriptors that root opened before.
 *
 * The cases do not list calls: the kinds of a call's arguments tell how to make it, in several
 * ways. Many of these calls make no sense: the kernel's result is the right one for them, too.
 */
#include "twin.h"

#include "calls.h"
#include "case_table.h"

#define WAYS 8

/* ---- one call ---- */

static char *nothing[] = {NULL};
static char room[4096];
static struct sockaddr_un address;

static const int open_flags[WAYS] = {O_RDONLY, O_WRONLY, O_RDWR, O_PATH, O_WRONLY | O_CREAT,
	O_RDONLY | O_TRUNC, O_RDONLY | O_NOATIME, O_WRONLY | O_TMPFILE};
static const int modes[WAYS] = {4, 2, 1, 0, 0644, 04755, S_IFIFO | 0600, S_IFCHR | 0600};
static const int at_flags[WAYS] = {0, AT_SYMLINK_NOFOLLOW, AT_EACCESS, 0, 0, 0, 0, 0};
static const int bits[WAYS] = {0, 1, 2, AT_REMOVEDIR, 0, 0, 0, 0};
static const int watches[WAYS] = {2, 2 | 0x02000000, 1, 4, 8, 0x10, 0x20, 0x40};
static const int marks[WAYS] = {1, 1 | 4, 1 | 8, 2, 1 | 0x10, 1 | 0x100, 0x80, 1};
static const int ids[2][WAYS] = {
	{-1, USER, -1, 0, -1, USER, 1, 2}, {-1, -1, USER, 0, 5, USER, 1, 2}};
static const char *const texts[WAYS] = {"user.t", "trusted.t", "security.capability", "security.t",
	"system.posix_acl_access", "system.posix_acl_default", "user.missing", "bogus"};

/* What a pointer leads to: times, mostly; the structure of openat2 and of setxattrat. */
static void fill_room(const struct row *row, int way)
{
	static const long now = UTIME_NOW, omit = UTIME_OMIT;
	long *word = (long *)room;

	memset(room, 0, sizeof(room));
	if (row->nr == SYS_openat2) {
		word[0] = open_flags[way] | O_NONBLOCK | O_NOCTTY;
		word[1] = open_flags[way] & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? 0600 : 0;
		return;
	}
	if (!strcmp(row->name, "setxattrat") || !strcmp(row->name, "getxattrat")) {
		word[0] = (long)(room + 64); /* its value, and the length of that */
		word[1] = 20;
		room[64 + 3] = 2;
		return;
	}
	if (row->nr == SYS_utimensat) {
		word[1] = way == 2 || way == 3 || way == 4 ? now : 0;
		word[3] = way == 2 ? now : way == 3 || way == 5 ? omit : 0;
		return;
	}
	if (!strcmp(row->name, "file_setattr") || row->nr == SYS_utime || row->nr == SYS_utimes ||
		row->nr == SYS_futimesat)
		return;
	room[3] = 2; /* the revision of security.capability */
}

static long value(const struct row *row, int i, int way)
{
	const int before = i > 0 ? row->kind[i - 1] : NONE;

	switch (row->kind[i]) {
	case TEXT:
		return (long)texts[way];
	case PTR:
		return row->nr == SYS_openat2 || way ? (long)room : 0;
	case STAT:
		return (long)room;
	case ADDR:
		return (long)&address;
	case ARGV_:
		return (long)nothing;
	case SIZE:
		if (before == ADDR)
			return sizeof(address);
		if (before == PATH)
			return way == 1 ? 8 : 0; /* truncate */
		return row->nr == SYS_openat2 || !strncmp(row->name, "file_", 5) ? 24 :
		       strstr(row->name, "xattrat")				 ? 16 :
		       strstr(row->name, "setxattr")				 ? 20 :
										   64;
	case INT:
		return ids[before == INT][way];
	case HEX:
		return row->nr == SYS_fanotify_mark ? 2 : bits[way];
	case DIRFD:
		return AT_FDCWD;
	case OFLAGS:
		return open_flags[way] | O_NONBLOCK | O_NOCTTY;
	case MODE:
		return modes[way];
	case ATFLAGS:
		return at_flags[way];
	case LINKFLAGS:
		return way & 1 ? AT_SYMLINK_FOLLOW : 0;
	case WATCH:
		return watches[way];
	case FANFLAGS:
		return marks[way];
	case FD:
		return row->nr == SYS_inotify_add_watch ? WATCHES :
		       row->nr == SYS_fanotify_mark	? MARKS :
							  NEUTRAL;
	default:
		return 0;
	}
}

/* Their paths where there is nothing to be said; what else is a path gets the other name. */
static const char *other_name(const struct row *row, int i)
{
	return row->kind[i] == NEW ? "all/new" : row->kind[i] == OLD ? "all/d" : "open";
}

static void say_error(long r)
{
	say(" %s", r < 0 ? errno_name(errno) : "ok");
	if (r >= 3 && r < KEPT)
		close((int)r);
	if (r >= 0)
		SYSCALL(SYS_fchdir, HOME);
}

static void call(const struct row *row, const long *arg)
{
	errno = 0;
	say_error(syscall(row->nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]));
}

/* An old call as its own arguments are, by its new form's. */
static struct row resolved(const struct row *row)
{
	struct row r = *row;

	for (size_t t = 0; row->as && t < ROWS; t++)
		for (int i = 0; rows[t].nr == row->as && i < 5; i++)
			if (row->alias_arg[i] >= OWN_ARGUMENT && rows[t].kind[i])
				r.kind[row->alias_arg[i] - OWN_ARGUMENT] = rows[t].kind[i];
	return r;
}

/* ---- who asks ---- */

static void become(unsigned long caps)
{
	unsigned header[2] = {0x20080522, 0};
	unsigned data[6] = {(unsigned)caps, (unsigned)caps, 0, (unsigned)(caps >> 32),
		(unsigned)(caps >> 32), 0};

	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, USER, USER, USER);
	SYSCALL(SYS_setresuid, USER, USER, USER);
	SYSCALL(SYS_capset, header, data);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	dup2(inotify_init1(IN_NONBLOCK), WATCHES);
	dup2((int)syscall(SYS_fanotify_init, 0x200 /* FAN_REPORT_FID */, 0), MARKS);
	for (int fd = 3; fd < KEPT; fd++)
		close(fd);
}

/* ---- by name ---- */

/* Links of procfs, which the kernel alone knows to be the user's, and the jail takes for root's. */
static int is_link_of_procfs(const struct row *row, int i, const char *name, int way)
{
	if (strncmp(name, "/proc", 5))
		return 0;
	for (int j = 0; j < 6; j++)
		if (row->kind[j] == ATFLAGS && (at_flags[way] & AT_SYMLINK_NOFOLLOW))
			return 1;
	return row->kind[i] == LPATH || !strcmp(row->name, "lchown");
}

static void try_name(const struct row *row, int i, const char *name)
{
	long arg[6];

	say("%s %d %q:", row->name, i, name);
	for (int way = 0; way < WAYS; way++) {
		if (is_link_of_procfs(row, i, name, way))
			continue;
		fill_room(row, way);
		for (int j = 0; j < 6; j++)
			arg[j] = is_path(row->kind[j]) ? (long)other_name(row, j) :
							 value(row, j, way);
		if (row->kind[i] == ADDR) {
			const int s = socket(AF_UNIX, SOCK_DGRAM, 0);

			memset(&address, 0, sizeof(address));
			address.sun_family = AF_UNIX;
			strcpy(address.sun_path, name);
			dup2(s, KEPT - 1);
			close(s);
			arg[0] = KEPT - 1;
			call(row, arg);
			close(KEPT - 1);
			continue;
		}
		arg[i] = (long)name;
		call(row, arg);
	}
	say("\n");
}

static void try_names(const struct row *row, int i)
{
	static char absolute[PATH_MAX];

	for (size_t o = 0; o < COUNT(objects) + COUNT(others); o++) {
		const char *name =
			o < COUNT(objects) ? objects[o].name : others[o - COUNT(objects)];

		try_name(row, i, name);
		sprintf(absolute, "%s/%s", home, name);
		if (*name && *name != '/')
			try_name(row, i, absolute);
	}
}

/* Those of a path that follow a directory's descriptor, or name nothing but a descriptor. */
static void try_below(const struct row *row, int i)
{
	static const char *const names[] = {"", "f", ".", ".."};
	long arg[6];

	for (size_t k = 0; k < COUNT(kept); k++)
		for (size_t n = 0; n < COUNT(names); n++) {
			say("%s %d below %s %o %q:", row->name, i, kept[k].name, kept[k].flags,
				names[n]);
			for (int way = 0; way < WAYS; way++) {
				fill_room(row, way);
				for (int j = 0; j < 6; j++)
					arg[j] = is_path(row->kind[j]) ? (long)other_name(row, j) :
									 value(row, j, way);
				for (int j = 0; j < 6 && !*names[n]; j++)
					if (row->kind[j] == ATFLAGS || row->kind[j] == LINKFLAGS)
						arg[j] |= AT_EMPTY_PATH;
				arg[i - 1] = KEPT + (long)k;
				arg[i] = (long)names[n];
				call(row, arg);
				if (!*names[n] && row->nr == SYS_utimensat) {
					arg[i] = 0;
					call(row, arg);
				}
			}
			say("\n");
		}
}

static int is_address_of_a_path(const struct row *row, int i)
{
	return row->kind[i] == ADDR &&
	       (row->nr == SYS_bind || row->nr == SYS_connect || row->nr == SYS_sendto);
}

static void try_row(const struct row *row, unsigned long caps)
{
	for (int i = 0; i < 6; i++) {
		if (!is_path(row->kind[i]) && !is_address_of_a_path(row, i))
			continue;
		make_tree();
		keep_all();
		CHILD(row->name) {
			become(caps);
			try_names(row, i);
			if (i && row->kind[i - 1] == DIRFD)
				try_below(row, i);
		}
	}
}

/* ---- by descriptor ---- */

/* They ask for no permission, wait, write to the disk or change what is open. (quotactl_fd: a
 * pretended device is opened as the host's, which lies on another file system.) */
static int is_left_out(const struct row *row)
{
	static const char *const names[] = {"close", "close_range", "dup", "dup2", "dup3", "fsync",
		"fdatasync", "syncfs", "sync_file_range", "flock", "fcntl", "ioctl", "read", "mmap",
		"quotactl_fd"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(row->name, names[i]))
			return 1;
	return 0;
}

static void try_descriptors(const struct row *row, int i)
{
	long arg[6];

	for (size_t k = 0; k < COUNT(kept); k++) {
		say("%s %d %s %o:", row->name, i, kept[k].name, kept[k].flags);
		for (int way = 0; way < WAYS; way++) {
			fill_room(row, way);
			for (int j = 0; j < 6; j++)
				arg[j] = value(row, j, way);
			arg[i] = KEPT + (long)k;
			call(row, arg);
		}
		say("\n");
	}
}

static int has_path(const struct row *row)
{
	for (int i = 0; i < 6; i++)
		if (is_path(row->kind[i]))
			return 1;
	return 0;
}

static void try_descriptors_of(const struct row *row)
{
	if (has_path(row) || is_left_out(row))
		return;
	for (int i = 0; i < 6; i++) {
		if (row->kind[i] != FD)
			continue;
		make_tree();
		keep_all();
		CHILD(row->name) {
			become(0);
			try_descriptors(row, i);
		}
	}
}

CASE(table_root_descriptors)
{
	umask(0);
	for (size_t r = 0; r < ROWS; r++)
		try_descriptors_of(&rows[r]);
}

CASE(table_root_names)
{
	umask(0);
	for (size_t r = 0; r < ROWS; r++) {
		const struct row row = resolved(&rows[r]);

		try_row(&row, 0);
	}
}
