/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hidden.c - ends at once, and leaves a process that hides its descriptors: `hidden FILE`. After a second, that process
 * prints whether FILE is still there. */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return 1;
	if (fork())
		return 0;
	sleep(1);
	puts(access(argv[1], F_OK) ? "gone" : "there");
	return 0;
}
