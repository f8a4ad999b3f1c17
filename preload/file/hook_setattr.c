/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_setattr.c - the hooks of chown and chmod, by path and by descriptor; of calls that watch for
 * such changes; of truncate, which clears set-id bits; of times, also those of a pretended device
 * by its descriptor. Called through the table.
 *
 * chmod and truncate ask the kernel first: only the kernel knows whether the file may be reached
 * and written. Then the record says what was meant. */
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "call/translate.h"
#include "cred/ids.h"
#include "fast-path/fast.h"
#include "inode/device.h"
#include "inode/owned.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/nr.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "union/change.h"
#include "walk/walk.h"

#include <asm/unistd.h>

/* linux/inotify.h: all events but reading, opening, and closing by a reader */
#define CHANGES 0xfceu
#define IN_DONT_FOLLOW_ 0x02000000u

/* Finds the object of the path argument. With AT_EMPTY_PATH and an empty path it is the program's
 * own descriptor. */
static long find_argument(struct fj_call *c, uint64_t known_flags, struct fj_place *object)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const uint64_t flags = (uint32_t)fj_arg(c, FJ_ATFLAGS, 0);
	const unsigned how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : FJ_FOLLOW) | FJ_WRITE | FJ_COPY_UP;
	char *jail_path;
	long r;

	if (flags & ~known_flags)
		return -EINVAL;
	jail_path = fj_arg_path(c, i, &r);
	if (jail_path)
		return fj_find_object(c, fj_arg_dirfd(c, i), jail_path, how, 0, object);
	if (r)
		return r;
	if (!c->arg[i])
		return -EFAULT;
	if (!(flags & AT_EMPTY_PATH))
		return -ENOENT;
	r = fj_union_before_change(c->thread, fj_arg_dirfd(c, i));
	if (r < 0)
		return r;
	*object = (struct fj_place){.dirfd = fj_arg_dirfd(c, i), .owned_fd = -1, .name = ""};
	if (object->dirfd == AT_FDCWD)
		object->name = ".";
	return 0;
}

static long chown_object(struct fj_call *c, int dirfd, const char *name, uint32_t uid, uint32_t gid)
{
	struct fj_file file;
	struct statx sx;
	long r = fj_file_statx(
		c, dirfd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx, &file);

	if (r < 0)
		return r;
	fj_file_find_home(c, dirfd, name, &file);
	return fj_file_chown(c, dirfd, name, &sx, &file, uid, gid);
}

/* A chown at a place that facts led to: the file as it was looked at there. */
struct chown_call {
	struct fj_call *c;
	bool follows;
	struct fj_file file;
	struct statx sx;
};

static long look_for_chown(struct fj_fast *q, void *own)
{
	struct chown_call *const a = own;

	return fj_file_statx(a->c, q->place.dirfd, q->place.name, AT_SYMLINK_NOFOLLOW,
		STATX_BASIC_STATS, &a->sx, &a->file);
}

static enum fj_fast_seen see_for_chown(struct fj_fast *q, void *own, long *r)
{
	const struct chown_call *const a = own;

	return *r || (a->follows && (a->file.real_mode & FJ_S_IFMT) == FJ_S_IFLNK) ||
			       (q->is_layered && fj_union_shows_whiteout(&a->sx)) ||
			       a->file.key.stamp == FJ_OWNER_NO_STAMP || /* it gets a tag */
			       fj_file_is_layered(&a->file, q->place.dirfd, q->place.name) ?
		       FJ_SEEN_UNSURE :
		       FJ_SEEN_ANSWER;
}

/* The usual case, by remembered facts: the record goes to the file that was looked at, even if the
 * name leads to another file a moment later. (chmod must not do so: it changes the disk, and the
 * name might then lead out of the jail. What chown changes on the disk is opened first.) Returns
 * false if this way cannot be used. */
static bool chown_quick(struct fj_call *c, uint32_t uid, uint32_t gid, long *r)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const uint64_t flags = (uint32_t)fj_arg(c, FJ_ATFLAGS, 0);
	struct chown_call own = {.c = c, .follows = !flags};
	struct fj_fast q;
	char *jail_path;

	if ((flags & ~(uint64_t)AT_SYMLINK_NOFOLLOW) || fj_mount_flags()->has_read_only)
		return false;
	jail_path = fj_arg_path(c, i, r);
	if (!jail_path ||
		!fj_fast_begin_in_upper(&q, c->thread, fj_arg_dirfd(c, i), jail_path, c->path_len))
		return false;
	if (!fj_fast_ask(&q, false, look_for_chown, see_for_chown, FJ_SURE_DONE, &own, r))
		return false;
	fj_file_find_home(c, q.place.dirfd, q.place.name, &own.file);
	*r = fj_file_chown(c, q.place.dirfd, q.place.name, &own.sx, &own.file, uid, gid);
	return *r != -EAGAIN;
}

long fj_hook_chown(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_INT);
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place object;
	long r;

	if (chown_quick(c, (uint32_t)c->arg[i], (uint32_t)c->arg[i + 1], &r))
		return r;
	fj_scratch_release(c->thread, mark);
	r = find_argument(c, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &object);
	if (r < 0)
		return r;
	r = chown_object(
		c, object.dirfd, object.name, (uint32_t)c->arg[i], (uint32_t)c->arg[i + 1]);
	fj_place_done(&object);
	return r;
}

long fj_hook_fchown(struct fj_call *c)
{
	const int fd = (int)c->arg[0];
	const long r = fj_sys_fcntl(fd, F_GETFL, 0);

	long up;

	if (r < 0 || (r & O_PATH))
		return -EBADF;
	up = fj_union_before_change(c->thread, fd);
	return up < 0 ? up : chown_object(c, fd, "", (uint32_t)c->arg[1], (uint32_t)c->arg[2]);
}

/* In a union changes are made in the upper layer, so the file to be watched is copied up. If it
 * cannot be copied up, it cannot be changed either. */
static void bring_watched_up(struct fj_call *c)
{
	const uint32_t mark = fj_scratch_mark(c->thread), wish = (uint32_t)c->arg[2];
	struct fj_place place;
	long r;
	const char *jail_path = wish & CHANGES ? fj_arg_path(c, 1, &r) : NULL;
	const unsigned how = wish & IN_DONT_FOLLOW_ ? 0 : FJ_FOLLOW;

	if (jail_path && fj_path_walk(c->thread, AT_FDCWD, jail_path, how | FJ_WRITE | FJ_COPY_UP,
				 &place) >= 0)
		fj_place_done(&place);
	fj_scratch_release(c->thread, mark);
}

/* Only the kernel tells processes that watch about changes of owner. */
long fj_hook_watch(struct fj_call *c)
{
	struct stat st;
	long r, flags;

	/* Inotify and fanotify descriptors have no file type. */
	if (!fj_sys_fstat(c->arg[0], &st) &&
		(!(st.st_mode & FJ_S_IFMT) || (st.st_mode & FJ_S_IFMT) == FJ_S_IFREG))
		fj_owner_watches();
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && c->nr == __NR_inotify_add_watch)
		bring_watched_up(c);
	r = fj_hook_translate(c);
	if (r >= 0 || r == -EINVAL)
		return r;
	/* The kernel looks at this descriptor before the path. */
	flags = fj_sys_fcntl(c->arg[0], F_GETFL, 0);
	return flags < 0 || (flags & O_PATH) ? -EBADF : r;
}

long fj_hook_chmod(struct fj_call *c)
{
	const uint64_t known = c->nr == __NR_fchmodat2 ? AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH : 0;
	const uint32_t mode = (uint32_t)fj_arg(c, FJ_MODE, 0);
	struct fj_file file;
	struct fj_place object;
	long r = find_argument(c, known, &object);

	if (r < 0)
		return r;
	r = fj_file_look(c, object.dirfd, object.name, AT_EMPTY_PATH, &file);
	if (!r)
		r = fj_file_chmod(c, object.dirfd, object.name, &file,
			fj_owner_mode_allowed(fj_ids(), &file.owner, mode));
	fj_place_done(&object);
	return r;
}

long fj_hook_fchmod(struct fj_call *c)
{
	const int fd = (int)c->arg[0];
	struct fj_file file;
	long r = fj_sys_fcntl(fd, F_GETFL, 0);

	if (r < 0 || (r & O_PATH))
		return -EBADF;
	r = fj_union_before_change(c->thread, fd);
	if (!r)
		r = fj_file_look(c, fd, "", AT_EMPTY_PATH, &file);
	if (!r && file.real_uid != fj_owner_real_uid())
		/* The kernel will refuse the chmod, so only this call tells EROFS, and advances
		 * the ctime. */
		r = fj_sys_fchown(fd, -1, -1);
	return r < 0 ? r :
		       fj_file_chmod(c, fd, "", &file,
			       fj_owner_mode_allowed(fj_ids(), &file.owner, (uint32_t)c->arg[1]));
}

static long truncate_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_file file;
	long r;

	/* On the disk a pretended device is a regular file. */
	if (count && fj_owner_has_devices() &&
		!fj_file_look(c, place[0]->dirfd, place[0]->name, AT_EMPTY_PATH, &file) &&
		(file.owner.flags & FJ_OWNER_DEVICE))
		return -EINVAL;
	r = fj_kernel(c);
	if (!r && count)
		fj_file_written(c, place[0]->dirfd, place[0]->name);
	return r;
}

long fj_hook_truncate(struct fj_call *c)
{
	const long r = fj_early_answer(c);

	return r < 1 ? r : fj_translate(c, truncate_around);
}

/* On the disk a pretended device is a regular file, which has flags that a device lacks. */
static long fileattr_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	struct fj_file file;

	return count && fj_owner_has_devices() &&
			       !fj_file_look(
				       c, place[0]->dirfd, place[0]->name, AT_EMPTY_PATH, &file) &&
			       (file.owner.flags & FJ_OWNER_DEVICE) ?
		       fj_early_complaint(c, -EOPNOTSUPP) :
		       fj_kernel(c);
}

long fj_hook_fileattr(struct fj_call *c)
{
	return fj_translate(c, fileattr_around);
}

/* Since Linux 5.8 the object is named by its descriptor alone. On older kernels it is named by its link
 * in procfs, whose lookup costs more than everything else. */
static long times_around(struct fj_call *c, const struct fj_place *const *place, int count)
{
	long r = -EINVAL;

	if (count && !place[0]->name[0])
		r = fj_sys_utimensat(place[0]->dirfd, "", (void *)c->arg[2],
			(uint32_t)c->arg[3] | AT_EMPTY_PATH);
	return r == -EINVAL ? fj_kernel(c) : r;
}

/* If a descriptor was opened by a pretended device node, it leads to the host's device, whose times
 * the user may not set: the node's times are set. */
long fj_hook_utimens(struct fj_call *c)
{
	struct fj_device_node node;
	char link[FJ_FD_LINK];
	long r = fj_early_answer(c);

	if (r < 1)
		return r;
	r = c->arg[1] || fj_times_are_bad(c) ?
		    0 :
		    fj_union_before_change_of_open(c->thread, (int)c->arg[0]);
	if (r < 0)
		return r;
	if (c->arg[1] || c->arg[3] || !fj_device_node(c, (int)c->arg[0], &node))
		return fj_translate(c, times_around);
	if (node.fd < 0)
		return fj_kernel(c);
	fj_fd_link(link, node.fd);
	r = fj_sys_utimensat(AT_FDCWD, link, (void *)c->arg[2], 0);
	fj_sys_close(node.fd);
	return r;
}
