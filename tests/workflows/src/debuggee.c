/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * debuggee.c - a program with a function deep enough for a backtrace.  Usage: debuggee [ROUNDS]; it
 * says how often it was there. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile int count;

__attribute__((noinline)) void deepest(int n)
{
	count += n;
}

__attribute__((noinline)) void deep(int n)
{
	deepest(n);
	count++;
}

int main(int argc, char **argv)
{
	const struct timespec a_while = {0, 10000000};

	for (int rounds = argc > 1 ? atoi(argv[1]) : 1; rounds; rounds--) {
		deep(1);
		if (rounds > 1)
			nanosleep(&a_while, NULL);
	}
	printf("count %d\n", count);
	return 0;
}
