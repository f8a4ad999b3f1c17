/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_vfork.c - tests the ways to have a child that shares memory, by vfork(2) and clone(2): a
 * child that executes a program, exits, is killed, forks, or has such a child itself; and other
 * threads meanwhile.
 *
 * State of a process must be the child's own, and state that clone(2) was told to share must be
 * shared, although one memory has all of it.
 */
#include "case_vfork.h"

#include <pthread.h>

#ifndef CLONE_VM
#define CLONE_VM 0x100
#define CLONE_FS 0x200
#define CLONE_FILES 0x400
#define CLONE_SIGHAND 0x800
#define CLONE_VFORK 0x4000
#endif

enum { GO = 200, GOES = 201, SELF = 202 }; /* descriptors: a pipe, and the program */

static char tool[64] = "@look_";

/* The program says nothing before the parent has looked. */
void vfork_look_after_exec(const struct vfork_kind *kind)
{
	char c;

	close(GOES);
	read(GO, &c, 1);
	say("after exec\n");
	kind->look();
}

static void start_program(void)
{
	execve(twin_self, ARGV("x", tool), environ);
	R(sys_execveat(SELF, "", ARGV("x", tool), environ, AT_EMPTY_PATH));
	_exit(9);
}

static void look(const struct vfork_kind *kind, const char *who)
{
	say("%s\n", who);
	kind->look();
}

/* A child that comes later has all from its parent. */
static void look_later(const struct vfork_kind *kind)
{
	look(kind, "parent");
	const pid_t pid = vfork();
	if (!pid) {
		look(kind, "later vfork");
		_exit(0);
	}
	reap("later vfork", pid);
	CHILD("later fork")
		look(kind, "later fork");
	look(kind, "parent, later");
}

static void goes_on(const struct vfork_kind *kind, pid_t pid)
{
	look_later(kind);
	write(GOES, "g", 1);
	reap("child", pid);
	look(kind, "parent, at last");
}

static void leaves(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		look(kind, "child, before");
		kind->change();
		look(kind, "child");
		_exit(3);
	}
	goes_on(kind, pid);
}

static void execs(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		kind->change();
		start_program();
	}
	goes_on(kind, pid);
}

static void is_killed(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		kind->change();
		kill(getpid(), SIGKILL);
	}
	goes_on(kind, pid);
}

static void forks(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		kind->change();
		const pid_t forked = fork();
		if (!forked) {
			look(kind, "forked by the child");
			kind->change_again();
			look(kind, "forked by the child, changed");
			_exit(4);
		}
		reap("forked by the child", forked);
		look(kind, "child");
		_exit(3);
	}
	goes_on(kind, pid);
}

static void nests(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		kind->change();
		const pid_t inner = vfork();
		if (!inner) {
			look(kind, "inner child, before");
			kind->change_again();
			look(kind, "inner child");
			_exit(4);
		}
		reap("inner child", inner);
		look(kind, "child");
		start_program();
	}
	goes_on(kind, pid);
}

static void changes_inside_only(const struct vfork_kind *kind)
{
	const pid_t pid = vfork();

	if (!pid) {
		const pid_t inner = vfork();
		if (!inner) {
			kind->change();
			start_program();
		}
		look(kind, "child");
		kind->change_again();
		look(kind, "child, changed");
		write(GOES, "g", 1);
		reap("inner child", inner);
		look(kind, "child, at last");
		_exit(3);
	}
	goes_on(kind, pid);
}

/* The parent differs from what its own parent is, and its child from both. */
static void changes_after_parent(const struct vfork_kind *kind)
{
	kind->change();
	const pid_t pid = vfork();
	if (!pid) {
		look(kind, "child, before");
		kind->change_again();
		look(kind, "child");
		start_program();
	}
	goes_on(kind, pid);
}

static struct meanwhile {
	const struct vfork_kind *kind;
	int to[2], from[2];
} meanwhile;

static void *in_thread(void *arg)
{
	char c;

	read(meanwhile.to[0], &c, 1);
	look(meanwhile.kind, "other thread");
	meanwhile.kind->change_again();
	look(meanwhile.kind, "other thread, changed");
	write(meanwhile.from[1], "f", 1);
	return arg;
}

/* Another thread of the parent runs while the child is there. */
static void changes_meanwhile(const struct vfork_kind *kind)
{
	pthread_t other;

	meanwhile.kind = kind;
	pipe(meanwhile.to);
	pipe(meanwhile.from);
	pthread_create(&other, NULL, in_thread, NULL);
	const pid_t pid = vfork();
	if (!pid) {
		char c;

		kind->change();
		write(meanwhile.to[1], "t", 1);
		read(meanwhile.from[0], &c, 1);
		look(kind, "child");
		start_program();
	}
	pthread_join(other, NULL);
	goes_on(kind, pid);
}

#ifndef TWIN_RAW
static char stack[128 * 1024] __attribute__((aligned(16)));
#endif

static int cloned(void *arg)
{
	const struct vfork_kind *kind = arg;

	kind->change();
	look(kind, "child");
	start_program();
	return 0;
}

static void clones(const struct vfork_kind *kind, const char *what, int flags)
{
	CHILD(what) {
		say("== %s\n", what);
#ifdef TWIN_RAW
		const pid_t pid =
			RAW(SYS_clone, CLONE_VM | CLONE_VFORK | flags | SIGCHLD, 0, 0, 0, 0);
		if (!pid)
			cloned((void *)kind);
#else
		const pid_t pid = clone(cloned, stack + sizeof(stack),
			CLONE_VM | CLONE_VFORK | flags | SIGCHLD, (void *)kind);
#endif
		goes_on(kind, pid);
		if (kind->undo)
			kind->undo();
	}
}

void vfork_ways(const char *name, const struct vfork_kind *kind)
{
	static const struct {
		const char *what;
		void (*go)(const struct vfork_kind *kind);
	} ways[] = {{"leaves", leaves}, {"execs", execs}, {"is killed", is_killed},
		{"forks", forks}, {"nests", nests}, {"changes inside only", changes_inside_only},
		{"changes after its parent", changes_after_parent},
		{"changes while another thread does", changes_meanwhile}};
	int go[2];

	strcpy(tool + 6, name);
	dup2(open(twin_self, O_RDONLY), SELF);
	for (size_t i = 0; i < COUNT(ways); i++) {
		if (ways[i].go == changes_meanwhile && !kind->is_of_process)
			continue;
		pipe(go);
		dup2(go[0], GO);
		dup2(go[1], GOES);
		close(go[0]);
		close(go[1]);
		CHILD(ways[i].what) {
			say("== %s\n", ways[i].what);
			if (kind->prepare)
				kind->prepare();
			ways[i].go(kind);
			if (kind->undo)
				kind->undo();
		}
	}
	pipe(go);
	dup2(go[0], GO);
	dup2(go[1], GOES);
	if (kind->prepare)
		kind->prepare();
	clones(kind, "clone that shares nothing", 0);
	clones(kind, "CLONE_FS", CLONE_FS);
	clones(kind, "CLONE_FILES", CLONE_FILES);
	clones(kind, "CLONE_SIGHAND", CLONE_SIGHAND);
	clones(kind, "all of them", CLONE_FS | CLONE_FILES | CLONE_SIGHAND);
}
