/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * part.h - what is kept of a process, in memory that a vfork(2) child shares: such a child has its
 * own copy of each part that it changes, until it execs or ends. Every room that keeps state of a
 * process keeps it in parts.
 *
 * A part is an object with static storage, or one in a thread's slot, and a struct fj_part beside
 * it. While no child has a copy, all of this costs one load. All functions are
 * async-signal-safe. */
#ifndef FJ_PART_H
#define FJ_PART_H

#include <stdbool.h>
#include <stdint.h>

struct fj_copy;

/* Marks both: the linker puts them together, and tests/lint/statics.sh knows them. */
#define FJ_OF_PROCESS __attribute__((section(".bss.process")))

struct fj_part {
	uint32_t used;	/* copies in use */
	uint32_t forks; /* in which of the processes that forked each other */
	uint32_t size;
	struct fj_copy *first;
	void (*release)(void *object); /* or NULL: called for a copy that is given up */
};

/* With whom clone(2) may share what a part stands for: `enum kcmp_type` of linux/kcmp.h, or: */
#define FJ_SHARED_BY_NONE (-1)

void *fj_part_find(struct fj_part *part, void *object);
/* The object as the calling process has it: to be read. */
#define fj_mine(part, object)                                                                      \
	(__builtin_expect(__atomic_load_n(&(part)->used, __ATOMIC_ACQUIRE) != 0, 0) ?              \
			(__typeof__(object))fj_part_find(part, object) :                           \
			(object))

void *fj_part_own(struct fj_part *part, void *object, uint32_t size, int shared);
/* The object where the calling process is to change it: the process's own, or that of the process
 * with which it shares what `shared` says, or a copy, made now. NULL: no memory for a copy. */
#define fj_mine_to_change(part, object, shared)                                                    \
	((__typeof__(object))fj_part_own(part, object, sizeof(*(object)), shared))

/* In a forked child, before others of its own may change the object: what its parent had becomes
 * its own. Was that a copy? (Reading and changing see to it otherwise.) */
bool fj_part_take_over(struct fj_part *part, void *object);

/* Nobody who had a copy is there any more. */
void fj_part_forget(struct fj_part *part);

/* Would that be a copy? */
bool fj_part_is_copied(struct fj_part *part, int shared);

#endif
