/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private.c - the verb .rm, which the launcher starts for --rm: makes a private copy of ROOT, runs
 * the jail's loader on it as a child, and removes the copy when the child has ended. Called by
 * main.c.
 *
 *   .rm KEEP ROOT WORD...   WORD... starts a loader; its word after `start -r` is the root. KEEP: a
 *                           directory for the copy, which stays; or empty. */
#include "images.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* Does `path` lie in `tree`? Both exist. */
static bool is_in_tree(const char *path, const char *tree)
{
	char *above = realpath(tree, NULL), *below = realpath(path, NULL);
	const size_t len = above ? strlen(above) : 0;
	const bool is = above && below && !strncmp(below, above, len) &&
			(len == 1 || !below[len] || below[len] == '/');

	free(above);
	free(below);
	return is;
}

/* Makes the private copy of `root`: in the directory `keep`, or in the store if `keep` is empty.
 * Returns its path. */
static char *make_private(const char *root, const char *keep, int signals)
{
	char *dir, *copy;
	int r;
	/* A process that removes a tree of the store waits until none copies it. */
	const int lock = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock >= 0)
		store_wait_lock(lock, LOCK_SH, root);
	if (*keep) {
		const bool is_new = !mkdir(keep, 0777);
		const int error = errno;

		if (!is_new && error != EEXIST)
			fail("--keep: cannot make the directory '%s': %s", shown(keep),
				strerror(error));
		if (!is_new && !is_empty_directory(keep))
			fail("--keep: '%s' is there, and is no empty directory", shown(keep));
		copy = realpath(keep, NULL);
		if (copy && is_in_tree(copy, root)) {
			if (is_new)
				rmdir(copy);
			fail("--keep: '%s' lies in the tree that is copied", shown(copy));
		}
	} else {
		if (is_in_tree(store_dir(true), root))
			fail("the store '%s' lies in the tree that is copied",
				shown(store_dir(true)));
		dir = store_temporary("copies");
		copy = print("%s/root", dir);
		if (mkdir(copy, 0777))
			fail("cannot make '%s': %s", copy, strerror(errno));
	}
	r = copy ? copy_tree(root, copy, signals) : -1;
	if (r && copy && *keep)
		remove_tree(copy);
	if (r < 0)
		fail("there is no private copy of '%s'", shown(root));
	if (r) {
		discard_all();
		exit(end_by(r));
	}
	close(lock);
	return copy;
}

/* Makes the directories that an image declares. */
static void make_declared(const char *copy)
{
	char *rest = getenv("FAKEJAIL_IMAGE_DIRECTORIES"), *name;

	rest = rest ? copy_of(rest) : NULL;
	while ((name = strsep(&rest, "\n")))
		if (*name)
			make_inside(copy, name);
}

/* Ends all processes that the jail has left behind, which have become children of this one. */
static void end_leftovers(void)
{
	char *path = print("/proc/self/task/%d/children", getpid());

	for (;;) {
		FILE *f = fopen(path, "re");
		long pid;

		while (f && fscanf(f, "%ld", &pid) == 1)
			kill((pid_t)pid, SIGKILL);
		if (f)
			fclose(f);
		if (waitpid(-1, NULL, f ? 0 : WNOHANG) <= 0 && errno != EINTR)
			break;
	}
	free(path);
}

/* Passes a signal on to the child; a signal from the terminal has reached it already. */
static void pass_on(const struct signalfd_siginfo *s, pid_t child)
{
	const bool from_terminal = s->ssi_code == SI_KERNEL;
	const char *stop = getenv("FAKEJAIL_STOP_SIGNAL");

	if (s->ssi_signo == SIGCHLD ||
		(from_terminal && s->ssi_signo != SIGHUP && s->ssi_signo != SIGCONT))
		return;
	/* SIGTERM means the signal that the image uses for it. */
	if (s->ssi_signo == SIGTERM && stop && atoi(stop) > 0)
		kill(child, atoi(stop));
	else
		kill(child, (int)s->ssi_signo);
}

/* Waits until the child ends; returns its status. */
static int attend(pid_t child, int signals)
{
	for (;;) {
		struct signalfd_siginfo s;
		int status;
		pid_t who;

		while ((who = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
			if (who != child)
				continue;
			if (!WIFSTOPPED(status))
				return status;
			/* The process that waits for this one must see that it has stopped. When
			 * this one continues, so does the child. */
			kill(getpid(), SIGSTOP);
			kill(child, SIGCONT);
		}
		if (read(signals, &s, sizeof(s)) == sizeof(s))
			pass_on(&s, child);
	}
}

static pid_t start(char **words, const sigset_t *before)
{
	const pid_t parent = getpid(), child = fork();

	if (child < 0)
		fail("cannot start another process: %s", strerror(errno));
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(TROUBLE);
	sigprocmask(SIG_SETMASK, before, NULL);
	unsetenv("FAKEJAIL_LAUNCHER");
	unsetenv("FAKEJAIL_STOP_SIGNAL");
	unsetenv("FAKEJAIL_IMAGE_DIRECTORIES");
	execvp(words[0], words);
	fprintf(stderr, "fakejail: cannot start '%s': %s\n", words[0], strerror(errno));
	_exit(TROUBLE);
}

static void set_root(char **words, char *copy)
{
	for (; words[0] && words[1] && words[2]; words++)
		if (!strcmp(words[0], "start") && !strcmp(words[1], "-r")) {
			words[2] = copy;
			return;
		}
	fail("no loader among the words");
}

bool is_ending(int number)
{
	struct sigaction now;

	switch (number) {
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGXCPU:
		return !sigaction(number, NULL, &now) && now.sa_handler != SIG_IGN;
	default:
		return false;
	}
}

/* A signal that came before there was a child; 0 for none. */
static int pending_end(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (int number = 1; number < SIGSYS; number++)
		if (sigismember(&pending, number) == 1 && is_ending(number))
			return number;
	return 0;
}

int end_by(int number)
{
	sigset_t one;

	signal(number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, number);
	/* The child has written a core file, if one was wanted. */
	prctl(PR_SET_DUMPABLE, 0);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 128 + number;
}

int private_main(int argc, char **argv)
{
	sigset_t all, before;
	char *copy;
	int status, signals;
	pid_t child;

	if (argc < 5)
		fail("it is started by the launcher: fakejail --rm");
	verb_name = "--rm";
	/* From here on no signal ends this process before the copy is removed. */
	sigfillset(&all);
	sigdelset(&all, SIGTTOU);
	sigdelset(&all, SIGTTIN);
	sigprocmask(SIG_BLOCK, &all, &before);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		fail("cannot be a parent: %s", strerror(errno));
	copy = make_private(argv[2], argv[1], signals);
	make_declared(copy);
	set_root(argv + 3, copy);
	if (pending_end()) {
		if (*argv[1])
			remove_tree(copy);
		discard_all();
		return end_by(pending_end());
	}
	child = start(argv + 3, &before);
	status = attend(child, signals);
	end_leftovers();
	discard_all();
	return WIFEXITED(status) ? WEXITSTATUS(status) : end_by(WTERMSIG(status));
}
