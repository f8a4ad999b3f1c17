/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.c - the jail's shared description, and the root of this process. */
#include "path/root.h"

#include <asm/stat.h>

struct fj_jail *fj_jail;

/* A process has one root, and threads share it as they share fs_struct. A vfork(2) child has its
 * own, but lives in the parent's memory: what it enters is kept aside under its process id, until
 * it execs. */
static struct fj_root root_of_process = {.pos = ""};
static struct fj_root root_of_vfork_child;
static char pos_of_process[FJ_PATH_MAX] FJ_BULKY, pos_of_vfork_child[FJ_PATH_MAX] FJ_BULKY;
static int32_t vfork_child;

/* How many moves of other processes' roots were looked at. */
static uint32_t seen_moves;

static void set_root(struct fj_root *root, int fd, const char *pos, uint64_t dev, uint64_t ino)
{
	char *own_pos = root == &root_of_process ? pos_of_process : pos_of_vfork_child;

	root->fd = fd;
	root->dev = dev;
	root->ino = ino;
	root->len = (uint32_t)fj_strlen(pos);
	memcpy(own_pos, pos, root->len + 1);
	root->pos = own_pos;
	root->id = root->len ? ino * 31 + dev + 1 : 0;
}

static void set_root_at(struct fj_root *root, int fd, const char *pos)
{
	struct stat st = {0};

	fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	set_root(root, fd, pos, st.st_dev, st.st_ino);
}

/* Others have moved their roots: was it ours as well? */
__attribute__((noinline)) static void look_at_moves(uint32_t count)
{
	uint32_t seen = seen_moves;

	if (fj_is_borrowed_memory()) /* the parent is to look for itself */
		return;
	if (__atomic_compare_exchange_n(
		    &seen_moves, &seen, count, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		fj_root_moves_follow(seen, count);
}

FJ_HOT const struct fj_root *fj_root(void)
{
	const uint32_t count = __atomic_load_n(&fj_jail->root_moves.count, __ATOMIC_ACQUIRE);

	if (__builtin_expect(vfork_child != 0, 0)) {
		if (fj_sys0(__NR_getpid) == vfork_child)
			return &root_of_vfork_child;
		if (fj_sys2(__NR_kill, vfork_child, 0) == -ESRCH)
			vfork_child = 0;
	}
	if (__builtin_expect(count != seen_moves, 0))
		look_at_moves(count);
	return &root_of_process;
}

uint32_t fj_root_seen_moves(void)
{
	return seen_moves;
}

void fj_root_start(const char *nested_pos, uint32_t seen)
{
	seen_moves = seen;
	if (*nested_pos) {
		set_root_at(&root_of_process, FJ_FD_NESTED(fj_jail), nested_pos);
		return;
	}
	root_of_process.fd = FJ_FD_ROOT(fj_jail);
	root_of_process.dev = fj_jail->root_dev;
	root_of_process.ino = fj_jail->root_ino;
}

void fj_root_take(int fd, const struct fj_root_move *m)
{
	if (!m->pos[0]) {
		set_root(&root_of_process, FJ_FD_ROOT(fj_jail), "", m->dev, m->ino);
		return;
	}
	if (fd >= 0 && fj_dup_to(fd, FJ_FD_NESTED(fj_jail), 0) >= 0) {
		fj_close(fd);
		fd = FJ_FD_NESTED(fj_jail);
	}
	set_root(&root_of_process, fd, m->pos, m->dev, m->ino);
}

static void tell(const struct fj_root *root)
{
	uint32_t mine = fj_root_move_tell(root);

	/* It need not be looked at, unless others are to be looked at before it. */
	if (root == &root_of_process)
		__atomic_compare_exchange_n(
			&seen_moves, &mine, mine + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
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
		set_root_at(root, FJ_FD_ROOT(fj_jail), pos);
	} else {
		const long r = fj_dup_to(fd, FJ_FD_NESTED(fj_jail), 0);

		fj_close(fd);
		if (fj_is_err(r))
			return r;
		set_root_at(root, FJ_FD_NESTED(fj_jail), pos);
	}
	tell(root);
	return 0;
}
