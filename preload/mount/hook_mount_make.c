/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_mount_make.c - the mount calls that make or change a file system on a descriptor: fsopen, fsconfig,
 * fsmount, fspick. mount_fd.h describes these descriptors. hook_mount_fd.c has the calls that attach a
 * mount. Called by dispatch. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/len.h"
#include "call/call.h"
#include "call/hooks.h"
#include "guest/guest.h"
#include "mount-table/mounts.h"
#include "mount/mount_fd.h"
#include "mount/mounting.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "syscall/fcntl.h"
#include "syscall/mount.h"

#include <linux/mount.h>

#define KEY 128u

static long copy_string(char *to, size_t size, uint64_t from)
{
	const long n = fj_guest_string(to, from, size);

	return n == -ENAMETOOLONG ? -EINVAL : n < 0 ? n : 0;
}

long fj_hook_fsopen(struct fj_call *c)
{
	char type[32];
	struct fj_mount_fd *e;
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (c->arg[1] & ~(uint64_t)FSOPEN_CLOEXEC)
		return -EINVAL;
	r = copy_string(type, sizeof(type), c->arg[0]);
	if (!r)
		r = fj_filesystem_known(type);
	if (r < 0)
		return r == -EINVAL ? -ENODEV : r;
	e = fj_mount_fd_new(FJ_MOUNT_FD_CONTEXT);
	memcpy(e->type, type, sizeof(type));
	return fj_mount_fd_give(e, fj_open_path(AT_FDCWD, "/", 0), c->arg[1] & FSOPEN_CLOEXEC);
}

long fj_hook_fspick(struct fj_call *c)
{
	struct fj_mount_point at;
	struct fj_mount_fd *e;
	char *path = fj_scratch_path(c->thread);
	long r = fj_mounting_allowed();

	if (!r && ((uint32_t)c->arg[2] & ~0xfu)) /* FSPICK_CLOEXEC to FSPICK_EMPTY_PATH */
		r = -EINVAL;
	if (!r)
		r = fj_guest_string(path, c->arg[1], PATH_MAX);
	if (r >= 0)
		r = !*path && !(c->arg[2] & FSPICK_EMPTY_PATH) ? -ENOENT : 0;
	if (!r)
		r = fj_mount_point_find(c->thread, (int)c->arg[0], path,
			!(c->arg[2] & FSPICK_SYMLINK_NOFOLLOW), &at);
	if (r < 0)
		return r;
	if (!at.is_mount || at.is_bare_root)
		return -EINVAL;
	e = fj_mount_fd_new(FJ_MOUNT_FD_PICKED);
	memcpy(e->pos, at.pos, PATH_MAX);
	memcpy(e->host, at.host, PATH_MAX);
	return fj_mount_fd_give(e, fj_open_path(AT_FDCWD, "/", 0), c->arg[2] & FSPICK_CLOEXEC);
}

static long add_option(struct fj_mount_fd *e, const char *key, const char *value)
{
	const size_t was = fj_strlen(e->options);
	const size_t room = FJ_LAYERS_TEXT - was;

	if (fj_format(e->options + was, room, "%s%s%s%s", was ? "," : "", key, value ? "=" : "",
		    value ? value : "") < room)
		return 0;
	e->options[was] = 0;
	return -EINVAL;
}

static long set_parameter(struct fj_mount_fd *e, bool has_value, const struct fj_call *c)
{
	char key[KEY], *value = fj_scratch_path(c->thread);
	long r = copy_string(key, sizeof(key), c->arg[2]);

	*value = 0;
	if (!r && has_value)
		r = copy_string(value, PATH_MAX, c->arg[3]);
	if (r < 0)
		return r;
	if (fj_streq(key, "source"))
		memcpy(e->source, value, fj_strlen(value) + 1);
	else if (fj_streq(key, "ro"))
		e->flags |= FJ_MOUNT_READ_ONLY;
	else if (fj_streq(key, "rw"))
		e->flags &= ~(uint32_t)FJ_MOUNT_READ_ONLY;
	else
		r = add_option(e, key, has_value ? value : NULL);
	return r;
}

long fj_hook_fsconfig(struct fj_call *c)
{
	struct fj_mount_fd *e = fj_mount_fd_of((int)c->arg[0]);
	struct fj_mount_point at;
	/* The kernel first checks the command. Ask it with a descriptor that is not open. */
	long r = fj_sys_fsconfig(
		INT32_MAX, c->arg[1], (const char *)c->arg[2], (void *)c->arg[3], c->arg[4]);

	if (r == -EOPNOTSUPP || r == -EINVAL)
		return r;
	if (!e || (e->kind != FJ_MOUNT_FD_CONTEXT && e->kind != FJ_MOUNT_FD_PICKED &&
			  e->kind != FJ_MOUNT_FD_CREATED)) {
		r = fj_sys_fcntl(c->arg[0], F_GETFL, 0);
		return e || (r >= 0 && !(r & O_PATH)) ? -EINVAL : -EBADF;
	}
	switch ((unsigned)c->arg[1]) {
	case FSCONFIG_SET_FLAG:
		return c->arg[2] ? set_parameter(e, false, c) : -EINVAL;
	case FSCONFIG_SET_STRING:
		return c->arg[2] && c->arg[3] ? set_parameter(e, true, c) : -EINVAL;
	case FSCONFIG_CMD_CREATE:
	case 8: /* FSCONFIG_CMD_CREATE_EXCL */
		if (e->kind != FJ_MOUNT_FD_CONTEXT)
			return -EBUSY;
		e->kind = FJ_MOUNT_FD_CREATED;
		return 0;
	case FSCONFIG_CMD_RECONFIGURE:
		if (e->kind != FJ_MOUNT_FD_PICKED)
			return -EBUSY;
		at = (struct fj_mount_point){.pos = e->pos, .host = e->host, .is_mount = true};
		r = fj_mounting_reconfigure(c->thread, &at, e->options);
		return r ? r :
			   fj_mounting_change(
				   &at, FJ_MOUNT_READ_ONLY, e->flags & FJ_MOUNT_READ_ONLY, false);
	default:
		return -EOPNOTSUPP;
	}
}

long fj_hook_fsmount(struct fj_call *c)
{
	struct fj_mount_fd *context = fj_mount_fd_of((int)c->arg[0]), *e;
	struct fj_filesystem fs = {0};
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (c->arg[1] & ~(uint64_t)FSMOUNT_CLOEXEC)
		return -EINVAL;
	if (!context)
		return -EBADF;
	if (context->kind != FJ_MOUNT_FD_CREATED)
		return -EINVAL;
	fs.host = fj_scratch_path(c->thread);
	r = fj_filesystem_make(c, context->type, context->options, &fs);
	if (r < 0)
		return r;
	e = fj_mount_fd_new(FJ_MOUNT_FD_DETACHED);
	memcpy(e->type, context->type, sizeof(e->type));
	memcpy(e->source, context->source, fj_strlen(context->source) + 1);
	memcpy(e->host, fs.host, fj_strlen(fs.host) + 1);
	if (fs.options)
		memcpy(e->options, fs.options, fj_strlen(fs.options) + 1);
	if (fs.layers) {
		memcpy(e->layers, fs.layers, fj_strlen(fs.layers) + 1);
		memcpy(e->work, fs.work, fj_strlen(fs.work) + 1);
	}
	e->flags = fs.flags | context->flags | fj_mounting_attributes(c->arg[2]);
	context->kind = FJ_MOUNT_FD_CONTEXT; /* "must be reconfigured": fsmount(2) */
	return fj_mount_fd_give(
		e, fj_open_path(AT_FDCWD, e->host, O_DIRECTORY), c->arg[1] & FSMOUNT_CLOEXEC);
}
