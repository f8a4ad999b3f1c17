/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_dev.c - tests new names in /dev, which are made on the machine, too. So each name
 * contains the process id here, is printed without it, and is removed at the end.
 */
#include "twin.h"

#include <sys/ioctl.h>

/* /dev/NAME, with the number; four may be in use at once. */
static const char *d(const char *name)
{
	static char path[4][200];
	static unsigned next;
	char *p = path[next++ % 4];
	const char *rest = strchr(name, '/');

	snprintf(p, 200, "/dev/twin-%d-%.*s%s", getpid(), (int)(rest ? rest - name : 60), name,
		rest ? rest : "");
	return p;
}

static long done(const char *what, long r)
{
	say(r < 0 ? "%s: %e\n" : "%s: ok\n", what, errno);
	return r;
}

static void look(const char *name)
{
	struct stat st;
	char text[200];
	long n;

	if (lstat(d(name), &st) < 0) {
		say("%s: %e\n", name, errno);
		return;
	}
	n = readlink(d(name), text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	say("%s: mode %o links %d uid %d gid %d%s%s\n", name, st.st_mode,
		S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink, st.st_uid, st.st_gid,
		n < 0 ? "" : " -> ", text);
}

static void show_it(const char *name)
{
	const int fd = open(d(name), O_RDONLY);

	show_fd(name, fd);
	close(fd);
}

/* Ours in /dev, sorted by names(), and that nothing is told twice or lost. */
static void list(void)
{
	char **all = names("/dev"), mine[40];
	int null = 0, zero = 0;

	snprintf(mine, sizeof(mine), "twin-%d-", getpid());
	for (size_t i = 0; all && all[i]; i++) {
		null += !strcmp(all[i], "null");
		zero += !strcmp(all[i], "zero");
		if (!strncmp(all[i], mine, strlen(mine)))
			say("  %s\n", all[i] + strlen(mine));
	}
	say("  null %d zero %d\n", null, zero);
}

static void count_by(long nr, unsigned size)
{
	char buf[4096], mine[40];
	const int fd = open("/dev", O_RDONLY | O_DIRECTORY);
	int found = 0, ends = 0;

	snprintf(mine, sizeof(mine), "twin-%d-", getpid());
	for (int turn = 0; turn < 2; turn++) {
		long n;

		while ((n = SYSCALL(nr, fd, buf, size)) > 0)
			for (long at = 0; at < n;) {
				const char *name = buf + at + (nr == SYS_getdents64 ? 19 : 18);

				found += !strncmp(name, mine, strlen(mine));
				at += *(unsigned short *)(buf + at + 16);
			}
		ends += n == 0;
		lseek(fd, 0, SEEK_SET);
	}
	say("by %u bytes: %d, %d ends\n", size, found, ends);
	close(fd);
}

CASE(dev_root_names)
{
	char text[200] = "";
	struct stat st;
	int fd;

	done("mkdir", mkdir(d("dir"), 0755));
	done("mkdir again", mkdir(d("dir"), 0755));
	look("dir");
	done("below", mkdir(d("dir/sub"), 0700));
	put(d("dir/file"), "below");
	show_it("dir/file");
	done("symlink", symlink("null", d("null")));
	done("absolute", symlink("/etc/passwd", d("passwd")));
	done("to a directory", symlink("shm", d("shm")));
	done("to ours", symlink(strrchr(d("dir"), '/') + 1, d("same")));
	look("null");
	done("written", fd = open(d("null"), O_WRONLY));
	done("and it is null", write(fd, "x", 1));
	close(fd);
	done("stat", stat(d("null"), &st));
	say("%d\n", S_ISCHR(st.st_mode));
	done("followed to a file", fd = open(d("passwd"), O_RDONLY));
	show_fd("it", fd);
	close(fd);
	done("stat of shm", stat(d("shm/."), &st));
	show_it("same/file");
	done("file", fd = open(d("file"), O_RDWR | O_CREAT, 0640));
	done("write", write(fd, "text", 4));
	close(fd);
	show_it("file");
	done("O_EXCL", open(d("file"), O_RDWR | O_CREAT | O_EXCL, 0640));
	look("file");
	done("mkfifo", mknod(d("fifo"), S_IFIFO | 0666, 0));
	done("node", mknod(d("node"), S_IFCHR | 0666, 0x103));
	look("fifo");
	done("link", link(d("file"), d("linked")));
	look("linked");
	done("chown", chown(d("file"), 5, 6));
	done("chmod", chmod(d("dir"), 01777));
	look("file");
	look("dir");
	list();
	count_by(SYS_getdents64, 4096);
	count_by(SYS_getdents64, 64);
	count_by(SYS_getdents, 4096);
	done("chdir", chdir(d("dir/sub")));
	getcwd(text, sizeof(text));
	say("cwd %d\n", !strcmp(text, d("dir/sub")));
	done("../..", chdir("../.."));
	getcwd(text, sizeof(text));
	say("cwd %q\n", text);
	done("relative", mkdir(strrchr(d("relative"), '/') + 1, 0700));
	done("rename", rename(d("file"), d("renamed")));
	done("rename a directory", rename(d("dir"), d("moved")));
	done("rename over", rename(d("linked"), d("renamed")));
	done("out of /dev", rename(d("renamed"), "/t/renamed"));
	done("from below", rename(d("moved/file"), d("up")));
	done("into it", rename(d("up"), d("moved/down")));
	list();
	show_it("moved/down");
	done("umount", umount(d("moved")));
	done("rmdir of a full one", rmdir(d("moved")));
	done("rmdir of a file", rmdir(d("node")));
	done("unlink of a directory", unlink(d("moved")));
	chdir("/t");
	done("unlink", unlink(d("moved/down")));
	done("rmdir", rmdir(d("moved/sub")));
	done("rmdir", rmdir(d("moved")));
	done("rmdir", rmdir(d("relative")));
	done("unlink", unlink(d("node")));
	unlink(d("linked"));
	unlink(d("renamed"));
	unlink(d("fifo"));
	unlink(d("null"));
	unlink(d("passwd"));
	unlink(d("shm"));
	unlink(d("same"));
	list();
	done("again", mkdir(d("node"), 0700));
	done("again", rmdir(d("node")));
	done("missing", unlink(d("node")));
	done("missing", open(d("node"), O_RDONLY));
	done("what is there", mkdir("/dev/null", 0700));
	done("what is there", symlink("x", "/dev/null"));
	done("a longer way", mkdir(d("none/x"), 0700));
}

/* syslogd's: bound, connected to, sent to. */
/* Opens new terminals until one has this number, or just one. Returns its number, or -1. */
static int new_terminal(int wanted, struct stat *st)
{
	int got = -1, master, zero = 0;
	struct stat changed;
	char path[40];

	for (int n = 0; n < 64; n++) {
		master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
		SYSCALL(SYS_ioctl, master, TIOCSPTLCK, &zero);
		if (SYSCALL(SYS_ioctl, master, TIOCGPTN, &got) < 0)
			return -1;
		if (wanted < 0 || got == wanted)
			break;
	}
	snprintf(path, sizeof(path), "/dev/pts/%d", got);
	stat(path, st);
	if (wanted < 0) {
		done("chown", chown(path, 1001, 2001));
		done("chmod", chmod(path, 0620));
		stat(path, &changed);
		say("uid %d gid %d mode %o\n", changed.st_uid, changed.st_gid, changed.st_mode);
	}
	for (int n = 3; n < 80; n++)
		close(n);
	return got;
}

/* What somebody did with a terminal is not true of the next one that has its number. */
CASE(dev_root_terminal)
{
	struct stat first = {0}, second = {0};
	const int number = new_terminal(-1, &first);

	say("same number %d\n", new_terminal(number, &second) == number);
	say("uid as before %d, gid %d, mode %o\n", first.st_uid == second.st_uid,
		first.st_gid == second.st_gid, second.st_mode);
}

CASE(dev_root_loop)
{
	struct stat st;

	done("symlink", symlink(d("loop"), d("loop")));
	done("stat", stat(d("loop"), &st));
	done("stat below", stat(d("loop/x"), &st));
	done("open", open(d("loop/"), O_RDONLY));
	done("lstat", lstat(d("loop"), &st));
	done("unlink", unlink(d("loop")));
}

CASE(dev_root_socket)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX}, back;
	socklen_t len = sizeof(back);
	char text[20] = "";
	int server = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(a.sun_path, d("log"));
	done("unlink", unlink(a.sun_path));
	done("bind", bind(server, (struct sockaddr *)&a, sizeof(a)));
	done("again", bind(client, (struct sockaddr *)&a, sizeof(a)));
	look("log");
	done("chmod", chmod(a.sun_path, 0666));
	done("name", getsockname(server, (struct sockaddr *)&back, &len));
	say("%d\n", !strcmp(back.sun_path, a.sun_path));
	done("sendto", sendto(client, "one", 3, 0, (struct sockaddr *)&a, sizeof(a)));
	done("connect", connect(client, (struct sockaddr *)&a, sizeof(a)));
	done("send", send(client, "two", 3, 0));
	done("recv", recv(server, text, 3, 0));
	done("recv", recv(server, text + 3, 3, 0));
	say("%q\n", text);
	CHILD("another") {
		const int c = socket(AF_UNIX, SOCK_DGRAM, 0);

		SYSCALL(SYS_setresuid, 7, 7, 7);
		done("connect", connect(c, (struct sockaddr *)&a, sizeof(a)));
		done("unlink", unlink(a.sun_path));
		done("mkdir", mkdir("/dev/twin-of-nobody", 0700));
	}
	done("unlink", unlink(a.sun_path));
	done("connect to nothing", connect(client, (struct sockaddr *)&a, sizeof(a)));
}
