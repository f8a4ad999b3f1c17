/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * standard.c - the standard descriptors, which the caller may have closed. Called by the main
 * functions of fakejail-images and fakejail-owners-tool. */
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void open_standard(void)
{
	static const int modes[] = {O_RDONLY, O_RDONLY, O_RDWR};

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", modes[fd]); /* the lowest number: fd */
}

bool has_printed(void)
{
	return (!fflush(stdout) && !ferror(stdout)) || errno == EBADF;
}
