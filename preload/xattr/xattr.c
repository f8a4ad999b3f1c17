/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * xattr.c - asks the kernel about an attribute: the twelve calls of xattr(7), and the four newer
 * ones. Called by the other files of this room. */
#include "xattr/xattr.h"

#include "ownership/ownership.h"
#include "syscall/nr.h"
#include "syscall/syscall.h"
#include "syscall/xattr.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>

/* Uses the calls with a directory descriptor, which exist since Linux 6.13. */
static long ask_kernel_at(const struct fj_xattr *q, enum fj_xattr_what what)
{
	const struct fj_xattr_args args = {.value = q->value,
		.size = (uint32_t)(q->size < FJ_ATTRIBUTE_MAX ? q->size : FJ_ATTRIBUTE_MAX)};

	return what == FJ_XATTR_GET ?
		       fj_sys_getxattrat(q->file.dirfd, q->file.name, AT_SYMLINK_NOFOLLOW,
			       (const char *)q->name, &args, sizeof(args)) :
		       fj_sys_listxattrat(q->file.dirfd, q->file.name, AT_SYMLINK_NOFOLLOW,
			       (void *)q->value, q->size);
}

long fj_xattr_ask(const struct fj_xattr *q, enum fj_xattr_what what)
{
	static const int16_t by_path[] = {[FJ_XATTR_SET] = __NR_setxattr,
		[FJ_XATTR_GET] = __NR_getxattr,
		[FJ_XATTR_LIST] = __NR_listxattr,
		[FJ_XATTR_REMOVE] = __NR_removexattr};
	static const int16_t by_fd[] = {[FJ_XATTR_SET] = __NR_fsetxattr,
		[FJ_XATTR_GET] = __NR_fgetxattr,
		[FJ_XATTR_LIST] = __NR_flistxattr,
		[FJ_XATTR_REMOVE] = __NR_fremovexattr};
	/* For a file that was found by its name: symlinks have been followed already. */
	static const int16_t by_name[] = {[FJ_XATTR_SET] = __NR_lsetxattr,
		[FJ_XATTR_GET] = __NR_lgetxattr,
		[FJ_XATTR_LIST] = __NR_llistxattr,
		[FJ_XATTR_REMOVE] = __NR_lremovexattr};
	const long nr = !q->is_path ? by_fd[what] : q->file.name[0] ? by_name[what] : by_path[what];
	const uint64_t file = q->is_path ? (uint64_t)q->link : (uint64_t)(int64_t)q->file.dirfd;
	/* The kernel ignores what a call does not have. */
	const uint64_t of_name[] = {file, q->name, q->value, q->size, q->flags, 0};
	const uint64_t of_list[] = {file, q->value, q->size, 0, 0, 0};

	if (q->is_at)
		return ask_kernel_at(q, what);
	return fj_syscall(nr, what == FJ_XATTR_LIST ? of_list : of_name);
}
