/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_seen.c - tests that one process sees at once what another changes in an overlay:
 * random layers and random calls. After each call, the other process looks at all names that may
 * exist: absolute, from its working directory, and from a descriptor.
 */
#include "case_union_random.h"

static void make(const char *p)
{
	const int fd = open(p, O_WRONLY | O_CREAT | (pick(2) ? O_TRUNC : 0), 0644);

	SAY("make", fd);
	if (fd >= 0) {
		write(fd, "new", 3);
		close(fd);
	}
}

static void change(void)
{
	const char *p = path("m"), *q;

	say("%s ", p);
	switch (pick(12)) {
	case 0:
	case 1:
		SAY("mkdir", mkdir(p, 0755));
		break;
	case 2:
	case 3:
		SAY("rmdir", rmdir(p));
		break;
	case 4:
	case 5:
		SAY("unlink", unlink(p));
		break;
	case 6:
	case 7:
		make(p);
		break;
	case 8:
		q = path("m");
		say("%s ", q);
		SAY("rename", rename(p, q));
		break;
	case 9:
		q = path("m");
		say("%s ", q);
		SAY("exchange", syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, 2u));
		break;
	case 10:
		SAY("symlink", symlink(word(), p));
		break;
	case 11:
		SAY("chmod", chmod(p, 0755 - pick(2) * 011));
		break;
	}
}

static const char *result(long r)
{
	return r < 0 ? errno_name(errno) : "done";
}

/* What lies there, in one line. */
static void look(int dirfd, const char *name)
{
	char text[100] = "", link[100] = "";
	struct stat st;
	long r = fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), n;
	int fd;

	say("%s: %s", name, result(r));
	if (!r && S_ISDIR(st.st_mode))
		say(" %o%s", (int)st.st_mode, st.st_nlink == 1 ? " one link" : "");
	else if (!r)
		say(" %o %ld", (int)st.st_mode, (long)st.st_size);
	r = fstatat(dirfd, name, &st, 0);
	say(" %s", result(r));
	r = faccessat(dirfd, name, R_OK, 0);
	say(" %s", result(r));
	n = readlinkat(dirfd, name, link, sizeof(link) - 1);
	say(" %s %s", result(n), link);
	fd = openat(dirfd, name, O_RDONLY);
	say(" %s", result(fd));
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		say(" %s %s", result(n), text);
		close(fd);
	}
	say("\n");
}

static void look_below(int dirfd, const char *top)
{
	char name[100];

	for (unsigned i = 0; i < words_used; i++) {
		snprintf(name, sizeof(name), "%s%s", top, words[i]);
		look(dirfd, name);
		for (unsigned k = 0; k < words_used; k++) {
			snprintf(name, sizeof(name), "%s%s/%s", top, words[i], words[k]);
			look(dirfd, name);
		}
	}
}

/* Stands in a directory, holds another, and looks when it is told to. */
static void watch(int orders, int done)
{
	char order;
	int fd = open("/t/m/kept", O_RDONLY | O_DIRECTORY), other;

	R(chdir("/t/m/kept"));
	write(done, "", 1);
	while (read(orders, &order, 1) == 1) {
		switch (order) {
		case 0:
			look_below(AT_FDCWD, "/t/m/");
			look_below(AT_FDCWD, "/t/m/kept/a/");
			break;
		case 1:
			look_below(AT_FDCWD, "");
			look_below(AT_FDCWD, "../");
			break;
		case 2:
			look_below(fd, "");
			break;
		case 3:
			other = open("/t/m/a", O_RDONLY | O_DIRECTORY);
			if (other >= 0) {
				look_below(other, "");
				close(other);
			}
			if (!chdir("/t/m/kept/b"))
				look_below(AT_FDCWD, "");
			chdir("/t/m/kept");
			break;
		}
		write(done, "", 1);
	}
	close(fd);
}

static void round_of(unsigned seed, unsigned calls)
{
	static const char *const layers[] = {"l1", "l2", "u", "w", "m"};
	int orders[2], done[2];
	char byte;

	say("seed %u\n", seed);
	state = seed;
	for (unsigned i = 0; i < COUNT(layers); i++)
		mkdir(layers[i], 0755);
	mkdir("l2/kept", 0755);
	if (pick(2))
		mkdir("l1/kept", 0755);
	grow("l1", 20);
	grow("l2", 30);
	grow("u", 4);
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	pipe(orders);
	pipe(done);
	const pid_t pid = twin_fork();

	if (!pid) {
		close(orders[1]);
		close(done[0]);
		watch(orders[0], done[1]);
		twin_exit(0);
	}
	close(orders[0]);
	close(done[1]);
	read(done[0], &byte, 1);
	for (unsigned i = 0; i < calls; i++) {
		const char order = (char)pick(4);

		change();
		write(orders[1], &order, 1);
		read(done[0], &byte, 1);
	}
	close(orders[1]);
	close(done[0]);
	reap("who looks", pid);
	take_away();
	show_tree("u");
}

CASE(union_root_seen)
{
	words_used = 3;
	has_kept = 1;
	for (unsigned seed = 1; seed <= 6; seed++) {
		round_of(seed, 100);
		empty(".");
	}
}

/* A directory that was looked at outside is removed, and one that is copied up may have its number:
 * what was remembered of the first is not true of the second. */
CASE(union_root_seen_number)
{
	char name[100];
	int fd;

	for (unsigned i = 0; i < 5; i++)
		mkdir(((const char *[]){"l1", "l2", "u", "w", "m"})[i], 0755);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "l2/%u", i);
		mkdir(name, 0755);
		snprintf(name, sizeof(name), "l2/%u/b", i);
		put(name, "in l2");
	}
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	for (unsigned i = 0; i < 50; i++) {
		mkdir("outside", 0755);
		fd = open("outside", O_RDONLY | O_DIRECTORY);
		for (unsigned k = 0; k < 3; k++)
			look(fd, "b");
		close(fd);
		R(rmdir("outside"));
		snprintf(name, sizeof(name), "m/%u", i);
		R(chmod(name, 0711));
		fd = open(name, O_RDONLY | O_DIRECTORY);
		look(fd, "b");
		look(fd, "b");
		close(fd);
	}
	take_away();
}

/* A directory has two positions, one of them read-only: which one counts is by which way it was
 * opened, whatever was remembered of it before. */
CASE(union_root_seen_bound)
{
	int by_bind, by_mount;

	make_union();
	mkdir("b", 0755);
	R(mount("/t/m", "/t/b", NULL, MS_BIND, NULL));
	R(mount(NULL, "/t/b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	for (unsigned i = 0; i < 3; i++) {
		by_bind = open("/t/b/only", O_RDONLY | O_DIRECTORY);
		look(by_bind, "f");
		look(by_bind, "f");
		R(mkdirat(by_bind, "by bind", 0755));
		by_mount = open("/t/m/only", O_RDONLY | O_DIRECTORY);
		look(by_mount, "f");
		look(by_mount, "f");
		R(mkdirat(by_mount, "by mount", 0755));
		R(mkdirat(by_bind, "by bind", 0755));
		R(unlinkat(by_mount, "by mount", AT_REMOVEDIR));
		close(by_bind);
		close(by_mount);
		R(chdir("/t/b/only"));
		look(AT_FDCWD, "f");
		R(mkdir("by bind", 0755));
		R(chdir("/t/m/only"));
		look(AT_FDCWD, "f");
		R(mkdir("by mount", 0755));
		R(rmdir("by mount"));
	}
	chdir("/t");
	R(umount2("/t/b", 0));
	take_away();
}

/* Files are found by a descriptor again and again, of which the number is given to another directory in between: one that
 * was copied up, or removed the name. Some of the files have a second name there. */
CASE(union_root_seen_replaced)
{
	static const char *const dirs[] = {"m/x1", "m/x2", "m/x3", "m/d", "m/updir", "/t/out"};
	int fd[COUNT(dirs)];

	make_layers();
	mkdir("out", 0755);
	for (int i = 1; i < 4; i++) {
		char name[40];

		snprintf(name, sizeof(name), "l2/x%d", i);
		mkdir(name, 0755);
		snprintf(name, sizeof(name), "l2/x%d/a", i);
		put(name, name);
		snprintf(name, sizeof(name), "l2/x%d/b", i);
		if (i == 1)
			put(name, "two names");
		else
			link("l2/x1/b", name);
	}
	put("out/a", "outside");
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	for (size_t i = 0; i < COUNT(dirs); i++)
		fd[i] = open(dirs[i], O_RDONLY | O_DIRECTORY);
	for (int round = 0; round < 6; round++) {
		for (size_t i = 0; i < COUNT(dirs); i++) {
			say("-- %s\n", dirs[i]);
			dup2(fd[i], 30);
			for (int k = 0; k < 3; k++) {
				look(30, round & 1 ? "a" : "b");
				look(30, round & 1 ? "b" : "a");
			}
			lseek(30, 0, SEEK_SET);
			list_part_of(30, 400, (int[400]){0}, (int[1]){0});
			look(30, "a");
			look(30, "b");
		}
		switch (round) {
		case 1:
			R(unlink("m/x2/b"));
			break;
		case 2:
			CHILD("copies up")
				R(chmod("m/x3/a", 0600));
			break;
		case 3:
			CHILD("renames")
				R(rename("m/x1/a", "m/x1/c"));
			break;
		case 4:
			CHILD("makes")
				put("m/x1/a", "made");
			break;
		}
	}
	close(30);
	take_away();
}
