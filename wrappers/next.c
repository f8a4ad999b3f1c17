/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * next.c - finds libc's own function behind a wrapper. Called by the wrappers that need it.
 *
 * In glibc before 2.34 dlsym(3) is in a library of its own, so this object cannot refer to it. So
 * the symbol tables of the loaded objects are read, in search order (elf(5); the hash tables are
 * those of the generic ABI and of the GNU extension). */
#define _GNU_SOURCE
#include <link.h>

#include "wrappers/wrap.h"

struct search {
	const char *name;
	bool is_behind_us; /* this object has been passed */
	void *found;
};

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

struct tables {
	const ElfW(Sym) *symbols;
	const char *strings;
	const ElfW(Half) *versions;
	const uint32_t *gnu, *sysv;
};

static bool is_wanted(const struct tables *t, uint32_t i, const char *name)
{
	const ElfW(Sym) *s = &t->symbols[i];

	/* Bit 15: an old version of the symbol, only for old programs. */
	return s->st_shndx != SHN_UNDEF && s->st_value &&
	       !(t->versions && (t->versions[i] & 0x8000)) &&
	       is_same(t->strings + s->st_name, name);
}

static const ElfW(Sym) *find_gnu(const struct tables *t, const char *name)
{
	const uint32_t hash = gnu_hash(name);
	const uint32_t buckets = t->gnu[0], first = t->gnu[1], bloom_words = t->gnu[2];
	const uint32_t *bucket = t->gnu + 4 + bloom_words * (sizeof(ElfW(Addr)) / 4);
	const uint32_t *chain = bucket + buckets;
	uint32_t i = buckets ? bucket[hash % buckets] : 0;

	for (; i >= first && i; i++) {
		if ((chain[i - first] | 1) == (hash | 1) && is_wanted(t, i, name))
			return &t->symbols[i];
		if (chain[i - first] & 1)
			break;
	}
	return NULL;
}

static const ElfW(Sym) *find_sysv(const struct tables *t, const char *name)
{
	for (uint32_t i = 1; i < t->sysv[1]; i++)
		if (is_wanted(t, i, name))
			return &t->symbols[i];
	return NULL;
}

static const ElfW(Dyn) *dynamic_of(const struct dl_phdr_info *info)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return NULL;
}

static int look_in(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;
	const ElfW(Dyn) *d = dynamic_of(info);
	struct tables t = {0};
	const ElfW(Sym) *s = NULL;

	(void)size;
	if (d == _DYNAMIC) {
		search->is_behind_us = true;
		return 0;
	}
	if (!d || !search->is_behind_us)
		return 0;
	for (; d->d_tag != DT_NULL; d++) {
		/* glibc has added the load address to these already. musl has not, nor has the
		 * vDSO. */
		const ElfW(Addr) at = d->d_un.d_ptr < info->dlpi_addr ?
					      info->dlpi_addr + d->d_un.d_ptr :
					      d->d_un.d_ptr;

		if (d->d_tag == DT_SYMTAB)
			t.symbols = (const void *)at;
		else if (d->d_tag == DT_STRTAB)
			t.strings = (const void *)at;
		else if (d->d_tag == DT_VERSYM)
			t.versions = (const void *)at;
		else if (d->d_tag == DT_GNU_HASH)
			t.gnu = (const void *)at;
		else if (d->d_tag == DT_HASH)
			t.sysv = (const void *)at;
	}
	if (!t.symbols || !t.strings)
		return 0;
	if (t.gnu)
		s = find_gnu(&t, search->name);
	else if (t.sysv)
		s = find_sysv(&t, search->name);
	if (!s)
		return 0;
	search->found = (void *)(info->dlpi_addr + s->st_value);
	return 1;
}

void *fj_next(const char *name)
{
	struct search search = {.name = name};

	dl_iterate_phdr(look_in, &search);
	return search.found;
}
