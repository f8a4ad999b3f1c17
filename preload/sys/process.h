/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.h - the state of a process. For every room that keeps a part of it.
 *
 * The state lies in sections. Each is declared in a header of the room that keeps it, with the offset where it begins
 * and a function that returns its address; exec/process_layout.h has all of them in order.
 *
 * A child of vfork(2) is a process of its own in its parent's memory. When it changes something it
 * gets a child state: a copy of each section that it has changed, until it executes a program or ends.
 * (A thread area has a section of that kind, too: sys/thread.h.) While no child has a copy of a
 * section, reading it costs one more load. All functions are async-signal-safe. */
#ifndef FJ_PROCESS_H
#define FJ_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_PROCESS_SIZE 0x2270u /* bytes: the end of the last section in exec/process_layout.h */
extern char fj_process[FJ_PROCESS_SIZE];

/* How many child states there are, and which sections they have copies of: a bit for each. */
extern union fj_child_states {
	uint64_t both;
	struct {
		uint32_t count, sections;
	};
} fj_child_states;
#define FJ_SECTION_BIT(at) (1u << ((at) / 16 % 31))
#define FJ_SLOTS_BIT (1u << 31) /* the bit for the sections of thread areas */

/* May a child state have a copy of a section with this bit? */
static inline bool fj_may_be_copied(uint32_t bit)
{
	return __builtin_expect(
		__atomic_load_n(&fj_child_states.sections, __ATOMIC_ACQUIRE) & bit, 0);
}

/* clone(2) may share with another process what a section stands for: `enum kcmp_type` of
 * linux/kcmp.h, or: */
#define FJ_SHARED_BY_NONE (-1)

/* The copy of this section that the calling process has, or the section itself. Use fj_owner_section(). */
void *fj_process_find(void *section);
/* The section of the calling process, for reading. */
static inline void *fj_owner_section(void *section, uint32_t bit)
{
	return fj_may_be_copied(bit) ? fj_process_find(section) : section;
}
/* The section for the calling process to change: the memory's, or that of the process with which it
 * shares what `shared` says, or a copy that is made now. NULL: no memory for a copy. */
void *fj_owner_section_to_change(void *section, uint32_t size, uint32_t bit, int shared);

/* The section of the process that owns the memory: for use at the start, and for sections that
 * children do not change. */
static inline void *fj_process_section(uint32_t at)
{
	return fj_process + at;
}
static inline const void *fj_process_at(uint32_t at)
{
	return fj_owner_section(fj_process_section(at), FJ_SECTION_BIT(at));
}
/* A macro, since the size is that of the section's structure. */
#define fj_process_to_change(section, at, shared)                                                  \
	((struct section *)fj_owner_section_to_change(                                             \
		fj_process_section(at), sizeof(struct section), FJ_SECTION_BIT(at), shared))

#endif
