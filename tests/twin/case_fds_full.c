/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_fds_full.c - tests calls of a process that has no descriptor left, or few.
 */
#include "twin.h"

static void fill_table_of(rlim_t hard)
{
	struct rlimit rl = {40, hard};

	R(setrlimit(RLIMIT_NOFILE, &rl));
	while (dup(0) >= 0)
		;
	say("full: %e\n", errno);
}

static void fill_table(void)
{
	fill_table_of(40);
}

static int came;

static void on_signal(int sig)
{
	(void)sig;
	came++;
}

static void free_table(void)
{
	for (int fd = 20; fd < 40; fd++)
		close(fd);
}

static void make_tree(void)
{
	mkdir("dir", 0755);
	mkdir("dir/sub", 0755);
	put("dir/sub/file", "content");
	symlink("/t/dir/sub", "down");
	symlink("../..", "dir/sub/up");
	symlink("sub/file", "dir/leaf");
	symlink("up/down/file", "dir/sub/round");
	symlink("missing", "dangling");
	symlink("loop", "loop");
}

/* With few descriptors free, opens need as many as they return. */
static void open_with_few(int free)
{
	static const char *const names[] = {"dir/sub/file", "down/round", "/t/down/up/dir/leaf",
		"down/none", "dir/sub/", "loop", "/etc/absolute", "sub/file", "sub/round"};

	for (int fd = 39; fd > 39 - free; fd--)
		close(fd);
	say("%d free\n", free);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = R(open(names[i], O_RDONLY));

		if (fd >= 0)
			close(fd);
	}
	while (dup(0) >= 0)
		;
}

/* No call but those that return a descriptor needs one. */
static void use_full_table_of(rlim_t hard)
{
	struct stat st;
	struct statfs fs;
	char buf[PATH_MAX];

	make_tree();
	int dirfd = open("dir/sub", O_RDONLY | O_DIRECTORY);
	int watch = inotify_init1(0);
	fill_table_of(hard);
	R(open("down/file", O_RDONLY));
	R(stat("down/file", &st));
	R(stat("/t/down/up/dir/leaf", &st));
	R(stat("dir/sub/round", &st));
	R(fstatat(dirfd, "up/down/round", &st, 0));
	R(lstat("down/round", &st));
	R(stat("down/file/", &st));
	R(stat("down/", &st));
	R(stat("down/../leaf", &st));
	R(stat("down/../../../../etc/absolute", &st));
	R(stat("loop", &st));
	R(stat("loop/x", &st));
	R(stat("dangling", &st));
	R(stat("down/none/x", &st));
	R(stat("dir/leaf/x", &st));
	R(access("down/round", R_OK));
	R(readlink("down/up", buf, sizeof(buf)));
	R(statfs("down/file", &fs));
	R(chmod("down/file", 0640));
	R(fchmodat(dirfd, "up/down/file", 0644, 0));
	R(chown("down/round", -1, -1));
	R(lchown("down/round", -1, -1));
	R(truncate("down/round", 3));
	R(utimensat(AT_FDCWD, "down/up", NULL, AT_SYMLINK_NOFOLLOW));
	R(utimensat(AT_FDCWD, "down/round", NULL, 0));
	R(setxattr("down/round", "user.twin", "v", 1, 0));
	R(getxattr("/t/down/file", "user.twin", buf, sizeof(buf)));
	R(lgetxattr("down/round", "user.twin", buf, sizeof(buf)));
	R(removexattr("down/file", "user.twin"));
	R(inotify_add_watch(watch, "down/round", IN_ATTRIB));
	R(mkdir("down/made", 0755));
	R(mkdir("down/made/", 0755));
	R(mknod("down/fifo", S_IFIFO | 0600, 0));
	R(symlink("text", "down/../link"));
	R(link("down/round", "down/hard"));
	R(linkat(AT_FDCWD, "down/round", AT_FDCWD, "down/followed", AT_SYMLINK_FOLLOW));
	R(rename("down/hard", "dir/harder"));
	R(rename("down/fifo", "down/../../fifo"));
	R(unlink("down/../link"));
	R(rmdir("down/made"));
	R(rmdir("down/."));
	R(rmdir("down/.."));
	R(chdir("down/up/down"));
	RP(getcwd(buf, sizeof(buf)));
	say("%s\n", buf);
	R(stat("round", &st));
	R(chdir("/t/dir/leaf"));
	R(chdir("../../../../../t"));
	free_table();
	tree("/t");
}

CASE(fds_full_table)
{
	use_full_table_of(40);
}

CASE(fds_few_free)
{
	make_tree();
	fill_table();
	for (int free = 1; free < 4; free++)
		open_with_few(free);
}

/* What flags openat(2) drops it drops there, too. */
CASE(fds_few_free_flags)
{
	static const int flags[] = {O_PATH, O_PATH | O_RDWR, O_PATH | O_APPEND | O_NONBLOCK,
		O_RDONLY | 1 << 30, O_RDWR | 1 << 26, O_RDONLY | O_NOFOLLOW | O_LARGEFILE};

	make_tree();
	fill_table();
	for (int free = 1; free < 4; free++) {
		close(40 - free);
		for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
			int fd = R(open("dir/sub/file", flags[i]));

			if (fd >= 0)
				close(fd);
		}
	}
}

/* Whether directories may be searched is asked as well. */
CASE(fds_few_free_user)
{
	make_tree();
	chmod("dir", 0700);
	chdir("dir");
	fill_table();
	for (int free = 1; free < 4; free++)
		open_with_few(free);
}

CASE(fds_full_table_user)
{
	use_full_table_of(40);
}

CASE(fds_full_table_sockets)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), peer = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t size = sizeof(sun);

	make_tree();
	fill_table();
	strcpy(sun.sun_path, "/t/down/socket");
	R(bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	R(bind(peer, (struct sockaddr *)&sun, sizeof(sun)));
	R(connect(peer, (struct sockaddr *)&sun, sizeof(sun)));
	R(send(peer, "x", 1, 0));
	memset(&sun, 0, sizeof(sun));
	R(getsockname(fd, (struct sockaddr *)&sun, &size));
	say("%s\n", sun.sun_path);
	strcpy(sun.sun_path, "dir/sub/round");
	R(sendto(fd, "x", 1, 0, (struct sockaddr *)&sun, sizeof(sun)));
}

/* Through procfs, whose links only the kernel follows. */
CASE(fds_full_table_proc)
{
	struct stat st;
	char buf[PATH_MAX];

	make_tree();
	int dirfd = open("dir/sub", O_RDONLY | O_DIRECTORY);
	fill_table();
	R(stat("/proc/self/cwd/down/file", &st));
	R(stat("/proc/self/cwd/down/up/dangling", &st));
	R(stat("/proc/self/root/t/down/file", &st));
	R(stat("/proc/self/fd/3/round", &st));
	R(stat("/proc/self/fd/3/../leaf", &st));
	R(mkdir("/proc/self/fd/3/made", 0755));
	R(chdir("/proc/self/fd/3/up/down"));
	long n = R(readlink("/proc/self/cwd", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", buf);
	n = R(readlink("/proc/self/exe", buf, sizeof(buf) - 1));
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", buf);
	(void)dirfd;
	free_table();
	tree("/t");
}

/* A number above the limit stays open when the limit falls. */

/* ---- the same below a hard limit that has numbers left ---- */

/* `keeps`: they are there in another program, too. */
static void fill_below(int keeps)
{
	const struct rlimit rl = {40, 2000};

	R(setrlimit(RLIMIT_NOFILE, &rl));
	while (fcntl(0, keeps ? F_DUPFD : F_DUPFD_CLOEXEC, 0) >= 0)
		;
	say("full: %e\n", errno);
}

static void say_limit(void)
{
	struct rlimit rl;

	getrlimit(RLIMIT_NOFILE, &rl);
	say("limit %ld of %ld\n", (long)rl.rlim_cur, (long)rl.rlim_max);
}

static void say_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 60; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	say("%d open\n", n);
}

TOOL(full_after_exec)
{
	say("after exec, %d words\n", argc);
	say_limit();
	say_open();
	show("/etc/passwd");
}

CASE(fds_full_exec)
{
	put_mode("script", "#!/t/interpreter\n", 0755);
	symlink(twin_self, "interpreter");
	symlink(twin_self, "down");
	fill_below(0);
	CHILD("missing")
		R(execve("/t/none", ARGV("x"), environ));
	CHILD("not to be run")
		R(execve("/etc/passwd", ARGV("x"), environ));
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@full_after_exec"), environ));
	CHILD("through a link, twice")
		R(execve("down", ARGV("x", "@full_after_exec", "more"), environ));
	CHILD("script")
		R(execve("script", ARGV("@full_after_exec"), environ));
	const pid_t pid = vfork();
	if (!pid) {
		execve(twin_self, ARGV("x", "@full_after_exec"), environ);
		_exit(9);
	}
	reap("vfork", pid);
	say_limit();
	say_open();
}

CASE(fds_full_exec_user)
{
	fill_below(0);
	R(execve(twin_self, ARGV("x", "@full_after_exec"), environ));
}

CASE(fds_full_beyond)
{
	use_full_table_of(2000);
}

CASE(fds_full_beyond_user)
{
	use_full_table_of(2000);
}

/* What procfs says of the caller is of the caller. */
CASE(fds_full_beyond_proc)
{
	char buf[100], own[40];
	struct stat st;
	long n;

	snprintf(own, sizeof(own), "%d", (int)getpid());
	mkdir("d", 0755);
	fill_below(1);
	n = readlink("/proc/self", buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", strcmp(buf, own) ? "another" : "own");
	R(stat("/proc/self/fd/39", &st));
	close(39);
	int fd = R(open("/proc/self/stat", O_RDONLY));
	n = read(fd, buf, sizeof(buf) - 1);
	buf[n < 0 ? 0 : n] = 0;
	say("%s\n", strtol(buf, NULL, 10) == getpid() ? "own" : "another");
	close(fd);
	fd = R(open("d", O_TMPFILE | O_RDWR, 0600));
	R(fcntl(fd, F_GETFD));
	close(fd);
	fd = R(open("d", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	R(fcntl(fd, F_GETFD));
	say_limit();
}

/* A fifo that nobody writes to: a signal ends the wait. */
CASE(fds_full_beyond_fifo)
{
	mkdir("d", 0755);
	mkfifo("d/fifo", 0600);
	symlink("/t/d", "down");
	fill_below(1);
	close(39);
	set_handler(SIGUSR2, on_signal, 0);
	const pid_t pid = send_soon(SIGUSR2);
	R(open("down/fifo", O_RDONLY));
	reap("sender", pid);
	say("%d came\n", came);
	say_limit();
}

static sigjmp_buf out;

static pid_t second_sender;

static void say_limit_and_leave(int sig)
{
	say_limit();
	if (sig == SIGUSR1)
		siglongjmp(out, 1);
	if (sig == SIGHUP)
		second_sender = send_soon(SIGUSR2);
}

/* A handler sees the program's own limit, and so does what follows a call that it has left for good. The call
 * that SIGHUP interrupts is made again, and SIGUSR2 ends it. */
CASE(fds_full_beyond_left)
{
	static const int sent[] = {SIGUSR2, SIGUSR1, SIGUSR1, SIGHUP};

	mkdir("d", 0755);
	mkfifo("d/fifo", 0600);
	fill_below(1);
	close(39);
	for (size_t i = 0; i < COUNT(sent); i++) {
		const pid_t pid = send_soon(sent[i]);

		set_handler(sent[i], say_limit_and_leave, sent[i] == SIGHUP ? SA_RESTART : 0);
		if (!sigsetjmp(out, 1))
			R(open("d/../d/fifo", O_RDONLY));
		say_limit();
		reap("sender", pid);
	}
	reap("second sender", second_sender);
}

CASE(fds_full_beyond_root)
{
	mkdir("d", 0755);
	mkdir("e", 0755);
	put("e/f", "x");
	fill_below(1);
	R(mount("e", "d", NULL, MS_BIND, NULL));
	R(access("d/f", F_OK));
	R(umount2("d", 0));
	R(chroot("e"));
	R(access("/f", F_OK));
	say_limit();
}
