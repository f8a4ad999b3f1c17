/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * back.c - from host paths, as the kernel reports them, to what the program may see. */
#include "path/path.h"

#include <asm/statfs.h>

#define PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */

static const char deleted[] = " (deleted)"; /* fs/d_path.c appends it to the path of an unlinked file */
#define DELETED_LEN (sizeof(deleted) - 1)

void fj_path_host(const char *pos, struct fj_str *out)
{
	const struct fj_mount *m = fj_mount_of(pos);

	fj_str_put(out, m ? fj_mount_host(m) : fj_jail->root_path);
	fj_str_put(out, pos + (m ? m->jail_len : 0));
	if (!out->len)
		fj_str_put(out, "/");
}

bool fj_path_back(const char *host_path, struct fj_str *out)
{
	const uint32_t count = __atomic_load_n(&fj_jail->mount_count, __ATOMIC_ACQUIRE);
	const struct fj_mount *best = NULL;
	size_t best_len = 0;
	bool found = fj_path_has_prefix(host_path, fj_jail->root_path);

	/* The longest host prefix decides, the root itself taking part: it may lie inside a mounted directory. */
	if (found)
		best_len = fj_strlen(fj_jail->root_path);
	for (uint32_t i = 0; i < count; i++) {
		const struct fj_mount *m = &fj_jail->mount[i];

		if (fj_path_has_prefix(host_path, fj_mount_host(m)) && (!found || m->host_len > best_len)) {
			best = m;
			best_len = m->host_len;
			found = true;
		}
	}
	if (!found)
		return false;
	if (best)
		fj_str_put(out, fj_mount_jail(best));
	if (!fj_streq(host_path + best_len, "/"))
		fj_str_put(out, host_path + best_len);
	return !out->overflowed;
}

bool fj_path_seen(const char *pos, struct fj_str *out)
{
	const struct fj_root *root = fj_root();

	if (!fj_path_has_prefix(pos, root->pos))
		return false;
	fj_str_put(out, pos[root->len] ? pos + root->len : "/");
	return !out->overflowed;
}

bool fj_path_of_dir(struct fj_thread *t, int dirfd, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host_path = fj_scratch_path(t);
	bool known = false;
	long n;

	if (dirfd == AT_FDCWD) {
		n = fj_sys2(__NR_getcwd, host_path, FJ_PATH_MAX) - 1;
	} else {
		char link[32];
		struct fj_str s;

		fj_str_init(&s, link, sizeof(link));
		fj_fd_path(&s, dirfd, NULL);
		n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, host_path, FJ_PATH_MAX);
		/* A directory that is gone reads "/its/old/name (deleted)"; one that is called so is rare, and is then
		 * merely taken for gone. */
		if (n > (long)DELETED_LEN && !memcmp(host_path + n - DELETED_LEN, deleted, DELETED_LEN))
			n = -1;
	}
	if (n > 0 && n < FJ_PATH_MAX && host_path[0] == '/') {
		host_path[n] = 0;
		known = fj_path_back(host_path, out);
	}
	fj_scratch_release(t, mark);
	return known;
}

void fj_path_back_link(struct fj_thread *t, const char *text, size_t len, struct fj_str *out)
{
	const bool is_deleted = len > DELETED_LEN && !memcmp(text + len - DELETED_LEN, deleted, DELETED_LEN);
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host_path, pos;

	fj_str_init(&host_path, fj_scratch_path(t), FJ_PATH_MAX);
	fj_str_init(&pos, fj_scratch_path(t), FJ_PATH_MAX);
	fj_str_add(&host_path, text, is_deleted ? len - DELETED_LEN : len);
	if (text[0] != '/' || !fj_path_back(host_path.at, &pos)) {
		fj_str_add(out, text, len);
	} else {
		if (!fj_path_seen(pos.at, out)) {
			fj_str_put(out, "(unreachable)"); /* d_path() of what the root cannot see */
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
		return !fj_sys2(__NR_statfs, ".", &fs) && fs.f_type == PROC_SUPER_MAGIC;
	return !fj_sys2(__NR_fstatfs, fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}
