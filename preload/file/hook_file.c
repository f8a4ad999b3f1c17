/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_file.c - the calls that look at a file: stat, access, readlink.
 *
 * They are the most frequent of all, so each is tried first in one system call on remembered facts;
 * a final symlink, or a change of the facts meanwhile, sends it to the walk. */
#include "inode/device.h"
#include "inode/exe.h"
#include "call/hooks.h"
#include "mountinfo/mount_ids.h"
#include "procfs/procfs.h"
#include "path/proc.h"
#include "inode/owned.h"
#include "path/union.h"
#include "sys/guest.h"

/* Put `place` where the path argument stands, for a call with a descriptor argument. */
static void aim(struct fj_call *c, int i, const struct fj_place *place)
{
	c->arg[i - 1] = (uint64_t)(int64_t)place->dirfd;
	c->arg[i] = (uint64_t)place->name;
}

static long give_stat(uint64_t out, const struct statx *sx)
{
	struct stat st;

	fj_stat_from_statx(&st, sx);
	return fj_guest_write(out, &st, sizeof(st));
}

/* Look at a place and write what it shows to the program; `*is_symlink` tells what it was. */
__attribute__((always_inline)) static inline long show(
	struct fj_call *c, int dirfd, const char *name, unsigned flags, bool *is_symlink)
{
	const bool wants_statx = c->nr == __NR_statx;
	const uint64_t out = c->arg[wants_statx ? 4 : 2];
	struct fj_file file;
	struct statx sx;
	uint32_t mode;
	long r;

	*is_symlink = false;
	if (fj_own_is_empty()) {
		bool has_met;

		if (wants_statx)
			r = fj_sys5(__NR_statx, dirfd, name, flags, c->arg[3], out);
		else
			r = fj_sys4(__NR_newfstatat, dirfd, name, out, flags);
		if (r < 0)
			return r;
		mode = wants_statx ? ((struct statx *)out)->stx_mode :
				     ((struct stat *)out)->st_mode;
		if (wants_statx)
			has_met = fj_file_show_statx(c, dirfd, name, flags, (struct statx *)out);
		else
			has_met = fj_file_show_stat(c, dirfd, name, flags, (struct stat *)out);
		*is_symlink = (mode & FJ_S_IFMT) == FJ_S_IFLNK;
		if (!has_met)
			return r;
	}
	/* stat(2) mounts nothing: vfs_fstatat() of fs/stat.c. */
	r = fj_file_statx(c, dirfd, name, wants_statx ? flags : flags | AT_NO_AUTOMOUNT,
		wants_statx ? (unsigned)c->arg[3] : STATX_BASIC_STATS, &sx, &file);
	if (r < 0)
		return r;
	mode = sx.stx_mode;
	if (wants_statx)
		r = fj_guest_write(out, &sx, sizeof(sx));
	else
		r = give_stat(out, &sx);
	*is_symlink = (mode & FJ_S_IFMT) == FJ_S_IFLNK;
	return r;
}

/* A merged directory has one link: ovl_getattr() of fs/overlayfs/inode.c. What was just written. */
__attribute__((noinline)) static void show_one_link(struct fj_call *c)
{
	if (c->nr == __NR_statx)
		((struct statx *)c->arg[4])->stx_nlink = 1;
	else
		((struct stat *)c->arg[c->nr == __NR_fstat ? 1 : 2])->st_nlink = 1;
}

/* Another thread or process may have replaced what the facts said, or the directory above may not
 * be searchable though the working directory is: then only the walk knows. */
static bool is_conclusive(long r, const char *jail_path, uint64_t epoch)
{
	return fj_facts_hold(epoch) && (r != -EACCES || jail_path[0] == '/');
}

/* Find the place by walking, /proc/PID/exe included. */
static long find(
	struct fj_call *c, int i, const char *jail_path, unsigned how, struct fj_place *place)
{
	const int dirfd = fj_arg_dirfd(c, i);
	long r = fj_path_walk(c->thread, dirfd, jail_path, how, place);

	if (!r && place->is_exe)
		r = fj_exe_find(c->thread, how, place);
	return r;
}

FJ_HOT long fj_hook_stat(struct fj_call *c)
{
	/* The arguments of the two rows: newfstatat(dirfd, path, out, flags), statx(dirfd, path,
	 * flags, mask, out). */
	enum { DIRFD, PATH };
	const unsigned flags = (uint32_t)c->arg[c->nr == __NR_statx ? 2 : 3];
	const bool follows = !(flags & AT_SYMLINK_NOFOLLOW);
	struct fj_place place;
	struct fj_quick q;
	bool is_symlink;
	long r;
	char *jail_path = fj_arg_path(c, PATH, &r);

	if (!jail_path) {
		if (r || !(flags & AT_EMPTY_PATH))
			return r ? r : fj_kernel(c);
		/* (A null path is "" since Linux 6.11; older kernels say EFAULT.) */
		r = c->arg[PATH] ? show(c, (int)c->arg[DIRFD], "", flags, &is_symlink) :
				   show(c, (int)c->arg[DIRFD], NULL, flags, &is_symlink);
		if (__builtin_expect(fj_jail->has_unions && !r, 0) &&
			fj_union_is_merged(c->thread, (int)c->arg[DIRFD]))
			show_one_link(c);
		return r;
	}
	if (fj_quick_begin(&q, c->thread, (int)c->arg[DIRFD], jail_path, c->path_len))
		do {
			r = show(c, q.place.dirfd, q.place.name, flags | AT_SYMLINK_NOFOLLOW,
				&is_symlink);
			if (!is_conclusive(r, q.path, q.epoch)) {
				fj_quick_end(&q);
				break;
			}
			if (r != 0 || !follows || !is_symlink)
				return r;
		} while (fj_quick_beyond(&q));
	r = find(c, PATH, jail_path, follows ? FJ_FOLLOW : 0, &place);
	if (r < 0)
		return r;
	r = show(c, place.dirfd, place.name,
		place.is_magic ? flags & ~(unsigned)AT_SYMLINK_NOFOLLOW :
				 flags | AT_SYMLINK_NOFOLLOW,
		&is_symlink);
	if (__builtin_expect(!r && place.is_merged, 0))
		show_one_link(c);
	if (!r && place.is_mount && c->nr == __NR_statx)
		((struct statx *)c->arg[4])->stx_attributes |= FJ_STATX_ATTR_MOUNT_ROOT;
	fj_place_done(&place);
	return r;
}

long fj_hook_fstat(struct fj_call *c)
{
	const uint64_t out = c->arg[1];
	struct fj_file file;
	struct statx sx;
	long r;

	if ((int)c->arg[0] < 0)
		return -EBADF; /* statx(2) would take AT_FDCWD for the working directory */
	if (fj_own_is_empty()) {
		r = fj_kernel(c);
		if (r || !fj_file_show_stat(c, (int)c->arg[0], "", 0, (struct stat *)out))
			goto out;
	}
	r = fj_file_statx(c, (int)c->arg[0], "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS,
		&sx, &file);
	if (r < 0)
		return r;
	r = give_stat(out, &sx);
out:
	if (__builtin_expect(fj_jail->has_unions && !r, 0) &&
		fj_union_is_merged(c->thread, (int)c->arg[0]))
		show_one_link(c);
	return r;
}

/* What access(2) answers, when that is sure from looking at the file; else 1. *is_symlink tells of
 * one. Nothing but the mode bits can deny the owner to look at, or to read, a file that he found.
 */
static long access_by_look(const struct fj_call *c, int dirfd, const char *name, bool *is_symlink)
{
	enum { R = 4, OWNER_R = 0400 }; /* R_OK, S_IRUSR */
	const uint32_t wanted = (uint32_t)fj_arg(c, FJ_MODE, 0);
	struct stat st;
	const long r = fj_sys4(__NR_newfstatat, dirfd, name, &st, AT_SYMLINK_NOFOLLOW);

	*is_symlink = !r && (st.st_mode & FJ_S_IFMT) == FJ_S_IFLNK;
	if (fj_arg(c, FJ_ATFLAGS, 0) & ~(uint64_t)AT_SYMLINK_NOFOLLOW)
		return 1;
	if (r < 0)
		return r == -ENOENT ? r : 1;
	if (!wanted || (wanted == R && (st.st_mode & OWNER_R) && st.st_uid == fj_own_real_uid()))
		return 0;
	return 1;
}

static long access_on_disk(struct fj_call *c);

FJ_HOT long fj_hook_access(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint64_t path = c->arg[i];
	long error, r = access_on_disk(c);
	const char *jail_path;

	if (__builtin_expect(r != -EACCES, 1) || !fj_own_has_devices())
		return r;
	c->arg[i] = path;
	jail_path = fj_arg_path(c, i, &error);
	return jail_path ? fj_device_access(c, dirfd, jail_path,
				   !(fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW)) :
			   r;
}

/* A program on a noexec mount. */
static bool is_not_to_be_run(const struct fj_place *place)
{
	struct stat st;

	return (fj_jail->has_mount_limits & FJ_MOUNT_NOEXEC) && place->pos && !place->is_magic &&
	       (fj_mount_limits(place->pos) & FJ_MOUNT_NOEXEC) &&
	       !fj_sys4(__NR_newfstatat, place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       (st.st_mode & FJ_S_IFMT) == FJ_S_IFREG;
}

FJ_HOT static long access_on_disk(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const bool follows = !(fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint64_t wanted = fj_arg(c, FJ_MODE, 0);
	struct fj_place place;
	struct fj_quick q;
	bool is_symlink;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	if (!jail_path)
		return r ? r : fj_kernel(c);
	if (c->nr == __NR_faccessat2 && fj_jail->no_faccessat2)
		return -ENOSYS; /* not an errno of the path that the walk would find */
	if (fj_arg(c, FJ_MODE, 0) & ~7UL & 0xffffffffu)
		return fj_kernel(c); /* which refuses that before it looks at the path:
					do_faccessat() of fs/open.c */
	if (!fj_jail->has_read_only && !(fj_jail->has_mount_limits & FJ_MOUNT_NOEXEC) &&
		fj_quick_begin(&q, c->thread, dirfd, jail_path, c->path_len))
		do {
			r = access_by_look(c, q.place.dirfd, q.place.name, &is_symlink);
			if (follows && is_symlink)
				continue;
			aim(c, i, &q.place);
			r = r == 1 || is_symlink ? fj_kernel(c) : r;
			if (is_conclusive(r, q.path, q.epoch))
				return r;
			c->arg[i - 1] = (uint64_t)(int64_t)dirfd;
			fj_quick_end(&q);
			break;
		} while (fj_quick_beyond(&q));
	r = find(c, i, jail_path, (follows ? FJ_FOLLOW : 0) | FJ_WRITE | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	aim(c, i, &place);
	if (__builtin_expect(place.is_lower, 0)) /* it would be copied before it is written */
		c->arg[fj_arg_index(c, FJ_MODE)] &= ~2UL;
	r = fj_kernel(c);
	if (!r && place.is_read_only && (wanted & 2 /* W_OK */))
		r = -EROFS;
	if (!r && (fj_arg(c, FJ_MODE, 0) & 1 /* X_OK */) && is_not_to_be_run(&place))
		r = -EACCES;
	fj_place_done(&place);
	return r;
}

static long answer(struct fj_call *c, const char *text, size_t len)
{
	const size_t size = (size_t)(int)fj_arg(c, FJ_SIZE, 0);
	const long r = fj_guest_write(fj_arg(c, FJ_PTR, 0), text, len < size ? len : size);

	return r < 0 ? r : (long)(len < size ? len : size);
}

/* A link of procfs: its text is a host path. */
/* map_files/ADDRESS-ADDRESS */
static bool is_mapping(const char *name)
{
	while ((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'f'))
		name++;
	return *name == '-';
}

static long read_magic(
	struct fj_call *c, const struct fj_place *place, const char *text, size_t len)
{
	const char *name = place->name + fj_place_dir_len(place->name);
	struct fj_str seen, file;

	fj_str_init(&file, fj_scratch_path(c->thread), FJ_PATH_MAX);
	if (is_mapping(name) && fj_proc_mapping_of_copy(c->thread, place, text, &file)) {
		text = file.at;
		len = file.len;
	}
	fj_str_init(&seen, fj_scratch(c->thread, 2 * FJ_PATH_MAX), 2 * FJ_PATH_MAX);
	if (is_mapping(name) && !fj_proc_shows_file(c->thread, text, len, &seen))
		return -ENOENT; /* the jail's own, which maps leaves out as well */
	fj_str_cut(&seen, 0);
	if (fj_streq(name, "root"))
		fj_str_put(&seen, "/");
	else if (!fj_streq(name, "exe") || !fj_exe_seen(c->thread, place, text, &seen))
		fj_path_back_link(c->thread, text, len, &seen);
	return answer(c, seen.at, seen.len);
}

FJ_HOT static long read_link_at(struct fj_call *c, const struct fj_place *place, bool may_be_procfs)
{
	const uint64_t out = fj_arg(c, FJ_PTR, 0);
	const int size = (int)fj_arg(c, FJ_SIZE, 0);
	char *text;
	long written, r = fj_sys4(__NR_readlinkat, place->dirfd, place->name, out, size);

	/* Only a text that begins with a slash can be a host path, and only in procfs. */
	if (r <= 0 || !may_be_procfs || *(const char *)out != '/' ||
		!fj_place_is_in_procfs(c->thread, place))
		return r;
	written = r;
	text = fj_scratch_path(c->thread);
	r = fj_sys4(__NR_readlinkat, place->dirfd, place->name, text, FJ_PATH_MAX - 1);
	if (r < 0)
		return r;
	text[r] = 0;
	r = read_magic(c, place, text, (size_t)r);
	/* The host's text is not to be seen behind the answer either. */
	for (long i = r < 0 ? 0 : r; i < written; i++)
		((volatile char *)out)[i] = 0;
	return r;
}

/* readlinkat(fd, ""): the descriptor is itself a symlink (open(2), O_PATH). One of procfs is read
 * where it lies, by its name. */
static long read_own_link(struct fj_call *c, int fd)
{
	struct fj_place place = {.dirfd = fd, .owned_fd = -1, .name = ""};
	char *path, *name;
	long n, r;

	if (!fj_is_procfs(fd))
		return read_link_at(c, &place, false);
	path = name = fj_scratch_path(c->thread);
	n = fj_fd_target(fd, path);
	if (n <= 0)
		return fj_kernel(c);
	path[n] = 0;
	for (char *p = path; *p; p++)
		if (*p == '/')
			name = p;
	*name = 0;
	place.owned_fd = place.dirfd = (int)fj_open_path(AT_FDCWD, path, O_DIRECTORY);
	place.name = name + 1;
	r = place.dirfd < 0 ? place.dirfd : read_link_at(c, &place, true);
	if (place.dirfd >= 0)
		fj_place_done(&place);
	return r;
}

/* Every static program asks for this one at its start. No symlink can be met before it where the
 * host's procfs is mounted on /proc. */
static bool is_own_exe(const char *jail_path)
{
	struct fj_mount_found m;
	char text[16];
	struct fj_str host;

	if (!fj_streq(jail_path, "/proc/self/exe") || fj_root()->len)
		return false;
	fj_str_init(&host, text, sizeof(text));
	return fj_mount_at("/proc", &m, &host) && fj_streq(host.at, "/proc");
}

FJ_HOT long fj_hook_readlink(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_LPATH);
	struct fj_place place;
	struct fj_quick q;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	if ((int)fj_arg(c, FJ_SIZE, 0) <= 0)
		return -EINVAL; /* first of all: fs/stat.c, do_readlinkat() */
	if (!jail_path && r)
		return r;
	if (!jail_path)
		return c->arg[i] ? read_own_link(c, fj_arg_dirfd(c, i)) : fj_kernel(c);
	if (is_own_exe(jail_path) && fj_exe_is_known(c->thread))
		return answer(c, fj_exe_path(), fj_strlen(fj_exe_path()));
	if (fj_quick_begin(&q, c->thread, fj_arg_dirfd(c, i), jail_path, c->path_len)) {
		r = read_link_at(c, &q.place, jail_path[0] != '/');
		if (is_conclusive(r, jail_path, q.epoch))
			return r;
		fj_quick_end(&q);
	}
	r = fj_path_walk(c->thread, fj_arg_dirfd(c, i), jail_path, 0, &place);
	if (r < 0)
		return r;
	r = read_link_at(c, &place, true);
	fj_place_done(&place);
	return r;
}
