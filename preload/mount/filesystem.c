/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filesystem.c - the file system types of a jail: each is a place where the host has one mounted, or a
 * directory made for it. Called by the mount hooks. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/ending.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "mount/tmpfs.h"
#include "private/private.h"
#include "sys/fd.h"
#include "sys/scratch_str.h"
#include "syscall/mount.h"
#include "syscall/unistd_close.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

static const struct {
	const char *type, *host;
	bool is_single;
} kinds[] = {
	{"proc", "/proc", false}, /* an instance for each mount since Linux 5.8 */
	{"sysfs", "/sys", true},
	{"devtmpfs", "/dev", true},
	{"devpts", "/dev/pts", false},
	{"mqueue", "/dev/mqueue", true},
	{"hugetlbfs", "/dev/hugepages", false},
	{"cgroup2", "/sys/fs/cgroup", true},
	{"securityfs", "/sys/kernel/security", true},
	{"debugfs", "/sys/kernel/debug", true},
	{"tracefs", "/sys/kernel/tracing", true},
	{"configfs", "/sys/kernel/config", true},
	{"pstore", "/sys/fs/pstore", true},
	{"bpf", "/sys/fs/bpf", false},
	{"fusectl", "/sys/fs/fuse/connections", true},
	{"efivarfs", "/sys/firmware/efi/efivars", true},
	{"binfmt_misc", "/proc/sys/fs/binfmt_misc", true},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool is_tmpfs(const char *type)
{
	return fj_streq(type, "tmpfs") || fj_streq(type, "ramfs");
}

static int filesystem_kind_of(const char *type)
{
	for (size_t i = 0; i < KINDS; i++)
		if (fj_streq(kinds[i].type, type))
			return (int)i;
	return -1;
}

long fj_filesystem_known(const char *type)
{
	return is_tmpfs(type) || fj_streq(type, "overlay") || filesystem_kind_of(type) >= 0 ?
		       0 :
		       -ENODEV;
}

/* Gives the root directory of a tmpfs, `host`, the owner and mode of the options `t`: on the disk,
 * or in its record. */
static long give_root(struct fj_call *c, const char *host, const struct fj_tmpfs *t)
{
	const long fd = fj_open_path(AT_FDCWD, host, O_DIRECTORY | O_NOFOLLOW);
	struct fj_file file;
	struct statx sx;
	long r;

	if (fd < 0)
		return fd;
	r = fj_file_statx(
		c, (int)fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx, &file);
	if (!r && (t->has_uid || t->has_gid))
		r = fj_file_chown(c, (int)fd, "", &sx, &file, t->has_uid ? t->uid : FJ_NO_ID,
			t->has_gid ? t->gid : FJ_NO_ID);
	if (!r && t->has_mode && (t->mode & 0700) != 0700) {
		r = fj_file_look(c, (int)fd, "", AT_EMPTY_PATH, &file);
		r = r ? r : fj_file_chmod(c, (int)fd, "", &file, t->mode);
	}
	fj_sys_close((int)fd);
	return r;
}

static long make_tmpfs(struct fj_call *c, const char *options, struct fj_filesystem *fs)
{
	struct fj_tmpfs t = {.mode = 01777};
	struct fj_str s;
	long r = fj_tmpfs_read(options, &t);

	if (r < 0)
		return r;
	fj_scratch_str(c->thread, &s, FJ_TMPFS_TEXT);
	fj_tmpfs_show(&t, &s);
	fs->options = s.at;
	fj_str_init(&s, fs->host, FJ_PRIVATE_PATH);
	fs->flags |= FJ_MOUNT_PRIVATE;
	r = fj_private_make(c->thread, t.mode | 0700, &s);
	fj_ending_watch(c->thread);
	return r ? r : give_root(c, fs->host, &t);
}

long fj_filesystem_make(
	struct fj_call *c, const char *type, const char *options, struct fj_filesystem *fs)
{
	const int kind = filesystem_kind_of(type);
	struct statfs there;
	struct fj_str host;

	fs->type = type;
	if (is_tmpfs(type))
		return make_tmpfs(c, options, fs);
	if (fj_streq(type, "overlay"))
		return fj_overlay_make(c->thread, options, fs);
	if (kind < 0 || fj_sys_statfs(kinds[kind].host, &there))
		return -ENODEV;
	fj_str_init(&host, fs->host, PATH_MAX);
	fj_str_put(&host, kinds[kind].host);
	fs->is_single = kinds[kind].is_single;
	return 0;
}
