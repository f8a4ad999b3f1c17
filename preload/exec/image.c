/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * image.c - reading the first bytes of a file as the kernel does. */
#include "exec/exec.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* First byte in [p, end) that is no blank, or NULL; bounds inclusive as in fs/binfmt_script.c. */
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
		/* Without a later blank or NUL the interpreter's path itself may be cut. */
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

long fj_elf_check(const Elf64_Ehdr *head, size_t size)
{
	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (head->e_type != ET_EXEC && head->e_type != ET_DYN)
		return -ENOEXEC;
	if (head->e_machine !=
		EM_X86_64) /* the kernel does not look at EI_CLASS: the size of the headers tells */
		return -ENOEXEC;
	if (head->e_phentsize != sizeof(Elf64_Phdr) || !head->e_phnum ||
		head->e_phnum > FJ_PHDRS_MAX)
		return -ENOEXEC;
	return 0;
}
