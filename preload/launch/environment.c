/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * environment.c - corrects variables of the caller that have no meaning inside: a HOME that the jail does
 * not have, a USER and LOGNAME that it does not know, a SHELL that it lacks. Each gets the value that
 * login(1) would set, from the jail's /etc/passwd. Called by launch.c, just before the first program.
 *
 * A variable that is not set stays unset. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "command/command.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "sys/hot.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <stddef.h>

/* Other errors do not prove that it is missing. */
static bool is_missing(struct fj_thread *t, const char *jail_path)
{
	struct stat st;
	const long r = fj_call_of(t, __NR_stat, (uint64_t)jail_path, (uint64_t)&st, 0);

	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

static bool means_something(struct fj_thread *t, enum fj_variable variable, const char *value)
{
	switch (variable) {
	case FJ_HOME:
	case FJ_SHELL:
		return *value == '/' && !is_missing(t, value);
	case FJ_USER:
	case FJ_LOGNAME:
		return *value && fj_user_is_named(t, value);
	case FJ_VARIABLES:
		break;
	}
	return true;
}

/* A user without a line in /etc/passwd gets the root as HOME, as with docker(1), and /bin/sh as SHELL.
 * USER and LOGNAME stay as they are. */
static const char *choose_value(const struct fj_login *login, enum fj_variable variable)
{
	switch (variable) {
	case FJ_HOME:
		return *login->home ? login->home : "/";
	case FJ_SHELL:
		return *login->shell ? login->shell : "/bin/sh";
	case FJ_USER:
	case FJ_LOGNAME:
	case FJ_VARIABLES:
		break;
	}
	return login->name;
}

void fj_environment_choose(struct fj_thread *t, char **envp, const bool kept[FJ_VARIABLES])
{
	static char texts[FJ_VARIABLES][PATH_MAX + 16] FJ_BULKY;

	for (; *envp; envp++) {
		for (int i = 0; i < FJ_VARIABLES; i++) {
			const char *const rest = fj_after(*envp, fj_variable_names[i]);
			struct fj_login login;
			const char *value;

			if (kept[i] || !rest || *rest != '=' ||
				means_something(t, (enum fj_variable)i, rest + 1))
				continue;
			login = fj_user_login(t);
			value = choose_value(&login, (enum fj_variable)i);
			if (!value)
				continue;
			fj_format(texts[i], sizeof(texts[i]), "%s=%s", fj_variable_names[i], value);
			*envp = texts[i];
		}
	}
}

void fj_environment_set_pwd(struct fj_thread *t, char **envp)
{
	static char text[PATH_MAX + 8] FJ_BULKY;

	memcpy(text, "PWD=", 4);
	if (fj_call_of(t, __NR_getcwd, (uint64_t)(text + 4), PATH_MAX, 0) < 0)
		return;
	for (; *envp; envp++)
		if (fj_begins(*envp, "PWD="))
			*envp = text;
}
