/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * place.c - places: their descriptors, host paths and directories; and openat2(2). Called through
 * path.h. */
#include "layers/place.h"

#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "jail/kernel_lacks.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "path/names.h"
#include "path/path.h"
#include "path/proc.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/mount.h"
#include "syscall/resource.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <asm/statfs.h>
#include <linux/errno.h>
#include <linux/openat2.h>
#include <linux/resource.h>

/* build_open_flags() of fs/open.c */
FJ_HOT uint64_t fj_openat2_flags(uint64_t flags)
{
	const uint64_t known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
			       O_NONBLOCK | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE |
			       O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |
			       04000000 /* __O_SYNC */ | O_PATH | FJ_TMPFILE;
	const uint64_t of_path = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	return flags & (flags & O_PATH ? of_path : known);
}

long fj_openat2(int dirfd, const char *name, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	unsigned tries = 0;
	long r;

	if (fj_lacks()->openat2)
		return -ENOSYS;
	/* EAGAIN with "..": a rename raced; openat2(2) says to try again. A file system may also answer so
	 * itself (fuse(4)), each time. */
	do
		r = fj_sys_openat2(dirfd, name, &how, sizeof(how));
	while (__builtin_expect(r == -EAGAIN, 0) && ++tries < FJ_RACES);
	if (r == -ENOSYS || (r == -EPERM && dirfd == -1))
		fj_lacks()->openat2 = 1;
	return r;
}

/* Open the topmost of the directories that are merged at `pos`. */
static long open_in_union(struct fj_thread *t, const char *pos)
{
	struct fj_layers l;
	const long r = fj_layers_open(t, pos, &l);
	long fd;

	if (r <= 0)
		return r ? r : -ENOENT; /* it has just been unmounted */
	fd = fj_sys_fcntl(fj_layers_top(&l), F_DUPFD_CLOEXEC, 0);
	fj_layers_close(&l);
	return fd;
}

long fj_path_open_pos(struct fj_thread *t, const char *pos, int flags)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str host;
	long r;

	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && fj_union_holds(pos))
		return open_in_union(t, pos);
	if (!fj_mount_of(pos, &m, NULL)) {
		r = fj_open_path(FJ_FD_ROOT(fj_jail), pos[0] ? pos + 1 : ".", flags);
	} else {
		fj_str_init(&host, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
		fj_path_host(pos, &host);
		r = fj_open_path(AT_FDCWD, host.at, flags);
	}
	fj_scratch_release(t, mark);
	return r;
}

void fj_place_done(struct fj_place *place)
{
	if (place->owned_fd >= 0)
		fj_sys_close(place->owned_fd);
	place->owned_fd = -1;
	if (__builtin_expect(place->layers != NULL, 0))
		fj_layers_close(place->layers);
	place->layers = NULL;
}

size_t fj_place_dir_len(const char *name)
{
	size_t len = fj_text_len(name);

	while (len && name[len - 1] == '/')
		len--;
	while (len && name[len - 1] != '/')
		len--;
	return len;
}

char *fj_place_dir_name(struct fj_thread *t, const char *name)
{
	const size_t cut = fj_place_dir_len(name);
	struct fj_str s;

	fj_scratch_str(t, &s, cut + 8);
	fj_str_add(&s, name, cut);
	fj_str_put(&s, ".");
	return s.at;
}

char *fj_place_path(struct fj_thread *t, const struct fj_place *place)
{
	const size_t size = 32 + fj_strlen(place->name);
	struct fj_str s;

	fj_str_init(&s, fj_scratch(t, size), size);
	if (place->dirfd == AT_FDCWD || place->name[0] == '/')
		fj_str_put(&s, place->name);
	else
		fj_fd_path(&s, place->dirfd, place->name[0] ? place->name : NULL);
	return s.at;
}

bool fj_place_is_in_procfs(struct fj_thread *t, const struct fj_place *place)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t len = fj_place_dir_len(place->name);
	struct fj_str dir;
	struct statfs fs;
	bool is;

	if (!len)
		return fj_is_procfs(place->dirfd);
	fj_str_init(&dir, fj_scratch(t, len + 1), len + 1);
	fj_str_add(&dir, place->name, len);
	is = !fj_path_statfs(t, place->dirfd, dir.at, &fs) && fs.f_type == FJ_PROC_SUPER_MAGIC;
	fj_scratch_release(t, mark);
	return is;
}

void fj_place_move_up(struct fj_place *place)
{
	long fd;

	if (place->owned_fd < 0)
		return;
	fd = fj_sys_fcntl(place->owned_fd, F_DUPFD_CLOEXEC, FJ_FD_ROOT(fj_jail) - 64);
	if (fd == -EINVAL) { /* RLIMIT_NOFILE is lower */
		struct rlimit64 limit = {0};

		fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit);
		fd = fj_sys_fcntl(place->owned_fd, F_DUPFD_CLOEXEC, limit.rlim_cur - 1);
	}
	if (fd < 0)
		return;
	fj_sys_close(place->owned_fd);
	place->owned_fd = place->dirfd = (int)fd;
}

static bool has_slash(const char *text, size_t len)
{
	while (len && text[len - 1] != '/')
		len--;
	return len;
}

/* The last name of `jail_path`, or NULL if it may be special in some directory. */
static const char *plain_name(const char *jail_path)
{
	const char *name = jail_path + fj_text_len(jail_path), *const end = name;

	while (name > jail_path && name[-1] != '/')
		name--;

	const size_t len = (size_t)(end - name);

	return !len || fj_is_dots(name, len) || fj_is_hidden_name(name, len) ||
			       fj_mount_may_be_named(name, len) ||
			       fj_proc_named(name, len) != FJ_PROC_PLAIN ?
		       NULL :
		       name;
}

/* `place` is another name in the merged directory of `first`, whose descriptors it shares. (Only renames have two such names:
 * FJ_LOOKS_LATER of walk/walk.h.) */
__attribute__((noinline)) static bool share_layers(
	struct fj_thread *t, const struct fj_place *first, struct fj_place *place)
{
	struct fj_layers *l = (struct fj_layers *)fj_scratch(t, sizeof(*l));

	*l = *first->layers;
	l->is_borrowed = true;
	l->work_fd = -1;
	/* (Where only lower layers have the directory, each place gets the upper one for itself.) */
	if (l->name || l->is_read_only || l->fd[0] < 0)
		return false;
	place->layers = l;
	return true;
}

/* Is the last name of `path` plain, and does it begin at byte `dir_len`? The path was found to be `place`.
 * Facts lead into the root's own tree only where the name is plain. */
static bool is_plain_in(const struct fj_place *place, const char *path, size_t dir_len)
{
	size_t len;
	const char *name;

	if (place->is_in_root) {
		len = fj_text_len(path);
		return len > dir_len && dir_len && path[dir_len - 1] == '/' &&
		       !has_slash(path + dir_len, len - dir_len);
	}
	name = plain_name(path);
	return name && (size_t)(name - path) == dir_len;
}

bool fj_place_beside(struct fj_thread *t, const struct fj_place *first, const char *first_path,
	const char *jail_path, struct fj_place *place)
{
	const char *const name = plain_name(jail_path);
	const size_t dir_len = name ? (size_t)(name - jail_path) : 0;
	struct fj_str pos;

	if (!name || !is_plain_in(first, first_path, dir_len) ||
		!fj_same(jail_path, first_path, dir_len) || fj_place_dir_len(first->name) ||
		(first->is_lower && !first->layers))
		return false;
	*place = *first;
	place->owned_fd = -1;
	place->name = name;
	if (__builtin_expect(first->layers != NULL, 0) && !share_layers(t, first, place))
		return false;
	if (first->pos) {
		const size_t len = fj_place_dir_len(first->pos), size = len + fj_strlen(name) + 1;

		fj_str_init(&pos, fj_scratch(t, size), size);
		fj_str_add(&pos, first->pos, len);
		fj_str_put(&pos, name);
		place->pos = pos.at;
	}
	return true;
}

long fj_path_statfs(struct fj_thread *t, int dirfd, const char *name, struct statfs *fs)
{
	const struct fj_place place = {.dirfd = dirfd, .name = name[0] ? name : "."};
	const uint32_t mark = fj_scratch_mark(t);
	long r;

	if (!name[0] && dirfd != AT_FDCWD)
		return fj_sys_fstatfs(dirfd, fs);
	r = fj_sys_statfs(fj_place_path(t, &place), fs);
	fj_scratch_release(t, mark);
	return r;
}

size_t fj_path_parent_len(const struct fj_str *pos)
{
	size_t n = pos->len;

	while (n && pos->at[n - 1] != '/')
		n--;
	return n ? n - 1 : 0;
}

FJ_HOT long fj_path_access(int dirfd, const char *name, unsigned mode, unsigned flags)
{
	long r = -ENOSYS;

	if (!fj_lacks()->faccessat2)
		r = fj_sys_faccessat2(dirfd, name, mode, flags | AT_SYMLINK_NOFOLLOW);
	/* EPERM: the file is immutable, or a filter of the host does not know the call. */
	if (__builtin_expect(r == -ENOSYS || r == -EPERM, 0) && !flags)
		r = fj_sys_faccessat(dirfd, name, mode);
	return r;
}
