/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_maps.c - maps, smaps, numa_maps and net/unix with jail paths. A line that cannot be
 * translated is left out whole, with the lines that belong to it; so are the mappings that are the
 * jail's own. */
#include "call/procfs.h"
#include "call/sun.h"

#define LINE_SIZE (4 * FJ_PATH_MAX + 512) /* seq_path() makes four bytes of one */

struct lines {
	struct fj_report *r;
	int fd;
	char *at;
	size_t have, used;
};

static long begin(struct lines *l, struct fj_report *r)
{
	*l = (struct lines){.r = r, .at = fj_scratch(r->t, LINE_SIZE)};
	l->fd = (int)fj_sys4(__NR_openat, r->place->dirfd, r->place->name, O_RDONLY | O_CLOEXEC, 0);
	if (l->fd < 0)
		r->error = l->fd;
	return r->error;
}

/* The next line, without its newline; NULL at the end. */
static char *next_line(struct lines *l, size_t *len)
{
	for (;;) {
		for (size_t i = l->used; i < l->have; i++)
			if (l->at[i] == '\n') {
				char *line = l->at + l->used;

				l->at[i] = 0;
				*len = i - l->used;
				l->used = i + 1;
				return line;
			}
		l->have -= l->used;
		memmove(l->at, l->at + l->used, l->have);
		l->used = 0;
		if (l->have == LINE_SIZE)
			l->have = 0; /* no kernel writes such a line: drop its beginning, and with
					it the whole */

		const long n = fj_sys3(__NR_read, l->fd, l->at + l->have, LINE_SIZE - l->have);

		if (n <= 0)
			return NULL;
		l->have += (size_t)n;
	}
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Undo seq_path()'s escapes (fs/seq_file.c): a backslash and three octal digits. */
static void unescape(const char *text, size_t len, struct fj_str *out)
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

/* Append what the program may see for the escaped path `text`; false: the line is to be dropped. */
static bool put_path(struct fj_report *r, const char *text, size_t len, const char *escaped)
{
	const uint32_t mark = fj_scratch_mark(r->t);
	struct fj_str host_path, seen;
	bool shows;

	fj_str_init(&host_path, fj_scratch_path(r->t), FJ_PATH_MAX + 8);
	fj_str_init(&seen, fj_scratch_path(r->t), FJ_PATH_MAX + 8);
	unescape(text, len, &host_path);
	shows = !host_path.overflowed &&
		fj_proc_shows_file(r->t, host_path.at, host_path.len, &seen) && !seen.overflowed;
	if (shows)
		fj_str_escape(&r->text, seen.at, escaped);
	fj_scratch_release(r->t, mark);
	return shows;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_gate(const char *line)
{
	uint64_t from = 0;

	for (; is_hex(*line); line++)
		from = from * 16 + (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
	return from == fj_jail->gate;
}

/* Where the path begins: behind five fields and blanks (fs/proc/task_mmu.c, show_map_vma()). */
static size_t path_of_mapping(const char *line)
{
	size_t i = 0;

	for (int field = 0; field < 5; field++) {
		while (line[i] && line[i] != ' ')
			i++;
		while (line[i] == ' ')
			i++;
	}
	return i;
}

void fj_report_maps(struct fj_report *r)
{
	struct lines l;
	bool is_dropped = false;
	size_t len;
	char *line;

	if (begin(&l, r))
		return;
	while ((line = next_line(&l, &len))) {
		const size_t before = r->text.len;

		if (is_hex(line[0])) { /* what is said of a mapping begins with a capital */
			const size_t at = path_of_mapping(line);

			fj_str_add(&r->text, line, at);
			is_dropped = is_gate(line) ||
				     (line[at] && !put_path(r, line + at, len - at, "\n"));
		} else if (!is_dropped) {
			fj_str_add(&r->text, line, len);
		}
		if (is_dropped)
			fj_str_cut(&r->text, before);
		else
			fj_str_add(&r->text, "\n", 1);
		if (r->text.len > r->text.size / 8)
			fj_report_step(r);
	}
	fj_close(l.fd);
}

void fj_report_numa_maps(struct fj_report *r)
{
	static const char key[] = " file=";
	struct lines l;
	size_t len;
	char *line;

	if (begin(&l, r))
		return;
	while ((line = next_line(&l, &len))) {
		const size_t before = r->text.len;
		size_t at = 0, end;

		while (at < len &&
			(len - at < sizeof(key) || memcmp(line + at, key, sizeof(key) - 1)))
			at++;
		if (at < len)
			at += sizeof(key) - 1;
		for (end = at; end < len && line[end] != ' '; end++)
			;
		fj_str_add(&r->text, line, at);
		if (is_gate(line) || (at < len && !put_path(r, line + at, end - at, "\n\t= "))) {
			fj_str_cut(&r->text, before);
		} else {
			fj_str_add(&r->text, line + end, len - end);
			fj_str_add(&r->text, "\n", 1);
		}
		fj_report_step(r);
	}
	fj_close(l.fd);
}

/* A bound name is shown as it was bound; see call/sun.h. */
static void put_socket_name(struct fj_report *r, const char *text, size_t len)
{
	struct fj_sun sun = {.family = 1 /* AF_UNIX */};
	struct fj_str pos;
	int n;

	if (len >= sizeof(sun.path)) {
		fj_str_add(&r->text, text, len);
		return;
	}
	memcpy(sun.path, text, len);
	n = fj_sun_as_bound(&sun, (int)len + 3) - 3;
	if ((size_t)n != len || memcmp(sun.path, text, len)) {
		fj_str_add(&r->text, sun.path, (size_t)n);
		return;
	}

	const uint32_t mark = fj_scratch_mark(r->t);

	fj_str_init(&pos, fj_scratch_path(r->t), FJ_PATH_MAX);
	if (!fj_jail->root_path[0] || text[0] != '/' || !fj_path_back(text, &pos) ||
		!fj_path_seen(pos.at, &r->text))
		fj_str_add(&r->text, text, len);
	fj_scratch_release(r->t, mark);
}

void fj_report_unix(struct fj_report *r)
{
	struct lines l;
	size_t len;
	char *line;

	if (begin(&l, r))
		return;
	while ((line = next_line(&l, &len))) {
		size_t at = 0;

		/* Num RefCount Protocol Flags Type St Inode Path: net/unix/af_unix.c,
		 * unix_seq_show() */
		for (int field = 0; field < 7; field++) {
			while (at < len && line[at] == ' ')
				at++;
			while (at < len && line[at] != ' ')
				at++;
		}
		if (at < len)
			at++;
		fj_str_add(&r->text, line, at);
		if (at < len)
			put_socket_name(r, line + at, len - at);
		fj_str_add(&r->text, "\n", 1);
		fj_report_step(r);
	}
	fj_close(l.fd);
}
