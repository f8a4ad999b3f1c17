/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_others.c - tests changes of one process in a directory of an overlay that another
 * process has as its working directory or has open, and has looked at before: the other process
 * must see them at once.
 */
#include "case_union.h"

/* What the one who stands there sees: by the working directory and by descriptor `dir`, which are
 * one directory. */
static void look(int dir)
{
	static const char *const name[] = {"f", "g", "new", "deep", "deep/f", "moved"};
	char text[20];
	struct stat st;
	int fd;

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		say("%s:", name[i]);
		if (stat(name[i], &st))
			say(" %e", errno);
		else
			say(" mode %o", (int)st.st_mode);
		if (fstatat(dir, name[i], &st, AT_SYMLINK_NOFOLLOW))
			say(" %e", errno);
		else
			say(" mode %o", (int)st.st_mode);
		say(faccessat(dir, name[i], F_OK, 0) ? " is not there" : " is there");
		fd = openat(dir, name[i], O_RDONLY);
		if (fd >= 0 && read(fd, memset(text, 0, sizeof(text)), sizeof(text) - 1) >= 0)
			say(" \"%s\"", text);
		close(fd);
		say("\n");
	}
	for (char **n = names("."); n && *n; n++)
		say("%s\n", *n);
}

static void copies_up(void)
{
	R(chmod("/t/m/only/f", 0600));
}

static void makes(void)
{
	put("/t/m/only/new", "new");
}

static void hides(void)
{
	R(unlink("/t/m/only/f"));
}

static void makes_again(void)
{
	put("/t/m/only/f", "another");
}

static void copies_deep_up(void)
{
	put("/t/m/only/deep/f", "changed");
}

static void moves(void)
{
	R(rename("/t/m/only/new", "/t/m/only/moved"));
	R(rename("/t/m/only/g", "/t/m/only/new"));
}

static void makes_opaque(void)
{
	R(unlink("/t/m/only/deep/f"));
	R(rmdir("/t/m/only/deep"));
	R(mkdir("/t/m/only/deep", 0711));
}

static void fills_deep(void)
{
	put("/t/m/only/deep/f", "in a new one");
}

static void (*const change[])(void) = {
	copies_up, makes, hides, makes_again, copies_deep_up, moves, makes_opaque, fills_deep};
#define CHANGES (sizeof(change) / sizeof(change[0]))

static void others_change(size_t i)
{
	CHILD("the other")
		change[i]();
}

CASE(union_root_others_change)
{
	int dir;

	make_layers();
	put("l2/only/g", "only in l2, too");
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(chdir("m/only"));
	R(dir = open("/t/m/only", O_RDONLY | O_DIRECTORY));
	look(dir);
	look(dir);
	for (size_t i = 0; i < CHANGES; i++) {
		others_change(i);
		look(dir);
	}
	take_away();
	show_tree("u");
}

#define MANY 60

static int met[MANY + 1], others;

/* Once, in a part that a small buffer has room for. */
static long list_part(int fd)
{
	return list_part_of(fd, 100, met, &others);
}

static void show_met(const char *what)
{
	int missing = 0, twice = 0;

	for (int i = 0; i < MANY; i++) {
		missing += !met[i];
		twice += met[i] > 1;
	}
	say("%s: %d are missing, %d twice; the new one %d, others %d\n", what, missing, twice,
		met[MANY], others);
	memset(met, 0, sizeof(met));
	others = 0;
}

static void list_all(int fd, const char *what)
{
	long n;

	while ((n = list_part(fd)) > 0)
		;
	R(n);
	show_met(what);
}

static void changes_many(void)
{
	R(chmod("/t/m/only/deep/n3", 0600));
	R(unlink("/t/m/only/deep/n5"));
	R(unlink("/t/m/only/deep/n6"));
	put("/t/m/only/deep/n60", "new");
}

/* A listing that another process changes the directory under: it goes on as it began, until it is
 * rewound. */
CASE(union_root_others_listed)
{
	char name[40];
	int fd;

	make_layers();
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "l2/only/deep/n%d", i);
		put(name, "x");
	}
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(fd = open("m/only/deep", O_RDONLY | O_DIRECTORY));
	list_all(fd, "before");
	R(lseek(fd, 0, SEEK_SET));
	R(list_part(fd) > 0);
	R(list_part(fd) > 0);
	CHILD("the other")
		changes_many();
	list_all(fd, "meanwhile");
	R(lseek(fd, 0, SEEK_SET));
	list_all(fd, "afterwards");
	R(lseek(fd, 0, SEEK_SET));
	R(list_part(fd) > 0);
	list_all(fd, "again");
	take_away();
	show_tree("u");
}
