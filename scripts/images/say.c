/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * say.c - messages, memory and small string functions for all files of fakejail-images. */
#include "images.h"

#include <ctype.h>
#include <stdarg.h>

const char *verb_name = "images";

static struct {
	void (*undo)(void *);
	void *of;
} undos[16];
static unsigned undo_count;

void on_trouble(void (*undo)(void *), void *of)
{
	if (undo_count == sizeof(undos) / sizeof(*undos))
		fail("too much to undo");
	undos[undo_count].undo = undo;
	undos[undo_count++].of = of;
}

void forget_all_trouble(void)
{
	undo_count = 0;
}

void give_up(void)
{
	while (undo_count) {
		undo_count--;
		undos[undo_count].undo(undos[undo_count].of);
	}
	exit(TROUBLE);
}

static void say(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static void say(const char *format, va_list args)
{
	fprintf(stderr, "fakejail: %s: ", verb_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	give_up();
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void *get(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		fail("out of memory");
	return p;
}

void *grow(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (!p)
		fail("out of memory");
	return p;
}

char *copy_of(const char *text)
{
	return strcpy(get(strlen(text) + 1), text);
}

char *print(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		fail("out of memory");
	va_end(args);
	return text;
}

const char *shown(const char *name)
{
	static char texts[4][260];
	static unsigned turn;
	char *text = texts[turn++ % 4], *to = text;

	for (; *name && to < text + 250; name++) {
		const unsigned char c = (unsigned char)*name;

		if (c < 32 || c == 127)
			to += sprintf(to, "\\%03o", c);
		else
			*to++ = (char)c;
	}
	strcpy(to, *name ? "..." : "");
	return text;
}

int64_t size_of(const char *text)
{
	static const char units[] = "kMGT";
	char *end;
	double n;
	const char *unit;

	if (!isdigit((unsigned char)*text))
		return -1;
	n = strtod(text, &end);
	if (*end) {
		unit = strchr(units, *end == 'K' ? 'k' :
				     *end == 'm' ? 'M' :
				     *end == 'g' ? 'G' :
						   *end);
		if (!unit)
			return -1;
		for (long i = unit - units; i >= 0; i--)
			n *= 1024;
		end++;
		if (*end == 'i')
			end++;
		if (*end == 'B' || *end == 'b')
			end++;
	}
	return *end || n > 9e18 ? -1 : (int64_t)n;
}

bool write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		const ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}
