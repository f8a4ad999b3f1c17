/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_moves.c - chroot(2) in a process that shares its root with others. Called by jail.c.
 *
 * The root belongs to the kernel's fs_struct. CLONE_FS of clone(2) shares it, also between processes that
 * share no memory, and after their exec. The engine does not watch clones: the kernel knows, and kcmp(2)
 * tells. A process that moves its root describes the move in a ring in the jail's memory. All others see at
 * their next use of the root that the count has grown, and ask whether they share the root that moved. The
 * moving process may be gone by then, so it notes itself whether its parent shares the root.
 *
 * If kcmp is refused, or the path is longer than FJ_ROOT_MOVE_TEXT, no process follows. */
#include "jail/root_moves.h"

#include "bytes/copy.h"
#include "bytes/format.h"
#include "jail/fds.h"
#include "jail/root.h"
#include "locking/seq.h"
#include "sys/fd.h"
#include "sys/thread.h"
#include "syscall/sched.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <asm/stat.h>
#include <linux/kcmp.h>
#include <stdbool.h>
#include <stddef.h>

#define LOST_RACES 10000u /* how often a writer begins again because others were faster */
#define SPINS 1000 /* wait for a process that is writing; it may have been killed or stopped */

static bool shares_root(int32_t a, int32_t b)
{
	return b > 0 && fj_sys_kcmp(a, b, KCMP_FS, 0, 0) == 0;
}

/* Take the place of the next move; `*n` is its number. If a process that was killed or stopped holds this
 * place, take the next one: its number remains a move without a description. */
static struct fj_root_move *next_place(struct fj_root_moves *moves, uint32_t *n)
{
	struct fj_root_move *m = NULL;

	for (uint32_t i = 0; i < FJ_ROOT_MOVES; i++) {
		*n = __atomic_fetch_add(&moves->next, 1, __ATOMIC_RELAXED);
		m = &moves->move[*n % FJ_ROOT_MOVES];
		if (fj_seq_write(&m->sequence))
			return m;
	}
	fj_seq_write_at_last(&m->sequence);
	return m;
}

/* Write the description of the next move. Returns its number. */
static uint32_t describe_move(struct fj_root_moves *moves, const struct fj_root *root)
{
	const int32_t me = (int32_t)fj_sys_getpid();
	const int32_t parent = (int32_t)fj_sys_getppid();
	uint32_t n;
	struct fj_root_move *m = next_place(moves, &n);

	m->mover = root->len < sizeof(m->pos) ? me : -1;
	m->parent = shares_root(me, parent) ? parent : -1;
	m->dev = root->dev;
	m->ino = root->ino;
	if (m->mover > 0)
		memcpy(m->pos, root->pos, root->len + 1);
	m->number = n + 1;
	fj_seq_written(&m->sequence);
	return n;
}

/* A process first completes the description of its move. Then it counts all moves up to this one: an earlier
 * one may never be completed. If its move was counted already, others may have skipped it when it was
 * incomplete: the process describes the move again. */
uint32_t fj_root_move_tell(const struct fj_root *root)
{
	struct fj_root_moves *moves = fj_root_moves();
	uint32_t n = 0;

	/* Each time another process has told a move meanwhile. One that has lost so often is followed
	 * by those that look at its description later. */
	for (unsigned tries = 0; tries < LOST_RACES; tries++) {
		uint32_t count;

		n = describe_move(moves, root);
		count = __atomic_load_n(&moves->count, __ATOMIC_SEQ_CST);

		/* (Each failure brings the count, which never falls, nearer to n.) */
		while ((int32_t)(count - n) <= 0)
			if (__atomic_compare_exchange_n(&moves->count, &count, n + 1, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				return n;
	}
	return n;
}

/* Copy the description of move `n`. False: it was overwritten, or never completed. */
static bool read_move(uint32_t n, struct fj_root_move *out)
{
	const struct fj_root_move *m = &fj_root_moves()->move[n % FJ_ROOT_MOVES];

	for (int i = 0; i < SPINS; i++) {
		const uint32_t seen = fj_seq_begin(&m->sequence);

		if (fj_seq_is_odd(seen) || __atomic_load_n(&m->number, __ATOMIC_RELAXED) != n + 1)
			continue;
		*out = *m;
		out->pos[sizeof(out->pos) - 1] = 0;
		if (!fj_seq_retry(&m->sequence, seen))
			return out->number == n + 1;
	}
	return false;
}

static bool is_move_ours(const struct fj_root_move *m)
{
	const int32_t me = (int32_t)fj_sys_getpid();

	return m->mover > 0 && (m->mover == me || m->parent == me || shares_root(me, m->mover) ||
				       shares_root(me, m->parent));
}

static bool is_dir_of(long fd, const struct fj_root_move *m)
{
	struct stat st;

	return fd >= 0 && !fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH) && st.st_dev == m->dev &&
	       st.st_ino == m->ino;
}

/* Open the directory of move `m`: through the moving process while that lives, else by its position. -1: it
 * is gone. */
static int open_moved_root(const struct fj_root_move *m)
{
	struct fj_thread *t = fj_thread_holding((uintptr_t)__builtin_frame_address(0));
	char link[48];
	long fd;

	fj_format(link, sizeof(link), "/proc/%u/fd/%u", (unsigned)m->mover,
		(unsigned)FJ_FD_NESTED(fj_jail));
	fd = fj_open_path(AT_FDCWD, link, O_DIRECTORY);
	if (is_dir_of(fd, m))
		return (int)fd;
	if (fd >= 0)
		fj_sys_close((int)fd);
	if (!t)
		t = fj_thread_mine();
	fd = t ? fj_root_open_pos(t, m->pos, O_DIRECTORY) : -1;
	if (is_dir_of(fd, m))
		return (int)fd;
	if (fd >= 0)
		fj_sys_close((int)fd);
	return -1;
}

void fj_root_moves_follow(uint32_t from, uint32_t to)
{
	struct fj_root_move m;

	if (to - from > FJ_ROOT_MOVES)
		from = to - FJ_ROOT_MOVES;
	for (; from != to; from++)
		if (read_move(from, &m) && is_move_ours(&m))
			fj_root_take(m.pos[0] ? open_moved_root(&m) : -1, &m);
}
