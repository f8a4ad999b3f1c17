/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_unix.c - tests AF_UNIX names: bind, connect, send, and names that calls return, at each
 * length and in each spelling.
 */
#include "case_unix.h"

CASE(unix_stream)
{
	SPELLINGS() {
		struct sockaddr_un a;
		socklen_t len = sizeof(a);
		int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
		char buf[16] = "";

		x_symlink("s", "link");
		sockname("unbound", l);
		R(bind_to(l, x("s")));
		x_say_lstat("s");
		sockname("listener", l);
		R(connect_to(c, x("s")));
		R(listen(l, 5));
		R(connect_to(c, x("link")));
		sockname("client", c);
		peername("client's peer", c);
		memset(&a, 0, sizeof(a));
		int s = accept(l, (struct sockaddr *)&a, &len);
		show_address("accepted from", &a, len);
		sockname("server", s);
		peername("server's peer", s);
		R(send(c, "hello", 5, 0));
		R(recv(s, buf, sizeof(buf), 0));
		say("%q\n", buf);
		/* A client with a name of its own. */
		int d = socket(AF_UNIX, SOCK_STREAM, 0);
		R(bind_to(d, x("client")));
		R(connect_to(d, x("s")));
		len = sizeof(a);
		memset(&a, 0, sizeof(a));
		int s2 = accept4(l, (struct sockaddr *)&a, &len, SOCK_CLOEXEC);
		show_address("accepted from", &a, len);
		peername("its peer", s2);
		R(x_unlink("s"));
		sockname("unlinked", l);
		R(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), x("s")));
		for (int fd = 4; fd < 20; fd++)
			close(fd);
		close(l);
		close(c);
	}
}

CASE(unix_dgram)
{
	SPELLINGS() {
		struct sockaddr_un a, from;
		socklen_t n, len;
		int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0);
		char buf[32];

		R(bind_to(r, x("r")));
		n = address(&a, x("r"));
		R(sendto(s, "anonymous", 9, 0, (struct sockaddr *)&a, n));
		R(bind_to(s, x("s")));
		R(sendto(s, "named", 5, 0, (struct sockaddr *)&a, n));
		for (int i = 0; i < 2; i++) {
			len = sizeof(from);
			memset(&from, 0, sizeof(from));
			memset(buf, 0, sizeof(buf));
			R(recvfrom(r, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
			say("%q\n", buf);
			show_address("from", &from, len);
		}
		R(connect_to(s, x("r")));
		peername("connected", s);
		R(send(s, "connected", 9, 0));
		R(recvfrom(r, buf, sizeof(buf), 0, NULL, NULL));
		n = address(&a, x("missing"));
		R(sendto(s, "x", 1, 0, (struct sockaddr *)&a, n));
		x_put("plain", "");
		n = address(&a, x("plain"));
		R(sendto(s, "x", 1, 0, (struct sockaddr *)&a, n));
		n = address(&a, x("r/"));
		R(sendto(s, "x", 1, 0, (struct sockaddr *)&a, n));
		close(r);
		n = address(&a, x("r"));
		R(sendto(s, "x", 1, 0, (struct sockaddr *)&a, n));
		close(s);
	}
}

CASE(unix_msg)
{
	SPELLINGS() {
		struct sockaddr_un a, from;
		int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0);
		char buf[32] = "", one[] = "split", two[] = " up";
		struct iovec out[2] = {{one, 5}, {two, 3}}, in = {buf, sizeof(buf)};
		struct msghdr m;

		R(bind_to(r, x("r")));
		R(bind_to(s, x("s")));
		memset(&m, 0, sizeof(m));
		m.msg_name = &a;
		m.msg_namelen = address(&a, x("r"));
		m.msg_iov = out;
		m.msg_iovlen = 2;
		R(sendmsg(s, &m, 0));
		say("namelen still right %d\n", m.msg_namelen == address(&from, x("r")));
		memset(&from, 0, sizeof(from));
		memset(&m, 0, sizeof(m));
		m.msg_name = &from;
		m.msg_namelen = sizeof(from);
		m.msg_iov = &in;
		m.msg_iovlen = 1;
		R(recvmsg(r, &m, 0));
		say("%q flags %x\n", buf, (unsigned)m.msg_flags);
		show_address("from", &from, m.msg_namelen);
		/* mmsg: two at once, the second to nowhere. */
		struct mmsghdr mm[2];
		struct sockaddr_un to[2];
		memset(mm, 0, sizeof(mm));
		for (int i = 0; i < 2; i++) {
			mm[i].msg_hdr.msg_name = &to[i];
			mm[i].msg_hdr.msg_namelen = address(&to[i], x(i == 0 ? "r" : "missing"));
			mm[i].msg_hdr.msg_iov = out;
			mm[i].msg_hdr.msg_iovlen = 1;
		}
		R(sendmmsg(s, mm, 2, 0));
		say("len %u\n", mm[0].msg_len);
		memset(to, 0, sizeof(to));
		memset(mm, 0, sizeof(mm));
		mm[0].msg_hdr.msg_name = &to[0];
		mm[0].msg_hdr.msg_namelen = sizeof(to[0]);
		mm[0].msg_hdr.msg_iov = &in;
		mm[0].msg_hdr.msg_iovlen = 1;
		R(recvmmsg(r, mm, 1, MSG_DONTWAIT, NULL));
		show_address("from", &to[0], mm[0].msg_hdr.msg_namelen);
		close(r);
		close(s);
	}
}

CASE(unix_name_lengths)
{
	static char path[120];
	struct sockaddr_un a;

	for (size_t n = 104; n <= 110; n++) {
		int s = socket(AF_UNIX, SOCK_DGRAM, 0);
		memcpy(path, "/t/", 3);
		fill(path + 3, 'n', n - 3);
		say("%ld bytes\n", (long)n);
		R(bind_to(s, path));
		sockname("bound", s);
		R(connect_to(s, path));
		peername("connected", s);
		close(s);
	}
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	address(&a, "/t/exact");
	R(bind(s, (struct sockaddr *)&a, 111));
	R(bind(s, (struct sockaddr *)&a, 1));
	R(bind(s, (struct sockaddr *)&a, 0));
	R(bind(s, (struct sockaddr *)&a, -1));
	/* Without the NUL: the length decides. */
	R(bind(s, (struct sockaddr *)&a, 2 + 5));
	sockname("cut", s);
	R(bind_to(s, "/t/again"));
	a.sun_family = AF_INET;
	R(connect(s, (struct sockaddr *)&a, 20));
	a.sun_family = AF_UNIX;
	R(connect(s, (struct sockaddr *)&a, 200));
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "/t/missing/x"));
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "/t/"));
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "/etc/passwd"));
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "/etc/passwd/x"));
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "new/"));
	symlink("nowhere", "dangling");
	R(bind_to(socket(AF_UNIX, SOCK_STREAM, 0), "dangling"));
	R(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "dangling"));
	tree("/t");
}

/* A long name that is reached by a short one, from another directory. */
CASE(unix_relative)
{
	static char deep[90];

	mkdir(fill(deep, 'd', 80), 0755);
	chdir(deep);
	mkdir(deep, 0755);
	chdir(deep);
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	R(bind_to(l, "s"));
	R(listen(l, 1));
	sockname("relative", l);
	int c = socket(AF_UNIX, SOCK_STREAM, 0);
	R(connect_to(c, "./s"));
	peername("peer", c);
	R(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "../s"));
	R(chdir(".."));
	R(connect_to(socket(AF_UNIX, SOCK_STREAM, 0), "s"));
	struct stat st;
	R(chdir(deep));
	R(stat("s", &st));
	say_stat("s", &st);
}

/* Two programs: the names that one bound are what the other sees. */
CASE(unix_two_processes)
{
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char buf[32] = "";
	int r = socket(AF_UNIX, SOCK_DGRAM, 0);

	R(bind_to(r, "/t/receiver"));
	CHILD("sender")
		R(execve(twin_self, ARGV("x", "@send"), environ));
	memset(&from, 0, sizeof(from));
	R(recvfrom(r, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len));
	show_address(buf, &from, len);
	int inherited = socket(AF_UNIX, SOCK_STREAM, 0);
	bind_to(inherited, "../t/inherited");
	CHILD("heir")
		R(execve(twin_self, ARGV("x", "@heir"), environ));
}

TOOL(send)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	chdir("/t");
	R(bind_to(s, "sender"));
	socklen_t n = address(&a, "../t/receiver");
	R(sendto(s, "by the other", 12, 0, (struct sockaddr *)&a, n));
}

TOOL(heir)
{
	sockname("inherited", 4);
}

CASE(unix_abstract)
{
	struct sockaddr_un a;
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);

	/* Such names are of the network namespace, shared with everyone: make ours unlike others'.
	 */
	memset(&a, 0, sizeof(a));
	a.sun_family = AF_UNIX;
	memcpy(a.sun_path, "\0twin/etc/passwd", 16);
	unsigned pid = (unsigned)getpid();
	for (int i = 0; i < 8; i++)
		a.sun_path[16 + i] = (char)('a' + (pid >> 4 * i & 15));
	R(bind(l, (struct sockaddr *)&a, 2 + 24));
	R(listen(l, 1));
	R(connect(c, (struct sockaddr *)&a, 2 + 23));
	R(connect(c, (struct sockaddr *)&a, 2 + 24));
	struct sockaddr_un b;
	socklen_t len = sizeof(b);
	R(getpeername(c, (struct sockaddr *)&b, &len));
	say("length %d same %d\n", (int)len, memcmp(&a, &b, 26) == 0);
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	a.sun_path[0] = 0;
	R(bind(s, (struct sockaddr *)&a, 2));
	len = sizeof(b);
	R(getsockname(s, (struct sockaddr *)&b, &len));
	say("autobind length %d\n", (int)len);
	tree("/t");
}

CASE(unix_short_buffers)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	bind_to(s, "/t/abcdef");
	static const socklen_t sizes[] = {0, 1, 2, 5, 11, 12, 13, 110};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		socklen_t len = sizes[i];
		memset(&a, '#', sizeof(a));
		R(getsockname(s, (struct sockaddr *)&a, &len));
		a.sun_path[20] = 0;
		say("room %d length %d %q\n", (int)sizes[i], (int)len, a.sun_path);
	}
	socklen_t len = (socklen_t)-1;
	R(getsockname(s, (struct sockaddr *)&a, &len));
	R(getsockname(s, (struct sockaddr *)8, &(socklen_t){20}));
	R(getsockname(s, (struct sockaddr *)&a, (socklen_t *)8));
	R(getsockname(99, (struct sockaddr *)&a, &len));
	R(getsockname(0, (struct sockaddr *)&a, &len));
	R(getpeername(s, (struct sockaddr *)&a, &(socklen_t){20}));
}

CASE(unix_errors)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, "/t/x");
	struct msghdr m;
	struct iovec v = {"x", 1};
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	R(bind(99, (struct sockaddr *)&a, n));
	R(bind(0, (struct sockaddr *)&a, n));
	R(connect(99, (struct sockaddr *)&a, n));
	R(bind(s, (struct sockaddr *)8, n));
	R(connect(s, (struct sockaddr *)8, n));
	R(sendto(s, "x", 1, 0, (struct sockaddr *)8, n));
	R(sendto(s, (char *)8, 1, 0, (struct sockaddr *)&a, n));
	R(sendmsg(s, (struct msghdr *)8, 0));
	memset(&m, 0, sizeof(m));
	m.msg_name = (void *)8;
	m.msg_namelen = n;
	m.msg_iov = &v;
	m.msg_iovlen = 1;
	R(sendmsg(s, &m, 0));
	m.msg_name = &a;
	m.msg_namelen = 1000;
	R(sendmsg(s, &m, 0));
	m.msg_namelen = (socklen_t)-1;
	R(sendmsg(s, &m, 0));
	R(send(s, "x", 1, 0));
	/* Of two complaints the kernel's first. */
	m.msg_namelen = n;
	v.iov_base = (void *)8;
	R(sendmsg(s, &m, 0));
	v.iov_base = "x";
	R(sendmsg(s, &m, 0));
	R(sendto(s, "x", 1, 0, (struct sockaddr *)&a, n));
	int t = socket(AF_UNIX, SOCK_STREAM, 0);
	R(sendto(t, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&a, n));
	R(sendmsg(t, &m, MSG_NOSIGNAL));
	/* An address of another family through the same calls. */
	int u = socket(AF_INET, SOCK_DGRAM, 0);
	R(bind(u, (struct sockaddr *)&a, n));
	R(connect(u, (struct sockaddr *)&a, n));
}

/* The kernel looks only at the lower half of a length. */
CASE(unix_long_length)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const int d = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
	const unsigned long n = 1UL << 32 | sizeof(a);

	R(!getcwd(a.sun_path, sizeof(a.sun_path) - sizeof("/socket")));
	strcat(a.sun_path, "/socket");
	R(SYSCALL(SYS_bind, d, &a, n));
	R(access("socket", F_OK));
	R(SYSCALL(SYS_sendto, c, "x", 1, 0, &a, n));
	R(SYSCALL(SYS_connect, c, &a, n));
}
