/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * binds.c - makes the mounts of the command line, before the jail's first program. Called by launch.c and
 * inside.c.
 *
 * A mount point that the root lacks is made there, so that listings show it. If the root cannot be written
 * (it belongs to another user, or to a read-only file system), an empty tmpfs replaces its first missing
 * directory, and a file is mounted on a name that no listing shows. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/root.h"
#include "layers/over.h"
#include "layers/place.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "path/path.h"
#include "private/private.h"
#include "setup/setup.h"
#include "sys/abi.h"
#include "sys/assert.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/stat.h>

static bool is_host_dir(const char *host_path)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, host_path, &st, 0) &&
	       (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

static long add_tmpfs(struct fj_thread *t, const char *pos, uint32_t flags)
{
	char text[FJ_PRIVATE_PATH];
	struct fj_str host;
	long r;

	fj_str_init(&host, text, sizeof(text));
	r = fj_private_make(t, flags ? 0755 : 01777, &host);
	return r < 0 ? r : fj_mount_add(text, pos, flags | FJ_MOUNT_PRIVATE, "tmpfs");
}

/* Append, as options, an upper layer and a work directory that are removed with the jail. */
static long add_temporary(struct fj_thread *t, struct fj_str *options)
{
	static const char *const parts[][2] = {{",upperdir=", "/up"}, {",workdir=", "/work"}};
	char text[FJ_PRIVATE_PATH];
	struct fj_str s;
	long r;

	fj_str_init(&s, text, sizeof(text));
	r = fj_private_make(t, 0700, &s);
	for (int i = 0; i < 2 && !r; i++) {
		const size_t len = s.len;

		fj_str_put(&s, parts[i][1]);
		r = s.overflowed ? -ENAMETOOLONG : fj_sys_mkdirat(AT_FDCWD, text, 0755);
		fj_str_put(options, parts[i][0]);
		fj_str_put(options, text);
		fj_str_cut(&s, len);
	}
	return r;
}

static long bind_overlay(struct fj_thread *t, const struct fj_bind *b, char *pos)
{
	struct fj_filesystem fs = {
		.type = "overlay", .source = "overlay", .host = fj_scratch_path(t)};
	const struct fj_mount_point to = {.pos = pos, .host = (char *)"", .is_dir = true};
	const size_t size = fj_strlen(b->overlay) + 2 * FJ_PRIVATE_PATH + 64;
	struct fj_str options;
	long r = 0;

	fj_scratch_str(t, &options, size);
	fj_str_put(&options, b->overlay);
	if (fj_streq(b->upper, "tmp"))
		r = add_temporary(t, &options);
	if (b->upper[0] == '/') {
		fj_upper_check(b->upper, b->overlay);
		/* The owner records of the upper layer go where it goes, and not with this root. */
		r = fj_owners_make_in(b->upper);
		if (r < 0)
			fj_launch_fail("cannot write the upper layer", b->upper, r);
		fj_upper_claim(t, b->upper);
	}
	if (!r)
		r = fj_overlay_make_of_host(t, options.at, &fs);
	return r < 0 ? r : fj_mounting_add(&fs, true, &to);
}

/* Put the position of `jail_path`, which must exist, into `pos`. Returns 0 or -errno. */
static long find_bind_target(struct fj_thread *t, const char *jail_path, struct fj_str *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	char byte;
	long r = fj_path_walk(t, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place);

	if (!r) {
		r = fj_sys_readlinkat(place.dirfd, place.name, &byte, 1);
		if (r == -EINVAL)
			r = place.pos ? 0 : -EINVAL;
		fj_str_cut(pos, 0);
		if (!r)
			fj_str_put(pos, place.pos);
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return r;
}

/* One step of make_mount_point(): make the entry `jail_path`. */
static long make_entry(struct fj_thread *t, const char *jail_path, bool as_dir)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	bool is_over;
	long r = fj_path_walk(t, AT_FDCWD, jail_path, FJ_ENTRY | FJ_WRITE | FJ_WANT_POS, &place);

	if (r < 0)
		goto out;
	is_over = place.layers; /* in a union, where a whiteout is */
	if (is_over && (r = fj_place_begin_over(t, &place)) < 0) {
		fj_place_done(&place);
		goto out;
	}
	if (as_dir) {
		r = fj_sys_mkdirat(place.dirfd, place.name, 0755);
	} else {
		r = fj_sys_openat(place.dirfd, place.name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		if (r >= 0) {
			fj_sys_close((int)r);
			r = 0;
		}
	}
	if (is_over)
		r = fj_place_end_over(t, &place, r);
	if ((r == -EROFS || r == -EACCES) && as_dir && place.pos)
		r = add_tmpfs(t, place.pos, FJ_MOUNT_DEFAULT);
	fj_place_done(&place);
out:
	fj_scratch_release(t, mark);
	return r == -EEXIST ? 0 : r;
}

/* Make the mount point `jail_path`: the directories above it, and itself as a directory or file. */
static long make_mount_point(struct fj_thread *t, char *jail_path, bool as_dir)
{
	struct fj_str pos;
	long r = 0;

	fj_scratch_str(t, &pos, PATH_MAX);
	for (char *p = jail_path; *p && !r; p++) {
		char *end = p + 1;
		char kept;

		while (*end && *end != '/')
			end++;
		kept = *end;
		*end = 0;
		/* A directory that an earlier mount made may not exist on the disk. */
		r = find_bind_target(t, jail_path, &pos);
		if (r == -ENOENT)
			r = make_entry(t, jail_path, kept || as_dir);
		*end = kept;
		p = end - 1;
		if (!kept)
			break;
	}
	return r;
}

/* A file that the jail lacks, or has as a dangling or circular symlink (/etc/resolv.conf): find its
 * position in its directory, without making it. */
static long find_dangling(struct fj_thread *t, const char *jail_path, struct fj_str *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	long r = fj_path_walk(t, AT_FDCWD, jail_path, FJ_WANT_POS, &place);

	if (!r) {
		fj_str_cut(pos, 0);
		fj_str_put(pos, place.pos ? place.pos : "");
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return r;
}

/* Put the kernel's spelling of the bind's source into `out`. */
static long canonical_path(const char *host, char *out)
{
	const long fd = fj_open_path(AT_FDCWD, host, 0);
	long n;

	if (fd < 0)
		return fd;
	n = fj_fd_target((int)fd, out);
	fj_sys_close((int)fd);
	if (n >= 0)
		out[n] = 0;
	return n < 0 ? n : 0;
}

static bool leads_to_dir(struct fj_thread *t, const char *jail_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	struct stat st = {0};

	if (!fj_path_walk(t, AT_FDCWD, jail_path, FJ_FOLLOW, &place)) {
		fj_sys_newfstatat(place.dirfd, place.name, &st,
			place.name[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH);
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

static bool is_link(struct fj_thread *t, const char *jail_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	char byte;
	bool is = false;

	if (!fj_path_walk(t, AT_FDCWD, jail_path, FJ_ENTRY, &place)) {
		is = fj_sys_readlinkat(place.dirfd, place.name, &byte, 1) >= 0;
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return is;
}

static long add_bind(struct fj_thread *t, struct fj_bind *b)
{
	const bool may_lack = b->mode[2] == '?';
	const uint32_t flags = (b->mode[1] == 'o' ? FJ_MOUNT_READ_ONLY : 0) |
			       (may_lack ? FJ_MOUNT_DEFAULT : 0) |
			       (b->mode[2] == 'i' ? FJ_MOUNT_OWN : 0);
	char *host_path = fj_scratch_path(t), *jail_path = fj_scratch_path(t);
	struct fj_str pos, s;
	bool as_dir = true;
	long r;

	b->trouble = "cannot bind";
	if (b->from) {
		as_dir = b->from->is_dir;
	} else if (b->host) {
		r = canonical_path(b->host, host_path);
		if (r < 0)
			return may_lack ? 0 : r;
		as_dir = is_host_dir(host_path);
	}
	fj_str_init(&s, jail_path, PATH_MAX);
	fj_str_put(&s, b->jail);
	fj_scratch_str(t, &pos, PATH_MAX);
	b->trouble = "cannot make the mount point for";
	r = s.overflowed ? -ENAMETOOLONG : find_bind_target(t, jail_path, &pos);
	if (b->mode[2] == '!' && is_link(t, jail_path))
		r = find_dangling(t, jail_path, &pos);
	if ((r == -ENOENT || r == -ELOOP) && may_lack)
		r = as_dir ? r : find_dangling(t, jail_path, &pos);
	if (r < 0 && may_lack) /* a default bind: no reason not to start */
		return 0;
	if (r == -ENOENT && (r = make_mount_point(t, jail_path, as_dir)) == 0)
		r = find_bind_target(t, jail_path, &pos);
	if ((r == -EROFS || r == -EACCES) && !as_dir)
		r = find_dangling(t, jail_path, &pos);
	if (r < 0)
		return r;
	b->trouble = "cannot mount over the root:";
	if (fj_streq(pos.at, fj_root()->pos))
		return -EBUSY;
	b->trouble = b->overlay ? "cannot mount an overlay on" : "cannot mount";
	if (!b->host && !leads_to_dir(t, jail_path))
		return -ENOTDIR;
	if (b->overlay)
		return bind_overlay(t, b, pos.at);
	if (b->from) {
		const struct fj_mount_point to = {
			.pos = pos.at, .host = (char *)"", .is_dir = as_dir};

		return fj_mounting_bind(b->from, &to, true, 0, flags);
	}
	return b->host ? fj_mount_add(host_path, pos.at, flags | FJ_MOUNT_WITH_SUBMOUNTS, "") :
			 add_tmpfs(t, pos.at, 0);
}

long fj_bind_add(struct fj_thread *t, struct fj_bind *b)
{
	const uint32_t mark = fj_scratch_mark(t);
	const long r = add_bind(t, b);

	fj_scratch_release(t, mark);
	return r;
}

void fj_bind_make_directory(struct fj_thread *t, const char *jail_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str s;

	fj_scratch_str(t, &s, PATH_MAX);
	fj_str_put(&s, *jail_path == '/' ? "" : "/");
	fj_str_put(&s, jail_path);
	if (!s.overflowed)
		make_mount_point(t, s.at, true);
	fj_scratch_release(t, mark);
}

/* The table of mounts is now as most programs will see it. Move it to the place right after the head of the
 * namespace, so that one page fault maps both (mount-table/mount_table.h). */
void fj_bind_settle(void)
{
	struct fj_edit e = {.times = 0};

	if (fj_namespace()->current % FJ_VERSIONS && fj_edit_begin(&e))
		fj_edit_end(&e, 0);
}

void fj_bind_root_read_only(void)
{
	struct fj_mount *root;
	struct fj_edit e = {.times = 0};

	fj_assert(fj_edit_begin(&e)); /* there is no other process yet */
	e.v->root_flags |= FJ_MOUNT_READ_ONLY;
	root = (struct fj_mount *)fj_mounts_at(e.v, "");
	if (root)
		root->flags |= FJ_MOUNT_READ_ONLY;
	fj_assert(fj_edit_end(&e, 0) == 0);
}
