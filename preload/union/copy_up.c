/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy_up.c - copies a lower file to the upper layer before its first change. Called by hooks that change a
 * file, through the room layers.
 *
 * A regular file is made without a name (O_TMPFILE), so that nothing is left if the process is killed.
 * Other files get a name in the work directory. The record is written before the file gets its real name,
 * in one step that fails if another process was faster. So nobody ever sees an incomplete file in the upper
 * layer.
 *
 * On an overlay of the kernel and on FUSE, a file without a name has another inode number and birth time
 * than later. There it always has a name. */
#include "bytes/str.h"
#include "call/call.h"
#include "call/umask.h"
#include "inode/owned.h"
#include "layers/engine_dir.h"
#include "layers/follow.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/disk.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"
#include "syscall/xattr.h"
#include "union/parts.h"
#include "union/union.h"

#include <asm/stat.h>
#include <linux/fs.h>

#define TRIES 5u
#define NAME_IS_TAKEN                                                                              \
	(-ESTALE) /* in the work directory; -EEXIST would mean another thing to the
				 * caller */
#define O_TMPFILE_ (FJ_TMPFILE | O_DIRECTORY)

void fj_union_temp_name(char name[FJ_UNION_TEMP_SIZE])
{
	static uint32_t last;
	struct fj_str s;

	fj_str_init(&s, name, FJ_UNION_TEMP_SIZE);
	fj_str_put(&s, FJ_UNION_TEMP);
	fj_str_num(&s, (uint64_t)fj_sys_getpid(), 10);
	fj_str_put(&s, ".");
	fj_str_num(&s, __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED), 10);
}

long fj_union_open_lower(int dirfd, const char *name, int flags)
{
	long fd;

	flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	fd = fj_sys_openat(dirfd, name, flags | O_NOATIME, 0);
	return fd == -EPERM ? fj_sys_openat(dirfd, name, flags, 0) : fd;
}

/* The arguments of fj_union_copy_up. */
struct task {
	struct fj_call *c;
	int from_dirfd, to_dirfd, work_fd; /* work_fd: the directory where the copy is made */
	const char *from, *to;
	bool with_data;
	struct fj_union_copy u;
	char temp[FJ_UNION_TEMP_SIZE]; /* its name there; "": none, or none yet */
};

static bool is_regular_on_disk(const struct task *k)
{
	const uint32_t type = k->u.file.owner.mode & FJ_S_IFMT;

	return type == FJ_S_IFREG || type == FJ_S_IFCHR || type == FJ_S_IFBLK;
}

static void remove_temp(struct task *k)
{
	const bool is_dir = (k->u.file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR;

	if (k->u.made.ino)
		fj_owner_gone(&k->u.made);
	if (k->temp[0])
		fj_sys_unlinkat(k->work_fd, k->temp, is_dir ? AT_REMOVEDIR : 0);
}

static void drop_fds(struct fj_union_copy *u)
{
	if (u->src >= 0)
		fj_sys_close(u->src);
	if (u->dst >= 0)
		fj_sys_close(u->dst);
	u->src = u->dst = -1;
}

static long make_symlink(struct task *k)
{
	struct fj_thread *t = k->c->thread;
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t);
	long r = fj_sys_readlinkat(k->from_dirfd, k->from, text, PATH_MAX);

	if (r >= 0) {
		text[r] = 0;
		r = fj_sys_symlinkat(text, k->work_fd, k->temp);
	}
	fj_scratch_release(t, mark);
	return r;
}

static long open_source(struct task *k, int flags)
{
	const long fd = fj_union_open_lower(k->from_dirfd, k->from, flags);

	k->u.src = fd < 0 ? -1 : (int)fd;
	return fd < 0 ? fd : 0;
}

static long make_directory(struct task *k)
{
	long r = fj_make_engine_dir(k->work_fd, k->temp);

	if (r < 0)
		return r;
	open_source(k, O_DIRECTORY); /* if this fails, nobody here can read its attributes */
	r = fj_sys_openat(k->work_fd, k->temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (r < 0)
		return r;
	k->u.dst = (int)r;
	return fj_union_copy_attributes(&k->u);
}

/* Make an empty file, as `temp` or without a name. */
static long open_new(struct task *k)
{
	long fd = -EOPNOTSUPP;

	if (fj_owner_disk(k->work_fd) == FJ_DISK_PLAIN)
		fd = fj_sys_openat(k->work_fd, ".", O_TMPFILE_ | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && fd != -EMFILE && fd != -ENFILE && fd != -ENOSPC && fd != -EDQUOT &&
		fd != -EROFS) {
		fd = fj_sys_openat(k->work_fd, k->temp,
			O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
	} else if (fd >= 0) {
		k->temp[0] = 0;
	}
	return fd;
}

static long make_regular(struct task *k)
{
	const bool is_file = (k->u.file.owner.mode & FJ_S_IFMT) == FJ_S_IFREG;
	long fd, r = is_file ? open_source(k, 0) : 0;

	if (r < 0 && k->with_data)
		return r;
	fd = open_new(k);
	if (fd < 0) {
		k->temp[0] = 0;
		return fd == -EEXIST ? NAME_IS_TAKEN : fd;
	}
	k->u.dst = (int)fd;
	if (fj_umask() & 0600) /* attributes are only given to a file that may be written */
		fj_sys_fchmod(fd, 0600);
	r = fj_union_copy_attributes(&k->u);
	if (!r && is_file && k->with_data) {
		const struct fj_union_data d = {.src = k->u.src, .dst = k->u.dst};

		r = fj_union_copy_data(k->c, &d);
	}
	return r;
}

static long make_copy(struct task *k)
{
	const uint32_t type = k->u.file.owner.mode & FJ_S_IFMT;
	long r;

	if (is_regular_on_disk(k))
		return make_regular(k);
	if (type == FJ_S_IFDIR)
		r = make_directory(k);
	else if (type == FJ_S_IFLNK)
		r = make_symlink(k);
	else
		r = fj_sys_mknodat(k->work_fd, k->temp, type | 0600, 0);
	if (r == -EEXIST) { /* made by an earlier process with our PID */
		k->temp[0] = 0;
		r = NAME_IS_TAKEN;
	}
	return r;
}

/* For a file system without RENAME_NOREPLACE. */
static long rename_otherwise(struct task *k)
{
	char byte;
	long r;

	if ((k->u.file.owner.mode & FJ_S_IFMT) != FJ_S_IFDIR) {
		r = fj_sys_linkat(k->work_fd, k->temp, k->to_dirfd, k->to, 0);
		if (!r)
			fj_sys_unlinkat(k->work_fd, k->temp, 0);
		return r;
	}
	r = fj_sys_readlinkat(k->to_dirfd, k->to, &byte, 1);
	if (r >= 0 || r == -EINVAL)
		return -EEXIST;
	r = fj_sys_renameat(k->work_fd, k->temp, k->to_dirfd, k->to);
	return r == -ENOTEMPTY ? -EEXIST : r;
}

static long give_name(struct task *k)
{
	char link[32];
	struct fj_str s;
	long r;

	if (!k->temp[0]) {
		fj_str_init(&s, link, sizeof(link));
		fj_fd_path(&s, k->u.dst, NULL);
		return fj_sys_linkat(AT_FDCWD, link, k->to_dirfd, k->to, AT_SYMLINK_FOLLOW);
	}
	r = fj_sys_renameat2(k->work_fd, k->temp, k->to_dirfd, k->to, RENAME_NOREPLACE);
	return r == -EINVAL || r == -ENOSYS ? rename_otherwise(k) : r;
}

/* The new name must not change the directory's times: the program saw the file there before. */
static void set_times(const struct task *k, const char *parent, const struct stat *st)
{
	const int64_t times[4] = {(int64_t)st->st_atime, (int64_t)st->st_atime_nsec,
		(int64_t)st->st_mtime, (int64_t)st->st_mtime_nsec};

	fj_sys_utimensat(k->to_dirfd, parent, times, 0);
}

static long give_name_unseen(struct task *k)
{
	struct fj_thread *t = k->c->thread;
	const uint32_t mark = fj_scratch_mark(t);
	const char *parent = fj_place_dir_name(t, k->to);
	struct stat st;
	long r = fj_sys_newfstatat(k->to_dirfd, parent, &st, 0);

	if (!r)
		r = give_name(k);
	if (!r)
		set_times(k, parent, &st);
	fj_scratch_release(t, mark);
	return r;
}

static long copy_by_way_of(struct task *k, int work_fd)
{
	const bool may_be_open = (k->u.file.owner.mode & FJ_S_IFMT) == FJ_S_IFREG;
	long r;

	k->work_fd = work_fd;
	k->u.made = (struct fj_owner_key){0};
	k->u.src = k->u.dst = -1;
	fj_union_temp_name(k->temp);
	r = make_copy(k);
	if (!r) {
		k->u.dirfd = is_regular_on_disk(k) ? k->u.dst : k->work_fd;
		k->u.name = is_regular_on_disk(k) ? "" : k->temp;
		r = fj_union_copy_shown(k->c, &k->u);
	}
	if (!r)
		r = give_name_unseen(k);
	if (r < 0)
		remove_temp(k);
	else if (may_be_open)
		fj_copies_tell(k->u.file.dev, k->u.sx.stx_ino, k->u.dst);
	drop_fds(&k->u);
	/* (Where a handler may run, this process hears at its next call.) */
	if (r >= 0 && may_be_open && (k->c->mask || k->c->holds_signals))
		fj_copies_hear(k->c->thread);
	return r;
}

/* Without a work directory, or if it is on another mount. */
static long copy_beside(struct task *k)
{
	const uint32_t mark = fj_scratch_mark(k->c->thread);
	const char *parent = fj_place_dir_name(k->c->thread, k->to);
	const long fd = fj_sys_openat(k->to_dirfd, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	struct stat st;
	long r = fd;

	if (fd >= 0) {
		r = fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
		if (!r) {
			r = copy_by_way_of(k, (int)fd);
			set_times(k, parent, &st); /* the copy was made in this directory */
		}
		fj_sys_close((int)fd);
	}
	fj_scratch_release(k->c->thread, mark);
	return r;
}

long fj_union_copy_up(struct fj_call *c, int from_dirfd, const char *from, int to_dirfd,
	const char *to, int work_fd, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct task *k = (struct task *)fj_scratch(c->thread, sizeof(*k));
	long r = NAME_IS_TAKEN;

	*k = (struct task){.c = c,
		.from_dirfd = from_dirfd,
		.from = from,
		.to_dirfd = to_dirfd,
		.to = to,
		.with_data = how & FJ_UNION_DATA,
		.u.is_nested = how & FJ_UNION_NESTED};
	/* A handler may leave by siglongjmp(3), and must not leave an incomplete file behind. */
	fj_hold_signals(c);
	/* (Code that cleans the work directory may take us for dead, and remove the copy: then try
	 * again.) */
	for (unsigned n = 0; n < TRIES && (r == NAME_IS_TAKEN || (r == -ENOENT && n == 1)); n++) {
		r = fj_file_statx(c, from_dirfd, from, AT_SYMLINK_NOFOLLOW,
			STATX_BASIC_STATS | STATX_BTIME, &k->u.sx, &k->u.file);
		if (r < 0)
			break;
		r = work_fd < 0 ? -EXDEV : copy_by_way_of(k, work_fd);
		if (r == -EXDEV)
			r = copy_beside(k);
	}
	fj_scratch_release(c->thread, mark);
	return r;
}

/* Would the copy show the same without a record? The first record costs memory, and most jails need none.
 * (The root of an overlay has the upper layer's inode number: ovl_get_root() of fs/overlayfs/super.c.) */
static bool is_as_made(const struct fj_union_copy *u)
{
	const struct fj_owner *owner = &u->file.owner;

	return !u->file.has_record && !owner->uid && !owner->gid && !(owner->mode & 07000) &&
	       (owner->mode & 0700) == 0700 && u->src >= 0 && fj_sys_flistxattr(u->src, 0, 0) <= 0;
}

long fj_union_copy_root(struct fj_call *c, int from_fd, int to_fd)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_union_copy *u = (struct fj_union_copy *)(void *)fj_scratch(c->thread, sizeof(*u));
	long r;

	*u = (struct fj_union_copy){.dirfd = to_fd, .name = "", .dst = to_fd};
	r = fj_file_statx(
		c, from_fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &u->sx, &u->file);
	u->src = r < 0 ? -1 : (int)fj_union_open_lower(from_fd, ".", O_DIRECTORY);
	if (!r)
		r = fj_union_copy_attributes(u);
	if (!r)
		r = is_as_made(u) ? fj_union_copy_plain(u) : fj_union_copy_shown(c, u);
	u->dst = -1;
	drop_fds(u);
	fj_scratch_release(c->thread, mark);
	return r;
}
