/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_xattr.c - the hooks for extended attributes, by namespace (xattr(7)). Called through the
 * table.
 *
 *   user.*       on the disk, by the kernel's rules
 *   security.*, trusted.*, system.posix_acl_*   kept beside the record: the disk would refuse them
 *                to this user. If the record has none, a read asks the disk, which may have a label
 *                of the host, or an ACL that the user set from outside
 *   others       the kernel answers
 *
 * This file finds the file that a call names. xattr_one.c handles one attribute, xattr_list.c lists
 * names, inode/acl.c handles access control lists. */
#include "bytes/equal.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "call/translate.h"
#include "fast-path/fast.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "layers/union.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/syscall.h"
#include "union/change.h"
#include "union/union.h"
#include "walk/walk.h"
#include "xattr/xattr.h"

#include <linux/xattr.h>

static long perform_on(
	struct fj_call *c, const struct fj_xattr *q, enum fj_xattr_what what, struct fj_file *file)
{
	switch (what) {
	case FJ_XATTR_SET:
		return fj_xattr_set(c, q, file);
	case FJ_XATTR_GET:
		return fj_xattr_get(c, q, file);
	case FJ_XATTR_LIST:
		return fj_xattr_list(c->thread, q, file);
	case FJ_XATTR_REMOVE:
		return fj_xattr_remove(c, q, file);
	}
	return -ENOSYS;
}

static long read_name(struct fj_xattr *q, enum fj_xattr_what what)
{
	const long r = what == FJ_XATTR_LIST ? 1 : fj_guest_string(q->text, q->name, FJ_XATTR_NAME);

	/* -ERANGE for a name that is empty or too long: fs/xattr.c. */
	return r > 0 ? 0 : r == -EFAULT ? r : -ERANGE;
}

static long perform_on_file(struct fj_call *c, struct fj_xattr *q, enum fj_xattr_what what)
{
	struct fj_file file;
	long r = read_name(q, what);

	if (r < 0)
		return r;
	if (what != FJ_XATTR_LIST && __builtin_expect(fj_xattr_escape(c->thread, q) < 0, 0))
		return what == FJ_XATTR_SET ? -EPERM : -ENODATA;
	/* The kernel alone decides, and no record matters. */
	if (what != FJ_XATTR_LIST && !fj_xattr_is_kept(q->text) &&
		((what != FJ_XATTR_SET && what != FJ_XATTR_REMOVE) || !fj_owner_has_devices())) {
		r = fj_xattr_ask(q, what);
		/* "user." alone: of what can have none that is not looked at. */
		return r == -EINVAL && what == FJ_XATTR_GET && fj_owner_has_devices() &&
				       !fj_file_look(c, q->file.dirfd, q->file.name, AT_EMPTY_PATH,
					       &file) &&
				       (file.owner.flags & FJ_OWNER_DEVICE) ?
			       -ENODATA :
			       r;
	}
	r = fj_file_look(c, q->file.dirfd, q->file.name, AT_EMPTY_PATH, &file);
	return r < 0 ? r : perform_on(c, q, what, &file);
}

/* In a union, for the file in the layer that was asked first: is it a whiteout, or has it
 * attributes that the program must not see? Then a walk is needed. */
static bool is_unions_own(
	const struct fj_xattr *q, enum fj_xattr_what what, const struct fj_file *file)
{
	return (file->real_mode & FJ_S_IFMT) == FJ_S_IFCHR ||
	       (file->owner.flags & FJ_OWNER_DEVICE) ||
	       (what == FJ_XATTR_LIST ? file->owner.flags & FJ_OWNER_ATTRIBUTES :
					fj_begins(q->text, FJ_UNION_PREFIX));
}

/* A reading at a place that facts led to. */
struct xattr_call {
	struct fj_call *c;
	struct fj_xattr *q;
	enum fj_xattr_what what;
	bool follows;
	struct fj_file file;
};

static long look_for_xattr(struct fj_fast *quick, void *own)
{
	struct xattr_call *const a = own;

	a->q->file = quick->place;
	return fj_file_look(a->c, quick->place.dirfd, quick->place.name, 0, &a->file);
}

static enum fj_fast_seen see_xattr(struct fj_fast *quick, void *own, long *r)
{
	struct xattr_call *const a = own;

	if (!*r && a->follows && (a->file.real_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return FJ_SEEN_LINK;
	*r = *r ? *r : read_name(a->q, a->what);
	if (__builtin_expect(quick->is_layered, 0) &&
		(*r == -EACCES || (!*r && is_unions_own(a->q, a->what, &a->file))))
		return FJ_SEEN_UNSURE;
	*r = *r ? *r : perform_on(a->c, a->q, a->what, &a->file);
	/* (Old container policies say EPERM to a call that they do not know.) */
	return *r == -ENOSYS || *r == -EPERM ? FJ_SEEN_UNSURE : FJ_SEEN_ANSWER;
}

/* Reading, the usual case, from remembered facts and without opening the file. False: not decided.
 */
static bool read_quickly(struct fj_call *c, enum fj_xattr_what what, const char *jail_path,
	bool follows, struct fj_xattr *q, long *r)
{
	static bool no_getxattrat;
	struct xattr_call own = {.c = c, .q = q, .what = what, .follows = follows};
	struct fj_fast quick;

	if ((what != FJ_XATTR_GET && what != FJ_XATTR_LIST) || no_getxattrat ||
		!fj_fast_begin_layered(&quick, c->thread, AT_FDCWD, jail_path, c->path_len))
		return false;
	q->is_at = true;
	if (fj_fast_ask(&quick, false, look_for_xattr, see_xattr, FJ_SURE_ALL, &own, r))
		return true;
	no_getxattrat = no_getxattrat || *r == -ENOSYS;
	q->is_at = false;
	return false;
}

/* Arguments after the file: name, value, size, flags; listing has no name. */
static void read_arguments(
	struct fj_call *c, int first, enum fj_xattr_what what, struct fj_xattr *q)
{
	if (what != FJ_XATTR_LIST)
		q->name = fj_xattr_copy_name(c->thread, c->arg[first++]);
	q->value = c->arg[first];
	q->size = c->arg[first + 1];
	q->flags = (uint32_t)c->arg[first + 2];
}

/* ovl_set_acl() of fs/overlayfs/inode.c judges an access list before it copies the file up. Returns
 * the error, 1 if there is nothing to do, or 0 to go on. */
static long refuse_list(struct fj_call *c, struct fj_xattr *q, enum fj_xattr_what what)
{
	const bool sets = what == FJ_XATTR_SET;
	struct fj_file file;
	long r;

	if (read_name(q, what) || !fj_xattr_is_acl(q->text) ||
		(sets && (q->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE) ||
				 q->size > FJ_ATTRIBUTE_MAX)) ||
		fj_file_look(c, q->file.dirfd, q->file.name, AT_EMPTY_PATH, &file) < 0)
		return 0;
	r = fj_acl_may_set(c, q->text, &file, sets ? q->value : 0, sets ? q->size : 0);
	return r < 0 ? r : !r;
}

/* Is the file in a lower layer? */
static bool is_lower_file(struct fj_call *c, const struct fj_place *file)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *text = fj_scratch_path(c->thread);
	const bool is_absolute = file->name[0] == '/';
	const bool is = (is_absolute || fj_fd_target(file->dirfd, text) > 0) &&
			fj_union_is_lower(is_absolute ? file->name : text);

	fj_scratch_release(c->thread, mark);
	return is;
}

/* xattr_permission() of fs/xattr.c: only regular files and directories can have attributes of users. */
static long refuse_type(struct fj_call *c, struct fj_xattr *q, enum fj_xattr_what what)
{
	struct fj_file file;
	uint32_t type;

	if (read_name(q, what) || !fj_begins(q->text, XATTR_USER_PREFIX) ||
		fj_file_look(c, q->file.dirfd, q->file.name, AT_EMPTY_PATH, &file) < 0)
		return 0;
	type = file.owner.mode & FJ_S_IFMT;
	return type == FJ_S_IFREG || type == FJ_S_IFDIR ? 0 : -EPERM;
}

/* ovl_xattr_set() of fs/overlayfs/xattrs.c: a file is not copied up to remove an attribute that it
 * lacks. (An access list that does not exist may be removed from a copy, but not from a lower file:
 * ovl_set_or_remove_acl() of fs/overlayfs/inode.c.) Returns the error, 1 if there is nothing to do,
 * or 0 to go on. */
__attribute__((noinline)) static long refuse_if_lacking(
	struct fj_call *c, const struct fj_xattr *q, enum fj_xattr_what what)
{
	struct fj_xattr asked = *q;
	long r = what == FJ_XATTR_SET ? fj_early_complaint(c, 0) : 0;

	if (!r)
		r = refuse_list(c, &asked, what);
	if (!r)
		r = refuse_type(c, &asked, what);
	if (r || what == FJ_XATTR_SET)
		return r;
	asked.value = asked.size = 0;
	if (perform_on_file(c, &asked, FJ_XATTR_GET) != -ENODATA)
		return 0;
	if (fj_xattr_is_acl(asked.text))
		return is_lower_file(c, &asked.file) ? -ENODATA : 0;
	return fj_xattr_is_kept(asked.text) ? -ENODATA :
					      perform_on_file(c, &asked, FJ_XATTR_REMOVE);
}

__attribute__((noinline)) static long path_lacks(struct fj_call *c, int dirfd,
	const char *jail_path, unsigned how, const struct fj_xattr *q, enum fj_xattr_what what)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_xattr asked = *q;
	long r = 0;

	if (!fj_find_object(c, dirfd, jail_path, how, 0, &asked.file)) {
		asked.link = fj_place_path(c->thread, &asked.file);
		r = refuse_if_lacking(c, &asked, what);
		fj_place_done(&asked.file);
	}
	fj_scratch_release(c->thread, mark);
	return r;
}

/* The file at the end of a path. `follow`: FJ_FOLLOW or 0. */
static long on_path(struct fj_call *c, int dirfd, const char *jail_path, unsigned follow,
	struct fj_xattr *q, enum fj_xattr_what what)
{
	const bool writes = c->row->flags & FJ_WRITES;
	long r;

	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && writes &&
		(r = path_lacks(c, dirfd, jail_path, follow, q, what)))
		return r < 0 ? r : 0;
	r = fj_find_object(
		c, dirfd, jail_path, follow | (writes ? FJ_WRITE | FJ_COPY_UP : 0), 0, &q->file);
	if (r < 0)
		return fj_early_complaint(c, r);
	q->link = fj_place_path(c->thread, &q->file);
	r = perform_on_file(c, q, what);
	fj_place_done(&q->file);
	return r;
}

static long by_path(struct fj_call *c, enum fj_xattr_what what)
{
	const bool is_link = c->row->kind[0] == FJ_LPATH;
	struct fj_xattr q = {.is_path = true};
	long r;
	const char *jail_path = fj_arg_path(c, 0, &r);

	if (!jail_path)
		return fj_early_complaint(c, r ? r : c->arg[0] ? -ENOENT : -EFAULT);
	read_arguments(c, 1, what, &q);
	return read_quickly(c, what, jail_path, !is_link, &q, &r) ?
		       r :
		       on_path(c, AT_FDCWD, jail_path, is_link ? 0 : FJ_FOLLOW, &q, what);
}

static long on_fd(struct fj_call *c, int fd, struct fj_xattr *q, enum fj_xattr_what what)
{
	const long flags = fj_sys_fcntl(fd, F_GETFL, 0);
	const bool writes = what == FJ_XATTR_SET || what == FJ_XATTR_REMOVE;
	long r;

	q->file = (struct fj_place){.dirfd = fd, .owned_fd = -1, .name = ""};
	if (flags < 0 || (flags & O_PATH))
		return fj_early_complaint(c, -EBADF);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && writes &&
		(r = refuse_if_lacking(c, q, what)))
		return r < 0 ? r : 0;
	r = writes ? fj_union_before_change(c->thread, fd) : 0;
	return r < 0 ? r : perform_on_file(c, q, what);
}

static long by_fd(struct fj_call *c, enum fj_xattr_what what)
{
	struct fj_xattr q = {.is_path = false};

	read_arguments(c, 1, what, &q);
	return on_fd(c, (int)c->arg[0], &q, what);
}

/* setxattrat(2) and the like, since Linux 6.13. Two of them have value, size and flags in a structure. */
static long at_path(struct fj_call *c, enum fj_xattr_what what)
{
	const uint32_t flags = (uint32_t)c->arg[2];
	const bool has_args = what == FJ_XATTR_SET || what == FJ_XATTR_GET;
	struct fj_xattr_args args = {0};
	const int fd = fj_arg_dirfd(c, 1);
	struct fj_xattr q = {.value = c->arg[3], .size = c->arg[4]};
	q.name = what == FJ_XATTR_LIST ? 0 : fj_xattr_copy_name(c->thread, c->arg[3]);

	/* The kernel refuses these flags with EINVAL; a kernel without the call returns ENOSYS. */
	long r = fj_syscall(c->nr, (uint64_t[]){(uint64_t)-1, (uint64_t) "", (uint64_t)-1,
					   c->arg[3], c->arg[4], c->arg[5]});
	if (r != -EINVAL || (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return r;
	if (has_args) {
		if (c->arg[5] < sizeof(args))
			return -EINVAL;
		if (c->arg[5] > FJ_PAGE)
			return -E2BIG;
		if (fj_guest_read(&args, c->arg[4], sizeof(args)))
			return -EFAULT;
		if (what == FJ_XATTR_GET && args.flags)
			return -EINVAL;
		q.value = args.value;
		q.size = args.size;
		q.flags = args.flags;
	}
	const char *jail_path = fj_arg_path(c, 1, &r);
	if (!jail_path && (r || !(flags & AT_EMPTY_PATH)))
		return fj_early_complaint(c, r ? r : c->arg[1] ? -ENOENT : -EFAULT);
	/* AT_FDCWD is no descriptor for some of these calls: path_removexattrat() of fs/xattr.c. */
	if (!jail_path && fd == AT_FDCWD && !has_args) {
		r = fj_syscall(
			c->nr, (uint64_t[]){(uint64_t)fd, (uint64_t) "", AT_EMPTY_PATH,
				       what == FJ_XATTR_LIST ? 0 : (uint64_t) "user.", 0, 0});
		if (r == -EBADF)
			return r;
	}
	q.is_path = jail_path || fd == AT_FDCWD;
	return q.is_path ? on_path(c, fd, jail_path ? jail_path : ".",
				   flags & AT_SYMLINK_NOFOLLOW ? 0 : FJ_FOLLOW, &q, what) :
			   on_fd(c, fd, &q, what);
}

long fj_hook_setxattrat(struct fj_call *c)
{
	return at_path(c, FJ_XATTR_SET);
}
long fj_hook_getxattrat(struct fj_call *c)
{
	return at_path(c, FJ_XATTR_GET);
}
long fj_hook_listxattrat(struct fj_call *c)
{
	return at_path(c, FJ_XATTR_LIST);
}
long fj_hook_removexattrat(struct fj_call *c)
{
	return at_path(c, FJ_XATTR_REMOVE);
}
long fj_hook_setxattr(struct fj_call *c)
{
	return by_path(c, FJ_XATTR_SET);
}
long fj_hook_getxattr(struct fj_call *c)
{
	return by_path(c, FJ_XATTR_GET);
}
long fj_hook_listxattr(struct fj_call *c)
{
	return by_path(c, FJ_XATTR_LIST);
}
long fj_hook_removexattr(struct fj_call *c)
{
	return by_path(c, FJ_XATTR_REMOVE);
}
long fj_hook_fsetxattr(struct fj_call *c)
{
	return by_fd(c, FJ_XATTR_SET);
}
long fj_hook_fgetxattr(struct fj_call *c)
{
	return by_fd(c, FJ_XATTR_GET);
}
long fj_hook_flistxattr(struct fj_call *c)
{
	return by_fd(c, FJ_XATTR_LIST);
}
long fj_hook_fremovexattr(struct fj_call *c)
{
	return by_fd(c, FJ_XATTR_REMOVE);
}
