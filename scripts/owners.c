/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners.c - the tool behind `fakejail owners`: lists, checks, prunes, exports and imports owner
 *records.
 *
 *	owners VERB [-f FORMAT] [-d] DB ROOT [FILE]
 *
 * A record knows its file by device, inode and birth, not by name; so every verb but check walks
 *ROOT and asks for each file. Hosted, but on the engine's own code for the records. FILE is
 *standard input or output when not given. -d: import lines for other devices as well (fakeroot's
 *numbers are of the machine it ran on). */
#define _GNU_SOURCE
#include "own/store.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* fcntl.h and linux/fcntl.h exclude each other. */
int open(const char *path, int flags, ...);

static const char *root, *format = "fakeroot";
static FILE *file;
static uid_t user; /* whose tree it is: its files are root's in the jail */
static bool any_device;
static unsigned long count, skipped;

struct entry {
	const char *path; /* relative to the root, "." for itself */
	struct stat st;
	struct fj_own_key key;
	bool has_record;
	struct fj_owner owner; /* what it shows; mode with S_IFMT */
};

/* What an import file says of one file. */
struct line {
	uint64_t dev, ino;
	uint32_t uid, gid, mode, rdev;
	size_t order;
};
static struct line *lines;
static size_t line_count;

static _Noreturn void fail(const char *format_, ...)
{
	va_list args;

	va_start(args, format_);
	fputs("fakejail owners: ", stderr);
	vfprintf(stderr, format_, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static bool look(const char *path, struct entry *e)
{
	struct statx sx;
	struct fj_owner record;

	if (lstat(path, &e->st) ||
		statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &sx))
		return false;
	e->path = path[strlen(root)] ? path + strlen(root) + 1 : ".";
	e->key = (struct fj_own_key){.dev = e->st.st_dev, .ino = e->st.st_ino};
	if (sx.stx_mask & STATX_BTIME) /* as fj_file_statx() of call/owned.c */
		e->key.stamp = (uint64_t)sx.stx_btime.tv_sec * 1000000000u + sx.stx_btime.tv_nsec;
	e->owner = (struct fj_owner){.uid = e->st.st_uid,
		.gid = e->st.st_gid,
		.mode = e->st.st_mode,
		.rdev = (uint32_t)e->st.st_rdev};
	if (e->st.st_uid == user)
		e->owner.uid = e->owner.gid = 0;
	e->has_record = fj_own_find(&e->key, &record);
	if (e->has_record) {
		e->owner.uid = record.uid;
		e->owner.gid = record.gid;
		e->owner.flags = record.flags;
		if (record.flags & FJ_OWN_MODE)
			e->owner.mode = (e->owner.mode & S_IFMT) | (record.mode & 07777);
		if (record.flags & FJ_OWN_DEVICE) {
			e->owner.mode = record.mode;
			e->owner.rdev = record.rdev;
		}
	}
	return true;
}

static int (*on_entry)(struct entry *e);

static int step(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct entry e;

	(void)st;
	(void)type;
	if (at->level == 1 && !strcmp(path + at->base, ".fakejail"))
		return FTW_SKIP_SUBTREE;
	if (!look(path, &e)) {
		skipped++;
		return FTW_CONTINUE;
	}
	return on_entry(&e);
}

static void walk(int (*each)(struct entry *e))
{
	on_entry = each;
	if (nftw(root, step, 32, FTW_PHYS | FTW_ACTIONRETVAL) < 0)
		fail("%s: %s", root, strerror(errno));
	if (skipped)
		fprintf(stderr, "fakejail owners: %lu files could not be looked at\n", skipped);
}

static const char *type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

static bool is_device(uint32_t mode)
{
	return (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
}

static int list_entry(struct entry *e)
{
	if (!e->has_record)
		return FTW_CONTINUE;
	count++;
	fprintf(file, "%-6s %04o %u:%u", type_name(e->owner.mode), e->owner.mode & 07777,
		e->owner.uid, e->owner.gid);
	if (is_device(e->owner.mode))
		fprintf(file, " %u,%u", major(e->owner.rdev), minor(e->owner.rdev));
	fprintf(file, "%s /%s\n", e->owner.flags & FJ_OWN_ATTRIBUTES ? " +attributes" : "",
		e->path[0] == '.' && !e->path[1] ? "" : e->path);
	return FTW_CONTINUE;
}

/* Names as mtree(5) has them: a backslash and three octal digits for what is not plain. */
static void print_name(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name >= 127 || strchr("\\#*?[=", *name))
			fprintf(file, "\\%03o", (unsigned char)*name);
		else
			fputc(*name, file);
}

static void export_mtree(const struct entry *e)
{
	char target[FJ_PATH_MAX];

	fputs(e->path[0] == '.' && !e->path[1] ? "." : "./", file);
	if (strcmp(e->path, "."))
		print_name(e->path);
	fprintf(file, " type=%s uid=%u gid=%u mode=%04o", type_name(e->owner.mode), e->owner.uid,
		e->owner.gid, e->owner.mode & 07777);
	if ((e->owner.mode & S_IFMT) == S_IFREG)
		fprintf(file, " size=%lld nlink=%lu", (long long)e->st.st_size,
			(unsigned long)e->st.st_nlink);
	if (is_device(e->owner.mode))
		fprintf(file, " device=linux,%u,%u", major(e->owner.rdev), minor(e->owner.rdev));
	if ((e->owner.mode & S_IFMT) == S_IFLNK) {
		char path[2 * FJ_PATH_MAX];
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", root, e->path);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = 0;
		fputs(" link=", file);
		print_name(target);
	}
	fputc('\n', file);
}

/* protobuf: field 1 uid, field 2 gid, both varints. */
static size_t put_varint(unsigned char *at, unsigned field, uint32_t value)
{
	size_t n = 0;

	at[n++] = (unsigned char)(field << 3);
	for (; value >= 0x80; value >>= 7)
		at[n++] = (unsigned char)(value | 0x80);
	at[n++] = (unsigned char)value;
	return n;
}

static int export_xattr(const struct entry *e, bool is_rootless)
{
	char path[2 * FJ_PATH_MAX], text[80];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", root, e->path);
	if (is_rootless) {
		if (e->owner.uid)
			n += put_varint((unsigned char *)text, 1, e->owner.uid);
		if (e->owner.gid)
			n += put_varint((unsigned char *)text + n, 2, e->owner.gid);
		return n ? lsetxattr(path, "user.rootlesscontainers", text, n, 0) : 0;
	}
	n = (size_t)snprintf(
		text, sizeof(text), "%u:%u:0%o", e->owner.uid, e->owner.gid, e->owner.mode & 07777);
	if (is_device(e->owner.mode))
		n += (size_t)snprintf(text + n, sizeof(text) - n, ":%s-%u-%u",
			type_name(e->owner.mode), major(e->owner.rdev), minor(e->owner.rdev));
	return lsetxattr(path, "user.containers.override_stat", text, n, 0);
}

static int export_entry(struct entry *e)
{
	if (!strcmp(format, "mtree")) {
		export_mtree(e);
	} else if (!e->has_record) {
		return FTW_CONTINUE;
	} else if (!strcmp(format, "fakeroot")) {
		fprintf(file,
			"dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu\n",
			(unsigned long long)e->st.st_dev, (unsigned long long)e->st.st_ino,
			(unsigned long long)e->owner.mode, (unsigned long long)e->owner.uid,
			(unsigned long long)e->owner.gid, (unsigned long long)e->st.st_nlink,
			(unsigned long long)(is_device(e->owner.mode) ? e->owner.rdev : 0));
	} else if (export_xattr(e, !strcmp(format, "rootlesscontainers"))) {
		/* Links and fifos cannot carry any: xattr(7). */
		fprintf(stderr, "fakejail owners: /%s: %s\n", e->path, strerror(errno));
		skipped++;
	}
	count++;
	return FTW_CONTINUE;
}

/* Make `e` show what `to` says (FJ_OWN_ bits `what`), on disk as the engine would. */
static void give(struct entry *e, unsigned what, const struct fj_owner *to)
{
	uint32_t real = e->st.st_mode & 07777;
	char path[2 * FJ_PATH_MAX];
	long r;

	if (what & FJ_OWN_DEVICE && !(S_ISREG(e->st.st_mode) && !e->st.st_size)) {
		fprintf(stderr,
			"fakejail owners: /%s is no empty file, which would stand for a device\n",
			e->path);
		skipped++;
		return;
	}
	if ((what & FJ_OWN_MODE) && !S_ISLNK(e->st.st_mode) && !(what & FJ_OWN_DEVICE)) {
		real = fj_own_real_mode((e->st.st_mode & S_IFMT) | (to->mode & 07777), false) &
		       07777;
		snprintf(path, sizeof(path), "%s/%s", root, e->path);
		if (real != (e->st.st_mode & 07777) && chmod(path, real))
			real = e->st.st_mode & 07777;
	}
	r = fj_own_set(&e->key, what, to, &e->owner, real);
	if (r < 0)
		fail("/%s: %s", e->path, strerror((int)-r));
	count++;
}

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
			fail("out of memory");
	}
	lines[line_count] = *l;
	lines[line_count].order = line_count;
	line_count++;
}

/* fakeroot's save file. A line that is none ends the reading with an error, and nothing is
 * imported. */
static void read_fakeroot(void)
{
	char text[400];

	for (unsigned long n = 1; fgets(text, sizeof(text), file); n++) {
		unsigned long long dev, ino, mode, uid, gid, nlink, rdev;

		if (sscanf(text,
			    "dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu",
			    &dev, &ino, &mode, &uid, &gid, &nlink, &rdev) != 7)
			fail("line %lu is no line of fakeroot's: %s", n, text);
		add_line(&(struct line){.dev = dev,
			.ino = ino,
			.mode = (uint32_t)mode,
			.uid = (uint32_t)uid,
			.gid = (uint32_t)gid,
			.rdev = (uint32_t)rdev});
	}
}

/* pseudo's files.db, through sqlite3(1). Rows that only carry attributes have uid -1; ids from 2^31
 * on are negative. */
static void read_pseudo(const char *db)
{
	char command[FJ_PATH_MAX + 200], text[400];

	if (!db || strchr(db, '\''))
		fail("which files.db?");
	snprintf(command, sizeof(command),
		"sqlite3 -separator ' ' 'file:%s?immutable=1' 'SELECT dev,ino,uid,gid,mode,rdev "
		"FROM files WHERE deleting=0 AND uid<>-1 ORDER BY id'",
		db);
	file = popen(command, "r");
	while (file && fgets(text, sizeof(text), file)) {
		long long dev, ino, uid, gid, mode, rdev;

		if (sscanf(text, "%lld %lld %lld %lld %lld %lld", &dev, &ino, &uid, &gid, &mode,
			    &rdev) != 6)
			fail("%s: unknown row: %s", db, text);
		add_line(&(struct line){.dev = (uint64_t)dev,
			.ino = (uint64_t)ino,
			.mode = (uint32_t)mode,
			.uid = (uint32_t)uid,
			.gid = (uint32_t)gid,
			.rdev = (uint32_t)rdev});
	}
	if (!file || pclose(file))
		fail("%s: sqlite3 could not read it", db);
	file = NULL;
}

static const struct line *line_of(const struct entry *e)
{
	size_t from = 0, to = line_count;
	const struct line *found = NULL;

	while (from < to) {
		const size_t middle = (from + to) / 2;

		if (lines[middle].ino < e->key.ino)
			from = middle + 1;
		else
			to = middle;
	}
	/* The last one of several wins. */
	for (; from < line_count && lines[from].ino == e->key.ino; from++)
		if (any_device || lines[from].dev == e->key.dev)
			found = &lines[from];
	return found;
}

static int import_line(struct entry *e)
{
	const struct line *l = line_of(e);
	struct fj_owner to;

	if (!l || ((l->mode & S_IFMT) != (e->st.st_mode & S_IFMT) && !is_device(l->mode)))
		return FTW_CONTINUE;
	to = (struct fj_owner){.uid = l->uid, .gid = l->gid, .mode = l->mode, .rdev = l->rdev};
	give(e,
		FJ_OWN_UID | FJ_OWN_GID | (S_ISLNK(l->mode) ? 0 : FJ_OWN_MODE) |
			(is_device(l->mode) ? FJ_OWN_DEVICE : 0),
		&to);
	return FTW_CONTINUE;
}

static int import_xattr(struct entry *e)
{
	const bool is_rootless = !strcmp(format, "rootlesscontainers");
	char path[2 * FJ_PATH_MAX], text[200], kind[16] = "";
	struct fj_owner to = e->owner;
	unsigned what = FJ_OWN_UID | FJ_OWN_GID, major_, minor_;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", root, e->path);
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
		what |= FJ_OWN_MODE;
		if (!strcmp(kind, "block") || !strcmp(kind, "char")) {
			to.mode = (kind[0] == 'b' ? S_IFBLK : S_IFCHR) | (mode & 07777);
			to.rdev = (uint32_t)makedev(major_, minor_);
			what |= FJ_OWN_DEVICE;
		}
	}
	give(e, what, &to);
	return FTW_CONTINUE;
}

/* Every slot of the table, one by one. Returns how many are damaged. */
static unsigned long check_slots(unsigned long *live, unsigned long *gone)
{
	struct fj_store *s = &fj_store[0];
	unsigned long bad = 0;
	uint32_t mask;
	const struct fj_store_slot *slots = fj_store_slots(s, fj_store_head(s)->table, &mask);

	for (uint32_t i = 0; i <= mask; i++) {
		const struct fj_store_copy *copy = &slots[i].copy[slots[i].state & FJ_SLOT_SECOND];

		if (!(slots[i].state & FJ_SLOT_LIVE))
			continue;
		++*live;
		*gone += (copy->flags & FJ_OWN_GONE) != 0;
		bad += fj_store_check(&slots[i], copy) != copy->check;
	}
	return bad;
}

static int check(const char *db)
{
	unsigned long live = 0, gone = 0;
	const unsigned long bad = check_slots(&live, &gone);

	printf("%s: %lu records, %lu of removed files, %lu damaged\n", db, live, gone, bad);
	return bad != 0;
}

static struct fj_own_key *seen;
static size_t seen_count;

static int see_entry(struct entry *e)
{
	if (!e->has_record)
		return FTW_CONTINUE;
	if (!(seen_count & (seen_count + 1))) {
		seen = realloc(seen, (seen_count + 1) * 2 * sizeof(*seen));
		if (!seen)
			fail("out of memory");
	}
	seen[seen_count++] = e->key;
	return FTW_CONTINUE;
}

static int by_key(const void *a, const void *b)
{
	const struct fj_own_key *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

/* Drop the records that no file of the tree has, as far as they are of the device that the tree and
 * the records lie on: other devices may just not be mounted. */
static void prune(void)
{
	struct fj_store *s = &fj_store[0];
	struct fj_store_hold hold;
	struct fj_store_slot *slots;
	uint32_t mask;

	walk(see_entry);
	if (skipped)
		fail("nothing is pruned, as some files could not be looked at");
	qsort(seen, seen_count, sizeof(*seen), by_key);
	if (fj_store_lock(s, &hold) < 0)
		fail("the records may not be changed");
	slots = fj_store_slots(s, fj_store_head(s)->table, &mask);
	for (uint32_t i = 0; i <= mask; i++) {
		const struct fj_own_key key = {.ino = slots[i].ino, .stamp = slots[i].stamp};

		if (!(slots[i].state & FJ_SLOT_LIVE) || slots[i].dev ||
			bsearch(&key, seen, seen_count, sizeof(*seen), by_key))
			continue;
		fj_store_drop(s, &slots[i]);
		count++;
	}
	if (count)
		fj_store_grow(s); /* the passed-over slots are left behind */
	fj_store_unlock(s, &hold);
}

static void import(const char *name)
{
	if (!strcmp(format, "fakeroot")) {
		read_fakeroot();
	} else if (!strcmp(format, "pseudo")) {
		read_pseudo(name);
	} else if (!strcmp(format, "rootlesscontainers") || !strcmp(format, "override_stat")) {
		walk(import_xattr);
		return;
	} else {
		fail("cannot import %s", format);
	}
	qsort(lines, line_count, sizeof(*lines), by_inode);
	walk(import_line);
}

/* What is written appears under its name when it is complete: who is killed leaves the old file. A
 * pipe or a device is written to as it is. */
static char new_name[FJ_PATH_MAX + 32];

static FILE *open_new(const char *name)
{
	struct stat st;

	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		return fopen(name, "w");
	if ((size_t)snprintf(new_name, sizeof(new_name), "%s.new-%d", name, getpid()) >=
		sizeof(new_name)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(new_name, "w");
}

static int put_in_place(const char *name)
{
	return new_name[0] && (fsync(fileno(file)) || rename(new_name, name));
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name))
		names++;
	return *names;
}

int main(int argc, char **argv)
{
	static const char *const exports[] = {
		"fakeroot", "mtree", "rootlesscontainers", "override_stat", NULL};
	const char *verb = argc > 1 ? argv[1] : "", *name;
	struct stat st;
	int option, fd;
	long r;

	optind = 2;
	while ((option = getopt(argc, argv, "f:d")) != -1)
		if (option == 'f')
			format = optarg;
		else if (option == 'd')
			any_device = true;
		else
			return 2;
	if (argc - optind < 2)
		return 2;
	root = argv[optind + 1];
	name = argv[optind + 2];
	fd = open(argv[optind], O_RDWR);
	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = open(argv[optind], O_RDONLY);
	if (fd < 0)
		fail("%s: %s", argv[optind], strerror(errno));
	r = fj_own_check(fd);
	if (r < 0)
		fail("%s: %s", argv[optind],
			r == -EMEDIUMTYPE ? "is no file of owner records" :
			r == -EPROTONOSUPPORT ?
					    "is of another version, or of another kind of machine" :
			r == -EUCLEAN ? "is damaged or cut off" :
					strerror((int)-r));
	r = fj_own_start(fd, -1);
	if (r < 0 || fstat(fd, &st))
		fail("%s: %s", argv[optind], strerror(r < 0 ? (int)-r : errno));
	user = st.st_uid;
	if (!strcmp(verb, "check"))
		return check(argv[optind]);
	if (strcmp(verb, "import"))
		file = name ? open_new(name) : stdout;
	else if (!strcmp(format, "fakeroot"))
		file = name ? fopen(name, "r") : stdin;
	if (name && !file && (strcmp(verb, "import") || !strcmp(format, "fakeroot")))
		fail("%s: %s", name, strerror(errno));
	if (!strcmp(verb, "list")) {
		walk(list_entry);
	} else if (!strcmp(verb, "export")) {
		if (!is_one_of(format, exports))
			fail("cannot export %s", format);
		if (!strcmp(format, "mtree"))
			fputs("#mtree v2.0\n", file);
		walk(export_entry);
	} else if (!strcmp(verb, "prune")) {
		prune();
		printf("%lu records dropped\n", count);
	} else if (!strcmp(verb, "import")) {
		import(name);
		printf("%lu files given owners\n", count);
	} else {
		return 2;
	}
	if (file && file != stdin && (fflush(file) || (name && put_in_place(name))))
		fail("%s", strerror(errno));
	return 0;
}
