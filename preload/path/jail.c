/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.c - the jail's shared description: mounts, and the root of this process. */
#include "path/path.h"

#include <asm/stat.h>

struct fj_jail *fj_jail;

/* A process has one root, and threads share it as they share fs_struct. A vfork(2) child has its own, but lives in
 * the parent's memory: what it enters is kept aside under its process id, until it execs. */
static struct fj_root root_of_process;
static struct fj_root root_of_vfork_child;
static int32_t vfork_child;

static uint32_t leaf_hash(const char *name, size_t len)
{
	return (uint32_t)fj_hash(name, len, FJ_HASH_SEED);
}

static uint32_t keep_text(const char *text, uint32_t len)
{
	const uint32_t at = fj_jail->text_used;

	memcpy(fj_jail->text + at, text, len);
	fj_jail->text[at + len] = 0;
	fj_jail->text_used += len + 1;
	return at;
}

static void note_host(const char *host, uint32_t flags)
{
	struct stat st, other;

	if (fj_sys4(__NR_newfstatat, AT_FDCWD, *host ? host : "/", &st, 0))
		return;
	/* A file needs no note: its name is the mount point's, which always sends a call to the walk. */
	if ((flags & FJ_MOUNT_READ_ONLY) && (st.st_mode & 0170000) == 0040000)
		fj_jail->has_read_only = 1;
	/* Where two mounts lie on one device of the host only we know that a rename from one to the other must fail. */
	if (st.st_dev == fj_jail->root_dev)
		fj_jail->mounts_share_device = 1;
	for (uint32_t i = 0; i < fj_jail->mount_count; i++)
		if (!fj_sys4(__NR_newfstatat, AT_FDCWD, fj_mount_host(&fj_jail->mount[i]), &other, 0) && other.st_dev == st.st_dev)
			fj_jail->mounts_share_device = 1;
}

long fj_mount_add(const char *host, const char *pos, uint32_t flags)
{
	const uint32_t host_len = fj_streq(host, "/") ? 0 : (uint32_t)fj_strlen(host);
	const uint32_t pos_len = (uint32_t)fj_strlen(pos);
	uint32_t leaf = pos_len;

	if (fj_jail->mount_count == FJ_MOUNTS_MAX || fj_jail->text_used + host_len + pos_len + 2 > FJ_TEXT_ARENA)
		return -ENOSPC;
	while (leaf && pos[leaf - 1] != '/')
		leaf--;
	fj_jail->mount[fj_jail->mount_count] = (struct fj_mount){
		.flags = flags,
		.jail = keep_text(pos, pos_len),
		.jail_len = pos_len,
		.host = keep_text(host, host_len),
		.host_len = host_len,
		.leaf_hash = leaf_hash(pos + leaf, pos_len - leaf),
	};
	note_host(host, flags);
	__atomic_store_n(&fj_jail->mount_count, fj_jail->mount_count + 1, __ATOMIC_RELEASE);
	return 0;
}

bool fj_mount_may_be_named(const char *name, size_t len)
{
	const uint32_t count = __atomic_load_n(&fj_jail->mount_count, __ATOMIC_ACQUIRE);

	if (!count)
		return false;

	const uint32_t hash = leaf_hash(name, len);

	for (uint32_t i = 0; i < count; i++)
		if (fj_jail->mount[i].leaf_hash == hash)
			return true;
	return false;
}

/* Later mounts cover earlier ones, so both searches run backwards. */
const struct fj_mount *fj_mount_at(const char *pos)
{
	for (uint32_t i = __atomic_load_n(&fj_jail->mount_count, __ATOMIC_ACQUIRE); i--;)
		if (fj_streq(fj_mount_jail(&fj_jail->mount[i]), pos))
			return &fj_jail->mount[i];
	return NULL;
}

const struct fj_mount *fj_mount_of(const char *pos)
{
	const struct fj_mount *best = NULL;

	for (uint32_t i = __atomic_load_n(&fj_jail->mount_count, __ATOMIC_ACQUIRE); i--;) {
		const struct fj_mount *m = &fj_jail->mount[i];

		if (fj_path_has_prefix(pos, fj_mount_jail(m)) && (!best || m->jail_len > best->jail_len))
			best = m;
	}
	return best;
}

bool fj_path_is_foreign(const char *pos)
{
	return fj_mount_of(pos);
}

static void set_root(struct fj_root *root, int fd, const char *pos)
{
	struct stat st = {0};

	fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	root->fd = fd;
	root->dev = st.st_dev;
	root->ino = st.st_ino;
	root->len = (uint32_t)fj_strlen(pos);
	memcpy(root->pos, pos, root->len + 1);
	root->id = root->len ? st.st_ino * 31 + st.st_dev + 1 : 0;
}

const struct fj_root *fj_root(void)
{
	if (__builtin_expect(vfork_child != 0, 0)) {
		if (fj_sys0(__NR_getpid) == vfork_child)
			return &root_of_vfork_child;
		if (fj_sys2(__NR_kill, vfork_child, 0) == -ESRCH)
			vfork_child = 0;
	}
	return &root_of_process;
}

void fj_root_start(const char *nested_pos)
{
	if (*nested_pos) {
		set_root(&root_of_process, FJ_FD_NESTED(fj_jail), nested_pos);
		return;
	}
	root_of_process.fd = FJ_FD_ROOT(fj_jail);
	root_of_process.dev = fj_jail->root_dev;
	root_of_process.ino = fj_jail->root_ino;
}

long fj_root_enter(int fd, const char *pos)
{
	struct fj_root *root = &root_of_process;

	if (fj_is_borrowed_memory()) {
		root = &root_of_vfork_child;
		vfork_child = (int32_t)fj_sys0(__NR_getpid);
	}
	if (!*pos) {
		fj_close(fd);
		set_root(root, FJ_FD_ROOT(fj_jail), pos);
		return 0;
	}

	const long r = fj_sys3(__NR_dup3, fd, FJ_FD_NESTED(fj_jail), 0);

	fj_close(fd);
	if (fj_is_err(r))
		return r;
	set_root(root, FJ_FD_NESTED(fj_jail), pos);
	return 0;
}
