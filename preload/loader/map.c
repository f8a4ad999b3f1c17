/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * map.c - maps an ELF file, as load_elf_binary() of fs/binfmt_elf.c does. Called by continue.c.
 *
 * The file may be hostile: sizes are checked before they are added. */
#include "bytes/bytes.h"
#include "exec-format/exec.h"
#include "guest/guest.h"
#include "launch/loader.h"
#include "sys/arch.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/unistd_io.h"
#include "text/sites.h"

#include <linux/errno.h>
#include <linux/mman.h>

static int protection_of(uint32_t flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

/* The addresses that all segments of a file take together. */
struct span {
	uint64_t low, high; /* equal if there are no segments */
	uint64_t align;
	bool is_fixed; /* it must lie at its own addresses plus `bias` */
	uint64_t bias;
};

/* A segment that the kernel would not map at any address. */
static bool is_bad(const Elf64_Phdr *ph)
{
	return ph->p_memsz < ph->p_filesz || ph->p_vaddr >= FJ_ADDRESS_END ||
	       ph->p_memsz > FJ_ADDRESS_END - ph->p_vaddr ||
	       (ph->p_filesz && ((ph->p_vaddr ^ ph->p_offset) & (FJ_PAGE - 1)));
}

static long measure_span(
	const Elf64_Ehdr *eh, const Elf64_Phdr *ph, const struct fj_mapping *how, struct span *s)
{
	const Elf64_Phdr *first = NULL;

	*s = (struct span){.low = ~0UL, .align = FJ_PAGE, .is_fixed = eh->e_type == ET_EXEC};
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (is_bad(&ph[i]))
			return -ENOEXEC;
		first = first ? first : &ph[i];
		/* (The alignment of an interpreter does not count.) */
		if (how->before && ph[i].p_align > s->align &&
			!(ph[i].p_align & (ph[i].p_align - 1)))
			s->align = ph[i].p_align;
		if (!ph[i].p_memsz)
			continue;
		if (fj_page_down(ph[i].p_vaddr) < s->low)
			s->low = fj_page_down(ph[i].p_vaddr);
		if (fj_page_up(ph[i].p_vaddr + ph[i].p_memsz) > s->high)
			s->high = fj_page_up(ph[i].p_vaddr + ph[i].p_memsz);
	}
	if (!s->high)
		s->low = 0;
	/* The kernel lets mmap(2) choose the address with the first segment. If that has no bytes of the
	 * file, there is no such call, and the addresses are not chosen. */
	if (!s->is_fixed && !how->has_interpreter && first && !first->p_filesz) {
		s->is_fixed = true;
		s->bias = -fj_page_down(first->p_vaddr);
	}
	return 0;
}

/* The first segment can be mapped with the length of all of them, if the others then cover every part where
 * it does not belong. Then nothing need be reserved before. */
static bool covers_span(const Elf64_Phdr *ph, int n, uint64_t low, uint64_t high)
{
	uint64_t end = 0;

	for (int i = 0; i < n; i++) {
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		if (!end && (fj_page_down(ph[i].p_vaddr) != low ||
				    ph[i].p_filesz != ph[i].p_memsz || ph[i].p_flags != PF_R))
			return false;
		if (end && fj_page_down(ph[i].p_vaddr) != end)
			return false;
		end = fj_page_up(ph[i].p_vaddr + ph[i].p_memsz);
	}
	return end == high;
}

/* mmap(2) at exactly `at`, where nothing may be mapped yet. */
static long map_there(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
	const long r = fj_sys_mmap((void *)at, size, prot, flags | MAP_FIXED_NOREPLACE, fd, offset);

	/* Before 4.17 the flag is unknown, and the address a hint. */
	if (!fj_is_err(r) && (uint64_t)r != at) {
		fj_sys_munmap((void *)r, size);
		return -EEXIST;
	}
	return r;
}

/* Reserve the span: at its own addresses, or anywhere at a multiple of `align`. Maps the file `fd` from
 * `offset` on, readable; -1: an inaccessible mapping. */
static long reserve_span(const struct span *s, uint64_t hint, int fd, uint64_t offset)
{
	const int flags = MAP_PRIVATE | (fd < 0 ? MAP_ANONYMOUS | MAP_NORESERVE : 0);
	const int prot = fd < 0 ? PROT_NONE : PROT_READ;
	const uint64_t size = s->high - s->low, slack = s->align > FJ_PAGE ? s->align : 0;
	long at;
	uint64_t start;

	if (s->is_fixed)
		return map_there(s->low + s->bias, size, prot, flags, fd, offset);
	if (slack >= FJ_ADDRESS_END - size)
		return -ENOMEM;
	at = fj_sys_mmap((void *)hint, size + slack, prot, flags, fd, offset);
	if (fj_is_err(at) || !slack)
		return at;
	start = ((uint64_t)at + slack - 1) & ~(slack - 1);
	if (start > (uint64_t)at)
		fj_sys_munmap((void *)at, start - (uint64_t)at);
	if (start + size < (uint64_t)at + size + slack)
		fj_sys_munmap((void *)(start + size), (uint64_t)at + slack - start);
	return (long)start;
}

/* The span cannot be reserved as a whole: reserve those addresses of segment `i` that no earlier segment has.
 * The kernel would replace what is mapped there. That may be the engine, so it is refused. */
static long reserve_segment(const struct span *s, const Elf64_Phdr *ph, int i)
{
	uint64_t at = fj_page_down(ph[i].p_vaddr), end = fj_page_up(ph[i].p_vaddr + ph[i].p_memsz);

	while (at < end) {
		uint64_t from = end, to = end; /* the next mapping of an earlier segment */
		long r;

		for (int j = 0; j < i; j++) {
			const uint64_t start = fj_page_down(ph[j].p_vaddr),
				       stop = fj_page_up(ph[j].p_vaddr + ph[j].p_memsz);

			if (ph[j].p_type == PT_LOAD && ph[j].p_memsz && stop > at && start < from) {
				from = start > at ? start : at;
				to = stop;
			}
		}
		r = from > at ? map_there(at + s->bias, from - at, PROT_NONE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) :
				0;
		if (r < 0)
			return r;
		at = to;
	}
	return 0;
}

static long map_segment(int fd, uint64_t base, const Elf64_Phdr *ph, bool has_jumps)
{
	const uint64_t start = fj_page_down(base + ph->p_vaddr);
	const uint64_t file_end = base + ph->p_vaddr + ph->p_filesz;
	const uint64_t end = fj_page_up(base + ph->p_vaddr + ph->p_memsz);
	const int prot = protection_of(ph->p_flags);
	const uint64_t zeros = 0;
	uint64_t from = start;
	long r;

	if (ph->p_filesz) {
		const uint64_t arg[] = {start, file_end - start, (uint64_t)prot,
			MAP_PRIVATE | MAP_FIXED, (uint64_t)fd, fj_page_down(ph->p_offset)};

		r = has_jumps ? fj_sites_map(arg, true) :
				fj_sys_mmap((void *)arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
		if (fj_is_err(r))
			return r;
		from = fj_page_up(file_end);
		/* The rest of the file's last page belongs to .bss. */
		if (ph->p_memsz > ph->p_filesz && (ph->p_flags & PF_W) && from > file_end) {
			/* There is no page after the end of the file. */
			if (fj_guest_write(file_end, &zeros,
				    from - file_end < sizeof(zeros) ? from - file_end :
								      sizeof(zeros)))
				return -EFAULT;
			memset((void *)file_end, 0, from - file_end);
		}
	}
	if (end > from) {
		r = fj_sys_mmap((void *)from, end - from,
			PROT_READ | PROT_WRITE | (prot & PROT_EXEC),
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

/* Read the ELF header and the program headers. They usually follow each other, and then fit into `usual` of
 * USUAL_HEADS bytes; otherwise another buffer is used. Returns 0 or -errno. */
#define HEADS (sizeof(Elf64_Ehdr) + FJ_PHDRS_MAX * sizeof(Elf64_Phdr))
#define USUAL_HEADS 792 /* 13 program headers, as ld(1) makes them; saves a page fault */
static long read_heads(int fd, char *usual, const Elf64_Phdr **ph)
{
	static char all[HEADS] __attribute__((aligned(8))) FJ_BULKY;
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)usual;
	const long n = fj_sys_pread64(fd, usual, USUAL_HEADS, 0);
	size_t size;
	long r;

	if (n < 0)
		return n;
	r = fj_elf_check(eh, (size_t)n);
	if (r < 0)
		return r;
	size = eh->e_phnum * sizeof(**ph);
	if (!(eh->e_phoff % 8) && eh->e_phoff <= (size_t)n && size <= (size_t)n - eh->e_phoff) {
		*ph = (const Elf64_Phdr *)(usual + eh->e_phoff);
		return 0;
	}
	*ph = (const Elf64_Phdr *)all;
	return fj_sys_pread64(fd, all, size, eh->e_phoff) == (long)size ? 0 : -ENOEXEC;
}

/* Reserve the addresses of all segments. Returns the index of the segment that this has mapped (-1: none),
 * or a smaller number, -errno. `*base` is to be added to the file's addresses. */
static long reserve_all(int fd, const struct span *s, const Elf64_Ehdr *eh, const Elf64_Phdr *ph,
	uint64_t before, uint64_t *base)
{
	int first = -1;
	long r;

	*base = s->bias;
	if (s->low == s->high)
		return -1;
	/* A program that may lie anywhere goes right below the heap, as the kernel would put it: the heap
	 * follows it. */
	if (before)
		before = fj_page_down(before - (s->high - s->low) - s->align);
	if (covers_span(ph, eh->e_phnum, s->low, s->high) && (s->is_fixed || s->align == FJ_PAGE))
		do
			first++;
		while (ph[first].p_type != PT_LOAD || !ph[first].p_memsz);
	r = reserve_span(
		s, before, first < 0 ? -1 : fd, first < 0 ? 0 : fj_page_down(ph[first].p_offset));
	if (r >= 0) {
		*base = (uint64_t)r - s->low;
		return first;
	}
	for (int i = 0; s->is_fixed && i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && (r = reserve_segment(s, ph, i)) < 0)
			return r;
	return s->is_fixed ? -1 : r;
}

long fj_map_elf(int fd, const struct fj_mapping *how, struct fj_mapped *m)
{
	char usual[USUAL_HEADS] __attribute__((aligned(8)));
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)usual;
	const Elf64_Phdr *ph;
	struct span s;
	long first, r = read_heads(fd, usual, &ph);

	*m = (struct fj_mapped){0};
	if (r >= 0)
		r = measure_span(eh, ph, how, &s);
	if (r < 0)
		return r;
	first = reserve_all(fd, &s, eh, ph, how->before, &m->base);
	if (first < -1)
		return first;
	m->size = s.high - s.low;
	m->entry = m->base + eh->e_entry;
	m->phnum = eh->e_phnum;
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_GNU_STACK)
			m->wants_exec_stack = ph[i].p_flags & PF_X;
		if (ph[i].p_type != PT_LOAD || !ph[i].p_memsz)
			continue;
		r = i == first ? 0 : map_segment(fd, m->base, &ph[i], how->has_jumps);
		if (r < 0)
			return r;
		note_segment(m, eh, &ph[i]);
	}
	return 0;
}
