/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.c - the jail as it looks from outside, and what may have to be done before it starts. Each
 * function does the same as the one in fakejail.in. Called by main.c. */
#include "front.h"
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "sys/abi.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include <linux/limits.h>

struct front_mount front_mounts[FRONT_MOUNTS_MAX];
uint32_t front_mount_count;

static size_t without_slash(const char *path)
{
	const size_t n = fj_strlen(path);

	return n && path[n - 1] == '/' ? n - 1 : n;
}

/* fj_mounted: does a mount cover that place? */
static bool is_mounted(const char *jail_path)
{
	for (uint32_t i = 0; i < front_mount_count; i++) {
		const struct front_mount *m = &front_mounts[i];
		const size_t n = without_slash(m->jail);
		const char *path = front_text(jail_path, "/", "");

		if (m->host && fj_strlen(path) > n && !memcmp(path, m->jail, n) && path[n] == '/' &&
			front_is_there(front_text(m->host, "/", jail_path + n)))
			return true;
	}
	return false;
}

bool front_mounted_on(const char *jail_path)
{
	for (uint32_t i = 0; i < front_mount_count; i++)
		if (fj_streq(front_mounts[i].jail, jail_path))
			return true;
	return false;
}

bool front_seems_there(const char *root, const char *jail_path)
{
	const char *path = front_text(root, "/", jail_path);

	return front_is_there(path) || front_is_link(path) || is_mounted(jail_path);
}

/* fj_resolve: where `path` leads in `root`, "" for the root itself; NULL: nowhere. */
static const char *resolve(const char *root, const char *path)
{
	const char *jail = "", *rest = path;
	int links = 0;

	while (*rest) {
		size_t n = 0;
		const char *word, *tail, *next, *target;

		while (rest[n] && rest[n] != '/')
			n++;
		word = front_text_n(rest, n);
		tail = rest + n + (rest[n] == '/');
		rest = tail;
		if (!*word || fj_streq(word, "."))
			continue;
		if (fj_streq(word, "..")) {
			jail = *jail ? front_directory(jail) : jail;
			continue;
		}
		next = front_text(jail, "/", word);
		if (front_is_link(front_text(root, next, ""))) {
			target = front_link(front_text(root, next, ""));
			if (!target || ++links > FJ_MAX_LINKS)
				return NULL;
			if (*target == '/')
				jail = "";
			rest = front_text(target, *tail ? "/" : "", tail);
		} else if (front_is_there(front_text(root, next, ""))) {
			jail = next;
		} else {
			return NULL;
		}
	}
	return jail;
}

bool front_resolves(const char *root, const char *jail_path)
{
	return resolve(root, jail_path) || is_mounted(jail_path);
}

bool front_wants_host_file(const char *root, const char *file)
{
	const char *path = front_text(root, file, ""), *jail;

	if (!front_is_directory(front_text(root, "/etc", "")) || front_mounted_on("/etc") ||
		front_mounted_on(file))
		return false;
	if (!front_is_link(path))
		return !front_has_content(path);
	jail = resolve(root, file);
	return !jail || !front_has_content(front_text(root, jail, ""));
}

bool front_path_is_usable(const char *root, const char *path)
{
	while (*path) {
		size_t n = 0;

		while (path[n] && path[n] != ':')
			n++;
		if (*path == '/' && front_seems_there(root, front_text_n(path, n)))
			return true;
		path += n + (path[n] == ':');
	}
	return false;
}

#define DEEP 1000

static bool is_one(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* How many directories the working directory is below the root; -1: it is not below it. */
static long depth_below(const char *root)
{
	static char up[3 * DEEP + 2];
	struct stat top, here;
	size_t len = 1;

	up[0] = '.';
	if (!front_stat(root, &top) || !front_stat(up, &here))
		return -1;
	while (!is_one(&here, &top)) {
		const struct stat below = here;

		if (len > 3 * (DEEP - 1))
			front_give_up();
		memcpy(up + len, "/..", 4);
		len += 3;
		if (!front_stat(up, &here) || is_one(&here, &below))
			return -1;
	}
	return (long)(len - 1) / 3;
}

const char *front_inside(const char *root)
{
	static char cwd[PATH_MAX];
	long n, depth = depth_below(root);

	if (depth <= 0)
		return depth ? NULL : "/";
	n = fj_sys_getcwd(cwd, sizeof(cwd));
	if (n <= 1 || cwd[0] != '/')
		front_give_up();
	for (n -= 2; n >= 0; n--)
		if (cwd[n] == '/' && !--depth)
			return cwd + n;
	front_give_up();
}

const char *front_store(void)
{
	const char *store = front_variable_or_empty("FAKEJAIL_STORE");
	const char *data = front_variable_or_empty("XDG_DATA_HOME");

	if (*store)
		return store;
	if (!*data)
		data = front_text(front_variable_or_empty("HOME"), "/.local/share", "");
	return front_text(data, "/fakejail", "");
}

/* A process that makes a private copy, or looks for left ones, holds the store's lock. So every
 * copy that exists has been locked by its maker. If a process holds the store's lock just now, the
 * launcher must wait for it. */
bool front_has_left_copies(void)
{
	const char *store = front_store(), *copies = front_text(store, "/copies", "");
	long lock;
	bool has;

	if (!front_is_directory(copies))
		return false;
	if (front_has_entries(front_text(store, "/tmp", ""), "", false))
		return true;
	if (!front_has_entries(copies, "", true))
		return false;
	lock = fj_sys_openat(AT_FDCWD, front_text(store, "/lock", ""), O_RDWR | O_CLOEXEC, 0);
	has = lock < 0 || fj_sys_flock(lock, FRONT_LOCK_EX | FRONT_LOCK_NB) ||
	      front_has_unlocked(copies);
	if (lock >= 0)
		fj_sys_close(lock);
	return has;
}

/* fj_may_be_recorded, and whether that matters at all. */
bool front_may_be_recorded(const char *root)
{
	const char *state = front_variable_or_empty("XDG_STATE_HOME"), *around = root;

	if (front_is_there(front_text(root, "/.fakejail/owners", "")))
		return false;
	if (*state != '/')
		state = front_text(front_variable_or_empty("HOME"), "/.local/state", "");
	if (front_has_content(front_text(state, "/fakejail/roots", "")))
		return true;
	while (*around && front_has(around, '/')) {
		around = front_directory(around);
		if (*around && front_is_file(front_text(around, "/.fakejail/owners", "")))
			return true;
	}
	return false;
}
