/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elf_mutants.c - executes damaged ELF programs, and prints how each of them ends. For elf.sh,
 * which compares the kernel in a chroot with the loader in a jail.
 *
 *	elf_mutants GOOD PROGRAM SEED FIRST COUNT
 *
 * Mutant number N of a seed is GOOD with some fields of its ELF header and program headers changed.
 * It is written to /w/mutant. PROGRAM is that file, or has it as its interpreter. Prints a line for
 * each mutant: the number, how it ended, and the changes. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUTANT "/w/mutant"
#define FILE_MAX (4 << 20)

static char good[FILE_MAX], bad[FILE_MAX];
static size_t good_len, bad_len;
static char changes[400];
/* The mutant is an interpreter: then only fields that the kernel reads are changed. It reads the
 * other fields itself, and a wrong address may lead it to the engine's memory, which only a jail
 * has. */
static int is_interpreter;

/* of splitmix64 */
static uint64_t state;
static uint64_t chance(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15UL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return z ^ (z >> 31);
}

struct field {
	const char *name;
	size_t at, size;
};
#define OF(type, field)                                                                            \
	{                                                                                          \
#field, offsetof(type, field), sizeof(((type *)0)->field)                          \
	}
static const struct field of_header[] = {OF(Elf64_Ehdr, e_type), OF(Elf64_Ehdr, e_machine),
	OF(Elf64_Ehdr, e_version), OF(Elf64_Ehdr, e_entry), OF(Elf64_Ehdr, e_phoff),
	OF(Elf64_Ehdr, e_shoff), OF(Elf64_Ehdr, e_flags), OF(Elf64_Ehdr, e_ehsize),
	OF(Elf64_Ehdr, e_phentsize), OF(Elf64_Ehdr, e_phnum), OF(Elf64_Ehdr, e_shentsize),
	OF(Elf64_Ehdr, e_shnum), OF(Elf64_Ehdr, e_shstrndx)};
static const struct field of_segment[] = {OF(Elf64_Phdr, p_type), OF(Elf64_Phdr, p_flags),
	OF(Elf64_Phdr, p_offset), OF(Elf64_Phdr, p_vaddr), OF(Elf64_Phdr, p_paddr),
	OF(Elf64_Phdr, p_filesz), OF(Elf64_Phdr, p_memsz), OF(Elf64_Phdr, p_align)};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t another_value(uint64_t old)
{
	static const uint64_t odd[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0xfff, 0x1000, 0x1001, 0x10000,
		0x200000, 0x400000, 1UL << 31, 1UL << 32, 1UL << 46, 0x7ffffffff000UL,
		0x7fffffffe000UL, 1UL << 47, 1UL << 62, 1UL << 63, ~0UL, ~0xfffUL};

	switch (chance() % 8) {
	case 0:
	case 1:
		return odd[chance() % COUNT(odd)];
	case 2:
		return old + (chance() % 3 - 1) * 0x1000;
	case 3:
		return old + chance() % 17 - 8;
	case 4:
		return old ^ 1UL << chance() % 64;
	case 5:
		return old + (chance() % 65 - 32) * 0x1000;
	case 6:
		return old * 2;
	default:
		return chance() >> chance() % 64;
	}
}

static void change(const char *of, int index, const struct field *f, size_t base)
{
	uint64_t value = 0;
	char text[80];

	if (base + f->at + f->size > bad_len)
		return;
	memcpy(&value, bad + base + f->at, f->size);
	value = another_value(value);
	if (is_interpreter && f->size == 8) /* the kernel may map an interpreter over other
					       mappings below it */
		value >>= value >> 63;
	memcpy(bad + base + f->at, &value, f->size);
	if (f->size < 8)
		value &= (1UL << (8 * f->size)) - 1;
	snprintf(text, sizeof(text), " %s%d.%s=%#lx", of, index, f->name, (unsigned long)value);
	strncat(changes, text, sizeof(changes) - strlen(changes) - 1);
}

static uint32_t type_of(int index)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)good;

	return ((const Elf64_Phdr *)(good + eh->e_phoff))[index].p_type;
}

static void make_mutant(uint64_t seed, uint64_t number)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)good;
	char text[80];

	state = seed * 0x100000001b3UL + number;
	memcpy(bad, good, good_len);
	bad_len = good_len;
	changes[0] = 0;
	for (uint64_t n = 1 + chance() % 3; n; n--) {
		const uint64_t which = chance() % 20;
		const int index = (int)(chance() % eh->e_phnum);

		if (which == 0) {
			bad_len = chance() % 2 ? chance() % good_len : chance() % 1024;
			snprintf(text, sizeof(text), " length=%zu", bad_len);
			strncat(changes, text, sizeof(changes) - strlen(changes) - 1);
		} else if (which < 5) {
			change("h", 0, &of_header[chance() % COUNT(of_header)], 0);
		} else if (!is_interpreter || type_of(index) == PT_LOAD) {
			change("p", index, &of_segment[chance() % COUNT(of_segment)],
				eh->e_phoff + (size_t)index * sizeof(Elf64_Phdr));
		}
	}
}

static int write_mutant(void)
{
	const int fd = (unlink(MUTANT), open(MUTANT, O_WRONLY | O_CREAT | O_EXCL, 0755));
	const int is_written = fd >= 0 && write(fd, bad, bad_len) == (ssize_t)bad_len;

	close(fd);
	return is_written;
}

/* A mutant that runs for long may never end. */
static void limit(void)
{
	const struct rlimit cpu = {1, 1}, none = {0, 0}, file = {1 << 20, 1 << 20};

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &file);
	alarm(20);
}

static void run(const char *program, char *how, size_t size)
{
	char *argv[] = {(char *)program, NULL}, *envp[] = {NULL};
	int error = 0, status = 0, from[2];
	pid_t pid;

	if (pipe2(from, O_CLOEXEC) || (pid = fork()) < 0) {
		perror("elf_mutants");
		exit(1);
	}
	if (!pid) {
		limit();
		dup2(2, 1); /* the output of a mutant is not kept */
		execve(program, argv, envp);
		error = errno;
		write(from[1], &error, sizeof(error));
		_exit(0);
	}
	close(from[1]);
	if (read(from[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(from[0]);
	waitpid(pid, &status, 0);
	if (error)
		snprintf(how, size, "errno %d", error);
	else if (WIFEXITED(status))
		snprintf(how, size, "exit %d", WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ||
		 WTERMSIG(status) == SIGALRM)
		snprintf(how, size, "runs on");
	else
		snprintf(how, size, "signal %d", WTERMSIG(status));
}

int main(int argc, char **argv)
{
	uint64_t seed, number, end;
	ssize_t n;
	int fd;

	if (argc != 6)
		return 2;
	fd = open(argv[1], O_RDONLY);
	n = read(fd, good, sizeof(good));
	close(fd);
	if (n < (ssize_t)sizeof(Elf64_Ehdr))
		return 2;
	good_len = (size_t)n;
	is_interpreter = strcmp(argv[2], MUTANT) != 0;
	seed = strtoull(argv[3], NULL, 0);
	number = strtoull(argv[4], NULL, 0);
	end = number + strtoull(argv[5], NULL, 0);
	fd = open("/w/nothing", O_RDWR | O_CREAT, 0644);
	dup2(fd, 0);
	dup2(fd, 2);
	for (; number < end; number++) {
		char how[40];

		make_mutant(seed, number);
		if (!write_mutant())
			return 1;
		run(argv[2], how, sizeof(how));
		dprintf(1, "%lu: %s,%s\n", (unsigned long)number, how, changes);
	}
	return 0;
}
