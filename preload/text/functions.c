/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * functions.c - the functions that an ELF file lists. Called by certain.c.
 *
 * It finds what the sorted table of frames.c does not tell: a static program of glibc has .eh_frame without
 * that table, musl has only symbols, and Go has a table of its own. They are found by the section headers;
 * a file without these tells nothing.
 *
 * Pure. The file may hold anything. */
#include "text/functions.h"

#include "bytes/bytes.h"
#include "bytes/len.h"
#include "text/frames.h"

#include <linux/elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTIONS_MAX 4096u
#define STT_FUNC_ 2

static bool read_section(const struct fj_frames *f, const Elf64_Ehdr *e, uint32_t i, Elf64_Shdr *s)
{
	return i < e->e_shnum && i < SECTIONS_MAX && e->e_shentsize == sizeof(*s) &&
	       e->e_shoff < f->len &&
	       fj_frames_read(f, e->e_shoff + i * sizeof(*s), s, sizeof(*s)) &&
	       s->sh_offset <= f->len && s->sh_size <= f->len - s->sh_offset;
}

static void report_function(const struct fj_frames *f, uint64_t address, uint64_t len,
	fj_function_found *found, void *data)
{
	uint64_t from;

	if (fj_frames_offset_of(f, address, &from) && len <= f->len)
		found(data, from, from + len);
}

static void each_symbol(
	const struct fj_frames *f, const Elf64_Shdr *s, fj_function_found *found, void *data)
{
	Elf64_Sym symbol;

	if (s->sh_entsize != sizeof(symbol))
		return;
	for (uint64_t at = 0; at + sizeof(symbol) <= s->sh_size; at += sizeof(symbol))
		if (fj_frames_read(f, s->sh_offset + at, &symbol, sizeof(symbol)) &&
			(symbol.st_info & 15) == STT_FUNC_ && symbol.st_shndx && symbol.st_size)
			report_function(f, symbol.st_value, symbol.st_size, found, data);
}

static void each_frame(
	const struct fj_frames *f, const Elf64_Shdr *s, fj_function_found *found, void *data)
{
	uint64_t at = 0;

	while (at + 8 <= s->sh_size) {
		struct {
			uint32_t len, cie;
			int32_t from;
			uint32_t size;
		} entry = {0};
		uint64_t next;

		if (!fj_frames_read(f, s->sh_offset + at, &entry, 8))
			return;
		if (entry.len == 0xffffffff)
			return; /* 64-bit lengths, which no x86-64 linker writes */
		next = at + 4 + entry.len;
		if (entry.len >= 12 && entry.cie && entry.cie <= at + 4 &&
			fj_frames_is_known_cie(f, s->sh_offset + at + 4 - entry.cie) &&
			fj_frames_read(f, s->sh_offset + at, &entry, sizeof(entry)))
			report_function(f, s->sh_addr + at + 8 + (uint64_t)(int64_t)entry.from,
				entry.size, found, data);
		at = next;
	}
}

/* Go's table of functions (internal/abi/symtab.go and runtime/symtab.go): sorted pairs of a function's
 * address and another value. Before Go 1.18 they have 8 bytes each and follow the head; since then 4,
 * relative to the text. */
struct go_table {
	uint64_t pairs, count, text;
	uint32_t size; /* of an address */
};

static bool read_go_table(const struct fj_frames *f, const Elf64_Shdr *s, struct go_table *t)
{
	struct {
		uint32_t magic;
		uint8_t zero[2], quantum, pointer;
		uint64_t count, files, text, at[5];
	} head;

	if (!fj_frames_read(f, s->sh_offset, &head, sizeof(head)) || head.quantum != 1 ||
		head.pointer != 8)
		return false;
	*t = (struct go_table){.count = head.count, .size = 8};
	if (head.magic == 0xfffffffb) /* 1.2 */
		t->pairs = 16;
	else if (head.magic == 0xfffffffa) /* 1.16: without the text */
		t->pairs = head.at[3];
	else if (head.magic == 0xfffffff0 || head.magic == 0xfffffff1) { /* 1.18, 1.20 */
		t->pairs = head.at[4];
		t->text = head.text;
		t->size = 4;
	} else
		return false;
	return (t->size == 8 || t->text) && t->pairs < s->sh_size &&
	       t->count < (s->sh_size - t->pairs) / (2 * t->size);
}

static uint64_t go_function(const struct fj_frames *f, const struct go_table *t, uint64_t at)
{
	uint64_t address = 0;

	fj_frames_read(f, at, &address, t->size);
	return t->text + address;
}

static void each_go_function(
	const struct fj_frames *f, const Elf64_Shdr *s, fj_function_found *found, void *data)
{
	struct go_table t;
	uint64_t from, end;

	if (!read_go_table(f, s, &t))
		return;
	end = go_function(f, &t, s->sh_offset + t.pairs);
	for (uint64_t i = 0; i < t.count; i++) {
		from = end;
		end = go_function(f, &t, s->sh_offset + t.pairs + (i + 1) * 2 * t.size);
		if (from < end)
			report_function(f, from, end - from, found, data);
	}
}

static bool is_section_named(
	const struct fj_frames *f, const Elf64_Shdr *names, const Elf64_Shdr *s, const char *name)
{
	char there[24];
	const size_t len = fj_strlen(name) + 1;

	return fj_frames_read(f, names->sh_offset + s->sh_name, there, len) &&
	       !memcmp(there, name, len);
}

void fj_functions_each(const struct fj_frames *f, fj_function_found *found, void *data)
{
	Elf64_Shdr names, s;
	Elf64_Ehdr e;

	if (!fj_frames_read(f, 0, &e, sizeof(e)) || !read_section(f, &e, e.e_shstrndx, &names))
		return;
	for (uint32_t i = 0; i < e.e_shnum && i < SECTIONS_MAX; i++) {
		if (!read_section(f, &e, i, &s) || s.sh_type == SHT_NOBITS)
			continue;
		if (s.sh_type == SHT_SYMTAB || s.sh_type == SHT_DYNSYM)
			each_symbol(f, &s, found, data);
		else if (!f->table && is_section_named(f, &names, &s, ".eh_frame"))
			each_frame(f, &s, found, data);
		else if (is_section_named(f, &names, &s, ".gopclntab") ||
			 is_section_named(f, &names, &s, ".data.rel.ro.gopclntab"))
			each_go_function(f, &s, found, data);
	}
}

bool fj_functions_entry(const struct fj_frames *f, uint64_t *offset)
{
	Elf64_Ehdr e;

	return fj_frames_read(f, 0, &e, sizeof(e)) && e.e_entry &&
	       fj_frames_offset_of(f, e.e_entry, offset);
}
