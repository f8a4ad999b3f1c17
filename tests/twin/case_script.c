/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_script.c - tests #! lines: how they are split, nested and cut, and which errors they
 * give.
 */
#include "twin.h"

static void script(const char *name, const char *before, const char *after)
{
	char text[600];
	size_t a = strlen(before), b = strlen(twin_self);

	memcpy(text, before, a);
	memcpy(text + a, twin_self, b);
	memcpy(text + a + b, after, strlen(after) + 1);
	put_mode(name, text, 0755);
}

static void run(const char *name)
{
	say("-- %s\n", name);
	CHILD("script")
		R(execve(name, ARGV("zero", "one", "two words"), ARGV("E=1")));
}

CASE(script)
{
	script("plain", "#!", " @argv\n");
	script("blank", "#! ", " @argv\n");
	script("tabs", "#!\t ", "\t@argv\n");
	script("noarg", "#!", "\n");
	script("two", "#!", " @argv and more  words\n");
	script("trailing", "#!", " @argv   \t \n");
	script("crlf", "#!", " @argv\r\n");
	script("no-newline", "#!", " @argv");
	script("body", "#!", " @argv\nexit 1\n");
	script("nul", "#!", " @argv\n");
	run("plain");
	run("blank");
	run("tabs");
	run("noarg");
	run("two");
	run("trailing");
	run("crlf");
	run("no-newline");
	run("body");
}

CASE(script_spellings)
{
	char text[100];

	SPELLINGS() {
		memcpy(text, "#!", 2);
		memcpy(text + 2, twin_self, strlen(twin_self));
		memcpy(text + 2 + strlen(twin_self), " @argv\n", 8);
		x_put("script", text);
		x_chmod("script", 0755);
		x_symlink("script", "link");
		CHILD("execve")
			R(execve(x("script"), ARGV("z", "1"), environ));
		CHILD("link")
			R(execve(x("link"), ARGV("z", "1"), environ));
		CHILD("execveat")
			R(sys_execveat(twin_dirfd, xat("script"), ARGV("z", "1"), environ, 0));
	}
}

CASE(script_errors)
{
	put_mode("missing", "#!/bin/no-such-interpreter\n", 0755);
	put_mode("relative", "#!no-such\n", 0755);
	put_mode("empty", "#!\n", 0755);
	put_mode("spaces", "#!   \n", 0755);
	put_mode("bare", "#!", 0755);
	put_mode("only-tab", "#!\t", 0755);
	put_mode("directory", "#!/etc\n", 0755);
	put_mode("noexec", "#!/etc/passwd\n", 0755);
	put_mode("through-file", "#!/etc/passwd/x\n", 0755);
	put_mode("crlf", "#!/bin/sh\r\n", 0755);
	put_mode("not-elf", "#!/t/plain\n", 0755);
	put_mode("plain", "just text\n", 0755);
	put_mode("loop", "#!/t/self\n", 0755);
	symlink("self", "self");
	put_mode("itself", "#!/t/itself\n", 0755);
	put_mode("no-x", "#!/bin/x\n", 0644);
	R(execve("missing", ARGV("x"), environ));
	R(execve("relative", ARGV("x"), environ));
	R(execve("empty", ARGV("x"), environ));
	R(execve("spaces", ARGV("x"), environ));
	R(execve("bare", ARGV("x"), environ));
	R(execve("only-tab", ARGV("x"), environ));
	R(execve("directory", ARGV("x"), environ));
	R(execve("noexec", ARGV("x"), environ));
	R(execve("through-file", ARGV("x"), environ));
	R(execve("crlf", ARGV("x"), environ));
	R(execve("not-elf", ARGV("x"), environ));
	R(execve("loop", ARGV("x"), environ));
	R(execve("itself", ARGV("x"), environ));
	R(execve("no-x", ARGV("x"), environ));
}

/* How deep depends on the kernel; the twin is on the same one. */
CASE(script_nested)
{
	char name[4] = "s0", line[16] = "#!/t/s0 a\n";

	script("s0", "#!", " @argv\n");
	for (int i = 1; i <= 8; i++) {
		name[1] = (char)('0' + i);
		line[6] = (char)('0' + i - 1);
		line[8] = (char)('a' + i);
		put_mode(name, line, 0755);
		run(name);
	}
}

CASE(script_interpreter_link)
{
	symlink(twin_self, "interpreter");
	symlink("/../../t/interpreter", "absolute");
	put_mode("a", "#!/t/interpreter @argv\n", 0755);
	put_mode("b", "#!/t/absolute @argv\n", 0755);
	put_mode("c", "#!interpreter @argv\n", 0755);
	put_mode("d", "#!./interpreter @argv\n", 0755);
	put_mode("e", "#!../../t/interpreter @argv\n", 0755);
	run("a");
	run("b");
	run("c");
	run("/t/d");
	run("e");
	chdir("/etc");
	run("/t/c");
}

/* BINPRM_BUF_SIZE is 256: the kernel reads no more of the line. */
CASE(script_long_line)
{
	static char after[400];

	for (size_t n = 100; n <= 300; n += 50) {
		memcpy(after, " @argv ", 7);
		fill(after + 7, 'x', n);
		after[7 + n] = '\n';
		after[8 + n] = 0;
		script("long", "#!", after);
		run("long");
	}
	/* The interpreter's own name is cut. */
	memcpy(after, "#!/", 3);
	fill(after + 3, 'y', 300);
	put_mode("cut", after, 0755);
	R(execve("cut", ARGV("x"), environ));
	/* Blanks before the name, up to the end of the buffer. */
	fill(after, ' ', 300);
	memcpy(after, "#!", 2);
	memcpy(after + 300, "/bin/x\n", 8);
	put_mode("blanks", after, 0755);
	R(execve("blanks", ARGV("x"), environ));
}

CASE(script_many_args)
{
	char **v = malloc(20010 * sizeof(*v));

	script("count", "#!", " @count\n");
	for (int i = 0; i < 20000; i++)
		v[i] = "argument";
	v[500] = NULL;
	CHILD("500")
		R(execve("count", v, environ));
	v[500] = "argument";
	v[20000] = NULL;
	CHILD("20000")
		R(execve("count", v, environ));
	CHILD("none")
		R(execve("count", ARGV(NULL), environ));
}

/* A script opened without a name is given to its interpreter as /dev/fd/N; with CLOEXEC it would be
 * gone by then. */
CASE(script_by_fd)
{
	script("s", "#!", " @argv\n");
	int fd = open("s", O_RDONLY), cloexec = open("s", O_RDONLY | O_CLOEXEC),
	    dir = open("/t", O_PATH);
	int cloexec_dir = open("/t", O_PATH | O_CLOEXEC);
	CHILD("fd")
		R(sys_execveat(fd, "", ARGV("z", "1"), environ, AT_EMPTY_PATH));
	CHILD("cloexec")
		R(sys_execveat(cloexec, "", ARGV("z", "1"), environ, AT_EMPTY_PATH));
	CHILD("dirfd")
		R(sys_execveat(dir, "s", ARGV("z", "1"), environ, 0));
	CHILD("cloexec dirfd")
		R(sys_execveat(cloexec_dir, "s", ARGV("z", "1"), environ, 0));
}
