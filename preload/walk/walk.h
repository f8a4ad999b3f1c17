/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * walk.h - from a path as the jailed program writes it to the host's place for the same file.
 *
 * A translation that fails yields an errno and no place. All functions are async-signal-safe.
 * Called by all rooms to the right. What the files of this room share is in steps.h. */
#ifndef FJ_WALK_H
#define FJ_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_thread;

enum {
	FJ_FOLLOW = 1,	 /* a final symlink is followed */
	FJ_ENTRY = 2,	 /* the name itself is meant (mkdir, unlink, rename): never followed, may be
			    missing */
	FJ_WRITE = 4,	 /* the call changes something: learn whether the mount is read-only */
	FJ_WANT_POS = 8, /* fill place.pos */
	FJ_NO_LINKS = 16, /* -ELOOP at any symlink on the way (openat2(2), RESOLVE_NO_SYMLINKS) */
	FJ_NO_MAGIC = 32, /* -ELOOP at a link of procfs that only the kernel can follow */
	/* As RESOLVE_BENEATH, RESOLVE_IN_ROOT and RESOLVE_NO_XDEV of openat2(2): -EXDEV. */
	FJ_BENEATH = 256,
	FJ_IN_ROOT = 512,
	FJ_NO_XDEV = 1024,
	FJ_CREATE = 128,      /* -EISDIR when a slash ends the name: open(2) with O_CREAT */
	FJ_COPY_UP = 4096,    /* what is found is about to be changed: in a union it must be in the
			      upper layer */
	FJ_OPENS = 8192,      /* as open(2) changes it: the content of a regular file, or nothing */
	FJ_NOT_DIRS = 32768,  /* with FJ_COPY_UP: a directory will be refused */
	FJ_ONLY_DIRS = 65536, /* with FJ_COPY_UP: all else will be refused */
	FJ_REMOVES = 16384,   /* what is there is removed, moved or replaced, or only looked at:
				place.layers is wanted, and may say that it is a whiteout */
};

/* May names be looked up in directory `name` of `dirfd` ("": itself)? 1: by everybody, 0: by the
 * caller, or -EACCES. Asked of every directory on the way when fj_search() of the thread says that the caller asks.
 * Set before that, by whoever knows owners. */
extern long (*fj_path_may_search)(struct fj_thread *t, int dirfd, const char *name);

/* A walk has come to directory `fd`, from where no other leads; `key` is what a fact of it is
 * remembered by at `epoch`, or NULL. Set as the one above, or NULL. */
extern void (*fj_path_reached)(
	struct fj_thread *t, int fd, const char *key, size_t key_len, uint64_t epoch);
/* A directory that the program has opened, or its working directory (AT_FDCWD), of which whoever
 * knows roots has yet to ask: before a name is looked up from one of these. nested/reached.c. */
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

/* Is it remembered, or to be found out now, that who asks may search directory `pos` and all on the
 * way there, and that it lies in the root's own tree? */
bool fj_path_is_let(struct fj_thread *t, const char *pos, uint64_t epoch, bool *is_in_root);

/* Translate `jail_path`, relative to `dirfd` (a descriptor of the program, or AT_FDCWD) when not
 * absolute.
 *
 * jail_path  a copy in our memory, not empty; FJ_PATH_MAX bytes at most
 * how        FJ_ flags
 * Returns 0, or
 *   -ENOENT, -ENOTDIR, -EACCES ...  what the kernel says of a component
 *   -ELOOP         more than 40 symlinks
 *   -EXDEV         what FJ_BENEATH and its kin forbid
 *   -ENAMETOOLONG  a component over 255 bytes, or a symlink that makes the rest over 8191
 * The place holds until fj_place_done(); its strings lie in scratch memory of `t`. */
long fj_path_walk(struct fj_thread *t, int dirfd, const char *jail_path, unsigned how,
	struct fj_place *place);

#endif
