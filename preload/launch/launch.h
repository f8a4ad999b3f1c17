/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch.h - the steps from the launcher's command line to the jail's first program. Used by this room. */
#ifndef FJ_LAUNCH_H
#define FJ_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

struct fj_thread;

/* launch.c: make a system call as a program of the jail would. Returns its result. */
long fj_call_of(struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c);

/* The last steps, when the jail exists: change to the first program's directory, take its identity, exec
 * it. */
_Noreturn void fj_launch_program(struct fj_thread *t, char **envp);

/* inside.c: stat(2) and access(2) of files as the user who typed the command sees them, for error messages.
 * Nothing may be looked up in the jail afterwards. */
struct stat;
long fj_caller_stat(struct fj_thread *t, const char *path, struct stat *st);
bool fj_caller_can_run(struct fj_thread *t, const char *path);
/* Open, for reading, the file that the user who typed the command sees at `path`. The process's root is
 * unchanged. Returns a descriptor or -errno. */
long fj_caller_open(struct fj_thread *t, const char *path);
/* Is this a jail inside a jail? */
bool fj_is_inside(void);

/* doors.c: choose the doors of this jail. */
void fj_doors_choose(struct fj_thread *t);
/* Call after fj_doors_choose(): choose the directory of texts of earlier jails (patch/recalled.c). */
void fj_doors_recall(char **envp);

/* first_program.c: exec the command. */
_Noreturn void fj_first_run(struct fj_thread *t, char **envp);

/* inside_overlay.c: the root of a jail inside a jail will be an overlay. The first function makes the upper
 * layer, before the parent process is made; the second removes it at the end; the third mounts the overlay, in
 * the inner jail's mount namespace. The first and the third end the process, with a message and status 125, if
 * they fail. */
void fj_inside_overlay_begin(struct fj_thread *t);
void fj_inside_overlay_leave(void);
void fj_inside_overlay_mount(struct fj_thread *t);

#endif
