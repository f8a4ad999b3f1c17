/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * image.c - reads the first bytes of a file as the kernel does. Called by exec/ and launch/. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "exec-format/elf_note.h"
#include "exec-format/exec.h"
#include "sys/arch.h"

#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first byte in [p, end] that is no blank, or NULL; `end` is included, as in
 * fs/binfmt_script.c. */
static char *skip_blanks(char *p, char *end)
{
	for (; p <= end; p++)
		if (!is_blank(*p))
			return p;
	return NULL;
}

static char *find_terminator(char *p, char *end)
{
	for (; p <= end; p++)
		if (is_blank(*p) || !*p)
			return p;
	return NULL;
}

long fj_script_parse(char *head, const char **interpreter, const char **argument)
{
	char *const last = head + FJ_HEAD_SIZE - 1;
	char *end = NULL, *name, *separator, *arg = NULL;

	if (head[0] != '#' || head[1] != '!')
		return -ENOEXEC;
	for (char *p = head; p <= last && *p; p++)
		if (*p == '\n') {
			end = p;
			break;
		}
	if (!end) {
		end = skip_blanks(head + 2, last);
		/* Without a later blank or NUL the interpreter's path itself may be cut off. */
		if (!end || !find_terminator(end, last))
			return -ENOEXEC;
		end = last;
	}
	while (is_blank(end[-1]))
		end--;
	name = skip_blanks(head + 2, end);
	if (!name || name == end)
		return -ENOEXEC;
	separator = find_terminator(name, end);
	if (separator && *separator)
		arg = skip_blanks(separator, end);
	*end = 0;
	if (arg)
		*separator = 0;
	*interpreter = name;
	*argument = arg;
	return 0;
}

unsigned fj_elf_machine(const void *head, size_t size)
{
	const Elf64_Ehdr *h = head;

	return size >= 20 && !memcmp(h->e_ident, ELFMAG, SELFMAG) ? h->e_machine : 0;
}

bool fj_elf_is_ours(const Elf64_Ehdr *head, size_t size)
{
	/* The kernel does not look at EI_CLASS: the size of the headers tells. */
	return size >= sizeof(*head) && !memcmp(head->e_ident, ELFMAG, SELFMAG) &&
	       head->e_machine == FJ_ELF_MACHINE && head->e_phentsize == sizeof(Elf64_Phdr) &&
	       head->e_phnum && head->e_phnum <= FJ_PHDRS_MAX;
}

long fj_elf_check(const Elf64_Ehdr *head, size_t size)
{
	return fj_elf_is_ours(head, size) && (head->e_type == ET_EXEC || head->e_type == ET_DYN) ?
		       0 :
		       -ENOEXEC;
}

/* Is ours one of the notes between `at` and `end`? See elf(5), Notes. */
static bool has_note(const char *at, const char *end, uint32_t type)
{
	const struct {
		Elf64_Nhdr head;
		char name[(FJ_NOTE_SIZE + 3) & ~3];
		uint32_t command_line;
	} ours = {{FJ_NOTE_SIZE, sizeof(uint32_t), type}, "fakejail", FJ_NOTE_COMMAND_LINE};

	while ((size_t)(end - at) >= sizeof(ours)) {
		Elf64_Nhdr head;
		uint64_t size;

		if (!memcmp(at, &ours, sizeof(ours)))
			return true;
		memcpy(&head, at, sizeof(head));
		size = sizeof(head) + (((uint64_t)head.n_namesz + 3) & ~3UL) +
		       (((uint64_t)head.n_descsz + 3) & ~3UL);
		if (size > (size_t)(end - at))
			break;
		at += size;
	}
	return false;
}

static bool is_noted(const void *head, size_t size, uint32_t type)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	memcpy(&eh, head, sizeof(eh));
	for (size_t i = 0; i < eh.e_phnum; i++) {
		const size_t at = i * sizeof(ph);

		if (eh.e_phoff > size || size - eh.e_phoff < at + sizeof(ph))
			break;
		memcpy(&ph, (const char *)head + eh.e_phoff + at, sizeof(ph));
		if (ph.p_type == PT_NOTE && ph.p_offset <= size &&
			ph.p_filesz <= size - ph.p_offset &&
			has_note((const char *)head + ph.p_offset,
				(const char *)head + ph.p_offset + ph.p_filesz, type))
			return true;
	}
	return false;
}

bool fj_elf_is_loader(const void *head, size_t size)
{
	return is_noted(head, size, FJ_NOTE_TYPE);
}

bool fj_elf_is_front(const void *head, size_t size)
{
	return is_noted(head, size, FJ_NOTE_TYPE_FRONT);
}
