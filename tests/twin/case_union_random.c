/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_random.c - makes random layers, and random calls on the overlay of them. Prints the
 * result of each call, and from time to time everything that can be seen.
 */
#include "case_union_random.h"

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
		SAY("symlink", symlink(word(), p));
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

CASE(union_root_random)
{
	for (unsigned seed = 1; seed <= 12; seed++) {
		round_of(seed, 120);
		empty(".");
	}
}
