/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_proc_links.c - tests where the links of /proc lead: exe, cwd, root, fd.
 */
#include "twin.h"

TOOL(exe)
{
	struct stat a, b;
	char buf[64];

	show_link("/proc/self/exe");
	R(stat("/proc/self/exe", &a));
	R(stat(twin_self[0] ? twin_self : "/proc/self/exe", &b));
	say("same file %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	int fd = (int)R(open("/proc/self/exe", O_RDONLY));
	R(read(fd, buf, 4));
	say("%x %c%c%c\n", buf[0], buf[1], buf[2], buf[3]);
	R(open("/proc/self/exe", O_WRONLY));
	R(open("/proc/self/exe", O_RDONLY | O_NOFOLLOW));
	R(lstat("/proc/self/exe", &a));
	say("link %d\n", S_ISLNK(a.st_mode));
	R(access("/proc/self/exe", X_OK));
	for (int i = 3; i < 20; i++)
		close(i);
}

CASE(proc_exe)
{
	char buf[100];

	show_link("/proc/self/exe");
	show_link("/proc/thread-self/exe");
	show_link("/proc/../proc/self/exe");
	chdir("/proc/self");
	show_link("exe");
	chdir("/proc");
	show_link("self/exe");
	int d = open("/proc/self", O_RDONLY | O_DIRECTORY);
	long n = R(readlinkat(d, "exe", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%q\n", buf);
	n = R(readlinkat(d, "exe", buf, 4));
	buf[n < 0 ? 0 : n] = 0;
	say("%q\n", buf);
	int l = open("/proc/self/exe", O_PATH | O_NOFOLLOW);
	n = R(readlinkat(l, "", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%q\n", buf);
	chdir("/t");
	symlink("/proc/self/exe", "link");
	CHILD("by itself")
		R(execve("/proc/self/exe", ARGV((char *)twin_self, "@exe"), environ));
	CHILD("by a link")
		R(execve("link", ARGV((char *)twin_self, "@exe"), environ));
	symlink(twin_self, "program");
	CHILD("by a symlink to the program")
		R(execve("program", ARGV((char *)twin_self, "@exe"), environ));
	put_mode("script", "#!/t/program @exe\n", 0755);
	CHILD("as an interpreter")
		R(execve("script", ARGV("x"), environ));
}

CASE(proc_exe_of_child)
{
	char path[64] = "/proc/", digits[12], buf[100];
	int n = 0, len = 6, p[2];

	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		execve(twin_self, ARGV("name", "@cat", "a b", "c"), ARGV("X=1", "Y="));
		twin_exit(1);
	}
	read(p[0], buf, 1);
	for (pid_t v = pid; v; v /= 10)
		digits[n++] = (char)('0' + v % 10);
	while (n > 0)
		path[len++] = digits[--n];
	static const char *const what[] = {"/exe", "/cwd", "/root"};
	for (size_t i = 0; i < COUNT(what); i++) {
		memcpy(path + len, what[i], strlen(what[i]) + 1);
		long r = readlink(path, buf, sizeof(buf) - 1);
		buf[r < 0 ? 0 : r] = 0;
		say("%s: %q\n", what[i], r < 0 ? errno_name(errno) : buf);
	}
	static const char *const read_what[] = {"/cmdline", "/environ", "/comm"};
	for (size_t i = 0; i < COUNT(read_what); i++) {
		memcpy(path + len, read_what[i], strlen(read_what[i]) + 1);
		int fd = open(path, O_RDONLY);
		long r = read(fd, buf, sizeof(buf) - 1);
		say("%s: %ld bytes", read_what[i], r);
		for (long at = 0; at < r; at++)
			buf[at] = buf[at] ? buf[at] : '|';
		buf[r < 0 ? 0 : r] = 0;
		say(" %q\n", buf);
		close(fd);
	}
	kill(pid, SIGKILL);
	reap("child", pid);
}

CASE(proc_links)
{
	show_link("/proc/self/cwd");
	show_link("/proc/self/root");
	mkdir("d", 0755);
	chdir("d");
	show_link("/proc/self/cwd");
	show_link("/proc/thread-self/cwd");
	put("f", "x");
	show("/proc/self/cwd/f");
	show("/proc/self/cwd/../d/f");
	show("/proc/self/root/etc/passwd");
	show("/proc/self/root/../../etc/absolute");
	R(chdir("/proc/self/root"));
	show_link("/proc/self/cwd");
	R(chdir("/proc/self/cwd"));
	show_link("cwd");
	char **list = names("/proc/self/root/");
	for (char **n = list; n && *n; n++)
		say("%s\n", *n);
	R(open("/proc/self/root/proc/self/root/etc/passwd", O_RDONLY));
}

/* Nothing of a longer path is left behind the answer. */
CASE(proc_links_leave_nothing)
{
	static const char *const links[] = {"/proc/self/cwd", "/proc/self/root", "/proc/self/exe"};
	char buf[4096];

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		memset(buf, 'x', sizeof(buf));
		const long n = readlink(links[i], buf, sizeof(buf));
		size_t slashes = 0;

		for (size_t at = n < 0 ? 0 : (size_t)n; at < sizeof(buf); at++)
			slashes += buf[at] == '/';
		say("%s: %d slashes behind it\n", links[i], (int)slashes);
	}
}

CASE(proc_fd_links)
{
	int p[2];

	put("f", "content");
	mkdir("d", 0755);
	symlink("f", "l");
	open("f", O_RDONLY);		      /* 3 */
	open("d", O_RDONLY | O_DIRECTORY);    /* 4 */
	open("l", O_PATH | O_NOFOLLOW);	      /* 5 */
	open("/", O_PATH);		      /* 6 */
	open("/link-to-etc/above", O_RDONLY); /* 7 */
	pipe(p);			      /* 8, 9 */
	sys_memfd_create("mem", 0);	      /* 10 */
	open("gone", O_CREAT | O_RDWR, 0600); /* 11 */
	unlink("gone");
	open("/proc/self/status", O_RDONLY); /* 12 */
	open("/dev/null", O_RDONLY);	     /* 13 */
	show_link("/proc/self/fd/3");
	show_link("/proc/self/fd/4");
	show_link("/proc/self/fd/5");
	show_link("/proc/self/fd/6");
	show_link("/proc/self/fd/7");
	show_link("/proc/self/fd/10");
	show_link("/proc/self/fd/11");
	show_link("/proc/self/fd/13");
	show_link("/proc/self/fd/99");
	show_link("/dev/fd/3");
	show("/proc/self/fd/3");
	show("/dev/fd/7");
	R(open("/proc/self/fd/4/../f", O_RDONLY));
	R(open("/proc/self/fd/6/etc/passwd", O_RDONLY));
	R(open("/proc/self/fd/6/../../etc/passwd", O_RDONLY));
	R(open("/proc/self/fd/3", O_RDONLY | O_NOFOLLOW));
	R(open("/proc/self/fd/3/", O_RDONLY));
	R(open("/proc/self/fd/3", O_WRONLY | O_TRUNC));
	R(open("/proc/self/fd/11", O_RDWR));
	R(open("/proc/self/fd/10", O_RDWR));
	R(open("/proc/self/fd/99", O_RDWR));
	rename("f", "d/renamed");
	show_link("/proc/self/fd/3");
	rename("d", "e");
	show_link("/proc/self/fd/3");
	show_link("/proc/self/fd/4");
	struct stat a, b;
	fstat(8, &a);
	R(stat("/proc/self/fd/8", &b));
	say("pipe %d %d\n", a.st_ino == b.st_ino, S_ISFIFO(b.st_mode));
	R(open("/proc/self/fd/9", O_WRONLY));
	R(lstat("/proc/self/fd/3", &b));
	say("%o\n", b.st_mode);
	R(chdir("/proc/self/fd/4"));
	show_link("/proc/self/cwd");
}

/* Nothing but the program's own descriptors. */
CASE(proc_fd_listing)
{
	open("/etc/passwd", O_RDONLY);
	open("/", O_RDONLY | O_DIRECTORY);
	char **list = names("/proc/self/fd");
	for (char **n = list; n && *n; n++)
		say("fd %s\n", *n);
	list = names("/dev/fd");
	for (char **n = list; n && *n; n++)
		say("dev %s\n", *n);
	chdir("/proc/self");
	list = names("fd");
	for (char **n = list; n && *n; n++)
		say("relative %s\n", *n);
	list = names("fdinfo");
	for (char **n = list; n && *n; n++)
		say("info %s\n", *n);
}

/* No number is open but the program's own, also while the jail looks at the directory itself. */
CASE(proc_fd_free_numbers)
{
	static const char *const dirs[] = {"/proc/self/fd", "/proc/self/fdinfo",
		"/proc/thread-self/fd", "/dev/fd", "fd", "task/self/fd"};
	char path[64], text[64];
	struct stat st;

	chdir("/proc/self");
	for (size_t i = 0; i < COUNT(dirs); i++)
		for (int fd = 3; fd < 9; fd++) {
			sprintf(path, "%s/%d", dirs[i], fd);
			say("%s\n", path);
			R(readlink(path, text, sizeof(text)));
			R(stat(path, &st));
			R(lstat(path, &st));
			R(access(path, F_OK));
			R(open(path, O_RDONLY));
			R(open(path, O_PATH | O_NOFOLLOW));
			R(truncate(path, 0));
			R(chdir(path));
			strcat(path, "/..");
			R(stat(path, &st));
			R(open(path, O_PATH));
		}
}

/* What is open beside the listing itself, which is closed again by then. */
CASE(proc_fd_hides_nothing_else)
{
	static const char *const dirs[] = {
		"/proc/self/fd", "/proc/self/fdinfo", "/proc/thread-self/fd", "/dev/fd"};
	char **list;

	open("/etc/passwd", O_RDONLY);
	fcntl(open("/", O_RDONLY | O_DIRECTORY), F_DUPFD, 900);
	for (size_t i = 0; i < COUNT(dirs); i++) {
		list = names(dirs[i]);
		for (char **n = list; n && *n; n++)
			if (fcntl(atoi(*n), F_GETFD) >= 0)
				say("%s: %s\n", dirs[i], *n);
	}
	chdir("/proc/self/fd");
	list = names(".");
	for (char **n = list; n && *n; n++)
		if (fcntl(atoi(*n), F_GETFD) >= 0)
			say("relative: %s\n", *n);
	for (int fd = 901; fd < 1024; fd++) {
		char name[8] = {(char)('0' + fd / 1000), (char)('0' + fd / 100 % 10),
			(char)('0' + fd / 10 % 10), (char)('0' + fd % 10)};
		char path[32] = "/proc/self/fd/", *digits = name[0] == '0' ? name + 1 : name;
		struct stat st;

		memcpy(path + 14, digits, strlen(digits) + 1);
		if (lstat(path, &st) == 0 || lstat(digits, &st) == 0)
			say("%s is there\n", path);
	}
}

/* /etc/mtab, /dev/stdin and the like: links that lead there, and .. that leads back. */
CASE(proc_through_links)
{
	char cwd[64];

	SPELLINGS() {
		x_symlink("/proc/self/comm", "abs");
		x_symlink("../../proc/self/comm", "rel");
		x_symlink("/proc", "dir");
		x_symlink("dir/self", "self");
		x_symlink("/dev/null", "null");
		x_symlink("/dev/fd", "fd");
		x_show("abs");
		x_show("rel");
		x_show("dir/self/comm");
		x_show("self/comm");
		x_show_link("self/exe");
		x_show_link("dir/self/exe");
		x_show("dir/../etc/passwd");
		x_show("self/../../etc/relative");
		x_show("self/root/etc/absolute");
		x_show("null");
		x_say_lstat("self/exe");
		R(x_access("fd/0", F_OK));
		R(x_access("fd/99", F_OK));
		R(x_mkdir("dir/new", 0755));
		R(x_open("null", O_WRONLY | O_CREAT | O_TRUNC, 0644));
		close(twin_spell == SPELL_AT ? 4 : 3);
	}
	chdir("/proc/self");
	show("../../etc/passwd");
	show("../self/comm");
	R(chdir("/t/abs/dir"));
	RP(getcwd(cwd, sizeof(cwd)));
	say("%q\n", cwd);
	R(chdir(".."));
	RP(getcwd(cwd, sizeof(cwd)));
	say("%q\n", cwd);
	int proc = open("/t/abs/dir", O_RDONLY | O_DIRECTORY);
	show_fd("dirfd", openat(proc, "self/comm", O_RDONLY));
	show_fd("dirfd ..", openat(proc, "../etc/passwd", O_RDONLY));
	long n = readlinkat(proc, "self/exe", cwd, sizeof(cwd) - 1);
	cwd[n < 0 ? 0 : n] = 0;
	say("%q\n", cwd);
	CHILD("exec by way of it")
		R(execve("/t/abs/self/exe", ARGV("x", "@say", "ran"), environ));
}

CASE(proc_exe_deleted)
{
	put_self("copy");
	CHILD("unlinked")
		R(execve("copy", ARGV("x", "@unlinks"), environ));
}

TOOL(unlinks)
{
	char other[40];

	show_link("/proc/self/exe");
	R(rename("copy", "renamed"));
	show_link("/proc/self/exe");
	R(unlink("renamed"));
	show_link("/proc/self/exe");
	int fd = (int)R(open("/proc/self/exe", O_RDONLY));
	close(fd);
	CHILD("again")
		R(execve("/proc/self/exe", ARGV("x", "@say", "once more"), environ));
	CHILD("again, and looking")
		R(execve("/proc/self/exe", ARGV("x", "@removed"), environ));
	/* A child looks at its parent's. */
	sprintf(other, "/proc/%d/exe", (int)getpid());
	CHILD("child") {

		fd = open(other, O_RDONLY);
		say("%s\n", fd < 0 ? errno_name(errno) : "opened");
	}
}

TOOL(removed)
{
	struct stat st;

	show_link("/proc/self/exe");
	R(stat("/proc/self/exe", &st));
	say("links %d\n", (int)st.st_nlink);
}

/* mount(2) follows the link: only a descriptor of the link itself names it. */
CASE(proc_root_exe_mounted)
{
	static const char *const links[] = {"/proc/self/exe", "/proc/self/cwd", "/proc/self/root"};
	char to[40];

	put("f", "of the mount\n");
	for (size_t i = 0; i < COUNT(links); i++) {
		const int link = open(links[i], O_PATH | O_NOFOLLOW);

		say("%s\n", links[i]);
		sprintf(to, "/proc/self/fd/%d", link);
		if (R(mount("f", to, NULL, MS_BIND, NULL)))
			continue;
		close(link);
		show_link(links[i]);
		show(links[i]);
		R(chdir("/proc/self"));
		show_link(links[i] + strlen("/proc/self/"));
		R(chdir("/t"));
		R(umount2(links[i], UMOUNT_NOFOLLOW));
		show_link(links[i]);
	}
}
