/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.h - finds system calls in texts (room text) and makes jumps of them (room patch). Called by loader,
 * door and trap. */
#ifndef FJ_DOOR_SITES_H
#define FJ_DOOR_SITES_H

#include "jail/jail.h"
#include "jail/texts.h"
#include "sys/gate_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_SITES_MAX 4096u /* in one text */

/* Find the syscall instructions in `code`, at most `max`, and write them to `site`. `targets` is
 * FJ_SITES_WORK(len) bytes of zeros. Returns how many. Pure. */
uint32_t fj_sites_find(
	const uint8_t *code, size_t len, struct fj_site *site, uint32_t max, uint8_t *targets);
#define FJ_SITES_WORK(len) ((len) / 8 + 1)

/* As fj_sites_find(), but much faster and not complete. Finds calls after a `mov $nr,%eax` with a wanted number, and
 * calls in functions that get the number as an argument, after one move. `with_moves`: also after several
 * moves; the text is then read once more. */
uint32_t fj_sites_find_numbers(const uint8_t *code, size_t len, bool (*is_wanted)(long nr),
	bool with_moves, struct fj_site *site, uint32_t max);
#define FJ_SITE_MOVED_MAX 32u /* at most so many bytes are moved to the stub of one site */

/* Write stubs for the sites that are hot, and jumps to them into the text at `start`. Its protection is
 * PROT_READ | PROT_EXEC, or with FJ_SITES_WRITABLE PROT_READ | PROT_WRITE; afterwards it is the former.
 * FJ_SITES_COPIED: the text is a cached one, and sites that have jumps are left out. Returns whether there
 * are jumps now, or -errno: the text did not become executable. */
enum fj_sites_text { FJ_SITES_MAPPED, FJ_SITES_WRITABLE, FJ_SITES_COPIED };
long fj_sites_change(uint64_t start, uint64_t len, enum fj_sites_text is,
	const struct fj_site *site, uint32_t count);

/* A signal has found a thread at `ip`. Returns where its handler shall see the thread. If nothing of a stub
 * was executed, this is the jump to the stub; if all of it but the call was, the system call. Otherwise
 * `ip`: outside stubs, and between two moved instructions. Called in a handler, when there is a trap. */
uint64_t fj_stub_program_ip(uint64_t ip);

/* A cached text that is being made: where it can be written, and the room for stubs. */
struct fj_copy {
	uint8_t *text, *at, *end;
	const uint8_t *door[3]; /* jumps into the engine, when they are written */
};
/* Write the stub and the jump of one site. False: no room. */
bool fj_sites_copy(struct fj_copy *c, const struct fj_site *s);
/* The bytes that a stub takes; and FJ_COPY_DOORS, the bytes that each copy takes once. */
size_t fj_sites_copied_size(const struct fj_site *s);
#define FJ_COPY_DOORS 39u

/* copies.c: a descriptor of the jail's memory for reading and writing, while the loader holds one. -1: open
 * one when it is needed. */
extern int fj_copies_memory;
/* May this process make and map cached texts? They contain addresses on the gate page, where the entries of the doors
 * stand unless the page was moved there (launch/place_gate.c). */
static inline bool fj_copies_are_for_us(void)
{
	return !fj_texts()->no_copies && fj_gate_address() == fj_jail->gate &&
	       *fj_gate_entries(fj_gate_address());
}
/* Make the cached text of the file `fd` in the jail's memory. Returns whether it can be used. */
bool fj_copies_make(struct fj_sited_text *t, int fd);
/* As fj_copies_make(), in the file `file`, from offset `at` on. */
bool fj_copies_make_in(struct fj_sited_text *t, int fd, int file, uint64_t at);
/* Map the cached text, for an mmap(2) with these arguments. Returns the address, or -EAGAIN if that is not
 * possible. */
long fj_copies_map(const struct fj_sited_text *t, const uint64_t arg[6]);

/* mmap(2), with its six arguments in `arg`. In the text of a file, the system calls that the engine wants
 * become jumps; the trap handles those that cannot. `is_first`: the text is the first of its process, a
 * static program or the interpreter (in musl the whole libc). It is searched more thoroughly. Returns the
 * result of mmap(2). */
long fj_sites_map(const uint64_t arg[6], bool is_first);

/* A call was trapped; `ip` is the address after its instruction. If it is trapped often, it will be a jump
 * in processes that map the text later. */
void fj_sites_trapped(uint64_t ip);

#endif
