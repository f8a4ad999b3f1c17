/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_code.c - tests calls from code that no library has: made at run time, at the end of a
 * page, in threads without TLS.
 */
#include "twin.h"

typedef long (*call_code)(long nr, long a, long b, long c);

/* mov %rdi,%rax; mov %rsi,%rdi; mov %rdx,%rsi; mov %rcx,%rdx; syscall; ret */
static const unsigned char code[] = {
	0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca, 0x0f, 0x05, 0xc3};

static void try_code(const char *what, call_code f)
{
	struct stat st;

	say("%s: access %d\n", what, (int)f(SYS_access, (long)"/etc/absolute", F_OK, 0));
	say("%s: stat %d\n", what, (int)f(SYS_stat, (long)"/etc/above", (long)&st, 0));
	say("%s: missing %d\n", what, (int)f(SYS_open, (long)"missing", O_RDONLY, 0));
	say("%s: mkdir %d\n", what, (int)f(SYS_mkdir, (long)"d", 0755, 0));
	say("%s: rmdir %d\n", what, (int)f(SYS_rmdir, (long)"d", 0, 0));
}

CASE(code_made_at_run_time)
{
	unsigned char *p = mmap(
		NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof(code));
	try_code("anonymous", (call_code)(void *)p);
	memcpy(p + 4096 - sizeof(code), code, sizeof(code));
	munmap(p + 4096, 4096);
	try_code("at the end of a page", (call_code)(void *)(p + 4096 - sizeof(code)));
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	try_code("read-only", (call_code)(void *)p);
}

CASE(code_mapped_from_a_file)
{
	int fd = open("code", O_RDWR | O_CREAT, 0755);

	write(fd, code, sizeof(code));
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	try_code("mapped", (call_code)p);
	/* The program reads its own code as it is in the file. */
	say("unchanged %d\n", memcmp(p, code, sizeof(code)) == 0);
	munmap(p, 4096);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	say("the file too %d\n", memcmp(p, code, sizeof(code)) == 0);
}

/* A thread as a run time without libc makes it: clone from assembly, no TLS of its own, its own
 * small stack. It makes `rounds` calls of access(path), counts failures at fail, and then sets done
 * and ends. */
struct bare {
	volatile long rounds, fail, done;
	const char *path;
};
long bare_thread(unsigned long flags, void *stack_top, struct bare *work);
__asm__(".text\n.globl bare_thread\n.type bare_thread, @function\n"
	"bare_thread:\n"
	"mov %rdx, %r8\n"
	"xor %edx, %edx; xor %r10d, %r10d\n"
	"mov $56, %eax; syscall\n" /* clone */
	"test %rax, %rax; jz 1f\n"
	"ret\n"
	"1: mov %r8, %rbx\n"
	"2: mov $21, %eax; mov 24(%rbx), %rdi; xor %esi, %esi; syscall\n" /* access */
	"test %rax, %rax; jz 3f\n"
	"incq 8(%rbx)\n"
	"3: decq (%rbx); jnz 2b\n"
	"movq $1, 16(%rbx)\n"
	"mov $60, %eax; xor %edi, %edi; syscall\n" /* exit */
	"hlt\n");

static void bare(size_t stack_size)
{
	enum { THREADS = 4 };
	static struct bare work[THREADS];
	/* CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM */
	const unsigned long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;
	int made = 0, done = 0, failed = 0;

	for (int i = 0; i < THREADS; i++) {
		/* With nothing mapped below the stack. */
		char *area = mmap(NULL, 3 * 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(area + 65536, 65536, PROT_READ | PROT_WRITE);
		size_t size = (stack_size + 4095) & ~(size_t)4095;
		if (size < 65536)
			mprotect(area + 65536, 65536 - size, PROT_NONE);
		work[i].rounds = 200;
		work[i].fail = work[i].done = 0;
		work[i].path = i & 1 ? "/etc/absolute" : "here";
		made += bare_thread(flags, area + 2 * 65536 - (size - stack_size) - 64, &work[i]) >
			0;
	}
	for (int i = 0; i < THREADS; i++) {
		for (int wait = 0; wait < 50000 && !work[i].done; wait++)
			nanosleep(&((struct timespec){0, 1000000}), NULL);
		done += work[i].done != 0;
		failed += work[i].fail != 0;
	}
	say("stack %ld: made %d done %d failed %d\n", (long)stack_size, made, done, failed);
}

CASE(code_thread_without_tls)
{
	put("here", "x");
	bare(65536);
	R(access("here", F_OK));
}

CASE(code_thread_16k_stack)
{
	put("here", "x");
	bare(16384);
}

/* A system call needs no stack at all. */
CASE(code_thread_tiny_stack)
{
	put("here", "x");
	CHILD("tiny")
		bare(1024);
}

/* Not even a valid stack pointer. */
static long call_without_stack(long nr, const char *path)
{
	long r;

	__asm__ volatile("mov %%rsp, %%r12; xor %%esp, %%esp; syscall; mov %%r12, %%rsp"
			 : "=a"(r)
			 : "a"(nr), "D"(path), "S"(0L), "d"(0L)
			 : "rcx", "r11", "r12", "memory");
	return r;
}

CASE(code_without_stack)
{
	CHILD("access")
		say("%d\n", (int)call_without_stack(SYS_access, "/etc/absolute"));
	CHILD("missing")
		say("%d\n", (int)call_without_stack(SYS_access, "missing"));
}

/* The calls of the vsyscall page: the kernel emulates them, if it has them. */
CASE(code_vsyscall)
{
	CHILD("time") {
		long (*old_time)(long *) = (long (*)(long *))0xffffffffff600400UL;
		say("%d\n", old_time(NULL) > 1000000000);
	}
	struct timespec ts;
	R(clock_gettime(CLOCK_REALTIME, &ts));
	say("%d\n", ts.tv_sec > 1000000000);
}
