/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * args.h - the arguments of a call, by the kinds that calls.def gives them. For hooks and
 * permission/. */
#ifndef FJ_ARGS_H
#define FJ_ARGS_H

#include "bytes/hash.h"
#include "call/call.h"
#include "call/row.h"
#include "sys/thread.h"

#include <linux/fcntl.h>
#include <stdint.h>

enum fj_kind;

/* The index of the first argument of `kind`, or -1. */
static inline int fj_arg_index(const struct fj_call *c, enum fj_kind kind)
{
	const uint64_t one_each = 0x0101010101010101UL;
	const uint64_t differs = fj_load8((const char *)c->row->kind) ^ one_each * kind;
	const uint64_t zeros = (differs - one_each) & ~differs & one_each << 7;

	return zeros ? __builtin_ctzll(zeros) / 8 : -1;
}
/* The value of the first argument of `kind`, or `otherwise` when the row has none of the kind. */
static inline uint64_t fj_arg(const struct fj_call *c, enum fj_kind kind, uint64_t otherwise)
{
	const int i = fj_arg_index(c, kind);

	return i < 0 ? otherwise : c->arg[i];
}
/* The descriptor that belongs to path argument `i`, or AT_FDCWD. It is narrowed to int here: libc
 * may leave any value in the upper half of an int argument. */
static inline int fj_arg_dirfd(const struct fj_call *c, int i)
{
	return i > 0 && c->row->kind[i - 1] == FJ_DIRFD ? (int)c->arg[i - 1] : AT_FDCWD;
}

/* Copies path argument `i` from the program, and sets c->path_len. Returns the copy, which is the
 * last thing in scratch memory, and 0 in `*error`. Otherwise returns NULL. `*error` is then -EFAULT;
 * -ENAMETOOLONG, if the path has PATH_MAX bytes or more; in both cases the kernel's error, if it looks at other arguments first; or 0,
 * if the argument is NULL or empty, or is not looked at, and the kernel must judge the call as it is. An empty path is replaced by one
 * of the engine's, and one with an error by one that always has it. Async-signal-safe. */
char *fj_arg_path(struct fj_call *c, int i, long *error);

/* Replaces what decides whether the caller may make the call by copies in scratch memory: paths, names of attributes, the
 * structure of openat2(2), the address of bind(2), the times of utimensat(2). What is judged is then what the hook uses,
 * whatever another thread writes there. A bad pointer becomes one that is always bad. Async-signal-safe. */
void fj_args_copy(struct fj_call *c);

/* For the hooks of stat(2) and the like, which read and change what the kernel has written at the pointer argument of
 * that kind. Another thread may unmap or protect that memory meanwhile. So in a process that has had several threads, this calls
 * `hook` again with memory of the engine in place of it, which is then copied to the program. Returns whether it did so; `*r` is
 * then the result: -EFAULT if that copy fails, else that of `hook`. */
bool fj_arg_copied(struct fj_call *c, long (*hook)(struct fj_call *), long *r);
static inline bool fj_arg_in_copy(struct fj_call *c, long (*hook)(struct fj_call *), long *r)
{
	return __builtin_expect(fj_thread_has_company(), 0) && fj_arg_copied(c, hook, r);
}

#endif
