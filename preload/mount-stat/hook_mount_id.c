/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_mount_id.c - the hooks of calls that give the id of the mount of a file: statx(2) and
 * name_to_handle_at(2). Called through the table.
 *
 * A statx(2) that does not ask for it costs no more than stat(2), and has the host's id. */
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "inode/device.h"
#include "inode/exe.h"
#include "layers/place.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mountinfo/mount_ids.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/unistd_close.h"
#include "walk/walk.h"

#include <linux/stat.h>

#define AT_HANDLE_MNT_ID_UNIQUE_ 1u /* linux/fcntl.h, since 6.12 */
#define AT_HANDLE_CONNECTABLE_ 2u   /* since 6.13 */

/* Finds the mount id of the file that `jail_path` names ("": the file that `dirfd` is). Returns 0
 * or -errno; *id 0: this kernel does not give one. */
static long find_mount_id(struct fj_call *c, int dirfd, const char *jail_path, unsigned how,
	uint32_t *id, bool *is_root, bool *is_union)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place place = {.owned_fd = -1, .name = ""};
	/* (An open device node is the host's device.) */
	struct fj_device_node node = {.fd = -1};
	const char *pos = NULL;
	uint64_t host_id;
	struct fj_str s;
	long fd, r = 0;

	*id = 0;
	*is_union = false;
	if (!jail_path[0] && dirfd >= 0 && fj_device_node(c, dirfd, &node) && node.fd >= 0)
		dirfd = node.fd;
	place.dirfd = dirfd;
	if (jail_path[0])
		r = fj_exe_walk(c->thread, dirfd, jail_path, how | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	host_id = fj_mount_kernel_id(
		place.dirfd, place.name, place.is_magic ? 0 : AT_SYMLINK_NOFOLLOW, NULL);
	if (place.pos && !place.is_magic) {
		pos = place.pos;
	} else if (host_id) {
		fd = place.name[0] || dirfd == AT_FDCWD ?
			     fj_open_path(place.dirfd, place.name[0] ? place.name : ".", 0) :
			     dirfd;
		fj_scratch_str(c->thread, &s, PATH_MAX);
		if (fd >= 0 &&
			fj_path_of_fd(c->thread,
				dirfd == AT_FDCWD && !place.name[0] ? AT_FDCWD : (int)fd, &s))
			pos = s.at;
		if (fd >= 0 && fd != dirfd)
			fj_sys_close((int)fd);
	}
	if (host_id)
		*id = fj_mount_id_at(c->thread, pos, host_id, is_root);
	*is_union = __builtin_expect(fj_mount_flags()->has_unions, 0) && pos && fj_union_shows(pos);
	if (node.fd >= 0)
		fj_sys_close(node.fd);
	fj_place_done(&place);
	fj_scratch_release(c->thread, mark);
	return 0;
}

/* statx(dirfd, path, flags, mask, out) */
long fj_hook_statx(struct fj_call *c)
{
	const int dirfd = (int)c->arg[0];
	const bool follows = !(c->arg[2] & AT_SYMLINK_NOFOLLOW);
	const uint64_t out = c->arg[4];
	struct statx sx;
	bool is_root, is_union;
	char *jail_path;
	uint32_t id;
	const uint32_t mark = fj_scratch_mark(c->thread);
	long e, r = fj_hook_stat(c);

	fj_scratch_release(c->thread, mark);
	if (__builtin_expect(!(c->arg[3] & (FJ_STATX_MNT_ID | FJ_STATX_MNT_ID_UNIQUE)), 1) || r < 0)
		return r;
	jail_path = fj_arg_path(c, 1, &e);
	if (e ||
		find_mount_id(c, dirfd, jail_path ? jail_path : "", follows ? FJ_FOLLOW : 0, &id,
			&is_root, &is_union) ||
		!id || fj_guest_read(&sx, out, sizeof(sx)))
		return r;
	if (sx.stx_mask & FJ_STATX_MNT_ID_UNIQUE)
		*(uint64_t *)((char *)&sx + 0x90) = FJ_MOUNT_UNIQUE + id;
	else
		*(uint64_t *)((char *)&sx + 0x90) = id;
	if (is_root)
		sx.stx_attributes |= FJ_STATX_ATTR_MOUNT_ROOT;
	return fj_guest_write(out, &sx, sizeof(sx)) ? -EFAULT : r;
}

/* Flags that a kernel may not know are refused before the path is looked at. */
static bool are_flags_refused(const struct fj_call *c)
{
	struct fj_call q = *c;

	if (!((uint32_t)c->arg[4] & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)))
		return false;
	q.arg[1] = UINT64_MAX;
	return fj_kernel(&q) == -EINVAL;
}

/* name_to_handle_at(dirfd, path, handle, mount id, flags). An overlay without nfs_export has no
 * handles that could be opened; the kernel checks that before it looks at `handle`. */
long fj_hook_handle(struct fj_call *c)
{
	const int dirfd = (int)c->arg[0];
	const uint64_t path = c->arg[1], out = c->arg[3];
	const unsigned flags = (uint32_t)c->arg[4];
	const unsigned how = flags & AT_SYMLINK_FOLLOW ? FJ_FOLLOW : 0;
	const size_t size = flags & AT_HANDLE_MNT_ID_UNIQUE_ ? 8 : 4;
	uint64_t given = 0, id64;
	uint32_t id = 0;
	bool is_union = false;
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *jail_path;
	long e, r;

	if (are_flags_refused(c))
		return -EINVAL;
	jail_path = fj_arg_path(c, 1, &e);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && !e &&
		!(flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_MNT_ID_UNIQUE_ |
				  AT_HANDLE_CONNECTABLE_)) &&
		(jail_path || (path && (flags & AT_EMPTY_PATH))) &&
		!find_mount_id(c, dirfd, jail_path ? jail_path : "", how, &id, NULL, &is_union) &&
		is_union && id)
		return -EOPNOTSUPP;
	fj_scratch_release(c->thread, mark);
	c->arg[3] = (uint64_t)&given;
	r = fj_hook_translate(c);
	fj_scratch_release(c->thread, mark);
	if (r && r != -EOVERFLOW) /* with EOVERFLOW the id is given, too: do_sys_name_to_handle()
				     of fs/fhandle.c */
		return r;
	c->arg[0] = (uint64_t)(int64_t)dirfd;
	c->arg[1] = path;
	jail_path = fj_arg_path(c, 1, &e);
	if (!e)
		find_mount_id(c, dirfd, jail_path ? jail_path : "", how, &id, NULL, &is_union);
	id64 = size == 8 ? FJ_MOUNT_UNIQUE + id : id;
	return fj_guest_write(out, id ? &id64 : &given, size) ? -EFAULT : r;
}
