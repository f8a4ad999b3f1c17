/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_random.c - random layers, and random calls on the overlay of them. Each call's result
 * is printed, and from time to time all that can be seen.
 */
#include "case_union.h"

static uint64_t state;

static unsigned pick(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static const char *const words[] = {"a", "b", "c", "d"};

/* One to three names below `top`. */
static char *path(const char *top)
{
	static char buf[4][100];
	static unsigned next;
	char *p = buf[next++ % 4];
	int n = snprintf(p, 100, "%s", top);

	for (unsigned depth = 1 + pick(3); depth; depth--)
		n += snprintf(p + n, 100 - (size_t)n, "/%s", words[pick(COUNT(words))]);
	return p;
}

static void grow(const char *top, unsigned count)
{
	while (count--) {
		const char *p = path(top);

		switch (pick(8)) {
		case 0:
		case 1:
		case 2:
		case 3:
			mkdir(p, 0700 + pick(2) * 055);
			break;
		case 4:
			symlink(words[pick(COUNT(words))], p);
			break;
		case 5:
			symlink(path("/t/m"), p);
			break;
		default:
			put(p, p);
		}
	}
}

#define SAY(what, r) say("%s: %s\n", what, (r) < 0 ? errno_name(errno) : "done")

static void write_to(const char *p, int flags)
{
	const int fd = open(p, flags, 0640);

	SAY("open", fd);
	if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY)
		SAY("write", write(fd, "new", 3));
	if (fd >= 0)
		close(fd);
}

static void show_stat(const char *p)
{
	struct stat st;
	const int r = stat(p, &st);

	SAY("stat", r);
	if (!r)
		say("%o %ld\n", (int)st.st_mode, S_ISDIR(st.st_mode) ? 0L : (long)st.st_size);
}

static void one_call(void)
{
	const char *p = path("m"), *q;
	char name[300];
	int fd;

	say("%s ", p);
	switch (pick(23)) {
	case 0:
	case 1:
		SAY("mkdir", mkdir(p, 0750));
		break;
	case 2:
	case 3:
		SAY("rmdir", rmdir(p));
		break;
	case 4:
	case 5:
	case 6:
		SAY("unlink", unlink(p));
		break;
	case 7:
		write_to(p, O_WRONLY | O_CREAT | O_EXCL);
		break;
	case 8:
		write_to(p, O_WRONLY | O_CREAT | O_TRUNC);
		break;
	case 9:
		write_to(p, O_RDWR | O_APPEND);
		break;
	case 10:
		write_to(p, O_RDONLY | O_CREAT);
		break;
	case 11:
	case 12:
	case 13:
		q = path("m");
		say("%s ", q);
		SAY("rename", rename(p, q));
		break;
	case 14:
		q = path("m");
		say("%s ", q);
		SAY("exchange", syscall(SYS_renameat2, AT_FDCWD, p, AT_FDCWD, q, 2u));
		break;
	case 15:
		q = path("m");
		say("%s ", q);
		SAY("link", link(p, q));
		break;
	case 16:
		SAY("symlink", symlink(words[pick(COUNT(words))], p));
		break;
	case 17:
		SAY("chmod", chmod(p, 0700 + pick(8) * 011));
		break;
	case 18:
		SAY("chown", lchown(p, pick(5), pick(5)));
		break;
	case 19:
		SAY("truncate", truncate(p, pick(5)));
		break;
	case 20:
		show_stat(p);
		break;
	case 21: /* below a descriptor */
		fd = open(p, O_RDONLY | O_DIRECTORY);
		SAY("directory", fd);
		if (fd < 0)
			break;
		say("%s ", words[1]);
		SAY("mkdirat", mkdirat(fd, words[1], 0700));
		SAY("unlinkat", unlinkat(fd, words[pick(4)], 0));
		SAY("fchmod", fchmod(fd, 0711));
		close(fd);
		break;
	case 22:
		SAY("chdir", chdir(p));
		say("in %s\n", getcwd(name, sizeof(name)) ? name : errno_name(errno));
		SAY("unlink", unlink(words[pick(4)]));
		write_to(words[pick(4)], O_WRONLY | O_CREAT);
		chdir("/t");
		break;
	}
}

static void round_of(unsigned seed, unsigned calls)
{
	say("seed %u\n", seed);
	state = seed;
	for (unsigned i = 0; i < 5; i++)
		mkdir(((const char *[]){"l1", "l2", "u", "w", "m"})[i], 0755);
	grow("l1", 25);
	grow("l2", 40);
	grow("u", 6);
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	show_tree("m");
	for (unsigned i = 1; i <= calls; i++) {
		one_call();
		if (i % 40 == 0)
			show_tree("m");
	}
	take_away();
	show_tree("u");
}

static void empty(const char *dir)
{
	char name[400];
	struct stat st;

	for (char **n = names(dir); n && *n; n++) {
		snprintf(name, sizeof(name), "%s/%s", dir, *n);
		if (!lstat(name, &st) && S_ISDIR(st.st_mode)) {
			chmod(name, 0700);
			empty(name);
			rmdir(name);
		} else {
			unlink(name);
		}
	}
}

CASE(union_root_random)
{
	for (unsigned seed = 1; seed <= 12; seed++) {
		round_of(seed, 120);
		empty(".");
	}
}
