/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program_parts.c - what a program needs besides itself: the interpreters of #! lines
 * (fs/binfmt_script.c) and the one of ELF (fs/binfmt_elf.c). */
#include "call/program.h"

#include "sys/gate.h"

/* The `size` bytes of the program at `offset`: of its head where that has them, else read into
 * scratch memory. NULL: they are not there. */
static const void *part_of(
	struct fj_call *c, const struct fj_program *p, uint64_t offset, size_t size)
{
	const uint64_t have = (uint64_t)p->head_len;
	char *part;

	if (offset <= have && size <= have - offset && !(offset % 8))
		return p->head + offset;
	part = fj_scratch(c->thread, size);
	return fj_sys4(__NR_pread64, p->fd, part, size, offset) == (long)size ? part : NULL;
}

/* Does an ELF file that says where it lies do so at the gate page? */
static bool lies_at(uint64_t gate, const Elf64_Ehdr *head, const Elf64_Phdr *ph)
{
	const uint64_t end = gate + FJ_GATE_PAGES * FJ_PAGE;

	for (int i = 0; head->e_type == ET_EXEC && i < head->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_memsz && ph[i].p_vaddr < end &&
			(ph[i].p_vaddr >= gate || ph[i].p_memsz > gate - ph[i].p_vaddr))
			return true;
	return false;
}

/* The same of an interpreter, which hardly ever says so. */
static bool interpreter_lies_at(
	struct fj_call *c, uint64_t gate, const Elf64_Ehdr *head, int interpreter_fd)
{
	const size_t size = head->e_phnum * sizeof(Elf64_Phdr);
	Elf64_Phdr *ph;

	if (head->e_type != ET_EXEC)
		return false;
	ph = (Elf64_Phdr *)fj_scratch(c->thread, size);
	return fj_sys4(__NR_pread64, interpreter_fd, ph, size, head->e_phoff) == (long)size &&
	       lies_at(gate, head, ph);
}

long fj_program_open_interpreter(struct fj_call *c, struct fj_program *p)
{
	Elf64_Ehdr head;
	const uint32_t mark = fj_scratch_mark(c->thread);
	const Elf64_Phdr *ph;
	const char *path;
	bool lies_there;
	long r;

	memcpy(&head, p->head, sizeof(head));
	ph = part_of(c, p, head.e_phoff, head.e_phnum * sizeof(*ph));
	if (!ph)
		return -ENOEXEC;
	p->gate = fj_jail->gate;
	lies_there = lies_at(p->gate, &head, ph);
	for (int i = 0; i < head.e_phnum; i++) {
		if (ph[i].p_type != PT_INTERP)
			continue;
		if (ph[i].p_filesz < 2 || ph[i].p_filesz > FJ_PATH_MAX)
			return -ENOEXEC;
		path = part_of(c, p, ph[i].p_offset, ph[i].p_filesz);
		if (!path)
			return -EIO;
		if (path[ph[i].p_filesz - 1])
			return -ENOEXEC;
		r = fj_program_open(c, AT_FDCWD, path, true, NULL);
		if (fj_is_err(r))
			return r;
		p->interpreter_fd = (int)r;
		r = fj_sys4(__NR_pread64, p->interpreter_fd, &head, sizeof(head), 0);
		if (r != sizeof(head))
			return r < 0 ? r : -EIO;
		if (fj_elf_check(&head, sizeof(head)))
			return -ELIBBAD;
		lies_there =
			lies_there || interpreter_lies_at(c, p->gate, &head, p->interpreter_fd);
		break;
	}
	if (lies_there)
		p->gate += FJ_GATE_APART;
	fj_scratch_release(c->thread, mark);
	return 0;
}

bool fj_program_is_library(struct fj_call *c, const struct fj_program *p)
{
	enum { ENTRIES = 64 }; /* DT_SONAME is among the first: ld(1) */
	const uint32_t mark = fj_scratch_mark(c->thread);
	Elf64_Phdr *ph = (Elf64_Phdr *)fj_scratch(c->thread, FJ_PHDRS_MAX * sizeof(*ph));
	Elf64_Dyn *dynamic = (Elf64_Dyn *)fj_scratch(c->thread, ENTRIES * sizeof(*dynamic));
	bool has_name = false;
	Elf64_Ehdr head;

	memcpy(&head, p->head, sizeof(head));
	if (head.e_phnum > FJ_PHDRS_MAX ||
		fj_sys4(__NR_pread64, p->fd, ph, head.e_phnum * sizeof(*ph), head.e_phoff) <= 0)
		head.e_phnum = 0;
	for (int i = 0; i < head.e_phnum; i++) {
		long n;

		if (ph[i].p_type != PT_DYNAMIC)
			continue;
		n = fj_sys4(__NR_pread64, p->fd, dynamic, ENTRIES * sizeof(*dynamic),
			    ph[i].p_offset) /
		    (long)sizeof(*dynamic);
		for (long d = 0; d < n && dynamic[d].d_tag; d++)
			has_name = has_name || dynamic[d].d_tag == DT_SONAME;
	}
	fj_scratch_release(c->thread, mark);
	return has_name;
}

long fj_program_resolve_scripts(
	struct fj_call *c, struct fj_program *p, const char *name, bool is_closed_on_exec)
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
		/* Kept back to front: each level goes before what the last one made. */
		if (argument)
			p->script_arg[p->script_args++] = argument;
		p->script_arg[p->script_args++] = interpreter;
		if (!depth)
			p->script = name;
		fj_program_close(p);
		if (!*interpreter)
			return -EACCES; /* for the kernel "" is the working directory here, which is
					   no program */
		r = fj_program_open(c, AT_FDCWD, interpreter, true, p);
		if (fj_is_err(r))
			return r;
		p->fd = (int)r;
		r = fj_program_read_head(c, p);
		if (r < 0)
			return r;
	}
}
