/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * system.h - what the kernel says of the machine and of itself: uname(2), sysinfo(2), getrandom(2), capget(2).
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_SYSTEM_H
#define FJ_SYSCALL_SYSTEM_H

#include <stddef.h>

long fj_sys_uname(void *name);
long fj_sys_sysinfo(void *out);
long fj_sys_getrandom(void *to, size_t size, unsigned flags);
long fj_sys_capget(void *header, void *data);

#endif
