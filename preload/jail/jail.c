/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.c - the root of this process, and the address of the jail's memory. Called through root.h and
 * root_moves.h. */
#include "jail/jail.h"

#include "bytes/copy.h"
#include "bytes/len.h"
#include "jail/fds.h"
#include "jail/root.h"
#include "jail/root_moves.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/process.h"
#include "syscall/fcntl.h"
#include "syscall/resource.h"
#include "syscall/sched.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/kcmp.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <stdbool.h>
#include <stddef.h>

#define SPARE 16u /* descriptors below the limit */

struct fj_jail *fj_jail;

/* A process has one root, which threads share as they share fs_struct. (Which processes share it by
 * clone(2), the moves tell: jail/root_moves.c.) */
static struct fj_root *root_of_memory(void)
{
	return fj_process_section(FJ_ROOT_AT);
}
static char *text_of_memory(void)
{
	return ((struct fj_root_text *)fj_process_section(FJ_ROOT_TEXT_AT))->pos;
}
static uint32_t *seen_moves(void)
{
	return &((struct fj_root_seen *)fj_process_section(FJ_ROOT_SEEN_AT))->moves;
}

fj_open_pos *fj_root_open_pos;

/* `room`: PATH_MAX bytes, which hold the root's position from now on. */
static void set_root(
	struct fj_root *root, char *room, int fd, uint64_t dev, uint64_t ino, const char *pos)
{
	root->fd = fd;
	root->dev = dev;
	root->ino = ino;
	root->len = (uint32_t)fj_strlen(pos);
	memcpy(room, pos, root->len + 1);
	root->pos = room;
	root->id = root->len ? ino * 31 + dev + 1 : 0;
}

static void set_root_at(struct fj_root *root, char *room, int fd, const char *pos)
{
	struct stat st = {0};

	fj_sys_fstat(fd, &st);
	set_root(root, room, fd, st.st_dev, st.st_ino, pos);
}

/* Other processes have moved their roots: did this move ours, which is `root`? */
__attribute__((noinline)) static const struct fj_root *look_at_moves(
	const struct fj_root *root, uint32_t count)
{
	uint32_t seen = __atomic_load_n(seen_moves(), __ATOMIC_RELAXED);

	if (root != root_of_memory() || fj_is_borrowed_memory()) /* the parent looks for itself */
		return root;
	if (__atomic_compare_exchange_n(
		    seen_moves(), &seen, count, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		fj_root_moves_follow(seen, count);
	return root;
}

FJ_HOT const struct fj_root *fj_root(void)
{
	const uint32_t count = __atomic_load_n(&fj_root_moves()->count, __ATOMIC_ACQUIRE);
	const struct fj_root *root = fj_process_at(FJ_ROOT_AT);

	if (__builtin_expect(count != __atomic_load_n(seen_moves(), __ATOMIC_RELAXED), 0))
		return look_at_moves(root, count);
	return root;
}

/* Keep `fd` as the nested root. The jail's number for it may not be usable: it is above the limit of
 * descriptors, or the table is shared with a process that has another root. Then a high number is used,
 * which the program may close. Returns the number. */
static int hold_nested_root(int fd, bool elsewhere)
{
	struct rlimit64 limit = {0};
	uint64_t from = (uint64_t)fj_high_fd();
	long r;

	if (fd == FJ_FD_NESTED(fj_jail))
		return fd;
	r = elsewhere ? -EBADF : fj_dup_to(fd, FJ_FD_NESTED(fj_jail), 0);
	if (r < 0) {
		fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit);
		if (from + SPARE > limit.rlim_cur)
			from = limit.rlim_cur > SPARE ? limit.rlim_cur - SPARE : 0;
		r = fj_sys_fcntl(fd, F_DUPFD, from);
	}
	if (r < 0) { /* neither works: keep the number, and let it stay open in an exec */
		fj_sys_fcntl(fd, F_SETFD, 0);
		return fd;
	}
	fj_sys_close(fd);
	return (int)r;
}

void fj_root_start(const char *nested_pos, int fd, fj_open_pos *open_pos)
{
	/* "" would share the end of some text of the engine, on a page that nothing else of an exec is on:
	 * order.ld. */
	static const char top[] = "";
	struct fj_root *root = root_of_memory();

	fj_root_open_pos = open_pos;
	if (*nested_pos) {
		set_root_at(root, text_of_memory(), hold_nested_root(fd, false), nested_pos);
		return;
	}
	root->pos = top;
	root->fd = FJ_FD_ROOT(fj_jail);
	root->dev = fj_jail->root_dev;
	root->ino = fj_jail->root_ino;
}

void fj_root_take(int fd, const struct fj_root_move *m)
{
	if (!m->pos[0]) {
		set_root(root_of_memory(), text_of_memory(), FJ_FD_ROOT(fj_jail), m->dev, m->ino,
			"");
		return;
	}
	if (fd >= 0 && fj_dup_to(fd, FJ_FD_NESTED(fj_jail), 0) >= 0) {
		fj_sys_close(fd);
		fd = FJ_FD_NESTED(fj_jail);
	}
	set_root(root_of_memory(), text_of_memory(), fd, m->dev, m->ino, m->pos);
}

static void publish_root(const struct fj_root *root)
{
	uint32_t mine = fj_root_move_tell(root);

	/* This move need not be looked at, unless earlier ones must be. */
	if (root == root_of_memory())
		__atomic_compare_exchange_n(
			seen_moves(), &mine, mine + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Does the parent share the table of descriptors, with another root, which may have the jail's number? */
static bool is_table_shared(void)
{
	const long me = fj_sys_getpid(), parent = fj_sys_getppid();

	return !fj_sys_kcmp(me, parent, KCMP_FILES, 0, 0) && fj_sys_kcmp(me, parent, KCMP_FS, 0, 0);
}

long fj_root_enter(int fd, const char *pos)
{
	const bool elsewhere = is_table_shared();
	const int before = fj_root()->fd;
	struct fj_root_text *text =
		fj_process_to_change(fj_root_text, FJ_ROOT_TEXT_AT, FJ_SHARED_BY_NONE);
	struct fj_root *root =
		text ? fj_process_to_change(fj_root, FJ_ROOT_AT, FJ_SHARED_BY_NONE) : NULL;

	if (!root) {
		fj_sys_close(fd);
		return -ENOMEM;
	}
	if (*pos) {
		set_root_at(root, text->pos, hold_nested_root(fd, elsewhere), pos);
	} else {
		fj_sys_close(fd);
		set_root_at(root, text->pos, FJ_FD_ROOT(fj_jail), pos);
	}
	if (!elsewhere && before >= 0 && !fj_is_our_fd((uint32_t)before))
		fj_sys_close(before);
	publish_root(root);
	return 0;
}
