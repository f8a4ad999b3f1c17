/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_vfork.h - a kind of state of a process, changed in a child that shares memory, and looked at
 * from all sides: for the files case_vfork_*.c.
 */
#ifndef CASE_VFORK_H
#define CASE_VFORK_H

#include "twin.h"

/* A child that shares memory leaves it as it was: what a kind changes and looks at is the
 * kernel's. */
struct vfork_kind {
	void (*prepare)(void); /* or NULL */
	void (*change)(void);
	void (*change_again)(void); /* differs from the first, and can be done after it */
	void (*look)(void);
	void (*undo)(void); /* what outlives the process of a way; or NULL */
	int is_of_process;  /* threads share it */
};

/* Each way to have such a child, each in a process of its own: print what the child, the program
 * that it becomes, its own children and the parent see. */
#define VFORK_WAYS(kind) vfork_ways(#kind, &kind)
void vfork_ways(const char *name, const struct vfork_kind *kind);

/* A kind that an exec'ed program can look at, too. */
#define VFORK_KIND(kind)                                                                           \
	static const struct vfork_kind kind;                                                       \
	TOOL(look_##kind)                                                                          \
	{                                                                                          \
		vfork_look_after_exec(&kind);                                                      \
	}                                                                                          \
	static const struct vfork_kind kind
void vfork_look_after_exec(const struct vfork_kind *kind);

#endif
