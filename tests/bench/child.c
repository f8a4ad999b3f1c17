/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.c - the smallest program worth starting: micro.c times how long it takes until it is gone
 * again.
 *
 * Built dynamic and static. With arguments, `child MARKER OUTSIDE`, it says by its exit status
 * where it ran, so that a program which was started fast because nobody jailed it is found out: 0
 * inside, 3 it sees the host's file OUTSIDE, 4 it sees neither. */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 3)
		return 0;
	if (access(argv[2], F_OK) == 0)
		return 3;
	return access(argv[1], F_OK) == 0 ? 0 : 4;
}
