/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jailed.c - starts this tool once more as root of a jail. Called by the verbs that read or write a
 * tree with owners.
 *
 * The root of the jail is `/`, so that the program finds its libraries. Its file of records is that
 * of the tree. */
#include "images.h"
#include "records.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

char *records_of_new(const char *root)
{
	char *path = print("%s/.fakejail", root), *option;

	make_directories(path);
	option = print("--db=%s/owners", path);
	free(path);
	return option;
}

/* The directory for owner records that the loader uses, too: setup/owners.c. */
static char *state_folder(void)
{
	const char *where = getenv("XDG_STATE_HOME");

	if (where && *where == '/')
		return print("%s/fakejail", where);
	where = getenv("HOME");
	return where && *where == '/' ? print("%s/.local/state/fakejail", where) : NULL;
}

static char *option_if_there(char *file)
{
	char *option = file && !access(file, R_OK) ? print("--db=%s", file) : NULL;

	free(file);
	return option;
}

char *records_of(const char *root, bool may_be_above)
{
	char *state = state_folder(), *text = copy_of(root), *slash, *option;

	option = option_if_there(print("%s/.fakejail/owners", root));
	if (!option && state)
		option = option_if_there(
			print("%s/root-%llx", state, (unsigned long long)records_hash(root)));
	/* A tree inside a tree belongs to the jail that made it. */
	while (!option && may_be_above && (slash = strrchr(text, '/'))) {
		*slash = 0;
		option = option_if_there(print("%s/.fakejail/owners", text));
	}
	if (!option && state)
		option = option_if_there(print("%s/host", state));
	free(text);
	free(state);
	return option ? option : copy_of("--no-db");
}

int run_jailed(const char *records, char *const argv[])
{
	const char *launcher = getenv("FAKEJAIL_LAUNCHER");
	char *self = realpath("/proc/self/exe", NULL);
	size_t count = 0, n = 0;
	const char **words;
	const pid_t parent = getpid();
	int status;
	pid_t child;

	if (!launcher || !self)
		fail("it is started by the launcher: fakejail %s", verb_name);
	while (argv[count])
		count++;
	words = get((count + 10) * sizeof(*words));
	words[n++] = launcher;
	words[n++] = "--quiet";
	words[n++] = records;
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
		execv(launcher, (char *const *)words);
		_exit(TROUBLE);
	}
	store_worker_is(child);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			fail("waitpid: %s", strerror(errno));
	store_worker_is(0);
	free(self);
	free(words);
	/* Nobody reads what is printed: as any program that prints it itself, and without a word. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
		raise(SIGPIPE);
	if (WIFSIGNALED(status)) {
		warn("the process that works on the tree was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
		return TROUBLE;
	}
	return WEXITSTATUS(status);
}
