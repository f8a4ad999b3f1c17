/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elf_tiny.c - the program of which elf.sh makes mutants. Its exit status is 42 if its data are
 * right and its bss is zero. With -DALONE it needs no library. */
static volatile long data[2000] = {42}, clear[3000];

#ifdef ALONE
void _start(void);
void _start(void)
{
	const long status = data[0] + clear[2999];

	__asm__ volatile("syscall" : : "a"(231L) /* exit_group */, "D"(status));
	__builtin_unreachable();
}
#else
int main(void)
{
	return (int)(data[0] + clear[2999]);
}
#endif
