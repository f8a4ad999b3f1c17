/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * coverage.c - the table of system calls as a page for users; prints docs/coverage.md.
 *
 * One more reader of calls.def, which needs nothing but the words in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
	const char *name, *support, *note;
};

static struct call calls[] = {
#define CALL_AS(name, issued, hook, when, asks, flags, support, note, ...) {#name, #support, note},
#define CALL(name, hook, when, asks, flags, support, note, ...) {#name, #support, note},
#define REFUSE(name, error, note) {#name, "REFUSED", #error "\0" note},
#define ALIAS(name, target, ...) {#name, "ALIAS", #target},
#define PASS(name) {#name, "PASSED", ""},
#define PASS_FD(name, ...) {#name, "PASSED", ""},
#define PASS_SEEN(name, ...) {#name, "PASSED", ""},
#include "dispatch/calls.def"
};
#define COUNT (sizeof(calls) / sizeof(calls[0]))

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct call *)a)->name, ((const struct call *)b)->name);
}

static int count(const char *support)
{
	int n = 0;

	for (size_t i = 0; i < COUNT; i++)
		n += !strcmp(calls[i].support, support);
	return n;
}

/* Names only, wrapped. */
static void print_names(const char *support)
{
	int column = 0;

	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(calls[i].support, support))
			continue;
		if (column + strlen(calls[i].name) > 110) {
			putchar('\n');
			column = 0;
		}
		column += printf("%s%s", column ? " " : "", calls[i].name);
	}
	puts("\n");
}

static void print_table(const char *support)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(calls[i].support, support))
			printf("| `%s` | %s |\n", calls[i].name, calls[i].note);
	puts("");
}

int main(void)
{
	qsort(calls, COUNT, sizeof(calls[0]), by_name);
	puts("<!-- SPDX-FileCopyrightText: The fakejail authors -->\n"
	     "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n"
	     "<!-- Made from preload/dispatch/calls.def by `make docs/coverage.md`. -->\n\n"
	     "# System calls\n");
	printf("Every system call of Linux on x86_64, %zu of them, and what it does in a jail. A "
	       "number that is not here is newer than this\n"
	       "build, and answers ENOSYS, as a kernel does that has no such call.\n\n",
		COUNT);
	printf("## As under chroot(8): %d\n\nTranslated, checked or answered by fakejail, with the "
	       "kernel's own results.\n\n",
		count("FULL"));
	print_names("FULL");
	puts("With something to know:\n\n| call | |\n|---|---|");
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(calls[i].support, "FULL") && *calls[i].note)
			printf("| `%s` | %s |\n", calls[i].name, calls[i].note);
	printf("\n## In part: %d\n\n| call | what is missing |\n|---|---|\n", count("PARTIAL"));
	print_table("PARTIAL");
	printf("## Refused: %d\n\n| call | errno | why |\n|---|---|---|\n", count("REFUSED"));
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(calls[i].support, "REFUSED"))
			printf("| `%s` | %s | %s |\n", calls[i].name, calls[i].note,
				calls[i].note + strlen(calls[i].note) + 1);
	printf("\n## Old calls: %d\n\nDone as the call that took their place.\n\n| call | as "
	       "|\n|---|---|\n",
		count("ALIAS"));
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(calls[i].support, "ALIAS"))
			printf("| `%s` | `%s` |\n", calls[i].name, calls[i].note);
	printf("\n## The kernel's own affair: %d\n\n"
	       "They name no file by path, and touch nothing that the jail pretends or keeps for "
	       "itself; fakejail never sees them.\n\n",
		count("PASSED"));
	print_names("PASSED");
	return ferror(stdout) != 0;
}
