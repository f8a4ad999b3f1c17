/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * first_program.c - starts the jail's first program, as execvp(3) would. Called by launch.c. */
#include "bytes/bytes.h"
#include "bytes/format.h"
#include "bytes/len.h"
#include "command/command.h"
#include "exec-format/exec.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "sys/hot.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stddef.h>

/* A script without a #! line: execvp(3) of the C library runs it with the shell. */
static long exec_as_script(struct fj_thread *t, char *path, char **argv, char **envp)
{
	enum { ARGS_MAX = 4096 };
	static char *shell_argv[ARGS_MAX] FJ_BULKY;
	size_t n = 0;

	shell_argv[0] = (char *)"/bin/sh";
	shell_argv[1] = path;
	for (; argv[n] && argv[n + 1] && n + 3 < ARGS_MAX; n++)
		shell_argv[n + 2] = argv[n + 1];
	return fj_call_of(
		t, __NR_execve, (uint64_t) "/bin/sh", (uint64_t)shell_argv, (uint64_t)envp);
}

static long exec_path(struct fj_thread *t, char *path, char **argv, char **envp)
{
	char head[4] = {0};
	long fd, r = fj_call_of(t, __NR_execve, (uint64_t)path, (uint64_t)argv, (uint64_t)envp);

	if (r != -ENOEXEC)
		return r;
	fd = fj_call_of(t, __NR_open, (uint64_t)path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return r;
	fj_sys_read(fd, head, sizeof(head));
	fj_sys_close((int)fd);
	return fj_elf_machine(head, sizeof(head)) || !memcmp(head, ELFMAG, SELFMAG) ?
		       r :
		       exec_as_script(t, path, argv, envp);
}

_Noreturn void fj_first_run(struct fj_thread *t, char **envp)
{
	static char candidate[PATH_MAX] FJ_BULKY, refused[PATH_MAX] FJ_BULKY;
	const char *command = fj_options.command[0], *search = fj_launch_variable(envp, "PATH");
	const char *tried = command;
	long error = -ENOENT;
	bool has_slash = false;

	for (const char *p = command; *p; p++)
		has_slash = has_slash || *p == '/';
	if (!has_slash && fj_strlen(command) > 255 /* NAME_MAX */) {
		error = -ENAMETOOLONG;
		search = NULL;
	}
	if (has_slash) {
		error = exec_path(t, (char *)command, fj_options.command, envp);
		search = NULL;
	}
	for (const char *p = search; !has_slash && *command && p;) {
		const char *end = p;
		bool fits;
		long r;

		while (*end && *end != ':')
			end++;
		fits = fj_format(candidate, sizeof(candidate), "%.*s%s%s", (int)(end - p), p,
			       end == p ? "" : "/", command) < sizeof(candidate);
		if (!fits) {
			p = *end ? end + 1 : NULL;
			continue;
		}
		r = exec_path(t, candidate, fj_options.command, envp);
		p = *end ? end + 1 : NULL;
		if (r == -ENOTDIR || fj_call_of(t, __NR_access, (uint64_t)candidate, 0, 0) < 0)
			continue;
		/* As execvp(3): EACCES is the result only if no other file is found. */
		if (r != -EACCES || error == -ENOENT) {
			error = r;
			fj_launch_put(refused, candidate, sizeof(refused));
			tried = refused;
		}
		if (r != -EACCES)
			break;
	}
	fj_sys_exit_group(fj_explain(t, command, tried, search, error));
	__builtin_unreachable();
}
