/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cred_seen.c - tests the credentials that other processes see: in /proc, and at the other
 * end of a socket.
 */
#include "twin.h"
#include "twin_abi.h"

static void show_status(const char *path)
{
	char buf[4096];
	const int fd = open(path, O_RDONLY);
	const long n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	buf[n < 0 ? 0 : n] = 0;
	for (char *line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) ||
			!strncmp(line, "Groups:", 7) || !strncmp(line, "CapInh:", 7) ||
			!strncmp(line, "CapAmb:", 7))
			say("%q\n", line);
		else if (!strncmp(line, "Cap", 3) && strncmp(line, "CapBnd", 6))
			say("%c%c%c %s\n", line[3], line[4], line[5],
				strspn(line + 8, "0") == 16 ? "none" : "some");
}

CASE(cred_root_status)
{
	static const unsigned groups[] = {30, 10, 20};
	char path[64];
	int ready[2], go[2];

	SYSCALL(SYS_setgroups, 0, NULL);
	show_status("/proc/self/status");
	SYSCALL(SYS_setgroups, 3, groups);
	R(SYSCALL(SYS_setresgid, 4, 5, 6));
	R(SYSCALL(SYS_setresuid, 1, 2, 0));
	show_status("/proc/self/status");
	SYSCALL(SYS_setfsuid, 1);
	show_status("/proc/thread-self/status");
	pipe(ready);
	pipe(go);
	CHILD("other") {
		const pid_t other = fork();

		if (!other) {
			SYSCALL(SYS_setresuid, -1, 0, -1);
			SYSCALL(SYS_setresuid, 7, 7, 7);
			write(ready[1], "x", 1);
			read(go[0], path, 1);
			twin_exit(0);
		}
		read(ready[0], path, 1);
		sprintf(path, "/proc/%d/status", other);
		show_status(path);
		write(go[1], "x", 1);
		reap("the other", other);
	}
}

static void show_owner(const char *what, long r, const struct stat *st)
{
	say("%s: %d, uid %u gid %u mode %o\n", what, (int)r, st->st_uid, st->st_gid, st->st_mode);
}

/* The directories that procfs has for process or thread `id`, by the ways that lead to them. */
static void show_owners(const char *id)
{
	static const char *const below[] = {"", "/", "/.", "/task", "/attr", "/net", "/task/.."};
	char path[64];
	struct twin_statx sx;
	struct stat st;

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		sprintf(path, "/proc/%s%s", id, below[i]);
		show_owner(below[i], stat(path, &st), &st);
	}
	sprintf(path, "/proc/%s", id);
	R(SYSCALL(SYS_statx, AT_FDCWD, path, 0, TWIN_STATX_BASIC_STATS, &sx));
	say("uid %u gid %u\n", sx.uid, sx.gid);
	show_owner("relative", fstatat(AT_FDCWD, path + 1, &st, 0), &st);

	const int proc = open("/proc", O_RDONLY | O_DIRECTORY);
	const int fd = open(path, O_RDONLY | O_DIRECTORY);

	show_owner("from /proc", fstatat(proc, id, &st, 0), &st);
	show_owner("descriptor", fstat(fd, &st), &st);
	show_owner("its task", fstatat(fd, "task", &st, 0), &st);
	close(proc);
	close(fd);
	CHILD("inside") {
		R(chdir(path));
		show_owner("here", stat(".", &st), &st);
		show_owner("task", lstat("task", &st), &st);
	}
}

CASE(cred_root_proc_owner)
{
	char id[32];
	int ready[2], go[2];

	pipe(ready);
	pipe(go);
	R(chdir("/"));
	show_owners("self");
	CHILD("other") {
		const pid_t other = fork();

		if (!other) {
			SYSCALL(SYS_setresgid, 6, 7, 8);
			SYSCALL(SYS_setresuid, 3, 4, 5);
			show_owners("self");
			show_owners("thread-self");
			write(ready[1], "x", 1);
			read(go[0], id, 1);
			twin_exit(0);
		}
		read(ready[0], id, 1);
		sprintf(id, "%d", other);
		show_owners(id);
		sprintf(id, "%d/task/%d", other, other);
		show_owners(id);
		sprintf(id, "%d", getpid());
		show_owners(id);
		write(go[1], "x", 1);
		reap("the other", other);
	}
}

static void say_cred(const char *what, int s)
{
	struct {
		pid_t pid;
		unsigned uid, gid;
	} c = {0, 77, 77};
	socklen_t n = sizeof(c);

	R(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n));
	say("%s: uid %u gid %u size %d\n", what, c.uid, c.gid, n);
	n = 5;
	R(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n));
	say("size %d\n", n);
	n = (socklen_t)-1;
	R(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &n));
}

CASE(cred_root_peer)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "socket"};
	const int s = socket(AF_UNIX, SOCK_STREAM, 0);
	int done[2];

	pipe(done);
	R(bind(s, (struct sockaddr *)&a, sizeof(a)));
	R(chmod("socket", 0777));
	R(listen(s, 4));
	CHILD("client") {
		SYSCALL(SYS_setgroups, 0, NULL);
		SYSCALL(SYS_setresgid, 6, 7, 6);
		SYSCALL(SYS_setresuid, 8, 9, 8);
		const pid_t client = fork();
		if (!client) {
			const int c = socket(AF_UNIX, SOCK_STREAM, 0);

			if (connect(c, (struct sockaddr *)&a, sizeof(a)) < 0)
				say("connect %e\n", errno);
			say_cred("the server is", c);
			write(done[1], "x", 1);
			read(c, done, 1);
			twin_exit(0);
		}
		const int c = accept(s, NULL, NULL);

		read(done[0], &a, 1);
		say_cred("the client is", c);
		close(c);
		reap("the client", client);
	}
}

static long send_cred(int s, pid_t pid, unsigned uid, unsigned gid)
{
	struct {
		struct cmsghdr h;
		unsigned pid, uid, gid;
	} m = {.pid = (unsigned)pid, .uid = uid, .gid = gid};
	struct iovec v = {"x", 1};
	struct msghdr msg = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &m,
		.msg_controllen = CMSG_SPACE(12)};

	m.h.cmsg_len = CMSG_LEN(12);
	m.h.cmsg_level = SOL_SOCKET;
	m.h.cmsg_type = 2; /* SCM_CREDENTIALS */
	return sendmsg(s, &msg, 0);
}

static void receive_cred(int s)
{
	struct {
		struct cmsghdr h;
		unsigned pid, uid, gid;
		char more[64];
	} m;
	char byte;
	struct iovec v = {&byte, 1};
	struct msghdr msg = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &m, .msg_controllen = sizeof(m)};

	memset(&m, 0, sizeof(m));
	R(recvmsg(s, &msg, MSG_DONTWAIT));
	say("control %ld type %d uid %d gid %d mine %d\n", (long)msg.msg_controllen, m.h.cmsg_type,
		m.uid, m.gid, m.pid == (unsigned)getpid());
}

CASE(cred_root_message)
{
	const int on = 1;
	int s[2];

	R(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	R(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	R(send_cred(s[0], getpid(), 0, 0));
	receive_cred(s[1]);
	R(send_cred(s[0], getpid(), 55, 66));
	receive_cred(s[1]);
	R(SYSCALL(SYS_setresgid, 3, 4, 5));
	R(SYSCALL(SYS_setresuid, 6, 7, 8));
	R(write(s[0], "x", 1));
	receive_cred(s[1]);
	R(send_cred(s[0], getpid(), 8, 5));
	receive_cred(s[1]);
	R(send_cred(s[0], getpid(), 7, 3));
	receive_cred(s[1]);
	R(send_cred(s[0], getpid(), 0, 3));
	R(send_cred(s[0], getpid(), 6, 0));
	R(send_cred(s[0], 1, 6, 3));
	receive_cred(s[1]);
}
