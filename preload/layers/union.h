/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union.h - a position that leads to several directories of the host: an overlay mount.
 *
 * The layers of such a mount lie above each other, the upper one (when there is one) on top. A name
 * is decided by the first layer that has it, counted from the top; directories of one name are
 * merged until one is opaque. Nothing but the upper one is ever changed: what a lower one has is
 * copied up first. What a whiteout and an opaque directory are, and how a file is copied, is the
 * room union's.
 *
 * A union whose layers lie in another one (nested) marks what it hides in another way, so that the
 * other one shows the marks and does not obey them; it obeys both kinds itself. */
#ifndef FJ_LAYERS_UNION_H
#define FJ_LAYERS_UNION_H

#include "jail/mounts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_owner;
struct fj_place;
struct fj_str;
struct fj_thread;
struct stat;

#define FJ_LAYERS_MAX 64u
#define FJ_LAYERS_TEXT (2u * FJ_PATH_MAX)

/* A merged directory. */
struct fj_layers {
	uint32_t count, mount_len; /* of the layers; of the mount's position */
	uint32_t mount_id;
	bool has_upper, is_read_only;
	bool is_nested; /* a layer lies in another union */
	int work_fd;	/* where what is to come into the upper one is made; -1: not opened yet */
	/* The layers' own directories, from the top; 0 is the upper one where there is one. -1: it
	 * has none, or none that can be seen. */
	int fd[FJ_LAYERS_MAX];
	/* Of the name that was looked up last: the layer that decides, or -1, and what it has. */
	int found;
	bool is_whiteout;
	bool is_merged; /* it is a directory, and in several layers */
	uint32_t mode;
	char *pos;	  /* position of the directory; set when it outlives the walk */
	const char *name; /* what is made in the work directory is to be called so: union_over.c */
};

/* Set by the room union. */
struct fj_union_calls {
	/* Is it one to a nested union: perhaps to another, too? */
	bool (*is_whiteout)(
		struct fj_thread *t, int dirfd, const char *name, const struct stat *st);
	/* Is it one to this union? */
	bool (*hides)(struct fj_thread *t, int dirfd, const char *name, const struct stat *st,
		bool is_nested);
	bool (*is_opaque)(struct fj_thread *t, int dirfd, bool is_nested);
	long (*copy_up)(struct fj_thread *t, int from_dirfd, const char *from, int to_dirfd,
		const char *to, int work_fd, bool with_data, bool is_nested);
	/* Remove a whiteout with its record. */
	long (*discard)(struct fj_thread *t, int dirfd, const char *name);
	/* Of which lower file is the one with this record, which lies on *dev, a copy? */
	bool (*origin)(const struct fj_owner *record, uint64_t *dev, uint64_t *ino);
	long (*set_opaque)(struct fj_thread *t, int dirfd, bool is_nested);
};
extern struct fj_union_calls fj_union_calls;

/* Merge the directory at `pos` into `l`. Returns 1; 0 when it lies in no union; or -errno. */
long fj_layers_open(struct fj_thread *t, const char *pos, struct fj_layers *l);
void fj_layers_close(struct fj_layers *l);
/* Out of the way of the descriptor that the program is about to get, which must be the lowest. */
void fj_layers_move_up(int *fd);
/* The topmost directory. */
static inline int fj_layers_top(const struct fj_layers *l)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->fd[i] >= 0)
			return l->fd[i];
	return -1;
}
/* In how many layers is it? */
static inline uint32_t fj_layers_having(const struct fj_layers *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->count; i++)
		n += l->fd[i] >= 0;
	return n;
}
/* Look `name` up: sets `found` and its kin. Returns 0, or -errno of a layer. */
long fj_layers_find(struct fj_thread *t, struct fj_layers *l, const char *name);
/* Is `name` in a lower layer, so that a whiteout must be left when it is taken away? */
bool fj_layers_have_below(struct fj_thread *t, struct fj_layers *l, const char *name);
/* Go into directory `name`. Returns 0; -ENOENT; or -ENOTDIR when it is none, `found` being set. */
long fj_layers_into(struct fj_thread *t, struct fj_layers *l, const char *name);
/* Make the directory at `pos`, which `l` is, exist in the upper layer, and all above it. */
long fj_layers_up(struct fj_thread *t, struct fj_layers *l, const char *pos);
/* union_facts.c: the same without a step, from what is remembered of the directory that the first
 * `len` bytes of `pos` name. False: nothing; or with `is_open` not that everybody may search all
 * directories on the way. */
bool fj_layers_recall(
	struct fj_thread *t, const char *pos, size_t len, bool is_open, struct fj_layers *l);
/* Is the directory at the first `len` bytes of `pos` merged of several layers, as is remembered at
 * `epoch`? -1: nothing is. */
int fj_layers_know_merged(const char *pos, size_t len, uint64_t epoch);
/* `pos` is about to be looked at; what will be found may be remembered by the epoch that this
 * returns, when it is not 0. */
uint64_t fj_layers_plan_fact(const char *pos);
void fj_layers_remember(struct fj_thread *t, const struct fj_layers *l, const char *pos,
	uint64_t epoch, bool is_open);
/* The directory at `pos` is remembered to be in one layer alone, and directory `name`, which was marked
 * as seen before, was found there at `epoch`: so that is in that layer alone, too. Its position goes
 * to `child`, which is empty. False: of the directory at `pos` nothing is remembered, or something
 * else. */
bool fj_layers_remember_child(struct fj_thread *t, const char *pos, const char *name,
	size_t name_len, uint64_t epoch, struct fj_str *child);
/* All names of the position `pos` are marked as seen in unions. Was a mark new? */
bool fj_layers_saw_names(const char *pos);
/* The directory that is open in `l`, and is the position `pos`: the value of the fact of it goes to
 * `out`. Returns the fact's flags; 0 if there can be no fact of it. */
uint64_t fj_layers_describe_fact(
	struct fj_thread *t, const struct fj_layers *l, const char *pos, struct fj_str *out);

/* union_dirs.c: what is remembered of directory `dirfd` (or AT_FDCWD) in a jail with unions: it
 * lies in none, or at *pos in one. One system call. */
enum fj_dir_kind { FJ_DIR_UNKNOWN, FJ_DIR_OUTSIDE, FJ_DIR_IN_UNION };
enum fj_dir_kind fj_dir_recall(int dirfd, uint64_t epoch, struct fj_str *pos);
/* At `epoch`, or later, the kernel said that it has this position, where these layers are merged
 * (NULL: it lies in no union). */
void fj_dir_keep(
	struct fj_thread *t, int dirfd, const char *pos, const struct fj_layers *l, uint64_t epoch);
/* Is directory `dirfd` in a union? Then *pos is where. By what is remembered, or by asking the
 * kernel, and that is remembered. */
bool fj_dir_in_union(struct fj_thread *t, int dirfd, struct fj_str *pos);
/* The fact of the directory at `pos` in a union: its paths into `paths` (empty: nothing is
 * remembered), and its flags. */
void fj_layers_recall_paths(const struct fj_thread *t, const char *pos, uint64_t epoch,
	struct fj_str *paths, unsigned *flags);

/* union_dev.c: the device that all directories of the union that `pos` lies in show, where its layers
 * lie on several; else 0. */
uint64_t fj_union_dir_device(struct fj_thread *t, const char *pos);
/* The number that a directory shows which has number `ino` on `dev`, when that is `of_union`. */
uint64_t fj_union_dir_number(uint64_t of_union, uint64_t dev, uint64_t ino);

/* union_up.c: copy `name`, which was found, to the upper layer, where its directory is. */
long fj_layers_copy_up(
	struct fj_thread *t, struct fj_layers *l, const char *name, bool is_data_wanted);
/* The descriptor of the work directory, or -errno. */
long fj_layers_open_work(struct fj_thread *t, const char *path);
long fj_layers_work(struct fj_thread *t, struct fj_layers *l);

/* union_lock.c: whoever takes names away from the union of `l`, or puts them where whiteouts are, is
 * alone until fj_layers_unlock() of what this returns; what was found before is to be looked up
 * again. */
int fj_layers_lock(struct fj_thread *t, struct fj_layers *l);
void fj_layers_unlock(int lock);

/* A name that nobody has, for the work directory, into `out`. */
#define FJ_LAYERS_TEMP 48u
#define FJ_LAYERS_TEMP_PREFIX ".fakejail-work." /* as the room union's own */
void fj_layers_temp(struct fj_str *out);

/* What lies at `host_path` is about to be changed: when it is in a lower layer of a union, copy it
 * up, and let `place` lead there. Returns 1; 0: it is in none, and `place` was not touched; or
 * -errno. */
long fj_union_bring_up(struct fj_thread *t, const char *host_path, struct fj_place *place);
/* The same of a descriptor of the program's that is open for reading: it is replaced by one of the
 * copy. Returns 0 or -errno. */
long fj_union_bring_fd_up(struct fj_thread *t, int fd);
/* Is directory `fd` (or AT_FDCWD) in several layers of a union? `*dev` becomes its
 * fj_union_dir_device(). */
bool fj_union_is_merged(struct fj_thread *t, int fd, uint64_t *dev);
/* Is directory `name`, which was found, in a lower layer as well? */
bool fj_layers_merge_below(struct fj_thread *t, const struct fj_layers *l, const char *name);

/* Is what lies at `host_path` in a lower layer of a union, and so never to be changed? */
bool fj_union_is_lower(const char *host_path);
/* Is it in any layer of any union? */
bool fj_union_has_host(const char *host_path);
/* Is `pos` in a union? */
static inline bool fj_union_holds(const char *pos)
{
	struct fj_mount_found m;

	return fj_mount_of(pos, &m, NULL) && (m.flags & FJ_MOUNT_UNION);
}
/* Or a file of one that is bound there? */
bool fj_union_shows(const char *pos);
#endif
