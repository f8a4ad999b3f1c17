/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy.c - the verb copy: the files of a copy of a tree get the records that the files of the same
 * names have in the tree. Called by main.c.
 *
 * A copy that was made outside of a jail has files with other keys. So records that were copied
 * with it do not belong to its files. The first tree is read to its end before the file of records
 * of the second one is opened: a process can use one file of records at a time. */
#include "owners.h"

/* What one file of the first tree shows. */
struct kept {
	char *path;
	struct fj_owner owner;
	char *names;   /* names of the extended attributes, each with its NUL */
	char **values; /* one for each name */
	size_t names_size, *sizes;
};
static struct kept *kept;
static size_t kept_count;

static void *more(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		owners_fail("out of memory");
	return new;
}

static void keep_attributes(const struct fj_owner_key *key, struct kept *k)
{
	static char names[FJ_ATTRIBUTE_MAX], value[FJ_ATTRIBUTE_MAX];
	const long n = fj_owner_list_attributes(key, names, sizeof(names));
	size_t count = 0;

	if (n <= 0)
		return;
	k->names_size = (size_t)n;
	k->names = memcpy(more(NULL, (size_t)n), names, (size_t)n);
	for (size_t at = 0; at < k->names_size; at += strlen(names + at) + 1) {
		const long size = fj_owner_get_attribute(key, names + at, value, sizeof(value));

		if (size < 0)
			owners_fail("/%s: %s: %s", k->path, names + at, strerror((int)-size));
		k->values = more(k->values, (count + 1) * sizeof(*k->values));
		k->sizes = more(k->sizes, (count + 1) * sizeof(*k->sizes));
		k->values[count] = memcpy(more(NULL, (size_t)size), value, (size_t)size);
		k->sizes[count++] = (size_t)size;
	}
}

static int keep_entry(struct entry *e)
{
	struct kept *k;

	if (!e->has_record)
		return FTW_CONTINUE;
	if (!(kept_count & (kept_count + 1)))
		kept = more(kept, (kept_count + 1) * 2 * sizeof(*kept));
	k = &kept[kept_count++];
	*k = (struct kept){.path = strdup(e->path), .owner = e->owner};
	if (!k->path)
		owners_fail("out of memory");
	if (e->owner.flags & FJ_OWNER_ATTRIBUTES)
		keep_attributes(&e->key, k);
	return FTW_CONTINUE;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct kept *)a)->path, ((const struct kept *)b)->path);
}

static int give_entry(struct entry *e)
{
	const struct kept wanted = {.path = (char *)(uintptr_t)e->path};
	const struct kept *k = bsearch(&wanted, kept, kept_count, sizeof(*kept), by_path);
	const unsigned long before = owners_count;
	size_t i = 0;

	if (!k)
		return FTW_CONTINUE;
	if (!(k->owner.flags & FJ_OWNER_DEVICE) &&
		(k->owner.mode & S_IFMT) != (e->st.st_mode & S_IFMT)) {
		fprintf(stderr, "fakejail owners: /%s is a %s here, and no %s\n", e->path,
			owners_type_name(e->st.st_mode), owners_type_name(k->owner.mode));
		owners_skipped++;
		return FTW_CONTINUE;
	}
	owners_give(e,
		FJ_OWNER_UID | FJ_OWNER_GID | (k->owner.flags & (FJ_OWNER_MODE | FJ_OWNER_DEVICE)),
		&k->owner);
	for (size_t at = 0; at < k->names_size && owners_count > before;
		at += strlen(k->names + at) + 1, i++) {
		const long r = fj_owner_set_attribute(
			&e->key, k->names + at, k->values[i], k->sizes[i], 0, &k->owner);

		if (r < 0)
			owners_fail("/%s: %s: %s", e->path, k->names + at, strerror((int)-r));
	}
	return FTW_CONTINUE;
}

void owners_copy(void (*open_other)(void))
{
	owners_walk(keep_entry);
	if (owners_skipped)
		owners_fail("nothing is copied, as some files could not be looked at");
	if (kept_count)
		qsort(kept, kept_count, sizeof(*kept), by_path);
	open_other();
	owners_walk(give_entry);
}
