/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_exec.c - tests execve and execveat: exact argv and environment, names and how they are
 * found, errors.
 */
#include "twin.h"

#define RUN(name, ...)                                                                             \
	CHILD(name) {                                                                              \
		execve(__VA_ARGS__);                                                               \
		say("execve: %e\n", errno);                                                        \
	}

static char *const small_env[] = {
	"A=1", "B=two words", "EMPTY=", "=odd", "noequals", "A=again", NULL};

CASE(exec_args)
{
	char *self = (char *)twin_self;

	RUN("plain", self, ARGV(self, "@args", "", " ", "a b", "\"q\"", "-x", "--", "*"),
		small_env);
	RUN("other argv[0]", self, ARGV("-login name", "@args"), small_env);
	RUN("empty argv[0]", self, ARGV("", "@args"), small_env);
	RUN("no environment", self, ARGV(self, "@args"), ARGV(NULL));
	RUN("no argv[1]", self, ARGV("zero"), small_env);
	RUN("bytes", self, ARGV(self, "@argv", "\xff\xfe", "\n\t", "\xc3\xa9"), small_env);
}

/* Linux 5.18 and later give a program with an empty argv one empty string. */
CASE(exec_empty_argv)
{
	RUN("empty", twin_self, ARGV(NULL), small_env);
	RUN("null argv", twin_self, NULL, small_env);
	RUN("null both", twin_self, NULL, NULL);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The environment the harness gave, nothing more and nothing less. Its order is the launcher's
 * shell's for the first program, so it is sorted; what that passes on keeps its order (exec_args).
 */
CASE(exec_environment)
{
	size_t n = 0;

	while (environ[n])
		n++;
	qsort(environ, n, sizeof(*environ), by_text);
	for (char **e = environ; *e; e++)
		say("%q\n", *e);
	CHILD("passed on")
		R(execve(twin_self, ARGV((char *)twin_self, "@args"), environ));
	CHILD("preloads of the program's own")
		R(execve(twin_self, ARGV((char *)twin_self, "@args"), ARGV("LD_PRELOAD=", "X=1")));
}

CASE(exec_spellings)
{
	char *target = (char *)twin_self;

	SPELLINGS() {
		x_symlink(target, "link");
		x_mkdir("dir", 0755);
		x_symlink("../link", "dir/again");
		x_symlink("../../../../../../bin", "bin");
		CHILD("link")
			R(execve(x("link"), ARGV("a", "@say", "by link"), environ));
		CHILD("again")
			R(execve(x("dir/again"), ARGV("a", "@say", "by two links"), environ));
		CHILD("dotdot")
			R(execve(x("dir/../link"), ARGV("a", "@say", "by dotdot"), environ));
		CHILD("at")
			R(sys_execveat(twin_dirfd, xat("dir/again"), ARGV("a", "@say", "execveat"),
				environ, 0));
		CHILD("at nofollow") {
			sys_execveat(twin_dirfd, xat("link"), ARGV("a", "@say", "execveat"),
				environ, AT_SYMLINK_NOFOLLOW);
			say("%e\n", errno);
		}
	}
}

CASE(exec_errors)
{
	static char long_name[300];

	SPELLINGS() {
		x_mkdir("dir", 0755);
		x_put("plain", "no magic here\n");
		x_put("empty", "");
		x_put("noexec", "#!/bin/sh\n");
		x_put("short", "\177ELF");
		x_put("badelf",
			"\177ELF and then nothing that makes sense, for sixty-four bytes or more");
		x_chmod("plain", 0755);
		x_chmod("empty", 0755);
		x_chmod("short", 0755);
		x_chmod("badelf", 0755);
		x_symlink("self", "self");
		x_symlink("nowhere", "dangling");
		x_mknod("fifo", S_IFIFO | 0755, 0);
		R(execve(x("missing"), ARGV("x"), environ));
		R(execve(x("missing/x"), ARGV("x"), environ));
		R(execve(x("plain/x"), ARGV("x"), environ));
		R(execve(x("plain/"), ARGV("x"), environ));
		R(execve(x("dir"), ARGV("x"), environ));
		R(execve(x("dir/"), ARGV("x"), environ));
		R(execve(x("."), ARGV("x"), environ));
		R(execve(x("plain"), ARGV("x"), environ));
		R(execve(x("empty"), ARGV("x"), environ));
		R(execve(x("noexec"), ARGV("x"), environ));
		R(execve(x("short"), ARGV("x"), environ));
		R(execve(x("badelf"), ARGV("x"), environ));
		R(execve(x("self"), ARGV("x"), environ));
		R(execve(x("dangling"), ARGV("x"), environ));
		R(execve(x("fifo"), ARGV("x"), environ));
		R(execve(x(fill(long_name, 'n', 256)), ARGV("x"), environ));
	}
	R(execve("/dev/null", ARGV("x"), environ));
	R(execve("/proc/self/status", ARGV("x"), environ));
	R(execve("/etc/passwd", ARGV("x"), environ));
	R(execve("/", ARGV("x"), environ));
	R(execve("", ARGV("x"), environ));
}

CASE(exec_text_busy)
{
	const int to = open("copy", O_WRONLY | O_CREAT, 0755);

	copy_self(to);
	R(execve("copy", ARGV("x", "@say", "not busy"), environ));
	close(to);
	char ready;
	int p[2];
	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		R(execve("copy", ARGV("x", "@cat", "wait"), environ));
		twin_exit(1);
	}
	read(p[0], &ready, 1);
	/* The program runs: its file cannot be written. */
	R(open("copy", O_WRONLY));
	R(truncate("copy", 0));
	kill(pid, SIGKILL);
	reap("copy", pid);
	R(open("copy", O_WRONLY));
}

TOOL(cat)
{
	write(1, "r", 1);
	for (;;)
		pause();
}

CASE(exec_at)
{
	int bin = open("/bin", O_PATH | O_DIRECTORY), root = open("/", O_RDONLY),
	    self = open(twin_self, O_PATH);
	const char *base = strrchr(twin_self, '/') + 1;

	CHILD("dirfd")
		R(sys_execveat(bin, base, ARGV("x", "@say", "dirfd"), environ, 0));
	CHILD("root")
		R(sys_execveat(
			root, "bin/../link-to-etc/../bin/../../etc/passwd", ARGV("x"), environ, 0));
	CHILD("root2")
		R(sys_execveat(root, twin_self + 1, ARGV("x", "@say", "root"), environ, 0));
	CHILD("absolute")
		R(sys_execveat(99, twin_self, ARGV("x", "@say", "absolute"), environ, 0));
	CHILD("empty path")
		R(sys_execveat(self, "", ARGV("x", "@say", "empty path"), environ, AT_EMPTY_PATH));
	R(sys_execveat(self, "", ARGV("x"), environ, 0));
	R(sys_execveat(99, "", ARGV("x"), environ, AT_EMPTY_PATH));
	R(sys_execveat(99, base, ARGV("x"), environ, 0));
	R(sys_execveat(self, base, ARGV("x"), environ, 0));
	R(sys_execveat(bin, "", ARGV("x"), environ, AT_EMPTY_PATH));
	R(sys_execveat(bin, base, ARGV("x"), environ, 0x10));
	R(sys_execveat(AT_FDCWD, "", ARGV("x"), environ, AT_EMPTY_PATH));
	symlink(twin_self, "l");
	int l = open("l", O_PATH | O_NOFOLLOW);
	R(sys_execveat(l, "", ARGV("x"), environ, AT_EMPTY_PATH));
	int cloexec = open(twin_self, O_RDONLY | O_CLOEXEC);
	CHILD("cloexec fd")
		R(sys_execveat(cloexec, "", ARGV("x", "@say", "cloexec"), environ, AT_EMPTY_PATH));
}

/* AT_EXECVE_CHECK, Linux 6.14: only asks. */
CASE(exec_check)
{
	CHILD("check") {
		R(sys_execveat(AT_FDCWD, twin_self, ARGV("x", "@say", "ran"), environ, 0x10000));
		R(sys_execveat(AT_FDCWD, "/etc/passwd", ARGV("x"), environ, 0x10000));
		R(sys_execveat(AT_FDCWD, "missing", ARGV("x"), environ, 0x10000));
	}
}

CASE(exec_memfd)
{
	const int to = (int)R(sys_memfd_create("program", 0));

	copy_self(to);
	CHILD("memfd")
		R(sys_execveat(to, "", ARGV("x", "@say", "memfd"), environ, AT_EMPTY_PATH));
	CHILD("memfd by proc")
		R(execve("/proc/self/fd/3", ARGV("x", "@say", "memfd by proc"), environ));
	int script = (int)R(sys_memfd_create("script", 0));
	write(script, "#!", 2);
	write(script, twin_self, strlen(twin_self));
	write(script, " @argv\n", 7);
	CHILD("script")
		R(sys_execveat(script, "", ARGV("x", "1"), environ, AT_EMPTY_PATH));
	CHILD("script by proc")
		R(execve("/proc/self/fd/4", ARGV("x", "1"), environ));
}

CASE(exec_unlinked)
{
	put_self("copy");
	int fd = open("copy", O_RDONLY);
	unlink("copy");
	CHILD("unlinked")
		R(sys_execveat(fd, "", ARGV("x", "@say", "unlinked"), environ, AT_EMPTY_PATH));
	CHILD("proc")
		R(execve(fd == 3 ? "/proc/self/fd/3" : "?", ARGV("x", "@say", "unlinked by proc"),
			environ));
}

/* Execute-only: readable by nobody, so an ordinary user could not map it from user space. */
CASE(exec_execute_only)
{
	put_self("copy");
	chmod("copy", 0111);
	R(open("copy", O_RDONLY));
	CHILD("execute-only")
		R(execve("copy", ARGV("x", "@say", "execute-only"), environ));
}

static char **many(long count, const char *text)
{
	char **v = malloc((size_t)(count + 4) * sizeof(*v));

	v[0] = "many";
	v[1] = "@count";
	for (long i = 2; i < count; i++)
		v[i] = (char *)text;
	v[count] = NULL;
	return v;
}

CASE(exec_many_args)
{
	static const long counts[] = {500, 9000, 20000, 100000};

	for (size_t i = 0; i < COUNT(counts); i++) {
		say("%ld arguments\n", counts[i]);
		CHILD("many")
			R(execve(twin_self, many(counts[i], "argument"), environ));
	}
	CHILD("many in the environment")
		R(execve(twin_self, ARGV("x", "@count"), many(20000, "NAME=value")));
}

/* One string may have 32 pages, all together a quarter of the stack limit. */
CASE(exec_too_long)
{
	char *big = malloc(200000);

	fill(big, 'b', 131071);
	CHILD("131071 bytes")
		R(execve(twin_self, ARGV("x", "@count", big), environ));
	fill(big, 'b', 131072);
	R(execve(twin_self, ARGV("x", "@count", big), environ));
	R(execve(twin_self, ARGV("x", "@count"), ARGV(big)));
	fill(big, 'b', 1000);
	R(execve(twin_self, many(100000, big), environ));
}

CASE(exec_keeps)
{
	chdir("/etc");
	umask(027);
	int fd = open("/etc/passwd", O_RDONLY);
	(void)fd;
	open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHILD("state")
		R(execve(twin_self, ARGV("x", "@state"), environ));
	CHILD("relative after chdir") {
		chdir("/bin");
		R(execve(strrchr(twin_self, '/') + 1, ARGV("x", "@state"), environ));
	}
	CHILD("relative with dots") {
		chdir("/usr/lib");
		char name[64] = "../..";
		memcpy(name + 5, twin_self, strlen(twin_self) + 1);
		R(execve(name, ARGV("x", "@state"), environ));
	}
}

TOOL(state)
{
	char buf[PATH_MAX];

	RP(getcwd(buf, sizeof(buf)));
	say("%q\n", buf);
	say("umask %o\n", (unsigned)umask(0));
	for (int i = 0; i < 20; i++) {
		int flags = fcntl(i, F_GETFD);
		if (flags >= 0)
			say("fd %d flags %d\n", i, flags);
	}
	R(access("passwd", F_OK));
}

CASE(exec_small_stack_limit)
{
	struct rlimit rl = {256 * 1024, RLIM_INFINITY};

	R(setrlimit(RLIMIT_STACK, &rl));
	CHILD("256 KiB")
		R(execve(twin_self, ARGV("x", "@say", "ran"), environ));
	CHILD("many")
		R(execve(twin_self, many(20000, "argument"), environ));
	CHILD("fewer")
		R(execve(twin_self, many(2000, "argument"), environ));
}
