/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr.h - one request about an extended attribute, and asking the disk about it. */
#ifndef FJ_XATTR_H
#define FJ_XATTR_H

#include "layers/place.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

struct fj_call;
struct fj_file;

#define FJ_XATTR_NAME (FJ_NAME_MAX + 1)

struct fj_xattr_args { /* struct xattr_args, linux/xattr.h */
	uint64_t value;
	uint32_t size, flags;
};

/* The call's arguments, whichever of the twelve calls it is. */
struct fj_xattr {
	struct fj_place file; /* opened with O_PATH, or the program's own descriptor */
	bool is_path;
	bool is_at; /* a place by its name, not opened: getxattrat(2) and listxattrat(2) only */
	uint64_t name, value;
	uint64_t size;
	uint32_t flags;
	char text[FJ_XATTR_NAME];
	char *link; /* for the kernel: setxattr(2) takes no O_PATH descriptor */
};

enum fj_xattr_what { FJ_XATTR_SET, FJ_XATTR_GET, FJ_XATTR_LIST, FJ_XATTR_REMOVE };

/* What the disk says, or does. `q->value` is in the program's memory. Returns the kernel's result;
 * -ENOSYS from a kernel that lacks what `is_at` needs. */
long fj_xattr_ask(const struct fj_xattr *q, enum fj_xattr_what what);

/* Is `name` an access control list's? Is it one that the record may have: security.*, trusted.* or
 * such a list? */
bool fj_xattr_is_acl(const char *name);
bool fj_xattr_is_kept(const char *name);
/* Set, read or remove `q->text` of `file`, which has been looked at. The result of the call. */
long fj_xattr_set(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file);
long fj_xattr_get(struct fj_call *c, const struct fj_xattr *q, const struct fj_file *file);
long fj_xattr_remove(struct fj_call *c, const struct fj_xattr *q, struct fj_file *file);

/* listxattr(2) of `q`, whose `file` has been looked at: the kernel's names, then the record's.
 * Returns the length, or -ERANGE, -EFAULT, or the kernel's errno. */
long fj_xattr_list(struct fj_call *c, const struct fj_xattr *q, const struct fj_file *file);
/* The name in `q` becomes the one that the file's attribute has on the disk, in a union. Returns 0, or
 * -EPERM of one that nobody may see or set. */
long fj_xattr_escape(struct fj_call *c, struct fj_xattr *q);

#endif
