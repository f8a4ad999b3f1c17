/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * machine.h - x86_64 in numbers and single instructions. Included only by sys/arch.h. */
#ifndef FJ_MACHINE_H
#define FJ_MACHINE_H

#include <stdint.h>

/* linux/elf-em.h, linux/audit.h, elf.h */
#define FJ_ELF_MACHINE EM_X86_64
#define FJ_AUDIT_ARCH AUDIT_ARCH_X86_64
#define FJ_ELF_RELATIVE R_X86_64_RELATIVE

#define FJ_MACHINE_NAME "x86_64" /* uname -m */
/* name of directories for libraries in Debian and derived systems (multiarch) */
#define FJ_LIBRARIES_NAME "x86_64-linux-gnu"
/* Another word size or ABI with the same ELF machine, whose programs cannot run. */
#define FJ_MACHINE_SIBLING "an x32"

/* TASK_SIZE_MAX with four-level tables, arch/x86/include/asm/page_64_types.h. A program gets no
 * address above it unless it asks for one. */
#define FJ_ADDRESS_END 0x7ffffffff000UL

#define FJ_SYSCALL_SIZE 2u /* bytes of a syscall instruction */

/* Raises SIGSEGV: only the kernel may execute this instruction. */
static inline void fj_arch_fault(void)
{
	__asm__ volatile("hlt");
}

/* The base of fs. libc gives each of its threads another one, so it tells apart the threads in one
 * memory. 0: the thread has none. */
#define FJ_ARCH_GET_FS 0x1003 /* asm/prctl.h */
long fj_sys_arch_prctl(int code, uint64_t *base);
static inline uint64_t fj_thread_pointer(void)
{
	uint64_t base = 0;

	fj_sys_arch_prctl(FJ_ARCH_GET_FS, &base);
	return base;
}

/* A counter that runs by itself, at 1 to 5 GHz: the time stamp counter. A process may be forbidden
 * to read it (prctl(2), PR_SET_TSC). Two processors may differ by some counts. */
static inline uint64_t fj_arch_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Makes the stack, ending at `top`, for a child of clone(2) that shares this memory. The child runs
 * `begin`(`data`), which must not return. Returns the stack pointer for clone(2). */
void fj_arch_child(void);
static inline void *fj_arch_child_stack(uintptr_t top, void (*begin)(void *data), void *data)
{
	uintptr_t *stack = (uintptr_t *)((top & ~(uintptr_t)15) - 24);

	stack[0] = (uintptr_t)fj_arch_child; /* the gate returns to it */
	stack[1] = (uintptr_t)begin;
	stack[2] = (uintptr_t)data;
	return stack;
}
#endif
