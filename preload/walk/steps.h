/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * steps.h - the state of one walk, for the files that take its steps: walk.c, steps.c, up.c, links.c and
 * remember.c. What others may call is in walk.h. */
#ifndef FJ_WALK_STEPS_H
#define FJ_WALK_STEPS_H

#include "jail/mounts.h"
#include "path/names.h"
#include "walk/walk.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;

struct fj_walk {
	struct fj_thread *t;
	const struct fj_root *root; /* where `..` stops and absolute symlinks begin: the process's,
				       or with FJ_BENEATH and FJ_IN_ROOT where the walk begins */
	bool has_met_root;	    /* the path was absolute, or `..` was met: for FJ_NO_XDEV */
	bool is_root_detached;	    /* that root's position is not known */
	int fd;			    /* directory reached */
	int owned_fd;		    /* fd when it must be closed, else -1 */
	bool knows_pos;
	bool is_recalled; /* the position was remembered of the working directory: cwd.c */
	/* The position was read of a descriptor of the program, or of its working directory
	 * (fj_walk_is_on_program()). Another thread may have replaced that directory since. So the
	 * position is right only if `stands`, and while fj_cwd_held(moves). */
	bool is_loose, stands;
	uint32_t moves;
	int noted_fd;	  /* the descriptor of which the position is noted: fj_dir_noted() */
	bool is_detached; /* the kernel was asked once for the position, and could not tell it */
	bool is_outside;  /* the directory reached is in no union: the walk began in none, and no
			     step led into one. That can be known without the position */
	struct fj_str pos;
	unsigned how, links;
	char *rest; /* what is still to be walked, in `buffer` of FJ_REST_SIZE */
	char *buffer;
	bool can_leap; /* fj_walk_leap() was not tried since the last symlink or `..` */
	/* The key of the fact that is to be remembered when the directory that the caller's text
	 * names is reached. NULL for no fact: a way through procfs differs between processes. */
	const char *fact_key;
	size_t fact_key_len;
	uint64_t epoch;
	bool is_entry; /* what fj_walk_mount_below() found is FJ_MOUNT_ENTRY */
	bool is_open;  /* everybody may search all directories so far */
	bool is_mine;  /* the caller may search them: an absolute path has led here */
	bool is_asked; /* whether the directory reached may be searched is remembered */
	/* The layers of the directory reached, when it lies in a union, else NULL. `fd` is then the
	 * descriptor of one layer: of the one that has the last name. They lie in `layers_room`. */
	struct fj_layers *layers, *layers_room;
};

/* steps.c: from directory to directory. */
/* Be in the directory `fd`; what was held before is closed. */
void fj_walk_go(struct fj_walk *w, int fd, bool is_owned);
void fj_walk_to_root(struct fj_walk *w);
/* Is a component the name of an entry, which is not hidden and on which nothing is mounted? What is
 * no such name has to be walked step by step. */
static inline bool fj_walk_is_plain(const char *name, size_t len)
{
	return len && !fj_is_dots(name, len) && len <= FJ_NAME_MAX &&
	       !fj_mount_may_be_named(name, len) && !fj_is_hidden_name(name, len);
}
/* Is the directory reached the program's own descriptor, or its working directory? */
bool fj_walk_is_on_program(const struct fj_walk *w);
/* Then be in it by a descriptor of ours. Returns 0 or -errno. */
long fj_walk_hold(struct fj_walk *w);
/* Make `w->pos` known, asking the kernel at most once; false when it cannot be. */
bool fj_walk_learn_pos(struct fj_walk *w);
void fj_walk_push_pos(struct fj_walk *w, const char *name, size_t len);
/* The length of `pos` without its last component. */
size_t fj_walk_parent_len(const struct fj_str *pos);
/* The host path of what is mounted on `name` in the directory reached, in scratch memory; NULL when
 * nothing is. */
const char *fj_walk_mount_below(struct fj_walk *w, const char *name, size_t len);
/* Be in the directory that `w->pos` names. Returns 0 or -errno. */
long fj_walk_enter_pos(struct fj_walk *w);
/* up.c: `..`. Returns 0 or -errno; at the root it stays there. */
long fj_walk_up(struct fj_walk *w);
/* Be in directory `name` (a host path, or a name in the directory reached). `flags`: O_NOFOLLOW.
 * Returns 0 or -errno, and then nothing is changed. */
long fj_walk_enter(struct fj_walk *w, const char *name, int flags);
/* Follow a link of procfs that only the kernel can follow. */
long fj_walk_magic(struct fj_walk *w, const char *name);
bool fj_walk_is_in_procfs(struct fj_walk *w);
/* Step into directory `name` (NUL terminated); `rest` is what follows, without slash before it. */
long fj_walk_into(struct fj_walk *w, const char *name, size_t len, char *rest);
/* leap.c: many steps in one call: all directories of `rest` but the last component, when no symlink, mount
 * or `..` is among them. Returns 1 when taken, 0 when it must go step by step, or an errno that the
 * steps would meet too. */
long fj_walk_leap(struct fj_walk *w);

/* union_walk.c: the directory reached is in a union. */
/* See whether it is. Returns 0 or -errno. */
long fj_walk_look_for_union(struct fj_walk *w);
/* Be in the directory that `w->pos` names, if that lies in one: 0; 1: it does not; or -errno. */
long fj_walk_enter_union(struct fj_walk *w);
/* union_facts.c: be in the directory behind all that the rest names before its last component, from
 * what is remembered of it. False: nothing has changed. */
bool fj_walk_leap_in_union(struct fj_walk *w, struct fj_layers *l);
/* The same where nothing is remembered and the lowest layer alone has them, in two calls for two layers:
 * from the root of the union, where `w->pos` is. Returns 1; 0: nothing has changed; or -ENOENT. */
long fj_walk_leap_down(struct fj_walk *w, struct fj_layers *l);
/* And from the directory reached: 1 is 0 there. */
long fj_walk_leap_on(struct fj_walk *w);
/* Remember the directory reached, by its position and by `key`. */
void fj_walk_keep_fact_of_union(struct fj_walk *w, const char *key);
/* Step into `name`, as fj_walk_enter(). */
long fj_walk_into_layers(struct fj_walk *w, const char *name);
/* The last component: be in the layer that has it, or where it is to be made. Returns 0 or -errno.
 */
long fj_walk_finish_in_union(struct fj_walk *w, const char *name, unsigned how);
/* Is what that has found a symlink? */
bool fj_walk_may_be_link(const struct fj_walk *w);
/* The walk has ended in the directory itself. */
long fj_walk_end_in_union(struct fj_walk *w, unsigned how);
long fj_walk_magic_in_union(struct fj_walk *w, const char *name, struct fj_place *place);
/* Give the place what it needs of the layers. */
long fj_walk_keep_layers(struct fj_walk *w, unsigned how, struct fj_place *place);

/* union_dirs.c: the key of a fact of the directory behind `dirfd`, by which the kernel knows it. False:
 * it has none. */
#define FJ_DIR_KEY_SIZE 29u
bool fj_dir_key(int dirfd, char key[FJ_DIR_KEY_SIZE]);

/* links.c: symlinks, and the links of procfs that are none. */
enum fj_link { FJ_NOT_A_LINK, FJ_TEXT_LINK, FJ_MAGIC_LINK };
/* What is `name` in the directory reached: enum fj_link or -errno. Text goes to `text` of
 * FJ_PATH_MAX bytes. */
long fj_walk_read_link(struct fj_walk *w, const char *name, char *text, size_t *len);
/* Put a symlink's text before what is still to be walked. Returns 0 or -errno. */
long fj_walk_follow_text(struct fj_walk *w, const char *text, size_t len, const char *rest);
/* The same as fj_walk_into() for a name that is no directory itself. */
long fj_walk_into_link(struct fj_walk *w, const char *name, size_t len, const char *rest);

/* scope.c: walks that may not go everywhere. */
static inline bool fj_walk_is_scoped(const struct fj_walk *w)
{
	return w->how & (FJ_BENEATH | FJ_IN_ROOT);
}
/* Make the directory where the walk begins its root. Returns 0 or -errno. */
long fj_walk_scope(struct fj_walk *w, const char *jail_path);
/* Be in the root because an absolute symlink, or one of procfs, says so. Returns 0 or -EXDEV. */
long fj_walk_jump_to_root(struct fj_walk *w, bool is_magic);
/* `..` of the root: 0 or -EXDEV. */
long fj_walk_stop_at_root(const struct fj_walk *w);

/* remember.c: facts for the next time. */
/* Prepare to remember the directory part of the caller's text. */
void fj_walk_plan_fact(struct fj_walk *w, const char *jail_path);
/* The directory that the caller's text names is reached: remember it. */
void fj_walk_keep_fact(struct fj_walk *w);
/* The way ends before that, at a directory that is missing: remember who may come so far. */
void fj_walk_keep_way(struct fj_walk *w);

#endif
