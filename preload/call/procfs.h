/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs.h - files of procfs as the jail's programs shall read them.
 *
 * Such a file is written anew at each open, into a memory file that the program gets instead:
 * whatever it then does with it (pread(2), lseek(2), handing it on) is the kernel's affair. */
#ifndef FJ_PROCFS_H
#define FJ_PROCFS_H

#include "call/call.h"
#include "path/proc.h"

/* What is being written. */
struct fj_report {
	struct fj_thread *t;
	const struct fj_place *place; /* the real file */
	int fd;
	long error;
	struct fj_str text; /* not yet written */
};
/* Write what has been gathered, when it is more than half of the room. */
void fj_report_step(struct fj_report *r);

/* Open `place`, whose `proc` is set, for reading: O_CLOEXEC of `flags` is obeyed. Returns a
 * descriptor, -errno, or -EAGAIN when the file itself is what shall be opened. */
long fj_procfs_open(struct fj_thread *t, const struct fj_place *place, uint64_t flags);
/* Append `text`, each byte that is in `which` as a backslash and three octal digits (mangle_path()
 * of fs/seq_file.c). */
void fj_str_escape(struct fj_str *out, const char *text, const char *which);

/* procfs_maps.c: copy the real file with jail paths in it. */
void fj_report_maps(struct fj_report *r);
void fj_report_numa_maps(struct fj_report *r);
void fj_report_unix(struct fj_report *r);
/* procfs_status.c: with the ids that the process pretends to have. */
void fj_report_status(struct fj_report *r);

/* procfs_mounts.c: the mounts of the jail. */
void fj_report_mounts(struct fj_report *r);

#endif
