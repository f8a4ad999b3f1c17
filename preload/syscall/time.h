/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * time.h - the calls of <time.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_TIME_H
#define FJ_SYSCALL_TIME_H

long fj_sys_nanosleep(const void *time, void *rest);
long fj_sys_clock_gettime(int clock, void *now);
long fj_sys_clock_nanosleep(int clock, int flags, const void *time, void *rest);

#endif
