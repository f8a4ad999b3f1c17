/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_ids.c - which mount a file lies in: statx(2) that asks for it, name_to_handle_at(2), and
 * what fdinfo and mountinfo need to agree with them.
 *
 * The kernel's id says in which mount of the host a file lies. When that is the one in which the
 * whole of a jail's mount begins, the jail's is meant; else it is a mount of the host below, which
 * is listed with its own id. A statx(2) that does not ask pays nothing, and shows the host's id. */
#include "call/mount_ids.h"
#include "call/hooks.h"
#include "sys/guest.h"

#include <linux/stat.h>

#define AT_HANDLE_MNT_ID_UNIQUE_ 1u /* linux/fcntl.h, since 6.12 */

/* The kernel's id of what is at `name` in `dirfd`; 0: this kernel does not tell. */
static uint64_t ask(int dirfd, const char *name, unsigned flags, bool *is_root)
{
	struct statx sx;
	const long r = fj_sys5(__NR_statx, dirfd, name, flags | AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		FJ_STATX_MNT_ID, &sx);

	if (r || !(sx.stx_mask & FJ_STATX_MNT_ID))
		return 0;
	if (is_root)
		*is_root = sx.stx_attributes & FJ_STATX_ATTR_MOUNT_ROOT;
	/* (struct statx of old headers ends before it.) */
	return *(const uint64_t *)((const char *)&sx + 0x90);
}

uint32_t fj_mount_root_id(void)
{
	bool is_root = false;
	const uint64_t id = ask(FJ_FD_ROOT(fj_jail), "", 0, &is_root);

	return is_root ? (uint32_t)id + FJ_MOUNT_HOST_IDS : FJ_MOUNT_ROOT_ID;
}

uint32_t fj_mount_id_at(struct fj_thread *t, const char *pos, uint64_t host_id, bool *is_root)
{
	const uint32_t mark = fj_scratch_mark(t), hosts = (uint32_t)host_id + FJ_MOUNT_HOST_IDS;
	struct fj_mount_found m;
	struct fj_str host;
	uint32_t id;

	if (is_root)
		*is_root = false;
	fj_str_init(&host, fj_scratch_path(t), FJ_PATH_MAX);
	if (!pos || !fj_mount_of(pos, &m, &host)) {
		id = host_id == ask(FJ_FD_ROOT(fj_jail), "", 0, NULL) ? fj_mount_root_id() : hosts;
	} else if ((m.flags & (FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE)) ==
		   (FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE)) {
		/* The host's resolv.conf, which is not listed. */
		id = fj_mount_around(pos, &m) ? m.id + FJ_MOUNT_OWN_IDS : fj_mount_root_id();
	} else {
		id = !(m.flags & FJ_MOUNT_WITH_SUBMOUNTS) ||
				     host_id == ask(AT_FDCWD, host.len ? host.at : "/",
							AT_SYMLINK_NOFOLLOW, NULL) ?
			     m.id + FJ_MOUNT_OWN_IDS :
			     hosts;
		if (is_root)
			*is_root = m.jail_len == fj_strlen(pos);
	}
	fj_scratch_release(t, mark);
	return id;
}

/* Of what `jail_path` names, "" being `dirfd` itself. 0 or -errno; *id 0: this kernel does not
 * tell. */
static long find(struct fj_call *c, int dirfd, const char *jail_path, unsigned how, uint32_t *id,
	bool *is_root)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place place = {.dirfd = dirfd, .owned_fd = -1, .name = ""};
	const char *pos = NULL;
	uint64_t host_id;
	struct fj_str s;
	long fd, r = 0;

	*id = 0;
	if (jail_path[0])
		r = fj_path_walk(c->thread, dirfd, jail_path, how | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	host_id = ask(place.dirfd, place.name, place.is_magic ? 0 : AT_SYMLINK_NOFOLLOW, NULL);
	if (place.pos && !place.is_magic) {
		pos = place.pos;
	} else if (host_id) {
		fd = place.name[0] || dirfd == AT_FDCWD ?
			     fj_open_path(place.dirfd, place.name[0] ? place.name : ".", 0) :
			     dirfd;
		fj_str_init(&s, fj_scratch_path(c->thread), FJ_PATH_MAX);
		if (!fj_is_err(fd) &&
			fj_path_of_dir(c->thread,
				dirfd == AT_FDCWD && !place.name[0] ? AT_FDCWD : (int)fd, &s))
			pos = s.at;
		if (!fj_is_err(fd) && fd != dirfd)
			fj_close((int)fd);
	}
	if (host_id)
		*id = fj_mount_id_at(c->thread, pos, host_id, is_root);
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
	bool is_root;
	char *jail_path;
	uint32_t id;
	long e, r = fj_hook_stat(c);

	if (__builtin_expect(!(c->arg[3] & (FJ_STATX_MNT_ID | FJ_STATX_MNT_ID_UNIQUE)), 1) || r < 0)
		return r;
	jail_path = fj_arg_path(c, 1, &e);
	if (e ||
		find(c, dirfd, jail_path ? jail_path : "", follows ? FJ_FOLLOW : 0, &id,
			&is_root) ||
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

/* name_to_handle_at(dirfd, path, handle, mount id, flags) */
long fj_hook_handle(struct fj_call *c)
{
	const int dirfd = (int)c->arg[0];
	const uint64_t path = c->arg[1], out = c->arg[3];
	const unsigned flags = (uint32_t)c->arg[4];
	const size_t size = flags & AT_HANDLE_MNT_ID_UNIQUE_ ? 8 : 4;
	uint64_t given = 0, id64;
	uint32_t id = 0;
	char *jail_path;
	long e, r;

	c->arg[3] = (uint64_t)&given;
	r = fj_hook_translate(c);
	if (r &&
		r != -EOVERFLOW) /* then it is told, too: do_sys_name_to_handle() of fs/fhandle.c */
		return r;
	c->arg[0] = (uint64_t)(int64_t)dirfd;
	c->arg[1] = path;
	jail_path = fj_arg_path(c, 1, &e);
	if (!e)
		find(c, dirfd, jail_path ? jail_path : "",
			flags & AT_SYMLINK_FOLLOW ? FJ_FOLLOW : 0, &id, NULL);
	id64 = size == 8 ? FJ_MOUNT_UNIQUE + id : id;
	return fj_guest_write(out, id ? &id64 : &given, size) ? -EFAULT : r;
}
