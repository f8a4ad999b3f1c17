/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program_parts.c - what a program needs besides itself: the interpreters of #! lines
 * (fs/binfmt_script.c) and the ELF interpreter (fs/binfmt_elf.c). Called by hook_exec.c. */
#include "bytes/copy.h"
#include "exec-format/exec.h"
#include "exec/program.h"
#include "jail/jail.h"
#include "sys/gate.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_io.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

/* The program headers of an ELF file, some of which are in memory. */
#define SOME 64u /* more than any linker makes: ld(1) about 13 */
struct headers {
	int fd;
	const char *head; /* the file's first bytes */
	long head_len;
	Elf64_Ehdr eh;
	uint32_t first, count; /* those in memory */
	const Elf64_Phdr *some;
	Elf64_Phdr *room;
};

static bool is_in_head(const struct headers *h, uint64_t offset, size_t size)
{
	const uint64_t have = (uint64_t)h->head_len;

	return offset <= have && size <= have - offset && !(offset % 8);
}

/* Gets `size` bytes of a file at `offset`: from its head if they are there, else reads them into
 * `room` or scratch memory. Returns 0 or an error of the read; -EIO: they are not all there. */
static long part_of(struct fj_thread *t, const struct headers *h, uint64_t offset, size_t size,
	void *room, const void **part)
{
	long r;

	if (is_in_head(h, offset, size)) {
		*part = h->head + offset;
		return 0;
	}
	if (!room)
		room = fj_scratch(t, size);
	*part = room;
	r = fj_sys_pread64(h->fd, room, size, offset);
	return r < 0 ? r : r == (long)size ? 0 : -EIO;
}

static const Elf64_Phdr *program_header(struct fj_thread *t, struct headers *h, uint32_t i)
{
	const void *part;
	uint64_t at;

	if (i - h->first < h->count)
		return h->some + (i - h->first);
	h->first = i - i % SOME;
	h->count = h->eh.e_phnum - h->first < SOME ? h->eh.e_phnum - h->first : SOME;
	at = h->eh.e_phoff + h->first * sizeof(*h->some);
	/* Taken only if it is needed: scratch memory behind it would lie in pages that were never
	 * touched, and each such page costs a page fault. */
	if (!h->room && !is_in_head(h, at, h->count * sizeof(*h->some)))
		h->room = (Elf64_Phdr *)fj_scratch(t, SOME * sizeof(*h->room));
	if (part_of(t, h, at, h->count * sizeof(*h->some), h->room, &part))
		h->count = 0;
	h->some = part;
	return h->count ? h->some + (i - h->first) : NULL;
}

/* Takes the ELF header out of h->head, and looks at the last and the first program header. Returns
 * false if the file does not have them. */
static bool begin_headers(struct fj_thread *t, struct headers *h)
{
	memcpy(&h->eh, h->head, sizeof(h->eh));
	h->first = h->count = 0;
	h->room = NULL;
	return program_header(t, h, h->eh.e_phnum - 1) && program_header(t, h, 0);
}

/* Does a file with fixed addresses cover the gate page? */
static bool lies_at(struct fj_thread *t, struct headers *h, uint64_t gate)
{
	const uint64_t end = gate + FJ_GATE_PAGES_MAX * FJ_PAGE;

	for (uint32_t i = 0; h->eh.e_type == ET_EXEC && i < h->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = program_header(t, h, i);

		if (ph && ph->p_type == PT_LOAD && ph->p_memsz && ph->p_vaddr < end &&
			(ph->p_vaddr >= gate || ph->p_memsz > gate - ph->p_vaddr))
			return true;
	}
	return false;
}

/* Checks an interpreter as load_elf_binary() of fs/binfmt_elf.c does before the old program is
 * gone. */
static long check_interpreter(
	struct fj_thread *t, struct fj_program *p, bool *is_at_gate, bool *is_at_other)
{
	/* In place of the program's, of which all is known: a further kilobyte of scratch memory would
	 * lie in a page that was never touched. */
	char *text = p->head;
	struct headers h = {.fd = p->interpreter_fd, .head = text};

	h.head_len = fj_sys_pread64(h.fd, text, FJ_PROGRAM_HEAD, 0);
	if (h.head_len < (long)sizeof(h.eh))
		return h.head_len < 0 ? h.head_len : -EIO;
	p->head_len = h.head_len;
	if (!fj_elf_is_ours((const Elf64_Ehdr *)text, (size_t)h.head_len) || !begin_headers(t, &h))
		return -ELIBBAD;
	*is_at_gate = lies_at(t, &h, p->gate);
	*is_at_other = lies_at(t, &h, p->gate + FJ_GATE_APART);
	return 0;
}

/* Opens the interpreter that PT_INTERP `ph` names. */
static long open_interpreter(
	struct fj_thread *t, struct headers *h, const Elf64_Phdr *ph, struct fj_program *p)
{
	const uint64_t size = ph->p_filesz;
	const void *path;
	long r;

	if (size < 2 || size > PATH_MAX)
		return -ENOEXEC;
	r = part_of(t, h, ph->p_offset, size, NULL, &path);
	if (r)
		return r;
	if (((const char *)path)[size - 1])
		return -ENOEXEC;
	r = fj_program_open(t, AT_FDCWD, path, true, NULL);
	if (r < 0)
		return r;
	p->interpreter_fd = (int)r;
	return 0;
}

long fj_program_open_interpreter(struct fj_thread *t, struct fj_program *p)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct headers h = {.fd = p->fd, .head = p->head, .head_len = p->head_len};
	const Elf64_Phdr *ph = NULL;
	bool is_at_gate, too = false, is_at_other, other_too = false;
	long r;

	if (!begin_headers(t, &h))
		return -ENOEXEC;
	p->gate = fj_jail->gate;
	is_at_gate = lies_at(t, &h, p->gate);
	is_at_other = lies_at(t, &h, p->gate + FJ_GATE_APART);
	for (uint32_t i = 0; i < h.eh.e_phnum && (ph = program_header(t, &h, i)); i++)
		if (ph->p_type == PT_INTERP) {
			r = open_interpreter(t, &h, ph, p);
			if (!r)
				r = check_interpreter(t, p, &too, &other_too);
			if (r)
				return r;
			break;
		}
	if (is_at_gate || too) {
		if (is_at_other || other_too)
			return -EADDRINUSE; /* not an error of execve(2), but it describes the
					       problem */
		p->gate += FJ_GATE_APART;
	}
	fj_scratch_release(t, mark);
	return 0;
}

bool fj_program_is_library(struct fj_thread *t, const struct fj_program *p)
{
	enum { ENTRIES = 64 }; /* DT_SONAME is among the first: ld(1) */
	const uint32_t mark = fj_scratch_mark(t);
	Elf64_Dyn *dynamic = (Elf64_Dyn *)fj_scratch(t, ENTRIES * sizeof(*dynamic));
	struct headers h = {.fd = p->fd, .head = p->head, .head_len = p->head_len};
	const Elf64_Phdr *ph;
	bool has_name = false;

	if (!begin_headers(t, &h))
		return false;
	for (uint32_t i = 0; i < h.eh.e_phnum && (ph = program_header(t, &h, i)); i++) {
		long n;

		if (ph->p_type != PT_DYNAMIC)
			continue;
		n = fj_sys_pread64(p->fd, dynamic, ENTRIES * sizeof(*dynamic), ph->p_offset) /
		    (long)sizeof(*dynamic);
		for (long d = 0; d < n && dynamic[d].d_tag; d++)
			has_name = has_name || dynamic[d].d_tag == DT_SONAME;
	}
	fj_scratch_release(t, mark);
	return has_name;
}

long fj_program_resolve_scripts(
	struct fj_thread *t, struct fj_program *p, const char *name, bool is_closed_on_exec)
{
	for (int depth = 0;; depth++) {
		const char *interpreter, *argument;
		long r = fj_script_parse(p->head, &interpreter, &argument);

		if (r < 0)
			return fj_elf_check((const Elf64_Ehdr *)p->head, (size_t)p->head_len);
		if (is_closed_on_exec && !depth)
			return -ENOENT; /* the interpreter could not open it: execveat(2), BUGS */
		if (depth == FJ_SCRIPTS_MAX)
			return -ELOOP;
		/* Kept in reverse order: each level goes before the words of the last one. */
		if (argument)
			p->script_arg[p->script_args++] = argument;
		p->script_arg[p->script_args++] = interpreter;
		if (!depth)
			p->script = name;
		fj_program_close(p);
		if (!*interpreter)
			return -EACCES; /* the kernel takes "" for the working directory here,
					   which is no program */
		r = fj_program_open(t, AT_FDCWD, interpreter, true, p);
		if (r < 0)
			return r;
		p->fd = (int)r;
		r = fj_program_read_head(t, p);
		if (r < 0)
			return r;
	}
}
