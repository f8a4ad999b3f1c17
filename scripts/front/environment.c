/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * environment.c - makes COMMAND's environment: the caller's, with the changes in the order in which
 * they were typed. Called by options.c and main.c. */
#include "front.h"
#include "bytes/bytes.h"
#include "bytes/len.h"
#include "syscall/mman.h"

#define CHANGES_MAX 1024 /* if there are more, the launcher does it */

static char **variables; /* the variables that COMMAND gets, and a NULL */
static long count, room;

static size_t length_of_name(const char *assignment)
{
	size_t n = 0;

	while (assignment[n] && assignment[n] != '=')
		n++;
	return n;
}

void front_environment_begin(void)
{
	static char *few[256];

	room = front.envc + CHANGES_MAX;
	variables = few;
	if (front.envc + CHANGES_MAX / 8 > (long)(sizeof(few) / sizeof(few[0]))) {
		const long at = fj_sys_mmap(0, ((unsigned long)room + 1) * sizeof(char *),
			3 /* PROT_READ | PROT_WRITE */, 0x22 /* MAP_PRIVATE | MAP_ANONYMOUS */, -1,
			0);

		if (fj_is_err(at))
			front_give_up();
		variables = (char **)at;
	} else {
		room = (long)(sizeof(few) / sizeof(few[0])) - 1;
	}
	for (; count < front.envc; count++)
		variables[count] = front.envp[count];
	variables[count] = NULL;
}

/* Removes all variables of that name. */
static void unset(const char *name, size_t n)
{
	long kept = 0;

	for (long i = 0; i < count; i++)
		if (length_of_name(variables[i]) != n || memcmp(variables[i], name, n) != 0)
			variables[kept++] = variables[i];
	count = kept;
	variables[count] = NULL;
}

void front_environment_set(const char *assignment)
{
	unset(assignment, length_of_name(assignment));
	if (count == room)
		front_give_up();
	variables[count++] = (char *)assignment;
	variables[count] = NULL;
}

void front_environment_unset(const char *name)
{
	unset(name, fj_strlen(name));
}

void front_environment_clear(void)
{
	count = 0;
	variables[0] = NULL;
}

char **front_environment(void)
{
	return variables;
}
