/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.c - the jail's shared description, and the root of this process. */
#include "path/path.h"

#include <asm/stat.h>

struct fj_jail *fj_jail;

/* A process has one root, and threads share it as they share fs_struct. A vfork(2) child has its
 * own, but lives in the parent's memory: what it enters is kept aside under its process id, until
 * it execs. */
static struct fj_root root_of_process;
static struct fj_root root_of_vfork_child;
static int32_t vfork_child;

static void set_root(struct fj_root *root, int fd, const char *pos)
{
	struct stat st = {0};

	fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	root->fd = fd;
	root->dev = st.st_dev;
	root->ino = st.st_ino;
	root->len = (uint32_t)fj_strlen(pos);
	memcpy(root->pos, pos, root->len + 1);
	root->id = root->len ? st.st_ino * 31 + st.st_dev + 1 : 0;
}

const struct fj_root *fj_root(void)
{
	if (__builtin_expect(vfork_child != 0, 0)) {
		if (fj_sys0(__NR_getpid) == vfork_child)
			return &root_of_vfork_child;
		if (fj_sys2(__NR_kill, vfork_child, 0) == -ESRCH)
			vfork_child = 0;
	}
	return &root_of_process;
}

void fj_root_start(const char *nested_pos)
{
	if (*nested_pos) {
		set_root(&root_of_process, FJ_FD_NESTED(fj_jail), nested_pos);
		return;
	}
	root_of_process.fd = FJ_FD_ROOT(fj_jail);
	root_of_process.dev = fj_jail->root_dev;
	root_of_process.ino = fj_jail->root_ino;
}

long fj_root_enter(int fd, const char *pos)
{
	struct fj_root *root = &root_of_process;

	if (fj_is_borrowed_memory()) {
		root = &root_of_vfork_child;
		vfork_child = (int32_t)fj_sys0(__NR_getpid);
	}
	if (!*pos) {
		fj_close(fd);
		set_root(root, FJ_FD_ROOT(fj_jail), pos);
		return 0;
	}

	const long r = fj_sys3(__NR_dup3, fd, FJ_FD_NESTED(fj_jail), 0);

	fj_close(fd);
	if (fj_is_err(r))
		return r;
	set_root(root, FJ_FD_NESTED(fj_jail), pos);
	return 0;
}
