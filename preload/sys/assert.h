/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * assert.h - what is done when something happens that cannot happen. For all rooms. */
#ifndef FJ_ASSERT_H
#define FJ_ASSERT_H

/* For what cannot happen: prints the place, then kills the process. Continuing would be an
 * escape. */
#define fj_assert(claim)                                                                           \
	do {                                                                                       \
		if (!(claim))                                                                      \
			fj_die(__FILE__, __LINE__, #claim);                                        \
	} while (0)
_Noreturn void fj_die(const char *file, int line, const char *claim);

#endif
