/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_fdinfo.c - /proc/PID/fdinfo/N with the id that the jail gives to the mount. Called by
 * procfs.c and open/open_walked.c. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "mountinfo/mount_ids.h"
#include "path/path.h"
#include "path/proc.h"
#include "procfs/lines.h"
#include "procfs/procfs.h"
#include "procfs/report.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"

#define FIELD "mnt_id:\t" /* seq_show() of fs/proc/fd.c */

/* "fdinfo/5", or "5" in an open directory. */
bool fj_procfs_names_fdinfo(int dirfd, const char *path, size_t len)
{
	static const char dir[] = "fdinfo";
	size_t at = len;

	while (at && path[at - 1] >= '0' && path[at - 1] <= '9')
		at--;
	if (!at)
		return dirfd != AT_FDCWD;
	while (at && path[at - 1] == '/')
		at--;
	return path[at] == '/' && at >= sizeof(dir) - 1 &&
	       !memcmp(path + at - (sizeof(dir) - 1), dir, sizeof(dir) - 1);
}

void fj_procfs_find_fdinfo(struct fj_thread *t, struct fj_place *place)
{
	static const char end[] = "/fdinfo";
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t);
	long n;

	if (place->proc == FJ_PROC_PLAIN && !fj_place_dir_len(place->name) && place->dirfd >= 0 &&
		fj_is_procfs(place->dirfd)) {
		n = fj_fd_target(place->dirfd, text);
		if (n >= (long)sizeof(end) &&
			!memcmp(text + n - (sizeof(end) - 1), end, sizeof(end) - 1))
			place->proc = FJ_PROC_FDINFO;
	}
	fj_scratch_release(t, mark);
}

/* The position by which descriptor `number` was opened, if it belongs to this process. */
static const char *opened_position(struct fj_report *r, const char *number)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	char *text = fj_scratch_path(r->t);
	int pid = 0, fd = 0;
	long n;

	n = fj_fd_target(r->place->dirfd, text);
	text[n > 0 ? n : 0] = 0;
	if (fj_begins(text, "/proc/"))
		for (const char *p = text + 6; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (*p - '0');
	for (const char *p = number; *p >= '0' && *p <= '9'; p++)
		fd = fd * 10 + (*p - '0');
	fj_scratch_release(r->t, mark);
	return pid && pid == fj_sys_getpid() ? fj_dir_noted(fd) : NULL;
}

/* The position of the file behind the descriptor, found by its link in ../fd. */
static bool find_pos(struct fj_report *r, struct fj_str *pos)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	char *text = fj_scratch_path(r->t);
	char name[32];
	struct fj_str s;
	bool known = false;
	long n;

	fj_str_init(&s, name, sizeof(name));
	fj_str_put(&s, "../fd/");
	fj_str_put(&s, r->place->name);
	n = fj_sys_readlinkat(r->place->dirfd, name, text, PATH_MAX - 1);
	if (n > 0 && !s.overflowed && text[0] == '/') {
		text[n] = 0;
		known = fj_path_back_hinted(text, opened_position(r, r->place->name), pos);
	}
	fj_scratch_release(r->t, mark);
	return known;
}

void fj_report_fdinfo(struct fj_report *r)
{
	struct fj_str pos;
	struct fj_lines l;
	size_t len;
	char *line;

	if (fj_lines_begin(&l, r))
		return;
	fj_scratch_str(r->t, &pos, PATH_MAX);
	while ((line = fj_lines_next(&l, &len))) {
		if (fj_begins(line, FIELD)) {
			const bool known = find_pos(r, &pos);
			uint64_t id = 0;

			for (const char *p = line + sizeof(FIELD) - 1; *p >= '0' && *p <= '9'; p++)
				id = id * 10 + (uint64_t)(*p - '0');
			fj_str_put(&r->text, FIELD);
			fj_str_num(&r->text, fj_mount_id_at(r->t, known ? pos.at : NULL, id, NULL),
				10);
		} else {
			fj_str_add(&r->text, line, len);
		}
		fj_str_put(&r->text, "\n");
		fj_report_step(r);
	}
	fj_lines_close(&l);
}
