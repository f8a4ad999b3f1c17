/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_spawn.c - tests how libc starts programs: posix_spawn, system, popen, the exec family,
 * and its search in PATH.
 */
#include "twin.h"

#ifndef TWIN_RAW
#include <spawn.h>

static void spawned(const char *what, int error, pid_t pid)
{
	if (error)
		say("%s: %e\n", what, error);
	else
		reap(what, pid);
}
#endif

CASE(spawn)
{
#ifndef TWIN_RAW
	pid_t pid;
	int e = posix_spawn(&pid, twin_self, NULL, NULL, ARGV("x", "@args"), ARGV("A=1"));

	spawned("plain", e, pid);
	e = posix_spawn(&pid, "/missing", NULL, NULL, ARGV("x"), environ);
	spawned("missing", e, pid);
	e = posix_spawn(&pid, "/etc/passwd", NULL, NULL, ARGV("x"), environ);
	spawned("no x", e, pid);
	symlink(twin_self, "name");
	put_mode("script", "#!/t/name @argv\n", 0755);
	e = posix_spawn(&pid, "script", NULL, NULL, ARGV("x", "1"), environ);
	spawned("script", e, pid);
	setenv("PATH", "/nowhere:/etc:/t:/bin", 1);
	e = posix_spawnp(&pid, "name", NULL, NULL, ARGV("x", "@say", "found"), environ);
	spawned("by PATH", e, pid);
	e = posix_spawnp(&pid, "no-such", NULL, NULL, ARGV("x"), environ);
	spawned("not in PATH", e, pid);
	for (int i = 0; i < 20; i++) {
		int status = 0;
		if (posix_spawn(&pid, twin_self, NULL, NULL, ARGV("x", "@exit", "5"), environ) !=
				0 ||
			waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5)
			say("failed\n");
	}
#endif
}

CASE(spawn_attributes)
{
#ifndef TWIN_RAW
	posix_spawnattr_t a;
	sigset_t s;
	pid_t pid;

	signal(SIGSYS, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	posix_spawnattr_init(&a);
	sigfillset(&s);
	posix_spawnattr_setsigmask(&a, &s);
	sigdelset(&s, SIGUSR2);
	posix_spawnattr_setsigdefault(&a, &s);
	posix_spawnattr_setpgroup(&a, 0);
	posix_spawnattr_setflags(
		&a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	int e = posix_spawn(&pid, twin_self, NULL, &a, ARGV("x", "@sigmask"), environ);
	spawned("masks and defaults", e, pid);
	sigemptyset(&s);
	posix_spawnattr_setsigmask(&a, &s);
	posix_spawnattr_setflags(&a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_RESETIDS);
	e = posix_spawn(&pid, twin_self, NULL, &a, ARGV("x", "@sigmask"), environ);
	spawned("empty mask", e, pid);
	posix_spawnattr_destroy(&a);
	R(access("/etc/passwd", F_OK));
#endif
}

CASE(spawn_file_actions)
{
#ifndef TWIN_RAW
	posix_spawn_file_actions_t f;
	pid_t pid;

	mkdir("d", 0755);
	put("d/in", "input");
	posix_spawn_file_actions_init(&f);
	posix_spawn_file_actions_addopen(&f, 5, "d/in", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&f, 6, "/t/out", O_WRONLY | O_CREAT, 0640);
	posix_spawn_file_actions_adddup2(&f, 6, 7);
	posix_spawn_file_actions_addclose(&f, 6);
	int e = posix_spawn(&pid, twin_self, &f, NULL, ARGV("x", "@state"), environ);
	spawned("opened", e, pid);
	posix_spawn_file_actions_addchdir_np(&f, "/link-to-etc/../etc");
	e = posix_spawn(&pid, twin_self, &f, NULL, ARGV("x", "@state"), environ);
	spawned("chdir", e, pid);
	posix_spawn_file_actions_addfchdir_np(&f, open("/t/d", O_RDONLY | O_DIRECTORY));
	e = posix_spawn(&pid, twin_self, &f, NULL, ARGV("x", "@state"), environ);
	spawned("fchdir", e, pid);
	posix_spawn_file_actions_addopen(&f, 8, "missing", O_RDONLY, 0);
	e = posix_spawn(&pid, twin_self, &f, NULL, ARGV("x", "@state"), environ);
	spawned("missing", e, pid);
	posix_spawn_file_actions_destroy(&f);
	tree("/t");
#endif
}

/* There is no shell in the root: this program is put in its place, and is called with -c (tools.c).
 */
CASE(spawn_system)
{
#ifndef TWIN_RAW
	R(system(NULL) != 0);
	say_status("no shell", system("exit 4"));
	symlink(twin_self, "/bin/sh");
	R(system(NULL) != 0);
	say_status("system", system("exit 4"));
	chdir("/etc");
	FILE *p = popen("a 'b c'", "r");
	char line[64] = "";
	while (p && fgets(line, sizeof(line), p))
		say("line %q\n", line);
	say_status("pclose", p ? pclose(p) : -1);
	/* No #!: execvp hands the file to the shell. */
	put_mode("/t/text", "some text\n", 0755);
	CHILD("execvp text")
		R(execvp("/t/text", ARGV("x", "1", "2")));
	unlink("/bin/sh");
#endif
}

CASE(spawn_exec_family)
{
#ifndef TWIN_RAW
	symlink(twin_self, "prog");
	CHILD("execl")
		R(execl(twin_self, "x", "@argv", "l", (char *)NULL));
	CHILD("execv")
		R(execv("prog", ARGV("x", "@argv", "v")));
	CHILD("execle")
		R(execle(twin_self, "x", "@args", "le", (char *)NULL, ARGV("ONLY=this")));
	setenv("PATH", "/etc:/t/missing:/etc/passwd:/t", 1);
	CHILD("execlp")
		R(execlp("prog", "x", "@argv", "lp", (char *)NULL));
	CHILD("execvp")
		R(execvp("prog", ARGV("x", "@argv", "vp")));
	CHILD("execvp missing")
		R(execvp("no-such", ARGV("x")));
	CHILD("execvp no x")
		R(execvp("group", ARGV("x")));
	setenv("PATH", "", 1);
	CHILD("empty PATH")
		R(execvp("prog", ARGV("x", "@argv")));
	CHILD("with a slash")
		R(execvp("./prog", ARGV("x", "@argv")));
	CHILD("fexecve")
		R(fexecve(open("prog", O_RDONLY), ARGV("x", "@argv", "f"), ARGV("F=1")));
	CHILD("fexecve cloexec")
		R(fexecve(
			open("prog", O_RDONLY | O_CLOEXEC), ARGV("x", "@argv", "f"), ARGV("F=1")));
	/* No #!: execvp hands it to a shell, and that is missing. */
	put_mode("text", "some text\n", 0755);
	setenv("PATH", "/t", 1);
	CHILD("execvp text")
		R(execvp("text", ARGV("x")));
#endif
}
