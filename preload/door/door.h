/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * door.h - the direct door: a call enters the engine by a jump, without a signal.
 *
 * Two kinds of code use it. The wrappers of libfakejail.so find its address on the door page, which lies
 * behind the gate page (door/page.h). In libc and ld.so, patch/sites.c replaces syscall instructions with jumps to
 * it. The functions below are called by the rooms patch, launch and loader. */
#ifndef FJ_DOOR_H
#define FJ_DOOR_H

#include <stdbool.h>
#include <stdint.h>

/* Store in the jail's memory which calls the engine wants to see. Called once per jail, after it is known
 * whether the trap exists. */
void fj_door_choose(void);
/* Called when a process starts. `has_fsgsbase`: user mode may read the fs base (AT_HWCAP2, getauxval(3)).
 * When the jail uses wrappers, this also makes the door page. */
void fj_door_start(bool has_fsgsbase);

/* The address of a word of the gate page that holds an entry point, to which the stubs of cached texts jump
 * (patch/copies.c). `which`: 0 fj_door_site, 1 fj_door_maybe, 2 fj_door_maybe_here. */
uint64_t fj_door_address(int which);
/* Writes these words on the gate page at `gate`, which may be written to. */
void fj_door_put_entries(uint64_t gate);

/* The value that own_preload of the door page points to (door/page.h). */
extern char *fj_door_own_preload;

/* Makes mmap(2) and changes the text that it maps: fj_sites_map() of text/sites.h. The room patch is to the
 * right of this one, so it is called by a pointer. Set it before fj_door_start(). */
extern long (*fj_door_map)(const uint64_t arg[6], bool is_first);

/* Does the engine want to see call `nr` when it comes by this door? */
bool fj_door_wants(long nr);
/* Can the engine begin to want call `nr` later? Without the trap this is true of calls that write: most
 * processes never need them watched. The jumps of such calls test fj_door_bits each time. */
bool fj_door_may_want(long nr);

#endif
