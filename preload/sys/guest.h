/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.h - reading and writing memory that the jailed program pointed us to.
 *
 * Its pointers may be bad, and then the call must fail with EFAULT as in the kernel. All are
 * async-signal-safe. Where faults are not caught a page that another thread unmaps in the very
 * moment may still crash the program. So it may where the kernel has just written to memory of the
 * program, which is looked at and changed where it lies, by the most frequent calls alone: stat(2)
 * and its kin (file/hook_stat.c), getdents64(2) (file/hook_dents.c). */
#ifndef FJ_GUEST_H
#define FJ_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copy `n` bytes at the program's address `from`. Returns 0 or -EFAULT. */
long fj_guest_read(void *to, uintptr_t from, size_t n);

/* Copy `n` bytes to the program's address `to`. Returns 0 or -EFAULT; as with the kernel's
 * copy_to_user(), a part may have been written then. */
long fj_guest_write(uintptr_t to, const void *from, size_t n);

/* Copy the string at `from`, with its NUL, into `to` of `size` bytes. Returns its length, -EFAULT,
 * or -ENAMETOOLONG when it does not fit, as getname() of fs/namei.c. */
long fj_guest_string(char *to, uintptr_t from, size_t size);

/* Are faults caught in all threads of this process, whatever is under way? */
void fj_guest_is_caught(bool everywhere);

/* Where they are not: strings are mostly passed from the same few pages, and results go to the same
 * few, so pages that were found readable or writable are remembered, in processes of which we see
 * what unmaps memory: fj_guest_watched(true) says that this is one, fj_guest_watched(false) that it
 * is none, whatever was or will be said, and fj_guest_forget() that memory was, or is being,
 * unmapped. What goes by unseen may cost the program a fault in place of EFAULT, for a pointer to
 * memory that it gave back. */
void fj_guest_watched(bool is_seen);
void fj_guest_forget(void);
/* While a thread that says so blocks these signals nothing that was remembered counts. */
void fj_guest_suspend(bool is_blocked);

/* Can the aligned word around `at` be read? Asked of the kernel, so also where no fault can be
 * caught: in a handler, say. */
bool fj_guest_is_readable(uintptr_t at);
/* Does a fault in one of the copies lead to fj_copy_fault (signal/faults.c), in the call that is
 * being performed? Then nothing need be asked before. */
bool fj_guest_catches_faults(void);
/* Is `ip` in one of them? */
bool fj_guest_is_copying(uint64_t ip);

/* A handler of SIGBUS and SIGSEGV that sees to faults in the copies, and goes on in
 * fj_fault_handler[0] or [1] for others. fj_fault_return is our restorer. For signal/faults.c. */
extern const char fj_fault_filter[];
extern uint64_t fj_fault_handler[2], fj_fault_return;

/* copy.S, for guest.c alone; what they return after a fault is -EFAULT. */
extern const char fj_copy_begin[], fj_copy_end[], fj_copy_fault[];
long fj_copy(void *to, const void *from, size_t n);
long fj_copy_text(char *to, const void *from, size_t n);

#endif
