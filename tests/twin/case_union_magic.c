/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_magic.c - tests what stat(2) shows of a directory of an overlay that a link of procfs leads to:
 * the same as by its name.
 */
#include "case_union.h"

static int is_shown_as(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
	       a->st_nlink == b->st_nlink && a->st_size == b->st_size;
}

static void show_by(const char *name, const struct stat *by_name)
{
	struct twin_statx sx;
	struct stat st;
	long r;

	for (int i = 0; i < 2; i++) {
		R(stat(name, &st));
		say("%s: %d, the same %d\n", name, (int)st.st_nlink, is_shown_as(&st, by_name));
		memset(&sx, 0, sizeof(sx));
		/* (Where the kernel lacks statx(2), the chroot does, and the jail has it.) */
		r = sys_statx(AT_FDCWD, name, 0, TWIN_STATX_BASIC_STATS, &sx);
		say("statx: the same %d\n",
			(r < 0 && errno == ENOSYS) ||
				(!r && sx.nlink == by_name->st_nlink && sx.ino == by_name->st_ino &&
					sx.dev_major == by_name->st_dev >> 8 &&
					sx.dev_minor == (by_name->st_dev & 0xff)));
	}
}

static void show_links_to(const char *name)
{
	static const int flags[] = {O_RDONLY | O_DIRECTORY, O_PATH, O_PATH | O_DIRECTORY};
	char link[80], dirs[80];
	struct stat by_name, st;
	int proc, fd;

	say("-- %s\n", name);
	R(stat(name, &by_name));
	show_by(name, &by_name);
	for (size_t i = 0; i < COUNT(flags); i++) {
		R(fd = open(name, flags[i]));
		R(dup2(fd, 20));
		close(fd);
		show_by("/proc/self/fd/20", &by_name);
		show_by("/proc/self/fd/20/", &by_name);
		show_by("/proc/self/fd/20/.", &by_name);
		show_by("/proc/thread-self/fd/20", &by_name);
		R(fstatat(20, "", &st, AT_EMPTY_PATH));
		say("by itself: the same %d\n", is_shown_as(&st, &by_name));
	}
	symlink("/proc/self/fd/20", "link");
	show_by("link", &by_name);
	unlink("link");
	R(proc = open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
	R(fstatat(proc, "20", &st, 0));
	say("below fd: the same %d\n", is_shown_as(&st, &by_name));
	R(fchdir(proc));
	show_by("20", &by_name);
	close(proc);
	R(fchdir(20));
	show_by("/proc/self/cwd", &by_name);
	show_by("/proc/self/cwd/", &by_name);
	CHILD("its parent's") {
		snprintf(link, sizeof(link), "/proc/%d/fd/20", getppid());
		R(stat(link, &st));
		say("fd: the same %d\n", is_shown_as(&st, &by_name));
		snprintf(dirs, sizeof(dirs), "/proc/%d/cwd", getppid());
		R(stat(dirs, &st));
		say("cwd: the same %d\n", is_shown_as(&st, &by_name));
	}
	R(chdir("/t"));
	close(20);
}

CASE(union_root_magic)
{
	int fd;

	make_union();
	show_links_to("/t/m");
	show_links_to("/t/m/d");
	show_links_to("/t/m/only");
	show_links_to("/t/m/updir");
	mkdir("outside", 0755);
	show_links_to("/t/outside");
	/* It becomes merged meanwhile. */
	R(fd = open("/t/m/only", O_RDONLY | O_DIRECTORY));
	close(fd);
	put("m/only/new", "new");
	show_links_to("/t/m/only");
	take_away();
}

CASE(union_root_magic_root)
{
	make_union();
	mkdir("m/proc", 0755);
	mkdir("m/d/proc", 0755);
	R(mount("/proc", "/t/m/proc", NULL, MS_BIND | MS_REC, NULL));
	R(mount("/proc", "/t/m/d/proc", NULL, MS_BIND | MS_REC, NULL));
	CHILD("at its root") {
		struct stat st;

		R(chroot("/t/m"));
		R(chdir("/"));
		R(stat("/", &st));
		show_by("/proc/self/root", &st);
		show_by("/proc/self/cwd", &st);
		show_by("/proc/self/root/", &st);
	}
	CHILD("below it") {
		struct stat st;

		R(chroot("/t/m/d"));
		R(chdir("/"));
		R(stat("/", &st));
		show_by("/proc/self/root", &st);
		show_by("/proc/self/root/.", &st);
		show_by("/proc/self/root/..", &st);
	}
	R(umount2("/t/m/d/proc", MNT_DETACH));
	R(umount2("/t/m/proc", MNT_DETACH));
	take_away();
}
