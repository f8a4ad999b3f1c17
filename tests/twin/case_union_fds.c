/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_fds.c - tests descriptors and working directories in an overlay that are older than
 * a copy-up, and what the overlay's own mount tells.
 */
#include "case_union.h"

/* linux/fs.h, which does not go with sys/mount.h */
#define FS_IOC_GETFLAGS 0x80086601
#define FS_IOC_SETFLAGS 0x40086602
#define FS_NODUMP_FL 0x40

CASE(union_root_fds_directory)
{
	struct stat st;
	int dir, sub, fd;

	make_union();
	R(dir = open("m/only", O_RDONLY | O_DIRECTORY));
	R(sub = open("m/only/deep", O_PATH | O_DIRECTORY));
	R(chdir("m/only/deep"));
	R(fstatat(dir, "f", &st, 0));
	R(fd = openat(sub, "new", O_WRONLY | O_CREAT | O_EXCL, 0600));
	close(fd);
	R(fstatat(sub, "new", &st, 0));
	R(access("new", F_OK));
	R(access("f", R_OK));
	R(faccessat(dir, "deep/new", F_OK, 0));
	R(mkdirat(dir, "made", 0700));
	R(unlinkat(dir, "f", 0));
	R(fstatat(dir, "f", &st, 0));
	R(unlink("f"));
	R(renameat(sub, "new", dir, "moved"));
	for (char **n = names("/proc/self/fd/3"); n && *n; n++)
		say("%s\n", *n);
	R(fchmodat(AT_FDCWD, ".", 0755, 0));
	R(chdir("/t"));
	R(openat(dir, "../d/b", O_RDONLY));
	R(openat(dir, "../../l1/both", O_RDONLY));
	R(unlinkat(dir, "deep", AT_REMOVEDIR));
	R(fstatat(sub, "x", &st, 0));
	R(openat(sub, "x", O_WRONLY | O_CREAT, 0600));
	show_tree("m");
	take_away();
	show_tree("u");
}

CASE(union_root_fds_file)
{
	static const struct timespec times[2] = {{1000, 1}, {2000, 2}};
	struct stat st;
	int fd;

	make_union();
	R(fd = open("m/both", O_RDONLY));
	R(fchmod(fd, 0640));
	R(stat("m/both", &st));
	say("mode %o\n", (int)st.st_mode);
	R(fchown(fd, 4, 5));
	R(futimens(fd, times));
	R(fsetxattr(fd, "user.mine", "v", 1, 0));
	R(fstat(fd, &st));
	say("mode %o %u:%u %ld\n", (int)st.st_mode, (unsigned)st.st_uid, (unsigned)st.st_gid,
		(long)st.st_mtim.tv_sec);
	show_fd("both", fd);
	close(fd);
	R(fd = open("m/only", O_RDONLY | O_DIRECTORY));
	R(fchmod(fd, 0711));
	R(fchown(fd, 1, 1));
	close(fd);
	R(ftruncate(open("m/d/a", O_RDONLY), 1));
	R(ftruncate(open("m/d/a", O_RDWR), 1));
	for (int i = 3; i < 20; i++)
		close(i);
	show_tree("m");
	take_away();
	show_tree("u");
}

/* A name keeps its device and number when it is copied up. */
static void same(const char *path, void (*change)(const char *path))
{
	struct stat a, b;

	if (lstat(path, &a))
		say("%s: %e\n", path, errno);
	change(path);
	if (lstat(path, &b))
		say("%s: %e\n", path, errno);
	say("%s: device %s, number %s\n", path, a.st_dev == b.st_dev ? "stays" : "changes",
		a.st_ino == b.st_ino ? "stays" : "changes");
}

static void by_chown(const char *path)
{
	R(lchown(path, 1, 1));
}

static void by_open(const char *path)
{
	int fd;

	R(fd = open(path, O_RDWR));
	close(fd);
}

static void by_making(const char *path)
{
	char name[100];
	int fd;

	snprintf(name, sizeof(name), "%s/new", path);
	fd = open(name, O_WRONLY | O_CREAT, 0600);
	say("made: %s\n", fd < 0 ? errno_name(errno) : "yes");
	close(fd);
}

CASE(union_root_fds_number)
{
	struct stat a, b;

	make_union();
	same("m/both", by_chown);
	same("m/below", by_open);
	same("m/d/link", by_chown);
	same("m/only", by_making);
	same("m/only/deep", by_chown);
	same("m/d", by_making);
	lstat("m/d/a", &a);
	lstat("m/d/b", &b);
	say("two files: %s\n", a.st_ino == b.st_ino ? "one number" : "two numbers");
	R(stat("m", &a));
	R(stat("m/both", &b));
	say("mount: %s\n", a.st_dev == b.st_dev ? "one device" : "two devices");
	take_away();
}

CASE(union_root_fds_mount)
{
	struct statfs fs;
	char line[1000];
	FILE *f;

	make_layers();
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/l1"));
	R(mount("overlay", "/t/m", "overlay", 0, "upperdir=/t/u,workdir=/t/w"));
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/l1,upperdir=/t/u"));
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/missing,upperdir=/t/u,workdir=/t/w"));
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/l1/both,upperdir=/t/u,workdir=/t/w"));
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/l1,upperdir=/t/u,workdir=/t/u/d"));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY ",nonsense=1"));
	R(mount("overlay", "/t/m", "overlay", 0, NULL));
	R(mount("overlay", "/t/l1/both", "overlay", 0, OVERLAY));
	R(mount("overlay", "/t/m", "overlay", 0, "lowerdir=/t/l1:/t/l2"));
	R(open("m/both", O_WRONLY));
	R(open("m/new", O_WRONLY | O_CREAT, 0600));
	R(open("m/both", O_RDONLY | O_CREAT, 0600));
	R(mkdir("m/new", 0755));
	R(mkdir("m/d", 0755));
	R(unlink("m/both"));
	R(rmdir("m/missing"));
	R(rename("m/both", "m/x"));
	R(chmod("m/both", 0600));
	R(access("m/both", W_OK));
	show("m/d/b");
	show_tree("m");
	R(mount(NULL, "m", NULL, MS_REMOUNT, NULL));
	R(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
	R(chmod("m", 0700));
	R(mkdir("m/new", 0755));
	close(3);
	R(umount2("m", 0));
	R(mount("overlay", "/t/m", "overlay", MS_RDONLY, OVERLAY));
	R(open("m/both", O_WRONLY));
	R(unlink("m/up"));
	R(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
	R(mount(NULL, "m", NULL, MS_REMOUNT, NULL));
	R(unlink("m/up"));
	R(statfs("m/d", &fs));
	say("type %lx\n", (long)fs.f_type);
	f = fopen("/proc/self/mounts", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " /t/m "))
			say("%s", line);
	fclose(f);
	R(rename("m/both", "m/d/both2"));
	R(mount("m/d", "l2/only", NULL, MS_BIND, NULL));
	show_tree("l2/only");
	put("l2/only/through", "a bind");
	show("m/d/through");
	R(umount2("l2/only", 0));
	take_away();
}

#ifndef SYS_fsopen
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#define SYS_move_mount 429
#endif
#define SET_STRING 1
#define CMD_CREATE 6
#define SET(key, value) R(syscall(SYS_fsconfig, fs, SET_STRING, key, value, 0))

CASE(union_root_fds_new_calls)
{
	int fs, mnt;

	make_layers();
	R(rename("l2", "l:2"));
	R(fs = (int)syscall(SYS_fsopen, "overlay", 0));
	SET("source", "overlay");
	SET("lowerdir+", "/t/l1");
	SET("lowerdir+", "/t/l:2");
	SET("upperdir", "/t/u");
	SET("workdir", "/t/w");
	R(syscall(SYS_fsconfig, fs, CMD_CREATE, NULL, NULL, 0));
	R(mnt = (int)syscall(SYS_fsmount, fs, 0, 0));
	R(syscall(SYS_move_mount, mnt, "", AT_FDCWD, "m", 4 /* MOVE_MOUNT_F_EMPTY_PATH */));
	close(mnt);
	close(fs);
	show("m/d/b");
	put("m/d/new", "x");
	show_tree("m");
	R(umount2("m", 0));
	R(mount("overlay", "m", "overlay", 0,
		"lowerdir=/t/l1:/t/l\\:2,upperdir=/t/u,workdir=/t/w"));
	show("m/d/new");
	show("m/d/b");
	R(umount2("m", 0));
	R(rename("l:2", "l2"));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	take_away();
}

/* Locks are on what is in the overlay, whoever has opened it and when; flags are the copy's. */
CASE(union_root_fds_locks)
{
	struct stat st, before;
	int flags = 0, reads, again, writes;

	make_union();
	R(stat("l1/both", &before));
	R(reads = open("m/both", O_RDONLY));
	R(again = open("m/both", O_RDONLY));
	R(flock(reads, LOCK_EX));
	R(flock(again, LOCK_EX | LOCK_NB));
	R(flock(again, LOCK_SH | LOCK_NB));
	R(writes = open("m/both", O_RDWR));
	R(flock(writes, LOCK_EX | LOCK_NB));
	R(flock(reads, LOCK_UN));
	R(flock(writes, LOCK_EX | LOCK_NB));
	R(flock(again, LOCK_SH | LOCK_NB));
	R(flock(again, 77));
	R(flock(99, LOCK_EX));
	close(again);
	close(writes);
	R(flock(reads, LOCK_SH));
	R(reads = open("m/only/deep", O_RDONLY | O_DIRECTORY));
	R(again = open("m/only/deep", O_RDONLY | O_DIRECTORY));
	R(flock(reads, LOCK_EX));
	R(flock(again, LOCK_EX | LOCK_NB));
	R(stat("l1/both", &st));
	say("lower changed %d\n", st.st_ctime != before.st_ctime);
	R(reads = open("m/only/deep/f", O_RDONLY));
	R(ioctl(reads, FS_IOC_GETFLAGS, &flags));
	flags |= FS_NODUMP_FL;
	R(ioctl(reads, FS_IOC_SETFLAGS, &flags));
	R(ioctl(reads, FS_IOC_SETFLAGS, 8));
	R(again = open("m/only/deep/f", O_RDONLY));
	R(ioctl(again, FS_IOC_GETFLAGS, &flags));
	say("no dump %d\n", !!(flags & FS_NODUMP_FL));
	R(ioctl(reads, FS_IOC_GETFLAGS, &flags));
	say("no dump %d\n", !!(flags & FS_NODUMP_FL));
	take_away();
	for (int i = 0; i < 2; i++) {
		R(again = open(i ? "l2/only/deep/f" : "l1/only/deep/f", O_RDONLY));
		flags = 0;
		R(ioctl(again, FS_IOC_GETFLAGS, &flags));
		say("no dump %d\n", !!(flags & FS_NODUMP_FL));
	}
}

/* Which names was something said of, by which watch? (What the engine's own work adds is not: that
 * of the directory itself, or twice of a name.) */
static void say_heard(int watch)
{
	char room[4096];
	unsigned heard[6] = {0};
	static const char *const known[] = {"", "f", "new", "moved", "b", "both"};
	const long n = read(watch, room, sizeof(room));

	for (long at = 0; at < n;) {
		struct inotify_event e;
		const char *name = room + at + sizeof(e);

		memcpy(&e, room + at, sizeof(e));
		at += (long)(sizeof(e) + e.len);
		for (int i = 0; i < 6; i++)
			if (e.wd > 0 && e.wd < 9 && !strcmp(e.len ? name : "", known[i]))
				heard[i] |= 1U << e.wd;
	}
	for (int i = 0; i < 6; i++)
		for (int wd = 1; wd < 9; wd++)
			if ((heard[i] & 1U << wd) && (i || wd > 2))
				say("  %d %s\n", wd, known[i]);
}

static void write_one(const char *path)
{
	int fd = open(path, O_WRONLY);

	R(write(fd, "x", 1));
	close(fd);
}

/* Who watches hears of changes, though they are made in another layer. */
CASE(union_root_fds_watched)
{
	const unsigned what = IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY | IN_ATTRIB;
	int watch, fd;

	make_union();
	R(watch = inotify_init1(IN_NONBLOCK));
	R(inotify_add_watch(watch, "m/only", what));
	R(inotify_add_watch(watch, "m/d", what));
	R(inotify_add_watch(watch, "m/both", what));
	R(inotify_add_watch(watch, "m/way/a", what));
	R(inotify_add_watch(watch, "m/only/deep/f", what));
	R(inotify_add_watch(watch, "m/missing", what));
	say_heard(watch);
	R(fd = open("m/only/new", O_WRONLY | O_CREAT, 0600));
	say_heard(watch);
	close(fd);
	R(rename("m/only/new", "m/only/moved"));
	say_heard(watch);
	R(unlink("m/only/f"));
	say_heard(watch);
	R(chmod("m/d/b", 0640));
	say_heard(watch);
	R(unlink("m/d/both"));
	say_heard(watch);
	R(chmod("m/both", 0640));
	say_heard(watch);
	write_one("m/both");
	say_heard(watch);
	write_one("m/d/a");
	say_heard(watch);
	write_one("m/only/deep/f");
	say_heard(watch);
	R(mkdir("m/only/new", 0700));
	say_heard(watch);
	close(watch);
	take_away();
}
