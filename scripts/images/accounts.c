/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * accounts.c - turns the user that an image or --user names, as docker reads it, into words for the
 * launcher. Called by run.c. */
#include "run.h"

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* A field of the line in the image's passwd whose user has the name or number `user`; NULL when
 * there is none. */
static char *passwd_field(const char *tree, const char *user, unsigned field)
{
	char *text = read_inside(tree, "/etc/passwd", JSON_MAX), *rest = text, *line, *found = NULL;

	for (unsigned by = 0; text && by < 3 && !found; by += 2) {
		char *copy = copy_of(text);

		for (rest = copy; !found && (line = strsep(&rest, "\n"));) {
			char *fields[7] = {0};

			for (unsigned i = 0; i < 7 && line; i++)
				fields[i] = strsep(&line, ":");
			if (fields[5] && !strcmp(fields[by], user))
				found = copy_of(fields[field] ? fields[field] : "");
		}
		free(copy);
	}
	free(text);
	return found;
}

char *account_home(const char *tree, const char *user)
{
	char *name = user && *user ? print("%.*s", (int)strcspn(user, ":"), user) : copy_of("0");
	char *home = passwd_field(tree, *name ? name : "0", 5);

	if (!home || *home != '/')
		home = copy_of(!strcmp(name, "0") || !strcmp(name, "root") ? "/root" : "/");
	free(name);
	return home;
}

void account_words(struct words *out, const char *tree, const char *user)
{
	const char *group;

	if (!user || !*user)
		return;
	group = strchr(user, ':');
	if (group && group[1]) {
		/* If a group is named, the user has no others. */
		add_word(out, print("--userspec=%s", user));
		add_word(out, print("--groups=%s", group + 1));
	} else if (is_number(user) && !passwd_field(tree, user, 2)) {
		add_word(out, print("--userspec=%s:0", user));
		add_word(out, "--groups=0");
	} else {
		add_word(out, print("--userspec=%s", user));
	}
}

int signal_number(const char *text)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {{"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"ILL", SIGILL},
		{"TRAP", SIGTRAP}, {"ABRT", SIGABRT}, {"IOT", SIGIOT}, {"BUS", SIGBUS},
		{"FPE", SIGFPE}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
		{"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
		{"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},
		{"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"URG", SIGURG},
		{"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},
		{"WINCH", SIGWINCH}, {"IO", SIGIO}, {"POLL", SIGPOLL}, {"PWR", SIGPWR},
		{"SYS", SIGSYS}};
	int number = 0;

	if (is_number(text)) {
		number = atoi(text);
	} else {
		if (!strncasecmp(text, "SIG", 3))
			text += 3;
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (!strcasecmp(text, known[i].name))
				number = known[i].number;
		if (!strcasecmp(text, "RTMIN") || !strncasecmp(text, "RTMIN+", 6))
			number = SIGRTMIN + (text[5] ? atoi(text + 6) : 0);
		if (!strcasecmp(text, "RTMAX") || !strncasecmp(text, "RTMAX-", 6))
			number = SIGRTMAX - (text[5] ? atoi(text + 6) : 0);
	}
	return number > 0 && number <= SIGRTMAX ? number : 0;
}
