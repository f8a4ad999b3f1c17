/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - the loader's beginning: relocates itself, then decides between its two tasks, a new jail and an
 * exec in one. Called by entry.S. */
#include "exec-format/exec.h"
#include "launch/loader.h"
#include "sys/assert.h"
#include "sys/page.h"

#include <linux/auxvec.h>
#include <stddef.h>
#include <stdint.h>

_Noreturn void fj_loader_main(uint64_t *base, const Elf64_Dyn *dynamic, uint64_t address);

/* A static PIE relocates itself. All its relocations are relative (FJ_ELF_RELATIVE: base plus addend). */
static void relocate_self(const Elf64_Dyn *dynamic, uint64_t address)
{
	uint64_t at = 0, size = 0;

	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == DT_RELA)
			at = address + dynamic->d_un.d_ptr;
		if (dynamic->d_tag == DT_RELASZ)
			size = dynamic->d_un.d_val;
	}
	for (const Elf64_Rela *r = (const Elf64_Rela *)at; size; size -= sizeof(*r), r++)
		*(uint64_t *)(address + r->r_offset) = address + (uint64_t)r->r_addend;
}

_Noreturn void fj_loader_main(uint64_t *base, const Elf64_Dyn *dynamic, uint64_t address)
{
	static struct fj_stack stack;
	struct fj_handoff h;
	const char *nested, *exe, *execfn;

	relocate_self(dynamic, address);
	fj_stack_read(&stack, base);
	fj_assert(fj_stack_aux(&stack, AT_PAGESZ) == FJ_PAGE);
	if (stack.envc && fj_handoff_read(stack.envp[stack.envc - 1], &h, &nested, &exe, &execfn))
		fj_continue(&stack, &h, nested, exe, execfn);
	fj_launch(&stack);
}
