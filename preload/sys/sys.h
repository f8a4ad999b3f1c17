/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys.h - system calls without libc, with the numbers, errors, flags and limits of the kernel. For all
 * rooms.
 *
 * This is the lowest room: it knows nothing of jails. Everything in it may be called in a signal
 * handler, before libc and without it. Results are the kernel's: a value, or -errno. */
#ifndef FJ_SYS_H
#define FJ_SYS_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_PATH_MAX 4096 /* linux/limits.h: bytes of a path with its NUL */
#define FJ_NAME_MAX 255	 /* linux/limits.h: bytes of one component */

/* MAXSYMLINKS of include/linux/namei.h: how many symlinks one lookup follows. */
#define FJ_MAX_LINKS 40

#define FJ_ARGS 6 /* arguments of a system call */

typedef long (*fj_gate_fn)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* The function that enters the kernel: gate.S where it was linked, later its copy on the gate
 * page. */
extern fj_gate_fn fj_gate;

#define fj_sys6(nr, a, b, c, d, e, f)                                                              \
	fj_gate(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define fj_sys5(nr, a, b, c, d, e) fj_sys6(nr, a, b, c, d, e, 0)
#define fj_sys4(nr, a, b, c, d) fj_sys6(nr, a, b, c, d, 0, 0)
#define fj_sys3(nr, a, b, c) fj_sys6(nr, a, b, c, 0, 0, 0)
#define fj_sys2(nr, a, b) fj_sys6(nr, a, b, 0, 0, 0, 0)
#define fj_sys1(nr, a) fj_sys6(nr, a, 0, 0, 0, 0, 0)
#define fj_sys0(nr) fj_sys6(nr, 0, 0, 0, 0, 0, 0)

/* The values -4095..-1 are errors, as in the kernel's IS_ERR_VALUE. */
static inline bool fj_is_err(long r)
{
	return (unsigned long)r >= (unsigned long)-4095L;
}

/* close(2), of a descriptor that the engine has opened. */
void fj_close(int fd);

#endif
