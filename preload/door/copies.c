/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copies.c - the text of a file with its jumps, kept in the jail's memory file for all processes.
 *
 * Changing a text in each process that maps it costs a page fault and a private copy for each page
 * with a jump, a mapping for the stubs, and two changes of protection. So a text that is mapped
 * often is copied once, and from then on the copy is mapped in the file's place: one call, as
 * outside. Its stubs lie where the last page has room behind the text, at the same distance
 * everywhere, and find the engine by the door page, which has one address in a jail.
 *
 * Not all texts can have one: where that room does not hold at least what is frequent, or the file
 * has nothing mapped before its text (procfs_maps.c tells the two parts for one file), it is
 * changed in each process as before. */
#include "door/page.h"
#include "door/sites.h"

#include <linux/elf.h>
#include <linux/mman.h>

#define COPIED_MAX (8UL << 20) /* of one text */

static uint64_t page_down(uint64_t at)
{
	return at & ~(uint64_t)(FJ_PAGE - 1);
}
static uint64_t page_up(uint64_t at)
{
	return page_down(at + FJ_PAGE - 1);
}

/* Where this text ends in its last page, as an offset from where it begins: 0 when it is not a
 * segment whose pages are its own. `head` is the file's first page. */
static uint64_t end_of_text(const uint8_t *head, const struct fj_sited_text *t)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)head;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(head + eh->e_phoff), *text = NULL;

	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 || eh->e_phentsize != sizeof(*ph) ||
		eh->e_phoff % 8 || eh->e_phoff > FJ_PAGE ||
		eh->e_phnum > (FJ_PAGE - eh->e_phoff) / sizeof(*ph))
		return 0;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_flags == (PF_R | PF_X) &&
			page_down(ph[i].p_offset) == t->offset && ph[i].p_filesz == ph[i].p_memsz &&
			ph[i].p_filesz < COPIED_MAX)
			text = &ph[i];
	if (!text || page_up(text->p_offset - t->offset + text->p_filesz) != page_up(t->len))
		return 0;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && &ph[i] != text &&
			page_down(ph[i].p_vaddr) < page_up(text->p_vaddr + text->p_memsz) &&
			page_down(text->p_vaddr) < page_up(ph[i].p_vaddr + ph[i].p_memsz))
			return 0;
	return text->p_offset - t->offset + text->p_filesz;
}

/* Choose what fits, and make jumps of it. Whether all that is hot does. */
static bool put_jumps(uint8_t *text, uint64_t end, uint64_t len, struct fj_sited_text *t)
{
	struct fj_site *site = &fj_jail->site[t->first];
	struct fj_copy c = {.text = text, .at = text + end, .end = text + len};

	for (uint32_t i = 0; i < t->count; i++)
		site[i].is_copied = 0;
	t->copied_hot = 0;
	for (int hot = 1; hot >= 0; hot--)
		for (uint32_t i = 0; i < t->count; i++) {
			if (__atomic_load_n(&site[i].is_hot, __ATOMIC_RELAXED) != hot ||
				site[i].is_copied)
				continue;
			site[i].is_copied = fj_sites_copy(&c, &site[i]);
			if (hot && !site[i].is_copied)
				return false;
			t->copied_hot += (uint32_t)hot;
		}
	return true;
}

static uint64_t take_room(uint64_t len)
{
	const uint64_t at = __atomic_fetch_add(&fj_jail->copies_used, len, __ATOMIC_RELAXED);

	return at < fj_jail->copies_size && fj_jail->copies_size - at >= len ?
		       fj_jail->copies_at + at :
		       0;
}

/* Read into a mapping: a limit of file sizes is for write(2). */
static bool copy(struct fj_sited_text *t, int fd, uint64_t end)
{
	const uint64_t len = page_up(t->len), room = take_room(len);
	bool is_done;
	long at;

	if (!room)
		return false;
	at = fj_sys6(__NR_mmap, 0, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		FJ_FD_JAIL(fj_jail), room);
	if (fj_is_err(at))
		return false;
	is_done = fj_sys4(__NR_pread64, fd, at, t->len, t->offset) == (long)t->len &&
		  put_jumps((uint8_t *)at, end, len, t);
	fj_sys2(__NR_munmap, at, len);
	t->copy_at = room;
	return is_done;
}

bool fj_copies_make(struct fj_sited_text *t, int fd)
{
	uint64_t end;
	long head;

	if (!t->offset || t->len > COPIED_MAX)
		return false;
	head = fj_sys6(__NR_mmap, 0, FJ_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fj_is_err(head))
		return false;
	end = end_of_text((const uint8_t *)head, t);
	fj_sys2(__NR_munmap, head, FJ_PAGE);
	return end && end < page_up(t->len) && copy(t, fd, end);
}

long fj_copies_map(const struct fj_sited_text *t, const uint64_t arg[6])
{
	long at;

	if (__atomic_load_n(&t->copy_state, __ATOMIC_ACQUIRE) != FJ_COPY_READY ||
		fj_jail->no_copies || !(arg[3] & MAP_FIXED) || page_up(arg[1]) != page_up(t->len))
		return -EAGAIN;
	at = fj_sys6(__NR_mmap, arg[0], arg[1], arg[2], arg[3], FJ_FD_JAIL(fj_jail), t->copy_at);
	if (at == -EACCES || at == -EPERM)
		fj_jail->no_copies = 1;
	return fj_is_err(at) ? -EAGAIN : at;
}
