/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * names.c - a set of names of a tree, each with a time: what a layer has brought so far, and the
 * times that its directories will get. A hash table with a list for each hash. Called by layer.c
 * and whiteout.c. And the first names of files that have several: for copy.c and tree.c. */
#include "images.h"

#include <search.h>

struct name {
	struct name *next;
	int64_t sec;
	long nsec;
	char text[];
};
struct names {
	struct name **lists;
	size_t room, count;
};

struct names *names_new(void)
{
	struct names *n = get(sizeof(*n));

	n->room = 1024;
	n->lists = get(n->room * sizeof(*n->lists));
	return n;
}

static size_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

static struct name **find(const struct names *n, const char *name)
{
	struct name **at = &n->lists[hash(name) & (n->room - 1)];

	while (*at && strcmp((*at)->text, name) != 0)
		at = &(*at)->next;
	return at;
}

static void enlarge(struct names *n)
{
	struct names larger = {.room = n->room * 2, .count = n->count};

	larger.lists = get(larger.room * sizeof(*larger.lists));
	for (size_t i = 0; i < n->room; i++)
		for (struct name *at = n->lists[i], *next; at; at = next) {
			struct name **list = &larger.lists[hash(at->text) & (larger.room - 1)];

			next = at->next;
			at->next = *list;
			*list = at;
		}
	free(n->lists);
	*n = larger;
}

void names_put(struct names *n, const char *name, int64_t sec, long nsec)
{
	struct name **at = find(n, name);

	if (!*at) {
		if (n->count == n->room) {
			enlarge(n);
			at = find(n, name);
		}
		*at = get(sizeof(**at) + strlen(name) + 1);
		strcpy((*at)->text, name);
		n->count++;
	}
	(*at)->sec = sec;
	(*at)->nsec = nsec;
}

bool names_have(const struct names *n, const char *name)
{
	return *find(n, name) != NULL;
}

void names_drop(struct names *n, const char *name)
{
	struct name **at = find(n, name), *old = *at;

	if (!old)
		return;
	*at = old->next;
	free(old);
	n->count--;
}

void names_each(const struct names *n, void (*each)(const char *name, int64_t sec, long nsec))
{
	for (size_t i = 0; i < n->room; i++)
		for (const struct name *at = n->lists[i]; at; at = at->next)
			each(at->text, at->sec, at->nsec);
}

void names_free(struct names *n)
{
	for (size_t i = 0; i < n->room; i++)
		for (struct name *at = n->lists[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	free(n->lists);
	free(n);
}

struct linked {
	uint64_t dev, ino;
	char *name;
};

static int by_inode(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

const char *first_of_links(uint64_t dev, uint64_t ino, const char *name)
{
	static void *links; /* a tree of tsearch(3) */
	struct linked *l = get(sizeof(*l)), **found;

	*l = (struct linked){.dev = dev, .ino = ino};
	found = tsearch(l, &links, by_inode);
	if (!found)
		fail("out of memory");
	if (*found != l) {
		free(l);
		return (*found)->name;
	}
	l->name = copy_of(name);
	return NULL;
}
