/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * filesystem.c - what a file system type is in a jail: a place where the host has one mounted, or a
 * directory made for it. */
#include "call/mounting.h"
#include "path/private.h"

#include <asm/statfs.h>

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

/* What mm/shmem.c, shmem_fs_parameters, takes; without quotas. */
static const char *const tmpfs_options[] = {"size", "nr_blocks", "nr_inodes", "mode", "uid", "gid",
	"huge", "mpol", "inode32", "inode64", "noswap", "rw", "ro"};

static bool is_tmpfs(const char *type)
{
	return fj_streq(type, "tmpfs") || fj_streq(type, "ramfs");
}

static int kind_of(const char *type)
{
	for (size_t i = 0; i < KINDS; i++)
		if (fj_streq(kinds[i].type, type))
			return (int)i;
	return -1;
}

long fj_filesystem_known(const char *type)
{
	return is_tmpfs(type) || kind_of(type) >= 0 ? 0 : -ENODEV;
}

static bool is_option(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(tmpfs_options) / sizeof(tmpfs_options[0]); i++)
		if (fj_strlen(tmpfs_options[i]) == len && !memcmp(tmpfs_options[i], text, len))
			return true;
	return false;
}

/* A directory has no size of its own: of all that is said only the mode can be had. */
static long read_tmpfs_options(const char *p, uint32_t *mode)
{
	while (*p) {
		size_t name = 0, end;

		while (p[name] && p[name] != ',' && p[name] != '=')
			name++;
		for (end = name; p[end] && p[end] != ','; end++)
			;
		if (name && !is_option(p, name))
			return -EINVAL;
		if (name == 4 && !memcmp(p, "mode", 4)) {
			*mode = 0;
			for (size_t i = name + 1; i < end; i++) {
				if (p[i] < '0' || p[i] > '7')
					return -EINVAL;
				*mode = (*mode * 8 + (uint32_t)(p[i] - '0')) & 07777;
			}
		}
		p += end + (p[end] == ',');
	}
	return 0;
}

static long make_tmpfs(struct fj_call *c, const char *options, struct fj_filesystem *fs)
{
	uint32_t mode = 01777;
	struct fj_str host;
	long r = read_tmpfs_options(options, &mode);

	if (r < 0)
		return r;
	fj_str_init(&host, fs->host, FJ_PRIVATE_PATH);
	fs->flags |= FJ_MOUNT_PRIVATE;
	return fj_private_make(c->thread, mode | 0700, &host);
}

long fj_filesystem_make(
	struct fj_call *c, const char *type, const char *options, struct fj_filesystem *fs)
{
	const int kind = kind_of(type);
	struct statfs there;
	struct fj_str host;

	fs->type = type;
	if (is_tmpfs(type))
		return make_tmpfs(c, options, fs);
	if (kind < 0 || fj_sys2(__NR_statfs, kinds[kind].host, &there))
		return -ENODEV;
	fj_str_init(&host, fs->host, FJ_PATH_MAX);
	fj_str_put(&host, kinds[kind].host);
	fs->is_single = kinds[kind].is_single;
	return 0;
}
