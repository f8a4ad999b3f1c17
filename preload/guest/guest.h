/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.h - reads and writes memory at pointers that the jailed program passed. For all hooks.
 *
 * A pointer may be bad: then the call must fail with EFAULT, as in the kernel. All functions are async-signal-safe.
 * Where faults are not caught, a page that another thread unmaps at that very moment may still crash the program.
 *
 * While a process has one thread, the most frequent calls read and change in place what the kernel has just written
 * to memory of the program: stat(2) and the like (file/hook_stat.c) and getdents64(2) (file/hook_dents.c). When another
 * thread has entered the engine, or its stack was mapped as libc does it, they use a copy. */
#ifndef FJ_GUEST_H
#define FJ_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies `n` bytes from the program's address `from`. Returns 0 or -EFAULT. */
long fj_guest_read(void *to, uintptr_t from, size_t n);

/* Copies a structure of `given` bytes, which is `size` bytes long here: what is missing is 0. Returns 0,
 * -EFAULT, or -E2BIG if bytes that are not known here are not 0, as copy_struct_from_user() of
 * linux/uaccess.h. The caller says which sizes are allowed. */
long fj_guest_read_structure(void *to, size_t size, uintptr_t from, size_t given);

/* Copies `n` bytes to the program's address `to`. Returns 0, or -EFAULT, when a part may have been
 * written, as by the kernel's copy_to_user(). */
long fj_guest_write(uintptr_t to, const void *from, size_t n);

/* Copies the string at `from`, with its NUL, into `to` of `size` bytes. Returns its length,
 * -EFAULT, or -ENAMETOOLONG when it does not fit, as getname() of fs/namei.c. */
long fj_guest_string(char *to, uintptr_t from, size_t size);

/* Says whether faults are caught in all threads of this process, at any time. */
void fj_guest_is_caught(bool everywhere);

/* For processes where faults are not caught: strings mostly come from the same few pages, and
 * results go to the same few. So pages that were found readable or writable are remembered, in
 * processes in which the engine sees all calls that unmap memory. fj_guest_watched(true) says that
 * this is such a process. fj_guest_watched(false) says that it is none, for good. fj_guest_forget()
 * says that memory was, or is being, unmapped. If the engine misses a call, a pointer to memory
 * that the program has unmapped may cause a fault instead of EFAULT. */
void fj_guest_watched(bool is_seen);
void fj_guest_forget(void);
/* Says whether a thread has SIGSEGV or SIGBUS blocked now. While it has, nothing that was remembered is
 * used: the kernel kills a process for a fault whose signal is blocked. */
void fj_guest_suspend(bool is_blocked);
extern bool fj_guest_is_suspended; /* door/entry.S reads it */

/* Can the aligned word around `at` be read? The kernel is asked, so this works also where no fault
 * can be caught, as in a handler. */
bool fj_guest_is_readable(uintptr_t at);
/* Does a fault in one of the copies lead to fj_copy_fault (signal/faults.c), during the present
 * call? Then the kernel need not be asked before. */
bool fj_guest_catches_faults(void);
/* Is `ip` in one of the copies? */
bool fj_guest_is_copying(uint64_t ip);

/* A handler of SIGBUS and SIGSEGV that handles faults in the copies. For other faults it goes on in
 * fj_fault_handler[0] or [1]. fj_fault_return is our restorer. For signal/faults.c. */
extern const char fj_fault_filter[];
extern uint64_t fj_fault_handler[2], fj_fault_return;

/* copy.S, only for guest.c. After a fault both functions return -EFAULT. */
extern const char fj_copy_begin[], fj_copy_end[], fj_copy_fault[];
long fj_copy(void *to, const void *from, size_t n);
long fj_copy_text(char *to, const void *from, size_t n);

#endif
