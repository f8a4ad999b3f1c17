/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.h - system calls in the text of a library, and how to make jumps of them. */
#ifndef FJ_DOOR_SITES_H
#define FJ_DOOR_SITES_H

#include "jail/jail.h"
#include "jail/texts.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_SITES_MAX 4096u /* of one text */

/* Find the syscall instructions in `code`. At most `max` are written to `site`; `targets` is room
 * to work in, of FJ_SITES_WORK(len) zeros. Returns how many. Pure. */
uint32_t fj_sites_find(
	const uint8_t *code, size_t len, struct fj_site *site, uint32_t max, uint8_t *targets);
#define FJ_SITES_WORK(len) ((len) / 8 + 1)

/* The same for those that a `mov $nr,%eax` leads straight to, with a number that is wanted, and for
 * those that are passed the number, behind one move; `with_moves`: or behind several, for which the
 * text is looked through once more. Much quicker, and not all. */
uint32_t fj_sites_find_numbers(const uint8_t *code, size_t len, bool (*is_wanted)(long nr),
	bool with_moves, struct fj_site *site, uint32_t max);
#define FJ_SITE_MOVED_MAX 32u

/* Write stubs for those of `site` that is_hot, and jumps to them into the text at `start`, whose
 * protection is PROT_READ | PROT_EXEC or (FJ_SITES_WRITABLE) PROT_READ | PROT_WRITE, and becomes
 * the former. Of a copy (copies.c) those are left out that it has. Returns whether there are jumps
 * now; or -errno: the text did not become executable. */
enum fj_sites_text { FJ_SITES_MAPPED, FJ_SITES_WRITABLE, FJ_SITES_COPIED };
long fj_sites_change(uint64_t start, uint64_t len, enum fj_sites_text is,
	const struct fj_site *site, uint32_t count);

/* Where a signal's handler is to see a thread that the signal found at `ip`: in a stub, it stands
 * at the jump that leads there when nothing of the stub was run, and at the system call when all of
 * it was but the call. `ip` anywhere else, and between two moved instructions. In a handler, with
 * the trap behind the doors. */
uint64_t fj_stub_program_ip(uint64_t ip);

/* A copy of a text that is being made: where it may be written to, and from where on there is room
 * for stubs. */
struct fj_copy {
	uint8_t *text, *at, *end;
	const uint8_t *door[3]; /* jumps into the engine, as soon as there are some */
};
/* Make a jump of one site. False: no room. */
bool fj_sites_copy(struct fj_copy *c, const struct fj_site *s);
/* How many bytes that takes; and once a copy, whatever its sites. */
size_t fj_sites_copied_size(const struct fj_site *s);
#define FJ_COPY_DOORS 39u

/* copies.c: a descriptor to read and write the jail's memory by, as long as the loader holds one;
 * else -1, and the text's copies are reached by one that is opened for them. */
extern int fj_copies_memory;
/* May this process make them and map them? They know one address of the door page. */
static inline bool fj_copies_are_for_us(void)
{
	return !fj_texts()->no_copies && fj_gate_address() == fj_jail->gate;
}
/* Make the copy of a text of the file `fd`. Whether it can be used. */
bool fj_copies_make(struct fj_sited_text *t, int fd);
/* The same in the file `file`, from offset `at` on. */
bool fj_copies_make_in(struct fj_sited_text *t, int fd, int file, uint64_t at);
/* Map the copy, which was made, for an mmap(2) with these arguments; -EAGAIN when it cannot be had. */
long fj_copies_map(const struct fj_sited_text *t, const uint64_t arg[6]);

/* mmap(2), its six arguments in `arg`, and its result. Of the text of a file those system calls
 * become jumps that the engine wants to see; what cannot be changed stays with the trap. is_first:
 * for a text that a process begins with: a static program, or the interpreter, which is all of libc
 * in musl. There more is looked for. */
long fj_sites_map(const uint64_t arg[6], bool is_first);

/* A call was trapped, and `ip` is behind its instruction. Where that happens often there will be a
 * jump in the processes that map this text from now on. */
void fj_sites_trapped(uint64_t ip);

#endif
