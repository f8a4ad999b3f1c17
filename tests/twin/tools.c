/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tools.c - the program run again by a case: it tells how it was started, and what it finds.
 */
#include "twin.h"

static void say_vector(const char *name, char **v)
{
	size_t n = 0;

	while (v[n])
		n++;
	say("%s: %ld\n", name, (long)n);
	for (size_t i = 0; i < n && i < 40; i++)
		say("  %q\n", v[i]);
}

/* argv and environment, exactly. */
TOOL(args)
{
	say("argc %d\n", argc);
	say_vector("argv", argv);
	say_vector("env", environ);
}

TOOL(argv)
{
	say("argc %d\n", argc);
	say_vector("argv", argv);
}

/* Exit with the number in argv[2]. */
TOOL(exit)
{
	twin_exit(argc > 2 ? atoi(argv[2]) : 0);
}

/* The file named by argv[2], NULs as bars. */
TOOL(show)
{
	char buf[400];
	const int fd = open(argv[2], O_RDONLY);
	const long n = read(fd, buf, sizeof(buf) - 1);

	for (long i = 0; i < n; i++)
		buf[i] = buf[i] ? buf[i] : '|';
	buf[n < 0 ? 0 : n] = 0;
	say("%ld %q\n", n, buf);
}

TOOL(say)
{
	say("%s\n", argc > 2 ? argv[2] : "said");
}

/* Stands in for a shell called with -c: tells the command, and exits with its digit. */
TOOL(shell)
{
	const char *digit = strpbrk(argv[2], "0123456789");

	say("argv[0] %q command %q of %d\n", argv[0], argv[2], argc);
	twin_exit(digit ? *digit - '0' : 0);
}

/* Counts and sums, for argument vectors too long to print. */
TOOL(count)
{
	unsigned long bytes = 0, sum = 0;
	long envs = 0;

	for (int i = 0; i < argc; i++) {
		for (const char *p = argv[i]; *p; p++) {
			bytes++;
			sum = sum * 31 + (unsigned char)*p;
		}
	}
	while (environ[envs])
		envs++;
	say("argc %d, %ld bytes, sum %lx, %ld in the environment\n", argc, bytes, sum, envs);
	say("last %q\n", argv[argc - 1]);
}

/* The working directory and the root, as a program sees them. */
TOOL(where)
{
	char buf[PATH_MAX];

	char *cwd = getcwd(buf, sizeof(buf));
	say("cwd %q\n", cwd ? cwd : errno_name(errno));
	show_link("/proc/self/cwd");
	show_link("/proc/self/root");
	show("/etc/passwd");
}

/* What the user finds in a jail is root's: make /t the user's (argv[2], a number), as it is in the
 * reference, then become that user for case argv[3]. */
TOOL(as)
{
	const int id = argc > 3 ? atoi(argv[2]) : 0;

	SYSCALL(SYS_chown, "/t", id, id);
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, id, id, id);
	SYSCALL(SYS_setresuid, id, id, id);
	argv[2] = argv[0];
	SYSCALL(SYS_execve, argv[0], argv + 2, environ);
}
