/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * map.c - an ELF file in memory, as load_elf_binary() of fs/binfmt_elf.c does it.
 *
 * The file may be hostile: sizes are checked before they are added. */
#include "loader/loader.h"

#include "door/sites.h"

#include <linux/mman.h>

#define ADDRESS_END 0x7ffffffff000UL /* TASK_SIZE_MAX, x86_64 with four-level tables */

static uint64_t page_down(uint64_t at)
{
	return at & ~(uint64_t)(FJ_PAGE - 1);
}
static uint64_t page_up(uint64_t at)
{
	return page_down(at + FJ_PAGE - 1);
}

static int protection(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

/* The span that all segments take; -ENOEXEC when there is none or it makes no sense. */
static long measure(const Elf64_Phdr *ph, int n, uint64_t *low, uint64_t *high, uint64_t *align)
{
	*low = ~0UL;
	*high = 0;
	*align = FJ_PAGE;
	for (int i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_memsz < ph[i].p_filesz || ph[i].p_vaddr >= ADDRESS_END ||
			ph[i].p_memsz > ADDRESS_END - ph[i].p_vaddr ||
			((ph[i].p_vaddr ^ ph[i].p_offset) & (FJ_PAGE - 1)))
			return -ENOEXEC;
		if (page_down(ph[i].p_vaddr) < *low)
			*low = page_down(ph[i].p_vaddr);
		if (page_up(ph[i].p_vaddr + ph[i].p_memsz) > *high)
			*high = page_up(ph[i].p_vaddr + ph[i].p_memsz);
		if (ph[i].p_align > *align && !(ph[i].p_align & (ph[i].p_align - 1)) &&
			ph[i].p_align <= (1UL << 30))
			*align = ph[i].p_align;
	}
	return *high ? 0 : -ENOEXEC;
}

/* Is the first segment's mapping, made as long as all of them take, covered by the others wherever
 * it is not wanted? Then nothing need be reserved before. */
static bool covers_span(const Elf64_Phdr *ph, int n, uint64_t low, uint64_t high)
{
	uint64_t end = 0;

	for (int i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (!end && (page_down(ph[i].p_vaddr) != low || ph[i].p_filesz != ph[i].p_memsz ||
				    ph[i].p_flags != PF_R))
			return false;
		if (end && page_down(ph[i].p_vaddr) != end)
			return false;
		end = page_up(ph[i].p_vaddr + ph[i].p_memsz);
	}
	return end == high;
}

/* Reserve the span: at its own addresses, or anywhere at a multiple of `align`. With the file `fd`
 * from `offset` on, to be read; -1: with nothing, and inaccessible. */
static long reserve(bool fixed, uint64_t hint, uint64_t low, uint64_t size, uint64_t align, int fd,
	uint64_t offset)
{
	const int flags = MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS | MAP_NORESERVE : 0);
	const int prot = fd < 0 ? PROT_NONE : PROT_READ;
	const uint64_t slack = align > FJ_PAGE ? align : 0;
	long at;
	uint64_t start;

	if (fixed) {
		at = fj_sys6(__NR_mmap, low, size, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);
		/* Before 4.17 the flag is unknown, and the address a hint. */
		if (!fj_is_err(at) && (uint64_t)at != low) {
			fj_sys2(__NR_munmap, at, size);
			return -ENOMEM;
		}
		return at;
	}
	at = fj_sys6(__NR_mmap, hint, size + slack, prot, flags, fd, offset);
	if (fj_is_err(at) || !slack)
		return at;
	start = ((uint64_t)at + align - 1) & ~(align - 1);
	if (start > (uint64_t)at)
		fj_sys2(__NR_munmap, at, start - (uint64_t)at);
	if (start + size < (uint64_t)at + size + slack)
		fj_sys2(__NR_munmap, start + size, (uint64_t)at + slack - start);
	return (long)start;
}

static long map_segment(int fd, uint64_t base, const Elf64_Phdr *ph, enum fj_patch patch)
{
	const uint64_t start = page_down(base + ph->p_vaddr);
	const uint64_t file_end = base + ph->p_vaddr + ph->p_filesz;
	const uint64_t end = page_up(base + ph->p_vaddr + ph->p_memsz);
	const int prot = protection(ph->p_flags);
	uint64_t from = start;
	long r;

	if (ph->p_filesz) {
		const uint64_t arg[] = {start, file_end - start, (uint64_t)prot,
			MAP_PRIVATE | MAP_FIXED, (uint64_t)fd, page_down(ph->p_offset)};

		r = patch ? fj_sites_map(arg, patch == FJ_PATCH_PROGRAM) :
			    fj_sys6(__NR_mmap, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
		if (fj_is_err(r))
			return r;
		from = page_up(file_end);
		/* The rest of the file's last page belongs to .bss. */
		if (ph->p_memsz > ph->p_filesz && (ph->p_flags & PF_W))
			memset((void *)file_end, 0, from - file_end);
	}
	if (end > from) {
		r = fj_sys6(__NR_mmap, from, end - from, prot,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (fj_is_err(r))
			return r;
	}
	return 0;
}

static void note_segment(struct fj_mapped *m, const Elf64_Ehdr *eh, const Elf64_Phdr *ph)
{
	const uint64_t start = m->base + ph->p_vaddr, end = start + ph->p_filesz;

	if (eh->e_phoff >= ph->p_offset && eh->e_phoff - ph->p_offset < ph->p_filesz)
		m->phdr = start + (eh->e_phoff - ph->p_offset);
	if (ph->p_flags & PF_X) {
		if (!m->code_start || start < m->code_start)
			m->code_start = start;
		if (end > m->code_end)
			m->code_end = end;
	}
	if (start > m->data_start)
		m->data_start = start;
	if (end > m->data_end)
		m->data_end = end;
}

/* Read the header, and the program headers into `head` of HEADS bytes: they mostly lie behind it.
 * Returns 0 or -errno. */
#define HEADS (sizeof(Elf64_Ehdr) + FJ_PHDRS_MAX * sizeof(Elf64_Phdr))
#define USUAL_HEADS 1024 /* 17 program headers; ld(1) makes about 13 */
static long read_heads(int fd, char *head, Elf64_Ehdr *eh, const Elf64_Phdr **ph)
{
	const long n = fj_sys4(__NR_pread64, fd, head, USUAL_HEADS, 0);
	size_t size;
	long r;

	if (n < 0)
		return n;
	memcpy(eh, head, sizeof(*eh));
	r = fj_elf_check(eh, (size_t)n);
	if (r < 0)
		return r;
	size = eh->e_phnum * sizeof(**ph);
	if (!(eh->e_phoff % 8) && eh->e_phoff <= (size_t)n && size <= (size_t)n - eh->e_phoff) {
		*ph = (const Elf64_Phdr *)(head + eh->e_phoff);
		return 0;
	}
	*ph = (const Elf64_Phdr *)head;
	return fj_sys4(__NR_pread64, fd, head, size, eh->e_phoff) == (long)size ? 0 : -ENOEXEC;
}

static long map_elf(char *head, int fd, uint64_t before, enum fj_patch patch, struct fj_mapped *m)
{
	const Elf64_Phdr *ph;
	bool is_first_mapped;
	int first;
	Elf64_Ehdr eh;
	uint64_t low, high, align;
	long r = read_heads(fd, head, &eh, &ph);

	*m = (struct fj_mapped){0};
	if (r < 0)
		return r;
	r = measure(ph, eh.e_phnum, &low, &high, &align);
	if (r < 0)
		return r;
	/* A program that may lie anywhere goes right below the heap, where the kernel would have
	 * put it: the heap follows it. */
	if (before)
		before = page_down(before - (high - low) - align);
	is_first_mapped = covers_span(ph, eh.e_phnum, low, high) &&
			  (eh.e_type == ET_EXEC || align == FJ_PAGE);
	for (first = 0; is_first_mapped && (ph[first].p_type != PT_LOAD || !ph[first].p_memsz);)
		first++;
	r = reserve(eh.e_type == ET_EXEC, before, low, high - low, align, is_first_mapped ? fd : -1,
		is_first_mapped ? page_down(ph[first].p_offset) : 0);
	if (fj_is_err(r))
		return r;
	m->base = (uint64_t)r - low;
	m->entry = m->base + eh.e_entry;
	m->phnum = eh.e_phnum;
	for (int i = 0; i < eh.e_phnum; i++) {
		if (ph[i].p_type == PT_GNU_STACK)
			m->wants_exec_stack = ph[i].p_flags & PF_X;
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		r = is_first_mapped && i == first ? 0 : map_segment(fd, m->base, &ph[i], patch);
		if (r < 0)
			return r;
		note_segment(m, &eh, &ph[i]);
	}
	return 0;
}

long fj_map_elf(
	struct fj_thread *t, int fd, uint64_t before, enum fj_patch patch, struct fj_mapped *m)
{
	const uint32_t mark = fj_scratch_mark(t);
	const long r = map_elf(fj_scratch(t, HEADS), fd, before, patch, m);

	fj_scratch_release(t, mark);
	return r;
}
