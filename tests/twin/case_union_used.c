/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_used.c - tests usual programs in an overlay: they are executed and mapped, bind
 * sockets, lock files, and use it as their root. It is also mounted by the newer calls, and on
 * another overlay.
 */
#include "case_union.h"

#include <sys/sysmacros.h>

TOOL(union_says)
{
	say("run as %s\n", argc > 2 ? argv[2] : "?");
}

static void run(const char *path)
{
	const pid_t pid = fork();

	if (!pid) {
		execv(path, ARGV((char *)path, "@union_says", (char *)path));
		say("%s: %e\n", path, errno);
		_exit(1);
	}
	reap(path, pid);
}

CASE(union_root_used_exec)
{
	char line[400];
	FILE *f;

	make_layers();
	put_self("l2/only/program");
	put_mode("l2/only/script", "#!/t/m/only/program @union_says\n", 0755);
	put_self("u/program");
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	run("m/only/program");
	run("m/program");
	run("m/only/script");
	R(chmod("m/only/program", 0700));
	run("m/only/program");
	R(chdir("m/only"));
	run("./program");
	int fd = open("f", O_RDONLY);
	void *at = mmap(NULL, 10, PROT_READ, MAP_PRIVATE, fd, 0);
	f = fopen("/proc/self/maps", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "/t/m/"))
			say("%s", strchr(line, '/'));
	fclose(f);
	munmap(at, 10);
	show_link("/proc/self/cwd");
	snprintf(line, sizeof(line), "/proc/self/fd/%d", fd);
	memset(line + 100, 0, 100);
	if (readlink(line, line + 100, 99) > 0)
		say("%s\n", line + 100);
	take_away();
}

CASE(union_root_used_socket)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "m/only/socket"};
	struct stat st;
	int fd, to;

	make_union();
	R(fd = socket(AF_UNIX, SOCK_STREAM, 0));
	R(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	R(listen(fd, 1));
	R(to = socket(AF_UNIX, SOCK_STREAM, 0));
	R(connect(to, (struct sockaddr *)&a, sizeof(a)));
	close(to);
	close(fd);
	R(fd = socket(AF_UNIX, SOCK_DGRAM, 0));
	R(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	strcpy(a.sun_path, "m/below");
	R(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	R(unlink("m/below"));
	R(bind(fd, (struct sockaddr *)&a, sizeof(a)));
	R(stat("m/below", &st));
	say("%o\n", (int)st.st_mode);
	R(unlink("m/only/socket"));
	take_away();
}

CASE(union_root_used_as_root)
{
	make_union();
	CHILD("in it") {
		char buf[100];

		R(chroot("m"));
		R(chdir("/"));
		show("/both");
		show("/d/b");
		show("../d/a");
		put("/made", "at its root");
		R(unlink("/below"));
		R(open("/below", O_RDONLY));
		R(mkdir("/only/new", 0755));
		R(chdir("/only/new"));
		say("%s\n", sys_getcwd(buf, sizeof(buf)) > 0 ? buf : errno_name(errno));
		show_tree("/");
	}
	take_away();
	show_tree("u");
}

CASE(union_root_used_read_only_fd)
{
	int fd, wr;
	struct stat st;

	make_union();
	R(fd = open("m/both", O_RDONLY));
	R(chmod("/proc/self/fd/3", 0600));
	R(stat("m/both", &st));
	say("%o\n", (int)st.st_mode);
	R(wr = open("/proc/self/fd/3", O_WRONLY | O_APPEND));
	R(write(wr, "+", 1));
	show("m/both");
	R(fd = open("m/below", O_RDONLY));
	R(linkat(AT_FDCWD, "/proc/self/fd/5", AT_FDCWD, "m/linked", AT_SYMLINK_FOLLOW));
	R(chmod("m/linked", 0604));
	R(truncate("m/linked", 1));
	show("m/below");
	R(fchownat(fd, "", 3, 4, AT_EMPTY_PATH));
	R(utimensat(fd, NULL, NULL, 0));
	take_away();
}

static void show_names(const char *path)
{
	static const char *const known[] = {"trusted.overlay.opaque",
		"trusted.overlay.overlay.opaque", "trusted.overlay.overlay.overlay.opaque"};
	char buf[400];
	const long n = listxattr(path, buf, sizeof(buf));

	for (int i = 0; i < 3; i++) {
		int is = 0;

		for (long at = 0; at < n; at += (long)strlen(buf + at) + 1)
			is += !strcmp(buf + at, known[i]);
		say("%s: %d of %s\n", path, is, known[i]);
	}
}

CASE(union_root_used_attributes)
{
	char buf[400];
	long n;

	make_union();
	R(chmod("m/both", 0600));
	R(mkdir("m/updir/d", 0755));
	R(unlink("m/below"));
	R(mkdir("m/below", 0755));
	for (int i = 0; i < 3; i++) {
		const char *path = ((const char *[]){"m/both", "m/below", "m/only"})[i];

		n = listxattr(path, buf, sizeof(buf));
		say("%s: %ld\n", path, n);
		for (long at = 0; at < n; at += (long)strlen(buf + at) + 1)
			say("%s\n", buf + at);
		R(getxattr(path, "trusted.overlay.opaque", buf, sizeof(buf)));
		R(getxattr(path, "trusted.overlay.origin", buf, sizeof(buf)));
	}
	/* What is set there is kept under another name, and means nothing. */
	for (int i = 0; i < 3; i++) {
		const char *path = ((const char *[]){"m/both", "m/d", "m/only"})[i];

		R(setxattr(path, "trusted.overlay.opaque", "y", 1, 0));
		R(setxattr(path, "trusted.overlay.overlay.opaque", "no", 2, 0));
		R(setxattr(path, "trusted.overlay.other", "more", 4, XATTR_CREATE));
		R(setxattr(path, "trusted.overlay.other", "more", 4, XATTR_CREATE));
		R(getxattr(path, "trusted.overlay.opaque", buf, sizeof(buf)));
		R(getxattr(path, "trusted.overlay.overlay.opaque", buf, sizeof(buf)));
		R(getxattr(path, "trusted.overlay.other", buf, 2));
		R(removexattr(path, "trusted.overlay.other"));
		R(removexattr(path, "trusted.overlay.other"));
		show_names(path);
	}
	show_tree("m");
	take_away();
	show_names("u/both");
	show_names("u/d");
	show_names("u/only");
}

CASE(union_root_used_stacked)
{
	make_union();
	mkdir("u2", 0755);
	mkdir("w2", 0755);
	mkdir("m2", 0755);
	R(unlink("m/d/a"));
	R(mount("overlay", "/t/m2", "overlay", 0, "lowerdir=/t/m,upperdir=/t/u2,workdir=/t/w2"));
	show_tree("m2");
	R(unlink("m2/both"));
	put("m2/d/new", "x");
	R(chmod("m2/d/b", 0600));
	show_tree("m2");
	show_tree("m");
	R(umount2("/t/m2", 0));
	take_away();
	show_tree("u2");
}

/* What each directory at and below `path` tells of itself, into `id`, by three calls that must
 * agree. */
static int see_dirs(const char *path, uint64_t dev, struct stat *id, int n, int most)
{
	struct { /* struct statx of linux/stat.h */
		uint32_t head[8];
		uint64_t ino, rest[12];
		uint32_t major, minor;
		uint64_t space[14];
	} sx = {0};
	struct stat st, by_fd;
	char name[400];
	int fd;

	if (n == most || lstat(path, &st) || !S_ISDIR(st.st_mode))
		return n;
	fd = open(path, O_RDONLY | O_DIRECTORY);
	fstat(fd, &by_fd);
	SYSCALL(SYS_statx, AT_FDCWD, path, 0, 0x7ff, &sx);
	say("%s: %s, %s, %s\n", path, st.st_dev == dev ? "on the device" : "elsewhere",
		by_fd.st_dev == st.st_dev && by_fd.st_ino == st.st_ino ? "so by its descriptor" :
									 "not by its descriptor",
		makedev(sx.major, sx.minor) == st.st_dev && sx.ino == st.st_ino ? "so by statx" :
										  "not by statx");
	fstatat(fd, "", &by_fd, AT_EMPTY_PATH);
	if (by_fd.st_dev != st.st_dev || by_fd.st_ino != st.st_ino)
		say("not by an empty name\n");
	fstatat(fd, ".", &by_fd, 0);
	if (by_fd.st_dev != st.st_dev || by_fd.st_ino != st.st_ino)
		say("not by a dot\n");
	close(fd);
	for (int i = 0; i < n; i++)
		if (id[i].st_dev == st.st_dev && id[i].st_ino == st.st_ino)
			say("as another\n");
	id[n++] = st;
	for (char **each = names(path); each && *each; each++) {
		snprintf(name, sizeof(name), "%s/%s", path, *each);
		n = see_dirs(name, dev, id, n, most);
	}
	return n;
}

/* The layers lie on two file systems; who stays on one meets all directories. */
CASE(union_root_used_devices)
{
	static struct stat before[60], after[60];
	struct stat top;
	int n, m;

	make_layers();
	mkdir("s", 0755);
	R(mount("tmpfs", "/t/s", "tmpfs", 0, NULL));
	mkdir("s/u", 0755);
	mkdir("s/w", 0755);
	mkdir("s/u/d", 0755);
	mkdir("s/u/d/of-u", 0755);
	R(mount("overlay", "/t/m", "overlay", 0,
		"lowerdir=/t/l1:/t/l2,upperdir=/t/s/u,workdir=/t/s/w"));
	R(stat("m", &top));
	n = see_dirs("m", top.st_dev, before, 0, 60);
	say("%d directories\n", n);
	say("--- copied up\n");
	R(chmod("m/only/deep", 0711));
	R(chmod("m/file-and-dir", 0711));
	m = see_dirs("m", top.st_dev, after, 0, 60);
	for (int i = 0; i < n && i < m; i++)
		say("%d: %s\n", i, before[i].st_ino == after[i].st_ino ? "its number" : "another");
	say("--- made\n");
	R(mkdir("m/new", 0755));
	R(mkdir("m/new/deep", 0755));
	R(mkdir("m/only/deep/new", 0755));
	R(unlink("m/both"));
	R(mkdir("m/both", 0755));
	R(rename("m/new", "m/moved"));
	R(chdir("m/only/deep/new"));
	R(stat(".", &before[0]));
	R(stat("..", &before[1]));
	R(stat("../../..", &before[2]));
	R(chdir("/t"));
	for (int i = 0; i < 3; i++)
		say("%d: %s\n", i, before[i].st_dev == top.st_dev ? "on the device" : "elsewhere");
	say("%d directories\n", see_dirs("m", top.st_dev, after, 0, 60));
	R(rename("m/moved", "m/only/moved"));
	R(rename("m/only", "m/elsewhere"));
	take_away();
	R(umount2("/t/s", 0));
}

/* A fifo of a lower layer is open when it is changed by its descriptor. */
CASE(union_root_used_fifo)
{
	static const int flags[] = {O_RDWR, O_RDONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK};
	struct stat st;
	char name[20];

	make_layers();
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "l2/only/fifo%d", i);
		R(mkfifo(name, 0622));
	}
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	for (int i = 0; i < 4; i++) {
		int fd, other = -1;

		snprintf(name, sizeof(name), "m/only/fifo%d", i);
		if (i == 3)
			R(other = open(name, O_RDWR));
		R(fd = open(name, i == 3 ? O_WRONLY : flags[i]));
		R(fchmod(fd, 0600));
		R(fchown(fd, 3, 4));
		R(fstat(fd, &st));
		say("%s: %o %u flags %x\n", name, st.st_mode, st.st_uid,
			(unsigned)fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		R(stat(name, &st));
		say("%s: %o %u\n", name, st.st_mode, st.st_uid);
		snprintf(name, sizeof(name), "l2/only/fifo%d", i);
		R(stat(name, &st));
		say("%s: %o %u\n", name, st.st_mode, st.st_uid);
		close(fd);
		close(other);
	}
	take_away();
	show_tree("u");
}

/* What is refused copies nothing up: the two names stay one file. */
CASE(union_root_used_refused)
{
	static const unsigned char list[] = {2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 4, 0, 4, 0,
		255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255};
	struct stat st;
	pid_t pid;

	make_layers();
	R(link("l2/only/f", "l2/only/second"));
	put("l2/only/masked", "text");
	R(setxattr("l2/only/masked", "user.a", "v", 1, 0));
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
	R(link("m/only/f", "m/only/.."));
	R(link("m/only/f", "m/only/."));
	R(link("m/only/f", "m/only/second"));
	R(setxattr("m/only/f", "system.posix_acl_default", list, sizeof(list), 0));
	R(removexattr("m/only/f", "system.posix_acl_default"));
	R(removexattr("m/only/f", "system.posix_acl_access"));
	R(setxattr("m/only/f/", "system.posix_acl_access", list, sizeof(list), 0));
	R(chmod("m/only/f/", 0640));
	R(setxattr("m/only/f", "system.posix_acl_access", "?", 1, 0));
	pid = fork();
	if (!pid) {
		R(setresuid(1, 1, 1));
		R(setxattr("m/only/f", "system.posix_acl_access", list, sizeof(list), 0));
		R(removexattr("m/only/f", "system.posix_acl_access"));
		int fd = open("m/only/f", O_RDONLY);
		R(fsetxattr(fd, "system.posix_acl_access", list, sizeof(list), 0));
		_exit(0);
	}
	reap("another user", pid);
	R(stat("m/only/f", &st));
	say("%u links\n", (unsigned)st.st_nlink);
	R(setxattr("m/only/f", "system.posix_acl_access", list, sizeof(list), 0));
	R(stat("m/only/f", &st));
	say("%o, %u links\n", st.st_mode, (unsigned)st.st_nlink);
	R(removexattr("m/only/f", "system.posix_acl_access"));
	R(removexattr("m/only", "system.posix_acl_default"));
	int fd = open("m/only/second", O_RDONLY);
	R(fremovexattr(fd, "system.posix_acl_access"));
	umask(0777);
	R(chown("m/only/masked", 1, 2));
	R(getxattr("m/only/masked", "user.a", NULL, 0));
	umask(022);
	take_away();
	show_tree("u");
}
