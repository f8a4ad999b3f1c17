/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * page.h - the page size, and addresses and sizes in whole pages. For all rooms. The size is a
 * constant of the processor: sys/arch/PROCESSOR/page.h. */
#ifndef FJ_PAGE_H
#define FJ_PAGE_H

#include <stdint.h>

#if defined(__x86_64__)
#include "sys/arch/x86_64/page.h"
#else
#error "sys/arch wants a folder for this processor, with its page size"
#endif

/* An address or a size, rounded down or up to a multiple of the page size. (Near 2^64 the second is 0.) */
static inline uint64_t fj_page_down(uint64_t at)
{
	return at & ~(uint64_t)(FJ_PAGE - 1);
}
static inline uint64_t fj_page_up(uint64_t at)
{
	return fj_page_down(at + FJ_PAGE - 1);
}

#endif
