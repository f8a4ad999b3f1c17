/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_dents.c - directory listings that are not the kernel's alone.
 *
 * Listing is frequent, so the filter lets it pass but for high descriptor numbers: a directory that
 * must be seen is given one when it is opened (call/procfs.c). One that a program has moved down is
 * listed as it is. */
#include "call/hooks.h"
#include "call/procfs.h"

struct dirent_head { /* of struct linux_dirent, fs/readdir.c; struct linux_dirent64 is the same so
			far */
	uint64_t ino, offset;
	uint16_t size;
	char name[];
};
#define NAME offsetof(struct dirent_head, name)
#define NAME64 (NAME + 1) /* behind d_type */

static bool lists_descriptors(struct fj_thread *t, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *path = fj_scratch_path(t), *name = path;
	char link[32];
	struct fj_str s;
	bool lists = false;
	long n;

	if (!fj_is_procfs(fd))
		return false;
	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, path, FJ_PATH_MAX - 1);
	if (n > 0) {
		path[n] = 0;
		for (char *p = path; *p; p++)
			if (*p == '/')
				name = p + 1;
		lists = fj_proc_named(name, fj_strlen(name)) == FJ_PROC_FD_DIR;
	}
	fj_scratch_release(t, mark);
	return lists;
}

/* Close the gaps that our numbers leave in what the kernel has just written to the program. */
static long leave_out_ours(const struct fj_call *c, long len)
{
	const size_t name_at = c->nr == __NR_getdents ? NAME : NAME64;
	char *list = (char *)c->arg[1];
	long kept = 0;

	for (long at = 0; at < len;) {
		const struct dirent_head *d = (const struct dirent_head *)(list + at);
		const long size = d->size;
		const char *name = list + at + name_at;

		if (size <= 0 || at + size > len)
			break;
		if (fj_proc_named(name, fj_strlen(name)) != FJ_PROC_OUR_FD) {
			memmove(list + kept, d, (size_t)size);
			kept += size;
		}
		at += size;
	}
	return kept;
}

long fj_hook_getdents(struct fj_call *c)
{
	long r = fj_kernel(c), kept;

	if (r <= 0 || !lists_descriptors(c->thread, (int)c->arg[0]))
		return r;
	while (!(kept = leave_out_ours(c, r))) {
		/* All of it was ours: an empty answer would be the end. */
		r = fj_kernel(c);
		if (r <= 0)
			return r;
	}
	return kept;
}
