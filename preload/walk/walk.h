/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * walk.h - translates a path of the jailed program into the host's place for the same file. Called by all
 * rooms to the right. The interface inside this room is steps.h.
 *
 * A walk that fails returns an errno and no place. All functions are async-signal-safe. */
#ifndef FJ_WALK_H
#define FJ_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_thread;

enum {
	FJ_FOLLOW = 1,	  /* follow a symlink in the last component */
	FJ_ENTRY = 2,	  /* the name itself is meant (mkdir, unlink, rename): it is never followed,
			  * and may be missing */
	FJ_WRITE = 4,	  /* the call changes something: tell whether the mount is read-only */
	FJ_WANT_POS = 8,  /* fill place.pos */
	FJ_NO_LINKS = 16, /* -ELOOP for any symlink on the way (openat2(2), RESOLVE_NO_SYMLINKS) */
	FJ_NO_MAGIC = 32, /* -ELOOP for a procfs link that only the kernel can follow */
	/* RESOLVE_BENEATH, RESOLVE_IN_ROOT and RESOLVE_NO_XDEV of openat2(2): -EXDEV. */
	FJ_BENEATH = 256,
	FJ_IN_ROOT = 512,
	FJ_NO_XDEV = 1024,
	FJ_CREATE = 128,      /* -EISDIR if the path ends with a slash: open(2) with O_CREAT */
	FJ_COPY_UP = 4096,    /* the call changes the file: in a union it must be in the upper
			       * layer */
	FJ_OPENS = 8192,      /* with FJ_COPY_UP: open(2) changes the content of a regular file,
			       * else nothing */
	FJ_NOT_DIRS = 32768,  /* with FJ_COPY_UP: the call will refuse a directory */
	FJ_ONLY_DIRS = 65536, /* with FJ_COPY_UP: the call will refuse all but a directory */
	FJ_REMOVES = 16384,   /* the call removes, moves, replaces or only looks at the name:
			       * place.layers is set, and may say that the name is a whiteout */
	/* With FJ_REMOVES: in a union the caller itself looks, with the lock, which layer has the name. Its
	 * directory is found, and place.dirfd is that of the upper layer, if that has it. */
	FJ_LOOKS_LATER = 131072,
};

/* May the caller search directory `name` of `dirfd` ("": `dirfd` itself)? Returns 1 if everybody may, 0 if
 * the caller may, or -EACCES. Asked about every directory of a walk when fj_search(t)->asks is set. The
 * room permission sets this pointer before that. */
extern long (*fj_path_may_search)(struct fj_thread *t, int dirfd, const char *name);

/* Called when a walk has reached the directory `fd` that holds the last component. `key` is the key of its
 * fact at `epoch`, or NULL. Set by the room nested, or NULL. */
extern void (*fj_path_reached)(
	struct fj_thread *t, int fd, const char *key, size_t key_len, uint64_t epoch);
/* An unasked directory (glossary of docs/ARCHITECTURE.md): a descriptor of the program, or AT_FDCWD.
 * fj_dir_ask(), set by nested/reached.c, asks whether it is a root of its own, before a name is looked up from it. */
#define FJ_NO_DIR (-1)
extern int fj_dir_unasked;
extern void (*fj_dir_ask)(struct fj_thread *t);
static inline void fj_dir_ask_noted(struct fj_thread *t)
{
	if (__builtin_expect(__atomic_load_n(&fj_dir_unasked, __ATOMIC_RELAXED) != FJ_NO_DIR, 0))
		fj_dir_ask(t);
}
static inline void fj_dir_is_asked(int fd)
{
	__atomic_compare_exchange_n(
		&fj_dir_unasked, &fd, FJ_NO_DIR, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* May the caller search the directory at `pos` and all directories above it, as far as facts say or a walk
 * now finds out? And does it lie in the root's own tree (`*is_in_root`)? Returns true if both hold. */
bool fj_path_is_let(struct fj_thread *t, const char *pos, uint64_t epoch, bool *is_in_root);

/* Translate `jail_path`. If it is not absolute, it is relative to `dirfd` (a descriptor of the program, or
 * AT_FDCWD).
 *
 * jail_path  a copy in our memory, not empty, PATH_MAX bytes at most
 * how        FJ_ flags, see above
 *
 * Returns 0, or
 *   -ENOENT, -ENOTDIR, -EACCES ... what the kernel says of a component
 *   -ELOOP         more than 40 symlinks
 *   -EXDEV         FJ_BENEATH, FJ_IN_ROOT or FJ_NO_XDEV forbid it
 *   -ENAMETOOLONG  a component over 255 bytes, or a symlink makes the rest longer than 8191
 * The place is valid until fj_place_done(). Its strings lie in scratch memory of `t`. */
long fj_path_walk(struct fj_thread *t, int dirfd, const char *jail_path, unsigned how,
	struct fj_place *place);

#endif
