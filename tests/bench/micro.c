/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * micro.c - what one call costs, in nanoseconds, in whatever root this program was started in.
 *
 * A jail's price is paid call by call, so each call is timed by itself, through libc as programs
 * make it. The same source is built against glibc (dynamic, static) and musl (static), for a jail
 * may catch the one and miss the other. On a busy machine only the fastest batch means something:
 * we print the minimum, and run.sh takes the median over many runs of this program, with the other
 * tools in between.
 *
 * Nothing is believed unasked: the marker must be visible first, every timed call must give its
 * expected result on files that exist only inside the root, and a child must find the marker before
 * its start is timed. The calls are in ops.c.
 *
 * Called by run.sh, as `micro TOKEN OUTSIDE UID BATCHES BATCH_US` with /bench laid out by
 * prepare.sh. Prints `name <TAB> ns`, or in place of ns `escapes` (a file of the host was seen) or
 * `fails (why)`. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ops.h"

static const char *outside; /* host path of a file that no jail may show */

static double now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Run op `calls` times. Returns the nanoseconds a call took, or -1 if any did not give what it
 * should. */
static double batch(const struct op *op, long calls)
{
	int bad = 0;
	double start = now_ns();
	for (long i = 0; i < calls; i++)
		bad |= op->run();
	double stop = now_ns();
	return bad ? -1 : (stop - start) / (double)calls;
}

/* Start op's child the way the op does, but ask it where it is. Returns its exit status, or -1. */
static int ask_child(const struct op *op)
{
	static char script[512];
	char *ask[] = {op->child[0], (char *)MARKER, (char *)outside, NULL};
	char *ask_sh[] = {op->child[0], (char *)"-c", script, NULL};

	snprintf(script, sizeof(script), "test ! -e '%s' || exit %d; test -e " MARKER, outside,
		CHILD_ESCAPED);
	return op->start(op->child == argv_sh ? ask_sh : ask);
}

static void measure(const struct op *op, long batches, double batch_ns)
{
	if (op->child) {
		int where = ask_child(op);
		if (where == CHILD_ESCAPED) {
			printf("%s\tescapes\n", op->name);
			return;
		}
		if (where != CHILD_INSIDE) {
			printf("%s\tfails (child %d)\n", op->name, where);
			return;
		}
	}

	errno = 0;
	double ns = batch(op, 2); /* two: rename is back where it began; the first one warms up */
	if (ns >= 0)
		ns = batch(op, 2);
	long calls = ns > 0 ? (long)(batch_ns / ns) : 0;
	if (calls < 1)
		calls = 1;
	if (calls > 1)
		calls &= ~1L; /* even, again for rename */

	double best = ns;
	for (long i = 0; ns >= 0 && i < batches; i++) {
		ns = batch(op, calls);
		if (ns < best)
			best = ns;
	}
	if (ns < 0)
		printf("%s\tfails (errno %d)\n", op->name, errno);
	else
		printf("%s\t%.0f\n", op->name, best);
}

/* Is this the root we were meant to be in? Prints for all ops, if not. */
static bool is_inside(const char *token)
{
	char seen[64] = "";
	int fd = open(MARKER, O_RDONLY);
	int err = errno;
	ssize_t len = fd < 0 ? 0 : read(fd, seen, sizeof(seen) - 1);
	if (fd >= 0)
		close(fd);
	if (len > 0)
		seen[strcspn(seen, "\n")] = '\0';

	if (access(outside, F_OK) == 0) {
		puts("*\tescapes");
		return false;
	}
	if (strcmp(seen, token) != 0) {
		printf("*\tfails (no marker, errno %d)\n", err);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: micro TOKEN OUTSIDE UID BATCHES BATCH_US\n");
		return 2;
	}
	outside = argv[2];
	long batches = atol(argv[4]);
	double batch_ns = atof(argv[5]) * 1e3;

	if (!is_inside(argv[1]))
		return 0;
	if (ops_begin((uid_t)atol(argv[3])) != 0) {
		printf("*\tfails (" DIR_BENCH ", errno %d)\n", errno);
		return 0;
	}

	/* Line by line, so that a crash in one call does not lose the lines before it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < op_count; i++)
		measure(&ops[i], batches, batch_ns);
	return 0;
}
