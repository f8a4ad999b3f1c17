/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr.h - one request about an extended attribute, and how to ask the disk. For the files of this
 * room. */
#ifndef FJ_XATTR_H
#define FJ_XATTR_H

#include "layers/place.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;
struct fj_file;

#define FJ_XATTR_NAME (NAME_MAX + 1)

struct fj_xattr_args { /* struct xattr_args, linux/xattr.h */
	uint64_t value;
	uint32_t size, flags;
};

/* The arguments of the call, for any of the sixteen calls. */
struct fj_xattr {
	struct fj_place file; /* opened with O_PATH, or the program's own descriptor */
	bool is_path;
	bool is_at; /* `file` is a directory and a name, not opened: only for getxattrat(2) and
		       listxattrat(2) */
	uint64_t name, value;
	uint64_t size;
	uint32_t flags;
	char text[FJ_XATTR_NAME];
	char *link; /* path for the kernel: setxattr(2) takes no O_PATH descriptor */
};

enum fj_xattr_what { FJ_XATTR_SET, FJ_XATTR_GET, FJ_XATTR_LIST, FJ_XATTR_REMOVE };

/* Copies the name of an attribute at the program's address `name` into scratch memory: it is judged by its text and then given
 * to the kernel, and another thread may change the program's. Returns the copy's address. A name that is too long becomes an
 * empty one, which has the same error; a bad pointer one that is always bad. */
uint64_t fj_xattr_copy_name(struct fj_thread *t, uint64_t name);

/* Asks the kernel to do `what` on the disk. `q->value` is in the program's memory. Returns the kernel's
 * result; -ENOSYS from a kernel without the calls that `is_at` needs. */
long fj_xattr_ask(const struct fj_xattr *q, enum fj_xattr_what what);

/* Is `name` that of an access control list? fj_xattr_is_kept(): can a record have the attribute? It can
 * have security.*, trusted.* and access control lists. */
bool fj_xattr_is_acl(const char *name);
bool fj_xattr_is_kept(const char *name);
/* May root set this value as security.capability? 0, -EINVAL or -EFAULT, as from cap_convert_nscap() of
 * security/commoncap.c. */
long fj_xattr_check_capability(uint64_t value, uint64_t size);
/* Sets, reads or removes the attribute `q->text` of `file`, which was looked at. Returns the result
 * of the call. */
long fj_xattr_set(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file);
long fj_xattr_get(struct fj_call *c, const struct fj_xattr *q, const struct fj_file *file);
long fj_xattr_remove(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file);

/* listxattr(2) of `q`, whose `file` was looked at: the kernel's names, then the record's. Returns
 * the length, or -ERANGE, -EFAULT, or the kernel's error. */
long fj_xattr_list(struct fj_thread *t, const struct fj_xattr *q, const struct fj_file *file);
/* Changes the name in `q` to the one that the attribute has on the disk, in a union. Returns 0, or
 * -EPERM for an attribute that no program may see or set. */
long fj_xattr_escape(struct fj_thread *t, struct fj_xattr *q);

#endif
