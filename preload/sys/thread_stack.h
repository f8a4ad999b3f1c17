/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * thread_stack.h - where in a thread area the engine stack is. For sys/thread.c, and for code that looks at addresses on
 * that stack.
 *
 * The area begins with free space, into which the stack grows; then come struct fj_thread and the other sections. */
#ifndef FJ_THREAD_STACK_H
#define FJ_THREAD_STACK_H

#include "sys/page.h"

#include <stdint.h>

struct fj_thread; /* sys/thread.h */

#define FJ_THREAD_AREA_SIZE                                                                        \
	(256u * 1024) /* mapped without reserve: only touched pages cost memory */
/* The offset in a thread area where its stack ends and struct fj_thread begins. Short calls use the
 * end of the stack and the beginning of the scratch memory. Both are in one page, since each page
 * that is touched costs a process a page fault, and its forked child another one. */
#define FJ_THREAD_AREA_STACK (37u * FJ_PAGE + 2560)

static inline uintptr_t fj_thread_stack_top(const struct fj_thread *t)
{
	return (uintptr_t)t;
}
static inline uintptr_t fj_thread_stack_bottom(const struct fj_thread *t)
{
	return (uintptr_t)t - FJ_THREAD_AREA_STACK;
}

#endif
