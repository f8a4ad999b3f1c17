/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ioctl.h - the calls of <sys/ioctl.h> and <sys/file.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_IOCTL_H
#define FJ_SYSCALL_IOCTL_H

long fj_sys_ioctl(int fd, unsigned command, unsigned long arg);
long fj_sys_flock(int fd, unsigned operation);

#endif
