/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_guard.h - the program's own view of seccomp and no_new_privs, carried through exec. */
#ifndef FJ_HOOK_GUARD_H
#define FJ_HOOK_GUARD_H

#include <stdint.h>

void fj_guard_save(uint32_t *no_new_privs, uint32_t *seccomp_mode);
void fj_guard_start(uint32_t no_new_privs, uint32_t seccomp_mode);

#endif
