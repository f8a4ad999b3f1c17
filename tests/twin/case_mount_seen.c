/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount_seen.c - tests mounts as other processes, namespaces, roots and users see them.
 *
 * Each case unmounts what it has mounted: the reference has real mounts. */
#include "case_mount.h"

CASE(mount_root_unshare)
{
	make_dirs();
	TMPFS("b", NULL);
	put("b/x", "shared");
	CHILD("with mounts of its own") {
		R(unshare(CLONE_NEWNS));
		R(mount(NULL, "/t/b", NULL, MS_PRIVATE, NULL));
		show("b/x");
		BIND("a", "b");
		list("b");
		CHILD("its child")
			list("b");
	}
	list("b");
	CHILD("one that unmounts") {
		R(unshare(CLONE_NEWNS));
		R(umount2("b", 0));
		list("b");
	}
	list("b");
	R(umount2("b", 0));
}

CASE(mount_root_seen_by_all)
{
	int p[2], q[2];
	char c = 0;

	make_dirs();
	pipe(p);
	pipe(q);
	pid_t pid = fork();
	if (!pid) {
		read(p[0], &c, 1);
		list("b");
		R(umount2("b", 0));
		write(q[1], &c, 1);
		twin_exit(0);
	}
	BIND("a", "b");
	write(p[1], &c, 1);
	read(q[0], &c, 1);
	list("b");
	reap("child", pid);
}

CASE(mount_root_below_chroot)
{
	make_dirs();
	mkdir("a/d/e", 0755);
	BIND("b", "a/d");
	CHILD("in a nested root") {
		chroot("a");
		chdir("/");
		list("/d");
		R(chdir("/d"));
		where("there");
		R(chdir(".."));
		where("above");
		list(".");
		R(umount2("/d", 0));
		list("/d");
		TMPFS("/d", NULL);
		put("/d/new", "x");
	}
	list("a/d");
	R(umount2("a/d", 0));
}

CASE(mount_user)
{
	make_dirs();
	R(mount("a", "b", NULL, MS_BIND, NULL));
	R(mount("a", "missing", NULL, MS_BIND, NULL));
	R(mount("none", "b", "tmpfs", 0, NULL));
	R(umount2("b", 0));
	R(umount2("missing", 0));
	R(unshare(CLONE_NEWNS));
	R(sys_pivot_root("a", "a/d"));
}

/* That two names lie in two mounts is said before who may not. */
CASE(mount_root_crossed_by_others)
{
	static const char *const from[] = {"a/f", "a/d", "b/g", "m/f", "a/missing", "bound", "l"};
	static const char *const to[] = {"a/x", "b/x", "m/x", "m/d/x", "x", "m/f", "closed/x"};

	make_dirs();
	put("bound", "x");
	mkdir("m", 0755);
	mkdir("closed", 0700);
	symlink("m/f", "l");
	BIND("a", "m");
	BIND("a/f", "bound");
	for (int open = 0; open < 2; open++) {
		if (open) {
			chmod("a", 0777);
			chmod("a/d", 0777);
			chmod("a/f", 0666);
			chmod(".", 0777);
		}
		for (size_t i = 0; i < COUNT(from); i++)
			for (size_t k = 0; k < COUNT(to); k++)
				CHILD("other") {
					SYSCALL(SYS_setresgid, 7, 7, 7);
					SYSCALL(SYS_setresuid, 7, 7, 7);
					say("%s %s ", from[i], to[k]);
					R(SYSCALL(
						SYS_linkat, AT_FDCWD, from[i], AT_FDCWD, to[k], 0));
					if (!strcmp(to[k], "m/f"))
						continue; /* it would be replaced */
					R(SYSCALL(SYS_linkat, AT_FDCWD, from[i], AT_FDCWD, to[k],
						AT_SYMLINK_FOLLOW));
					unlink(to[k]);
					if (open)
						continue;
					R(rename(from[i], to[k]));
					R(SYSCALL(SYS_renameat2, AT_FDCWD, from[i], AT_FDCWD, to[k],
						1));
				}
	}
	chmod(".", 0755);
	R(umount("bound"));
	R(umount("m"));
}

/* A file by its descriptor's link of procfs: in which mount it lies is not where that link is. */
CASE(mount_root_linked_by_descriptor)
{
	static const char *const to[] = {"shut/x", "a/x", "b/x", "open/x", "missing/x"};
	char link[40];

	make_dirs();
	mkdir("m", 0755);
	mkdir("shut", 0755);
	mkdir("open", 0777);
	chmod("open", 0777);
	BIND("a", "m");
	CHILD("other") {
		SYSCALL(SYS_setresgid, 7, 7, 7);
		SYSCALL(SYS_setresuid, 7, 7, 7);
		put("open/named", "x");
		for (int named = 0; named < 2; named++) {
			const int fd = named ? open("open/named", O_RDONLY) :
					       open("open", O_TMPFILE | O_WRONLY, 0600);

			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			for (size_t i = 0; i < COUNT(to); i++) {
				say("%s ", to[i]);
				R(linkat(AT_FDCWD, link, AT_FDCWD, to[i], AT_SYMLINK_FOLLOW));
				unlink(to[i]);
			}
		}
	}
	R(umount("m"));
}

/* `from` is a file, or a directory in which a file without a name is made. */
static void link_opened(const char *from, int flags, const char *to, int is_by_name)
{
	const int fd = open(from, flags, 0600);
	char link[40];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	say("%s %x %s ", from, (unsigned)flags, to);
	if (is_by_name)
		R(linkat(AT_FDCWD, link, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
	else
		R(linkat(fd, "", AT_FDCWD, to, AT_EMPTY_PATH));
	if (strcmp(to, "m/f"))
		unlink(to);
	close(fd);
}

/* A link of a descriptor to another mount, where that mount does not lead to the file, or is the file's. */
CASE(mount_root_linked_across)
{
	static const char *const file[] = {"c/f", "t/f", "f"}, *const dir[] = {"c", "t", "."};
	static const char *const to[] = {
		"m/x", "t/x", "c/x", "x", "m/f", "missing/x", "c/x/", "m/f/"};

	make_dirs();
	mkdir("m", 0755);
	mkdir("c", 0755);
	mkdir("t", 0755);
	put("c/f", "x");
	put("f", "x");
	BIND("a", "m");
	R(mount("t", "t", "tmpfs", 0, 0));
	put("t/f", "x");
	mkdir("u", 0755);
	BIND("t", "u");
	for (int is_by_name = 0; is_by_name < 2; is_by_name++) {
		link_opened("u/f", O_RDONLY, "u/x", is_by_name);
		link_opened("u/f", O_RDONLY, "x", is_by_name);
		link_opened("m/f", O_RDONLY, "m/x", is_by_name);
		for (size_t i = 0; i < COUNT(file); i++)
			for (size_t k = 0; k < COUNT(to); k++) {
				link_opened(file[i], O_RDONLY, to[k], is_by_name);
				link_opened(file[i], O_PATH, to[k], is_by_name);
				link_opened(dir[i], O_TMPFILE | O_WRONLY, to[k], is_by_name);
			}
	}
	R(umount("u"));
	R(umount("t"));
	R(umount("m"));
}

/* What a name below a process's directory of procfs is, however it is spelt. */
static void show_links(int dirfd, const char *below)
{
	static const char *const links[] = {
		"ns/mnt", "ns/net", "exe", "cwd", "root", "fd/0", "task/1/ns/pid", "status", "fd"};
	char name[100];
	struct stat st;

	for (size_t i = 0; i < COUNT(links); i++) {
		snprintf(name, sizeof(name), "%s%s", below, links[i]);
		if (i == 6)
			snprintf(name, sizeof(name), "%stask/%d/ns/pid", below, (int)getpid());
		const int r = fstatat(dirfd, name, &st, 0), e = errno;
		const int fd = openat(dirfd, name, O_RDONLY);

		say("%s: stat %e", links[i], r ? e : 0);
		say(" type %o, open %e", r ? 0u : (unsigned)(st.st_mode & S_IFMT),
			fd < 0 ? errno : 0);
		say(", access %e\n", faccessat(dirfd, name, R_OK, 0) ? errno : 0);
		if (fd >= 0)
			close(fd);
	}
}

/* Its links are more than their text wherever it is mounted, and whatever was looked up before. */
CASE(mount_root_process_of_proc)
{
	char name[100];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d", (int)getpid());
	mkdir("p", 0755);
	BIND(name, "p");
	fd = open("p", O_RDONLY | O_DIRECTORY);
	for (int round = 0; round < 2; round++) {
		show_links(AT_FDCWD, "/t/p/");
		show_links(AT_FDCWD, "p/");
		show_links(fd, "");
		R(chdir("p"));
		show_links(AT_FDCWD, "");
		show_links(AT_FDCWD, "/t/p/");
		R(chdir("ns"));
		show_links(AT_FDCWD, "../");
		R(chdir("/t"));
	}
	close(fd);
	R(umount("p"));
}
