/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_lines.c - reads a file of procfs line by line. Called by the other files of this room. */
#include "bytes/bytes.h"
#include "procfs/lines.h"
#include "sys/scratch.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <linux/limits.h>

/* seq_path() of fs/seq_file.c may make four bytes from one */
#define LINE_SIZE (4 * PATH_MAX + 512)

long fj_lines_open(struct fj_lines *l, struct fj_thread *t, int dirfd, const char *name)
{
	*l = (struct fj_lines){.at = fj_scratch(t, LINE_SIZE)};
	l->fd = (int)fj_sys_openat(dirfd, name, O_RDONLY | O_CLOEXEC, 0);
	return l->fd;
}

char *fj_lines_next(struct fj_lines *l, size_t *len)
{
	for (;;) {
		for (size_t i = l->used; i < l->have; i++)
			if (l->at[i] == '\n') {
				char *line = l->at + l->used;

				l->at[i] = 0;
				*len = i - l->used;
				l->used = i + 1;
				return line;
			}
		l->have -= l->used;
		memmove(l->at, l->at + l->used, l->have);
		l->used = 0;
		if (l->have == LINE_SIZE)
			l->have = 0; /* no kernel writes such a line: its beginning is dropped,
					and so the whole line */

		const long n = fj_sys_read(l->fd, l->at + l->have, LINE_SIZE - l->have);

		if (n <= 0)
			return NULL;
		l->have += (size_t)n;
	}
}

void fj_lines_close(const struct fj_lines *l)
{
	fj_sys_close(l->fd);
}
