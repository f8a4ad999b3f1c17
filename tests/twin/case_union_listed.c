/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_listed.c - tests listings that begin while one layer alone has the directory, and
 * continue after it was copied up: with the same descriptor, a copy of it, in a child, or after an
 * exec. What is listed on is the lower directory, until the listing begins again.
 */
#include "case_union.h"

#define MANY 302
#define REMOVED 9 /* while the directory is listed */

static int met[MANY + 1], others;

/* List once, in a part that a small buffer has room for. */
static long list_part(int fd)
{
	return list_part_of(fd, 400, met, &others);
}

static void list_on(int fd, const char *what)
{
	int missing = 0, twice = 0;
	long n;

	while ((n = list_part(fd)) > 0)
		continue;
	if (n < 0)
		say("%s: %e\n", what, errno);
	for (int i = 0; i < MANY; i++) {
		missing += i != REMOVED && !met[i];
		twice += met[i] > 1;
	}
	say("%s: %d are missing, %d twice; the removed one %d, the new one %d, others %d\n", what,
		missing, twice, met[REMOVED], met[MANY], others);
	memset(met, 0, sizeof(met));
	others = 0;
}

static void begin(int fd)
{
	R(lseek(fd, 0, SEEK_SET));
	for (int i = 0; i < 5; i++)
		R(list_part(fd) > 0);
}

/* What was met so far goes through the environment: the exec forgets it. */
TOOL(list_on)
{
	for (int i = 0; i < MANY; i++)
		met[i] = argv[2][i] - '0';
	others = argv[2][MANY] - '0';
	list_on(atoi(argv[3]), "after an exec");
}

static void exec_lists(int fd)
{
	char seen[MANY + 2] = "", number[12];

	for (int i = 0; i < MANY; i++)
		seen[i] = (char)('0' + met[i]);
	seen[MANY] = (char)('0' + others);
	snprintf(number, sizeof(number), "%d", fd);
	R(execve(twin_self, ARGV("x", "@list_on", seen, number), environ));
}

static const char *const ways[] = {"same", "dup", "dup2", "child", "exec", "sought"};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void make_many(void)
{
	char name[40];

	make_layers();
	for (size_t way = 0; way < WAYS; way++)
		for (int i = 0; i < MANY; i++) {
			snprintf(name, sizeof(name), "l2/%s", ways[way]);
			if (!i)
				mkdir(name, 0755);
			snprintf(name, sizeof(name), "l2/%s/n%d", ways[way], i);
			put(name, "");
		}
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
}

/* Of a directory of which five parts are listed: it is copied up, one name is removed, one made. */
static int begin_and_change(const char *way)
{
	char name[40];
	int fd;

	snprintf(name, sizeof(name), "m/%s", way);
	R(fd = open(name, O_RDONLY | O_DIRECTORY));
	begin(fd);
	snprintf(name, sizeof(name), "m/%s/n%d", way, MANY);
	put(name, "");
	snprintf(name, sizeof(name), "m/%s/n%d", way, REMOVED);
	R(unlink(name));
	return fd;
}

CASE(union_root_listed_on)
{
	static int before[MANY + 1];
	int fd, copy;
	long at;

	make_many();
	fd = begin_and_change("same");
	list_on(fd, "the same");
	R(list_part(fd));
	begin(fd);
	list_on(fd, "once more");

	fd = begin_and_change("dup");
	R(copy = dup(fd));
	close(fd);
	list_on(copy, "a copy");
	begin(copy);
	list_on(copy, "once more");

	/* The number was that of another listing. */
	fd = begin_and_change("dup2");
	R(copy = open("m/dup2", O_RDONLY | O_DIRECTORY));
	memset(met, 0, sizeof(met));
	others = 0;
	begin(copy);
	R(dup2(copy, fd) == fd);
	list_on(fd, "another's number");

	fd = begin_and_change("child");
	CHILD("it") {
		R(copy = dup(fd));
		for (int i = 0; i < 4; i++)
			R(list_part(copy) > 0);
		list_on(copy, "in a child");
	}
	R(list_part(fd));
	memset(met, 0, sizeof(met));
	others = 0;
	begin(fd);
	list_on(fd, "once more");

	fd = begin_and_change("exec");
	CHILD("it")
		exec_lists(fd);
	R(list_part(fd));

	/* A place of the time before: the same names follow as then. */
	memset(met, 0, sizeof(met));
	R(fd = open("m/sought", O_RDONLY | O_DIRECTORY));
	begin(fd);
	R((at = lseek(fd, 0, SEEK_CUR)) > 0);
	memset(met, 0, sizeof(met));
	R(list_part(fd) > 0);
	memcpy(before, met, sizeof(met));
	memset(met, 0, sizeof(met));
	put("m/sought/n302", "");
	R(lseek(fd, at, SEEK_SET) == at);
	R(list_part(fd) > 0);
	say("the same names %d\n", !memcmp(before, met, sizeof(met)));
	take_away();
}

/* Offsets that no listing has told. */
CASE(union_root_listed_odd)
{
	static const long offsets[] = {-1, -1L << 63, 1L << 62, (1L << 62) + 1, 3L << 61, 1L << 61,
		1L << 60, (1L << 62) + (1L << 56), 0x7ffffffffffffffe, 0x7fffffffffffffff, 1L << 40,
		1L << 36, 1L << 32, 1L << 31, 0x7fffffff, 12345678};
	static const char *const dirs[] = {"m", "m/d", "m/same"};
	int fd;

	make_many();
	put("m/same/n302", "");
	for (size_t d = 0; d < COUNT(dirs); d++) {
		R(fd = open(dirs[d], O_RDONLY | O_DIRECTORY));
		for (size_t i = 0; i < COUNT(offsets); i++) {
			R(lseek(fd, 0, SEEK_SET));
			R(list_part(fd) > 0);
			R(lseek(fd, offsets[i], SEEK_SET) == offsets[i]);
			if (offsets[i] < 0)
				continue;
			R(list_part(fd));
			R(list_part(fd));
			R(lseek(fd, 0, SEEK_CUR) == offsets[i]);
		}
		R(lseek(fd, 0, SEEK_SET));
		memset(met, 0, sizeof(met));
		others = 0;
		while (list_part(fd) > 0)
			continue;
		say("others %d\n", others);
		close(fd);
	}
	take_away();
}

/* telldir(3) and seekdir(3), while names come and go: each place leads to what followed it, but for the removed. */
CASE(union_root_listed_sought)
{
	static long places[MANY];
	static int first[MANY];
	int fd, lost = 0, twice = 0, count = 0;
	char name[40];

	make_many();
	put("m/same/n302", "");
	R(fd = open("m/same", O_RDONLY | O_DIRECTORY));
	for (;;) {
		places[count] = lseek(fd, 0, SEEK_CUR);
		memset(met, 0, sizeof(met));
		if (list_part(fd) <= 0)
			break;
		for (first[count] = -1; first[count] < MANY && !met[first[count] + 1];)
			first[count]++;
		first[count]++;
		count++;
	}
	for (int i = 0; i < MANY; i += 7) {
		int is_first = 0;

		for (int k = 0; k < count; k++)
			is_first |= first[k] == i;
		snprintf(name, sizeof(name), "m/same/n%d", i);
		if (!is_first)
			unlink(name);
		snprintf(name, sizeof(name), "m/same/x%d", i);
		put(name, "");
	}
	for (int k = count; k-- > 0;) {
		memset(met, 0, sizeof(met));
		lseek(fd, places[k], SEEK_SET);
		list_part(fd);
		lost += first[k] <= MANY && !met[first[k]];
		for (int i = 0; i <= MANY; i++)
			twice += met[i] > 1;
	}
	say("lost %d, twice %d\n", lost, twice);
	close(fd);
	take_away();
}
