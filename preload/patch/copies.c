/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copies.c - cached texts: the text of a file with its jumps, in the jail's memory file for all processes.
 * Called by sites.c and recalled.c.
 *
 * Each process that changes a text pays a page fault and a private copy for every page with a jump, one
 * mapping for the stubs, and two changes of protection. So a text that is mapped often is copied once, and
 * the copy is then mapped in place of the file: with one call, as outside a jail. The stubs have the same
 * distance from the text everywhere, and reach the engine through the gate page, which has one address in a
 * jail. They lie after the text in its last page. If that has no room for all hot sites, they lie on pages
 * of their own, mapped right before the file.
 *
 * A file that is kept for later jails may hold the copy instead (recalled.c).
 *
 * Some texts have no copy: those whose file has nothing mapped before its text (procfs_maps.c would take
 * the two parts for one file), and those where something else lies in the place of the stubs. Each process
 * changes them itself. */
#include "bytes/bytes.h"
#include "jail/fds.h"
#include "patch/recalled.h"
#include "patch/text_cache.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "text/sites.h"

#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/mman.h>

int fj_copies_memory = -1;

#define COPIED_MAX (8UL << 20) /* bytes of one text */
#define BEFORE_MAX (1UL << 30) /* a jump reaches 2 GiB */

/* Where a text lies among the segments of its file. */
struct segments {
	uint64_t end;	 /* end of the text in its last page, as an offset from its beginning */
	uint64_t before; /* distance from the lowest segment to the text's beginning */
};

/* Returns false if the text is not a segment with pages of its own. `head` is the file's first page. */
static bool read_segments(const uint8_t *head, const struct fj_sited_text *t, struct segments *s)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)head;
	const Elf64_Phdr *ph = (const Elf64_Phdr *)(head + eh->e_phoff), *text = NULL;
	uint64_t low = ~0UL;

	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 || eh->e_phentsize != sizeof(*ph) ||
		eh->e_phoff % 8 || eh->e_phoff > FJ_PAGE ||
		eh->e_phnum > (FJ_PAGE - eh->e_phoff) / sizeof(*ph))
		return false;
	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_vaddr < low)
			low = ph[i].p_vaddr;
		if (ph[i].p_flags == (PF_R | PF_X) && fj_page_down(ph[i].p_offset) == t->offset &&
			ph[i].p_filesz == ph[i].p_memsz && ph[i].p_filesz < COPIED_MAX)
			text = &ph[i];
	}
	if (!text || fj_page_up(text->p_offset - t->offset + text->p_filesz) != fj_page_up(t->len))
		return false;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && &ph[i] != text &&
			fj_page_down(ph[i].p_vaddr) < fj_page_up(text->p_vaddr + text->p_memsz) &&
			fj_page_down(text->p_vaddr) < fj_page_up(ph[i].p_vaddr + ph[i].p_memsz))
			return false;
	s->end = text->p_offset - t->offset + text->p_filesz;
	s->before = fj_page_down(text->p_vaddr) - fj_page_down(low);
	return s->before <= BEFORE_MAX;
}

/* Returns how many bytes of stubs must lie before the file. 0: the stubs of hot sites fit after the
 * text. */
static uint64_t size_of_stubs(const struct fj_sited_text *t, uint64_t room_behind)
{
	const struct fj_site *site = &fj_texts()->site[t->first];
	uint64_t hot = FJ_COPY_DOORS, all = FJ_COPY_DOORS;

	for (uint32_t i = 0; i < t->count; i++) {
		const size_t size = fj_sites_copied_size(&site[i]);

		all += size;
		hot += __atomic_load_n(&site[i].is_hot, __ATOMIC_RELAXED) ? size : 0;
	}
	return hot <= room_behind ? 0 : fj_page_up(all);
}

/* Choose the sites that fit, and write their jumps. Returns whether all hot sites fit. */
static bool put_jumps(struct fj_copy *c, struct fj_sited_text *t)
{
	struct fj_site *site = &fj_texts()->site[t->first];

	for (uint32_t i = 0; i < t->count; i++)
		site[i].is_copied = 0;
	t->copied_hot = 0;
	for (int hot = 1; hot >= 0; hot--)
		for (uint32_t i = 0; i < t->count; i++) {
			if (__atomic_load_n(&site[i].is_hot, __ATOMIC_RELAXED) != hot ||
				site[i].is_copied)
				continue;
			site[i].is_copied = fj_sites_copy(c, &site[i]);
			if (hot && !site[i].is_copied)
				return false;
			t->copied_hot += (uint32_t)hot;
		}
	return true;
}

static uint64_t take_room(uint64_t len)
{
	const uint64_t at = __atomic_fetch_add(&fj_texts()->copies_used, len, __ATOMIC_RELAXED);

	return at < fj_texts()->copies_size && fj_texts()->copies_size - at >= len ?
		       fj_texts()->copies_at + at :
		       0;
}

/* Put the text of the file at `at`, which maps the memory file from t->copy_at on. Writing to the memory
 * file takes half the time of reading into pages that do not exist yet. */
static bool fill_copy(const struct fj_sited_text *t, int memory, int fd, uint64_t at)
{
	bool is_done;
	long from;

	if (!fj_may_grow_to(t->copy_at + t->len))
		return fj_sys_pread64(fd, (void *)at, t->len, t->offset) == (long)t->len;
	from = fj_sys_mmap(0, t->len, PROT_READ, MAP_PRIVATE, fd, t->offset);
	if (fj_is_err(from))
		return false;
	is_done = fj_sys_pwrite64(memory, (void *)from, t->len, t->copy_at) == (long)t->len;
	fj_sys_munmap((void *)from, t->len);
	return is_done;
}

/* Is the file still the one in which the sites were found? A writer changes the times before the bytes
 * (file_update_time() of fs/inode.c). */
static bool is_unchanged(const struct fj_sited_text *t, int fd)
{
	struct fj_text_key now = {.offset = t->offset, .len = t->len};

	return !fj_sys_fstat(fd, &now.st) && fj_text_cache_is_same(t, &now);
}

static long open_copies_memory(int flags)
{
	return fj_copies_memory >= 0 ? fj_copies_memory :
				       fj_open_shared(FJ_FD_JAIL(fj_jail), flags, NULL);
}

static void close_memory(long memory)
{
	if (memory != fj_copies_memory)
		fj_sys_close((int)memory);
}

static long map_to_write(int memory, uint64_t at, uint64_t len, uint64_t offset)
{
	return fj_sys_mmap(
		(void *)at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, memory, offset);
}

/* How many bytes lie before the text when it is mapped with its stubs. */
static uint64_t before_text(const struct fj_sited_text *t)
{
	return t->copy_stubs ? t->copy_stubs + t->copy_before : 0;
}

static struct fj_copy place_stubs(
	const struct fj_sited_text *t, const struct segments *s, uint8_t *at)
{
	struct fj_copy c = {.text = at + before_text(t)};

	c.at = t->copy_stubs ? at : c.text + s->end;
	c.end = t->copy_stubs ? at + t->copy_stubs : c.text + fj_page_up(t->len);
	return c;
}

/* Make the copy. While it is written it is mapped as later: the stubs, then what lies before the text in
 * its file, then the text. */
static bool make_text_copy(struct fj_sited_text *t, int fd, const struct segments *s)
{
	const uint64_t len = fj_page_up(t->len), stubs = t->copy_stubs, before = before_text(t);
	struct fj_copy c;
	bool is_done;
	long at, memory;

	t->copy_at = take_room(len + stubs);
	if (!t->copy_at)
		return false;
	memory = open_copies_memory(O_RDWR);
	if (memory < 0)
		return false;
	at = fj_sys_mmap(
		0, before + len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fj_is_err(at)) {
		close_memory(memory);
		return false;
	}
	c = place_stubs(t, s, (uint8_t *)at);
	is_done =
		map_to_write((int)memory, (uint64_t)c.text, len, t->copy_at) >= 0 &&
		(!stubs || map_to_write((int)memory, (uint64_t)at, stubs, t->copy_at + len) >= 0) &&
		fill_copy(t, (int)memory, fd, (uint64_t)c.text) && is_unchanged(t, fd) &&
		put_jumps(&c, t);
	close_memory(memory);
	fj_sys_munmap((void *)at, before + len);
	return is_done;
}

static bool write_all(int fd, const void *from, uint64_t len, uint64_t at)
{
	return fj_sys_pwrite64(fd, (void *)from, len, at) == (long)len;
}

/* Makes the copy in the file `file`. It is written with write calls, not through a mapping: a full
 * disk would be reported to the process by a signal. */
static bool copy_to_file(struct fj_sited_text *t, int fd, const struct segments *s, int file)
{
	const uint64_t len = fj_page_up(t->len), size = before_text(t) + len;
	const long at = fj_sys_mmap(0, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct fj_copy c;
	bool is_done;

	if (fj_is_err(at))
		return false;
	c = place_stubs(t, s, (uint8_t *)at);
	is_done = fj_sys_pread64(fd, c.text, t->len, t->offset) == (long)t->len &&
		  is_unchanged(t, fd) && put_jumps(&c, t) &&
		  write_all(file, c.text, len, t->copy_at) &&
		  (!t->copy_stubs || write_all(file, (void *)at, t->copy_stubs, t->copy_at + len));
	fj_sys_munmap((void *)at, size);
	return is_done;
}

/* Find how the text lies in the file `fd`, and where its stubs will be. */
static bool plan_copy(struct fj_sited_text *t, int fd, struct segments *s)
{
	bool is_good;
	long head;

	if (!t->offset || t->len > COPIED_MAX)
		return false;
	head = fj_sys_mmap(0, FJ_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fj_is_err(head))
		return false;
	is_good = read_segments((const uint8_t *)head, t, s);
	fj_sys_munmap((void *)head, FJ_PAGE);
	if (!is_good)
		return false;
	t->copy_before = (uint32_t)s->before;
	t->copy_stubs = size_of_stubs(t, fj_page_up(t->len) - s->end);
	return true;
}

bool fj_copies_make(struct fj_sited_text *t, int fd)
{
	struct segments s;

	t->copy_kept = 0;
	return plan_copy(t, fd, &s) && make_text_copy(t, fd, &s);
}

bool fj_copies_make_in(struct fj_sited_text *t, int fd, int file, uint64_t at)
{
	struct segments s;

	t->copy_at = at;
	return plan_copy(t, fd, &s) && copy_to_file(t, fd, &s, file);
}

/* Map the stubs of a text that will be mapped at `text`, if nothing lies there. Returns their address, or
 * 0. */
static uint64_t map_stubs(const struct fj_sited_text *t, int memory, uint64_t text)
{
	const uint64_t want = text - t->copy_before - t->copy_stubs;
	const long at = want < text ?
				fj_sys_mmap((void *)want, t->copy_stubs, PROT_READ | PROT_EXEC,
					MAP_PRIVATE | MAP_FIXED_NOREPLACE, memory,
					t->copy_at + fj_page_up(t->len)) :
				-ENOMEM;

	if (fj_is_err(at) || (uint64_t)at == want)
		return fj_is_err(at) ? 0 : want;
	fj_sys_munmap((void *)at, t->copy_stubs); /* before 4.17 the address is a hint */
	return 0;
}

long fj_copies_map(const struct fj_sited_text *t, const uint64_t arg[6])
{
	uint64_t stubs = 0;
	long at, memory;

	if (!fj_copies_are_for_us() || !(arg[3] & MAP_FIXED) ||
		fj_page_up(arg[1]) != fj_page_up(t->len))
		return -EAGAIN;
	memory = t->copy_kept ? fj_recalled_open(t) : open_copies_memory(O_RDONLY);
	if (memory < 0)
		return -EAGAIN;
	if (t->copy_stubs && !(stubs = map_stubs(t, (int)memory, arg[0]))) {
		close_memory(memory);
		return -EAGAIN;
	}
	at = fj_sys_mmap((void *)arg[0], arg[1], arg[2], arg[3], memory, t->copy_at);
	close_memory(memory);
	if ((at == -EACCES || at == -EPERM) && !t->copy_kept)
		fj_texts()->no_copies = 1;
	if (fj_is_err(at) && stubs)
		fj_sys_munmap((void *)stubs, t->copy_stubs);
	return fj_is_err(at) ? -EAGAIN : at;
}
