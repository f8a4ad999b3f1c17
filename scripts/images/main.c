/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - `fakejail-images VERB [WORD]...`: calls the function of the verb. The launcher starts
 * this program. jailed.c starts it with .apply and .tree, interrupted.c with .sweep. */
#include "images.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{".apply", apply_main},
	{".rm", private_main},
	{".sweep", sweep_main},
	{".tree", tree_main},
	{"images", images_main},
	{"pack", pack_main},
	{"pull", pull_main},
	{"rmi", rmi_main},
	{"run", run_main},
	{"unpack", unpack_main},
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

int main(int argc, char **argv)
{
	if (argc < 2)
		fail("it is started by the launcher: fakejail pull, images, run and so on");
	verb_name = argv[1];
	if (*verb_name == '.')
		verb_name = getenv("FAKEJAIL_VERB") ? getenv("FAKEJAIL_VERB") : "images";
	else
		store_sweeps_at_signals();
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i].name, argv[1]))
			return verbs[i].run(argc - 1, argv + 1);
	fail("no such verb");
}
