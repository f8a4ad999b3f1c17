/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * opening.h - the state of one open, and what its steps have in common (hook_open.c, open_making.c,
 * open_walked.c). */
#ifndef FJ_OPENING_H
#define FJ_OPENING_H

#include "inode/device.h"
#include "inode/owned.h"
#include "inode/writes.h"
#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "ownership/ownership.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/races.h"
#include "syscall/fcntl.h"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>

#define FJ_RESOLVE_CACHED 0x20 /* linux/openat2.h, since 5.12 */

struct fj_opening {
	uint64_t flags, mode, resolve;
	bool has_made; /* the file did not exist before */
};

/* What the flags mean. O_CREAT for an existing file is no change. */
static inline bool fj_open_follows_last(const struct fj_opening *o)
{
	return !(o->flags & O_NOFOLLOW) && (o->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static inline bool fj_open_writes(const struct fj_opening *o)
{
	return (o->flags & O_ACCMODE) != O_RDONLY || (o->flags & (O_CREAT | O_TRUNC | FJ_TMPFILE));
}

static inline bool fj_open_changes(const struct fj_opening *o)
{
	return (o->flags & O_ACCMODE) != O_RDONLY || (o->flags & O_TRUNC);
}

static inline bool fj_open_may_wait(const struct fj_opening *o)
{
	return !(o->flags & (O_NONBLOCK | O_PATH | O_DIRECTORY | O_EXCL | FJ_TMPFILE));
}

/* fj_open_issue(), below, on a kernel without openat2(2). */
long fj_open_issue_old(struct fj_call *c, const struct fj_place *place, const struct fj_opening *o);

/* Makes the system call that opens `place`. With openat2(2) the kernel checks that no symlink has
 * appeared in the path, and the file description keeps the program's flags (with open(2) fcntl(2)
 * F_GETFL would show an O_NOFOLLOW of ours). Returns a descriptor or -errno. */
static inline long fj_open_issue(
	struct fj_call *c, const struct fj_place *place, const struct fj_opening *o)
{
	struct open_how how = {
		.flags = o->flags & 0xffffffffu,
		.mode = o->mode,
		/* The walk has checked the other RESOLVE_ flags; those about the host's mounts are
		 * left. */
		.resolve = (o->resolve & (RESOLVE_NO_XDEV | FJ_RESOLVE_CACHED)) |
			   (place->is_magic ? 0 : RESOLVE_NO_SYMLINKS),
	};
	uint64_t arg[FJ_ARGS]; /* openat2(2) has four */
	unsigned tries = 0;
	long r;

	if (__builtin_expect(fj_lacks()->openat2, 0))
		return fj_open_issue_old(c, place, o);
	arg[0] = (uint64_t)(int64_t)place->dirfd;
	arg[1] = (uint64_t)place->name;
	arg[2] = (uint64_t)&how;
	arg[3] = sizeof(how);
	arg[4] = arg[5] = 0;
	do
		r = fj_open_may_wait(o) ?
			    fj_kernel_waiting(c, __NR_openat2, arg, place->owned_fd) :
			    fj_sys_openat2(arg[0], (const char *)arg[1], (void *)arg[2], arg[3]);
	while (__builtin_expect(r == -EAGAIN, 0) && !(o->flags & O_NONBLOCK) &&
		!(o->resolve & FJ_RESOLVE_CACHED) && ++tries < FJ_RACES);
	return r;
}

/* If the opened file stands for a device, opens the device. */
static inline long fj_open_device(struct fj_call *c, long fd, const struct fj_opening *o)
{
	if (fd < 0 || !fj_owner_has_devices())
		return fd;
	if (!(o->flags & O_PATH))
		return fj_device_open(c, (int)fd, o->flags);
	fj_device_forget((int)fd);
	return fd;
}

/* A file that is opened with O_TRUNC, or for writing, may lose attributes. A file that was just
 * made has none to lose. */
static inline long fj_opened(struct fj_call *c, long fd, const struct fj_opening *o)
{
	if (fd < 0 || !fj_open_changes(o) || o->has_made || (o->flags & (O_EXCL | O_PATH)))
		return fd;
	if (o->flags & O_TRUNC)
		fj_file_written(c, (int)fd, "");
	else if (fj_owner_has_attributes())
		fj_writes_opened(c, (int)fd);
	return fd;
}

/* open_making.c: makes the file, or opens it when it exists. A new file may need an owner record.
 * Returns a descriptor or -errno. */
long fj_open_making(struct fj_call *c, const struct fj_place *place, struct fj_opening *o);

/* Opens the place that a walk has found, with everything that `o` asks for. Returns a descriptor or
 * -errno. */
static inline long fj_open_place(
	struct fj_call *c, const struct fj_place *place, struct fj_opening *o)
{
	if (o->flags & (O_CREAT | FJ_TMPFILE))
		return fj_open_making(c, place, o);
	return fj_opened(c, fj_open_device(c, fj_open_issue(c, place, o), o), o);
}

/* If two positions lead to one directory, the one by which it is opened must be remembered. */
static inline bool fj_open_wants_note(const struct fj_opening *o)
{
	return (o->flags & (O_DIRECTORY | O_PATH)) && fj_mount_flags()->has_aliases;
}

/* open_walked.c: opens what a walk from `dirfd` by `jail_path` finds, with everything that `o` asks
 * for. Returns a descriptor or -errno. */
long fj_open_walked(struct fj_call *c, int dirfd, const char *jail_path, struct fj_opening *o);

#endif
