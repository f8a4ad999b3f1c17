/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_readlink.c - readlink(2) of symlinks in the jail, and of those in procfs, whose text is a
 * host path. Called through the table. */

#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "facts/facts.h"
#include "fast-path/fast.h"
#include "guest/guest.h"
#include "inode/exe.h"
#include "jail/epoch.h"
#include "jail/root.h"
#include "jail/search.h"
#include "layers/union.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "path/proc.h"
#include "procfs/procfs.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/scratch.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/stat.h>

static long answer_link(struct fj_call *c, const char *text, size_t len)
{
	const size_t size = (size_t)(int)fj_arg(c, FJ_SIZE, 0);
	const long r = fj_guest_write(fj_arg(c, FJ_PTR, 0), text, len < size ? len : size);

	return r < 0 ? r : (long)(len < size ? len : size);
}

/* map_files/ADDRESS-ADDRESS */
static bool is_mapping(const char *name)
{
	while ((*name >= '0' && *name <= '9') || (*name >= 'a' && *name <= 'f'))
		name++;
	return *name == '-';
}

/* Reads a symlink of procfs: its text is a host path. */
static long read_magic(
	struct fj_call *c, const struct fj_place *place, const char *text, size_t len)
{
	const char *name = place->name + fj_place_dir_len(place->name);
	struct fj_str seen, file;

	fj_str_init(&file, fj_scratch_path(c->thread), PATH_MAX);
	if (is_mapping(name) && fj_proc_mapping_of_copy(c->thread, place, text, &file)) {
		text = file.at;
		len = file.len;
	}
	fj_str_init(&seen, fj_scratch(c->thread, 2 * PATH_MAX), 2 * PATH_MAX);
	if (is_mapping(name) && !fj_proc_shows_file(c->thread, text, len, &seen))
		return -ENOENT; /* a file of the jail itself, which maps leaves out, too */
	fj_str_cut(&seen, 0);
	if (fj_streq(name, "root"))
		fj_str_put(&seen, "/");
	else if (!fj_streq(name, "exe") || !fj_exe_seen(c->thread, place, text, &seen))
		fj_path_back_link(c->thread, text, len, &seen);
	return answer_link(c, seen.at, seen.len);
}

/* Reads a symlink of procfs by its name alone, in its directory, where the other files about the
 * process are. */
static long read_magic_there(
	struct fj_call *c, const struct fj_place *place, const char *text, size_t len)
{
	const size_t dir_len = fj_place_dir_len(place->name);
	struct fj_place there = {.owned_fd = -1, .name = place->name + dir_len};
	struct fj_str dir;
	long r;

	if (!dir_len)
		return read_magic(c, place, text, len);
	fj_str_init(&dir, fj_scratch_path(c->thread), PATH_MAX);
	fj_str_add(&dir, place->name, dir_len);
	there.dirfd = there.owned_fd = (int)fj_open_path(place->dirfd, dir.at, O_DIRECTORY);
	if (there.dirfd < 0)
		return there.dirfd;
	r = read_magic(c, &there, text, len);
	fj_place_done(&there);
	return r;
}

FJ_HOT static long read_link_at(struct fj_call *c, const struct fj_place *place, bool may_be_procfs)
{
	const uint64_t out = fj_arg(c, FJ_PTR, 0);
	const int size = (int)fj_arg(c, FJ_SIZE, 0);
	char *text;
	long written, r = fj_sys_readlinkat(place->dirfd, place->name, (void *)out, size);

	/* Only in procfs can a text be a host path, and it begins with a slash then. */
	if (r <= 0 || !may_be_procfs || *(const char *)out != '/' ||
		!fj_place_is_in_procfs(c->thread, place))
		return r;
	written = r;
	text = fj_scratch_path(c->thread);
	r = fj_sys_readlinkat(place->dirfd, place->name, text, PATH_MAX - 1);
	if (r < 0)
		return r;
	text[r] = 0;
	r = read_magic_there(c, place, text, (size_t)r);
	/* Clears what is left of the host path behind the answer. */
	for (long i = r < 0 ? 0 : r; i < written; i++)
		((volatile char *)out)[i] = 0;
	return r;
}

/* readlinkat(fd, ""): the descriptor is a symlink itself (open(2), O_PATH). A symlink of procfs is
 * read in its directory, by its name. */
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

/* Is /proc/self in the jail that of the host's procfs, with no symlink of the jail and no other mount
 * on the way, and may the caller search the directories on the way? */
static bool finds_own_links(struct fj_thread *t)
{
	const struct fj_root *root = fj_root();
	struct fj_mount_found m;
	char text[16];
	struct fj_str host;
	unsigned flags;

	if (root->len || root->fd < 0)
		return false;
	fj_str_init(&host, text, sizeof(text));
	if (!fj_mount_at("/proc", &m, &host) || !fj_streq(host.at, "/proc") ||
		fj_mount_may_be_named("self", 4))
		return false;
	if (!fj_search(t)->asks)
		return true;
	fj_str_cut(&host, 0);
	return (fj_facts_find(t, root, "", 0, &host, &flags, fj_facts_epoch()) &&
		       (flags & FJ_FACT_LETS)) ||
	       fj_path_may_search(t, root->fd, "") >= 0;
}

#define OF_SELF "/proc/self/"

/* Does `what`, in /proc/self, name exe, cwd, root or a program's descriptor, with nothing mounted on
 * it? */
static bool is_own_link(const char *what)
{
	const char *const number = fj_begins(what, "fd/") ? what + 3 : NULL;

	if (!number)
		return (fj_streq(what, "exe") || fj_streq(what, "cwd") || fj_streq(what, "root")) &&
		       !fj_mount_may_be_named(what, fj_strlen(what));
	for (const char *p = number; *p; p++)
		if (*p < '0' || *p > '9')
			return false;
	return number[0] && fj_proc_named(number, fj_strlen(number)) == FJ_PROC_PLAIN &&
	       !fj_mount_may_be_named("fd", 2) && !fj_mount_may_be_named(number, fj_strlen(number));
}

/* Reads the most used links of /proc/self with one system call: every static program reads its
 * `exe` at its start. Returns false if a walk is needed. */
__attribute__((noinline)) static bool read_own_link_of_proc(
	struct fj_call *c, const char *jail_path, long *r)
{
	const struct fj_place place = {.dirfd = AT_FDCWD, .owned_fd = -1, .name = jail_path};
	const char *const what = jail_path + sizeof(OF_SELF) - 1;
	char *text;

	if (!is_own_link(what) || !finds_own_links(c->thread))
		return false;
	if (fj_streq(what, "exe")) {
		if (!fj_exe_is_known(c->thread))
			return false;
		*r = answer_link(c, fj_exe_path(), fj_strlen(fj_exe_path()));
		return true;
	}
	text = fj_scratch_path(c->thread);
	*r = fj_sys_readlinkat(AT_FDCWD, jail_path, text, PATH_MAX - 1);
	if (*r <= 0)
		return false;
	text[*r] = 0;
	*r = read_magic(c, &place, text, (size_t)*r);
	return true;
}

/* In a union EINVAL may mean a whiteout: then the name does not exist. */
static bool is_read_right(struct fj_call *c, const struct fj_place *place, long r)
{
	struct stat st;

	if (r != -EINVAL)
		return r != -EACCES;
	return !fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW) &&
	       !fj_union_calls.is_whiteout(c->thread, place->dirfd, place->name, &st);
}

static inline long read_place(struct fj_fast *q, void *own)
{
	/* In `fakejail /` procfs is no mount, and facts lead into it. */
	return read_link_at(own, &q->place,
		q->path[0] != '/' || !fj_jail_paths()->root[0] || q->place.dirfd == AT_FDCWD);
}

static inline enum fj_fast_seen see_text(struct fj_fast *q, void *own, long *r)
{
	return __builtin_expect(q->is_layered, 0) && !is_read_right(own, &q->place, *r) ?
		       FJ_SEEN_UNSURE :
		       FJ_SEEN_ANSWER;
}

FJ_HOT long fj_hook_readlink(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_LPATH);
	struct fj_place place;
	struct fj_fast q;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	if ((int)fj_arg(c, FJ_SIZE, 0) <= 0)
		return -EINVAL; /* comes first: do_readlinkat() of fs/stat.c */
	if (!jail_path && r)
		return r;
	if (!jail_path)
		return c->arg[i] ? read_own_link(c, fj_arg_dirfd(c, i)) : fj_kernel(c);
	if (fj_begins(jail_path, OF_SELF) && read_own_link_of_proc(c, jail_path, &r))
		return r;
	if (fj_fast_begin_layered(&q, c->thread, fj_arg_dirfd(c, i), jail_path, c->path_len) &&
		fj_fast_ask(&q, false, read_place, see_text, FJ_SURE_ALL, c, &r))
		return r;
	r = fj_path_walk(c->thread, fj_arg_dirfd(c, i), jail_path, 0, &place);
	if (r < 0)
		return r;
	r = read_link_at(c, &place, true);
	fj_place_done(&place);
	return r;
}
