/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * options.c - reads the loader's command line, which launch.c describes. Called by launch/. */
#include "bytes/equal.h"
#include "command/command.h"
#include "sys/hot.h"

#include <stdbool.h>

struct fj_options fj_options FJ_BULKY;

const char fj_variable_names[FJ_VARIABLES][8] = {
	[FJ_HOME] = "HOME", [FJ_USER] = "USER", [FJ_LOGNAME] = "LOGNAME", [FJ_SHELL] = "SHELL"};

enum fj_variable fj_options_variable(const char *name)
{
	int i = 0;

	while (i < FJ_VARIABLES && !fj_streq(fj_variable_names[i], name))
		i++;
	return (enum fj_variable)i;
}

static char *next_word(char ***at)
{
	char *value = *++*at;

	if (!value)
		fj_launch_fail("the loader's command line ends early", "", 0);
	return value;
}

static long parse_number(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9' && value < 1L << 32; text++)
		value = value * 10 + (*text - '0');
	return value;
}

void fj_options_read(char **at)
{
	int words = 0;

	for (; *at && !fj_streq(*at, "--"); at++) {
		const char letter = (*at)[0] == '-' ? (*at)[1] : 0;
		struct fj_bind *b = &fj_options.bind[fj_options.bind_count];
		const char *door;

		switch (letter) {
		case 'r':
			fj_options.root = next_word(&at);
			break;
		case 'N':
			fj_options.name = next_word(&at);
			break;
		case 'b':
			if (fj_options.bind_count == FJ_BINDS_MAX)
				fj_launch_fail("too many binds", "", 0);
			b->host = next_word(&at);
			b->jail = next_word(&at);
			b->mode = next_word(&at);
			fj_options.bind_count++;
			break;
		case 'w':
			fj_options.chdir = next_word(&at);
			break;
		case 's':
			fj_options.skip_chdir = true;
			break;
		case 'R':
			fj_options.read_only = true;
			break;
		case 'k':
			fj_options.release = next_word(&at);
			break;
		case 'n':
			fj_options.hostname = next_word(&at);
			break;
		case 'T':
			fj_options.trace = next_word(&at);
			break;
		case 'x':
			door = next_word(&at);
			if (fj_streq(door, "trap"))
				fj_options.no_trap = true;
			else if (fj_streq(door, "preload"))
				fj_options.no_preload = true;
			else if (fj_streq(door, "patch"))
				fj_options.no_patch = true;
			break;
		case 'a':
			if (words == FJ_AFTERWARDS_MAX)
				fj_launch_fail("too many words to run at the end", "", 0);
			fj_options.afterwards[words++] = next_word(&at);
			fj_options.parent.afterwards = fj_options.afterwards;
			break;
		case 'e':
			fj_options.kept[fj_options_variable(next_word(&at))] = true;
			break;
		case 'P':
			fj_options.as_proot = true;
			break;
		case 'p':
			fj_options.preload = next_word(&at);
			break;
		case 'd':
			fj_options.db = next_word(&at);
			break;
		case 'u':
			fj_options.user = next_word(&at);
			break;
		case 'g':
			fj_options.groups = next_word(&at);
			break;
		case 'q':
			fj_options.is_quiet = true;
			break;
		case 'v':
			break;
		case 't':
			if (fj_options.bind_count == FJ_BINDS_MAX)
				fj_launch_fail("too many binds", "", 0);
			b->jail = next_word(&at);
			b->mode = "rw";
			fj_options.bind_count++;
			break;
		case 'o':
			if (fj_options.bind_count == FJ_BINDS_MAX)
				fj_launch_fail("too many binds", "", 0);
			b->jail = next_word(&at);
			b->mode = "rw";
			b->upper = next_word(&at);
			b->overlay = next_word(&at);
			fj_options.bind_count++;
			break;
		case 'O':
			fj_options.upper = next_word(&at);
			fj_options.lowers = next_word(&at);
			break;
		case 'E':
			fj_options.store = next_word(&at);
			fj_options.images = next_word(&at);
			fj_options.lowers = next_word(&at);
			break;
		case 'S':
			fj_options.parent.stop = (int)parse_number(next_word(&at));
			break;
		case 'm':
			if (fj_options.directory_count == FJ_DIRECTORIES_MAX)
				fj_launch_fail("too many directories", "", 0);
			fj_options.directory[fj_options.directory_count++] = next_word(&at);
			break;
		case 'K':
			fj_options.parent.kills = true;
			break;
		case 'D':
			fj_options.parent.dies = true;
			fj_options.parent.starter = parse_number(next_word(&at));
			break;
		default:
			fj_launch_fail("the loader does not know", *at, 0);
		}
	}
	if (!*at || !at[1])
		fj_launch_fail("the loader's command line names no command", "", 0);
	fj_options.command = at + 1;
	if (!fj_options.name)
		fj_options.name = fj_options.root;
}
