/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ptrace.h - the calls of <sys/ptrace.h>, and the one that reads the memory of a traced process.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_PTRACE_H
#define FJ_SYSCALL_PTRACE_H

#include <stddef.h>

struct iovec;

long fj_sys_ptrace(long request, long pid, unsigned long address, void *data);
long fj_sys_process_vm_readv(int pid, const struct iovec *to, size_t to_count,
	const struct iovec *from, size_t from_count, unsigned long flags);

#endif
