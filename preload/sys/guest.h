/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * guest.h - reading and writing memory that the jailed program pointed us to.
 *
 * Its pointers may be bad, and then the call must fail with EFAULT as in the kernel. All are
 * async-signal-safe. A page that another thread unmaps in the very moment may still crash the
 * program. */
#ifndef FJ_GUEST_H
#define FJ_GUEST_H

#include "sys/sys.h"

/* Copy `n` bytes at the program's address `from`. Returns 0 or -EFAULT. */
long fj_guest_read(void *to, uintptr_t from, size_t n);

/* May `n` bytes at the program's address `at` be written to? The first of each page are overwritten
 * by asking. */
bool fj_guest_is_writable(uintptr_t at, size_t n);

/* Copy `n` bytes to the program's address `to`. Returns 0 or -EFAULT; as with the kernel's
 * copy_to_user(), a part may have been written then. */
long fj_guest_write(uintptr_t to, const void *from, size_t n);

/* Copy the string at `from`, with its NUL, into `to` of `size` bytes. Returns its length, -EFAULT,
 * or -ENAMETOOLONG when it does not fit, as getname() of fs/namei.c. */
long fj_guest_string(char *to, uintptr_t from, size_t size);

/* Strings are mostly passed from the same few pages, and results go to the same few, so pages that
 * were found readable or writable are remembered, in processes of which we see what unmaps memory:
 * fj_guest_watched(true) says that this is one, fj_guest_watched(false) that it is none, whatever
 * was or will be said, and fj_guest_forget() that memory was, or is being, unmapped. What goes by
 * unseen costs the program a fault in place of EFAULT, for a pointer to memory that it gave back.
 */
void fj_guest_watched(bool is_seen);
void fj_guest_forget(void);

#endif
