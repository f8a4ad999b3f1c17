/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_auxv.c - tests what a program finds on its first stack: auxiliary vector, program
 * headers, stack, heap.
 */
#include "twin.h"

#include <elf.h>
#include <link.h>

static const char *elf_at(unsigned long address)
{
	return address && memcmp((const void *)address, "\177ELF", 4) == 0 ? "an ELF header" :
	       address							   ? "something" :
									     "0";
}

static int first_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	say("first object's headers are AT_PHDR's %d, count %d\n",
		(unsigned long)info->dlpi_phdr == getauxval(AT_PHDR),
		info->dlpi_phnum == getauxval(AT_PHNUM));
	say("name %q\n", info->dlpi_name);
	return 1;
}

static int each_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	/* The vDSO's name differs between libraries, not between runs. */
	say("object %q with %d headers\n", info->dlpi_name, info->dlpi_phnum);
	return 0;
}

CASE(auxv)
{
	const ElfW(Phdr) *ph = (const void *)getauxval(AT_PHDR);
	unsigned long base = 0, phnum = getauxval(AT_PHNUM);
	ElfW(Ehdr) eh;
	int fd = open(twin_self, O_RDONLY);

	R(read(fd, &eh, sizeof(eh)));
	for (unsigned long i = 0; i < phnum; i++) {
		if (ph[i].p_type == PT_PHDR)
			base = (unsigned long)ph - ph[i].p_vaddr;
	}
	say("AT_PHNUM %ld is the file's %d, AT_PHENT %ld\n", phnum, phnum == eh.e_phnum,
		getauxval(AT_PHENT));
	if (base || eh.e_type == ET_DYN)
		say("AT_ENTRY is the file's %d\n", getauxval(AT_ENTRY) == base + eh.e_entry);
	else
		say("AT_ENTRY is the file's %d\n", getauxval(AT_ENTRY) == eh.e_entry);
	say("at the base: %s\n", base ? elf_at(base) : "fixed");
	say("AT_BASE: %s\n", elf_at(getauxval(AT_BASE)));
	say("AT_SYSINFO_EHDR: %s\n", elf_at(getauxval(AT_SYSINFO_EHDR)));
	say("AT_EXECFN %q\n", (const char *)getauxval(AT_EXECFN));
	say("AT_PLATFORM %q\n", (const char *)getauxval(AT_PLATFORM));
	say("AT_PAGESZ %ld AT_CLKTCK %ld AT_SECURE %ld AT_FLAGS %ld\n", getauxval(AT_PAGESZ),
		getauxval(AT_CLKTCK), getauxval(AT_SECURE), getauxval(AT_FLAGS));
	say("AT_HWCAP %lx AT_HWCAP2 %lx AT_MINSIGSTKSZ %ld\n", getauxval(AT_HWCAP),
		getauxval(AT_HWCAP2), getauxval(51));
	say("AT_UID is ours %d, AT_GID %d\n", (uid_t)getauxval(AT_UID) == (uid_t)getuid(),
		(gid_t)getauxval(AT_EGID) == (gid_t)getegid());
	const unsigned char *random = (const unsigned char *)getauxval(AT_RANDOM);
	int nonzero = 0;
	for (int i = 0; i < 16; i++)
		nonzero += random[i] != 0;
	say("AT_RANDOM %s\n", nonzero > 4 ? "random" : "not random");
	dl_iterate_phdr(first_object, NULL);
}

CASE(auxv_objects)
{
	dl_iterate_phdr(each_object, NULL);
}

/* /proc/self/auxv is what the kernel remembers, the stack is what the program got: gdb reads the
 * former. */
CASE(auxv_proc)
{
	unsigned long v[128];
	int fd = (int)R(open("/proc/self/auxv", O_RDONLY));
	long n = read(fd, v, sizeof(v));

	say("%ld pairs\n", n / 16);
	for (long i = 0; i + 1 < n / 8; i += 2) {
		unsigned long mine = getauxval(v[i]);
		if (v[i] == AT_NULL)
			break;
		say("type %ld %s\n", v[i], mine == v[i + 1] ? "agrees" : "differs");
	}
}

/* argv, environment and the strings lie as the kernel lays them. */
CASE(auxv_stack)
{
	char **e = environ;
	size_t argc_at;

	while (*e)
		e++;
	unsigned long *aux = (unsigned long *)(void *)(e + 1);
	say("auxv after the environment %d\n", (aux[0] > 0 && aux[0] < 64) || aux[0] == 51);
	argc_at = (size_t)(environ - argv) - 1;
	say("argc before argv %d\n", (long)argc_at == argc && ((long *)(void *)argv)[-1] == argc);
	say("aligned %ld\n", (long)((unsigned long)((long *)(void *)argv - 1) & 15));
	say("strings in order %d\n", argv[0] + strlen(argv[0]) + 1 == argv[1]);
	say("environment after argv %d\n",
		argv[argc - 1] + strlen(argv[argc - 1]) + 1 == environ[0]);
	const char *last = environ[0];
	for (char **v = environ; *v; v++)
		last = *v;
	say("AT_EXECFN after the environment %d\n",
		(const char *)getauxval(AT_EXECFN) == last + strlen(last) + 1);
}

CASE(auxv_heap)
{
	char *got = sbrk(100000);
	say("grows %d\n", got != (char *)-1);
	if (got != (char *)-1)
		memset(got, 1, 100000);
	say("%d\n", (char *)sbrk(0) >= got + 100000);
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say("mmap %d\n", p != MAP_FAILED);
	/* Above mmap_min_addr and below everything: what the jail may not have taken, at least not
	 * much of it. */
	struct rlimit rl;
	R(getrlimit(RLIMIT_STACK, &rl));
	say("%ld\n", (long)rl.rlim_cur);
	R(getrlimit(RLIMIT_NOFILE, &rl));
	say("%ld %ld\n", (long)rl.rlim_cur, (long)rl.rlim_max);
	R(getrlimit(RLIMIT_DATA, &rl));
	R(getrlimit(RLIMIT_AS, &rl));
	say("%d\n", rl.rlim_cur == RLIM_INFINITY);
}
