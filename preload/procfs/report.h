/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * report.h - a file of procfs that is being written for a program. For the files of this room. */
#ifndef FJ_REPORT_H
#define FJ_REPORT_H

#include "bytes/str.h"
#include "layers/place.h"
#include "procfs/lines.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Space for a path of which every byte is escaped, and for what stands around it. */
#define FJ_REPORT_SIZE (5 * PATH_MAX)

/* A file that is being written. */
struct fj_report {
	struct fj_thread *t;
	const uint64_t *mask; /* the program's signal mask; NULL when the kernel's is right */
	const struct fj_call *call;
	const struct fj_place *place; /* the real file */
	int fd;
	uint64_t room; /* how many bytes it may still get: RLIMIT_FSIZE */
	long error;
	struct fj_str text; /* gathered, not yet written */
};
/* Writes the gathered text out. */
void fj_report_step(struct fj_report *r);

/* Appends `text`, with each byte that is in `which` as a backslash and three octal digits
 * (mangle_path() of fs/seq_file.c). */
void fj_str_escape(struct fj_str *out, const char *text, const char *which);
/* Appends `text` with these escapes undone. */
void fj_str_unescape(struct fj_str *out, const char *text, size_t len);

/* fj_lines_open() for the file that is reported. An error becomes the report's. Returns 0 or -errno. */
static inline long fj_lines_begin(struct fj_lines *l, struct fj_report *r)
{
	const long fd = fj_lines_open(l, r->t, r->place->dirfd, r->place->name);

	if (fd < 0)
		r->error = fd;
	return r->error;
}

/* procfs_maps.c: a line of maps, "from-to rwxp offset dev inode path" (fs/proc/task_mmu.c,
 * show_map_vma()). */
struct fj_mapping {
	uint64_t from, to, offset;
	const char *perms;	   /* with the blank before them */
	const char *device, *path; /* the device, then the inode, up to the path */
};
/* Fills `m` from `line`, whose text `m` then points into. */
void fj_mapping_read(struct fj_mapping *m, const char *line);
/* Reads a number, and moves `*text` behind it. */
uint64_t fj_hex_read(const char **text);
/* Calls `see` with each line of maps as the program must see it, until `see` returns false. The
 * report needs its thread and place; an error is left in it. */
void fj_maps_each(struct fj_report *r, bool (*see)(void *with, const char *line), void *with);
/* Copies the real file with jail paths in it. */
void fj_report_maps(struct fj_report *r);
void fj_report_numa_maps(struct fj_report *r);
/* procfs_unix.c: /proc/net/unix, with jail paths. */
void fj_report_unix(struct fj_report *r);
/* procfs_status.c: with the ids that the process pretends to have. */
void fj_report_status(struct fj_report *r);

/* procfs_fdinfo.c: with the jail's ids of mounts. */
void fj_report_fdinfo(struct fj_report *r);
/* procfs_ipc.c: sysvipc. -EAGAIN for another file with such a name. */
void fj_report_ipc(struct fj_report *r);

/* procfs_machine.c: the names of the machine. -EAGAIN if the jail has no name of its own. */
void fj_report_machine(struct fj_report *r);
/* procfs_mounts.c: the mounts of the jail. */
void fj_report_mounts(struct fj_report *r);

#endif
