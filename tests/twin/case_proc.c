/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_proc.c - tests what the files of /proc tell of the process: cmdline, environ, comm, maps,
 * status, mounts.
 */
#include "twin.h"

CASE(proc_maps_by_any_name)
{
	static const char *const what[] = {"/proc/self/maps", "/proc/thread-self/smaps",
		"/proc/self/task/../maps", "/proc/self/root/proc/self/maps", "/t/maps", "maps",
		"./numa_maps"};
	static char text[400000];

	symlink("/proc/self/maps", "maps");
	for (size_t i = 0; i < COUNT(what); i++) {
		size_t len = 0;
		long n;

		if (i == 5)
			chdir("/proc/self");
		int fd = (int)R(open(what[i], O_RDONLY));
		while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
			len += (size_t)n;
		text[len] = 0;
		say("%s: program %d stack %d offset %d\n", what[i], strstr(text, twin_self) != 0,
			strstr(text, "stack") != 0, lseek(fd, 0, SEEK_CUR) > 0);
		char one[2] = "";
		say("pread %ld, offset %d\n", (long)pread(fd, one, 1, 0),
			lseek(fd, 0, SEEK_CUR) > 0);
		close(fd);
	}
}

CASE(proc_cmdline)
{
	char buf[200];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	long n = read(fd, buf, sizeof(buf) - 1);

	for (long i = 0; i < n; i++)
		buf[i] = buf[i] ? buf[i] : '|';
	buf[n] = 0;
	say("%q\n", buf);
	fd = open("/proc/self/environ", O_RDONLY);
	n = read(fd, buf, sizeof(buf));
	/* The same strings in the same order as on the stack; which, exec_environment tells. */
	char **e = environ;
	for (long at = 0; at < n && *e && strcmp(buf + at, *e) == 0; at += (long)strlen(*e++) + 1)
		;
	say("environ is ours %d, %ld bytes\n", *e == NULL, n);
	show("/proc/self/comm");
	CHILD("script's") {
		char text[100] = "#!";
		memcpy(text + 2, twin_self, strlen(twin_self));
		memcpy(text + 2 + strlen(twin_self), " @comm\n", 8);
		put_mode("a-script-with-a-long-name", text, 0755);
		R(execve("a-script-with-a-long-name", ARGV("zero", "x"), environ));
	}
	symlink(twin_self, "another-name");
	CHILD("link's")
		R(execve("another-name", ARGV("zero", "@comm"), environ));
	CHILD("by fd") {
		int self = open(twin_self, O_RDONLY);
		R(sys_execveat(self, "", ARGV("zero", "@comm"), environ, AT_EMPTY_PATH));
	}
	R(prctl(PR_SET_NAME, "renamed"));
	show("/proc/self/comm");
	put("/proc/self/comm", "by file");
	show("/proc/self/comm");
}

TOOL(comm)
{
	char buf[200];

	show("/proc/self/comm");
	memset(buf, 0, sizeof(buf));
	R(prctl(PR_GET_NAME, buf));
	say("%q\n", buf);
	int fd = open("/proc/self/cmdline", O_RDONLY);
	long n = read(fd, buf, sizeof(buf) - 1);
	for (long i = 0; i < n; i++)
		buf[i] = buf[i] ? buf[i] : '|';
	buf[n < 0 ? 0 : n] = 0;
	say("%q\n", buf);
	say("AT_EXECFN %q\n", (char *)getauxval(AT_EXECFN));
}

/* File names in maps: the program and its libraries, by the names they have inside. */
CASE(proc_maps)
{
	static char text[65536];
	size_t len = 0;
	long n;
	int fd = open("/proc/self/maps", O_RDONLY);

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	char last[300] = "";
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = 0;
		char *name = strchr(line, '/');
		if (name && strcmp(name, last) != 0) {
			say("%q\n", name);
			strncpy(last, name, sizeof(last) - 1);
		}
	}
}

CASE(proc_status)
{
	static const char *const lines[] = {
		"Name:", "Umask:", "TracerPid:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:",
		"SigBlk:", "SigIgn:", "SigCgt:", "SigPnd:", "Threads:", "State:"};
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	long n = read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char *at = strstr(text, lines[i]);
		if (!at) {
			say("no %s\n", lines[i]);
			continue;
		}
		char *end = strchr(at, '\n');
		*end = 0;
		say("%q\n", at);
		*end = '\n';
	}
}

CASE(proc_mounts_hide_the_host)
{
	static char text[65536];
	size_t len = 0;
	long n;
	int fd = (int)R(open("/proc/self/mounts", O_RDONLY));

	/* Inside a chroot only mounts below it are listed: nothing outside may be named. */
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	int below_proc = 0, below_dev = 0, other = 0;
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		char *at = strchr(line, ' ') + 1;
		if (strncmp(at, "/proc", 5) == 0)
			below_proc = 1;
		else if (strncmp(at, "/dev", 4) == 0)
			below_dev = 1;
		else if (strncmp(at, "/sys", 4) != 0)
			other++;
	}
	say("proc %d dev %d others %d\n", below_proc, below_dev, other);
}

CASE(proc_other_mounts)
{
	SPELLINGS() {
		x_put("f", "x");
		R(x_link("f", "../../dev/shm/twin-link"));
		R(x_rename("f", "../../dev/shm/twin-moved"));
		R(x_link("f", "../../proc/link"));
		x_say_stat("f");
	}
	int dev = open("/dev", O_RDONLY | O_DIRECTORY), t = open("/t/rel", O_RDONLY | O_DIRECTORY);
	R(renameat(t, "f", dev, "shm/twin-moved"));
	R(linkat(t, "f", dev, "../dev/shm/twin-link", 0));
	R(linkat(dev, "null", t, "null", 0));
	R(renameat(dev, "../t/rel/f", t, "g"));
	tree("/t/rel");
}
