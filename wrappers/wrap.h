/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * wrap.h - one line defines a wrapper for a function of libc. For all files of this room.
 *
 *   WRAP(int, chmod, (const char *path, mode_t mode), fchmodat, AT_FDCWD, path, mode)
 *
 * defines chmod() with the prototype of libc's header (the compiler compares them) as the system
 * call fchmodat with these arguments, run by the engine. Outside a jail the same call goes to the
 * kernel. errno is set only here.
 *
 *   WRAP_CANCEL    is for a cancellation point (pthreads(7))
 *   WRAP_IF_ASKED  is for a call that the engine must see in some jails only; in others the call
 *                  goes to the kernel from here
 *   WRAP_AS        is for a name that no header declares */
#ifndef FJ_WRAP_H
#define FJ_WRAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "door/page.h"

#define HIDDEN __attribute__((visibility("hidden")))

typedef long (*fj_door_fn)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* The entry to the engine, which is looked for at the first call. */
extern HIDDEN fj_door_fn fj_door;

/* Must the engine see call `nr`? Outside a jail the answer is no. */
HIDDEN bool fj_asked(long nr);

/* Makes a system call from here. Only for calls that our filter does not trap, or outside a
 * jail. */
HIDDEN long fj_raw(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* The next definition of `name` in the program's search order: that of libc, or of another
 * preloaded library. NULL: none. */
HIDDEN void *fj_next(const char *name);

/* libc's function, where it exists: in glibc before 2.34 only in programs with threads. */
extern int pthread_setcanceltype(int type, int *old) __attribute__((weak));

static inline long fj_ret(long r)
{
	if ((unsigned long)r < (unsigned long)-4095L)
		return r;
	errno = (int)-r;
	return -1;
}

#define FJ_PICK(_1, _2, _3, _4, _5, _6, name, ...) name
#define FJ_ARGS1(a) (long)(a), 0, 0, 0, 0, 0
#define FJ_ARGS2(a, b) (long)(a), (long)(b), 0, 0, 0, 0
#define FJ_ARGS3(a, b, c) (long)(a), (long)(b), (long)(c), 0, 0, 0
#define FJ_ARGS4(a, b, c, d) (long)(a), (long)(b), (long)(c), (long)(d), 0, 0
#define FJ_ARGS5(a, b, c, d, e) (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0
#define FJ_ARGS6(a, b, c, d, e, f) (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
#define FJ_ARGS_OF(...)                                                                            \
	FJ_PICK(__VA_ARGS__, FJ_ARGS6, FJ_ARGS5, FJ_ARGS4, FJ_ARGS3, FJ_ARGS2, FJ_ARGS1, )         \
	(__VA_ARGS__)

#define CALL(name, ...) fj_ret(fj_through_door(__NR_##name, FJ_ARGS_OF(__VA_ARGS__)))

/* If a signal used by libc itself has interrupted the call, and its handler has returned, the call
 * is made again (ERESTARTSYS of the kernel; FJ_RESTART of preload/signal/waiting.h). */
static inline long fj_through_door(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	long r;

	do
		r = fj_door(nr, a0, a1, a2, a3, a4, a5);
	while (r == -512);
	return r;
}

#define WRAP(type, name, params, call, ...)                                                        \
	type name params                                                                           \
	{                                                                                          \
		return (type)CALL(call, __VA_ARGS__);                                              \
	}

#define WRAP_AS(type, name, params, call, ...)                                                     \
	type name params;                                                                          \
	WRAP(type, name, params, call, __VA_ARGS__)

#define WRAP_CANCEL(type, name, params, call, ...)                                                 \
	type name params                                                                           \
	{                                                                                          \
		const int cancel_type = fj_cancellation_begin();                                   \
		const type result = (type)CALL(call, __VA_ARGS__);                                 \
		fj_cancellation_end(cancel_type);                                                  \
		return result;                                                                     \
	}

#define WRAP_IF_ASKED(type, name, params, call, ...)                                               \
	type name params                                                                           \
	{                                                                                          \
		return (type)fj_ret((fj_asked(__NR_##call) ? fj_through_door : fj_raw)(            \
			__NR_##call, FJ_ARGS_OF(__VA_ARGS__)));                                    \
	}

/* The call may wait. So from here to the end a request to cancel the thread is obeyed at once, also
 * one that is pending, as in older glibcs (nptl/cancellation.c). */
static inline int fj_cancellation_begin(void)
{
	int old = 0;

	if (pthread_setcanceltype)
		pthread_setcanceltype(1, &old); /* PTHREAD_CANCEL_ASYNCHRONOUS */
	return old;
}
static inline void fj_cancellation_end(int type)
{
	if (pthread_setcanceltype)
		pthread_setcanceltype(type, NULL);
}

#endif
