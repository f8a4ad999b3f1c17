/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * from_host.c - from host paths, as the kernel reports them, to positions and to what the program may see.
 * Called by walks and by hooks that read paths from the kernel. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/root.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/cwd_notes.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "syscall/mount.h"
#include "syscall/unistd_names.h"

#include <asm/statfs.h>

static const char deleted[] =
	" (deleted)"; /* fs/d_path.c appends it to the path of an unlinked file */
#define DELETED_LEN (sizeof(deleted) - 1)

static void put_host(const char *pos, bool asks, struct fj_str *out)
{
	const size_t before = out->len;
	struct fj_mount_found m;
	size_t skipped = 0;

	if (fj_mount_of(pos, &m, out)) {
		skipped = m.jail_len;
	} else {
		if (asks)
			fj_root_path_look();
		fj_str_put(out, fj_root_path());
	}
	fj_str_put(out, pos + skipped);
	if (out->len == before)
		fj_str_put(out, "/");
}

void fj_path_host(const char *pos, struct fj_str *out)
{
	put_host(pos, true, out);
}

#define NOTED_DIRS 32u

/* Notes about descriptors of this process. The oldest is overwritten. A note about a number that was reused
 * has no effect: its position does not lead to what the descriptor is now. */
static struct {
	int fd;
	char pos[FJ_CWD_TEXT];
} noted_dir[NOTED_DIRS] FJ_BULKY;
static uint32_t next_noted;

const char *fj_dir_noted(int fd)
{
	if (fd == AT_FDCWD)
		return fj_cwd_noted();
	if (!__atomic_load_n(&next_noted, __ATOMIC_RELAXED)) /* none was */
		return NULL;
	for (uint32_t i = 0; i < NOTED_DIRS; i++)
		if (noted_dir[i].fd == fd && noted_dir[i].pos[0])
			return noted_dir[i].pos;
	return NULL;
}

void fj_dir_unnote(int fd)
{
	if (!__atomic_load_n(&next_noted, __ATOMIC_RELAXED))
		return;
	for (uint32_t i = 0; i < NOTED_DIRS; i++)
		if (noted_dir[i].fd == fd && noted_dir[i].pos[0] && !fj_is_borrowed_memory())
			noted_dir[i].pos[0] = 0;
}

void fj_dir_note(struct fj_thread *t, int fd, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t len = fj_strlen(pos);
	struct fj_str host, back;
	uint32_t i;

	fj_str_init(&host, fj_scratch_path(t), PATH_MAX);
	fj_str_init(&back, fj_scratch_path(t), PATH_MAX);
	put_host(pos, false,
		&host); /* without looking for a root that was moved: then nothing is noted */
	for (i = 0; i < NOTED_DIRS && noted_dir[i].fd != fd; i++)
		;
	if (len >= FJ_CWD_TEXT || !fj_path_back(host.at, &back) || fj_is_borrowed_memory()) {
		/* nothing can be noted */
	} else if (fj_streq(back.at, pos)) {
		/* An older note may be about another directory that had this number. */
		if (i < NOTED_DIRS)
			noted_dir[i].pos[0] = 0;
	} else {
		if (i == NOTED_DIRS)
			i = __atomic_fetch_add(&next_noted, 1, __ATOMIC_RELAXED) % NOTED_DIRS;
		noted_dir[i].fd = fd;
		memcpy(noted_dir[i].pos, pos, len + 1);
	}
	fj_scratch_release(t, mark);
}

/* `pos` leads to the host path through mount `m` (NULL: through the root's tree). Returns how good it is as
 * an answer. 0: it cannot be used. */
static int rank_answer(
	const struct fj_mounts *v, const struct fj_mount *m, const char *pos, const char *hint)
{
	if (fj_mounts_of(v, pos) != m)
		return 1; /* another mount hides it: only files that were reached before are there
			   * (d_path() of fs/d_path.c shows them too) */
	if (hint && fj_streq(pos, hint))
		return 5;
	if (m && (m->flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_UNION)))
		return 4;
	return fj_path_has_prefix(pos, fj_root()->pos) ? 3 : 2;
}

static void put_pos(
	const struct fj_mounts *v, const struct fj_mount *m, const char *rest, struct fj_str *out)
{
	if (m)
		fj_str_put(out, fj_mounts_text(v, m->jail));
	if (!fj_streq(rest, "/"))
		fj_str_put(out, rest);
}

/* The part of `host_path` below the directory that mount `m` leads to, or NULL. For a union this may be any
 * layer; the longest path wins. */
static const char *rest_in(
	const struct fj_mounts *v, const struct fj_mount *m, const char *host_path)
{
	const char *host = m ? fj_mounts_text(v, m->host) : fj_root_path(), *rest = NULL;

	if (m && (m->flags & FJ_MOUNT_UNION)) {
		fj_mounts_layer(v, m, host_path, &rest);
		return rest;
	}
	return fj_path_has_prefix(host_path, host) ? host_path + fj_strlen(host) : NULL;
}

/* An overlay whose layer lies in a directory that another mount leads to: its files belong to the overlay.
 * A bind mount of an overlay has the same work directory, and belongs to that overlay. */
static bool is_made_of(const struct fj_mounts *v, const struct fj_mount *m,
	const struct fj_mount *best, const char *rest, const char *best_rest)
{
	if (!(m->flags & FJ_MOUNT_UNION) || fj_strlen(rest) >= fj_strlen(best_rest))
		return false;
	return !(best->flags & FJ_MOUNT_UNION) ||
	       !fj_streq(fj_mounts_text(v, m->work), fj_mounts_text(v, best->work));
}

static bool back_once(
	const struct fj_mounts *v, const char *host_path, const char *hint, struct fj_str *out)
{
	const uint32_t count = fj_mounts_count(v);
	const struct fj_mount *best = NULL;
	const char *best_rest = NULL;
	int best_rank = 0;

	/* If no directory has two positions, a path in the root's tree is in no mount. (It may be in the
	 * layer of an overlay.) */
	if (__builtin_expect(!fj_mount_flags()->has_aliases && !fj_mount_flags()->has_unions, 1)) {
		best_rest = rest_in(v, NULL, host_path);
		if (best_rest) {
			put_pos(v, NULL, best_rest, out);
			return true;
		}
	}
	/* Among equals the oldest wins. The root's tree is the oldest: it may itself lie inside a mounted
	 * directory. */
	for (uint32_t i = 0; i <= count; i++) {
		const struct fj_mount *m = i ? &v->mount[i - 1] : NULL;
		const char *rest = rest_in(v, m, host_path);
		const size_t before = out->len;
		int r;

		if ((m && (m->flags & FJ_MOUNT_HIDDEN)) || !rest)
			continue;
		put_pos(v, m, rest, out);
		r = out->overflowed ? 0 : rank_answer(v, m, out->at + before, hint);
		fj_str_cut(out, before);
		if (r > best_rank ||
			(r == 4 && best_rank == 4 && is_made_of(v, m, best, rest, best_rest))) {
			best_rank = r;
			best = m;
			best_rest = rest;
		}
	}
	if (best_rank)
		put_pos(v, best, best_rest, out);
	return best_rank;
}

bool fj_path_back_hinted(const char *host_path, const char *hint, struct fj_str *out)
{
	const size_t before = out->len;
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool found;

	do { /* again when the jail's root was moved on the host meanwhile */
		do {
			fj_str_cut(out, before);
			v = fj_mounts_look(&seen);
			found = back_once(v, host_path, hint, out);
		} while (!fj_mounts_held(&seen));
	} while (!found && host_path[0] == '/' && fj_root_path_look());
	return found && !out->overflowed;
}

bool fj_path_back(const char *host_path, struct fj_str *out)
{
	return fj_path_back_hinted(host_path, NULL, out);
}

bool fj_path_seen(const char *pos, struct fj_str *out)
{
	const struct fj_root *root = fj_root();

	if (!fj_path_has_prefix(pos, root->pos))
		return false;
	fj_str_put(out, pos[root->len] ? pos + root->len : "/");
	return !out->overflowed;
}

FJ_HOT const char *fj_path_seen_plainly(const char *host_path, size_t len)
{
	const struct fj_mount_flags *const flags = fj_mount_flags();
	const char *root;
	uint64_t word, end;
	size_t at = 0;
	char next;

	if ((flags->has_aliases | flags->has_unions) || fj_root()->len)
		return NULL;
	/* Both texts end in buffers in which their last words can be read whole. */
	root = fj_root_path();
	while (at + sizeof(word) <= len && fj_load8(host_path + at) == fj_load8(root + at))
		at += sizeof(word);
	end = fj_zero_bytes(fj_load8(root + at));
	if (!end)
		return NULL;
	end = (end & -end) >> 7; /* the lowest bit of the byte at which the root's path ends */
	word = fj_load8(host_path + at);
	if ((word ^ fj_load8(root + at)) & (end - 1))
		return NULL;
	host_path += at + (unsigned)__builtin_ctzl(end) / 8;
	next = *host_path;
	if (next && next != '/')
		return NULL;
	return next ? host_path : "/";
}

bool fj_path_of_dir(struct fj_thread *t, int dirfd, struct fj_str *out)
{
	return fj_path_of_dir_noted(t, dirfd, fj_dir_noted(dirfd), out);
}

/* Find the position of `fd`, or AT_FDCWD. The kernel shows a deleted directory as "/its/old/name
 * (deleted)". A directory that really has such a name is rare, and is treated as deleted. `is_gone_too`:
 * also find the last position of what is deleted. */
static bool find_position(
	struct fj_thread *t, int fd, const char *hint, bool is_gone_too, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host_path = fj_scratch_path(t);
	bool known = false, is_gone;
	long n = fd == AT_FDCWD ? fj_sys_getcwd(host_path, PATH_MAX) - 1 :
				  fj_fd_target(fd, host_path);

	is_gone = fd != AT_FDCWD && n > (long)DELETED_LEN &&
		  !memcmp(host_path + n - DELETED_LEN, deleted, DELETED_LEN);
	/* (A memfd of memfd_create(2) is in no directory: "/memfd:name (deleted)".) */
	if (n > 0 && n < PATH_MAX && host_path[0] == '/' &&
		(!is_gone || (is_gone_too && !fj_begins(host_path, "/memfd:")))) {
		host_path[n] = 0;
		fj_scratch_trim(t, host_path, (size_t)n + 1);
		if (is_gone) {
			host_path[n - (long)DELETED_LEN] = 0;
			known = fj_path_back_hinted(host_path, hint, out);
			host_path[n - (long)DELETED_LEN] = deleted[0];
		}
		known = known || fj_path_back_hinted(host_path, hint, out);
	}
	fj_scratch_release(t, mark);
	return known;
}

bool fj_path_of_dir_noted(struct fj_thread *t, int dirfd, const char *hint, struct fj_str *out)
{
	return find_position(t, dirfd, hint, false, out);
}

bool fj_path_of_fd(struct fj_thread *t, int fd, struct fj_str *out)
{
	return find_position(t, fd, fj_dir_noted(fd), true, out);
}

/* Is it the mount `id`? (That of position "" is the root's tree, too.) */
static bool has_id(const struct fj_mount *m, uint32_t id)
{
	return m ? m->id == id || (!id && !m->jail_len) : !id;
}

static bool may_be_in(const struct fj_mounts *v, const char *host_path, uint32_t id)
{
	size_t most = SIZE_MAX;
	bool may = false;

	/* What lies in a tmpfs or an overlay is in no mount of a directory that is around it on the host. */
	for (uint32_t i = 0; i < fj_mounts_count(v); i++) {
		const char *rest = v->mount[i].flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_UNION) ?
					   rest_in(v, &v->mount[i], host_path) :
					   NULL;

		if (rest && fj_strlen(rest) < most)
			most = fj_strlen(rest);
	}
	for (uint32_t i = 0; i <= fj_mounts_count(v) && !may; i++) {
		const struct fj_mount *m = i ? &v->mount[i - 1] : NULL;
		const char *rest = has_id(m, id) ? rest_in(v, m, host_path) : NULL;

		may = rest && fj_strlen(rest) <= most;
	}
	return may;
}

bool fj_path_may_be_in_mount(struct fj_thread *t, int fd, uint32_t id)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host_path = fj_scratch_path(t);
	const long n = fj_fd_target(fd, host_path);
	const struct fj_mounts *v;
	struct fj_mounts_seen seen;
	bool may = true;

	if (n > 0 && n < PATH_MAX && host_path[0] == '/') {
		host_path[n] = 0;
		do
			do {
				v = fj_mounts_look(&seen);
				may = may_be_in(v, host_path, id);
			} while (!fj_mounts_held(&seen));
		while (!may && fj_root_path_look());
	}
	fj_scratch_release(t, mark);
	return may;
}

void fj_path_back_link(struct fj_thread *t, const char *text, size_t len, struct fj_str *out)
{
	const bool is_deleted =
		len > DELETED_LEN && !memcmp(text + len - DELETED_LEN, deleted, DELETED_LEN);
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host_path, pos;
	const char *seen;

	fj_str_init(&host_path, fj_scratch_path(t), PATH_MAX);
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	fj_str_add(&host_path, text, is_deleted ? len - DELETED_LEN : len);
	seen = text[0] == '/' && !is_deleted && !host_path.overflowed ?
		       fj_path_seen_plainly(host_path.at, len) :
		       NULL;
	if (seen)
		fj_str_add(out, seen, seen[1] ? len - (size_t)(seen - host_path.at) : 1);
	else if (text[0] != '/' || !fj_path_back_hinted(host_path.at, fj_cwd_noted(), &pos)) {
		fj_str_add(out, text, len);
	} else {
		if (!fj_path_seen(pos.at, out)) {
			fj_str_put(out, "(unreachable)"); /* as d_path() of fs/d_path.c */
			fj_str_put(out, pos.at);
		}
		if (is_deleted)
			fj_str_put(out, deleted);
	}
	fj_scratch_release(t, mark);
}

bool fj_is_procfs(int fd)
{
	struct statfs fs;

	if (fd == AT_FDCWD)
		return !fj_sys_statfs(".", &fs) && fs.f_type == FJ_PROC_SUPER_MAGIC;
	return !fj_sys_fstatfs(fd, &fs) && fs.f_type == FJ_PROC_SUPER_MAGIC;
}
