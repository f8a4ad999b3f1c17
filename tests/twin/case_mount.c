/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount.c - tests mount(2) and umount2(2) by root: binds, tmpfs, moves, remounts, and
 * refusals.
 *
 * Each case unmounts what it has mounted: the reference has real mounts.
 */
#include "case_mount.h"

CASE(mount_root_bind)
{
	make_dirs();
	BIND("a", "b");
	list("b");
	show("b/f");
	put("b/new", "x");
	show("a/new");
	R(chdir("b/d"));
	where("below");
	R(chdir(".."));
	where("at it");
	list(".");
	R(chdir(".."));
	where("above");
	R(umount2("b", 0));
	list("b");
	R(umount2("b", 0));
}

CASE(mount_root_bind_file)
{
	make_dirs();
	BIND("a/f", "b/g");
	show("b/g");
	R(unlink("b/g"));
	R(rename("b/g", "b/h"));
	R(rename("a/d", "b/g"));
	BIND("a", "b/g");
	BIND("a/f", "b");
	put("b/g", "changed");
	show("a/f");
	R(umount2("b/g", 0));
	show("b/g");
}

CASE(mount_root_errors)
{
	make_dirs();
	symlink("b", "link");
	R(mount("a", "missing", NULL, MS_BIND, NULL));
	R(mount("missing", "b", NULL, MS_BIND, NULL));
	R(mount(NULL, "b", NULL, MS_BIND, NULL));
	R(mount("", "b", NULL, MS_BIND, NULL));
	R(mount("a", "", NULL, MS_BIND, NULL));
	R(mount("a", "a/f/x", NULL, MS_BIND, NULL));
	R(mount("none", "a/f", "tmpfs", 0, NULL));
	R(mount("none", "b", "no-such-type", 0, NULL));
	R(mount("none", "b", NULL, 0, NULL));
	R(mount("none", "b", "tmpfs", 0, "nonsense=1"));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	R(mount(NULL, "b", NULL, MS_PRIVATE, NULL));
	R(mount("a", "b", NULL, MS_MOVE, NULL));
	R(mount("a", (char *)8, NULL, MS_BIND, NULL));
	R(mount((char *)8, "b", NULL, MS_BIND, NULL));
	R(umount2("b", 0));
	R(umount2("missing", 0));
	R(umount2("", 0));
	R(umount2("b", 0x100));
	R(umount2("b", MNT_EXPIRE));
	R(umount2("a/f", MNT_EXPIRE));
	R(umount2("/", MNT_EXPIRE));
	BIND("a", "link");
	list("b");
	R(umount2("link", UMOUNT_NOFOLLOW));
	R(umount2("link", 0));
	list("b");
}

/* A chroot's root is a directory like others, mostly: nothing is mounted there. */
CASE(mount_root_of_a_directory)
{
	struct { /* struct mount_attr, linux/mount.h */
		unsigned long long set, clear, propagation, userns;
	} attr = {.propagation = MS_PRIVATE}, none = {0}, read_only = {.set = 1};
	unsigned long long longer[7] = {0};
	const unsigned long kinds[] = {MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE,
		MS_SHARED | MS_REC, MS_UNBINDABLE | MS_REC, MS_REMOUNT, MS_REMOUNT | MS_RDONLY,
		MS_REMOUNT | MS_BIND, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		R(mount(NULL, "/", NULL, kinds[i], NULL));
		R(mount("none", "..", NULL, kinds[i], "size=1m"));
		R(mount(NULL, "/proc/self/root", NULL, kinds[i], NULL));
	}
	R(SYSCALL(442 /* mount_setattr */, AT_FDCWD, "/", 0, &attr, sizeof(attr)));
	R(SYSCALL(442, AT_FDCWD, "/", 0, &read_only, sizeof(attr)));
	R(SYSCALL(442, AT_FDCWD, "/", 0x8000 /* AT_RECURSIVE */, &read_only, sizeof(attr)));
	R(SYSCALL(442, open("/", O_PATH), "", AT_EMPTY_PATH, &read_only, sizeof(attr)));
	R(SYSCALL(442, AT_FDCWD, "/", 0, &none, sizeof(attr)));
	R(SYSCALL(442, AT_FDCWD, "/t/missing", 0, &none, sizeof(attr)));
	R(SYSCALL(442, AT_FDCWD, "/t/missing", 0, longer, sizeof(longer)));
	longer[6] = 1;
	R(SYSCALL(442, AT_FDCWD, "/", 0, longer, sizeof(longer)));
	R(SYSCALL(442, AT_FDCWD, "/", 0, longer, sizeof(longer) - 8));
	R(SYSCALL(442, AT_FDCWD, "/", 0, longer, 8192));
	R(SYSCALL(442, AT_FDCWD, "/", 0, longer, 24));
	R(SYSCALL(433 /* fspick */, AT_FDCWD, "/", 0));
	R(mkdir("/t/still-writable", 0755));
	/* The same name, once there is a mount. */
	mkdir("/t/new", 0755);
	R(mount("/t", "/t/new", NULL, MS_BIND, NULL));
	R(chroot("/t/new"));
	R(mount(NULL, "/", NULL, MS_PRIVATE, NULL));
	R(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	R(mkdir("/no", 0755));
	R(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

CASE(mount_root_of_a_directory_left)
{
	R(mount("/", "/t", NULL, MS_MOVE, NULL));
	R(umount2("/", MNT_DETACH));
	R(umount2("/", 0));
	R(mkdir("/t/new", 0755));
	R(mount("/t", "/t/new", NULL, MS_BIND, NULL));
	R(chroot("/t/new"));
	R(umount2("/", MNT_DETACH));
}

CASE(mount_root_tmpfs)
{
	struct stat st;

	make_dirs();
	TMPFS("a", "mode=0711,size=1m");
	list("a");
	R(stat("a", &st));
	say("mode %o\n", (int)st.st_mode & 07777);
	put("a/x", "in the tmpfs");
	show("a/x");
	mkdir("a/dir", 0755);
	R(rename("a/x", "x"));
	R(link("a/x", "x"));
	R(rename("a/x", "a/dir/y"));
	TMPFS("a/dir", NULL);
	list("a/dir");
	R(umount2("a", 0));
	R(umount2("a/dir", 0));
	list("a/dir");
	R(umount2("a", 0));
	list("a");
	TMPFS("a", NULL);
	list("a");
	R(stat("a", &st));
	say("mode %o\n", (int)st.st_mode & 07777);
	R(umount2("a", 0));
}

CASE(mount_root_names)
{
	make_dirs();
	BIND("a", "b");
	R(rmdir("b"));
	R(unlink("b"));
	R(rename("b", "c"));
	mkdir("e", 0755);
	R(rename("e", "b"));
	R(mkdir("b", 0755));
	R(symlink("x", "b"));
	R(rename("a/f", "b/f2"));
	R(rename("b/f", "b/f3"));
	show("a/f3");
	R(umount2("b", 0));
	R(rename("b", "c"));
	list("c");
}

CASE(mount_root_carried_along)
{
	make_dirs();
	BIND("b", "a/d");
	R(rename("a", "c"));
	list("c/d");
	mkdir("a", 0755);
	mkdir("a/d", 0755);
	list("a/d");
	R(umount2("a/d", 0));
	R(umount2("c/d", 0));
	list("c/d");
}

CASE(mount_root_busy)
{
	make_dirs();
	TMPFS("a", NULL);
	chdir("a");
	R(umount2("/t/a", 0));
	chdir("/t");
	put("a/f", "x");
	int fd = open("a/f", O_RDONLY);
	R(umount2("a", 0));
	close(fd);
	CHILD("with a child inside") {
		chdir("a");
		R(umount2("/t/a", 0));
	}
	R(umount2("a", 0));
	TMPFS("a", NULL);
	put("a/f", "kept open");
	fd = open("a/f", O_RDONLY);
	R(umount2("a", MNT_DETACH));
	list("a");
	show_fd("detached", fd);
	R(umount2("a", 0));
}

CASE(mount_root_read_only)
{
	make_dirs();
	BIND("a", "b");
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	R(open("b/f", O_RDONLY));
	R(open("b/f", O_WRONLY));
	R(open("b/f", O_RDONLY | O_TRUNC));
	R(open("b/f", O_RDONLY | O_CREAT, 0644));
	R(open("b/f", O_WRONLY | O_CREAT | O_EXCL, 0644));
	R(open("b/new", O_WRONLY | O_CREAT, 0644));
	R(open("b/new", O_WRONLY));
	R(open("b", O_WRONLY | O_TMPFILE, 0600));
	R(mkdir("b/new", 0755));
	R(mkdir("b/d", 0755));
	R(rmdir("b/d"));
	R(rmdir("b/missing"));
	R(unlink("b/f"));
	R(unlink("b/missing"));
	R(rename("b/f", "b/h"));
	R(rename("b/missing", "b/h"));
	R(rename("a/f", "b/h"));
	R(link("a/f", "b/h"));
	R(symlink("x", "b/h"));
	R(symlink("x", "b/f"));
	R(mknod("b/h", S_IFREG | 0644, 0));
	R(chmod("b/f", 0600));
	R(chmod("b/missing", 0600));
	R(chown("b/f", 0, 0));
	R(truncate("b/f", 0));
	R(truncate("b/missing", 0));
	R(access("b/f", W_OK));
	R(access("b/f", R_OK));
	R(access("b/d", W_OK));
	R(access("b/missing", W_OK));
	R(utimensat(AT_FDCWD, "b/f", NULL, 0));
	R(setxattr("b/f", "user.x", "1", 1, 0));
	int d = open("b", O_RDONLY | O_DIRECTORY);
	R(openat(d, "f", O_WRONLY));
	R(unlinkat(d, "f", 0));
	chdir("b");
	R(open("f", O_WRONLY));
	R(unlink("f"));
	chdir("/t");
	R(open("a/f", O_WRONLY));
	for (int i = 3; i < 20; i++)
		close(i);
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND, NULL));
	R(unlink("b/f"));
	R(umount2("b", 0));
}

CASE(mount_root_move)
{
	make_dirs();
	mkdir("c", 0755);
	TMPFS("a", NULL);
	mkdir("a/sub", 0755);
	TMPFS("a/sub", NULL);
	put("a/sub/x", "deep");
	R(mount(NULL, "/t/a", NULL, MS_PRIVATE | MS_REC, NULL));
	R(mount("a", "a/sub", NULL, MS_MOVE, NULL));
	R(mount("a", "c", NULL, MS_MOVE, NULL));
	list("a");
	list("c");
	show("c/sub/x");
	R(umount2("a", 0));
	R(umount2("c", 0));
	R(umount2("c/sub", 0));
	R(umount2("c", 0));
	list("c");
}

CASE(mount_root_stack)
{
	make_dirs();
	mkdir("a/d/e", 0755);
	TMPFS("a/d", NULL);
	put("a/d/one", "");
	TMPFS("a/d", NULL);
	put("a/d/two", "");
	list("a/d");
	TMPFS("a", NULL);
	list("a");
	R(umount2("a/d", 0));
	R(umount2("a", 0));
	list("a/d");
	R(umount2("a/d", 0));
	list("a/d");
	R(umount2("a/d", 0));
	list("a/d");
	R(umount2("a/d", 0));
}

CASE(mount_root_rbind)
{
	make_dirs();
	TMPFS("a/d", NULL);
	put("a/d/x", "in the mount");
	BIND("a", "b");
	list("b/d");
	R(umount2("b", 0));
	R(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	show("b/d/x");
	R(umount2("a/d", 0));
	show("b/d/x");
	R(umount2("b", 0));
	R(umount2("b", MNT_DETACH));
	list("b");
}

CASE(mount_root_proc_sys)
{
	struct stat st;

	make_dirs();
	R(mount("proc", "a", "proc", 0, NULL));
	R(stat("a/self/status", &st));
	show_link("a/self/cwd");
	R(mount("sysfs", "b", "sysfs", MS_RDONLY, NULL));
	R(stat("b/kernel", &st));
	R(umount2("a", 0));
	R(umount2("b", 0));
	list("a");
}
