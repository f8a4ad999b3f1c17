/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_statfs.c - statfs and fstatfs: the host's result, with the flags of the jail's mount. A tmpfs has
 * its own sizes. Called by dispatch. */
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "guest/guest.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/tmpfs.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch_str.h"

/* include/linux/statfs.h */
#define ST_RDONLY_ 1
#define ST_NOSUID_ 2
#define ST_NODEV_ 4
#define ST_NOATIME_ 1024
#define ST_NODIRATIME_ 2048
#define ST_RELATIME_ 4096
#define ST_VALID_ 32
#define OVERLAYFS_SUPER_MAGIC_ 0x794c7630 /* linux/magic.h */

static long statfs_flags_of(uint32_t mount_flags)
{
	return (mount_flags & FJ_MOUNT_READ_ONLY ? ST_RDONLY_ : 0) |
	       (mount_flags & FJ_MOUNT_NOSUID ? ST_NOSUID_ : 0) |
	       (mount_flags & FJ_MOUNT_NODEV ? ST_NODEV_ : 0) |
	       (mount_flags & FJ_MOUNT_NOEXEC ? FJ_ST_NOEXEC : 0) |
	       (mount_flags & FJ_MOUNT_NOATIME ? ST_NOATIME_ : 0) |
	       (mount_flags & FJ_MOUNT_NODIRATIME ? ST_NODIRATIME_ : 0);
}

static bool is_of_interest(void)
{
	struct fj_mounts_seen seen;
	const struct fj_mounts *v = fj_mounts_look(&seen);

	return v->count || v->root_flags;
}

/* Set in `fs` what the jail's mounts say about position `pos`. */
static void adjust_statfs(struct fj_call *c, const char *pos, struct statfs *fs)
{
	char options[FJ_TMPFS_TEXT];
	const struct fj_mounts *v;
	const struct fj_mount *m, *tmpfs;
	uint32_t flags;
	struct fj_str s, text;
	struct fj_mounts_seen seen;

	fj_scratch_str(c->thread, &s, PATH_MAX);
	do {
		v = fj_mounts_look(&seen);
		m = fj_mounts_of(v, pos);
		flags = m ? m->flags : v->root_flags;
		tmpfs = m ? fj_mounts_private(v, fj_mounts_text(v, m->host)) : NULL;
		fj_str_cut(&s, 0);
		fj_str_init(&text, options, sizeof(options));
		if (tmpfs) {
			fj_str_put(&s, fj_mounts_text(v, tmpfs->host));
			fj_str_put(&text, fj_mounts_options(v, tmpfs));
		}
	} while (!fj_mounts_held(&seen));
	if (s.len) { /* it is a tmpfs */
		fj_tmpfs_statfs(c->thread, options, s.at, fs);
		fs->f_flags =
			ST_VALID_ |
			(flags & (FJ_MOUNT_NOATIME | FJ_MOUNT_STRICTATIME) ? 0 : ST_RELATIME_);
	}
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && fj_union_shows(pos))
		fs->f_type = OVERLAYFS_SUPER_MAGIC_;
	fs->f_flags |= statfs_flags_of(flags);
}

/* The call has filled `out`: adjust it in the program's memory. */
static long adjust_guest(struct fj_call *c, uint64_t out, const char *pos)
{
	struct statfs fs;
	const long r = fj_guest_read(&fs, out, sizeof(fs));

	if (r < 0)
		return r;
	adjust_statfs(c, pos, &fs);
	return fj_guest_write(out, &fs, sizeof(fs));
}

long fj_hook_statfs(struct fj_call *c)
{
	const uint64_t out = fj_arg(c, FJ_STAT, 0);
	struct fj_mount_point at;
	long error;
	char *jail_path = is_of_interest() ? fj_arg_path(c, 0, &error) : NULL;
	const long r = fj_hook_translate(c);

	if (r || !jail_path || fj_mount_point_find(c->thread, AT_FDCWD, jail_path, true, &at) < 0)
		return r;
	return adjust_guest(c, out, at.pos);
}

long fj_hook_fstatfs(struct fj_call *c)
{
	struct fj_str pos;
	const long r = fj_kernel(c);

	if (r || !is_of_interest())
		return r;
	fj_scratch_str(c->thread, &pos, PATH_MAX);
	return fj_path_of_fd(c->thread, (int)c->arg[0], &pos) ? adjust_guest(c, c->arg[1], pos.at) :
								0;
}
