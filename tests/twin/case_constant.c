/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_constant.c - tests constants in a program's text that look like system calls: a compiler
 * at run time writes them as numbers in instructions.
 */
#include "twin.h"

#include <elf.h>

/* mov $NR,%eax; syscall; ret */
#define CALL(nr) (0xc3050f00000000b8UL | (unsigned long)(nr) << 8)

/* The number in one instruction, as compilers write it. */
#define CONSTANT(register, nr)                                                                     \
	({                                                                                         \
		unsigned long value;                                                               \
		asm volatile("movabs %1,%%" register "\n\tmov %%" register ",%0"                   \
			     : "=r"(value)                                                         \
			     : "i"(CALL(nr))                                                       \
			     : register);                                                          \
		value;                                                                             \
	})

static __attribute__((noinline)) void say_all(void)
{
	say("open %lx\n", CONSTANT("rax", SYS_open));
	say("stat %lx\n", CONSTANT("rcx", SYS_stat));
	say("access %lx\n", CONSTANT("rdx", SYS_access));
	say("openat %lx\n", CONSTANT("rsi", SYS_openat));
	say("newfstatat %lx\n", CONSTANT("rdi", SYS_newfstatat));
	say("readlink %lx\n", CONSTANT("r8", SYS_readlink));
	say("getcwd %lx\n", CONSTANT("r9", SYS_getcwd));
	say("mmap %lx\n", CONSTANT("r10", SYS_mmap));
	say("mkdir %lx\n", CONSTANT("r11", SYS_mkdir));
}

CASE(constant_in_text)
{
	say_all();
}

/* The text once more, as a loader maps a library's. */
CASE(constant_in_mapped_text)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)getauxval(AT_PHDR);
	const int fd = open("/proc/self/exe", O_RDONLY);

	for (; p->p_type != PT_LOAD || !(p->p_flags & PF_X); p++)
		;
	const size_t before = p->p_offset & 4095, offset = p->p_offset - before,
		     len = before + p->p_filesz;
	const unsigned char *code =
		mmap(NULL, len, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, (off_t)offset);
	size_t found = 0;

	for (size_t at = 2; at + 8 <= len; at++)
		if (code[at - 1] >= 0xb8 && code[at - 1] <= 0xbf &&
			(code[at - 2] == 0x48 || code[at - 2] == 0x49) && code[at] == 0xb8 &&
			!memcmp(code + at + 3, "\0\0\x0f\x05\xc3", 5))
			found++;
	say("%zu constants\n", found);
}
