/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ways.c - looks up names by each way of a walk, and makes the tree for that: see ways.h. */
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "ways.h"
#include "sys/scratch_mark.h"
#include "sys/fd.h"
#include "bytes/str.h"

#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "path/path.h"
#include "walk/walk.h"
#include "fast-path/fast.h"

#include <linux/limits.h>
#include <stdio.h>
#include <string.h>

#include <asm/stat.h>
#include <linux/openat2.h>

const char *const ways_name[] = {"with openat2", "without openat2", "from facts"};

struct seen ways_look(long fd)
{
	struct seen seen = {.r = fd};
	struct stat st;

	if (fd < 0)
		return seen;
	seen.r = fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	seen.dev = st.st_dev;
	seen.ino = st.st_ino;
	fj_sys_close((int)fd);
	return seen;
}

long ways_kernel_open(const char *jail_path, uint64_t flags)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT};
	long r;

	do
		r = fj_sys_openat2(UNIT_FD, jail_path, &how, sizeof(how));
	while (r == -EAGAIN);
	return r;
}

long ways_open_place(const struct fj_place *place, int flags)
{
	return fj_open_path(place->dirfd, place->name, flags | (place->is_magic ? 0 : O_NOFOLLOW));
}

static long walk_open(int dirfd, const char *jail_path, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	struct fj_place place;
	long r = fj_path_walk(unit_thread, dirfd, jail_path, how, &place);

	if (!r) {
		r = ways_open_place(&place, 0);
		fj_place_done(&place);
	}
	fj_scratch_release(unit_thread, mark);
	return r;
}

/* Uses facts as fj_find_object() does: if one system call does not decide, the walk is used. */
static long open_fast(int dirfd, const char *jail_path, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	struct fj_fast q;
	long r = -EAGAIN;

	if (fj_fast_begin(&q, unit_thread, dirfd, jail_path, strlen(jail_path)))
		r = fj_openat2(q.place.dirfd, q.place.name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0,
			RESOLVE_NO_SYMLINKS);
	fj_scratch_release(unit_thread, mark);
	if (r >= 0) {
		char byte;

		if (!(how & FJ_FOLLOW) || fj_sys_readlinkat(r, "", &byte, 1) < 0)
			return r;
		fj_sys_close((int)r);
	}
	return walk_open(dirfd, jail_path, how);
}

struct seen ways_engine_look(enum way way, int dirfd, const char *jail_path, unsigned how)
{
	fj_lacks()->openat2 = way == STEPS;
	if (way == FACTS)
		fj_sys_close((int)walk_open(dirfd, jail_path, how)); /* so that there are facts */
	return ways_look(
		way == FACTS ? open_fast(dirfd, jail_path, how) : walk_open(dirfd, jail_path, how));
}

void ways_make_tree(void)
{
	tree_dir("jail/usr");
	tree_dir("jail/usr/bin");
	tree_file("jail/usr/bin/tool", "tool");
	tree_link("jail/bin", "usr/bin");
	tree_link("jail/absolute", "/usr/bin");
	tree_link("jail/usr/up", "..");
	tree_link("jail/usr/out", "../../../../usr");
	tree_link("jail/file", "/usr/bin/tool");
	tree_link("jail/dangling", "/usr/nothing");
	tree_link("jail/slash", "usr/");
	tree_link("jail/file-slash", "usr/bin/tool/");
	tree_link("jail/loop", "loop");
	tree_link("jail/ping", "pong");
	tree_link("jail/pong", "ping");
	tree_link("jail/root", "/");
	tree_link("jail/dot", ".");
	tree_dir("outside");
	tree_file("outside/secret", "secret");
	tree_link("jail/host", tree_path("outside"));
	/* A chain of 41 symlinks: the 40th is the last one that is followed. */
	for (int i = 0; i < 41; i++) {
		char name[32], target[32];

		snprintf(name, sizeof(name), "jail/chain%d", i);
		snprintf(target, sizeof(target), i ? "chain%d" : "usr", i - 1);
		tree_link(name, target);
	}
}

void ways_check(
	enum way way, int dirfd, const char *jail_path, unsigned how, long r, const char *leads_to)
{
	const struct seen got = ways_engine_look(way, dirfd, jail_path, how);

	ck_assert_msg(got.r == r, "%s %s: %s, not %s", ways_name[way], jail_path,
		unit_result(got.r), unit_result(r));
	if (!r) {
		const struct seen want =
			ways_look(fj_open_path(AT_FDCWD, tree_path(leads_to), O_NOFOLLOW));

		ck_assert_int_eq(want.r, 0);
		ck_assert_msg(got.ino == want.ino && got.dev == want.dev,
			"%s %s: does not lead to %s", ways_name[way], jail_path, leads_to);
	}
}

const char *ways_host_of(const char *pos)
{
	static char text[PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	fj_path_host(pos, &s);
	return text;
}
