/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.c - one cheap question a page, asked of the kernel, before memory of the program is
 * touched.
 *
 * rt_sigprocmask(2) with an unknown `how` reads eight bytes and then fails with EINVAL, or fails
 * with EFAULT (kernel/signal.c); getcpu(2) writes four bytes, rt_sigpending(2) as many as it is
 * asked for, up to eight. Each is about 0.15 us, against 1.1 us for process_vm_readv(2), which
 * container policies refuse besides. */
#include "sys/guest.h"

#define WORD 8u /* sizeof(sigset_t) of the kernel */
#define NO_SUCH_HOW 99

static bool is_readable(uintptr_t at)
{
	return fj_sys4(__NR_rt_sigprocmask, NO_SUCH_HOW, at, 0, WORD) == -EINVAL;
}

/* The seccomp filter does not look at getcpu(2), and rt_sigpending(2) is dearer by half. */
static bool is_writable(uintptr_t at, size_t n)
{
	/* (At 0 it writes nothing, and is content.) */
	const long r = at && n >= sizeof(unsigned) ? fj_sys3(__NR_getcpu, at, 0, 0) : -ENOSYS;

	if (!r || r == -EFAULT)
		return !r;
	return !fj_sys2(__NR_rt_sigpending, at, n < WORD ? n : WORD);
}

/* Pages known to be readable, or writable: address, and in the low bits the generation it was found
 * in. */
#define KNOWN 64u
static uint64_t known_readable[KNOWN], known_writable[KNOWN];
static uint32_t generation;
static bool is_watched, is_unseen;

void fj_guest_watched(bool is_seen)
{
	is_unseen = is_unseen || !is_seen;
	is_watched = !is_unseen;
	fj_guest_forget();
}

void fj_guest_forget(void)
{
	__atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
}

/* What is remembered of the page of `at`, now. */
static uint64_t word_for(uintptr_t at)
{
	return (at & ~(uint64_t)(FJ_PAGE - 1)) |
	       (__atomic_load_n(&generation, __ATOMIC_SEQ_CST) & (FJ_PAGE - 1));
}

static bool is_known(const uint64_t *known, uintptr_t at, uint64_t word)
{
	return __atomic_load_n(&known[at / FJ_PAGE % KNOWN], __ATOMIC_RELAXED) == word &&
	       at >= FJ_PAGE;
}

static void remember(uint64_t *known, uintptr_t at, uint64_t word)
{
	if (is_watched && at >= FJ_PAGE)
		__atomic_store_n(&known[at / FJ_PAGE % KNOWN], word, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static bool ask_readable(uintptr_t at, uint64_t word)
{
	if (!is_readable(at & ~(uintptr_t)(WORD - 1)))
		return false;
	remember(known_readable, at, word);
	return true;
}

static inline bool is_page_readable(uintptr_t at)
{
	const uint64_t word = word_for(at);

	return __builtin_expect(is_known(known_readable, at, word), 1) || ask_readable(at, word);
}

/* May the `n` bytes at `at`, which lie in one page, be written to? The first of them are
 * overwritten, and none beyond: another thread may own those. */
static bool is_page_writable(uintptr_t at, size_t n)
{
	const uint64_t word = word_for(at);

	if (is_known(known_writable, at, word))
		return true;
	if (!is_writable(at, n))
		return false;
	remember(known_writable, at, word);
	return true;
}

/* The bytes from `at` to the end of its page, at most `n`. */
static size_t within_page(uintptr_t at, size_t n)
{
	const size_t rest = FJ_PAGE - (at & (FJ_PAGE - 1));

	return n < rest ? n : rest;
}

FJ_HOT bool fj_guest_is_writable(uintptr_t at, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		part = within_page(at + done, n - done);
		if (!is_page_writable(at + done, part))
			return false;
	}
	return true;
}

long fj_guest_read(void *to, uintptr_t from, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		part = within_page(from + done, n - done);
		if (!is_page_readable(from + done))
			return -EFAULT;
		memcpy((char *)to + done, (const void *)(from + done), part);
	}
	return 0;
}

FJ_HOT long fj_guest_write(uintptr_t to, const void *from, size_t n)
{
	for (size_t done = 0, part; done < n; done += part) {
		part = within_page(to + done, n - done);
		if (!is_page_writable(to + done, part))
			return -EFAULT;
		memcpy((void *)(to + done), (const char *)from + done, part);
	}
	return 0;
}

/* Not 0 when one of the eight bytes is zero; then the lowest bit is that of the first such byte.
 * (Warren, Hacker's Delight, 6-1.) */
static uint64_t zeros_of(uint64_t word)
{
	return (word - 0x0101010101010101UL) & ~word & 0x8080808080808080UL;
}

/* Reads whole words, beyond the NUL too, but not beyond the page: the hosted build must not mind.
 */
FJ_HOT __attribute__((no_sanitize("address"))) long fj_guest_string(
	char *to, uintptr_t from, size_t size)
{
	size_t len = 0;

	while (len < size) {
		const size_t end = len + within_page(from + len, size - len);

		if (!is_page_readable(from + len))
			return -EFAULT;
		for (uint64_t word; len + WORD <= end; len += WORD) {
			memcpy(&word, (const char *)from + len, WORD);
			/* Whole: a word that is read back right after its bytes were written waits
			 * for them. */
			memcpy(to + len, &word, WORD);
			if (zeros_of(word))
				return (long)(len + (size_t)__builtin_ctzll(zeros_of(word)) / 8);
		}
		for (; len < end; len++) {
			to[len] = ((const char *)from)[len];
			if (!to[len])
				return (long)len;
		}
	}
	return -ENAMETOOLONG;
}
