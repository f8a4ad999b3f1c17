/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * truncated.c - handles a file of records that somebody truncates while it is mapped. Called by
 * signal/faults.c.
 *
 * When a page is touched that the file no longer has, the kernel sends SIGBUS. What was to be read
 * or written is then lost for this process. The whole mapping is replaced by zeros: every search
 * ends at zeros, and every look at a block stays within bounds. The store is marked: nothing is
 * looked up in it any more, and changes are refused (EIO). The jailed program goes on, and its
 * files show what they show without records. */
#include "met-roots/met_roots.h"
#include "met-roots/stores.h"
#include "ownership/ownership.h"
#include "records/store.h"
#include "syscall/mman.h"

#include <linux/mman.h>

static bool window_holds(const struct fj_store *s, uint32_t k, uintptr_t at)
{
	const uintptr_t begin = (uintptr_t)s->window[k];

	return begin && at - begin < s->first_window << k;
}

static void replace_by_zeros(struct fj_store *s)
{
	__atomic_store_n(&s->is_truncated, true, __ATOMIC_SEQ_CST);
	for (uint32_t k = 0; k < FJ_STORE_WINDOWS; k++)
		if (s->window[k])
			fj_sys_mmap(s->window[k], s->first_window << k, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static bool lose_store(struct fj_store *s, uintptr_t at)
{
	for (uint32_t k = 0; k < FJ_STORE_WINDOWS; k++)
		if (window_holds(s, k, at)) {
			replace_by_zeros(s);
			return true;
		}
	return false;
}

bool fj_owner_truncated(uintptr_t at)
{
	const uint32_t met = fj_owner_roots_met();

	for (uint32_t i = 0; i < fj_store_count; i++)
		if (lose_store(&fj_store[i], at))
			return true;
	for (uint32_t i = 0; i < met; i++)
		if (fj_store_opened(i) && lose_store(fj_store_opened(i), at))
			return true;
	return false;
}
