/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abi_signal.h - numbers of the kernel about signals and processes, which several files need. See abi.h. */
#ifndef FJ_ABI_SIGNAL_H
#define FJ_ABI_SIGNAL_H

#define FJ_SIG_BLOCK 0 /* asm-generic/signal-defs.h */
#define FJ_SIG_UNBLOCK 1
#define FJ_SIG_SETMASK 2

#define FJ_SIGTRAP 5 /* asm/signal.h, as the following ones */
#define FJ_SIGCONT 18
#define FJ_SIGSTOP 19 /* the stop signals are 19 to 22 */
#define FJ_SIGTTOU 22
#define FJ_SIGSYS 31
#define FJ_SIGSYS_BIT (1UL << 30)
#define FJ_SIGNALS 64	  /* _NSIG */
#define FJ_SIGSET_SIZE 8u /* sizeof(sigset_t) of the kernel */
#define FJ_SA_SIGINFO 0x4u
#define FJ_SA_RESTART 0x10000000u
#define FJ_SA_RESETHAND 0x80000000u

#define FJ_SOL_SOCKET 1 /* asm-generic/socket.h */

#endif
