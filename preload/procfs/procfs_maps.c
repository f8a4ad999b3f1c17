/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_maps.c - maps, smaps and numa_maps with jail paths, for procfs.c and hook_procmap.c. Lines that
 * cannot be translated are left out, with those that belong to them; so are the jail's own mappings.
 * The copy of a text (patch/copies.c) is shown as its file, mapped right before it. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/jail.h"
#include "jail/texts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "path/proc.h"
#include "procfs/procfs.h"
#include "procfs/report.h"
#include "sys/gate.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void fj_str_unescape(struct fj_str *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 3 < len && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
			is_octal(text[i + 3])) {
			c = (char)((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
				   (text[i + 3] - '0'));
			i += 3;
		}
		fj_str_add(out, &c, 1);
	}
}

void fj_str_escape(struct fj_str *out, const char *text, const char *which)
{
	for (; *text; text++) {
		const char *w = which;
		char four[4];

		while (*w && *w != *text)
			w++;
		if (!*w) {
			fj_str_add(out, text, 1);
			continue;
		}
		four[0] = '\\';
		four[1] = (char)('0' + ((unsigned char)*text >> 6));
		four[2] = (char)('0' + (((unsigned char)*text >> 3) & 7));
		four[3] = (char)('0' + ((unsigned char)*text & 7));
		fj_str_add(out, four, 4);
	}
}

/* Appends a path of the host as the program may see it. Returns false to leave the line out. */
static bool put_mapped_path(
	struct fj_report *r, const struct fj_str *host_path, const char *escaped)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	struct fj_str seen;
	bool shows;

	fj_scratch_str(r->t, &seen, PATH_MAX + 8);
	shows = !host_path->overflowed &&
		fj_proc_shows_file(r->t, host_path->at, host_path->len, &seen) && !seen.overflowed;
	if (shows)
		fj_str_escape(&r->text, seen.at, escaped);
	fj_scratch_release(r->t, mark);
	return shows;
}

/* As put_mapped_path(), for `text` of `len` bytes, a path with escapes. */
static bool put_escaped_path(struct fj_report *r, const char *text, size_t len, const char *escaped)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	struct fj_str host_path;
	bool shows;

	fj_scratch_str(r->t, &host_path, PATH_MAX + 8);
	fj_str_unescape(&host_path, text, len);
	shows = put_mapped_path(r, &host_path, escaped);
	fj_scratch_release(r->t, mark);
	return shows;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

uint64_t fj_hex_read(const char **text)
{
	uint64_t value = 0;

	for (; is_hex(**text); (*text)++)
		value = value * 16 + (uint64_t)(**text <= '9' ? **text - '0' : **text - 'a' + 10);
	return value;
}

static const char *skip_field(const char *at)
{
	while (*at && *at != ' ')
		at++;
	while (*at == ' ')
		at++;
	return at;
}

void fj_mapping_read(struct fj_mapping *m, const char *line)
{
	m->from = fj_hex_read(&line);
	line += *line == '-';
	m->to = fj_hex_read(&line);
	m->perms = line;
	line = skip_field(skip_field(line)); /* a blank stands before the protection */
	m->offset = fj_hex_read(&line);
	m->device = skip_field(line);
	m->path = skip_field(skip_field(m->device));
}

static bool is_page(const struct fj_mapping *m, const char *perms)
{
	return m->to == m->from + FJ_PAGE && fj_begins(m->perms + 1, perms);
}

/* May the gate page of a process begin there? It is at one of two addresses; the program may be at the other. */
static bool is_gate_address(uint64_t at)
{
	return at == fj_jail->gate || at == fj_jail->gate + FJ_GATE_APART;
}

/* Is mapping `m` the gate page, or a page behind it? `*end`: the end of the last of these pages that was seen, or 0. */
static bool is_gate(const struct fj_mapping *m, uint64_t *end)
{
	if (m->from < *end)
		return is_page(m, "rw-p") && !*m->path;
	if (!is_gate_address(m->from) || !is_page(m, "r-xp"))
		return false;
	*end = m->from + FJ_PAGE * (FJ_GATE_PAGES + !!fj_jail_paths()->preload[0]);
	return !*m->path; /* else it belongs to the loader, which is not shown, or to a program */
}

#define FILE_SIZE (PATH_MAX + 512u)

/* The file that was mapped last, and where its mapping ends. */
struct mapped_file {
	uint64_t end;
	uint64_t gate_end; /* the end of the last page of the gate; 0 before it */
	char *device;	   /* the rest of its line, from there on; "" when that is too long */
	size_t path;
};

static void note_file(struct mapped_file *f, const struct fj_mapping *m)
{
	struct fj_str rest;

	f->end = m->to;
	f->path = (size_t)(m->path - m->device);
	fj_str_init(&rest, f->device, FILE_SIZE);
	fj_str_put(&rest, m->device);
}

/* Does the copy lie in the file of this mapping? */
static bool is_copy_there(const struct fj_sited_text *t, const struct fj_mapping *m)
{
	uint64_t ino = 0;

	for (const char *p = skip_field(m->device); *p >= '0' && *p <= '9'; p++)
		ino = ino * 10 + (uint64_t)(*p - '0');
	return t->copy_kept ? ino == fj_texts()->kept[t->copy_kept - 1].ino :
			      fj_begins(m->path, "/memfd:");
}

/* Is this the copy of a text of the file mapped before it? Returns its offset there, or 0. */
static uint64_t offset_of_copy(const struct mapped_file *f, const struct fj_mapping *m)
{
	if (m->from != f->end || !f->device[0] || !fj_is_copy_file(m->path, fj_strlen(m->path)))
		return 0;
	for (uint32_t i = 0; i < FJ_SITED_TEXTS; i++) {
		const struct fj_sited_text *t = &fj_texts()->sited[i];

		if (__atomic_load_n(&t->copy_state, __ATOMIC_ACQUIRE) == FJ_COPY_READY &&
			m->offset >= t->copy_at && m->offset - t->copy_at < t->len &&
			is_copy_there(t, m))
			return t->offset + (m->offset - t->copy_at);
	}
	return 0;
}

/* Goes to the next mapping. For a copy returns its offset in its file, else 0. */
static uint64_t step_to_mapping(struct mapped_file *f, const struct fj_mapping *m)
{
	const uint64_t offset = offset_of_copy(f, m);

	if (offset)
		f->end = m->to;
	else if (*m->path == '/')
		note_file(f, m);
	return offset;
}

static void put_hex8(struct fj_str *out, uint64_t value)
{
	char digit[17];
	int n = 0;

	do
		digit[n++] = "0123456789abcdef"[value % 16];
	while (value /= 16);
	while (n < 8)
		digit[n++] = '0';
	while (n--)
		fj_str_add(out, &digit[n], 1);
}

/* Is the mapping at `address` a copy, as `maps` says? Appends the host path of the copy's file. */
static bool file_of_copy(struct fj_thread *t, int dirfd, const char *maps, uint64_t address,
	struct fj_str *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct mapped_file f = {.device = fj_scratch(t, FILE_SIZE)};
	struct fj_mapping m = {0};
	uint64_t offset = 0;
	struct fj_lines l;
	size_t len;
	char *line;

	if (fj_lines_open(&l, t, dirfd, maps) < 0) {
		fj_scratch_release(t, mark);
		return false;
	}
	while (m.from < address && (line = fj_lines_next(&l, &len))) {
		fj_mapping_read(&m, line);
		offset = step_to_mapping(&f, &m);
	}
	fj_lines_close(&l);
	if (m.from != address)
		offset = 0;
	if (offset)
		fj_str_unescape(host_path, f.device + f.path, fj_strlen(f.device + f.path));
	fj_scratch_release(t, mark);
	return offset;
}

bool fj_proc_mapping_of_copy(struct fj_thread *t, const struct fj_place *place, const char *text,
	struct fj_str *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	const size_t dir_len = fj_place_dir_len(place->name);
	const char *address = place->name + dir_len;
	struct fj_str maps;
	bool is;

	if (!fj_is_copy_file(text, fj_strlen(text)))
		return false;
	fj_scratch_str(t, &maps, PATH_MAX);
	fj_str_add(&maps, place->name, dir_len);
	fj_str_put(&maps, "../maps");
	is = file_of_copy(t, place->dirfd, maps.at, fj_hex_read(&address), host_path);
	fj_scratch_release(t, mark);
	return is;
}

/* Appends the first line of a mapping as the program sees it; false: not at all. */
static bool put_mapping(struct fj_report *r, struct mapped_file *f, const char *line, size_t len)
{
	struct fj_mapping m;
	uint64_t offset;

	fj_mapping_read(&m, line);
	offset = step_to_mapping(f, &m);
	if (is_gate(&m, &f->gate_end))
		return false;
	if (!offset) {
		const size_t at = (size_t)(m.path - line);

		fj_str_add(&r->text, line, at);
		return !*m.path || put_escaped_path(r, m.path, len - at, "\n");
	}
	fj_str_add(&r->text, line, (size_t)(skip_field(m.perms + 1) - line));
	put_hex8(&r->text, offset);
	fj_str_add(&r->text, " ", 1);
	fj_str_add(&r->text, f->device, f->path);
	return put_escaped_path(r, f->device + f->path, fj_strlen(f->device + f->path), "\n");
}

void fj_report_maps(struct fj_report *r)
{
	struct mapped_file f = {.device = fj_scratch(r->t, FILE_SIZE)};
	struct fj_lines l;
	bool is_dropped = false;
	size_t len;
	char *line;

	f.device[0] = 0;
	if (fj_lines_begin(&l, r))
		return;
	while ((line = fj_lines_next(&l, &len))) {
		const size_t before = r->text.len;

		if (is_hex(line[0])) /* other lines about it begin with a capital letter */
			is_dropped = !put_mapping(r, &f, line, len);
		else if (!is_dropped)
			fj_str_add(&r->text, line, len);
		if (is_dropped)
			fj_str_cut(&r->text, before);
		else
			fj_str_add(&r->text, "\n", 1);
		if (r->text.len > r->text.size / 8)
			fj_report_step(r);
	}
	fj_lines_close(&l);
}

void fj_maps_each(struct fj_report *r, bool (*see)(void *with, const char *line), void *with)
{
	struct mapped_file f = {.device = fj_scratch(r->t, FILE_SIZE)};
	struct fj_lines l;
	bool goes_on = true;
	size_t len;
	char *line;

	f.device[0] = 0;
	fj_scratch_str(r->t, &r->text, FJ_REPORT_SIZE);
	if (fj_lines_begin(&l, r))
		return;
	while (goes_on && (line = fj_lines_next(&l, &len))) {
		fj_str_cut(&r->text, 0);
		goes_on = !put_mapping(r, &f, line, len) || see(with, r->text.at);
	}
	fj_lines_close(&l);
}

/* Is this line of numa_maps, which names no file, about the gate page or a page behind it? */
static bool is_numa_gate(const char *line)
{
	const uint64_t at = fj_hex_read(&line);
	return is_gate_address(at) || is_gate_address(at - FJ_PAGE) ||
	       is_gate_address(at - 2 * FJ_PAGE);
}

/* numa_maps does not tell which file a copy belongs to; maps, in the same directory, does. */
static bool put_numa_path(struct fj_report *r, const char *line, const char *text, size_t len)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	struct fj_str maps, host_path;
	bool is_copy = false, shows;

	if (fj_is_copy_file(text, len)) {
		fj_scratch_str(r->t, &maps, PATH_MAX);
		fj_scratch_str(r->t, &host_path, PATH_MAX + 8);
		fj_str_add(&maps, r->place->name, fj_place_dir_len(r->place->name));
		fj_str_put(&maps, "maps");
		is_copy = file_of_copy(
			r->t, r->place->dirfd, maps.at, fj_hex_read(&line), &host_path);
	}
	shows = is_copy ? put_mapped_path(r, &host_path, "\n\t= ") :
			  put_escaped_path(r, text, len, "\n\t= ");
	fj_scratch_release(r->t, mark);
	return shows;
}

void fj_report_numa_maps(struct fj_report *r)
{
	static const char key[] = " file=";
	struct fj_lines l;
	size_t len;
	char *line;

	if (fj_lines_begin(&l, r))
		return;
	while ((line = fj_lines_next(&l, &len))) {
		const size_t before = r->text.len;
		size_t at = 0, end;

		while (at < len && !fj_begins(line + at, key))
			at++;
		if (at < len)
			at += sizeof(key) - 1;
		for (end = at; end < len && line[end] != ' '; end++)
			;
		fj_str_add(&r->text, line, at);
		if (at == len ? is_numa_gate(line) : !put_numa_path(r, line, line + at, end - at)) {
			fj_str_cut(&r->text, before);
		} else {
			fj_str_add(&r->text, line + end, len - end);
			fj_str_add(&r->text, "\n", 1);
		}
		fj_report_step(r);
	}
	fj_lines_close(&l);
}
