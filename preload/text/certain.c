/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * certain.c - which sites are certain to be instructions. Called by patch/sites.c.
 *
 * find.c finds system calls by their bytes, which may be part of a constant or a table. So a site is
 * changed only if its instructions are reached from the beginning of a function (flow.c). The file itself
 * tells where functions begin. First the sorted table for unwinding is asked about each site; then all
 * other lists of functions; then, since musl's are not complete, the entry point and all functions that are
 * called from there and from listed ones. Only functions that contain a site are read, except in the last
 * step. */
#include "text/certain.h"

#include "bytes/copy.h"
#include "jail/texts.h"
#include "text/flow.h"
#include "text/frames.h"
#include "text/functions.h"

#include <stdbool.h>
#include <stdint.h>

/* The last step is done only if more than one site in this many is uncertain, and for no larger text: 10 ms
 * at most. */
#define FEW 16u
#define READ_MAX (4UL << 20)

struct search {
	const struct fj_certain_text *t;
	const struct fj_site *site;
	uint32_t count;
	struct fj_frames frames;
	struct fj_flow flow;
	bool with_calls; /* the last step: read all functions, and those that they call */
};

uint64_t fj_certain_first(const struct fj_site *s)
{
	return s->kind == FJ_SITE_BEHIND || s->kind == FJ_SITE_STAYS ? s->at : s->at - s->moved;
}

/* The end of the last instruction of the site. */
static uint64_t site_end(const struct fj_site *s)
{
	return s->kind == FJ_SITE_BEHIND ? s->at + s->moved : s->at + 2;
}

static bool is_certain(const struct search *s, const struct fj_site *site)
{
	return fj_flow_is_whole(&s->flow, fj_certain_first(site), site_end(site));
}

static uint32_t count_uncertain(const struct search *s)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->count; i++)
		count += !is_certain(s, &s->site[i]);
	return count;
}

/* The index of the first site at or after `at`. */
static uint32_t site_from(const struct search *s, uint64_t at)
{
	uint32_t low = 0, high = s->count;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (s->site[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Read a function, given by file offsets, if it contains an uncertain site. */
static void read_function(void *data, uint64_t from, uint64_t end)
{
	struct search *s = data;
	const uint64_t text = s->t->offset;

	if (from < text || from - text >= s->t->len)
		return;
	if (s->with_calls)
		return fj_flow_follow(&s->flow, from - text, s->t->len, true);
	for (uint32_t i = site_from(s, from - text); i < s->count && s->site[i].at < end - text;
		i++)
		if (!is_certain(s, &s->site[i])) {
			fj_flow_follow(&s->flow, from - text, end - text, false);
			return;
		}
}

static void ask_frames(struct search *s)
{
	uint64_t from, end;

	for (uint32_t i = 0; i < s->count; i++)
		if (fj_frames_function(&s->frames, s->t->offset + s->site[i].at, &from, &end))
			read_function(s, from, end);
}

/* The address of `main`, which the first instructions of a C program pass to libc in rdi (System V ABI;
 * crt1 of glibc and musl). 0: not found. */
static uint64_t main_of(const struct search *s, uint64_t at)
{
	const uint8_t *code = s->t->file + s->t->offset;

	for (uint64_t end = at + 96; at < end && at + 8 <= s->t->len; at++) {
		const uint8_t *p = code + at;
		int32_t value;
		uint64_t main;

		if (!fj_flow_is_begun(&s->flow, at))
			continue;
		if (p[0] == 0x48 && p[1] == 0x8d && p[2] == 0x3d) { /* lea main(%rip),%rdi */
			memcpy(&value, p + 3, sizeof(value));
			return at + 7 + (uint64_t)(int64_t)value;
		}
		if (p[0] == 0x48 && p[1] == 0xc7 && p[2] == 0xc7) /* mov $main,%rdi */
			memcpy(&value, p + 3, sizeof(value));
		else if (p[0] == 0xbf) /* mov $main,%edi */
			memcpy(&value, p + 1, sizeof(value));
		else
			continue;
		if (fj_frames_offset_of(&s->frames, (uint64_t)(int64_t)value, &main))
			return main - s->t->offset;
	}
	return 0;
}

/* Read all that is called from listed functions and from the file's entry point. */
static void ask_calls(struct search *s)
{
	uint64_t entry, main;

	s->with_calls = true;
	fj_functions_each(&s->frames, read_function, s);
	if (!fj_functions_entry(&s->frames, &entry) || entry - s->t->offset >= s->t->len)
		return;
	entry -= s->t->offset;
	fj_flow_follow(&s->flow, entry, s->t->len, true);
	main = main_of(s, entry);
	if (main && main < s->t->len)
		fj_flow_follow(&s->flow, main, s->t->len, true);
}

uint32_t fj_certain_keep(
	const struct fj_certain_text *t, struct fj_site *site, uint32_t count, void *work)
{
	struct search s = {.t = t, .site = site, .count = count};
	uint32_t kept = 0;

	if (!count || t->offset > t->file_len || t->file_len - t->offset < t->len)
		return 0;
	fj_flow_begin(&s.flow, t->file + t->offset, t->len, work);
	fj_frames_find(&s.frames, t->file, t->file_len);
	ask_frames(&s);
	if (count_uncertain(&s))
		fj_functions_each(&s.frames, read_function, &s);
	if (t->len <= READ_MAX && count_uncertain(&s) > count / FEW)
		ask_calls(&s);
	for (uint32_t i = 0; i < count; i++)
		if (is_certain(&s, &site[i]))
			site[kept++] = site[i];
	return kept;
}
