/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * door.h - the direct door: into the engine by a jump, without a signal.
 *
 * Two kinds of callers come through it: the wrappers of libfakejail.so, which find it on the page
 * behind the gate page, and the places of libc and ld.so that were changed in memory from a system
 * call to a jump (patch/sites.c). */
#ifndef FJ_DOOR_H
#define FJ_DOOR_H

#include <stdbool.h>
#include <stdint.h>

/* Note in the jail which calls are wanted: once, when it is known whether there is a trap. */
void fj_door_choose(void);
/* At process start. `has_fsgsbase`: user mode may read the fs base (AT_HWCAP2). With the wrappers
 * in use, writes the door page, which is there behind the gate page. */
void fj_door_start(bool has_fsgsbase);

/* Where the page has an entry's address: of fj_door_site, fj_door_maybe, fj_door_maybe_here. */
uint64_t fj_door_address(int which);

/* What the page's own_preload points to. */
extern char *fj_door_own_preload;

/* mmap(2), as fj_sites_map() makes it (text/sites.h). Set before fj_door_start(), since what changes
 * texts lies to the right. */
extern long (*fj_door_map)(const uint64_t arg[6], bool is_first);

/* Has the engine anything to do with call `nr` that comes this way? */
bool fj_door_wants(long nr);
/* Is it one that the engine may want from some moment on? (Without the trap: writes, which nobody
 * looks at in most processes.) Its jumps ask fj_door_bits. */
bool fj_door_may_want(long nr);

#endif
