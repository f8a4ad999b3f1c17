/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * arch.h - what the engine needs to know of the processor and of the kernel's part for it. For all
 * rooms.
 *
 * Each processor has a folder of its own, as sys/arch/x86_64, and the rooms guest, mount, trap and
 * loader have one of that name for their few instructions. The rooms text, door and patch change
 * instructions, and are only for x86_64: a port begins without them, with --no-patch. No other file
 * names a register, an instruction or a number of one processor: tests/lint/arch.sh. Two parts have
 * headers of their own: sys/page.h, sys/frame.h. */
#ifndef FJ_ARCH_H
#define FJ_ARCH_H

#if defined(__x86_64__)
#include "sys/arch/x86_64/machine.h"
#else
#error "fakejail runs on x86_64 only, so far: sys/arch wants a folder for this processor"
#endif

#endif
