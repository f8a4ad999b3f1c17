/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union.h - a position that leads to several directories of the host: an overlay mount. Called by the rooms
 * walk, fast-path, union and others.
 *
 * The layers of such a mount are ordered; the upper one, if there is one, is on top. The first layer from
 * the top that has a name decides what the name is. Directories of one name are merged, down to the first
 * opaque one. Only the upper layer is ever changed: a file of a lower layer is copied up first. The room
 * union knows what a whiteout and an opaque directory are, and how a file is copied.
 *
 * A union with a layer in another union (nested) marks what it hides in another way. So the other union
 * shows these marks, and does not obey them. The nested one obeys both kinds. */
#ifndef FJ_LAYERS_UNION_H
#define FJ_LAYERS_UNION_H

#include "mount-table/mounts.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_owner;
struct fj_place;
struct fj_str;
struct fj_thread;
struct stat;
struct statx;

#define FJ_LAYERS_MAX 64u /* ours; the kernel takes 500: OVL_MAX_STACK of fs/overlayfs */
#define FJ_LAYERS_TEXT (2u * PATH_MAX) /* room for the paths of all layers of a mount */

/* A merged directory. */
struct fj_layers {
	uint32_t count, mount_len; /* number of layers; length of the mount's position */
	uint32_t mount_id;
	bool has_upper, is_read_only;
	bool is_nested;	  /* a layer is in another union */
	bool is_borrowed; /* the descriptors in `fd` are another's: they stay open */
	int work_fd;	  /* the work directory, where files for the upper layer are made; -1: not
			 * open */
	/* The directory in each layer, from the top; 0 is the upper layer if there is one. -1: the layer
	 * does not have it, or it is hidden. */
	int fd[FJ_LAYERS_MAX];
	/* About the name that was looked up last: the layer that decides, or -1, and the file there. */
	int found;
	bool is_whiteout;
	bool is_merged; /* it is a directory that several layers have */
	uint32_t mode;
	uint64_t dev, ino;
	char *pos;	  /* position of the directory, if this outlives the walk */
	const char *name; /* the final name of what is made in the work directory: union_over.c */
};

/* Functions of the room union, which sets these pointers. */
struct fj_union_calls {
	/* Is file `name` of `dirfd`, which shows `st`, a whiteout for a nested union, and perhaps
	 * for another one too? */
	bool (*is_whiteout)(
		struct fj_thread *t, int dirfd, const char *name, const struct stat *st);
	/* Is the file a whiteout for this union? */
	bool (*hides)(struct fj_thread *t, int dirfd, const char *name, const struct stat *st,
		bool is_nested);
	bool (*is_opaque)(struct fj_thread *t, int dirfd, bool is_nested);
	long (*copy_up)(struct fj_thread *t, int from_dirfd, const char *from, int to_dirfd,
		const char *to, int work_fd, bool with_data, bool is_nested);
	/* Remove a whiteout and its record. */
	long (*discard)(struct fj_thread *t, int dirfd, const char *name);
	/* Of which lower file is the file with this record a copy? `*dev` is its device before. */
	bool (*origin)(const struct fj_owner *record, uint64_t *dev, uint64_t *ino);
	long (*set_opaque)(struct fj_thread *t, int dirfd, bool is_nested);
};
extern struct fj_union_calls fj_union_calls;

/* Open the merged directory at `pos` as `l`. Returns 1, 0 if it is in no union, or -errno. */
long fj_layers_open(struct fj_thread *t, const char *pos, struct fj_layers *l);
/* Close all descriptors of `l`. */
void fj_layers_close(struct fj_layers *l);
/* Move the descriptor to a high number: the program's next descriptor must have the lowest (open(2)). */
void fj_layers_move_up(int *fd);
/* The descriptor of the topmost layer that has it. */
static inline int fj_layers_top(const struct fj_layers *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->fd[i] >= 0)
			return l->fd[i];
	return -1;
}
/* How many layers have it. */
static inline uint32_t fj_layers_having(const struct fj_layers *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->count; i++)
		n += l->fd[i] >= 0;
	return n;
}
/* Look `name` up: sets `found`, `is_whiteout`, and what is there: `mode`, `dev`, `ino`. Returns 0, or -errno of a
 * layer. */
long fj_layers_find(struct fj_thread *t, struct fj_layers *l, const char *name);
/* Does a lower layer have `name`, so that removing it must leave a whiteout? */
bool fj_layers_have_below(struct fj_thread *t, struct fj_layers *l, const char *name);
/* Go into directory `name`. `is_copy`: the descriptors in `l` are another's, which stay open. Returns 0,
 * -ENOENT, or -ENOTDIR with `found` set. */
long fj_layers_into(struct fj_thread *t, struct fj_layers *l, const char *name, bool is_copy);
/* Make the directory `l`, at `pos`, and all above it, exist in the upper layer. Returns 0 or -errno. */
long fj_layers_up(struct fj_thread *t, struct fj_layers *l, const char *pos);
/* union_facts.c: open the directory at the first `len` bytes of `pos` from a fact. Returns false if there
 * is none. With `is_open`, it also returns false if the fact does not say that everybody may search all
 * directories on the way. */
bool fj_layers_recall(
	struct fj_thread *t, const char *pos, size_t len, bool is_open, struct fj_layers *l);
/* What a fact of `epoch` says of the directory at the first `len` bytes of `pos`: FJ_FACT_MERGED and
 * FJ_FACT_UPPER_HAS of its flags. -1: there is none. */
int fj_layers_know(const char *pos, size_t len, uint64_t epoch);
/* Do several layers have the directory? -1: there is no fact. */
int fj_layers_know_merged(const char *pos, size_t len, uint64_t epoch);
/* Before `pos` is looked at: mark its names. Returns the epoch for the fact about it, or 0: store none. */
uint64_t fj_layers_plan_fact(const char *pos);
/* Store the fact about directory `l` at `pos`, with the epoch that fj_layers_plan_fact() returned. `is_open`:
 * everybody may search all directories on the way. */
void fj_layers_remember(struct fj_thread *t, const struct fj_layers *l, const char *pos,
	uint64_t epoch, bool is_open);
/* A fact says that one layer alone has the directory at `pos`. Directory `name`, which was marked before,
 * was found in it at `epoch`. So the same layer alone has `name`: store that. Its position goes to `child`,
 * which is empty. Returns false if there is no such fact about `pos`. */
bool fj_layers_remember_child(struct fj_thread *t, const char *pos, const char *name,
	size_t name_len, uint64_t epoch, struct fj_str *child);
/* Mark all names of the position `pos`. Returns whether a mark was new. */
bool fj_layers_saw_names(const char *pos);
/* Make the fact about the directory `l` at position `pos`: its value goes to `out`. Returns the fact's
 * flags, or 0: there can be none. */
uint64_t fj_layers_describe_fact(
	struct fj_thread *t, const struct fj_layers *l, const char *pos, struct fj_str *out);

/* The fact about the directory at `pos` in a union: its paths (empty: there is none) and its flags. */
void fj_layers_recall_paths(const struct fj_thread *t, const char *pos, uint64_t epoch,
	struct fj_str *paths, unsigned *flags);

/* union_dev.c: the device that all directories of the union show that contains `pos`, if its layers are on
 * several devices; otherwise 0. */
uint64_t fj_union_dir_device(struct fj_thread *t, const char *pos);
/* The inode number that is shown for a directory with number `ino` on `dev`. `of_union`: the value of
 * fj_union_dir_device(). */
uint64_t fj_union_dir_number(uint64_t of_union, uint64_t dev, uint64_t ino);

/* union_up.c: copy `name`, which was found, to the upper layer. That must have the directory. Returns 0 or
 * -errno. */
long fj_layers_copy_up(
	struct fj_thread *t, struct fj_layers *l, const char *name, bool is_data_wanted);
/* Open the work directory. Returns a descriptor or -errno. */
long fj_layers_open_work(struct fj_thread *t, const char *path);
/* The descriptor of the work directory of the union of `l`, which is opened if necessary and stays open in `l`;
 * or -errno. */
long fj_layers_work(struct fj_thread *t, struct fj_layers *l);

/* How many bytes at the beginning of `path`, a directory in a layer, are the host path of the jail's root? */
size_t fj_layers_root_part(const char *path, size_t len);
/* open(2) of a host path, relative to the jail's root if it lies there: that is a shorter way. Returns a descriptor or
 * -errno. */
long fj_layers_open_host(const char *path, int flags);
/* Open the root of a layer of mount `mount_id`, with O_PATH. `path` is its host path; `is_lowest`: no layer is below it. What
 * the jail holds is opened by that, which is a shorter way. Returns a descriptor or -errno. */
long fj_layers_open_root(uint32_t mount_id, const char *path, bool is_lowest);
/* Open the work directory of the union of `l` with flags of open(2). Returns a descriptor or -errno. */
long fj_layers_open_work_of(struct fj_thread *t, const struct fj_layers *l, int flags);

/* union_lock.c: a lock for code that removes names from a union, or makes them where whiteouts are. After
 * locking, look up again what was found before. The work directory is open meanwhile. fj_layers_lock() returns
 * the value for fj_layers_unlock(). */
int fj_layers_lock(struct fj_thread *t, struct fj_layers *l);
void fj_layers_unlock(struct fj_layers *l, int lock);

/* Append a new name for a file in the work directory to `out`. */
#define FJ_LAYERS_TEMP 48u
#define FJ_LAYERS_TEMP_PREFIX ".fakejail-work." /* the same prefix as in the room union */
void fj_layers_temp(struct fj_str *out);

/* `name` was found, and is a directory. Does a lower layer have it, too? */
bool fj_layers_merge_below(struct fj_thread *t, const struct fj_layers *l, const char *name);

/* Is the file at `host_path` in a lower layer of a union, so that it must not be changed? */
bool fj_union_is_lower(const char *host_path);
/* Is the file at `host_path` in any layer of a union? */
bool fj_union_has_host(const char *host_path);
/* Is `pos` in a union? */
static inline bool fj_union_holds(const char *pos)
{
	struct fj_mount_found m;

	return fj_mount_of(pos, &m, NULL) && (m.flags & FJ_MOUNT_UNION);
}
/* Is `pos` in a union, or a file of a union that is bound there? */
bool fj_union_shows(const char *pos);
#endif
