/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hostmounts.c - reads and parses the host's mountinfo. Called through hostmounts.h. */
#include "mountinfo/hostmounts.h"

#include "bytes/equal.h"
#include "bytes/len.h"
#include "sys/page.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <linux/mman.h>

#define FIRST_SIZE (64u * 1024)

static long map_room(size_t size)
{
	return fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Read the whole file `fd`, with a NUL at the end; `*len` gets the length. */
static long read_all(struct fj_hostmounts *h, int fd, size_t *len)
{
	long n;

	while ((n = fj_sys_read(fd, h->text + *len, h->text_size - 1 - *len)) > 0) {
		*len += (size_t)n;
		if (h->text_size - 1 - *len < FJ_PAGE) {
			const long at = fj_sys_mremap(
				h->text, h->text_size, 2 * h->text_size, MREMAP_MAYMOVE, 0);

			if (fj_is_err(at))
				return at;
			h->text = (char *)at;
			h->text_size *= 2;
		}
	}
	return n;
}

/* End the field that begins at `*p` with a NUL. */
static char *next_field(char **p)
{
	char *start = *p;

	while (**p && **p != ' ')
		(*p)++;
	if (**p)
		*(*p)++ = 0;
	return start;
}

static uint32_t parse_mount_id(const char *s)
{
	uint32_t n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (uint32_t)(*s++ - '0');
	return n;
}

static void unescape_in_place(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

static void take_apart(char *line, struct fj_hostmount *m)
{
	char *p = line, *point;

	m->id = parse_mount_id(next_field(&p));
	m->parent = parse_mount_id(next_field(&p));
	m->device = next_field(&p);
	m->root = next_field(&p);
	m->point = point = next_field(&p);
	m->options = next_field(&p);
	while (*p && !fj_streq(next_field(&p), "-"))
		;
	m->type = next_field(&p);
	m->source = next_field(&p);
	m->super_options = next_field(&p);
	unescape_in_place(point);
}

static long take_all_apart(struct fj_hostmounts *h)
{
	char *line = h->text;
	uint32_t lines = 0;
	long at;

	for (const char *p = h->text; *p; p++)
		lines += *p == '\n';
	h->mount_size = (lines + 1) * sizeof(*h->mount);
	at = map_room(h->mount_size);
	if (at < 0) {
		fj_sys_munmap(h->text, h->text_size);
		return at;
	}
	h->mount = (struct fj_hostmount *)at;
	for (; h->count < lines; h->count++) {
		char *end = line;

		while (*end != '\n')
			end++;
		*end = 0;
		take_apart(line, &h->mount[h->count]);
		line = end + 1;
	}
	return 0;
}

long fj_hostmounts_read(struct fj_hostmounts *h)
{
	const long fd = fj_sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
	size_t len = 0;
	long r;

	if (fd < 0)
		return fd;
	*h = (struct fj_hostmounts){.text_size = FIRST_SIZE};
	r = map_room(FIRST_SIZE);
	if (r >= 0) {
		h->text = (char *)r;
		r = read_all(h, (int)fd, &len);
		if (r < 0)
			fj_sys_munmap(h->text, h->text_size);
		else
			r = take_all_apart(h);
	}
	fj_sys_close((int)fd);
	return r;
}

void fj_hostmounts_done(struct fj_hostmounts *h)
{
	fj_sys_munmap(h->mount, h->mount_size);
	fj_sys_munmap(h->text, h->text_size);
}

const struct fj_hostmount *fj_hostmounts_of(const struct fj_hostmounts *h, const char *host_path)
{
	const struct fj_hostmount *best = NULL;
	size_t best_len = 0;

	for (uint32_t i = 0; i < h->count; i++) {
		const char *point = h->mount[i].point;
		const size_t len = fj_streq(point, "/") ? 0 : fj_strlen(point);

		if (len >= best_len && fj_path_has_prefix(host_path, len ? point : "")) {
			best = &h->mount[i];
			best_len = len;
		}
	}
	return best;
}

const struct fj_hostmount *fj_hostmounts_by_id(const struct fj_hostmounts *h, uint32_t id)
{
	for (uint32_t i = 0; i < h->count; i++)
		if (h->mount[i].id == id)
			return &h->mount[i];
	return NULL;
}

bool fj_hostmounts_has(const char *host_path)
{
	struct fj_hostmounts h;
	const struct fj_hostmount *m;
	bool has;

	if (fj_hostmounts_read(&h))
		return false;
	m = fj_hostmounts_of(&h, host_path);
	has = m && fj_streq(m->point, host_path);
	fj_hostmounts_done(&h);
	return has;
}
