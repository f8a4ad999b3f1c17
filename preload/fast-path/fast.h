/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fast.h - finds the place of a path from remembered facts, without a walk. Called by the hooks of the most
 * frequent calls. */
#ifndef FJ_FAST_H
#define FJ_FAST_H

#include "bytes/hash.h"
#include "facts/facts.h"
#include "fast-path/links_seen.h"
#include "jail/fds.h"
#include "jail/search.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "sys/thread.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;

/* The state of one lookup by facts. A hook that goes by facts where they tell, else by a walk, does so in
 * this way; fj_fast_ask() makes its call, and again at what symlinks lead to:
 *
 * if (fj_fast_begin(&q, ...) && fj_fast_ask(&q, ask, see, FJ_SURE_..., &own, &r))
 *         return r;
 * ... only a walk can tell; all scratch memory is released */
struct fj_fast {
	struct fj_thread *t;
	int dirfd;
	uint32_t outer;	  /* the mark of the scratch memory before the lookup */
	const char *path; /* the path that is looked up: the caller's, or the one made from a
			   * symlink */
	size_t len;
	struct fj_place place;
	uint64_t epoch;
	/* The fact that told the directory of an absolute path, or NULL. It may be overwritten. */
	const struct fj_fact *fact;
	const char *dir; /* position of the directory, if a descriptor in a union led there */
	uint64_t
		token; /* set by fj_fast_prove(): stands for the directory in fj_dir_recent_found(), or 0 */

	/* These eight, in eight bytes, are false when a lookup begins. */
	bool is_merged; /* lower layers have the directory: a name not found may be in one of them */
	bool is_layered; /* the place is in a union: what is found may be a whiteout */
	bool is_alone;	 /* only one layer has the directory, as a fact about its path says */
	bool stands;	 /* the place is in the working directory, whose position is remembered:
			     * path/cwd.c */
	bool is_in_root; /* facts say that the place lies in the root's own tree, in no mount */
	bool is_by_fd;	 /* the place is a name in a descriptor of the program's, a directory that
			     * only one layer has */
	bool needs_no_note; /* the position is known from dirfd, without a note of it:
			     * path/from_host.c */
	bool is_unproven; /* the place is a name in `dirfd`, which was last a directory that one layer
			   * alone has; it must be proven that it still is one */

	bool takes_layers;   /* the caller can handle a place in a union */
	bool only_upper;     /* of a union the caller can handle only a place in the upper layer */
	bool takes_merged;   /* lower layers may have the directory of such a place, too */
	bool takes_cwd;	     /* the caller can handle a place in the working directory */
	bool takes_unproven; /* the caller calls fj_fast_prove() after its call */
	bool is_known;	     /* what was found has proven it */
	bool is_in_lower;    /* set with `is_by_fd`, or when that is proven: it is a lower layer */
	bool ends_in_lower;  /* the path in the last of them is relative to FJ_FD_LOWER */
	uint32_t left;	     /* number of lower layers that also have the directory */
	uint32_t below; /* if `is_merged`: the number of those layers. The paths of the name in them
			    * follow that of the place, after its NUL */
	uint32_t moves; /* if `stands`: the value for fj_cwd_held() */
	unsigned links;
	char *beyond;	   /* a buffer for the path after a symlink, or NULL */
	const char *start; /* if `links`: the path before the first symlink, `start_len` bytes */
	size_t start_len;
	int start_fd; /* place.dirfd of that path */
	uint32_t mark;
	bool is_end_loose; /* what the symlinks lead to may not be remembered: fast_ends.c */
};
/* Find the place of `jail_path`, `len` bytes long, relative to `dirfd`. Makes no system call to look it up.
 * Returns false when facts do not tell; scratch memory is released then. */
bool fj_fast_begin(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Like fj_fast_begin(), but the directory may lie in a union. What is found may be a whiteout. Where nothing
 * is found, the next layer may have the name: fj_fast_next_layer(). */
bool fj_fast_begin_layered(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Like fj_fast_begin(), for a call that changes the file. The directory may also be one that only the upper
 * layer of the jail's own root has. What is found there may be a whiteout. */
bool fj_fast_begin_upper(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Like fj_fast_begin_upper(), but lower layers may have the directory, too (`is_merged`). A name that the
 * upper layer has is the one that the program means. If the upper layer does not have it, only a walk can
 * tell. */
bool fj_fast_begin_in_upper(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Like fj_fast_begin_layered(), but the place may be unproven (`is_unproven`). Only for calls that do no harm
 * in another directory. */
bool fj_fast_begin_unproven(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Like fj_fast_begin_layered(), but the place's name is relative to the root or absolute. The
 * exception is a path of one name relative to `dirfd`. */
bool fj_fast_begin_rooted(
	struct fj_fast *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* Asked after the call on the place: are the facts that led there still valid? */
static inline bool fj_fast_held(const struct fj_fast *q)
{
	return fj_facts_hold(q->epoch) && (!q->stands || fj_cwd_held(q->moves)) &&
	       !(__builtin_expect(q->is_by_fd, 0) && fj_thread_has_company());
}
/* May the caller get a name relative to the lowest layer of the jail's own root? A path there is shorter and so
 * faster. But if layers share a device, the owner of a file is found by its absolute path. */
static inline bool fj_fast_may_aim_lower(const struct fj_fast *q)
{
	return q->takes_layers && q->takes_cwd && !q->only_upper &&
	       !fj_mount_flags()->dirs_share_device;
}
/* A name in a layer is absolute, or relative to the jail's own root, or to its lowest layer. */
static inline void fj_fast_aim(struct fj_fast *q)
{
	q->place.dirfd = q->place.name[0] == '/'      ? AT_FDCWD :
			 q->ends_in_lower && !q->left ? FJ_FD_LOWER(fj_jail) :
							FJ_FD_ROOT(fj_jail);
}
/* The call found nothing: let the place lead to the next layer. Returns false if there is none. */
static inline bool fj_fast_next_layer(struct fj_fast *q)
{
	if (__builtin_expect(!q->left, 1))
		return false;
	q->left--;
	while (*q->place.name++)
		;
	fj_fast_aim(q);
	return true;
}
/* fast_union.c: `q` leads to a directory in a union. Call the first function before the directory is
 * opened, and the second with the descriptor. They remember the directory's position and layers, when these
 * follow from its parent. */
void fj_dir_about_to_open(const struct fj_fast *q);
/* Returns false if the place was unproven, and `fd` is another directory than the program has asked for. */
bool fj_dir_opened(struct fj_fast *q, int fd);
/* A program that goes from directory to directory by descriptors needs no facts: this process remembers the
 * directory that was found at the place, by its `key`. The directory's name must have had a mark before.
 * Returns whether the directory is remembered. */
bool fj_fast_note_child(const struct fj_fast *q, const char *key);
/* fast_union.c: may the place be a name in `dirfd`, which is proven later? */
bool fj_fast_asks_later(struct fj_fast *q);
/* May `name` be a mount point, as far as names tell, and is something mounted in the directory at `pos`? */
static inline bool fj_fast_meets_mount(const char *pos, const char *name, size_t len)
{
	return __builtin_expect(fj_mount_may_be_named(name, len), 0) && fj_mount_is_in(pos);
}
/* The call has been made at an unproven place. `key` is the key of the directory that was found, or NULL;
 * `is_partial`: fj_dir_key_of_stat() made it. Was the place right? A directory whose position this process
 * remembers proves it (`is_known`): it has only one parent. So does one that was listed. Otherwise the kernel is
 * asked which directory `dirfd` is. */
bool fj_fast_prove(struct fj_fast *q, const char *key, bool is_partial);
/* fast_union.c: is it remembered that the working directory is in exactly one layer of a union? Then a name
 * in it is looked up as in any other directory. `pos`, which is empty, gets its position. */
bool fj_fast_stands_in_one(struct fj_fast *q, struct fj_str *pos);
/* `dirfd` is a directory that only one layer of a union has. May a name be looked up relative to it? If
 * not, the name is looked up by the layer's path. Another thread may make the descriptor a different
 * directory before the call. */
static inline bool fj_fast_goes_by_fd(const struct fj_fast *q)
{
	return q->dirfd >= 0 && q->takes_layers && q->takes_cwd && !q->only_upper &&
	       !fj_mount_flags()->dirs_share_device && !fj_search(q->t)->asks &&
	       !fj_thread_has_company();
}
/* Is `r`, the kernel's result for the place, the answer to the program? If not, only a walk can tell.
 * Another thread or process may have made the facts invalid. And EACCES proves nothing for a relative path
 * or in a union: a directory above may not be searchable, although the working directory is. */
static inline bool fj_fast_is_answer(const struct fj_fast *q, long r)
{
	return fj_fast_held(q) && (r != -EACCES || (q->path[0] == '/' && !q->is_layered));
}
/* Which results are the answer where the facts still hold; all others are left to a walk. Bits. */
enum fj_fast_sure {
	FJ_SURE_DONE = 1, /* success */
	FJ_SURE_ENOENT = 2,
	FJ_SURE_EACCES = 4, /* but see fj_fast_is_answer() */
	FJ_SURE_EEXIST = 8,
	FJ_SURE_OTHER = 16, /* any other error */
	FJ_SURE_ALL =
		31, /* of calls that tell of the file itself: stat, access, readlink, getxattr */
	/* For openat2(2) that refuses symlinks: other errors may come from the refusal. */
	FJ_SURE_OPENED = FJ_SURE_DONE | FJ_SURE_ENOENT | FJ_SURE_EACCES | FJ_SURE_EEXIST,
	/* For a caller that only looks whether the file is there: the walk finds the reason for other
	 * errors. */
	FJ_SURE_LOOKED = FJ_SURE_DONE | FJ_SURE_ENOENT,
};
static inline bool fj_fast_is_sure(const struct fj_fast *q, long r, enum fj_fast_sure sure)
{
	const unsigned kind = r >= 0	   ? FJ_SURE_DONE :
			      r == -ENOENT ? FJ_SURE_ENOENT :
			      r == -EACCES ? FJ_SURE_EACCES :
			      r == -EEXIST ? FJ_SURE_EEXIST :
					     FJ_SURE_OTHER;

	return (sure == FJ_SURE_ALL || (sure & kind)) && fj_fast_is_answer(q, r);
}
/* Put the position of the place into `pos`, which is empty. Returns false if it is not known. The place
 * must be a directory in a union. */
bool fj_fast_position(const struct fj_fast *q, struct fj_str *pos);
/* The place is a directory. Returns 1 if several layers have it, 0 if not, -1 if that is not known. */
int fj_fast_is_merged(const struct fj_fast *q);
/* The place is a symlink that must be followed: find the place that it leads to. False: facts do not tell,
 * or it is no symlink; scratch memory is released. */
bool fj_fast_follow(struct fj_fast *q);
/* Was the place a symlink when it was followed last? Then fj_fast_follow() may be called at once, without a
 * look at the place: it reads the link. Only places with a fact have such a hint, and in unions only those in a directory of
 * one layer. */
static inline bool fj_fast_was_link(const struct fj_fast *q)
{
	return q->epoch && (!q->is_layered || q->is_alone) &&
	       (!q->fact || fj_links_are_in(q->fact)) &&
	       fj_link_was_seen(fj_hash_quick(q->path, q->len));
}
/* fast_ends.c: the file that a path leads to whose last component is a symlink. */
struct fj_link_end {
	uint64_t dev, ino; /* `ino` 0: it is not known */
	int dirfd;	   /* its place: no symlink */
	const char *name;
};
/* The place is a symlink that is to be followed (fj_fast_was_link()). Is it remembered where it leads to, and
 * can the kernel follow it? Then the caller looks at the place and lets the kernel follow. What is found is right if it
 * has the end's device and number; else call fj_fast_follow(). The name is in scratch memory. */
bool fj_fast_recall_end(const struct fj_fast *q, struct fj_link_end *end);
/* Symlinks have led (`links`) to a file, which is neither a symlink nor a directory and has this device and
 * number: remember it. `found`: what the kernel has found by the first symlink in the same call; its `ino` is 0
 * if the kernel was not asked. */
void fj_fast_keep_end(
	const struct fj_fast *q, uint64_t dev, uint64_t ino, const struct fj_link_end *found);
/* Does the caller of fj_fast_hold_dir() need place.pos? */
enum fj_fast_pos {
	FJ_POS_UNWANTED,
	FJ_POS_OF_MOUNT, /* to find the mount: not where place.is_in_root tells that there is none */
	FJ_POS_WANTED,
};
/* fast_dir.c: find the place that fj_path_walk() with FJ_ENTRY would find for `jail_path` of `len` bytes,
 * which is absolute or one name in `dirfd`. Its directory is held by a descriptor, as there. `wish`: whether
 * place.pos is filled. Returns false if only the walk can tell. */
bool fj_fast_hold_dir(struct fj_thread *t, int dirfd, const char *jail_path, size_t len,
	enum fj_fast_pos wish, struct fj_place *place);
/* fast_dir.c: like fj_fast_hold_dir() in a union, for a name that no lower layer has, in a directory that the
 * upper layer of the jail's own root has. What is there is in the upper layer. Returns false if only the walk can
 * tell. If the call at the place fails afterwards, only the walk can tell the error, too. With `is_old` a file must be
 * there, and no whiteout; else nothing, a file or a whiteout may be. */
bool fj_fast_hold_upper(struct fj_thread *t, int dirfd, const char *jail_path, size_t len,
	bool is_old, struct fj_place *place);
/* End the lookup: release scratch memory. Returns false. */
bool fj_fast_end(struct fj_fast *q);
/* What a call has found at a place that facts led to. */
enum fj_fast_seen {
	FJ_SEEN_ANSWER, /* the result, if it is one of those that are sure */
	FJ_SEEN_FINAL, /* the result, even where the facts no longer hold: the call must not be made again */
	FJ_SEEN_LINK,	/* a symlink that the call follows */
	FJ_SEEN_UNSURE, /* only a walk can tell */
};
/* The one loop of all calls that go by facts. `ask` makes the call at q->place, in each layer until one has
 * the name; `see` says what its result is worth, and may replace it; both get `own`. With `skips_links` a
 * name that was a symlink when it was followed last is followed at once. Returns true with the
 * answer in *r. False: only a walk can tell; *r is the last result, and scratch memory is released.
 *
 * It is inlined into each caller, and so are the two functions: a stat has no more C calls than without it. */
static inline __attribute__((always_inline)) bool fj_fast_ask(struct fj_fast *q, bool skips_links,
	long (*ask)(struct fj_fast *q, void *own),
	enum fj_fast_seen (*see)(struct fj_fast *q, void *own, long *r), enum fj_fast_sure sure,
	void *own, long *r)
{
	do { /* fj_fast_follow() counts the symlinks; there are as many layers as the fact tells */
		if (skips_links && fj_fast_was_link(q))
			continue;
		do
			*r = ask(q, own);
		while (__builtin_expect(*r == -ENOENT, 0) && fj_fast_next_layer(q));
		switch (see(q, own, r)) {
		case FJ_SEEN_ANSWER:
			return __builtin_expect(fj_fast_is_sure(q, *r, sure), 1) || fj_fast_end(q);
		case FJ_SEEN_FINAL:
			return true;
		case FJ_SEEN_UNSURE:
			return fj_fast_end(q);
		case FJ_SEEN_LINK:
			break;
		}
	} while (fj_fast_follow(q));
	return false;
}
/* Only for the files of this room (fast_union.c): a fact with these `flags` has told the paths `value` of a directory in
 * all its layers. Append the `len` bytes of `name` to each, and give the list to the place. */
void fj_fast_name_layers(struct fj_fast *q, unsigned flags, const struct fj_str *value,
	const char *name, size_t len);
/* Only for the files of this room (fast_union.c): find the fact for the directory that the first `len` bytes of the
 * relative `q->path` name. Its value goes to `value`, which is empty, and its flags to `flags`. If it is in a union, the
 * place may already be found (`stands`). False: facts do not tell. */
bool fj_fast_find_below_cwd(struct fj_fast *q, size_t len, struct fj_str *value, unsigned *flags);
/* Only for the files of this room: look up `q->path` with what fj_fast_begin() and its variants have set.
 * False: facts do not tell. */
bool fj_fast_find(struct fj_fast *q);

#endif
