/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - the tool behind `fakejail owners`: reads its command line, and lists, checks, prunes,
 * exports, imports and copies owner records. The launcher starts it.
 *
 *	owners VERB [-f FORMAT] [-d] DB ROOT [FILE]
 *	owners copy DB ROOT OTHER-DB OTHER-ROOT
 *	owners adopt DB ROOT [LIST]
 *
 * DB is the file of records of ROOT. FILE is the standard input or output if it is not given. With
 * -d, lines for other devices are imported, too: fakeroot writes the device numbers of the machine
 * on which it ran. The verb adopt is for the launcher: it gives ROOT records of its own. LIST names
 * other roots.
 *
 * A record identifies its file by device, inode number and birth time, not by name. So every verb
 * but check walks ROOT and looks up each file. The program is an ordinary one, with a libc, and
 * uses the engine's own code for the records. */
#include "owners.h"

#include "../standard.h"
#include "records/disk.h"
#include "records/start.h"

#include <linux/fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

/* fcntl.h and linux/fcntl.h exclude each other. */
int open(const char *path, int flags, ...);

const char *owners_root, *owners_records, *owners_format = "fakeroot";
FILE *owners_file;
bool owners_any_device;
uid_t owners_user;
unsigned long owners_count, owners_skipped;

_Noreturn void owners_fail(const char *format_, ...)
{
	va_list args;

	va_start(args, format_);
	fputs("fakejail owners: ", stderr);
	vfprintf(stderr, format_, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* A file is written under this name and renamed when it is complete: so the old file stays if the
 * program is killed. A pipe or a device is written directly. */
static char new_name[PATH_MAX + 32];

static void remove_new(void)
{
	if (new_name[0])
		unlink(new_name);
}

static FILE *open_new(const char *name)
{
	struct stat st;

	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		return fopen(name, "w");
	atexit(remove_new);
	if ((size_t)snprintf(new_name, sizeof(new_name), "%s.new-%d", name, getpid()) >=
		sizeof(new_name)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return fopen(new_name, "w");
}

static const char *file_name; /* of owners_file */

_Noreturn void owners_file_failed(void)
{
	owners_fail("%s: %s",
		file_name	     ? file_name :
		owners_file == stdin ? "standard input" :
				       "standard output",
		errno ? strerror(errno) : "it cannot be read or written");
}

static int put_in_place(const char *name)
{
	if (!new_name[0])
		return 0;
	if (fsync(fileno(owners_file)) || rename(new_name, name))
		return -1;
	new_name[0] = 0;
	return 0;
}

/* Handles SIGBUS: the file of records was truncated while it was read, or has an offset behind its
 * end. */
static void damaged(int number)
{
	static const char text[] = "fakejail owners: the records are damaged or cut off\n";

	(void)number;
	remove_new();
	_exit(write(2, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

/* Makes `db` the file of records that this process uses. Creates it if it `may_make` it. */
static void open_records(const char *db, bool may_make)
{
	struct stat st;
	long r = 0;
	int fd = open(db, may_make ? O_RDWR | O_CREAT : O_RDWR, 0600);

	owners_records = db;
	if (fd < 0 && !may_make && (errno == EACCES || errno == EROFS))
		fd = open(db, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		owners_fail("%s: %s", db, strerror(errno));
	if (may_make && !st.st_size)
		r = fj_owner_create(fd);
	if (!r)
		r = fj_owner_check(fd);
	if (r < 0)
		owners_fail("%s: %s", db,
			r == -EMEDIUMTYPE ? "is no file of owner records" :
			r == -EPROTONOSUPPORT ?
					    "is of another version, or of another kind of machine" :
			r == -EUCLEAN ? "is damaged or cut off" :
					strerror((int)-r));
	fj_owner_shared = fj_owner_shared_with_others(fd, -1);
	r = fj_owner_start(fd, -1);
	if (r < 0)
		owners_fail("%s: %s", db, strerror((int)-r));
	owners_user = st.st_uid;
	fd = open(owners_root, O_RDONLY | O_DIRECTORY);
	fj_owner_is_scattered = fd >= 0 && fj_owner_scatters(fd);
	fj_owner_follows_tags = fj_owner_is_scattered || fj_owner_have_moved(fj_store[0].fd);
	close(fd);
}

/* Makes the empty file of records `db`. It is complete when it gets its name. If another process
 * has made it meanwhile, that file is used. */
static void make_records(const char *db)
{
	char *name = NULL;
	long r;
	int fd;

	snprintf(new_name, sizeof(new_name), "%s", db);
	name = strrchr(new_name, '/');
	if (!name || strlen(db) >= PATH_MAX)
		owners_fail("%s: %s", db, strerror(EINVAL));
	*name = 0;
	if (mkdir(new_name, 0700) && errno != EEXIST)
		owners_fail("%s: %s", new_name, strerror(errno));
	snprintf(new_name, sizeof(new_name), "%s.new-%d", db, getpid());
	fd = open(new_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		owners_fail("%s: %s", new_name, strerror(errno));
	atexit(remove_new);
	r = fj_owner_create(fd);
	close(fd);
	if (r < 0)
		owners_fail("%s: %s", db, strerror((int)-r));
	if (link(new_name, db) && errno != EEXIST)
		owners_fail("%s: %s", db, strerror(errno));
	remove_new();
	new_name[0] = 0;
}

/* The records of the root `path`, if it has any, are looked up for files of our root. */
static void ask_root(const char *path)
{
	char records[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(records, sizeof(records), "%s/.fakejail/owners", path) <
			sizeof(records) &&
		*path && !stat(path, &st))
		fj_owner_meet(records, strlen(path), st.st_dev, st.st_ino, FJ_OWNER_ROOT_OUTER);
}

/* Writes the list `known` anew without roots that do not exist any more. (A line that another
 * launcher appends at the same time may be lost.) */
static void shorten(FILE *list, const char *known)
{
	char line[PATH_MAX], path[PATH_MAX];
	FILE *shorter = open_new(known);

	rewind(list);
	while (shorter && fgets(line, sizeof(line), list)) {
		memcpy(path, line, sizeof(path));
		path[strcspn(path, "\n")] = 0;
		if (!access(path, F_OK))
			fputs(line, shorter);
	}
	if (!shorter || fclose(shorter) || rename(new_name, known))
		remove_new();
	new_name[0] = 0;
}

/* Copies the record of an outer root, if there is one, into the records of this root. */
static int carry_entry(struct entry *e)
{
	char records[PATH_MAX];

	/* Files of another root have their records there. Those of the outer roots are out of
	 * date. */
	if (S_ISDIR(e->st.st_mode) && strcmp(e->path, ".") != 0 &&
		(size_t)snprintf(records, sizeof(records), "%s/%s/.fakejail/owners", owners_root,
			e->path) < sizeof(records) &&
		!access(records, F_OK))
		return FTW_SKIP_SUBTREE;
	if (e->has_record && fj_owner_move_record(&e->key) < 0)
		owners_skipped++;
	return FTW_CONTINUE;
}

/* The verb adopt: makes the root one with its own records, `db`. Copies the records that outer
 * roots have of its files. Also copies those of the roots that the list `known` names: the root may
 * have been inside of one of them before it was moved. After fj_owner_tell_news(), jails on the
 * outer roots write records of these files to `db`. Returns the exit status. */
static int adopt(const char *db, const char *known)
{
	char *path = realpath(owners_root, NULL), line[PATH_MAX];
	FILE *list;
	unsigned long gone = 0;

	umask(077); /* with the caller's, the jail might not be allowed to read the records */
	if (!path)
		return 1;
	make_records(db);
	open_records(db, false);
	fj_owner_roots = calloc(1, sizeof(*fj_owner_roots));
	fj_owner_roots_state = calloc(1, sizeof(*fj_owner_roots_state));
	if (!fj_owner_roots || !fj_owner_roots_state)
		owners_fail("out of memory");
	for (char *slash; (slash = strrchr(path, '/')) != NULL; ask_root(path))
		*slash = 0;
	fj_owner_tell_news();
	list = known ? fopen(known, "r") : NULL;
	while (list && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		gone += access(line, F_OK) != 0;
		ask_root(line);
	}
	if (list && gone > 1000)
		shorten(list, known);
	if (list)
		fclose(list);
	free(path);
	if (fj_owner_roots_met())
		owners_walk(carry_entry);
	return owners_skipped != 0;
}

static char **other; /* the file of records, and the root, of the second tree */

static void open_other(void)
{
	owners_root = other[1];
	open_records(other[0], true);
	fj_owner_belongs(other[1]);
}

static int run_verb(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "", *name;
	int option;
	bool is_import;

	optind = 2;
	while ((option = getopt(argc, argv, "f:d")) != -1)
		if (option == 'f')
			owners_format = optarg;
		else if (option == 'd')
			owners_any_device = true;
		else
			return 2;
	if (argc - optind < 2)
		return 2;
	owners_root = argv[optind + 1];
	name = argv[optind + 2];
	if (!strcmp(verb, "adopt"))
		return adopt(argv[optind], name);
	open_records(argv[optind], false);
	if (!strcmp(verb, "copy") && argc - optind < 4)
		return 2;
	if (!strcmp(verb, "check"))
		return owners_check(argv[optind]);
	if (!strcmp(verb, "copy")) {
		other = &argv[optind + 2];
		owners_copy(open_other);
		printf("%lu files given owners\n", owners_count);
		return owners_skipped != 0;
	}
	file_name = name;
	is_import = !strcmp(verb, "import");
	if (!strcmp(verb, "list") || !strcmp(verb, "export"))
		owners_file = name ? open_new(name) : stdout;
	else if (is_import && !strcmp(owners_format, "fakeroot"))
		owners_file = name ? fopen(name, "r") : stdin;
	if (name && !owners_file && (!is_import || !strcmp(owners_format, "fakeroot")))
		owners_fail("%s: %s", name, strerror(errno));
	if (!strcmp(verb, "list")) {
		owners_list();
	} else if (!strcmp(verb, "export")) {
		owners_export();
	} else if (!strcmp(verb, "prune")) {
		owners_prune();
		printf("%lu records dropped\n", owners_count);
	} else if (is_import) {
		owners_import(name);
		printf("%lu files given owners\n", owners_count);
	} else {
		return 2;
	}
	/* (An earlier write may have failed, and the last one not.) */
	if (owners_file && owners_file != stdin &&
		(fflush(owners_file) || ferror(owners_file) || (name && put_in_place(name))))
		owners_file_failed();
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	open_standard();
	signal(SIGBUS, damaged);
	signal(SIGXFSZ, SIG_IGN); /* write(2) then returns EFBIG */
	status = run_verb(argc, argv);
	if (!has_printed())
		owners_fail("standard output: %s", strerror(errno));
	return status;
}
