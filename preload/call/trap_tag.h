/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trap_tag.h - how the trap knows its own signals. For the files that make filters, trap/sigsys.c and
 * exec/tracees.c. */
#ifndef FJ_TRAP_TAG_H
#define FJ_TRAP_TAG_H

/* Goes in the low 16 bits of SECCOMP_RET_TRAP and arrives as si_errno. It tells our traps from
 * those of another policy, or of a filter of the program's own. */
#define FJ_TRAP_TAG 0x464a
#define FJ_STRICT_TAG                                                                              \
	0x464b /* the program is in strict mode, and is to be killed: hook_guard.c                 \
		*/

#endif
