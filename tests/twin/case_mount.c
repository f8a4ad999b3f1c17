/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount.c - mount(2) and umount2(2) by root: binds, tmpfs, moves, remounts, what is in the way
 * of them.
 *
 * Each case takes away what it mounted: under the reference they are real mounts.
 */
#include "twin.h"

#define BIND(from, to) R(mount(from, to, NULL, MS_BIND, NULL))
#define TMPFS(at, options) R(mount("none", at, "tmpfs", 0, options))

static void make_dirs(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/f", "in a");
	mkdir("a/d", 0755);
	put("b/g", "in b");
}

static void list(const char *path)
{
	for (char **n = names(path); n && *n; n++)
		say("%s: %s\n", path, *n);
}

/* The working directory as the kernel tells it. */
static void where(const char *name)
{
	char buf[200];

	say("%s: %s\n", name, sys_getcwd(buf, sizeof(buf)) > 0 ? buf : errno_name(errno));
}

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
	BIND("a", "link");
	list("b");
	R(umount2("link", UMOUNT_NOFOLLOW));
	R(umount2("link", 0));
	list("b");
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

/* Lines about what lies below /t, without numbers. */
static void show_table(const char *path, int mountinfo)
{
	static char text[65536];
	size_t len = 0;
	long n;
	int fd = open(path, O_RDONLY);

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fd);
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = 0;
		char *at = strstr(line, " /t/");
		if (!at)
			continue;
		if (mountinfo) {
			char *type = strstr(at, " - ");
			char *options = strchr(at + 1, ' ');
			if (options && type) {
				*options = 0;
				say("info%s |%c%c |%c%c%c%c\n", at, options[1], options[2], type[3],
					type[4], type[5], type[6]);
			}
		} else {
			char *options = strchr(strchr(at + 1, ' ') + 1, ' ');
			options[3] = 0;
			say("%s\n", line);
		}
	}
}

CASE(mount_root_table)
{
	make_dirs();
	mkdir("with blank", 0755);
	R(mount("my source", "with blank", "tmpfs", 0, NULL));
	R(mount("other", "b", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	show_table("/proc/self/mounts", 0);
	show_table("/proc/mounts", 0);
	show_table("/proc/self/mountinfo", 1);
	CHILD("in a nested root") {
		chroot("/t/b");
		say("%ld\n", (long)open("/proc/self/mounts", O_RDONLY) < 0);
	}
	R(umount2("with blank", 0));
	R(umount2("b", 0));
	show_table("/proc/self/mounts", 0);
}

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

static void figures(const char *what, const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0) {
		say("%s: %e\n", what, errno);
		return;
	}
	say("%s: type %lx, size %ld/%ld, blocks %ld %ld %ld, inodes %ld %ld, name %ld, flags %lx\n",
		what, (unsigned long)fs.f_type, (long)fs.f_bsize, (long)fs.f_frsize,
		(long)fs.f_blocks, (long)fs.f_bfree, (long)fs.f_bavail, (long)fs.f_files,
		(long)fs.f_ffree, (long)fs.f_namelen, (unsigned long)fs.f_flags & 0xf);
}

/* As /proc/mounts has it, without what kernels differ in. */
static void options_of(const char *path)
{
	static char text[65536];
	int fd = open("/proc/self/mounts", O_RDONLY);
	long n = 0, more;
	char *line, *end;

	while ((more = read(fd, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	close(fd);
	text[n] = 0;
	line = strstr(text, path);
	end = line ? strchr(line, '\n') : NULL;
	if (end)
		*end = 0;
	if (line && (end = strstr(line, ",inode64")))
		memmove(end, end + 8, strlen(end + 8) + 1);
	say("%s\n", line ? line : "not mounted");
}

CASE(mount_root_tmpfs_size)
{
	struct stat st;
	char page[5000] = "";
	int fd;

	make_dirs();
	TMPFS("/t/a", "size=1m,nr_inodes=100");
	options_of(" /t/a ");
	figures("empty", "a");
	fd = open("a/f", O_CREAT | O_RDWR, 0644);
	write(fd, page, sizeof(page));
	link("a/f", "a/g");
	symlink("f", "a/l");
	mkdir("a/d", 0755);
	mkdir("a/d/e", 0755);
	put("a/d/e/x", "x");
	figures("some files", "a");
	figures("from below", "a/d/e/x");
	struct statfs fs;
	R(fstatfs(fd, &fs));
	say("by descriptor: %lx %ld %ld\n", (unsigned long)fs.f_type, (long)fs.f_blocks,
		(long)fs.f_ffree);
	close(fd);
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=2m,nr_inodes=1k"));
	figures("remounted", "a");
	options_of(" /t/a ");
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=4k"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "nr_inodes=3"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "nonsense=3"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=0"));
	figures("without a limit", "a");
	options_of(" /t/a ");
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=1m"));
	BIND("a/d", "b");
	figures("bound", "b");
	options_of(" /t/b ");
	R(umount2("b", 0));
	R(umount2("a", 0));
	TMPFS("/t/a", "mode=0150,uid=7,gid=8,size=16K,nr_blocks=3");
	options_of(" /t/a ");
	R(stat("a", &st));
	say_stat("root", &st);
	figures("blocks", "a");
	R(umount2("a", 0));
	TMPFS("/t/a", "mode=1777,uid=0,size=0x10g,nr_inodes=0");
	options_of(" /t/a ");
	figures("many", "a");
	R(umount2("a", 0));
	TMPFS("a", "size=1x");
	TMPFS("a", "size=");
	TMPFS("a", "size");
	TMPFS("a", "mode=8");
	TMPFS("a", "nr_inodes=1%");
	TMPFS("a", "uid=-1");
	TMPFS("a", "size=1%,,nr_inodes=7");
	figures("in percent", "a");
	R(umount2("a", 0));
}

CASE(mount_root_statfs_flags)
{
	make_dirs();
	figures("before", "a/missing");
	BIND("a", "b");
	R(mount(NULL, "b", NULL,
		MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	struct statfs fs;
	R(statfs("b/f", &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	int fd = open("b", O_RDONLY | O_DIRECTORY);
	R(fstatfs(fd, &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	close(fd);
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL));
	R(statfs("b", &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	R(umount2("b", 0));
	TMPFS("a", "size=1m");
	R(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, "size=1m"));
	figures("read-only", "a");
	R(umount2("a", 0));
}
