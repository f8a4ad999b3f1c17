/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.h - runs one function in a short-lived child process. The child shares our memory and our working
 * directory. It has a table of descriptors of its own, which starts as a copy of ours. */
#ifndef FJ_CHILD_H
#define FJ_CHILD_H

/* Run `run`(`data`) in a child, and wait until the child ends. It runs further down on the caller's stack,
 * and so uses the caller's thread area. Signals to the process group do not reach it, except those that
 * cannot be blocked. It is killed when its parent ends. Returns 0 whatever happened to the child, or -errno
 * (-EAGAIN, for example) if no child could be made. */
long fj_child_run(void (*run)(void *data), void *data);

#endif
