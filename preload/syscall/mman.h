/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mman.h - the calls of <sys/mman.h>, and brk(2): this process's memory.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_MMAN_H
#define FJ_SYSCALL_MMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result that is an address may be an error: the values -4095..-1 are, as in the kernel's IS_ERR_VALUE. */
static inline bool fj_is_err(long r)
{
	return (unsigned long)r >= (unsigned long)-4095L;
}
long fj_sys_mmap(void *at, size_t size, unsigned long protection, unsigned long flags, int fd,
	uint64_t offset);
long fj_sys_munmap(void *at, size_t size);
long fj_sys_mprotect(void *at, size_t size, unsigned long protection);
long fj_sys_mremap(void *at, size_t size, size_t new_size, unsigned long flags, void *new_at);
long fj_sys_madvise(void *at, size_t size, int advice);
long fj_sys_memfd_create(const char *name, unsigned flags);
long fj_sys_brk(void *at);

#endif
