/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * child.h - a child of the moment: it shares our memory and our directories, and has a table of
 * descriptors of its own, which begins as ours is. */
#ifndef FJ_CHILD_H
#define FJ_CHILD_H

/* Let one call `run`(`data`), and wait for its end. It has the caller's stack, further down, and so
 * the caller's area. What is sent to the process group does not reach it, but for what cannot be
 * blocked. 0, whatever became of it; or -EAGAIN and the like: there was none. */
long fj_child_run(void (*run)(void *data), void *data);

#endif
