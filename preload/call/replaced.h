/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * replaced.h - a path argument and its place. For run.c, and for refuse.c, which says what must not
 * be done with such places. */
#ifndef FJ_REPLACED_H
#define FJ_REPLACED_H

#include "call/args.h"
#include "call/call.h"
#include "call/row.h"
#include "layers/place.h"
#include "sys/abi.h"

#include <asm/unistd.h>
#include <stdbool.h>
#include <stdint.h>

struct fj_replaced {
	struct fj_place place;
	bool knows_mount; /* known only where mounts share a device */
	uint32_t mount;	  /* the id of the mount that the place lies in */
	bool is_of_fd; /* place.dirfd is the file, and its mount is not known: a link of a descriptor led there */
	bool is_announced;
	bool is_over; /* it is made at a whiteout: layers/union_over.c */
	bool is_linked_by_name;
	bool is_of_dir;	  /* a new name for a directory, in a union: link(2) will refuse it */
	bool changes;	  /* a name of it is removed, moved or made: */
	uint64_t change;  /* the name, for fj_facts_before_change() */
	const char *path; /* the program's path, of an entry */
	int dirfd;
};

static inline bool fj_is_rename(const struct fj_call *c)
{
	return c->nr == __NR_renameat || c->nr == __NR_renameat2;
}

static inline bool fj_exchanges(const struct fj_call *c)
{
	return c->nr == __NR_renameat2 && (fj_arg(c, FJ_HEX, 0) & FJ_RENAME_EXCHANGE);
}

/* following.c: how the flags arguments of the row want a path of `kind` followed: FJ_ flags of walk.h. */
unsigned fj_follow_flags_of(const struct fj_call *c, enum fj_kind kind);
/* A path was replaced by /proc/self/fd/N, which is a link: makes the call follow it. */
void fj_follow_replacement(struct fj_call *c);
/* in_upper.c, only in a jail with unions: is the directory of the name `jail_path`, which was read last, and what the call
 * needs there, found in the upper layer by facts? Then `with->place` leads there. `how`: FJ_ flags of walk.h. `first`: the
 * other name of the call, or NULL. */
bool fj_find_dir_in_upper(struct fj_call *c, const char *jail_path, unsigned how,
	const struct fj_replaced *first, struct fj_replaced *with);
/* Is the file that gets another name found so? Then it becomes argument `i` of the call. */
bool fj_find_linked_in_upper(
	struct fj_call *c, int i, const char *jail_path, struct fj_replaced *with);
/* Is there a file at `place`? Returns 0, or the kernel's error (-ENOENT: there is none). */
long fj_place_look(const struct fj_place *place);
/* Is there anything by a new name, maybe a symlink? Slashes at its end do not matter: filename_create() of fs/namei.c. */
bool fj_is_name_taken(const struct fj_call *c, const struct fj_place *place);
/* The error for a new name that the kernel gives before it looks at mounts and permissions: -EEXIST, or
 * -ENOENT for a name that ends in a slash and is no directory's; 0 for none. The checks are in the order
 * of filename_create() of fs/namei.c. */
long fj_refuse_new(const struct fj_call *c, const struct fj_replaced *with);
/* Returns the error that the kernel would give for the names that a call removes or moves: `count` of
 * them, 1 or 2. Called if one of them is a mount point or on a read-only mount. */
long fj_refuse_old(const struct fj_call *c, const struct fj_replaced *with, int count);
/* Returns the error that the kernel would give for the two names of a link or rename if they lie in two
 * mounts: -EXDEV, or an error that it finds earlier. Returns 0 otherwise. */
long fj_refuse_crossing(const struct fj_call *c, const struct fj_replaced *with);
/* The same for a link to descriptor `fd` (AT_EMPTY_PATH). */
long fj_refuse_crossing_of_fd(const struct fj_call *c, int fd, const struct fj_replaced *with);
/* For link(2): does the call give another name to a path, and not to a descriptor (AT_EMPTY_PATH)? The
 * kernel says ENOENT for the name "" then. */
bool fj_links_nothing(const struct fj_call *c);
/* link(2): is the file that gets another name a directory? `first` is what the call names it by; NULL: a descriptor
 * (AT_EMPTY_PATH). False if `first` is a name in a directory: only an opened file is looked at. */
bool fj_links_dir(const struct fj_call *c, const struct fj_replaced *first);
/* link(2) by the path "". Returns the kernel's error if nothing is named (-ENOENT, -EBADF), or 0. */
long fj_refuse_unnamed(const struct fj_call *c);
/* link(2) of a directory in a union. `linked` is its place; NULL: the first argument is its descriptor. `r` is the kernel's
 * result, or 0: it was not asked. Returns the error of vfs_link() of fs/namei.c, even if the layers lie on two devices:
 * -EPERM, -EEXIST for a name that exists, or -ENOENT for one that ends in a slash. Returns `r` if `linked` is no directory,
 * or the new name is not in the same union. */
long fj_refuse_linked_dir(
	struct fj_call *c, const struct fj_place *linked, const struct fj_replaced *new, long r);

/* The second path led to `with`, or to the error `r`. The first one may be relative to a descriptor that nobody has
 * looked at yet. If that is not open or no directory, this error comes first (filename_renameat2() of fs/namei.c); and
 * if it is not open, the second walk may have got its number. */
long fj_refuse_first(const struct fj_replaced *first, const struct fj_replaced *with, long r);
/* Is path `i`, the second one, relative to a descriptor whose number the first walk has got? So it was not open. */
bool fj_has_number_of_first(
	const struct fj_call *c, int i, const char *jail_path, const struct fj_replaced *first);
/* Of a call with two paths: those whose descriptor is not open, as bits of the numbers of their arguments. In a union a walk
 * keeps several descriptors, so this is asked before the first. Up to two system calls. */
unsigned fj_closed_dirs(const struct fj_call *c);

#endif
