/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * options.c - reads what was typed. Only fakejail-options.in says how options are spelled;
 * options.def is made from it. What is wrong, or rare, is left to the launcher. Called by
 * main.c. */
#include "front.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "syscall/unistd_ids.h"

enum takes { takes_no, takes_value, takes_text, takes_maybe, takes_three };
enum option {
#define NAME(name) option_##name,
#include "options.def"
};

static const struct spelling {
	char text[24];
	uint8_t option, takes;
} spellings[] = {
#define SPELLING(text, name, takes) {text, option_##name, takes_##takes},
#include "options.def"
};

struct front_options front_options = {.path_is_callers = true};

void front_add(const char *word)
{
	struct front_options *o = &front_options;

	if (o->count == sizeof(o->word) / sizeof(o->word[0]))
		front_give_up();
	o->word[o->count++] = word;
}

static void add2(const char *letter, const char *value)
{
	front_add(letter);
	front_add(value);
}

static void mount(const char *host, const char *jail)
{
	if (front_mount_count == FRONT_MOUNTS_MAX)
		front_give_up();
	front_mounts[front_mount_count++] = (struct front_mount){host, jail};
}

static bool has_dots(const char *path)
{
	for (; *path; path++)
		if (path[0] == '.' && path[1] == '.')
			return true;
	return false;
}

static bool is_mode(const char *word)
{
	return fj_streq(word, "ro") || fj_streq(word, "rw");
}

/* HOST[:JAIL[:MODE]]. A colon may be part of a name, and there are other modes: both are rare. */
static void bind(const char *value, const char *mode)
{
	const char *field[3] = {"", "", ""}, *host, *jail;
	int fields = 0;

	for (const char *from = value, *p = value;; p++) {
		if (*p == '\\' || fields == 3)
			front_give_up();
		if (*p && *p != ':')
			continue;
		field[fields++] = front_text_n(from, (size_t)(p - from));
		if (!*p)
			break;
		from = p + 1;
	}
	if (!*field[0])
		front_give_up();
	/* A relative path in the jail has no meaning, so `ro` alone is the mode. */
	if (fields > 1 && is_mode(field[1])) {
		if (fields > 2)
			front_give_up();
		field[2] = field[1];
		field[1] = "";
		fields = 3;
	}
	if (fields > 2 && !is_mode(field[2]))
		front_give_up();
	if (fields > 2 && fj_streq(field[2], "ro"))
		mode = "ro";
	if (front_has(field[1], ',') || fj_streq(field[1], "idmap")) /* perhaps modes */
		front_give_up();
	host = front_absolute(field[0]);
	if (!front_is_there(host) && !front_is_link(host))
		front_give_up();
	if (!*field[1])
		jail = front_clean(host);
	else if (has_dots(field[1]))
		jail = front_text("/", field[1] + (*field[1] == '/'), "");
	else
		jail = front_clean(front_text("/", field[1], ""));
	mount(host, jail);
	add2("-b", host);
	add2(jail, mode);
}

static bool is_identifier(const char *name)
{
	if (!*name || (*name >= '0' && *name <= '9'))
		return false;
	for (; *name; name++)
		if (!((*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
			    (*name >= 'a' && *name <= 'z') || *name == '_'))
			return false;
	return true;
}

/* The loader does not set these variables if an option names them. */
static void note_name(const char *name)
{
	if (!*name || front_has(name, '='))
		front_give_up();
	if (fj_streq(name, "HOME") || fj_streq(name, "USER") || fj_streq(name, "LOGNAME") ||
		fj_streq(name, "SHELL"))
		add2("-e", name);
}

static void set_path_from(const char *name, bool is_callers, bool is_chosen)
{
	if (!fj_streq(name, "PATH"))
		return;
	front_options.path_is_callers = is_callers;
	front_options.path_is_chosen = is_chosen;
}

/* NAME=VALUE, or NAME for the caller's value. */
static void env(const char *text)
{
	size_t n = 0;
	const char *name, *value;

	while (text[n] && text[n] != '=')
		n++;
	name = front_text_n(text, n);
	note_name(name);
	if (text[n]) {
		set_path_from(name, false, true);
		front_environment_set(text);
		return;
	}
	value = front_variable(name);
	if (!is_identifier(name)) /* a shell would not know its value */
		front_give_up();
	if (!value)
		return;
	set_path_from(name, true, false);
	front_environment_set(front_text(name, "=", value));
}

static void obey(enum option option, const char *value)
{
	struct front_options *o = &front_options;
	struct fj_str number;
	static char digits[24];

	switch (option) {
	case option_user:
		o->userspec = value;
		break;
	case option_root_id:
		o->userspec = "0:0";
		break;
	case option_groups:
		add2("-g", value);
		break;
	case option_skip_chdir:
		o->skips_chdir = true;
		break;
	case option_bind:
		bind(value, "rw");
		break;
	case option_ro_bind:
		bind(value, "ro");
		break;
	case option_tmpfs:
		value = front_clean(front_text("/", value, ""));
		mount(NULL, value);
		add2("-t", value);
		break;
	case option_bare:
		o->is_bare = true;
		break;
	case option_chdir:
		o->chdir = value;
		break;
	case option_env:
		env(value);
		break;
	case option_unsetenv:
		note_name(value);
		set_path_from(value, false, false);
		front_environment_unset(value);
		break;
	case option_clearenv:
		set_path_from("PATH", false, false);
		front_environment_clear();
		break;
	case option_read_only:
		front_add("-R");
		break;
	case option_db:
		add2("-d", front_absolute(value));
		o->has_db = true;
		break;
	case option_no_db:
		add2("-d", "none");
		o->has_db = true;
		break;
	case option_rm:
		o->is_overlay = true;
		break;
	case option_no_trap:
		o->no_trap = true;
		break;
	case option_no_preload:
		o->no_preload = true;
		break;
	case option_no_patch:
		o->no_patch = true;
		break;
	case option_rootfs:
		o->rootfs = value;
		break;
	case option_kill_on_exit:
		front_add("-K");
		break;
	case option_die_with_parent:
		fj_str_init(&number, digits, sizeof(digits));
		fj_str_num(&number, (uint64_t)fj_sys_getppid(), 10);
		add2("-D", digits);
		break;
	case option_kernel_release:
		add2("-k", value);
		break;
	case option_hostname:
		add2("-n", value);
		break;
	case option_trace:
		add2("-T", !*value || fj_streq(value, "-") ? "-" : front_absolute(value));
		break;
	case option_quiet:
		o->loud = 'q';
		break;
	case option_verbose:
		o->loud = 'v';
		break;
	case option_overlay_src: /* the directories that they name are looked at, and quoted */
	case option_overlay:
	case option_tmp_overlay:
	case option_ro_overlay:
	case option_copy: /* another parent process stays */
	case option_keep:
	case option_proot: /* another kind of command line */
	case option_help:
	case option_version:
		front_give_up();
	}
}

static const struct spelling *find(const char *text, size_t n)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (fj_is_text(text, n, spellings[i].text))
			return &spellings[i];
	front_give_up();
}

char **front_parse(char **at)
{
	const char *rest = NULL; /* the rest of a word with several letters */

	for (;;) {
		const char *word = rest ? rest : *at, *joined = NULL;
		const struct spelling *s;
		size_t n = 0;

		if (!word || word[0] != '-' || !word[1])
			return at;
		at += !rest;
		rest = NULL;
		if (word[1] == '-' && !word[2]) {
			front_options.is_ended = true;
			return at;
		}
		if (word[1] == '-') {
			while (word[n] && word[n] != '=')
				n++;
			joined = word[n] ? word + n + 1 : NULL;
		} else {
			n = 2;
			joined = word[n] ? word + n : NULL;
		}
		s = find(word, n);
		if (s->takes == takes_three)
			front_give_up();
		if (s->takes == takes_no && joined) {
			if (word[1] == '-')
				front_give_up();
			rest = front_text("-", joined, "");
		} else if (s->takes == takes_value || s->takes == takes_text) {
			if (!joined && !*at)
				front_give_up();
			if (!joined)
				joined = *at++;
		}
		if (s->takes != takes_no && s->takes != takes_text && joined && !*joined)
			front_give_up();
		obey((enum option)s->option, s->takes == takes_no || !joined ? "" : joined);
	}
}
