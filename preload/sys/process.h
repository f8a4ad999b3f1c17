/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process.h - the state of a process, as every room sees it: an address.
 *
 * It lies in sections. Each is declared in a header of the room that keeps it, with the offset where
 * it begins and a function that leads there; exec/process_layout.h has all of them in order.
 *
 * A child of vfork(2) is a process of its own in its parent's memory. So it has an overlay, once it
 * changes something: a copy of each section that it changed, until it execs or ends. (A thread's slot
 * has a section of that kind, too: sys/thread.h.) While no child has a copy of a section, to read
 * it costs one load more. All functions are async-signal-safe. */
#ifndef FJ_PROCESS_H
#define FJ_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#define FJ_PROCESS_SIZE 0x2220u
extern char fj_process[FJ_PROCESS_SIZE];

/* Children have so many overlays, with copies of these sections: a bit for each. */
extern union fj_process_overlays {
	uint64_t both;
	struct {
		uint32_t count, sections;
	};
} fj_process_overlays;
#define FJ_SECTION_BIT(at) (1u << ((at) / 16 % 31))
#define FJ_SLOTS_BIT (1u << 31) /* of all slots of threads */

static inline bool fj_may_be_copied(uint32_t bit)
{
	return __builtin_expect(
		__atomic_load_n(&fj_process_overlays.sections, __ATOMIC_ACQUIRE) & bit, 0);
}

/* With whom clone(2) may share what a section stands for: `enum kcmp_type` of linux/kcmp.h, or: */
#define FJ_SHARED_BY_NONE (-1)

void *fj_process_find(void *section);
/* The section as the calling process has it: to be read. */
static inline void *fj_owner_section(void *section, uint32_t bit)
{
	return fj_may_be_copied(bit) ? fj_process_find(section) : section;
}
/* The section where the calling process is to change it: the memory's, or that of the process
 * with which it shares what `shared` says, or a copy, made now. NULL: no memory for a copy. */
void *fj_owner_section_to_change(void *section, uint32_t size, uint32_t bit, int shared);

/* Whose the memory is: at the start, and of what children do not change. */
static inline void *fj_process_section(uint32_t at)
{
	return fj_process + at;
}
static inline const void *fj_process_at(uint32_t at)
{
	return fj_owner_section(fj_process_section(at), FJ_SECTION_BIT(at));
}
/* (A macro, since the size is that of what the pointer leads to.) */
#define fj_process_to_change(section, at, shared)                                                  \
	((struct section *)fj_owner_section_to_change(                                             \
		fj_process_section(at), sizeof(struct section), FJ_SECTION_BIT(at), shared))

/* Would that be a copy? */
bool fj_process_is_copied(uint32_t at, int shared);

/* In a forked child, before others of its own may change the section: what its parent had becomes
 * its own. Was that a copy? (Reading and changing see to it otherwise.) */
bool fj_process_take_over(uint32_t at);

/* Nobody who had a copy of it is there any more. */
void fj_process_forget(const void *section);

/* Called for each section of an overlay that is given up; or NULL. */
extern void (*fj_process_release)(const void *section, void *copy);

#endif
