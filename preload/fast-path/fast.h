/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast.h - a place without a walk, by what is remembered of directories. Called by the hooks of the
 * most frequent calls. */
#ifndef FJ_FAST_H
#define FJ_FAST_H

#include "jail/facts.h"
#include "jail/fds.h"
#include "layers/place.h"
#include "path/path.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place without a walk, from remembered facts. The last component may turn out to be a symlink:
 * the call must be made such that this is noticed. fj_fast_held() is to be asked after it.
 *
 * if (fj_fast_begin(&q, ...))
 *         do ... the call, on q.place; return when it is conclusive
 *         while (fj_fast_follow(&q));
 * ... only the walk can tell; nothing of scratch memory is kept */
struct fj_fast {
	struct fj_thread *t;
	int dirfd;
	const char *path; /* that led to the place: the caller's, or what symlinks made of it */
	size_t len;
	struct fj_place place;
	uint64_t epoch;
	char *beyond; /* room for another path; NULL: none is needed yet */
	uint32_t outer, mark;
	unsigned links;
	bool takes_layers;  /* the caller knows of them */
	bool only_upper;    /* but of the upper one alone */
	bool is_layered;    /* the place is in a union: what is found may be a whiteout */
	bool takes_cwd;	    /* the place may be one in the working directory */
	bool stands;	    /* and is, as what is known of it says: cwd.c */
	bool is_in_root;    /* facts say that it lies in the root's own tree, in no mount */
	uint32_t moves;	    /* then: for fj_cwd_held() */
	bool needs_no_note; /* by what leads there it is known which position it has: from_host.c */
	uint32_t left;	    /* layers that have the directory, too, below the place's */
	const char *dir;    /* position of the directory, when a descriptor in a union led there */
};
/* Find `jail_path`, of `len` bytes. Without any system call. */
bool fj_fast_begin(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* The same also where the directory lies in a union. Then what is there may be a whiteout, and
 * where nothing is the next layer may have it. */
bool fj_fast_begin_layered(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* The same as fj_fast_begin() for who changes what is there, also in a directory that the upper layer of
 * the jail's own root alone has: whiteouts may be there. */
bool fj_fast_begin_upper(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* The same as fj_fast_begin_layered(), and the place's name, if it is not a bare one of the caller's,
 * begins at the root or is absolute. */
bool fj_fast_begin_rooted(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* After the call on its place: is what led there still right? */
static inline bool fj_fast_held(const struct fj_fast *q)
{
	return fj_facts_hold(q->epoch) && (!q->stands || fj_cwd_held(q->moves));
}
/* A name in a layer is absolute, or lies in the jail's own root. */
static inline void fj_fast_aim(struct fj_fast *q)
{
	q->place.dirfd = q->place.name[0] == '/' ? AT_FDCWD : FJ_FD_ROOT(fj_jail);
}
/* Nothing is there: let the place lead to the next layer. False: that was the last. */
static inline bool fj_fast_next_layer(struct fj_fast *q)
{
	if (__builtin_expect(!q->left, 1))
		return false;
	q->left--;
	q->place.name += fj_strlen(q->place.name) + 1;
	fj_fast_aim(q);
	return true;
}
/* fast_union.c: `q`, which is layered, leads to a directory that is about to be opened, and was opened
 * as `fd`: what follows from the one that it lies in is remembered of it. */
void fj_dir_about_to_open(const struct fj_fast *q);
void fj_dir_opened(const struct fj_fast *q, int fd);
/* fast_union.c: is the working directory, by what is known of where the process stands, in one layer of
 * a union? Then a name in it is looked up there, as in any other directory; its position goes to
 * `pos`, which is empty. */
bool fj_fast_stands_in_one(struct fj_fast *q, struct fj_str *pos);
/* Is `r`, which the kernel said of the place, the answer? Else only the walk can tell. Another thread
 * or process may have replaced what the facts said; and of a relative path the directory above may
 * not be searchable though the working directory is, of one in a union that of one layer alone. */
static inline bool fj_fast_is_answer(const struct fj_fast *q, long r)
{
	return fj_fast_held(q) && (r != -EACCES || (q->path[0] == '/' && !q->is_layered));
}
/* The same of openat2(2) that refuses links: what it has opened is right in any case, and what a
 * signal ended is not to be made again. Other errors than these may be of that refusal. */
static inline bool fj_fast_is_answer_to_open(const struct fj_fast *q, long r)
{
	return !fj_is_err(r) || r == -EINTR ||
	       ((r == -ENOENT || r == -EEXIST || r == -EACCES) && fj_fast_is_answer(q, r));
}
/* The position of the place, a directory in a union, into `pos`, which is empty. False: it is not known. */
bool fj_fast_position(const struct fj_fast *q, struct fj_str *pos);
/* The place is a directory. Is it merged of several layers? -1: that is not known. */
int fj_fast_is_merged(const struct fj_fast *q);
/* The place is a symlink that is to be followed: find what it leads to. */
bool fj_fast_follow(struct fj_fast *q);
/* Give up: give scratch memory back. False. */
bool fj_fast_end(struct fj_fast *q);
/* For these files alone: looks for `q->path`, with what fj_fast_begin() and its kin have set. False: facts do
 * not say where it lies. */
bool fj_fast_find(struct fj_fast *q);

#endif
