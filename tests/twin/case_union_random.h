/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_random.h - random names and layers, for the cases that make random calls on an overlay.
 */
#ifndef CASE_UNION_RANDOM_H
#define CASE_UNION_RANDOM_H

#include "case_union.h"

static uint64_t state; /* the seed, to begin with */

static inline unsigned pick(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static const char *const words[] = {"a", "b", "c", "d"};
static unsigned words_used = COUNT(words);
static int has_kept; /* names lie below the directory "kept", too */

static inline const char *word(void)
{
	return words[pick(words_used)];
}

/* One to three names below `top`. Four of them may be in use at once. */
static inline char *path(const char *top)
{
	static char buf[4][100];
	static unsigned next;
	char *p = buf[next++ % 4];
	int n = snprintf(p, 100, "%s%s", top, has_kept && !pick(3) ? "/kept" : "");

	for (unsigned depth = 1 + pick(3); depth; depth--)
		n += snprintf(p + n, 100 - (size_t)n, "/%s", word());
	return p;
}

/* Try to make `count` files below `top`. */
static inline void grow(const char *top, unsigned count)
{
	while (count--) {
		const char *p = path(top);

		switch (pick(8)) {
		case 0:
		case 1:
		case 2:
		case 3:
			mkdir(p, 0700 + pick(2) * 055);
			break;
		case 4:
			symlink(word(), p);
			break;
		case 5:
			symlink(path("/t/m"), p);
			break;
		default:
			put(p, p);
		}
	}
}

#define SAY(what, r) say("%s: %s\n", what, (r) < 0 ? errno_name(errno) : "done")

/* Remove all that is in `dir`. */
static inline void empty(const char *dir)
{
	char name[400];
	struct stat st;

	for (char **n = names(dir); n && *n; n++) {
		snprintf(name, sizeof(name), "%s/%s", dir, *n);
		if (!lstat(name, &st) && S_ISDIR(st.st_mode)) {
			chmod(name, 0700);
			empty(name);
			rmdir(name);
		} else {
			unlink(name);
		}
	}
}

#endif
