/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * progress.c - shows how far the layers have come: on a terminal a moving bar for each, else a line
 * for each that is complete. No colours. Called by layers.c. */
#include "registry.h"

#include <sys/ioctl.h>

/* How many lines were drawn, which the next drawing replaces. */
static size_t drawn;

bool progress_has_bars(void)
{
	const char *term = getenv("TERM");

	return isatty(2) && term && *term && strcmp(term, "dumb") != 0;
}

/* "12.3 MB": at most 8 characters. */
static const char *size_text(int64_t size, char text[32])
{
	static const char units[] = "kMGTPE";
	double n = (double)size;
	unsigned u = 0;

	if (size < 1000)
		return snprintf(text, 32, "%d B", (int)size), text;
	for (n /= 1000; n >= 999.5 && u < 5; u++)
		n /= 1000;
	snprintf(text, 32, n < 99.95 ? "%.1f %cB" : "%.0f %cB", n, units[u]);
	return text;
}

static void draw_one(const struct coming *one, int width)
{
	const int room = width - 14 - 21 - 3;
	const double part = one->size ? (double)one->have / (double)one->size : 0;
	char have[32], all[32];

	fprintf(stderr, "%.12s: ", one->digest + 7);
	size_text(one->size, all);
	if (one->state == WAS_THERE) {
		fprintf(stderr, "%s, was there", all);
	} else if (one->state == HAS_COME) {
		fprintf(stderr, "%s", all);
	} else if (one->state == COMING_LATER) {
		fprintf(stderr, "waiting");
	} else {
		if (room >= 10) {
			const int full = (int)(part * room);

			fputc('[', stderr);
			for (int i = 0; i < room; i++)
				fputc(i < full ? '=' : i == full ? '>' : ' ', stderr);
			fputs("] ", stderr);
		}
		fprintf(stderr, "%s of %s", size_text(one->have, have), all);
	}
	fputs("\033[K\n", stderr);
}

void progress_draw(const struct coming *list, size_t count)
{
	struct winsize size = {0};
	int width = 80, height = 24;
	size_t lines = 0, left_out = 0;

	if (!ioctl(2, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		width = size.ws_col;
		height = size.ws_row;
	}
	if (drawn)
		fprintf(stderr, "\033[%zuA\r", drawn);
	for (size_t i = 0; i < count; i++) {
		/* More lines than the terminal has cannot be drawn again; those that wait are left
		 * out. */
		const size_t most = height > 4 ? (size_t)height - 3 : 1;

		if (count > most && (list[i].state != COMING || lines == most)) {
			left_out += list[i].state == COMING_LATER || list[i].state == COMING;
			continue;
		}
		draw_one(&list[i], width);
		lines++;
	}
	if (left_out) {
		fprintf(stderr, "%zu more\033[K\n", left_out);
		lines++;
	}
	fputs("\033[J", stderr);
	fflush(stderr);
	drawn = lines;
}

void progress_line(const struct coming *one)
{
	fprintf(stderr, "%.12s: %lld bytes%s\n", one->digest + 7, (long long)one->size,
		one->state == WAS_THERE ? ", was there" : "");
}
