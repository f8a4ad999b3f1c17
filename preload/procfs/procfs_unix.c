/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_unix.c - net/unix with jail paths. Called by procfs.c. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/str.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "procfs/lines.h"
#include "procfs/report.h"
#include "socket/unix_name.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"

/* Appends a socket's name as it was bound; see socket/unix_name.h. */
static void put_socket_name(struct fj_report *r, const char *text, size_t len)
{
	struct fj_unix_address address = {.family = 1 /* AF_UNIX */};
	struct fj_str pos;
	int n;

	if (len >= sizeof(address.path)) {
		fj_str_add(&r->text, text, len);
		return;
	}
	memcpy(address.path, text, len);
	n = fj_unix_name_as_bound(&address, (int)len + 3) - 3;
	if ((size_t)n != len || memcmp(address.path, text, len)) {
		fj_str_add(&r->text, address.path, (size_t)n);
		return;
	}

	const uint32_t mark = fj_scratch_mark(r->t);

	fj_scratch_str(r->t, &pos, PATH_MAX);
	if (!fj_jail_paths()->root[0] || text[0] != '/' || !fj_path_back(text, &pos) ||
		!fj_path_seen(pos.at, &r->text))
		fj_str_add(&r->text, text, len);
	fj_scratch_release(r->t, mark);
}

void fj_report_unix(struct fj_report *r)
{
	struct fj_lines l;
	size_t len;
	char *line;

	if (fj_lines_begin(&l, r))
		return;
	while ((line = fj_lines_next(&l, &len))) {
		size_t at = 0;

		/* Num RefCount Protocol Flags Type St Inode Path: net/unix/af_unix.c,
		 * unix_seq_show() */
		for (int field = 0; field < 7; field++) {
			while (at < len && line[at] == ' ')
				at++;
			while (at < len && line[at] != ' ')
				at++;
		}
		if (at < len)
			at++;
		fj_str_add(&r->text, line, at);
		if (at < len)
			put_socket_name(r, line + at, len - at);
		fj_str_add(&r->text, "\n", 1);
		fj_report_step(r);
	}
	fj_lines_close(&l);
}
