/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd_close.h - close(2), which no file of the engine should need another header for.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_UNISTD_CLOSE_H
#define FJ_SYSCALL_UNISTD_CLOSE_H

long fj_sys_close(int fd);

#endif
