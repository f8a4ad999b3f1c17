/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * syscall.h - system calls whose number is not known when the engine is built, as syscall(2) has them. All others are
 * functions of their own; the other headers of this room declare them. */
#ifndef FJ_SYSCALL_H
#define FJ_SYSCALL_H

#include <stdint.h>

/* Makes the call with its six arguments; the kernel ignores those that the call does not have. Returns the kernel's result, or
 * -errno. */
long fj_syscall(long nr, const uint64_t arg[6]);

#endif
