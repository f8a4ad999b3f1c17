/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * poll.h - the calls of <poll.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_POLL_H
#define FJ_SYSCALL_POLL_H

long fj_sys_poll(void *fds, unsigned count, int timeout_ms);

#endif
