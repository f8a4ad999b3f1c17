/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids_limited.h - two short answers about an identity, for frequent calls: whether permissions need to be asked at
 * all, and who asks. For permission/ and the fast path. All functions are async-signal-safe. */
#ifndef FJ_IDS_LIMITED_H
#define FJ_IDS_LIMITED_H

#include "bytes/hash.h"
#include "cred/ids.h"
#include "sys/process.h"

#include <stdbool.h>
#include <stdint.h>

/* A number that is equal for identities that may search the same directories; 0: remember nothing
 * for this identity. */
static inline uint64_t fj_ids_asker(const struct fj_ids *ids)
{
	const uint64_t searches = 1UL << FJ_CAP_DAC_OVERRIDE | 1UL << FJ_CAP_DAC_READ_SEARCH;
	uint64_t hash = (uint64_t)ids->fsuid << 32 | ids->fsgid;

	if (ids->group_count > FJ_GROUPS_FEW)
		return 0;
	hash = fj_mix(hash, ids->effective & searches);
	for (uint32_t i = 0; i < ids->group_count; i++)
		hash = fj_mix(hash, ids->few[i]);
	return fj_mix(hash, ids->group_count) | 1;
}

/* Could a permission rule refuse to the calling thread what it does not refuse to root? */
bool fj_ids_ask_limited(void);
#define FJ_IDS_AT 0x70u
struct fj_ids_of_process { /* for all threads without an identity of their own */
	struct fj_ids ids;
	bool is_limited;
};
extern uint32_t fj_ids_own_count; /* entries of threads with their own identity: from here on
				     none is in use */
static inline bool fj_ids_is_limited(void)
{
	const struct fj_ids_of_process *of_process = fj_process_section(FJ_IDS_AT);

	return __builtin_expect(__atomic_load_n(&fj_ids_own_count, __ATOMIC_ACQUIRE), 0) ||
			       fj_may_be_copied(FJ_SECTION_BIT(FJ_IDS_AT)) ?
		       fj_ids_ask_limited() :
		       of_process->is_limited;
}

#endif
