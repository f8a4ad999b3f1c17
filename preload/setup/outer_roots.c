/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outer_roots.c - the root's records and those of other roots, at the jail's start: finds the roots that
 * contain this one, lists all roots of the user, and notices that the records are a copy of another root's.
 * Called by make_jail.c and root_overlay.c. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/hidden.h"
#include "jail/jail.h"
#include "met-roots/met_roots.h"
#include "mount-table/paths.h"
#include "nested/roots.h"
#include "records/disk.h"
#include "records/start.h"
#include "setup/layout.h"
#include "setup/setup.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "union/change.h"

#include <asm/stat.h>

/* The root lies in directory `text`, `len` bytes long: if that has records, note it. */
static void look_at(char *text, size_t len)
{
	static const char records[] = "/" FJ_HIDDEN_NAME "/owners";
	struct stat st;

	text[len] = 0;
	if (fj_sys_newfstatat(AT_FDCWD, text, &st, AT_SYMLINK_NOFOLLOW))
		return;
	memcpy(text + len, records, sizeof(records));
	if (!fj_sys_faccessat(AT_FDCWD, text, 0))
		fj_owner_meet(text, len, st.st_dev, st.st_ino, FJ_OWNER_ROOT_OUTER);
}

/* Returns `path` if a shell takes it as it is; else quotes it in `word`, and returns that. */
static const char *quote_word(const char *path, char *word, size_t size)
{
	static const char plain[] = "/._-+,:@%=";
	struct fj_str s;
	bool is_plain = true;

	fj_str_init(&s, word, size);
	for (const char *p = path; *p; p++) {
		bool is = (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z');

		for (const char *q = plain; *q; q++)
			is = is || *p == *q;
		is_plain = is_plain && is;
	}
	if (is_plain)
		return path;
	fj_str_put(&s, "'");
	for (const char *p = path; *p; p++) {
		const bool is_quote = *p == '\'';

		fj_str_add(&s, is_quote ? "'\\''" : p, is_quote ? 4 : 1);
	}
	fj_str_put(&s, "'");
	return s.at;
}

/* Add the root to the list of all roots of the user. A file may be made in one root and moved away before
 * its directory becomes a root itself: only the first root's records know its owner. */
static void add_to_root_list(char **envp)
{
	static char text[PATH_MAX] FJ_BULKY;
	struct fj_str s;
	long fd, mask;

	for (const char *p = fj_jail_paths()->root; *p; p++)
		if (*p == '\n')
			return;
	fj_str_init(&s, text, sizeof(text));
	if (!fj_in_state_folder(envp, "roots", &s))
		return;
	mask = fj_sys_umask(077); /* the caller's umask might make it inaccessible to us */
	fj_make_directories(text);
	fd = fj_sys_openat(
		AT_FDCWD, text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	fj_sys_umask(mask);
	if (fd < 0)
		return;
	fj_str_cut(&s, 0);
	fj_str_put(&s, fj_jail_paths()->root);
	fj_str_put(&s, "\n");
	fj_sys_write(fd, text, s.len);
	fj_sys_close((int)fd);
}

/* A copy of a tree that was made from outside has the records of the original's files: print a warning. */
static void tell_of_copy(char **envp, bool is_quiet)
{
	static char root[FJ_OWNER_NOTED + 32] FJ_BULKY, words[2][PATH_MAX] FJ_BULKY;
	const char *from = "FROM";
	struct fj_str s;

	if (fj_owner_is_copy(root, FJ_OWNER_NOTED) && !is_quiet) {
		const size_t len = fj_strlen(root);

		s = (struct fj_str){.at = root, .len = len, .size = sizeof(root)};
		fj_str_put(&s, "/" FJ_HIDDEN_NAME "/owners");
		if (len && !fj_sys_faccessat(AT_FDCWD, root, 0)) {
			fj_str_cut(&s, len);
			if (!fj_streq(root, fj_jail_paths()->root))
				from = quote_word(root, words[0], PATH_MAX);
		}
		fj_say(2,
			"fakejail: warning: %s: the owner records are of other files: a copy made "
			"from outside leaves owners behind\n"
			"hint: fakejail owners copy %s %s\n",
			fj_jail_paths()->name, from,
			quote_word(fj_jail_paths()->root, words[1], PATH_MAX));
	}
	if (fj_owner_belongs(fj_jail_paths()->root)) { /* only the first time */
		fj_owners_are_new = true;
		add_to_root_list(envp);
	}
}

void fj_owners_look_around(const char *db, char **envp, bool is_quiet)
{
	static char text[PATH_MAX + 32] FJ_BULKY;
	size_t len = fj_strlen(fj_jail_paths()->root);

	fj_roots_start(fj_jail_roots(), fj_jail_roots_state());
	fj_union_start();
	fj_owner_roots_state->keeps_apart = db != NULL;
	fj_owner_roots_state->counted_dev =
		fj_owner_counts_directories(FJ_FD_ROOT(fj_jail)) ? fj_jail->root_dev : 0;
	memcpy(text, fj_jail_paths()->root, len + 1);
	/* Look at the directories around this root, the innermost first. Not for a private copy (`store`): roots
	 * around it know nothing about files made there. */
	while (!db && !fj_options.store && len) {
		while (text[--len] != '/')
			;
		if (len)
			look_at(text, len);
	}
	if (fj_owners_are_in_root)
		tell_of_copy(envp, is_quiet);
	if (fj_owners_are_new && !db)
		fj_owner_tell_news();
	fj_owners_begin_calm();
}

void fj_owners_begin_calm(void)
{
	uint64_t news;

	if (!fj_owner_roots)
		return;
	fj_owner_is_told(&news);
	fj_owner_know_news(news);
	fj_owner_roots_state->generation = FJ_OWNER_CALM;
}
