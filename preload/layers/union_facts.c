/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union_facts.c - facts about the directories of unions: which layers have each one. Called by union.c, and
 * by walks in a union (walk/union_leap.c).
 *
 * Such a fact (facts/facts.c) says: the position P is a directory in these layers and in no other, with
 * these host paths. Its key is the position without its leading slash, so that no lookup of a path finds
 * it. It says nothing about names in the directory: a file that is copied up, made or hidden there is found
 * by asking the layers from the top. The fact becomes invalid only if a layer gets the directory, or the
 * directory is hidden. This happens when the directory itself is copied up, which fj_layers_copy_up()
 * announces, or removed or moved, which is announced as everywhere. A directory that is made where a
 * whiteout was is opaque from the beginning. And no fact says that something does not exist. */
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "facts/fact_value.h"
#include "facts/facts.h"
#include "jail/epoch.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "layers/union.h"
#include "mount-table/layer_paths.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"

#include <linux/errno.h>

#define COUNT_SHIFT 16 /* number of layers of the union */
#define COUNT_MASK 127u
#define LAYERS_SHIFT 24	 /* one bit per layer: it has the directory */
#define LAYERS_KNOWN 40u /* so many bits are left of 64 */

static const struct fj_root own_root;

bool fj_layers_saw_names(const char *pos)
{
	bool is_new = false;

	for (const char *end; *pos; pos = end) {
		for (end = ++pos; *end && *end != '/'; end++)
			;
		is_new = fj_facts_saw_name(pos, (size_t)(end - pos)) || is_new;
	}
	return is_new;
}

uint64_t fj_layers_plan_fact(const char *pos)
{
	const uint64_t epoch = fj_facts_epoch();

	if (epoch)
		fj_layers_saw_names(pos);
	return epoch;
}

/* The next path, from `*at` on, which gets a NUL at its end. NULL: there is none. */
static char *next_path(char **at)
{
	char *const path = *at, *s = path + (fj_layers_end_first(path) - path);

	if (!*path)
		return NULL;
	*at = *s ? s + 1 : s;
	*s = 0;
	return path;
}

size_t fj_layers_root_part(const char *path, size_t len)
{
	const char *const root = fj_root_path();
	const size_t root_len = fj_text_len(root);
	const bool is_inside = root_len && len >= root_len &&
			       (len == root_len || path[root_len] == '/') &&
			       fj_same(path, root, root_len);

	return is_inside ? root_len : 0;
}

long fj_layers_open_host(const char *path, int flags)
{
	const size_t part = fj_layers_root_part(path, fj_strlen(path));

	long fd = -EBADF; /* as at the start of a jail, when the root is not open yet */

	if (part && path[part])
		fd = fj_sys_openat(FJ_FD_ROOT(fj_jail), path + part + 1, flags, 0);
	return fd == -EBADF ? fj_sys_openat(AT_FDCWD, path, flags, 0) : fd;
}

long fj_layers_open_root(uint32_t mount_id, const char *path, bool is_lowest)
{
	const int how = O_PATH | O_DIRECTORY | O_CLOEXEC;
	const size_t len = fj_strlen(path);
	long fd = -EBADF;

	if (is_lowest && mount_id == fj_jail->lower_mount && fj_lower_len())
		fd = fj_sys_openat(FJ_FD_LOWER(fj_jail), ".", how, 0);
	else if (len && fj_layers_root_part(path, len) == len)
		fd = fj_sys_openat(FJ_FD_ROOT(fj_jail), ".", how, 0);
	/* (By "." the directory must be searched, too.) */
	return fd < 0 ? fj_sys_openat(AT_FDCWD, path, how, 0) : fd;
}

/* Open a directory in the lowest layer of the jail's own root, of which that is held: a shorter way. */
static long open_in_lower(const char *path, int flags)
{
	const size_t part = fj_lower_len();

	return fj_sys_openat(FJ_FD_LOWER(fj_jail), path[part] ? path + part + 1 : ".", flags, 0);
}

/* `flags`: of the fact that has told the paths. */
static bool open_all(struct fj_layers *l, char *paths, uint64_t flags)
{
	const int how = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const uint64_t layers = flags >> LAYERS_SHIFT;
	const char *path;
	long fd;

	for (uint32_t i = 0; i < l->count; i++)
		l->fd[i] = -1;
	for (uint32_t i = 0; i < l->count; i++) {
		if (!(layers >> i & 1))
			continue;
		path = next_path(&paths);
		fd = !path ? -ENOENT :
		     i + 1 == l->count && (flags & FJ_FACT_IN_LOWER) ?
			     open_in_lower(path, how) :
			     fj_layers_open_host(path, how);
		if (fd < 0)
			return false;
		l->fd[i] = (int)fd;
	}
	return true;
}

bool fj_layers_recall(
	struct fj_thread *t, const char *pos, size_t len, bool is_open, struct fj_layers *l)
{
	const uint32_t mark = fj_scratch_mark(t);
	const uint64_t epoch = fj_facts_epoch();
	const size_t key_len = len ? len - 1 : 0;
	const struct fj_fact *f;
	struct fj_mount_found m;
	struct fj_str paths;
	uint64_t flags;
	uint32_t sequence;
	bool is;

	f = epoch ? fj_facts_look(&own_root, pos + (len != 0), key_len, epoch, &sequence) : NULL;
	if (!f)
		return false;
	fj_str_init(&paths, fj_scratch(t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	flags = f->flags;
	fj_fact_value(f, key_len, &paths);
	is = fj_fact_held(f, sequence) && (!is_open || (flags & FJ_FACT_OPEN)) &&
	     fj_mount_of(pos, &m, NULL) && (m.flags & FJ_MOUNT_UNION);
	if (is) {
		*l = (struct fj_layers){.work_fd = -1,
			.found = -1,
			.count = flags >> COUNT_SHIFT & COUNT_MASK,
			.mount_len = m.jail_len,
			.mount_id = m.id,
			.has_upper = flags & FJ_FACT_HAS_UPPER,
			.is_nested = m.flags & FJ_MOUNT_NESTED,
			.is_read_only =
				!(flags & FJ_FACT_HAS_UPPER) || (m.flags & FJ_MOUNT_READ_ONLY)};
		is = open_all(l, paths.at, flags) && fj_facts_hold(epoch);
		if (!is)
			fj_layers_close(l);
	}
	fj_scratch_release(t, mark);
	return is;
}

void fj_layers_recall_paths(const struct fj_thread *t, const char *pos, uint64_t epoch,
	struct fj_str *paths, unsigned *flags)
{
	const size_t len = fj_strlen(pos);

	*flags = 0;
	if (!fj_facts_find(t, &own_root, pos + (len != 0), len ? len - 1 : 0, paths, flags, epoch))
		fj_str_cut(paths, 0);
}

bool fj_layers_remember_child(struct fj_thread *t, const char *pos, const char *name,
	size_t name_len, uint64_t epoch, struct fj_str *child)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t len = fj_strlen(pos);
	struct fj_str path;
	const struct fj_fact *f;
	uint64_t flags;
	uint32_t sequence;
	bool is;

	f = fj_facts_look(&own_root, pos + (len != 0), len ? len - 1 : 0, epoch, &sequence);
	if (!f)
		return false;
	fj_str_init(&path, fj_scratch(t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	flags = f->flags;
	fj_fact_value(f, len ? len - 1 : 0, &path);
	is = fj_fact_held(f, sequence) && (flags & FJ_FACT_UNION) && !(flags & FJ_FACT_MERGED);
	fj_str_put(&path, "/");
	fj_str_add(&path, name, name_len);
	fj_str_put(child, pos);
	fj_str_put(child, "/");
	fj_str_add(child, name, name_len);
	is = is && !path.overflowed && !child->overflowed;
	if (is && !fj_facts_look(&own_root, child->at + 1, child->len - 1, epoch, &sequence))
		fj_facts_add(&own_root, child->at + 1, child->len - 1, path.at,
			flags & ~(uint64_t)(FJ_FACT_LETS | FJ_FACT_PLAIN), 0, epoch);
	fj_scratch_release(t, mark);
	return is;
}

int fj_layers_know(const char *pos, size_t len, uint64_t epoch)
{
	uint32_t sequence;
	const struct fj_fact *f =
		epoch && len ? fj_facts_look(&own_root, pos + 1, len - 1, epoch, &sequence) : NULL;
	const int what = f ? (int)(f->flags & (FJ_FACT_MERGED | FJ_FACT_UPPER_HAS)) : 0;

	return f && fj_fact_held(f, sequence) ? what : -1;
}

int fj_layers_know_merged(const char *pos, size_t len, uint64_t epoch)
{
	const int what = fj_layers_know(pos, len, epoch);

	return what < 0 ? what : what & FJ_FACT_MERGED ? 1 : 0;
}

/* Append the first host path of `text`. Returns where the next one begins. */
static const char *put_layer(const char *text, struct fj_str *out)
{
	const char *s = fj_layers_end_first(text);

	if (out)
		fj_str_add(out, text, (size_t)(s - text));
	return *s ? s + 1 : s;
}

uint64_t fj_layers_describe_fact(
	struct fj_thread *t, const struct fj_layers *l, const char *pos, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str layers, work;
	uint64_t flags = FJ_FACT_UNION | FJ_FACT_HOST | (uint64_t)l->count << COUNT_SHIFT |
			 (l->has_upper ? FJ_FACT_HAS_UPPER : 0);
	const char *at;
	size_t before = 0;

	fj_str_init(&layers, fj_scratch(t, FJ_LAYERS_TEXT), FJ_LAYERS_TEXT);
	fj_str_init(&work, fj_scratch_path(t), PATH_MAX);
	if (!fj_mount_union_of(pos, &m, &layers, &work) || m.id != l->mount_id)
		flags = 0;
	at = layers.at;
	for (uint32_t i = 0; i < l->count && flags; i++) {
		const bool has = l->fd[i] >= 0;

		if (has && out->len)
			fj_str_put(out, "/");
		before = out->len;
		at = put_layer(at, has ? out : NULL);
		if (has) {
			if (i + 1 == l->count && m.id == fj_jail->lower_mount && fj_lower_len() &&
				out->len - before == fj_lower_len())
				flags |= FJ_FACT_IN_LOWER;
			fj_str_put(out, pos + m.jail_len);
			flags |= 1UL << (LAYERS_SHIFT + i);
		}
		if (has && i >= LAYERS_KNOWN)
			flags = 0;
	}
	if (flags && l->has_upper && l->fd[0] >= 0)
		flags |= FJ_FACT_UPPER_HAS;
	if (flags && fj_layers_having(l) > 1)
		flags |= FJ_FACT_MERGED;
	else if (flags & FJ_FACT_UPPER_HAS)
		flags |= FJ_FACT_IN_UPPER;
	fj_scratch_release(t, mark);
	return out->overflowed || !out->len ? 0 : flags;
}

void fj_layers_remember(struct fj_thread *t, const struct fj_layers *l, const char *pos,
	uint64_t epoch, bool is_open)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t len = fj_strlen(pos);
	struct fj_str paths;
	uint64_t flags;

	if (!epoch)
		return;
	fj_str_init(&paths, fj_scratch(t, FJ_FACT_TEXT), FJ_FACT_TEXT);
	flags = fj_layers_describe_fact(t, l, pos, &paths);
	if (flags)
		fj_facts_add(&own_root, pos + (len != 0), len ? len - 1 : 0, paths.at,
			flags | (is_open ? FJ_FACT_OPEN : 0), 0, epoch);
	fj_scratch_release(t, mark);
}
