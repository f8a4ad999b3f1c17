/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners.c - what it costs to look at a file that was given away, and to give one away.
 *
 *   owners DIRECTORY FILES CALLS
 * Makes FILES files in DIRECTORY, gives each an owner, then looks at and gives away files in a
 * random order, CALLS times in each of several batches. Prints the quickest batch's nanoseconds a
 * call: `stat N chown N`, and how many were wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 15

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uid_t *uid_of;

static double look(unsigned files, unsigned calls, unsigned *seed, unsigned *wrong)
{
	const double begin = now_ns();
	char name[16];

	for (unsigned i = 0; i < calls; i++) {
		const unsigned n = (unsigned)rand_r(seed) % files;
		struct stat st;

		snprintf(name, sizeof(name), "f%u", n);
		*wrong += stat(name, &st) || st.st_uid != uid_of[n];
	}
	return (now_ns() - begin) / calls;
}

static double give(unsigned files, unsigned calls, unsigned *seed, unsigned *wrong)
{
	const double begin = now_ns();
	char name[16];

	for (unsigned i = 0; i < calls; i++) {
		const unsigned n = (unsigned)rand_r(seed) % files;

		snprintf(name, sizeof(name), "f%u", n);
		uid_of[n] = 1 + uid_of[n] % 60000;
		*wrong += chown(name, uid_of[n], 7) != 0;
	}
	return (now_ns() - begin) / calls;
}

int main(int argc, char **argv)
{
	const unsigned files = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	const unsigned calls = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
	double least_look = 1e18, least_give = 1e18;
	unsigned seed = 5, wrong = 0;
	char name[16];

	if (!files || !calls || chdir(argv[1]))
		return 2;
	uid_of = calloc(files, sizeof(*uid_of));
	for (unsigned n = 0; n < files; n++) {
		snprintf(name, sizeof(name), "f%u", n);
		close(open(name, O_CREAT | O_WRONLY, 0644));
		uid_of[n] = 1 + n % 60000;
		wrong += chown(name, uid_of[n], 7) != 0;
	}
	for (int i = 0; i < BATCHES; i++) {
		const double l = look(files, calls, &seed, &wrong);
		const double g = give(files, calls, &seed, &wrong);

		least_look = l < least_look ? l : least_look;
		least_give = g < least_give ? g : least_give;
	}
	printf("stat %.0f chown %.0f wrong %u\n", least_look, least_give, wrong);
	return wrong != 0;
}
