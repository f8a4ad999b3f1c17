/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_follow.h - an overlay over its own lower directory, and what a descriptor shows: for
 * case_union_follow.c and case_union_follow_random.c.
 */
#ifndef CASE_UNION_FOLLOW_H
#define CASE_UNION_FOLLOW_H

#include "case_union.h"

static inline void mount_over(void)
{
	R(mount("overlay", "/t/l", "overlay", 0, "lowerdir=/t/l,upperdir=/t/u,workdir=/t/w"));
}

static inline void add_to(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_APPEND);

	R(write(fd, text, strlen(text)));
	close(fd);
}

/* What the descriptor itself shows, and what is read next. */
static inline void say_fd(const char *name, int fd)
{
	char text[100] = "";
	struct stat st = {0};

	say("%s: at %ld, flags %x %x, ", name, (long)lseek(fd, 0, SEEK_CUR),
		(unsigned)fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
	fstat(fd, &st);
	say("mode %o, %ld bytes, ", (int)st.st_mode, (long)st.st_size);
	if (read(fd, text, sizeof(text) - 1) < 0)
		say("%e\n", errno);
	else
		say("%q\n", text);
}

#endif
