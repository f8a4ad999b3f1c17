/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copies-lib.c - a library with system calls of its own that says which version it is;
 * tests/workflows/copies.sh.
 */
#include <sys/syscall.h>

static inline long call(long nr, const void *a, long b)
{
	long r = nr;

	__asm__ volatile("syscall" : "+a"(r) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return r;
}

/* Something that its program's stat(2) cannot have said. */
long seen(const char *path)
{
	return call(SYS_access, path, 0);
}

long where(char *path, long size)
{
	return call(SYS_getcwd, path, size);
}

#ifdef FULL /* its text leaves no room in its last page: two bytes */
__asm__(".section .text.last, \"ax\", @progbits\n.p2align 12\n.skip 4094, 0x90\n.text");
#endif

int version(void)
{
	return VERSION;
}
