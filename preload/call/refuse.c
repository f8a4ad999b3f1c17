/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * refuse.c - errors of the kernel for names that are removed, moved or linked, in cases that only
 * the engine knows: mounts of the jail that lie on one device of the host, or are read-only. Called
 * by run.c. */
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/replaced.h"
#include "layers/union.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>

long fj_place_look(const struct fj_place *place)
{
	char byte;
	const long r = fj_sys_readlinkat(place->dirfd, place->name, &byte, 1);

	return r >= 0 || r == -EINVAL ? 0 : r;
}

/* The name without the slashes at its end. In scratch memory, if there are any. */
static struct fj_place bare_place(const struct fj_call *c, const struct fj_place *place)
{
	struct fj_place bare = *place;
	size_t len = fj_strlen(place->name);

	while (len > 1 && place->name[len - 1] == '/')
		len--;
	if (place->name[len])
		bare.name = fj_scratch_text(c->thread, place->name, len, "");
	return bare;
}

bool fj_is_name_taken(const struct fj_call *c, const struct fj_place *place)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const struct fj_place bare = bare_place(c, place);
	const bool is = !fj_place_look(&bare);

	fj_scratch_release(c->thread, mark);
	return is;
}

long fj_refuse_new(const struct fj_call *c, const struct fj_replaced *with)
{
	const size_t len = fj_strlen(with->path);

	if (fj_is_name_taken(c, &with->place))
		return -EEXIST;
	return c->nr != __NR_mkdirat && len && with->path[len - 1] == '/' ? -ENOENT : 0;
}

/* rename(2) and link(2) do not cross mounts. If two mounts of the jail lie on one device of the
 * host, the host's kernel would allow it. */
__attribute__((noinline)) static bool crosses_mounts_of_one_device(
	const struct fj_call *c, const struct fj_replaced *a, const struct fj_replaced *b)
{
	const int fd_a = a->place.dirfd, fd_b = b->place.dirfd;
	struct stat st_a, st_b;

	if (!b->knows_mount || (a->is_of_fd ? fj_path_may_be_in_mount(c->thread, fd_a, b->mount) :
					      !a->knows_mount || a->mount == b->mount))
		return false;
	return !fj_sys_newfstatat(fd_a, fd_a == AT_FDCWD ? "." : "", &st_a, AT_EMPTY_PATH) &&
	       !fj_sys_newfstatat(fd_b, fd_b == AT_FDCWD ? "." : "", &st_b, AT_EMPTY_PATH) &&
	       st_a.st_dev == st_b.st_dev;
}

/* No layer has been asked yet: FJ_LOOKS_LATER of walk/walk.h. */
static bool is_dir_in_layers(struct fj_thread *t, const struct fj_place *place, long *error)
{
	const size_t size = fj_strlen(place->name), len = fj_text_len(place->name);
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_layers *const l = place->layers;
	bool is;

	*error = fj_layers_find(t, l, fj_scratch_text(t, place->name, len, ""));
	if (!*error && (l->found < 0 || l->is_whiteout))
		*error = -ENOENT;
	is = (l->mode & FJ_S_IFMT) == FJ_S_IFDIR;
	if (!*error && !is && size > len)
		*error = -ENOTDIR;
	fj_scratch_release(t, mark);
	return is;
}

static bool is_place_dir(struct fj_thread *t, const struct fj_place *place, long *error)
{
	struct stat st = {0};

	if (place->layers)
		return is_dir_in_layers(t, place, error);
	*error = fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW);
	return (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

/* The checks are in the order of do_renameat2() and do_unlinkat() of fs/namei.c. The types of the
 * files are compared before mount points are looked at (may_delete()). */
long fj_refuse_old(const struct fj_call *c, const struct fj_replaced *with, int count)
{
	const struct fj_replaced *a = &with[0], *b = &with[count - 1];
	struct stat st_a = {0}, st_b = {0};
	bool a_is_dir, b_is_dir;
	long r;

	if (fj_is_rename(c)) {
		fj_sys_newfstatat(a->place.dirfd, a->place.dirfd == AT_FDCWD ? "." : "", &st_a,
			AT_EMPTY_PATH);
		fj_sys_newfstatat(b->place.dirfd, b->place.dirfd == AT_FDCWD ? "." : "", &st_b,
			AT_EMPTY_PATH);
		if (st_a.st_dev != st_b.st_dev ||
			(a->knows_mount && b->knows_mount && a->mount != b->mount))
			return -EXDEV;
	}
	if (a->place.is_read_only || b->place.is_read_only)
		return -EROFS;
	a_is_dir = is_place_dir(c->thread, &a->place, &r);
	if (r < 0)
		return r;
	if (!fj_is_rename(c)) {
		const bool wants_dir = fj_arg(c, FJ_HEX, 0) & AT_REMOVEDIR;

		return wants_dir == a_is_dir ? -EBUSY : wants_dir ? -ENOTDIR : -EISDIR;
	}
	b_is_dir = is_place_dir(c->thread, &b->place, &r);
	if (!r && a_is_dir != b_is_dir && !fj_exchanges(c))
		return a_is_dir ? -ENOTDIR : -EISDIR;
	return -EBUSY;
}

/* The checks are in the order of do_linkat() of fs/namei.c. */
long fj_refuse_crossing(const struct fj_call *c, const struct fj_replaced *with)
{
	long r;

	if (!crosses_mounts_of_one_device(c, &with[0], &with[1]))
		return 0;
	r = with[0].is_linked_by_name ? fj_place_look(&with[0].place) : 0;
	if (r < 0)
		return r;
	r = fj_is_rename(c) ? 0 : fj_refuse_new(c, &with[1]);
	return r ? r : -EXDEV;
}

long fj_refuse_crossing_of_fd(const struct fj_call *c, int fd, const struct fj_replaced *with)
{
	const struct fj_replaced file = {.place.dirfd = fd, .is_of_fd = true};
	long r;

	if (fd < 0 || !crosses_mounts_of_one_device(c, &file, with))
		return 0;
	r = fj_links_nothing(c) ? -ENOENT : fj_refuse_new(c, with);
	return r ? r : -EXDEV;
}

bool fj_links_nothing(const struct fj_call *c)
{
	return c->nr == __NR_linkat &&
	       fj_sys_linkat(c->arg[0], "", -1, ".", fj_arg(c, FJ_LINKFLAGS, 0) & AT_EMPTY_PATH) ==
		       -ENOENT;
}

bool fj_links_dir(const struct fj_call *c, const struct fj_replaced *first)
{
	const int fd = first ? first->place.dirfd : (int)c->arg[0];
	struct stat st;

	if (first ? first->place.name[0] != 0 :
		    !c->arg[1] || !(fj_arg(c, FJ_LINKFLAGS, 0) & AT_EMPTY_PATH))
		return false;
	return !fj_sys_newfstatat(fd, fd == AT_FDCWD ? "." : "", &st, AT_EMPTY_PATH) &&
	       (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

long fj_refuse_unnamed(const struct fj_call *c)
{
	const int fd = (int)c->arg[0];

	if (!(fj_arg(c, FJ_LINKFLAGS, 0) & AT_EMPTY_PATH))
		return c->arg[1] ? -ENOENT : 0;
	return fd == AT_FDCWD || fj_sys_fcntl(fd, F_GETFD, 0) >= 0 ? 0 : -EBADF;
}

/* Does the new name `made` lie in a union, and has one of its layers directory `fd`? */
static bool is_in_union(struct fj_thread *t, int fd, const struct fj_place *made)
{
	char *const host_path = fj_scratch_path(t);
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	const char *rest;
	struct fj_str pos;
	bool is;

	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	if (made->pos)
		fj_str_put(&pos, made->pos);
	else if (!fj_path_of_dir(t, made->layers ? made->layers->fd[0] : made->dirfd, &pos))
		return false;
	if (fj_fd_target(fd, host_path) <= 0)
		return false;
	do {
		v = fj_mounts_look(&seen);
		const struct fj_mount *const m = fj_mounts_of(v, pos.at);

		is = m && (m->flags & FJ_MOUNT_UNION) &&
		     fj_mounts_layer(v, m, host_path, &rest) >= 0;
	} while (!fj_mounts_held(&seen));
	return is;
}

long fj_refuse_linked_dir(
	struct fj_call *c, const struct fj_place *linked, const struct fj_replaced *new, long r)
{
	struct fj_place made = new->place;
	const size_t len = fj_strlen(new->path);
	const uint32_t mark = fj_scratch_mark(c->thread);
	const int fd = linked ? linked->dirfd : (int)c->arg[0];
	struct stat st;
	bool is_one, is_taken = false;

	if ((linked && linked->name[0]) ||
		fj_sys_newfstatat(fd, fd == AT_FDCWD ? "." : "", &st, AT_EMPTY_PATH) ||
		(st.st_mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return r;
	is_one = is_in_union(c->thread, fd, &made);
	if (is_one && !r) {
		made = bare_place(c, &made);
		is_taken = !fj_place_look(&made) &&
			   !fj_union_calls.is_whiteout(c->thread, made.dirfd, made.name, NULL);
	}
	fj_scratch_release(c->thread, mark);
	if (!is_one)
		return r;
	if (is_taken)
		return -EEXIST;
	return !r && len && new->path[len - 1] == '/' ? -ENOENT : -EPERM;
}

long fj_refuse_first(const struct fj_replaced *first, const struct fj_replaced *with, long r)
{
	struct stat st;

	if (!first->path || first->path[0] == '/' || first->dirfd < 0 || first->place.owned_fd >= 0)
		return r;
	if (!r)
		return with->place.owned_fd == first->dirfd ? -EBADF : 0;
	if (fj_sys_fstat(first->dirfd, &st) < 0)
		return -EBADF;
	return (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR ? r : -ENOTDIR;
}

bool fj_has_number_of_first(
	const struct fj_call *c, int i, const char *jail_path, const struct fj_replaced *first)
{
	return first->place.owned_fd >= 0 && jail_path[0] && jail_path[0] != '/' &&
	       fj_arg_dirfd(c, i) == first->place.owned_fd;
}

unsigned fj_closed_dirs(const struct fj_call *c)
{
	unsigned closed = 0;
	struct stat st;

	if (c->row->kind[0] != FJ_DIRFD || c->row->kind[2] != FJ_DIRFD)
		return 0;
	for (int i = 0; i <= 2; i += 2)
		if ((int)c->arg[i] >= 0 && fj_sys_fstat((int)c->arg[i], &st) == -EBADF)
			closed |= 2u << i;
	return closed;
}
