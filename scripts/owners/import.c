/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * import.c - the verb import: makes the files of a tree show what fakeroot, pseudo or extended
 * attributes of the files say. Called by main.c. */
#include "owners.h"

#include <sys/xattr.h>

/* What the imported list says of one file. `order` is its position in the list. */
struct line {
	uint64_t dev, ino;
	uint32_t uid, gid, mode, rdev;
	size_t order;
};
static struct line *lines;
static size_t line_count;

static int by_inode(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void add_line(const struct line *l)
{
	if (!(line_count & (line_count + 1))) {
		lines = realloc(lines, (line_count + 1) * 2 * sizeof(*lines));
		if (!lines)
			owners_fail("out of memory");
	}
	lines[line_count] = *l;
	lines[line_count].order = line_count;
	line_count++;
}

/* Reads a save file of fakeroot. If a line has another format, ends the program before anything is
 * imported. */
static void read_fakeroot(void)
{
	char text[400];

	for (unsigned long n = 1; fgets(text, sizeof(text), owners_file); n++) {
		unsigned long long dev, ino, mode, uid, gid, nlink, rdev;

		if (sscanf(text,
			    "dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu",
			    &dev, &ino, &mode, &uid, &gid, &nlink, &rdev) != 7)
			owners_fail("line %lu is no line of fakeroot's: %.*s", n,
				(int)strcspn(text, "\n"), text);
		add_line(&(struct line){.dev = dev,
			.ino = ino,
			.mode = (uint32_t)mode,
			.uid = (uint32_t)uid,
			.gid = (uint32_t)gid,
			.rdev = (uint32_t)rdev});
	}
	if (ferror(owners_file))
		owners_file_failed();
}

/* Reads pseudo's files.db through sqlite3(1). Rows that only have attributes have the uid -1, and
 * are left out. Ids from 2^31 on are negative there. */
static void read_pseudo(const char *db)
{
	char command[PATH_MAX + 200], text[400];

	if (!db || strchr(db, '\''))
		owners_fail("which files.db?");
	snprintf(command, sizeof(command),
		"sqlite3 -separator ' ' 'file:%s?immutable=1' 'SELECT dev,ino,uid,gid,mode,rdev "
		"FROM files WHERE deleting=0 AND uid<>-1 ORDER BY id'",
		db);
	owners_file = popen(command, "r");
	while (owners_file && fgets(text, sizeof(text), owners_file)) {
		long long dev, ino, uid, gid, mode, rdev;

		if (sscanf(text, "%lld %lld %lld %lld %lld %lld", &dev, &ino, &uid, &gid, &mode,
			    &rdev) != 6)
			owners_fail("%s: unknown row: %s", db, text);
		add_line(&(struct line){.dev = (uint64_t)dev,
			.ino = (uint64_t)ino,
			.mode = (uint32_t)mode,
			.uid = (uint32_t)uid,
			.gid = (uint32_t)gid,
			.rdev = (uint32_t)rdev});
	}
	if (!owners_file || pclose(owners_file))
		owners_fail("%s: sqlite3 could not read it", db);
	owners_file = NULL;
}

/* The line for the file, or NULL. */
static const struct line *line_of(const struct entry *e)
{
	size_t from = 0, to = line_count;
	const struct line *found = NULL;

	while (from < to) {
		const size_t middle = (from + to) / 2;

		if (lines[middle].ino < e->st.st_ino)
			from = middle + 1;
		else
			to = middle;
	}
	/* Of several lines for one file, the last one counts. */
	for (; from < line_count && lines[from].ino == e->st.st_ino; from++)
		if (owners_any_device || lines[from].dev == e->st.st_dev)
			found = &lines[from];
	return found;
}

static int import_line(struct entry *e)
{
	const struct line *l = line_of(e);
	struct fj_owner to;

	if (!l || ((l->mode & S_IFMT) != (e->st.st_mode & S_IFMT) && !owners_is_device(l->mode)))
		return FTW_CONTINUE;
	to = (struct fj_owner){.uid = l->uid, .gid = l->gid, .mode = l->mode, .rdev = l->rdev};
	owners_give(e,
		FJ_OWNER_UID | FJ_OWNER_GID | (S_ISLNK(l->mode) ? 0 : FJ_OWNER_MODE) |
			(owners_is_device(l->mode) ? FJ_OWNER_DEVICE : 0),
		&to);
	return FTW_CONTINUE;
}

static int import_xattr(struct entry *e)
{
	const bool is_rootless = !strcmp(owners_format, "rootlesscontainers");
	char path[2 * PATH_MAX], text[200], kind[16] = "";
	struct fj_owner to = e->owner;
	unsigned what = FJ_OWNER_UID | FJ_OWNER_GID, major_, minor_;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", owners_root, e->path);
	n = lgetxattr(path,
		is_rootless ? "user.rootlesscontainers" : "user.containers.override_stat", text,
		sizeof(text) - 1);
	if (n < 0)
		return FTW_CONTINUE;
	text[n] = 0;
	if (is_rootless) {
		for (ssize_t i = 0; i + 1 < n;) {
			const unsigned field = (unsigned char)text[i++] >> 3;
			uint32_t value = 0;

			for (unsigned shift = 0; i < n; shift += 7) {
				value |= shift < 32 ? (uint32_t)(text[i] & 0x7f) << shift : 0;
				if (!(text[i++] & 0x80))
					break;
			}
			if (value != 0xffffffffu && (field == 1 || field == 2))
				*(field == 1 ? &to.uid : &to.gid) = value;
		}
	} else {
		unsigned mode;

		if (sscanf(text, "%u:%u:%o:%15[a-z]-%u-%u", &to.uid, &to.gid, &mode, kind, &major_,
			    &minor_) < 3) {
			fprintf(stderr, "fakejail owners: /%s: \"%s\" is not understood\n", e->path,
				text);
			return FTW_CONTINUE;
		}
		to.mode = (to.mode & S_IFMT) | (mode & 07777);
		what |= FJ_OWNER_MODE;
		if (!strcmp(kind, "block") || !strcmp(kind, "char")) {
			to.mode = (kind[0] == 'b' ? S_IFBLK : S_IFCHR) | (mode & 07777);
			to.rdev = (uint32_t)makedev(major_, minor_);
			what |= FJ_OWNER_DEVICE;
		}
	}
	owners_give(e, what, &to);
	return FTW_CONTINUE;
}

void owners_import(const char *name)
{
	if (!strcmp(owners_format, "fakeroot")) {
		read_fakeroot();
	} else if (!strcmp(owners_format, "pseudo")) {
		read_pseudo(name);
	} else if (!strcmp(owners_format, "rootlesscontainers") ||
		   !strcmp(owners_format, "override_stat")) {
		owners_walk(import_xattr);
		return;
	} else {
		owners_fail("cannot import %s: the formats are fakeroot, rootlesscontainers, "
			    "override_stat and pseudo",
			owners_format);
	}
	qsort(lines, line_count, sizeof(*lines), by_inode);
	owners_walk(import_line);
}
