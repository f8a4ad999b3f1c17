/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * private.c - the verb .rm, which the launcher starts for --rm: make a private copy of ROOT, run
 * the jail's loader on it as a child, and remove the copy when the child has ended.
 *
 *   .rm KEEP ROOT WORD...   WORD... starts a loader, whose word after `start -r` is the root. KEEP:
 * a directory for the copy, which stays; or empty. */
#include "images.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* Where a private copy comes from is known here alone. */
static char *make_private(const char *root, const char *keep)
{
	char *dir, *copy;
	/* Whoever removes a tree of the store waits until nobody copies it. */
	const int lock = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock >= 0)
		flock(lock, LOCK_SH);
	if (*keep) {
		if (mkdir(keep, 0777) && (errno != EEXIST || !is_empty_directory(keep)))
			fail("--keep: '%s' cannot be made, or is not empty", shown(keep));
		copy = realpath(keep, NULL);
	} else {
		store_dir(true);
		dir = store_temporary("copies");
		copy = print("%s/root", dir);
		if (mkdir(copy, 0777))
			fail("cannot make '%s': %s", copy, strerror(errno));
	}
	if (!copy || !copy_tree(root, copy))
		fail("there is no private copy of '%s'", shown(root));
	close(lock);
	return copy;
}

/* End all processes that the jail has left behind, which have become our children. */
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

/* A signal for us is the child's; one that the terminal sends has reached it, too. */
static void pass_on(const struct signalfd_siginfo *s, pid_t child)
{
	const bool from_terminal = s->ssi_code == SI_KERNEL;

	if (s->ssi_signo == SIGCHLD ||
		(from_terminal && s->ssi_signo != SIGHUP && s->ssi_signo != SIGCONT))
		return;
	kill(child, (int)s->ssi_signo);
}

/* Until the child ends; its status. */
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
			/* Who waits for us is to see that it has stopped; when we go on, so does
			 * it. */
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

/* End as the child has ended. */
static int end_as(int status)
{
	sigset_t one;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	/* The child has left a core, when one was wanted. */
	prctl(PR_SET_DUMPABLE, 0);
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	return 128 + WTERMSIG(status);
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
	/* From here on no signal ends us before the copy is gone. */
	sigfillset(&all);
	sigdelset(&all, SIGTTOU);
	sigdelset(&all, SIGTTIN);
	sigprocmask(SIG_BLOCK, &all, &before);
	signals = signalfd(-1, &all, SFD_CLOEXEC);
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1))
		fail("cannot be a parent: %s", strerror(errno));
	copy = make_private(argv[2], argv[1]);
	set_root(argv + 3, copy);
	child = start(argv + 3, &before);
	status = attend(child, signals);
	end_leftovers();
	discard_all();
	return end_as(status);
}
