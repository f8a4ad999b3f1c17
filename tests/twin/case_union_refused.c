/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_refused.c - tests calls in an overlay that are refused because of the file's type: nothing is
 * copied up.
 */
#include "case_union.h"

static void set_attributes(const char *path)
{
	R(lsetxattr(path, "user.a", "v", 1, 0));
	R(lsetxattr(path, "user.a", "v", 1, 2 /* XATTR_REPLACE */));
	R(lsetxattr(path, "user.a", "v", 1, 77));
	R(lsetxattr(path, "user.", "v", 1, 0));
	R(lremovexattr(path, "user.a"));
	R(lremovexattr(path, "user."));
}

/* setxattrat(2) and removexattrat(2), since Linux 6.13 */
static void set_attributes_at(int dirfd, const char *name, unsigned flags)
{
	struct {
		uint64_t value;
		uint32_t size, flags;
	} args = {(uintptr_t) "v", 1, 0};

	R(syscall(463, dirfd, name, flags, "user.a", &args, sizeof(args)));
	args.flags = 2 /* XATTR_REPLACE */;
	R(syscall(463, dirfd, name, flags, "user.a", &args, sizeof(args)));
	args.flags = 77;
	R(syscall(463, dirfd, name, flags, "user.a", &args, sizeof(args)));
	R(syscall(466, dirfd, name, flags, "user.a"));
	R(syscall(466, dirfd, name, flags, "user."));
	R(syscall(466, dirfd, name, flags, "trusted.none"));
}

CASE(union_root_refused_attributes_at)
{
	char value[4];

	make_layers();
	R(mkfifo("l2/only/fifo", 0644));
	R(mknod("l2/only/device", S_IFCHR | 0644, 0x103));
	R(symlink("f", "l2/only/link"));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	set_attributes_at(AT_FDCWD, "m/only/fifo", 0);
	set_attributes_at(AT_FDCWD, "m/only/device", 0);
	set_attributes_at(AT_FDCWD, "m/only/link", AT_SYMLINK_NOFOLLOW);
	R(syscall(466, AT_FDCWD, "m/only/f", 0, "user.a"));
	int fd = open("m/only/fifo", O_RDONLY | O_NONBLOCK);
	set_attributes_at(fd, "", AT_EMPTY_PATH);
	set_attributes_at(fd, "", 0);
	close(fd);
	fd = open("m/only/fifo", O_PATH);
	set_attributes_at(fd, "", AT_EMPTY_PATH);
	close(fd);
	R(chdir("m/only/deep"));
	R(syscall(466, AT_FDCWD, "", AT_EMPTY_PATH, "trusted.none"));
	show_tree("/t/u");
	set_attributes_at(AT_FDCWD, "", AT_EMPTY_PATH);
	R(chdir("/t"));
	R(getxattr("l2/only/deep", "user.a", value, 4));
	take_away();
	show_tree("u");
}

CASE(union_root_refused_attributes)
{
	make_layers();
	R(mkfifo("l2/only/fifo", 0644));
	R(mknod("l2/only/device", S_IFCHR | 0644, 0x103));
	R(mknod("l2/only/socket", S_IFSOCK | 0644, 0));
	R(symlink("f", "l2/only/link"));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	set_attributes("m/only/fifo");
	set_attributes("m/only/device");
	set_attributes("m/only/socket");
	set_attributes("m/only/link");
	int fd = open("m/only/fifo", O_RDONLY | O_NONBLOCK);
	R(fsetxattr(fd, "user.a", "v", 1, 0));
	R(fremovexattr(fd, "user.a"));
	close(fd);
	R(truncate("m/only/f", -1));
	R(truncate("m/only/missing", -1));
	R(truncate((char *)8, -1));
	show_tree("u");
	take_away();
}

/* A directory that is named by a descriptor gets no other name. */
static void link_opened(const char *dir, const char *other)
{
	char name[50];
	const int fd = open(dir, O_RDONLY | O_DIRECTORY), path = open(dir, O_PATH);

	R(chdir(dir));
	snprintf(name, sizeof(name), "%s/x", other);
	R(linkat(fd, "", AT_FDCWD, "x", AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, "x", 0));
	R(linkat(fd, "", AT_FDCWD, "x", AT_EMPTY_PATH | 0x8000));
	R(linkat(path, "", AT_FDCWD, "x", AT_EMPTY_PATH));
	R(linkat(path, "", fd, "x", AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, "f", AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, ".", AT_EMPTY_PATH));
	R(linkat(fd, "", AT_FDCWD, "missing/x", AT_EMPTY_PATH));
	R(linkat(-1, "", AT_FDCWD, "x", AT_EMPTY_PATH));
	R(linkat(-1, "", AT_FDCWD, "missing/x", AT_EMPTY_PATH));
	R(linkat(AT_FDCWD, "", AT_FDCWD, "x", AT_EMPTY_PATH));
	R(chdir("/t"));
	close(fd);
	close(path);
}

CASE(union_root_refused_links_of_opened)
{
	make_layers();
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	show_tree("u");
	link_opened("m/only", "deep");
	link_opened("m/updir", "/t/m/only");
	link_opened("m/d", "/t/m/only/deep");
	show_tree("u");
	const int fd = open("m/only/f", O_RDONLY), path = open("m/below", O_PATH);
	R(linkat(fd, "", AT_FDCWD, "m/both", AT_EMPTY_PATH));
	show_tree("u");
	R(linkat(fd, "", AT_FDCWD, "m/d/x", AT_EMPTY_PATH));
	R(linkat(path, "", AT_FDCWD, "m/d/y", AT_EMPTY_PATH));
	close(fd);
	close(path);
	show_tree("u");
	take_away();
}

/* The type is asked before the devices of the layers. */
CASE(union_root_refused_links)
{
	make_layers();
	R(mount("none", "/t/l2", "tmpfs", 0, ""));
	mkdir("l2/dir", 0755);
	mkdir("l2/dir/in", 0755);
	put("l2/dir/f", "a file");
	R(symlink("f", "l2/dir/link"));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(link("m/dir", "m/x"));
	R(link("m/dir/in", "m/dir/f"));
	R(link("m/dir/in", "m/dir/x"));
	R(link("m/dir/in", "m/dir/in/x"));
	R(link("m/dir/in/", "m/dir/x/"));
	R(link("m/dir/in", "m/dir/."));
	R(link("m/dir", "m/only/x"));
	R(link("m/only", "m/dir/x"));
	R(link("m/only", "m/updir/x"));
	R(link("m/only", "m/updir/f"));
	R(link("m/dir/in", "m/missing/x"));
	R(link("m/dir/f", "/t/l2/x"));
	R(link("m/dir/in", "/t/l2/x"));
	R(link("m/dir/in", "/t/x"));
	link_opened("m/dir", "in");
	link_opened("m/d", "/t/m/dir");
	show_tree("u");
	R(link("m/dir/f", "m/dir/x"));
	R(link("m/dir/in", "m/dir/y"));
	R(unlink("m/dir/f"));
	R(link("m/dir/in", "m/dir/f"));
	R(linkat(AT_FDCWD, "m/dir/in/", AT_FDCWD, "m/dir/z", AT_SYMLINK_FOLLOW));
	R(link("m/dir/link", "m/dir/in/y"));
	show_tree("u");
	show_tree("m/dir");
	take_away();
	R(umount2("/t/l2", 0));
}

/* A name with a slash at its end exists also if it is a symlink that leads nowhere. */
CASE(union_root_refused_links_to_taken_names)
{
	static const char *const from[] = {
		"m/only", "m/both", "m/up", "m/updir", "m/only/f", "m/missing"};
	static const char *const to[] = {"m/d/nowhere", "m/updir/nowhere", "m/below", "m/up",
		"m/d/link", "m/only/deep", "m/gone"};
	char name[40];

	make_layers();
	R(symlink("none", "l2/d/nowhere"));
	R(symlink("none", "u/updir/nowhere"));
	put("l2/gone", "x");
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(unlink("m/gone"));
	for (size_t i = 0; i < COUNT(from); i++)
		for (size_t k = 0; k < COUNT(to); k++)
			for (int slashes = 0; slashes < 3; slashes++) {
				const int taken = strcmp(to[k], "m/gone");

				snprintf(name, sizeof(name), "%s%.*s", to[k], slashes, "//");
				say("%s %s ", from[i], name);
				R(link(from[i], name));
				R(linkat(AT_FDCWD, from[i], AT_FDCWD, name, AT_SYMLINK_FOLLOW));
				const int fd = open(from[i], O_RDONLY);
				R(linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH));
				close(fd);
				if (!taken)
					unlink(name);
				else
					show_tree("u");
			}
	take_away();
}

/* A file is no directory, even if it was removed. */
CASE(union_root_refused_at_a_file)
{
	struct stat st;
	int fd[3];

	make_union();
	R(fd[0] = open("m/both", O_RDONLY));
	R(fd[1] = open("m/only/f", O_PATH));
	R(fd[2] = open("m/up", O_PATH));
	for (int removed = 0; removed < 2; removed++) {
		for (int i = 0; i < 3; i++) {
			R(mkdirat(fd[i], "x", 0700));
			R(unlinkat(fd[i], "x", 0));
			R(symlinkat("x", fd[i], "y"));
			R(openat(fd[i], "x", O_RDONLY));
			R(fstatat(fd[i], "x", &st, 0));
			R(renameat(fd[i], "x", fd[i], "y"));
			R(linkat(fd[i], "x", fd[i], "y", 0));
			R(fstatat(fd[i], "..", &st, 0));
			R(faccessat(fd[i], ".", R_OK, 0));
		}
		R(unlink("m/both"));
		R(unlink("m/only/f"));
		R(unlink("m/up"));
	}
	R(mkdir("m/both", 0755));
	R(mkdirat(fd[0], "x", 0700));
	R(fstatat(fd[0], "x", &st, 0));
	take_away();
	show_tree("u");
}
