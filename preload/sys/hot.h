/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hot.h - where the linker puts a function or a variable, and what is inlined. For all rooms. */
#ifndef FJ_HOT_H
#define FJ_HOT_H

/* For large static buffers that most processes never touch. The linker sorts by the name of the
 * section: what every start writes to lies before these, in few pages. */
#define FJ_BULKY __attribute__((section(".bss.zz")))

/* For functions in the most frequent calls: the linker puts them together. After a system call
 * little of the engine is left in the processor's caches, so each cache line of text costs a call
 * some nanoseconds. */
#define FJ_HOT __attribute__((hot))

/* For functions that are inlined in each place where they are called. An unoptimized build keeps the variables of each
 * inlined copy apart, which may be too many for an engine stack: there they are not inlined. */
#ifdef __OPTIMIZE__
#define FJ_INLINED __attribute__((always_inline))
#else
#define FJ_INLINED
#endif

#endif
