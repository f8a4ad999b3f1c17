/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stub.c - for front.sh: a loader that prints what it is given, its words, then its environment in
 * order. Run as `fakejail-sh` it is the launcher, after a note that it was needed: a file `needed`.
 * A shell in its place would change the environment. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void be_launcher(char **argv, const char *self)
{
	char path[4096];
	const int len = (int)(strrchr(self, '/') - self);

	snprintf(path, sizeof(path), "%.*s/needed", len, self);
	close(open(path, O_WRONLY | O_CREAT, 0644));
	snprintf(path, sizeof(path), "%.*s/launcher", len, self);
	execv(path, argv);
}

int main(int argc, char **argv)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	size_t n = 0;

	if (strstr(self, "/fakejail-sh"))
		be_launcher(argv, self);

	for (int i = 0; i < argc; i++)
		printf("<%s>\n", argv[i]);
	while (environ[n])
		n++;
	qsort(environ, n, sizeof(*environ), compare);
	for (size_t i = 0; i < n; i++)
		printf("%s\n", environ[i]);
	return 0;
}
