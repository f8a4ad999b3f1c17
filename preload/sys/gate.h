/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate.h - the addresses that the gate page may have.
 *
 * The filter of a jail is made once, for all its processes, and knows two addresses:
 * `fj_jail->gate`, and the one that lies FJ_GATE_APART from it, for processes whose program is
 * linked to lie at the first (exec/program_parts.c chooses). Includes no other header, since
 * libfakejail.so includes it, too. */
#ifndef FJ_GATE_H
#define FJ_GATE_H

/* The loader takes the first address that is free at the jail's start. They lie above the usual
 * vm.mmap_min_addr (65536), and where neither programs nor debuggers put things. */
#define FJ_GATE_CANDIDATES                                                                         \
	{                                                                                          \
		0x50000, 0x110000, 0x1f0000, 0x30000000, 0x7000000000                              \
	}
/* Only the high words of the two addresses differ, so the filter compares the low word once. The
 * other address lies below the area where the kernel puts programs that may lie anywhere. The
 * tables of compilers' sanitizers fill most of what is between; there they leave it to the
 * program. */
#define FJ_GATE_APART 0x555000000000UL

/* The gate page, and behind it one that the kernel clears in a forked child (sys/memory.c): they are mapped by
 * one call. In a jail that uses libfakejail.so the door page follows (door/page.h). */
#define FJ_GATE_PAGES 2u
#define FJ_GATE_PAGES_MAX 3u

/* A word in the second of these pages, counted from the gate page. A tracer inside the jail stores its
 * process id there when it begins to look at the calls of the process (exec/tracees.c). Then the
 * process makes its calls where the tracer can see and change them. The next word counts these calls
 * (door/door.c). */
#define FJ_GATE_SHOWN_AT (FJ_PAGE + 128)

#endif
