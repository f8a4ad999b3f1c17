/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_signal.h - what the trap asks of the virtual SIGSYS. */
#ifndef FJ_HOOK_SIGNAL_H
#define FJ_HOOK_SIGNAL_H

#include <stdint.h>

struct fj_sigaction { /* struct kernel_sigaction, arch/x86/include/uapi/asm/signal.h */
	uint64_t handler, flags, restorer, mask;
};

/* The program's own disposition of SIGSYS. */
const struct fj_sigaction *fj_own_sigsys(void);

#endif
