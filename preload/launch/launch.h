/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch.h - the steps from the launcher's command line to the jail's first program. */
#ifndef FJ_LAUNCH_H
#define FJ_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

/* launch.c: a call as the jail's own program would make it. */
long fj_call_of(struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c);

/* What remains once there is a jail: where the first program starts, who it is, and its exec. */
_Noreturn void fj_launch_program(struct fj_thread *t, char **envp);

/* inside.c: of files as whoever typed the command sees them, for what is said of a failure. Nothing
 * may be looked up in the jail afterwards. stat(2) by `path`; may it be run? */
struct stat;
long fj_caller_stat(struct fj_thread *t, const char *path, struct stat *st);
bool fj_caller_can_run(struct fj_thread *t, const char *path);
/* Open for reading what whoever typed the command has at `path`. The process's root stays. */
long fj_caller_open(struct fj_thread *t, const char *path);
/* Is this a jail inside a jail? */
bool fj_is_inside(void);

/* doors.c: which doors this jail has. */
void fj_doors_choose(struct fj_thread *t);
/* After that: where what earlier jails have found of texts is kept (patch/recalled.c). */
void fj_doors_recall(char **envp);

/* first_program.c: exec the command. */
_Noreturn void fj_first_run(struct fj_thread *t, char **envp);

/* inside_overlay.c: the root of a jail inside a jail is to be an overlay. Make its upper layer, before
 * there is a parent that stays; remove it; make the mount, in the jail's own namespace. */
void fj_inside_overlay_begin(struct fj_thread *t);
void fj_inside_overlay_leave(void);
void fj_inside_overlay_mount(struct fj_thread *t);

#endif
