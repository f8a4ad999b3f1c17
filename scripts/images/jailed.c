/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jailed.c - this tool, run once more as root of a jail: whoever reads or writes a tree with
 * owners.
 *
 * The jail is `/`, so that the program finds its libraries; its file of records is the tree's own.
 */
#include "images.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int run_jailed(const char *root, char *const argv[])
{
	const char *launcher = getenv("FAKEJAIL_LAUNCHER");
	char *self = realpath("/proc/self/exe", NULL), *db;
	size_t count = 0, n = 0;
	const char **words;
	const pid_t parent = getpid();
	int status;
	pid_t child;

	if (!launcher || !self)
		fail("it is started by the launcher: fakejail %s", verb_name);
	db = print("%s/.fakejail", root);
	make_directories(db);
	free(db);
	db = print("--db=%s/.fakejail/owners", root);
	while (argv[count])
		count++;
	words = get((count + 10) * sizeof(*words));
	words[n++] = "sh";
	words[n++] = launcher;
	words[n++] = "--quiet";
	words[n++] = db;
	words[n++] = "--chdir=/";
	words[n++] = "/";
	words[n++] = self;
	for (size_t i = 0; i <= count; i++)
		words[n++] = argv[i];
	child = fork();
	if (child < 0)
		fail("cannot start another process: %s", strerror(errno));
	if (!child) {
		unsetenv("FAKEJAIL_OPTS");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(TROUBLE);
		store_hand_down();
		setenv("FAKEJAIL_VERB", verb_name, 1);
		execv("/bin/sh", (char *const *)words);
		_exit(TROUBLE);
	}
	store_worker_is(child);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	store_worker_is(0);
	free(db);
	free(self);
	free(words);
	if (WIFSIGNALED(status)) {
		warn("the process that works on the tree was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
		return TROUBLE;
	}
	return WEXITSTATUS(status);
}
