/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * changed.c - what the door would change in the texts of ELF files, printed for changed.sh.
 *
 *	changed FILE...
 *
 * For each file `file FOUND CERTAIN FILE`: how many places look like a system call that could
 * become a jump, and how many of them are one for certain. Then `from ADDRESS` and `end ADDRESS`
 *for each of these: where an instruction must begin in the file as linked, if nothing else is
 * overwritten. */
#include "text/certain.h"
#include "text/sites.h"
#include "text/flow.h"

#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>

static bool any(long nr)
{
	return nr >= 0;
}

struct counts {
	uint32_t found, certain;
};

static void look(const uint8_t *file, uint64_t len, const Elf64_Phdr *p, struct counts *n)
{
	static struct fj_site site[FJ_SITES_MAX];
	/* As the loader maps it: from the beginning of the page. */
	const uint64_t offset = p->p_offset & ~4095UL,
		       text_len = p->p_offset + p->p_filesz - offset;
	const struct fj_certain_text text = {file, len, offset, text_len};
	void *work = calloc(FJ_FLOW_WORK(text_len), 1);
	uint32_t count;

	if (!work)
		abort();
	count = fj_sites_find_numbers(file + offset, text_len, any, true, site, FJ_SITES_MAX);
	n->found += count;
	count = fj_certain_keep(&text, site, count, work);
	n->certain += count;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t base = p->p_vaddr - p->p_offset + offset,
			       from = fj_certain_first(&site[i]);

		printf("from %lx\n", base + from);
		if (site[i].kind == FJ_SITE_NUMBER)
			printf("end %lx\n", base + from + 5);
		printf("end %lx\n", base + site[i].at);
	}
	free(work);
}

static bool is_within(const Elf64_Phdr *p, uint64_t len)
{
	return p->p_offset < len && p->p_filesz <= len - p->p_offset;
}

static void look_at_file(const char *name, const uint8_t *file, uint64_t len)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)file;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(file + e->e_phoff);
	struct counts n = {0};

	if (len < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) != 0 ||
		e->e_ident[EI_CLASS] != ELFCLASS64 || e->e_machine != 62 /* x86-64 */ ||
		e->e_phoff > len || e->e_phnum > (len - e->e_phoff) / sizeof(*p))
		return;
	for (int i = 0; i < e->e_phnum; i++)
		if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X && is_within(&p[i], len))
			look(file, len, &p[i], &n);
	printf("file %u %u %s\n", n.found, n.certain, name);
}

/* What is no ELF file says so in its first bytes, and is not read further. */
static uint64_t read_file(FILE *from, uint8_t **file)
{
	char magic[SELFMAG];
	long len;

	if (fread(magic, SELFMAG, 1, from) != 1 || memcmp(magic, ELFMAG, SELFMAG) != 0 ||
		fseek(from, 0, SEEK_END) || (len = ftell(from)) <= 0)
		return 0;
	rewind(from);
	*file = malloc((size_t)len);
	if (!*file || fread(*file, (size_t)len, 1, from) != 1)
		abort();
	return (uint64_t)len;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *from = fopen(argv[i], "re");
		uint8_t *file = NULL;
		uint64_t len;

		if (!from) {
			perror(argv[i]);
			return 1;
		}
		len = read_file(from, &file);
		if (len)
			look_at_file(argv[i], file, len);
		free(file);
		fclose(from);
	}
	return 0;
}
