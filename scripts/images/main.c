/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - `fakejail-images VERB [WORD]...`: calls the function of the verb. The launcher starts
 * this program. jailed.c starts it with .apply and .tree, interrupted.c with .sweep. */
#include "images.h"

#include "../standard.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage; /* what follows the name, as docs/fakejail.1 has it */
} verbs[] = {
	{".apply", apply_main, ""},
	{".rm", private_main, ""},
	{".sweep", sweep_main, ""},
	{".tree", tree_main, ""},
	{"images", images_main, "[--format=json | --prune]"},
	{"pack", pack_main,
		"[--upper] [--db=FILE] ROOTFS FILE\n"
		"       fakejail pack --format=docker-archive|oci-archive|oci [--name=NAME]\n"
		"                [--platform=OS/MACHINE] [--entrypoint=WORDS] [--cmd=WORDS]\n"
		"                [--env=NAME=VALUE] [--workdir=DIR] [--user=USER]\n"
		"                [--label=NAME=VALUE] ROOTFS FILE"},
	{"pull", pull_main, "[--platform=OS/MACHINE] [--tls-verify=false] [-q] REFERENCE [NAME]"},
	{"rmi", rmi_main, "NAME..."},
	{"run", run_main, "[OPTION]... IMAGE [COMMAND [ARG]...]"},
	{"unpack", unpack_main, "[--platform=OS/MACHINE] [--max-size=SIZE] IMAGE ROOTFS"},
};

const char *option_value(char **argv, int *i, const char *name)
{
	const size_t n = strlen(name);
	char *word = argv[*i];

	if (strncmp(word, name, n) != 0)
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	if (word[n])
		return NULL;
	if (!argv[*i + 1])
		fail("option '%s' wants a value", name);
	return argv[++*i];
}

const char *operand(const char *word, const char *what)
{
	if (!*word)
		fail("%s is an empty argument: is a variable not set?", what);
	return word;
}

static int run_verb(size_t verb, int argc, char **argv)
{
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "--help") && *verbs[verb].usage)
		printf("Usage: fakejail %s %s\nThe manual is fakejail(1).\n", verb_name,
			verbs[verb].usage);
	else
		status = verbs[verb].run(argc, argv);
	if (!has_printed()) {
		forget_all_trouble();
		fail("cannot write to standard output: %s", strerror(errno));
	}
	return status;
}

int main(int argc, char **argv)
{
	open_standard();
	if (argc < 2)
		fail("it is started by the launcher: fakejail pull, images, run and so on");
	verb_name = argv[1];
	if (*verb_name == '.')
		verb_name = getenv("FAKEJAIL_VERB") ? getenv("FAKEJAIL_VERB") : "images";
	else
		store_sweeps_at_signals();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].name, argv[1]))
			return run_verb(i, argc - 1, argv + 1);
	fail("no such verb");
}
