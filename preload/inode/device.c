/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * device.c - opening a pretended device node: opens the host's device if every program may open it,
 * else fails as the kernel does for a device without a driver. Called by open/ and file/.
 *
 * The program gets a descriptor of the host's device. What it asks or changes by that (fstat,
 * fchown, futimens) is meant for the node. So the process remembers by which node a descriptor was
 * opened, until another open returns the same number. Copies by dup(2), and descriptors inherited
 * through exec, show the host's device. */
#include "inode/device.h"

#include "bytes/copy.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "call/translate.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "inode/sticky.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"
#include "walk/walk.h"

/* Documentation/admin-guide/devices.txt of the kernel */
#define PTS_FIRST 136u /* eight majors of 256 minors each */
#define PTS_LAST 143u

static const struct {
	uint32_t rdev;
	const char *host_path;
} devices[] = {
	{1 << 8 | 3, "/dev/null"},
	{1 << 8 | 5, "/dev/zero"},
	{1 << 8 | 7, "/dev/full"},
	{1 << 8 | 8, "/dev/random"},
	{1 << 8 | 9, "/dev/urandom"},
	{5 << 8 | 0, "/dev/tty"},
	{5 << 8 | 1, "/dev/console"},
	{5 << 8 | 2, "/dev/ptmx"},
};

/* So many nodes are remembered, if their host path has fewer bytes than NODE_PATH. */
#define NODES 8
#define NODE_PATH 1024

/* Belongs to this process; a forked child has a copy. The lock is held for the time of a copy. A
 * caller that finds it taken continues as if nothing were remembered. */
static struct {
	uint32_t lock;
	uint32_t used, next;
	struct fj_device_node node[NODES];
} nodes;
static char path_of_node[NODES][NODE_PATH] FJ_BULKY;

static bool try_lock(void)
{
	for (int tries = 0; tries < 10000; tries++)
		if (!__atomic_exchange_n(&nodes.lock, 1, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

static void unlock_nodes(void)
{
	__atomic_store_n(&nodes.lock, 0, __ATOMIC_RELEASE);
}

static int index_of(int fd)
{
	for (uint32_t i = 0; i < nodes.used; i++)
		if (nodes.node[i].fd == fd)
			return (int)i;
	return -1;
}

void fj_device_forget(int fd)
{
	int i;

	if (!nodes.used || !try_lock())
		return;
	i = index_of(fd);
	if (i >= 0)
		nodes.node[i].fd = -1;
	unlock_nodes();
}

/* Notes that `fd` was opened by the node `key` at `host_path`. */
static void remember_device(int fd, const struct fj_owner_key *key, const char *host_path)
{
	const size_t size = fj_strlen(host_path) + 1;
	int i;

	if (size > NODE_PATH || !try_lock())
		return;
	i = index_of(fd);
	if (i < 0)
		i = nodes.used < NODES ? (int)nodes.used++ : (int)(nodes.next++ % NODES);
	nodes.node[i] = (struct fj_device_node){.fd = fd, .key = *key};
	memcpy(path_of_node[i], host_path, size);
	unlock_nodes();
}

bool fj_device_node(struct fj_call *c, int fd, struct fj_device_node *node)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *host_path;
	int i;

	if (!nodes.used)
		return false;
	host_path = fj_scratch_path(c->thread);
	if (!try_lock()) {
		fj_scratch_release(c->thread, mark);
		return false;
	}
	i = index_of(fd);
	if (i >= 0) {
		*node = nodes.node[i];
		memcpy(host_path, path_of_node[i], NODE_PATH);
	}
	unlock_nodes();
	if (i >= 0)
		node->fd = (int)fj_open_path(AT_FDCWD, host_path, O_NOFOLLOW);
	fj_scratch_release(c->thread, mark);
	return i >= 0;
}

static bool find_device(uint32_t rdev, struct fj_str *host_path)
{
	const uint32_t major = rdev >> 8 & 0xfff, minor = (rdev & 0xff) | (rdev >> 12 & 0xfff00);

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (devices[i].rdev == rdev) {
			fj_str_put(host_path, devices[i].host_path);
			return true;
		}
	if (major < PTS_FIRST || major > PTS_LAST)
		return false;
	fj_str_put(host_path, "/dev/pts/");
	fj_str_num(host_path, (major - PTS_FIRST) * 256 + minor, 10);
	return true;
}

/* Looks at the node behind `fd`, and at the host path by which it was reached. */
static bool look_at_node(struct fj_call *c, int fd, struct fj_file *file, char *node_path)
{
	long n;

	if (fj_file_look(c, fd, "", AT_EMPTY_PATH, file) || !(file->owner.flags & FJ_OWNER_DEVICE))
		return false;
	n = fj_fd_target(fd, node_path);
	node_path[(n < 0) ? 0 : n] = 0;
	return true;
}

long fj_device_open(struct fj_call *c, int fd, uint64_t flags)
{
	const uint64_t kept = flags & ~(uint64_t)(O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW);
	const uint32_t mark = fj_scratch_mark(c->thread);
	char text[32], *node_path = fj_scratch_path(c->thread);
	struct fj_str host_path;
	struct fj_file file;
	long r = fd;

	fj_device_forget(fd);
	if (!look_at_node(c, fd, &file, node_path))
		goto out;
	fj_sys_close(fd);
	fj_str_init(&host_path, text, sizeof(text));
	if ((flags & O_CREAT) && node_path[0] == '/' &&
		fj_sticky_protects(c, AT_FDCWD, node_path, &file.owner)) {
		r = -EACCES;
		goto out;
	}
	r = -ENXIO;
	if ((file.owner.mode & FJ_S_IFMT) == FJ_S_IFCHR && find_device(file.owner.rdev, &host_path))
		r = fj_sys_openat(AT_FDCWD, text, kept, 0);
	/* The console is the machine's: the user's terminal stands for it. */
	if (r == -EACCES && file.owner.rdev == (5 << 8 | 1))
		r = fj_sys_openat(AT_FDCWD, "/dev/tty", kept, 0);
	if (r >= 0)
		remember_device((int)r, &file.key, node_path);
out:
	fj_scratch_release(c->thread, mark);
	return r;
}

bool fj_device_is_refused(struct fj_call *c, const struct fj_place *place, uint64_t flags)
{
	struct fj_file file;
	uint32_t type;

	if (!(fj_mount_flags()->has_mount_limits & FJ_MOUNT_NODEV) || !place->pos ||
		place->is_magic || (flags & O_PATH) ||
		!(fj_mount_limits(place->pos) & FJ_MOUNT_NODEV) ||
		fj_file_look(c, place->dirfd, place->name, 0, &file))
		return false;
	type = file.owner.mode & FJ_S_IFMT;
	return type == FJ_S_IFCHR || type == FJ_S_IFBLK;
}

long fj_device_access(struct fj_call *c, int dirfd, const char *jail_path, bool follows)
{
	struct fj_place object;
	struct fj_file file;
	bool is_device;

	if (fj_find_object(c, dirfd, jail_path, follows ? FJ_FOLLOW : 0, 0, &object) < 0)
		return -EACCES;
	is_device = !fj_file_look(c, object.dirfd, object.name, AT_EMPTY_PATH, &file) &&
		    (file.owner.flags & FJ_OWNER_DEVICE);
	fj_place_done(&object);
	return is_device ? fj_may(fj_ids(), &file.owner, (unsigned)fj_arg(c, FJ_MODE, 0) & 7) :
			   -EACCES;
}
