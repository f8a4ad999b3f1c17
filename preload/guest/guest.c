/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.c - accesses memory of the program. Two loops (copy.S) do it, and a fault by a bad pointer
 * in them is caught. Where it cannot be caught, a cheap system call for each page asks the kernel
 * first. Called by all hooks.
 *
 * rt_sigprocmask(2) with an unknown `how` reads eight bytes and then fails with EINVAL, or fails
 * with EFAULT (kernel/signal.c). getcpu(2) writes four bytes, rt_sigpending(2) as many as it is
 * asked for, up to eight. Each takes about 0.15 us. process_vm_readv(2) takes 1.1 us, and container
 * policies refuse it. */
#include "guest/guest.h"

#include "sys/hot.h"
#include "sys/page.h"
#include "sys/thread.h"
#include "syscall/sched.h"
#include "syscall/signal.h"

#include <linux/errno.h>

#define WORD 8u /* sizeof(sigset_t) of the kernel */
#define NO_SUCH_HOW 99

bool fj_guest_is_readable(uintptr_t at)
{
	return fj_sys_rt_sigprocmask(NO_SUCH_HOW, (void *)(at & ~(uintptr_t)(WORD - 1)), 0, WORD) ==
	       -EINVAL;
}

/* The seccomp filter does not look at getcpu(2), and rt_sigpending(2) costs half as much again. */
static bool is_writable(uintptr_t at, size_t n)
{
	/* With the address 0 getcpu(2) writes nothing, and succeeds. */
	const long r = at && n >= sizeof(unsigned) ? fj_sys_getcpu((void *)at, 0, 0) : -ENOSYS;

	if (!r || r == -EFAULT)
		return !r;
	return !fj_sys_rt_sigpending((void *)at, n < WORD ? n : WORD);
}

/* Pages known to be readable, or writable: the address, and in the low bits the generation in which
 * that was found out. */
#define KNOWN 48u
static uint64_t known_readable[KNOWN], known_writable[KNOWN];
static uint32_t generation;
static bool is_watched, is_unseen, is_caught;
bool fj_guest_is_suspended;

/* Several threads may set these at once. */
static inline bool is_of(const bool *what)
{
	return __atomic_load_n(what, __ATOMIC_RELAXED);
}

uint64_t fj_fault_handler[2], fj_fault_return;

void fj_guest_watched(bool is_seen)
{
	if (!is_seen)
		__atomic_store_n(&is_unseen, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&is_watched, !is_of(&is_unseen), __ATOMIC_SEQ_CST);
	/* Another thread may have called with false meanwhile: false must win. */
	if (is_of(&is_unseen))
		__atomic_store_n(&is_watched, false, __ATOMIC_SEQ_CST);
	fj_guest_forget();
}

void fj_guest_is_caught(bool everywhere)
{
	__atomic_store_n(&is_caught, everywhere, __ATOMIC_SEQ_CST);
}

void fj_guest_suspend(bool is_blocked)
{
	__atomic_store_n(&fj_guest_is_suspended, is_blocked, __ATOMIC_RELAXED);
}

void fj_guest_forget(void)
{
	__atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
}

/* The word that says in this generation that the page of `at` is known. */
static uint64_t word_for(uintptr_t at)
{
	return fj_page_down(at) | (__atomic_load_n(&generation, __ATOMIC_SEQ_CST) & (FJ_PAGE - 1));
}

static bool is_page_known(const uint64_t *known, uintptr_t at, uint64_t word)
{
	return __atomic_load_n(&known[at / FJ_PAGE % KNOWN], __ATOMIC_RELAXED) == word &&
	       at >= FJ_PAGE && !is_of(&fj_guest_is_suspended);
}

static void remember_page(uint64_t *known, uintptr_t at, uint64_t word)
{
	if (is_of(&is_watched) && at >= FJ_PAGE)
		__atomic_store_n(&known[at / FJ_PAGE % KNOWN], word, __ATOMIC_RELAXED);
}

/* Does `at` lie in a page that the direct door has written to for the present call (sys/thread.h)?
 * posix_spawn(3) blocks all signals, and has its structures there. */
static bool is_beside_record(uintptr_t at)
{
	const struct fj_thread *t = fj_thread_holding((uintptr_t)__builtin_frame_address(0));
	const uintptr_t page = fj_page_down(at);

	return t && t->lent_sp &&
	       (page == fj_page_down(t->lent_sp) ||
		       page == fj_page_down(t->lent_sp + FJ_THREAD_RECORD - 1));
}

__attribute__((noinline)) static bool ask_readable(uintptr_t at, uint64_t word)
{
	if (is_beside_record(at))
		return true;
	if (!fj_guest_is_readable(at))
		return false;
	remember_page(known_readable, at, word);
	return true;
}

/* May the `n` bytes at `at`, which lie in one page, be written? The first of them are overwritten,
 * and none beyond them, which another thread may own. */
__attribute__((noinline)) static bool ask_writable(uintptr_t at, size_t n, uint64_t word)
{
	if (is_beside_record(at))
		return true;
	if (!is_writable(at, n))
		return false;
	remember_page(known_writable, at, word);
	return true;
}

/* How many bytes there are from `at` to the end of its page, at most `n`. */
static size_t within_page(uintptr_t at, size_t n)
{
	const size_t rest = FJ_PAGE - (at & (FJ_PAGE - 1));

	return n < rest ? n : rest;
}

/* If faults are not caught everywhere, the thread area in which the engine runs says so. In tests
 * the engine may run in none. */
bool fj_guest_catches_faults(void)
{
	const struct fj_thread *t;

	if (is_of(&is_caught))
		return true;
	t = fj_thread_holding((uintptr_t)__builtin_frame_address(0));
	return t && t->catches_faults;
}

bool fj_guest_is_copying(uint64_t ip)
{
	return ip - (uint64_t)fj_copy_begin < (uint64_t)(fj_copy_end - fj_copy_begin);
}

/* A fault: a page that was remembered may have been unmapped unseen. */
static long after_copy(long r)
{
	if (__builtin_expect(r < 0, 0))
		fj_guest_forget();
	return r;
}

static inline bool may_read(uintptr_t at)
{
	const uint64_t word = word_for(at);

	return is_of(&is_caught) || is_page_known(known_readable, at, word) ||
	       fj_guest_catches_faults() || ask_readable(at, word);
}

static inline bool may_write(uintptr_t at, size_t n)
{
	const uint64_t word = word_for(at);

	return is_of(&is_caught) || is_page_known(known_writable, at, word) ||
	       fj_guest_catches_faults() || ask_writable(at, n, word);
}

__attribute__((noinline)) static long read_by_pages(void *to, uintptr_t from, size_t n)
{
	long r = 0;

	for (size_t done = 0, part; done < n && !r; done += part) {
		part = within_page(from + done, n - done);
		if (!may_read(from + done))
			return -EFAULT;
		r = after_copy(fj_copy((char *)to + done, (const void *)(from + done), part));
	}
	return r;
}

FJ_HOT long fj_guest_read(void *to, uintptr_t from, size_t n)
{
	return __builtin_expect(is_of(&is_caught), 1) ?
		       after_copy(fj_copy(to, (const void *)from, n)) :
		       read_by_pages(to, from, n);
}

__attribute__((noinline)) static long write_by_pages(uintptr_t to, const void *from, size_t n)
{
	long r = 0;

	for (size_t done = 0, part; done < n && !r; done += part) {
		part = within_page(to + done, n - done);
		if (!may_write(to + done, part))
			return -EFAULT;
		r = after_copy(fj_copy((void *)(to + done), (const char *)from + done, part));
	}
	return r;
}

FJ_HOT long fj_guest_write(uintptr_t to, const void *from, size_t n)
{
	return __builtin_expect(is_of(&is_caught), 1) ? after_copy(fj_copy((void *)to, from, n)) :
							write_by_pages(to, from, n);
}

__attribute__((noinline)) static long string_by_pages(
	char *to, uintptr_t from, size_t size, size_t len)
{
	for (size_t part; len < size; len += part) {
		long r;

		part = within_page(from + len, size - len);
		if (!may_read(from + len))
			return -EFAULT;
		r = after_copy(fj_copy_text(to + len, (const void *)(from + len), part));
		if (r < 0)
			return r;
		if ((size_t)r < part)
			return (long)len + r;
	}
	return -ENAMETOOLONG;
}

FJ_HOT long fj_guest_string(char *to, uintptr_t from, size_t size)
{
	/* Reads not beyond a page: the one behind the string may be missing. */
	const size_t part = within_page(from, size);
	long r;

	if (__builtin_expect(!is_of(&is_caught), 0))
		return string_by_pages(to, from, size, 0);
	r = fj_copy_text(to, (const void *)from, part);
	if (__builtin_expect((size_t)r < part, 1))
		return r;
	return r < 0 ? after_copy(r) : string_by_pages(to, from, size, part);
}
