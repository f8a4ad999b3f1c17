/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store.c - the directory of images, trees and private copies, and its temporary directories.
 * Called by the other files of this tool.
 *
 * A process locks each temporary directory that it makes: flock(2) on the directory itself. The
 * kernel releases the lock when the process ends. So a temporary directory that can be locked was
 * left by a killed command, and the next command removes it. */
#include "images.h"

#include <dirent.h>
#include <sys/file.h>
#include <time.h>

/* Half a minute in all, as fj_setup_lock() of preload/setup/upper.c waits. */
#define LOCK_TRIES 15000
#define LOCK_NAP_NS 2000000

static char *store;

/* The temporary directories of this process. `fd` has the lock. */
static struct held {
	char *dir;
	int fd;
	struct held *next;
} * all_held;

/* Returns the path of the store, or NULL if no environment variable says where it is. */
static const char *find_store(void)
{
	const char *where = getenv("FAKEJAIL_STORE");

	if (where && *where)
		return copy_of(where);
	if ((where = getenv("XDG_DATA_HOME")) && *where == '/')
		return print("%s/fakejail", where);
	if ((where = getenv("HOME")) && *where == '/')
		return print("%s/.local/share/fakejail", where);
	return NULL;
}

static void make_store(void)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	char *path;

	for (const char *const *part =
			(const char *const[]){"blobs/sha256", "tmp", "copies", "trees", NULL};
		*part; part++) {
		path = print("%s/%s", store, *part);
		make_directories(path);
		free(path);
	}
	path = print("%s/oci-layout", store);
	if (access(path, F_OK)) {
		const int lock = store_lock();

		write_file(path, version, strlen(version));
		close(lock);
	}
	free(path);
}

const char *store_dir(bool make)
{
	if (!store) {
		const char *where = find_store();

		if (!where && make)
			fail("there is no place for images: neither FAKEJAIL_STORE, XDG_DATA_HOME "
			     "nor HOME is set");
		if (!where)
			return NULL;
		if (make)
			make_directories(where);
		store = realpath(where, NULL);
		if (!store)
			return NULL;
		make_store();
		store_sweep();
	}
	return store;
}

void store_wait_lock(int fd, int operation, const char *path)
{
	static const struct timespec nap = {.tv_nsec = LOCK_NAP_NS};

	for (int i = 0; i < LOCK_TRIES; i++) {
		/* (Where there are no such locks, nobody else has one.) */
		if (!flock(fd, operation | LOCK_NB) || (errno != EWOULDBLOCK && errno != EINTR))
			return;
		nanosleep(&nap, NULL);
	}
	fail("another process, which may be stopped, keeps the lock of '%s'", shown(path));
}

int store_lock(void)
{
	char *path = print("%s/lock", store_dir(true));
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		fail("cannot write the store '%s': %s", store, strerror(errno));
	store_wait_lock(fd, LOCK_EX, path);
	free(path);
	return fd;
}

static void discard(void *of)
{
	store_discard(of);
}

char *store_temporary(const char *kind)
{
	struct held *h = get(sizeof(*h));
	int lock = store_lock();

	h->dir = print("%s/%s/%d-XXXXXX", store, kind, getpid());
	if (!mkdtemp(h->dir))
		fail("cannot make a directory in '%s/%s': %s", store, kind, strerror(errno));
	h->fd = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->fd < 0 || flock(h->fd, LOCK_EX | LOCK_NB))
		fail("cannot lock '%s': %s", h->dir, strerror(errno));
	close(lock);
	h->next = all_held;
	all_held = h;
	on_trouble(discard, h->dir);
	return h->dir;
}

void store_keep(char *dir)
{
	for (struct held **h = &all_held; *h; h = &(*h)->next)
		if ((*h)->dir == dir) {
			struct held *old = *h;

			close(old->fd);
			*h = old->next;
			free(old);
			return;
		}
}

void store_discard(char *dir)
{
	for (const struct held *h = all_held; h; h = h->next)
		if (h->dir == dir) {
			remove_tree(dir);
			store_keep(dir);
			return;
		}
}

void discard_all(void)
{
	while (all_held)
		store_discard(all_held->dir);
}

/* While a directory outside of the store is filled, a temporary directory of the store has a
 * symbolic link to it. The link's name says whether the directory was made for this, or existed and
 * was empty. The file TARGET_MARK in the directory holds the path of the temporary directory: it
 * shows that the link still leads to the same directory. */
static const char *const target_words[] = {"unpack-into-new", "unpack-into-empty"};
#define TARGET_MARK "/.fakejail/unpacking"

char *store_begin_target(const char *target, bool is_new)
{
	char *dir, *path;
	const char *where = find_store();

	/* Unpacking needs no store. Without one that is writable, a killed unpack leaves its
	 * files. */
	if (!where)
		return NULL;
	path = print("%s/copies", where);
	if (!try_directories(path) || access(path, W_OK)) {
		free(path);
		return NULL;
	}
	free(path);
	store_dir(true);
	dir = store_temporary("copies");
	path = print("%s/%s", dir, target_words[is_new ? 0 : 1]);
	if (symlink(target, path))
		fail("cannot make '%s': %s", path, strerror(errno));
	free(path);
	path = print("%s/.fakejail", target);
	make_directories(path);
	free(path);
	path = print("%s" TARGET_MARK, target);
	write_file(path, dir, strlen(dir));
	free(path);
	return dir;
}

void store_end_target(char *dir, const char *target)
{
	char *path = print("%s" TARGET_MARK, target);

	unlink(path);
	free(path);
	store_discard(dir);
}

/* If a killed unpack has left the temporary directory `left`, empties the directory that it was
 * filling. */
static void sweep_target(const char *left)
{
	for (unsigned i = 0; i < 2; i++) {
		char *path = print("%s/%s", left, target_words[i]), target[4096], *mark, *text;
		const ssize_t n = readlink(path, target, sizeof(target) - 1);
		size_t size;

		free(path);
		if (n <= 0)
			continue;
		target[n] = 0;
		mark = print("%s" TARGET_MARK, target);
		text = read_file(mark, 4096, &size);
		if (text && !strcmp(text, left)) {
			empty_directory(target);
			if (i == 0)
				rmdir(target);
		}
		free(text);
		free(mark);
	}
}

static void sweep_kind(const char *kind)
{
	char *path = print("%s/%s", store, kind);
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char *left;
		int lock, fd;
		bool is_ours;

		if (e->d_name[0] == '.')
			continue;
		left = print("%s/%s", path, e->d_name);
		lock = store_lock();
		fd = open(left, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		is_ours = fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
		close(lock);
		if (is_ours) {
			sweep_target(left);
			remove_tree(left);
		}
		if (fd >= 0)
			close(fd);
		free(left);
	}
	if (dir)
		closedir(dir);
	free(path);
}

/* Is it a file that write_file() has not renamed yet? The store's files are written with the lock
 * held. */
static bool is_unfinished(const char *name)
{
	return !strncmp(name, "index.json.new-", 15) || !strncmp(name, "oci-layout.new-", 15);
}

static void sweep_files(void)
{
	DIR *dir = opendir(store);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char *path;
		int lock;

		if (!is_unfinished(e->d_name))
			continue;
		path = print("%s/%s", store, e->d_name);
		lock = store_lock();
		unlink(path);
		close(lock);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static const char *change_mark(void)
{
	static char *path;

	if (!path)
		path = print("%s/changing", store);
	return path;
}

void store_change(bool begins)
{
	const int fd = begins ? open(change_mark(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (!begins)
		unlink(change_mark());
	else if (fd < 0)
		fail("cannot write the store '%s': %s", store, strerror(errno));
	else
		close(fd);
}

void store_sweep(void)
{
	int lock;

	sweep_kind("tmp");
	sweep_kind("copies");
	sweep_files();
	if (access(change_mark(), F_OK))
		return;
	lock = store_lock();
	/* The process that made the mark held the lock, and may have removed the mark before it
	 * released the lock. */
	if (!access(change_mark(), F_OK)) {
		store_prune();
		store_change(false);
	}
	close(lock);
	sweep_kind("tmp"); /* what was pruned */
}

void store_hand_down(void)
{
	for (const struct held *h = all_held; h; h = h->next)
		fcntl(h->fd, F_SETFD, 0);
}
