/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exe.h - /proc/PID/exe: for the kernel every jailed program is our loader. For file/, open/,
 * exec/, dispatch/ and the loader. */
#ifndef FJ_EXE_H
#define FJ_EXE_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_str;
struct fj_thread;

/* The program that this process runs. */
#define FJ_EXE_AT 0x210u
struct fj_exe {
	uint64_t dev, ino;
	char path[PATH_MAX];
};
/* Call at process start with the program's jail path and its open descriptor. */
void fj_exe_start(const char *jail_path, size_t len, int fd);
/* The program's jail path, as /proc/self/exe shows it. */
const char *fj_exe_path(void);
/* Is the program still there under that path? If it was renamed or removed, only the kernel knows
 * its name. */
bool fj_exe_is_known(struct fj_thread *t);

/* `place` is the exe link of a process in procfs, and `text` is its text. Appends to `out` what the
 * program must read there. Returns false if `text` is right. */
bool fj_exe_seen(
	struct fj_thread *t, const struct fj_place *place, const char *text, struct fj_str *out);

/* Replaces `place`, an exe link to be followed, by the place of the program itself. Returns 0 or
 * -errno. */
long fj_exe_find(struct fj_thread *t, unsigned how, struct fj_place *place);
/* fj_path_walk(), and where it comes to the exe link of a process and follows it, fj_exe_find(). */
long fj_exe_walk(struct fj_thread *t, int dirfd, const char *jail_path, unsigned how,
	struct fj_place *place);

#endif
