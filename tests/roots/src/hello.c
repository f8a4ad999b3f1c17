/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hello.c - the smallest program there is, and what the others of the test roots execute. */
#include <stdio.h>

int main(void)
{
	puts("Hello from the jail");
	return 0;
}
