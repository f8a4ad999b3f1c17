/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_used.c - an overlay is what it is used for: programs run from it, are mapped, bind
 * sockets, lock, take it for their root; it is mounted by the newer calls, and on another overlay.
 */
#include "case_union.h"

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
	take_away();
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
