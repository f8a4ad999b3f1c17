/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_table.h - the files and the descriptors about which case_table.c asks: made, opened and kept
 * by root. */
#ifndef CASE_TABLE_H
#define CASE_TABLE_H

#include "twin.h"

#define USER 1000u
#define KEPT 100 /* the first descriptor that root keeps */
#define HOME 130
#define WATCHES 131
#define MARKS 132
#define NEUTRAL 133

/* ---- the tree ---- */

struct object {
	const char *name;
	mode_t mode;
	unsigned owner;
	unsigned device;
};
static const struct object objects[] = {
	{"closed", S_IFDIR | 0700, 0, 0},
	{"closed/f", S_IFREG | 0644, 0, 0},
	{"closed/d", S_IFDIR | 0777, 0, 0},
	{"search", S_IFDIR | 0711, 0, 0},
	{"search/f", S_IFREG | 0644, 0, 0},
	{"read", S_IFDIR | 0744, 0, 0},
	{"read/f", S_IFREG | 0666, 0, 0},
	{"write", S_IFDIR | 0733, 0, 0},
	{"write/f", S_IFREG | 0600, 0, 0},
	{"sticky", S_IFDIR | 01777, 0, 0},
	{"sticky/f", S_IFREG | 0666, 0, 0},
	{"sticky/mine", S_IFREG | 0600, USER, 0},
	{"all", S_IFDIR | 0777, 0, 0},
	{"all/d", S_IFDIR | 0755, 0, 0},
	{"none", S_IFREG | 0000, 0, 0},
	{"shut", S_IFREG | 0600, 0, 0},
	{"open", S_IFREG | 0644, 0, 0},
	{"wide", S_IFREG | 0666, 0, 0},
	{"run", S_IFREG | 0711, 0, 0},
	{"setuid", S_IFREG | 06755, 0, 0},
	{"mine", S_IFREG | 0600, USER, 0},
	{"mine.shut", S_IFREG | 0000, USER, 0},
	{"mine.d", S_IFDIR | 0700, USER, 0},
	{"device", S_IFCHR | 0600, 0, 0x103},
	{"device.wide", S_IFCHR | 0666, 0, 0x103},
	{"fifo", S_IFIFO | 0600, 0, 0},
	{"fifo.wide", S_IFIFO | 0666, 0, 0},
	{"socket", S_IFSOCK | 0755, 0, 0},
	{"socket.wide", S_IFSOCK | 0777, 0, 0},
};
/* Links, and what is not there. */
static const char *const others[] = {"link", "link.closed", "link.mine", "missing",
	"closed/missing", "search/missing", "write/missing", "sticky/missing", "all/missing",
	"open/missing", "closed/..", "closed/.", "all/", ".", "", "/proc/self/fd/100",
	"/proc/self/fd/103", "/proc/self/fd/106"};

static char home[64];

static void make_tree(void)
{
	static int trees;

	sprintf(home, "/t/%d", trees++);
	chdir("/t");
	mkdir(home, 0755);
	chdir(home);
	for (size_t i = 0; i < COUNT(objects); i++) {
		const struct object *o = &objects[i];

		if (S_ISDIR(o->mode)) {
			mkdir(o->name, 0700);
		} else {
			mknod(o->name, (o->mode & S_IFMT) | 0600, o->device);
			if (S_ISREG(o->mode))
				put(o->name, "text");
		}
		chown(o->name, o->owner, o->owner);
		chmod(o->name, o->mode & 07777);
	}
	symlink("open", "link");
	symlink("closed/f", "link.closed");
	symlink("mine", "link.mine");
	lchown("link.mine", USER, USER);
}

/* ---- descriptors that root keeps ---- */

static const struct {
	const char *name;
	int flags;
} kept[] = {
	{"closed", O_RDONLY}, {"closed", O_PATH}, {"closed/d", O_RDONLY}, {"closed/f", O_PATH},
	{"closed/f", O_RDWR}, {"search", O_RDONLY}, {"shut", O_PATH}, {"shut", O_RDONLY},
	{"shut", O_RDWR}, {"open", O_RDWR}, {"mine", O_RDONLY}, {"mine", O_PATH},
	{"setuid", O_RDONLY}, {"device.wide", O_RDWR}, {"fifo", O_RDWR},
	{"link.closed", O_PATH | O_NOFOLLOW},
	{"fifo.wide", O_RDWR}, /* so that creat(2) does not wait */
};

static void keep(const char *name, int flags, int at)
{
	const int fd = open(name, flags | O_NONBLOCK);

	dup2(fd, at);
	if (fd != at)
		close(fd);
}

static void keep_all(void)
{
	for (size_t i = 0; i < COUNT(kept); i++)
		keep(kept[i].name, kept[i].flags, KEPT + (int)i);
	keep(".", O_RDONLY, HOME);
	keep("/etc/passwd", O_RDONLY, NEUTRAL);
}

#endif
