/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * quick.c - the usual case: a place without a walk, from remembered facts (facts.c). */
#include "path/walk.h"
#include "path/proc.h"

bool fj_path_quick(struct fj_thread *t, int dirfd, const char *jail_path, struct fj_place *place,
	uint64_t *epoch)
{
	const size_t len = fj_dir_len(jail_path);
	const char *name = jail_path + len + (jail_path[len] == '/');
	const size_t name_len = fj_strlen(name);
	const struct fj_root *root;
	struct fj_str key, value;
	unsigned flags = 0;

	*epoch = 0;
	*place = (struct fj_place){.dirfd = dirfd, .owned_fd = -1, .name = jail_path};
	if (!name_len || fj_is_dots(name, name_len) || fj_mount_may_be_named(name, name_len) ||
		fj_is_hidden_name(name, name_len) || fj_proc_named(name, name_len) != FJ_PROC_PLAIN)
		return false;
	if (!len && jail_path[0] != '/') /* one name in the caller's own directory */
		return !t->asks_search || fj_path_may_search(t, dirfd, "") >= 0;

	*epoch = fj_facts_epoch();
	if (!*epoch)
		return false;
	fj_str_init(&value, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
	fj_str_init(&key, value.at, FJ_REST_SIZE);
	root = fj_root();
	if (root->fd < 0)
		return false;
	if (jail_path[0] != '/') {
		char *pos_text = fj_scratch_path(t);
		struct fj_str pos;

		fj_str_init(&pos, pos_text, FJ_PATH_MAX);
		fj_str_init(&key, fj_scratch(t, FJ_REST_SIZE), FJ_REST_SIZE);
		if (dirfd != AT_FDCWD || !fj_path_of_dir(t, dirfd, &pos) ||
			!fj_path_seen(pos.at, &key))
			return false;
		if (key.len > 1)
			fj_str_put(&key, "/");
		fj_str_add(&key, jail_path, len);
		if (!fj_facts_find(root, key.at, key.len, &value, &flags, *epoch))
			return false;
	} else if (len && !fj_facts_find(root, jail_path, len, &value, &flags, *epoch)) {
		return false;
	}
	if (t->asks_search &&
		!(len ? (flags & FJ_FACT_OPEN) != 0 : fj_path_may_search(t, root->fd, "") >= 0))
		return false;
	if (value.len)
		fj_str_put(&value, "/");
	fj_str_add(&value, name, name_len);
	fj_scratch_trim(t, value.at, value.len + 1);
	place->dirfd = flags & FJ_FACT_HOST ? AT_FDCWD : root->fd;
	place->name = value.at;
	return true;
}

bool fj_path_past_link(struct fj_thread *t, const char *jail_path, const struct fj_place *place,
	uint64_t epoch, char *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	size_t dir = fj_dir_len(jail_path);
	char *text = fj_scratch_path(t);
	bool done = false;
	long n;

	/* Without a fact the directory may be procfs, whose links are more than their text. */
	n = epoch ? fj_sys4(__NR_readlinkat, place->dirfd, place->name, text, FJ_PATH_MAX) : 0;
	if (jail_path[dir] == '/')
		dir++;
	if (n > 0 && text[0] == '/')
		dir = 0;
	if (n > 0 && dir + (size_t)n < FJ_PATH_MAX) {
		if (out != jail_path)
			memcpy(out, jail_path, dir);
		memcpy(out + dir, text, (size_t)n);
		out[dir + (size_t)n] = 0;
		done = true;
	}
	fj_scratch_release(t, mark);
	return done;
}
