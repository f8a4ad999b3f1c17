/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cred.c - the kernel's rules of set*id, groups and capabilities, one call from each of many
 * states; how credentials pass through fork, vfork, threads and exec; who is seen at the other end
 * of a socket, and in /proc.
 */
#include "twin.h"

#define NONE ((unsigned)-1)

struct caps {
	unsigned long effective, permitted, inheritable;
};
static struct caps at_start;

static struct caps caps(void)
{
	unsigned header[2] = {0x20080522, 0}, data[6];
	struct caps c;

	SYSCALL(SYS_capget, header, data);
	c.effective = data[0] | (unsigned long)data[3] << 32;
	c.permitted = data[1] | (unsigned long)data[4] << 32;
	c.inheritable = data[2] | (unsigned long)data[5] << 32;
	return c;
}

static long capset_to(unsigned long effective, unsigned long permitted, unsigned long inheritable)
{
	unsigned header[2] = {0x20080522, 0};
	unsigned data[6] = {(unsigned)effective, (unsigned)permitted, (unsigned)inheritable,
		(unsigned)(effective >> 32), (unsigned)(permitted >> 32),
		(unsigned)(inheritable >> 32)};

	return SYSCALL(SYS_capset, header, data);
}

/* What root has differs between machines: all of it, nothing, or what is missing. */
static void say_set(const char *name, unsigned long set)
{
	if (set == at_start.permitted)
		say(" %s all", name);
	else if (!set)
		say(" %s none", name);
	else if (__builtin_popcountl(set) < 20)
		say(" %s %lx", name, set);
	else
		say(" %s all but %lx", name, at_start.permitted & ~set);
}

static void say_ids(const char *what)
{
	unsigned u[3] = {0}, g[3] = {0};
	const struct caps c = caps();

	SYSCALL(SYS_getresuid, &u[0], &u[1], &u[2]);
	SYSCALL(SYS_getresgid, &g[0], &g[1], &g[2]);
	say("%s: uid %d %d %d %ld gid %d %d %d %ld", what, u[0], u[1], u[2],
		(long)SYSCALL(SYS_setfsuid, NONE), g[0], g[1], g[2],
		(long)SYSCALL(SYS_setfsgid, NONE));
	say_set("effective", c.effective);
	say_set("permitted", c.permitted);
	say_set("inheritable", c.inheritable);
	say("\n");
}

TOOL(cred)
{
	unsigned header[2] = {0x20080522, 0}, data[6];

	/* at_start is not known here: only what is left of it can be told. */
	SYSCALL(SYS_capget, header, data);
	say("effective %s permitted %s, %s AT_SECURE %ld\n", data[0] | data[3] ? "some" : "none",
		data[1] | data[4] ? "some" : "none", argv[2], getauxval(AT_SECURE));
	say_ids("program");
}

/* Runs the body in a child of its own: a state once left is not come back to. */
#define TRY(...)                                                                                   \
	do {                                                                                       \
		const pid_t try_pid = fork();                                                      \
		if (!try_pid) {                                                                    \
			__VA_ARGS__;                                                               \
			twin_exit(0);                                                              \
		}                                                                                  \
		waitpid(try_pid, NULL, 0);                                                         \
	} while (0)

static const struct {
	unsigned r, e, s;
} states[] = {
	{0, 0, 0}, {0, 5, 0}, {5, 0, 0}, {5, 6, 0}, {0, 5, 6}, {5, 6, 7}, {5, 5, 5}, {5, 0, 5}};
static const unsigned values[] = {NONE, 0, 5, 6, 9};

static void enter(size_t i)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresuid, states[i].r, states[i].e, states[i].s);
}

CASE(cred_root_setuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++) {
			say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
				(int)values[a]);
			TRY(enter(i); R(SYSCALL(SYS_setuid, values[a])); say_ids("setuid"));
			TRY(enter(i); R(SYSCALL(SYS_setfsuid, values[a])); say_ids("setfsuid"));
		}
}

CASE(cred_root_setreuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++)
			for (size_t b = 0; b < COUNT(values); b++) {
				say("from %d %d %d, %d %d\n", states[i].r, states[i].e, states[i].s,
					(int)values[a], (int)values[b]);
				TRY(enter(i); R(SYSCALL(SYS_setreuid, values[a], values[b]));
					say_ids("setreuid"));
			}
}

CASE(cred_root_setresuid)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++)
		for (size_t a = 0; a < COUNT(values); a++) {
			say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
				(int)values[a]);
			TRY(enter(i); R(SYSCALL(SYS_setresuid, values[a], NONE, NONE));
				say_ids("real"));
			TRY(enter(i); R(SYSCALL(SYS_setresuid, NONE, values[a], NONE));
				say_ids("effective"));
			TRY(enter(i); R(SYSCALL(SYS_setresuid, NONE, NONE, values[a]));
				say_ids("saved"));
			TRY(enter(i); SYSCALL(SYS_setfsuid, 5);
				R(SYSCALL(SYS_setresuid, values[a], states[i].e, NONE));
				say_ids("after setfsuid"));
		}
}

CASE(cred_root_setgid)
{
	at_start = caps();
	for (int drops = 0; drops < 2; drops++)
		for (size_t i = 0; i < COUNT(states); i++)
			for (size_t a = 0; a < COUNT(values); a++) {
				say("from %d %d %d, %d\n", states[i].r, states[i].e, states[i].s,
					(int)values[a]);
#define ENTER()                                                                                    \
	SYSCALL(SYS_setresgid, states[i].r, states[i].e, states[i].s);                             \
	if (drops)                                                                                 \
	SYSCALL(SYS_setresuid, 3, 3, 3)
				TRY(ENTER(); R(SYSCALL(SYS_setgid, values[a])); say_ids("setgid"));
				TRY(ENTER(); R(SYSCALL(SYS_setfsgid, values[a]));
					say_ids("setfsgid"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, values[a], NONE));
					say_ids("setregid real"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, NONE, values[a]));
					say_ids("setregid effective"));
				TRY(ENTER(); R(SYSCALL(SYS_setregid, values[a], 6));
					say_ids("setregid both"));
				TRY(ENTER(); R(SYSCALL(SYS_setresgid, 5, values[a], NONE));
					say_ids("setresgid"));
			}
}

static void say_groups(const char *what)
{
	static unsigned g[70000];
	const long n = SYSCALL(SYS_getgroups, (long)COUNT(g), g);
	unsigned long sum = 0;
	int is_sorted = 1;

	for (long i = 0; i < n; i++) {
		sum = sum * 31 + g[i];
		is_sorted &= !i || g[i - 1] <= g[i];
	}
	say("%s: %ld groups, sum %lx, sorted %d\n", what, n, sum, is_sorted);
}

TOOL(groups)
{
	say_groups("program");
}

CASE(cred_root_setgroups)
{
	static const int counts[] = {
		0, 1, 2, 31, 32, 33, 40, 41, 64, 65, 256, 257, 1000, 65536, 65537};
	static unsigned g[65537];

	for (size_t i = 0; i < COUNT(g); i++)
		g[i] = (unsigned)(i * 2654435761u % 100003);
	for (size_t i = 0; i < COUNT(counts); i++) {
		R(SYSCALL(SYS_setgroups, counts[i], g));
		say_groups("set");
		CHILD("fork")
			say_groups("child");
		CHILD("exec")
			R(execve(twin_self, ARGV("x", "@groups"), environ));
	}
	R(SYSCALL(SYS_setgroups, 3, g));
	R(SYSCALL(SYS_getgroups, 2, g));
	R(SYSCALL(SYS_getgroups, -1, g));
	R(SYSCALL(SYS_getgroups, 3, 8));
	g[1] = NONE;
	R(SYSCALL(SYS_setgroups, 3, g));
	R(SYSCALL(SYS_setgroups, 3, 8));
	say_groups("unchanged");
	R(SYSCALL(SYS_setresuid, 5, 5, 5));
	R(SYSCALL(SYS_setgroups, 65537, g));
	R(SYSCALL(SYS_setgroups, 0, NULL));
}

#define BIT(n) (1UL << (n))

CASE(cred_root_capset)
{
	unsigned header[2] = {0x19980330, 0}, data[6] = {0};

	at_start = caps();
	const unsigned long all = at_start.permitted;

	R(SYSCALL(SYS_capget, header, data));
	say("version 1 %d\n", data[0] == (unsigned)at_start.effective);
	header[0] = 0x20071026;
	R(SYSCALL(SYS_capget, header, data));
	header[0] = 7;
	R(SYSCALL(SYS_capget, header, data));
	say("version %x\n", header[0]);
	header[0] = 7;
	R(SYSCALL(SYS_capget, header, NULL));
	header[0] = 7;
	R(SYSCALL(SYS_capset, header, data));
	header[1] = (unsigned)-1;
	R(SYSCALL(SYS_capget, header, data));
	header[1] = (unsigned)getpid();
	R(SYSCALL(SYS_capget, header, data));
	R(SYSCALL(SYS_capset, header, data) < 0);
	header[1] = (unsigned)getppid();
	R(SYSCALL(SYS_capset, header, data));
	header[1] = 4194304 - 2;
	R(SYSCALL(SYS_capget, header, data));
	R(SYSCALL(SYS_capget, 8, data));
	header[1] = 0;
	R(SYSCALL(SYS_capget, header, 8));
	R(SYSCALL(SYS_capset, header, 8));
	TRY(R(capset_to(all & ~BIT(0), all, 0)); say_ids("not effective");
		R(capset_to(all, all, 0)); say_ids("again"));
	TRY(R(capset_to(all & ~BIT(0), all & ~BIT(0), 0)); say_ids("not permitted");
		R(capset_to(all, all, 0)); say_ids("not again"));
	TRY(R(capset_to(all, all & ~BIT(0), 0)));
	TRY(R(capset_to(0, all, BIT(3))); say_ids("inheritable");
		R(capset_to(0, 0, BIT(3) | BIT(4))); R(capset_to(0, BIT(4), BIT(3) | BIT(4)));
		say_ids("of what is permitted"));
	TRY(R(capset_to(BIT(8), BIT(8), BIT(3))); R(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
		R(prctl(PR_CAPBSET_READ, 5, 0, 0, 0));
		R(capset_to(BIT(8), BIT(8), BIT(3) | BIT(5))));
	TRY(R(capset_to(0, 0, 0)); R(prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
		R(prctl(PR_CAPBSET_DROP, 99, 0, 0, 0)); R(prctl(PR_CAPBSET_READ, 99, 0, 0, 0));
		R(SYSCALL(SYS_setuid, 5)); R(SYSCALL(SYS_setgid, 5));
		R(SYSCALL(SYS_setgroups, 0, NULL)); R(chroot("/t"));
		R(mknod("dev", S_IFBLK | 0600, 0x800)));
	TRY(R(capset_to(BIT(7), BIT(7), 0)); R(SYSCALL(SYS_setuid, 5)); R(SYSCALL(SYS_setgid, 5));
		say_ids("one"));
}

CASE(cred_root_keepcaps)
{
	at_start = caps();
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); R(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
		R(SYSCALL(SYS_setuid, 5)); say_ids("kept"); R(capset_to(BIT(7), BIT(7), 0));
		say_ids("one"); R(SYSCALL(SYS_setuid, 0)); say_ids("back"));
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "kept"), environ)));
	TRY(R(prctl(PR_SET_KEEPCAPS, 2, 0, 0, 0)); R(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)));
	/* SECBIT_NO_SETUID_FIXUP, then with SECBIT_KEEP_CAPS_LOCKED, and SECBIT_NOROOT */
	TRY(R(prctl(PR_SET_SECUREBITS, 4, 0, 0, 0)); R(SYSCALL(SYS_setuid, 5));
		say_ids("no fixup"));
	TRY(R(prctl(PR_SET_SECUREBITS, 0x20, 0, 0, 0)); R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
		R(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)); R(prctl(PR_SET_SECUREBITS, 0x30, 0, 0, 0));
		R(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
		R(prctl(PR_SET_SECUREBITS, 1 << 20, 0, 0, 0)));
	TRY(R(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "no root"), environ)));
	TRY(R(SYSCALL(SYS_setuid, 5)); R(prctl(PR_SET_SECUREBITS, 4, 0, 0, 0));
		R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)));
}

CASE(cred_root_ambient)
{
	at_start = caps();
	R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
	R(capset_to(at_start.permitted, at_start.permitted, BIT(3) | BIT(7)));
	R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 7, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 99, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 1, 3, 1, 0));
	R(prctl(PR_CAP_AMBIENT, 9, 3, 0, 0));
	R(prctl(PR_CAP_AMBIENT, 4, 3, 0, 0));
	TRY(R(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); R(SYSCALL(SYS_setuid, 5)); say_ids("user");
		R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)); R(prctl(PR_CAP_AMBIENT, 2, 3, 0, 0));
		R(execve(twin_self, ARGV("x", "@cred", "ambient"), environ)));
	TRY(R(prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)); R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)));
	TRY(R(capset_to(at_start.permitted, at_start.permitted, 0));
		R(prctl(PR_CAP_AMBIENT, 1, 3, 0, 0)));
}

/* Saved ids become the effective ones; capabilities come from the ids alone. */
CASE(cred_root_exec)
{
	at_start = caps();
	for (size_t i = 0; i < COUNT(states); i++) {
		say("%d %d %d\n", states[i].r, states[i].e, states[i].s);
		TRY(enter(i); R(execve(twin_self, ARGV("x", "@cred", "state"), environ)));
		TRY(SYSCALL(SYS_setresgid, states[i].r, states[i].e, states[i].s);
			SYSCALL(SYS_setfsuid, 9);
			R(execve(twin_self, ARGV("x", "@cred", "group"), environ)));
	}
}

CASE(cred_root_vfork)
{
#ifndef TWIN_RAW
	at_start = caps();
	for (int i = 0; i < 2; i++) {
		const pid_t pid = vfork();

		if (!pid) {
			SYSCALL(SYS_setgroups, 0, NULL);
			SYSCALL(SYS_setresgid, 8, 8, 8);
			SYSCALL(SYS_setresuid, 9, 9, 9);
			if (i)
				_exit((int)SYSCALL(SYS_getuid));
			execve(twin_self, ARGV("x", "@cred", "vfork"), environ);
			_exit(1);
		}
		reap("vfork", pid);
		say_ids("parent");
		say("%d %d\n", getuid(), getegid());
	}
#endif
}

CASE(cred_root_fork)
{
	at_start = caps();
	R(SYSCALL(SYS_setresuid, 0, 5, 0));
	CHILD("child") {
		say_ids("child");
		R(SYSCALL(SYS_setresuid, -1, 0, -1));
		CHILD("grandchild") {
			R(SYSCALL(SYS_setuid, 7));
			say_ids("grandchild");
			CHILD("exec")
				R(execve(twin_self, ARGV("x", "@cred", "grandchild"), environ));
		}
		say_ids("child again");
	}
	say_ids("parent");
}

#ifndef TWIN_RAW
#include <pthread.h>

static pthread_barrier_t barrier;
static unsigned seen[4];

static void *stands_by(void *arg)
{
	unsigned e, s;

	pthread_barrier_wait(&barrier);
	SYSCALL(SYS_getresuid, &seen[(long)arg], &e, &s);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	seen[(long)arg] = (unsigned)SYSCALL(SYS_getuid);
	pthread_barrier_wait(&barrier);
	return NULL;
}

/* For itself alone, which libc never does. */
static void *turns(void *arg)
{
	unsigned r, e, s;

	SYSCALL(SYS_setresuid, 9, 9, 9);
	SYSCALL(SYS_getresuid, &r, &e, &s);
	seen[(long)arg] = r * 100 + e * 10 + s;
	return (void *)(long)open("private", O_RDONLY);
}
#endif

CASE(cred_root_threads)
{
#ifndef TWIN_RAW
	pthread_t t[3], alone;
	void *result;

	put_mode("private", "x", 0600);
	pthread_create(&alone, NULL, turns, (void *)3);
	pthread_join(alone, &result);
	say("alone %u, open %ld; the others %d\n", seen[3], (long)result, getuid());
	close(open("private", O_RDONLY));

	pthread_barrier_init(&barrier, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, stands_by, (void *)i);
	/* Not by R(): musl leaves an errno of its waiting. */
	say("setresuid %d\n", setresuid(7, 7, 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	say("libc's setresuid: %u %u %u\n", seen[0], seen[1], seen[2]);
	say("setuid %d\n", setuid(0));
	say("seteuid %d\n", seteuid(0));
	say("setuid %d\n", setuid(8));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	say("libc's setuid: %u %u %u\n", seen[0], seen[1], seen[2]);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	say("%d %d\n", getuid(), geteuid());
#endif
}

/* ---- what others see ---- */

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
			SYSCALL(SYS_setresuid, NONE, 0, NONE);
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
