/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_image.c - the first bytes of a file that anybody made: #! lines and ELF headers
 * (exec-format/image.c). */
#include "exec-format/exec.h"

#include "fuzz.h"

#include <string.h>

static void check_script(const uint8_t *data, size_t size)
{
	char *head = calloc(1, FJ_HEAD_SIZE + 1), *whole = calloc(1, FJ_HEAD_SIZE + 1);
	const char *interpreter = NULL, *argument = NULL;

	memcpy(head, data, size < FJ_HEAD_SIZE ? size : FJ_HEAD_SIZE);
	memcpy(whole, head, FJ_HEAD_SIZE);
	if (!fj_script_parse(head, &interpreter, &argument)) {
		fuzz_claim(!memcmp(whole, "#!", 2));
		fuzz_claim(interpreter >= head + 2 && interpreter < head + FJ_HEAD_SIZE);
		fuzz_claim(!strpbrk(interpreter, " \t\n"));
		/* It is what the line says, and the argument comes behind it. */
		fuzz_claim(!memcmp(whole + (interpreter - head), interpreter, strlen(interpreter)));
		if (argument) {
			fuzz_claim(argument > interpreter + strlen(interpreter) &&
				   argument < head + FJ_HEAD_SIZE);
			fuzz_claim(
				*argument != ' ' && *argument != '\t' && !strchr(argument, '\n'));
		}
	}
	free(head);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Elf64_Ehdr *head = malloc(size ? size : 1);

	check_script(data, size);
	memcpy(head, data, size);
	if (!fj_elf_check(head, size)) {
		fuzz_claim(size >= sizeof(*head));
		fuzz_claim(head->e_phnum && head->e_phnum <= FJ_PHDRS_MAX);
		fuzz_claim(fj_elf_machine(head, size) == EM_X86_64);
		fj_elf_is_loader(head, size);
	}
	fj_elf_machine(head, size);
	free(head);
	return 0;
}
