/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_cred.h - what a process is, printed, and states of it to call from: for case_cred.c and
 * case_cred_passed.c.
 */
#ifndef CASE_CRED_H
#define CASE_CRED_H

#include "twin.h"

#define NONE ((unsigned)-1)

struct caps {
	unsigned long effective, permitted, inheritable;
};
static struct caps at_start; /* set by each case, first */

static inline struct caps caps(void)
{
	unsigned header[2] = {0x20080522, 0}, data[6] = {0};
	struct caps c;

	SYSCALL(SYS_capget, header, data);
	c.effective = data[0] | (unsigned long)data[3] << 32;
	c.permitted = data[1] | (unsigned long)data[4] << 32;
	c.inheritable = data[2] | (unsigned long)data[5] << 32;
	return c;
}

/* What root has differs between machines: all of it, nothing, or what is missing. */
static inline void say_set(const char *name, unsigned long set)
{
	if (set == at_start.permitted)
		say(" %s all", name);
	else if (!set)
		say(" %s none", name);
	else if (__builtin_popcountl(set) < 20)
		say(" %s %lx", name, set);
	else
		say(" %s all but %lx", name, at_start.permitted & ~set);
}

static inline void say_ids(const char *what)
{
	unsigned u[3] = {0}, g[3] = {0};
	const struct caps c = caps();

	SYSCALL(SYS_getresuid, &u[0], &u[1], &u[2]);
	SYSCALL(SYS_getresgid, &g[0], &g[1], &g[2]);
	say("%s: uid %d %d %d %ld gid %d %d %d %ld", what, u[0], u[1], u[2],
		(long)SYSCALL(SYS_setfsuid, NONE), g[0], g[1], g[2],
		(long)SYSCALL(SYS_setfsgid, NONE));
	say_set("effective", c.effective);
	say_set("permitted", c.permitted);
	say_set("inheritable", c.inheritable);
	say("\n");
}

/* Runs the body in a child of its own: a state once left is not come back to. */
#define TRY(...)                                                                                   \
	do {                                                                                       \
		const pid_t try_pid = fork();                                                      \
		if (!try_pid) {                                                                    \
			__VA_ARGS__;                                                               \
			twin_exit(0);                                                              \
		}                                                                                  \
		waitpid(try_pid, NULL, 0);                                                         \
	} while (0)

static const struct {
	unsigned r, e, s;
} states[] = {
	{0, 0, 0}, {0, 5, 0}, {5, 0, 0}, {5, 6, 0}, {0, 5, 6}, {5, 6, 7}, {5, 5, 5}, {5, 0, 5}};

static inline void enter(size_t i)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresuid, states[i].r, states[i].e, states[i].s);
}

#endif
