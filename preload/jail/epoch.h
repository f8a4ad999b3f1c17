/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * epoch.h - whether facts about directories may be used now. The room facts reads it; whoever changes
 * mounts makes all facts invalid by it. */
#ifndef FJ_EPOCH_H
#define FJ_EPOCH_H

#include "jail/memory.h"

#include <stdint.h>

/* Whether facts may be used now; a section of jail/memory.h. */
#define FJ_FACTS_STATE_AT 0x80u
struct fj_facts_state {
	uint64_t epoch;	   /* advances when a fact may have become invalid */
	uint32_t changers; /* calls in progress that may make a fact invalid */
	uint32_t lifetime; /* of a fact, in units of FJ_FACT_TICK; 0: unlimited */
};
/* The unit of time for facts: fj_arch_ticks() shifted right by this, 0.2 to 1 ms. */
#define FJ_FACT_TICK 20
/* Changes from outside the jail or by another jail are not announced. They are seen after 0.4 to 2 s. */
#define FJ_FACT_LIFETIME 2048u
static inline struct fj_facts_state *fj_facts_state(void)
{
	return (struct fj_facts_state *)fj_jail_at(FJ_FACTS_STATE_AT);
}
/* The epoch to read facts at (facts/facts.h). 0: facts may not be used now. */
static inline uint64_t fj_facts_epoch(void)
{
	return __builtin_expect(
		       __atomic_load_n(&fj_facts_state()->changers, __ATOMIC_SEQ_CST) != 0, 0) ?
		       0 :
		       __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_SEQ_CST);
}

#endif
