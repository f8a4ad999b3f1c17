/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.c - one cheap question a page, asked of the kernel, before memory of the program is touched.
 *
 * rt_sigprocmask(2) with an unknown `how` reads eight bytes and then fails with EINVAL, or fails with EFAULT
 * (kernel/signal.c); rt_sigpending(2) writes as many bytes as it is asked for, up to eight. Either is about 0.15 us,
 * against 1.1 us for process_vm_readv(2), which container policies refuse besides. */
#include "sys/guest.h"

#define WORD 8u /* sizeof(sigset_t) of the kernel */
#define NO_SUCH_HOW 99

static bool is_readable(uintptr_t at)
{
	return fj_sys4(__NR_rt_sigprocmask, NO_SUCH_HOW, at, 0, WORD) == -EINVAL;
}

/* The first bytes of the `n` at `at`, and none beyond: another thread may own those. */
static bool overwrite(uintptr_t at, size_t n)
{
	return fj_sys2(__NR_rt_sigpending, at, n < WORD ? n : WORD) == 0;
}

/* The bytes from `at` to the end of its page, at most `n`. */
static size_t within_page(uintptr_t at, size_t n)
{
	const size_t rest = FJ_PAGE - (at & (FJ_PAGE - 1));

	return n < rest ? n : rest;
}

/* A word that lies in the page of `at`. */
static uintptr_t word_of(uintptr_t at)
{
	return at & ~(uintptr_t)(WORD - 1);
}

long fj_guest_read(void *to, uintptr_t from, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		part = within_page(from + done, n - done);
		if (!is_readable(word_of(from + done)))
			return -EFAULT;
		memcpy((char *)to + done, (const void *)(from + done), part);
	}
	return 0;
}

long fj_guest_write(uintptr_t to, const void *from, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		part = within_page(to + done, n - done);
		if (!overwrite(to + done, part))
			return -EFAULT;
		memcpy((void *)(to + done), (const char *)from + done, part);
	}
	return 0;
}

long fj_guest_string(char *to, uintptr_t from, size_t size)
{
	size_t len = 0;

	while (len < size) {
		const size_t part = within_page(from + len, size - len);

		if (!is_readable(word_of(from + len)))
			return -EFAULT;
		for (size_t i = 0; i < part; i++, len++) {
			to[len] = ((const char *)from)[len];
			if (!to[len])
				return (long)len;
		}
	}
	return -ENAMETOOLONG;
}
