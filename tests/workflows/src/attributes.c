/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * attributes.c - extended attributes for jails that have no libc:
 *
 *	attributes set FILE NAME VALUE
 *	attributes list FILE...: a line for each attribute
 *
 * Called by w05-filesystems.sh. */
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

int main(int argc, char **argv)
{
	static char names[65536], value[65536];

	if (argc == 5 && !strcmp(argv[1], "set")) {
		if (!lsetxattr(argv[2], argv[3], argv[4], strlen(argv[4]), 0))
			return 0;
		perror(argv[2]);
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		const ssize_t size = llistxattr(argv[i], names, sizeof(names));

		for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
			const ssize_t n = lgetxattr(argv[i], names + at, value, sizeof(value));

			printf("%s %s %.*s\n", argv[i], names + at, n < 0 ? 0 : (int)n, value);
		}
	}
	return 0;
}
