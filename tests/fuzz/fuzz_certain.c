/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_certain.c - an ELF file, which may be none at all, as far as it tells which of its system
 * calls are instructions (text/certain.c, flow.c, functions.c, frames.c). */
#include "text/certain.h"
#include "text/decode.h"
#include "text/frames.h"
#include "text/sites.h"

#include "fuzz.h"
#include "text/flow.h"

#include <linux/elf.h>
#include <string.h>

#define SITES 64u

static bool any(long nr)
{
	return nr >= 0;
}

/* Its first segment that can be run; in a file without one, all of it. */
static void find_text(struct fj_certain_text *t)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;

	t->offset = 0;
	t->len = t->file_len;
	if (t->file_len < sizeof(e))
		return;
	memcpy(&e, t->file, sizeof(e));
	for (uint32_t i = 0; i < e.e_phnum && i < 64; i++) {
		const uint64_t at = e.e_phoff + i * sizeof(p);

		if (at > t->file_len || t->file_len - at < sizeof(p))
			return;
		memcpy(&p, t->file + at, sizeof(p));
		if (p.p_type != PT_LOAD || !(p.p_flags & PF_X) || p.p_offset > t->file_len)
			continue;
		t->offset = p.p_offset;
		t->len = p.p_filesz < t->file_len - p.p_offset ? p.p_filesz :
								 t->file_len - p.p_offset;
		return;
	}
}

/* Whole instructions, one behind the other, up to the end of the call. */
static void claim_whole(const uint8_t *code, uint64_t len, const struct fj_site *s)
{
	const uint64_t end = s->kind == FJ_SITE_BEHIND ? s->at + s->moved : s->at + 2;
	uint64_t at = fj_certain_first(s);

	fuzz_claim(at < end && end <= len);
	while (at < end) {
		struct fj_insn insn;

		fuzz_claim(fj_decode(code + at, len - at, &insn));
		at += insn.len;
	}
	fuzz_claim(at == end);
}

static void keep(const struct fj_certain_text *t, struct fj_site *site, uint32_t count)
{
	static struct fj_site before[SITES];
	void *work = calloc(1, FJ_FLOW_WORK(t->len));
	uint32_t kept, from = 0;

	memcpy(before, site, sizeof(before));
	kept = fj_certain_keep(t, site, count, work);
	fuzz_claim(kept <= count);
	for (uint32_t i = 0; i < kept; i++, from++) { /* some of them, in their order */
		while (from < count && memcmp(&before[from], &site[i], sizeof(*site)) != 0)
			from++;
		fuzz_claim(from < count);
		claim_whole(t->file + t->offset, t->len, &site[i]);
	}
	free(work);
}

static void ask_frames(const struct fj_certain_text *t)
{
	struct fj_frames f;
	uint64_t from, end;

	fj_frames_find(&f, t->file, t->file_len);
	for (uint64_t i = 0; i < 64; i++) {
		const uint64_t offset = t->file_len * i / 60; /* and some behind its end */

		fj_frames_cover(&f, offset);
		if (fj_frames_function(&f, offset, &from, &end))
			fuzz_claim(from <= offset && offset < end);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fj_site site[SITES];
	uint8_t *file = malloc(size ? size : 1), *work;
	struct fj_certain_text t = {.file = file, .file_len = size};
	uint32_t count;

	memcpy(file, data, size);
	find_text(&t);
	memset(site, 0, sizeof(site));
	count = fj_sites_find_numbers(file + t.offset, t.len, any, true, site, SITES);
	keep(&t, site, count);
	memset(site, 0, sizeof(site));
	work = calloc(FJ_SITES_WORK(t.len), 1);
	count = fj_sites_find(file + t.offset, t.len, site, SITES, work);
	free(work);
	for (uint32_t i = 0; i < count; i++) /* what stays is not asked about */
		fuzz_claim(site[i].at + 2 <= t.len);
	keep(&t, site, count);
	ask_frames(&t);
	fuzz_claim(!size || !memcmp(file, data, size));
	free(file);
	return 0;
}
