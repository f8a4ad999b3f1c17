/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * steps.h - the state of one walk, for the files of this room. Other rooms use walk.h. */
#ifndef FJ_WALK_STEPS_H
#define FJ_WALK_STEPS_H

#include "bytes/str.h"
#include "mount-table/mounts.h"
#include "path/names.h"
#include "walk/walk.h"

#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;

struct fj_walk {
	struct fj_thread *t;
	const struct fj_root *root; /* the root of the walk: `..` stops there, and absolute symlinks
				     * begin there. It is the process's root, or with FJ_BENEATH and
				     * FJ_IN_ROOT the directory where the walk begins */
	bool has_met_root;	    /* for FJ_NO_XDEV: the path was absolute, or had a `..` */
	bool is_root_detached;	    /* the position of `root` is not known */
	int fd;			    /* the directory reached */
	int owned_fd;		    /* `fd` if it must be closed, else -1 */
	bool knows_pos;
	bool is_recalled; /* the position is the remembered one of the working directory:
			   * path/cwd.c */
	/* The position is that of a descriptor of the program, or of its working directory
	 * (fj_walk_is_on_program()). Another thread may have replaced that directory since. So the position
	 * is right only if `stands` is set, and only while fj_cwd_held(moves). */
	bool is_loose, stands;
	uint32_t moves;
	int noted_fd;	  /* the descriptor whose noted position applies: fj_dir_noted() */
	bool is_detached; /* the kernel was asked for the position and could not tell it */
	bool is_outside;  /* the directory reached is in no union: the walk began in none, and no
			   * step led into one. This can be known without the position */
	struct fj_str pos;
	unsigned how, links;
	char *rest; /* the rest of the path, in `buffer` of FJ_REST_SIZE bytes */
	char *buffer;
	bool can_leap; /* fj_walk_leap() was not tried since the last symlink or `..` */
	/* The key of the fact to be remembered when the walk reaches the directory that the caller's text
	 * names. NULL: no fact. (A path through procfs has none, since it differs between processes.) */
	const char *fact_key;
	size_t fact_key_len;
	uint64_t epoch;
	bool is_entry; /* fj_walk_mount_below() has found an FJ_MOUNT_ENTRY */
	bool is_open;  /* everybody may search all directories so far */
	bool is_mine;  /* the caller may search them: an absolute path led here */
	bool is_asked; /* a fact says that the directory reached may be searched */
	/* The layers of the directory reached, if it is in a union, else NULL. They lie in `layers_room`.
	 * `fd` is then the descriptor of one layer: the one that has the last name. */
	struct fj_layers *layers, *layers_room;
};

/* steps.c: steps from one directory to another. */
/* Make `fd` the directory reached. The descriptor held before is closed. `is_owned`: the walk must close
 * `fd`. */
void fj_walk_go(struct fj_walk *w, int fd, bool is_owned);
/* Go to the root of the walk. */
void fj_walk_to_root(struct fj_walk *w);
/* Is the component an ordinary name: not hidden, not a dot name, and no mount point? All others must be
 * walked one at a time. */
static inline bool fj_walk_is_plain(const char *name, size_t len)
{
	return len && !fj_is_dots(name, len) && len <= NAME_MAX &&
	       !fj_mount_may_be_named(name, len) && !fj_is_hidden_name(name, len);
}
/* Is the directory reached the program's own descriptor, or its working directory? */
bool fj_walk_is_on_program(const struct fj_walk *w);
/* If it is, open it again, so that the walk has a descriptor of its own. Returns 0 or -errno. */
long fj_walk_hold(struct fj_walk *w);
/* Set `w->pos`. Asks the kernel at most once. Returns false if the position cannot be known. */
bool fj_walk_learn_pos(struct fj_walk *w);
/* The walk has gone into `name`: append it to `w->pos`, if the position is known. */
void fj_walk_push_pos(struct fj_walk *w, const char *name, size_t len);
/* The host path of the mount on `name` in the directory reached, in scratch memory. NULL: nothing is
 * mounted there. */
const char *fj_walk_mount_below(struct fj_walk *w, const char *name, size_t len);
/* Go to the directory at position `w->pos`. Returns 0 or -errno. */
long fj_walk_enter_pos(struct fj_walk *w);
/* up.c: go up by `..`. At the root the walk stays there. Returns 0 or -errno. */
long fj_walk_up(struct fj_walk *w);
/* Go to directory `name`: a host path, or a name in the directory reached. `flags`: O_NOFOLLOW or 0.
 * Returns 0, or -errno and nothing has changed. */
long fj_walk_enter(struct fj_walk *w, const char *name, int flags);
/* Follow a procfs link that only the kernel can follow. Returns 0 or -errno. */
long fj_walk_magic(struct fj_walk *w, const char *name);
/* Is the directory reached in a procfs? Costs a statfs(2). */
bool fj_walk_is_in_procfs(struct fj_walk *w);
/* Go into directory `name` (NUL-terminated), or follow it if it is a symlink. `rest` is the path after it,
 * without a leading slash. Returns 0 or -errno. */
long fj_walk_into(struct fj_walk *w, const char *name, size_t len, char *rest);
/* leap.c: walk all directories of `rest` except the last component with one system call, if no symlink,
 * mount or `..` is among them. Returns 1 if that was done, 0 if the walk must go one component at a time,
 * or the -errno that single steps would meet too. */
long fj_walk_leap(struct fj_walk *w);

/* union_walk.c: walks in a union. */
/* If the directory reached is in a union, open its layers. Returns 0 or -errno. */
long fj_walk_look_for_union(struct fj_walk *w);
/* Go to the directory at `w->pos` if it is in a union. Returns 0, 1 if it is in none, or -errno. */
long fj_walk_enter_union(struct fj_walk *w);
/* union_leap.c: from remembered facts, go to the directory that `rest` names before its last component, and
 * put its layers into `l`. Returns false if there is no fact; nothing has changed then. */
bool fj_walk_leap_in_union(struct fj_walk *w, struct fj_layers *l);
/* As fj_walk_leap_in_union(), without facts, when only the lowest layer has these directories; the walk is at
 * the root of the union. Two layers cost two system calls. Returns 1, FJ_LEAP_LINK if the first name was a
 * symlink whose text now stands in the rest, 0 if nothing has changed, or -errno. */
#define FJ_LEAP_LINK 2
long fj_walk_leap_down(struct fj_walk *w, struct fj_layers *l);
/* As fj_walk_leap_down(), from the directory reached. Returns 0 whether or not it moved, or -ENOENT. */
long fj_walk_leap_on(struct fj_walk *w);
/* Remember the layers of the directory reached, by its position and by `key` (NULL: by the position
 * alone). */
void fj_walk_keep_fact_of_union(struct fj_walk *w, const char *key);
/* Go into `name` in the layers, as fj_walk_enter() does. */
long fj_walk_into_layers(struct fj_walk *w, const char *name);
/* Look up the last component: choose the layer that has it, or the layer where it will be made. Copies it
 * up if `how` demands that. Returns 0 or -errno. */
long fj_walk_finish_in_union(struct fj_walk *w, const char *name, unsigned how);
/* Has fj_walk_finish_in_union() found a file of this type (FJ_S_IFMT)? */
bool fj_walk_has_found(const struct fj_walk *w, uint32_t type);
/* The walk ends in the directory reached itself, without a last name. Returns 0 or -errno. */
long fj_walk_end_in_union(struct fj_walk *w, unsigned how);
/* `name` is a procfs link. If it leads to a file of a lower layer, copy that up for the call that changes it.
 * Returns 1 if `place` now leads to the copy, 0 if nothing was done, or -errno. */
long fj_walk_magic_in_union(struct fj_walk *w, const char *name, struct fj_place *place);
/* Move the layers that the call needs to `place`, and close the others. Returns 0. */
long fj_walk_keep_layers(struct fj_walk *w, unsigned how, struct fj_place *place);

enum fj_link { FJ_NOT_A_LINK, FJ_TEXT_LINK, FJ_MAGIC_LINK };
/* What is `name` in the directory reached? Returns an enum fj_link or -errno. `text`, PATH_MAX bytes,
 * gets the text of the link. */
long fj_walk_read_link(struct fj_walk *w, const char *name, char *text, size_t *len);
/* Like fj_walk_read_link() for a name with a slash behind it. What is neither a directory nor a link is ENOTDIR. The slash must
 * not be left to the kernel: it follows a symlink that has just replaced the directory, on the host. */
long fj_walk_read_slashed(struct fj_walk *w, const char *name, char *text, size_t *len);
/* Put a symlink's text before `rest`, the path after it. Returns 0 or -errno. */
long fj_walk_follow_text(struct fj_walk *w, const char *text, size_t len, const char *rest);
/* The first `len` bytes of the rest name the file at `host_path` in the directory reached. If it is a symlink
 * with a relative text, put that text before the rest after it. Returns 1, 0 if nothing has changed, or
 * -errno. */
long fj_walk_follow_at(struct fj_walk *w, const char *host_path, size_t len);
/* As fj_walk_into(), for a name that was not a directory. FJ_LINK_IS_GONE: nothing has changed, and by now the name
 * may be one. */
#define FJ_LINK_IS_GONE 1
long fj_walk_into_link(struct fj_walk *w, const char *name, size_t len, const char *rest);

/* scope.c: walks with FJ_BENEATH, FJ_IN_ROOT or FJ_NO_XDEV. */
static inline bool fj_walk_is_scoped(const struct fj_walk *w)
{
	return w->how & (FJ_BENEATH | FJ_IN_ROOT);
}
/* Make the directory where the walk begins its root. Returns 0 or -errno. */
long fj_walk_scope(struct fj_walk *w, const char *jail_path);
/* Go to the root, because an absolute symlink (or a procfs link: `is_magic`) leads there. Returns 0 or
 * -EXDEV. */
long fj_walk_jump_to_root(struct fj_walk *w, bool is_magic);
/* The result of `..` in the root: 0 or -EXDEV. */
long fj_walk_stop_at_root(const struct fj_walk *w);

/* remember.c: facts for later walks. */
/* Prepare the fact about the directory part of `jail_path`. */
void fj_walk_plan_fact(struct fj_walk *w, const char *jail_path);
/* The directory that the caller's text names is reached: remember it as a fact. */
void fj_walk_keep_fact(struct fj_walk *w);
/* The next directory does not exist: remember the one reached, and who may search the way to it. */
void fj_walk_keep_way(struct fj_walk *w);

#endif
