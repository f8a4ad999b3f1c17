/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owners.c - finds and opens the file of a root's owner records, at the jail's start. Called by
 * make_jail.c, binds.c and launch.
 *
 *  ROOT/.fakejail/owners         the usual place: it goes where the tree goes
 *  STATE/fakejail/host           for the host's own root: `fakejail / CMD`
 *  STATE/fakejail/root-HASH      for a root that may not be written
 *  an anonymous memory file      --no-db; --rm, whose root goes with the jail; and a root that may
 *                                not be written, of a user without a home
 *
 * STATE is $XDG_STATE_HOME, else $HOME/.local/state. What `fakejail /` has recorded about files of a tree
 * is valid in the tree's own jail too: that jail also has the host's records, and reads them if its own say
 * nothing. A file that cannot be trusted ends the start, and is not changed. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "command/command.h"
#include "jail/hidden.h"
#include "jail/jail.h"
#include "mount-table/paths.h"
#include "ownership/ownership.h"
#include "records/start.h"
#include "setup/setup.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"

#include <asm/stat.h>
#include <linux/errno.h>

#define FAILED 125 /* the status of a launcher that fails, as FJ_FAILED */

_Noreturn static void refuse_records(const char *name, long error)
{
	const char *why = "cannot be used", *says = fj_error(error);

	if (error == -EMFILE) /* the file is not at fault */
		fj_launch_fail("too few file descriptors: raise `ulimit -n`", "", 0);
	if (error == -EMEDIUMTYPE)
		why = "is no file of owner records";
	else if (error == -EPROTONOSUPPORT)
		why = "is of another version of fakejail, or of another kind of machine";
	else if (error == -EUCLEAN)
		why = "is damaged or cut off";
	else if (error == -EACCES || error == -EPERM)
		why = "may not be read, by its mode or that of its directory";
	if (error == -EMEDIUMTYPE || error == -EPROTONOSUPPORT || error == -EUCLEAN)
		says = "";
	fj_say(2,
		"fakejail: %s: %s%s%s\nfakejail: it is left as it is; see `fakejail owners "
		"check`, or use --db=FILE or --no-db\n",
		name, why, *says ? ": " : "", says);
	for (;;)
		fj_sys_exit_group(FAILED);
}

static void warn_of_records(const char *name, long error, const char *then)
{
	fj_say(2, "fakejail: %s: owner records cannot be opened (%s): %s\n", name, fj_error(error),
		then);
}

/* Does the root have records that belong to this user, who cannot open them? Those of other users are
 * ignored. */
static bool has_own_records(int root_fd, long error)
{
	const long there = fj_sys_faccessat(root_fd, FJ_HIDDEN_NAME "/owners", 0);
	struct stat st = {0};

	return (error == -EACCES || error == -EPERM) && (!there || there == -EACCES) &&
	       !fj_sys_newfstatat(root_fd, FJ_HIDDEN_NAME, &st, AT_SYMLINK_NOFOLLOW) &&
	       st.st_uid == (uint32_t)fj_sys_geteuid();
}

static const char *environment_value(char **envp, const char *name)
{
	const size_t n = fj_strlen(name);

	for (; *envp; envp++)
		if (!memcmp(*envp, name, n) && (*envp)[n] == '=')
			return *envp + n + 1;
	return "";
}

static long open_records_file(int dirfd, const char *name)
{
	const int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	long r = fj_sys_openat(dirfd, name, O_RDWR | flags, 0);

	if (r == -EACCES || r == -EROFS || r == -EPERM)
		r = fj_sys_openat(dirfd, name, O_RDONLY | flags, 0);
	return r;
}

bool fj_owners_are_new, fj_owners_are_in_root;

/* A new file gets its name when it is complete. If two processes make it, the second uses the first
 * one's. */
static long make_records_file(int dirfd, const char *name)
{
	static char text[PATH_MAX + 32] FJ_BULKY;
	struct fj_str temporary;
	long fd, r;

	fj_str_init(&temporary, text, sizeof(text));
	fj_str_put(&temporary, name);
	fj_str_put(&temporary, ".new-");
	fj_str_num(&temporary, (uint64_t)fj_sys_getpid(), 10);
	if (temporary.overflowed)
		return -ENAMETOOLONG;
	fj_sys_unlinkat(dirfd, temporary.at, 0);
	fd = fj_sys_openat(dirfd, temporary.at, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fd;
	r = fj_owner_create((int)fd);
	fj_sys_close((int)fd);
	if (!r) {
		r = fj_sys_linkat(dirfd, temporary.at, dirfd, name, 0);
		if (r == -EPERM || r == -EOPNOTSUPP) /* no hard links here */
			r = fj_sys_renameat2(dirfd, temporary.at, dirfd, name, FJ_RENAME_NOREPLACE);
		fj_owners_are_new = fj_owners_are_new || !r;
		if (r == -EEXIST)
			r = 0;
	}
	fj_sys_unlinkat(dirfd, temporary.at, 0);
	return r;
}

static long open_or_make(int dirfd, const char *name)
{
	long fd = open_records_file(dirfd, name);

	if (fd == -ENOENT) {
		const long r = make_records_file(dirfd, name);

		if (r < 0)
			return r;
		fd = open_records_file(dirfd, name);
	}
	return fd;
}

long fj_make_directories(char *path)
{
	long r = 0, made;

	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		made = fj_sys_mkdirat(AT_FDCWD, path, 0700);
		if (made != -ENOENT) /* else the one above could not be made */
			r = made;
		*p = '/';
	}
	return r == -EEXIST ? 0 : r;
}

bool fj_in_state_folder(char **envp, const char *name, struct fj_str *out)
{
	const char *state = environment_value(envp, "XDG_STATE_HOME"),
		   *home = environment_value(envp, "HOME");

	if (state[0] == '/') { /* a relative one is invalid: XDG Base Directory Specification */
		fj_str_put(out, state);
	} else if (home[0] == '/') {
		fj_str_put(out, home);
		fj_str_put(out, "/.local/state");
	} else {
		return false;
	}
	fj_str_put(out, "/fakejail/");
	fj_str_put(out, name);
	return !out->overflowed;
}

static long open_in_state_folder(char **envp, const char *name, struct fj_str *path)
{
	long fd;

	if (!fj_in_state_folder(envp, name, path))
		return -ENOENT;
	fd = open_records_file(AT_FDCWD, path->at);
	if (fd != -ENOENT)
		return fd;
	fj_make_directories(path->at);
	return open_or_make(AT_FDCWD, path->at);
}

/* Make our directory in the root. If the root belongs to the user and is only not writable (0555, as
 * Fedora's), its mode is changed for that moment: root inside is not refused there either, and the records
 * must not move after fj_dac_override() has changed the mode for good. */
static long make_hidden(int root_fd)
{
	char link[32];
	struct fj_str s;
	struct stat st;
	long r = fj_sys_mkdirat(root_fd, FJ_HIDDEN_NAME, 0700);

	if (r != -EACCES || fj_sys_newfstatat(root_fd, "", &st, AT_EMPTY_PATH) ||
		st.st_uid != (uint32_t)fj_sys_geteuid())
		return r;
	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, root_fd, NULL);
	if (fj_sys_fchmodat(AT_FDCWD, link, (st.st_mode & 07777) | 0300))
		return r;
	r = fj_sys_mkdirat(root_fd, FJ_HIDDEN_NAME, 0700);
	fj_sys_fchmodat(AT_FDCWD, link, st.st_mode & 07777);
	return r;
}

static long open_in_root(int root_fd, bool may_make)
{
	long fd, dir = fj_open_path(root_fd, FJ_HIDDEN_NAME, O_DIRECTORY | O_NOFOLLOW);

	if (dir == -ENOENT && may_make) {
		dir = make_hidden(root_fd);
		if (!dir || dir == -EEXIST)
			dir = fj_open_path(root_fd, FJ_HIDDEN_NAME, O_DIRECTORY | O_NOFOLLOW);
	}
	if (dir < 0)
		return dir;
	fd = may_make ? open_or_make((int)dir, "owners") : open_records_file((int)dir, "owners");
	fj_sys_close((int)dir);
	return fd;
}

long fj_owners_make_in(const char *path)
{
	const bool are_new = fj_owners_are_new;
	const long dir = fj_open_path(AT_FDCWD, path, O_DIRECTORY);
	long fd;

	if (dir < 0)
		return dir;
	fd = open_in_root((int)dir, true);
	fj_sys_close((int)dir);
	fj_owners_are_new = are_new; /* this flag is about the jail's own records */
	if (fd < 0)
		return fd;
	fj_sys_close((int)fd);
	return 0;
}

static bool may_go_in_child(long error)
{
	return error == -EACCES || error == -EPERM || error == -EROFS || error == -ENOSPC ||
	       error == -EDQUOT || error == -EOPNOTSUPP || error == -ENODEV;
}

static long make_records_in_memory(void)
{
	const long fd = fj_sys_memfd_create("fakejail-owners", 1 /* MFD_CLOEXEC */);
	const long r = fd < 0 ? fd : fj_owner_create_small((int)fd);

	return r < 0 ? r : fd;
}

/* Open the file for a root that may not be written. Its path goes into `path`. */
static long open_of_unwritable(char **envp, bool may_make, struct fj_str *path)
{
	static char text[32] FJ_BULKY;
	struct fj_str name;

	fj_str_init(&name, text, sizeof(text));
	fj_str_put(&name, "root-");
	fj_str_num(&name,
		fj_hash(fj_jail_paths()->root, fj_strlen(fj_jail_paths()->root), FJ_HASH_SEED), 16);
	fj_str_cut(path, 0);
	if (may_make)
		return open_in_state_folder(envp, text, path);
	return fj_in_state_folder(envp, text, path) ? open_records_file(AT_FDCWD, path->at) :
						      -ENOENT;
}

int fj_owners_open(const char *db, int root_fd, char **envp, int *host_owners)
{
	static char text[PATH_MAX] FJ_BULKY, host_owners_text[PATH_MAX] FJ_BULKY;
	const bool is_host = !fj_jail_paths()->root[0];
	struct fj_str path, host_owners_path;
	/* With the program's umask(2), records might not be readable again. */
	const long mask = fj_sys_umask(077);
	long fd, r;

	*host_owners = -1;
	fj_str_init(&path, text, sizeof(text));
	if (db ? fj_streq(db, "none") : fj_options.store != NULL) {
		fd = make_records_in_memory();
	} else if (db) {
		fj_str_put(&path, db);
		fd = open_or_make(AT_FDCWD, db);
	} else if (is_host) {
		fd = open_in_state_folder(envp, "host", &path);
	} else {
		fj_str_put(&path, fj_jail_paths()->root);
		fj_str_put(&path, "/" FJ_HIDDEN_NAME "/owners");
		fd = open_in_root(root_fd, false);
		if (fd == -ENOENT) { /* records made while the root was not writable stay in use */
			fd = open_of_unwritable(envp, false, &path);
			if (fd < 0) {
				fj_str_cut(&path, 0);
				fj_str_put(&path, fj_jail_paths()->root);
				fj_str_put(&path, "/" FJ_HIDDEN_NAME "/owners");
				fd = open_in_root(root_fd, true);
			}
		}
	}
	fj_owners_are_in_root =
		!db && !is_host && fd >= 0 && fj_path_has_prefix(path.at, fj_jail_paths()->root);
	fj_jail->has_hidden = fj_sys_faccessat(root_fd, FJ_HIDDEN_NAME, 0) == 0;
	if (!db && !is_host && may_go_in_child(fd)) {
		if (has_own_records(root_fd, fd))
			refuse_records(path.at, fd);
		fd = open_of_unwritable(envp, true, &path);
	}
	if (!db && fd < 0 && (may_go_in_child(fd) || fd == -ENOENT)) {
		if (fd != -ENOENT) /* ENOENT: a user without a home */
			warn_of_records(path.at, fd, "owners are kept for this jail only");
		fd = make_records_in_memory();
	}
	r = fd < 0 ? fd : fj_owner_check((int)fd);
	if (r < 0)
		refuse_records(path.at, r);
	if (db ? !fj_streq(db, "none") : !is_host) {
		fj_str_init(&host_owners_path, host_owners_text, sizeof(host_owners_text));
		if (fj_in_state_folder(envp, "host", &host_owners_path))
			*host_owners = (int)open_records_file(AT_FDCWD, host_owners_path.at);
		r = *host_owners >= 0 ? fj_owner_check(*host_owners) : *host_owners;
		/* If a directory above it is closed to us, we have recorded nothing there: that HOME is the
		 * program's, not ours. */
		if (r == -EACCES && fj_sys_faccessat(AT_FDCWD, host_owners_path.at, 0) == -EACCES)
			r = -ENOENT;
		if (r < 0 && r != -ENOENT && host_owners_path.len)
			warn_of_records(
				host_owners_path.at, r, "what `fakejail /` recorded is not shown");
		if (r < 0 && *host_owners >= 0)
			fj_sys_close(*host_owners);
		if (r < 0)
			*host_owners = -1;
	}
	fj_sys_umask(mask);
	return (int)fd;
}

void fj_owners_check_lower(const char *layer)
{
	static char text[PATH_MAX] FJ_BULKY;
	const long dir = fj_open_path(AT_FDCWD, layer, O_DIRECTORY);
	const long fd = dir < 0 ? dir : open_in_root((int)dir, false);
	const long r = fd < 0 ? 0 : fj_owner_check((int)fd);

	if (r == -EMEDIUMTYPE || r == -EPROTONOSUPPORT || r == -EUCLEAN) {
		fj_format(text, sizeof(text), "%s/" FJ_HIDDEN_NAME "/owners", layer);
		refuse_records(text, r);
	}
	if (fd >= 0)
		fj_sys_close((int)fd);
	if (dir >= 0)
		fj_sys_close((int)dir);
}

void fj_owners_try(void)
{
	const long r = fj_owner_try();

	if (r == -ENOLCK)
		fj_say(2, "fakejail: warning: on the file system of the owner records locks do not "
			  "work: they are only read, and changes of owners are refused\n"
			  "hint: --db=FILE keeps them on another\n");
	else if (r == -EBUSY)
		fj_say(2, "fakejail: warning: another machine changes the owner records, or was "
			  "stopped while it did: changes of owners are refused until owners.lock "
			  "beside them, a link that names the machine, is gone\n");
}
