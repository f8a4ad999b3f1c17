/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * changed.c - tests that a path which another thread changes during the call does not lead out of the jail. For changed.sh,
 * which runs it in a jail.
 *
 * One thread makes calls by a path of its memory. Another thread changes the first byte of this path all the time: so it is
 * empty, and the path of a name in a directory of the host, in turn. No call may find that directory, or change or make
 * anything there: in the jail no such path exists.
 *
 * argv[1]: how often each call is made. argv[2]: the path of the directory on the host, which has the file "there".
 * Prints how many calls found something there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LENGTH 512

static atomic_int is_over;
/* Its first byte is changed. */
static volatile char path[LENGTH];
static char outside[LENGTH];

static void *changes_path(void *unused)
{
	while (!is_over) {
		path[0] = '/';
		path[0] = '\0';
	}
	return unused;
}

static void set_outside(const char *name)
{
	snprintf(outside, sizeof(outside), "%s", name);
	for (size_t i = 1; i < LENGTH; i++)
		path[i] = outside[i];
}

#define P ((const char *)path)
#define TAKES(call) ((call) >= 0)

/* Each makes one call, and returns whether it succeeded. All would fail with the path of the host in the jail, and nearly all
 * with an empty one; those that do not are made where this cannot be mistaken. */
static int opens(void)
{
	const int fd = open(P, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int opens_path(void)
{
	struct open_how how = {.flags = O_PATH};
	const long fd = syscall(SYS_openat2, AT_FDCWD, P, &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

static int makes(void)
{
	const int fd = open(P, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int stats(void)
{
	struct stat st;

	return TAKES(stat(P, &st));
}

static int stats_link(void)
{
	struct statx sx;

	return TAKES(statx(AT_FDCWD, P, AT_SYMLINK_NOFOLLOW, STATX_ALL, &sx));
}

/* With an empty path this is a look at the working directory, which is a directory of the jail. */
static int stats_empty(void)
{
	struct stat here, st;

	return !stat(".", &here) && !fstatat(AT_FDCWD, P, &st, AT_EMPTY_PATH) &&
	       st.st_ino != here.st_ino;
}

static int statx_empty(void)
{
	struct statx sx;
	struct stat here;

	return !stat(".", &here) && !statx(AT_FDCWD, P, AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) &&
	       sx.stx_ino != here.st_ino;
}

static int asks_access(void)
{
	return TAKES(access(P, F_OK));
}

static int asks_read_access(void)
{
	return TAKES(faccessat(AT_FDCWD, P, R_OK, AT_EACCESS));
}

static int reads_link(void)
{
	char text[8];

	return TAKES(readlink(P, text, sizeof(text))) || errno == EINVAL;
}

static int lists_attributes(void)
{
	return TAKES(listxattr(P, NULL, 0));
}

static int sets_attribute(void)
{
	return TAKES(setxattr(P, "user.x", "y", 1, 0));
}

static int asks_file_system(void)
{
	struct statfs fs;

	return TAKES(statfs(P, &fs));
}

static int changes_mode(void)
{
	return TAKES(chmod(P, 0700));
}

static int changes_owner(void)
{
	return TAKES(chown(P, 1, 1));
}

static int changes_owner_at(void)
{
	struct stat here;

	/* An empty path changes the owner of the working directory. */
	return !fchownat(AT_FDCWD, P, 0, 0, AT_EMPTY_PATH) && (stat(".", &here) || here.st_uid);
}

static int changes_times(void)
{
	return TAKES(utimensat(AT_FDCWD, P, NULL, 0));
}

static int truncates(void)
{
	return TAKES(truncate(P, 0));
}

static int makes_directory(void)
{
	return TAKES(mkdir(P, 0700));
}

static int makes_fifo(void)
{
	return TAKES(mkfifo(P, 0600));
}

static int makes_symlink(void)
{
	return TAKES(symlink("x", P));
}

static int makes_link(void)
{
	return TAKES(link("/file", P));
}

static int links_from(void)
{
	const int r = link(P, "/name");

	if (!r)
		unlink("/name");
	return !r;
}

static int renames_to(void)
{
	const int r = rename("/file", P);

	if (!r)
		close(open("/file", O_WRONLY | O_CREAT, 0600));
	return !r;
}

static int renames_from(void)
{
	return TAKES(rename(P, "/name"));
}

static int removes(void)
{
	return TAKES(unlink(P));
}

static int removes_directory(void)
{
	return TAKES(rmdir(P));
}

static int enters(void)
{
	const int r = chdir(P);

	if (!r && chdir("/"))
		exit(3);
	return !r;
}

static int executes(void)
{
	static char *argv[] = {(char *)"x", NULL};

	execve(P, argv, argv + 1);
	return errno != ENOENT;
}

static int watches(void)
{
	const int fd = inotify_init(), r = inotify_add_watch(fd, P, IN_ALL_EVENTS);

	close(fd);
	return r >= 0;
}

struct call {
	const char *name;
	int (*make)(void);
	const char *at; /* the name in the host's directory that it is made with */
};

/* Calls that remove or make a name are made with one of their own, so that each success is seen. */
/* clang-format off */
static const struct call calls[] = {
	{"open", opens, "/there"},
	{"openat2", opens_path, "/there"},
	{"open of a new file", makes, "/new"},
	{"stat", stats, "/there"},
	{"statx", stats_link, "/there"},
	{"fstatat of an empty path", stats_empty, "/there"},
	{"statx of an empty path", statx_empty, "/there"},
	{"access", asks_access, "/there"},
	{"faccessat", asks_read_access, "/there"},
	{"readlink", reads_link, "/there"},
	{"listxattr", lists_attributes, "/there"},
	{"setxattr", sets_attribute, "/there"},
	{"statfs", asks_file_system, "/there"},
	{"chmod", changes_mode, "/there"},
	{"chown", changes_owner, "/there"},
	{"fchownat", changes_owner_at, "/there"},
	{"utimensat", changes_times, "/there"},
	{"truncate", truncates, "/there"},
	{"mkdir", makes_directory, "/dir"},
	{"mkfifo", makes_fifo, "/fifo"},
	{"symlink", makes_symlink, "/link"},
	{"link", makes_link, "/hard"},
	{"link from", links_from, "/there"},
	{"rename to", renames_to, "/renamed"},
	{"rename from", renames_from, "/moved"},
	{"unlink", removes, "/removed"},
	{"rmdir", removes_directory, "/gone"},
	{"chdir", enters, "/sub"},
	{"execve", executes, "/there"},
	{"inotify_add_watch", watches, "/there"},
};
/* clang-format on */

int main(int argc, char **argv)
{
	const int rounds = argc > 2 ? atoi(argv[1]) : 0;
	pthread_t other;
	int found = 0;

	if (rounds < 1 || chdir("/"))
		return 2;
	set_outside(argv[2]);
	if (pthread_create(&other, NULL, changes_path, NULL))
		return 2;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		char name[LENGTH];
		int now = 0;

		snprintf(name, sizeof(name), "%s%s", argv[2], calls[i].at);
		set_outside(name);
		for (int n = 0; n < rounds; n++)
			now += calls[i].make();
		if (now)
			printf("%s: %d\n", calls[i].name, now);
		found += now;
	}
	is_over = 1;
	pthread_join(other, NULL);
	printf("%d calls of %d kinds, %d found something of the host\n",
		rounds * (int)(sizeof(calls) / sizeof(*calls)),
		(int)(sizeof(calls) / sizeof(*calls)), found);
	return 0;
}
