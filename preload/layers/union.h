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

/* walk/union_dirs.c: by facts, is directory `dirfd` (or AT_FDCWD) in a union, and at which position? Costs
 * one system call. `is_alone`: it is known that only one layer has the directory. */
enum fj_dir_kind { FJ_DIR_UNKNOWN, FJ_DIR_OUTSIDE, FJ_DIR_IN_UNION };
enum fj_dir_kind fj_dir_recall(int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone);
/* What else is known of a directory then. */
struct fj_dir_seen {
	uint64_t dev;	/* its own device as stat(2) shows it, or 0: it was not asked for */
	bool is_lower;	/* only one layer has it, and that is a lower one */
	uint64_t token; /* for fj_dir_recent_listed(), or 0 */
};
/* As fj_dir_recall(), and sets `*seen`. */
enum fj_dir_kind fj_dir_recall_on(
	int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone, struct fj_dir_seen *seen);
/* Store this fact. The kernel has said, at `epoch` or later, that directory `dirfd` is at `pos`, merged
 * from `l` (NULL: it is in no union). */
void fj_dir_keep(
	struct fj_thread *t, int dirfd, const char *pos, const struct fj_layers *l, uint64_t epoch);
/* Is directory `dirfd` in a union? If so, `pos` gets its position. If there is no fact, the kernel is
 * asked, and a fact stored. `*seen` as for fj_dir_recall_on(). */
bool fj_dir_in_union(struct fj_thread *t, int dirfd, struct fj_str *pos, bool *is_alone,
	struct fj_dir_seen *seen);
/* The key of directory `dirfd`: its device, number and time of birth. False: it is no directory, or has no
 * time of birth. The bytes of a key: a NUL, 8 each for device, number and seconds, 4 for nanoseconds. */
#define FJ_DIR_KEY_SIZE 29u
bool fj_dir_key(int dirfd, char key[FJ_DIR_KEY_SIZE]);
/* Make the key of a directory from what statx(2) has said, if it was asked for STATX_BTIME. */
bool fj_dir_key_of(const struct statx *sx, char key[FJ_DIR_KEY_SIZE]);
/* Make the key of a directory from what stat(2) has said, without the time of birth: for fj_dir_recent_has(). */
bool fj_dir_key_of_stat(const struct stat *st, char key[FJ_DIR_KEY_SIZE]);
/* layers/union_recent.c: did only one layer have the directory `dirfd` when a name in it was last looked up?
 * This is a guess: the number may be another file's now. fj_dir_expect() notes the answer for the next time. */
bool fj_dir_is_expected(int dirfd);
void fj_dir_expect(int dirfd, bool is);
/* layers/union_recent.c: what this process remembers of a directory. FJ_DIR_UNITED: it is in a union.
 * FJ_DIR_ALONE: it is in no union, or in only one layer. FJ_DIR_LOWER: that is a lower layer. */
enum { FJ_DIR_UNITED = 1, FJ_DIR_ALONE = 2, FJ_DIR_LOWER = 4 };
/* `pos`, which is empty, gets its position, and `*token` the number for fj_dir_recent_listed(), or 0. False:
 * nothing is remembered. */
bool fj_dir_recent(const char key[FJ_DIR_KEY_SIZE], uint64_t epoch, struct fj_str *pos,
	unsigned *flags, uint64_t *token);
/* `born`: the time of the fact that says so, or fj_facts_now(). `*token` as for fj_dir_recent(). False: the
 * position is too long, or somebody else is writing. */
bool fj_dir_recent_add(const char key[FJ_DIR_KEY_SIZE], const char *pos, unsigned flags,
	uint32_t born, uint64_t epoch, uint64_t *token);
/* layers/union_recent.c: the directory that `token` stands for (not 0) was listed, and has directory `name`,
 * with inode number `ino`. The name was marked. */
void fj_dir_recent_listed(uint64_t token, const char *name, uint64_t ino);
/* The kernel has listed the directory of that descriptor, which one layer alone has, up to this file offset
 * (d_off of its last entry). fj_dir_listed_to() returns the offset, or 0: none is known. This is a guess, as
 * fj_dir_is_expected(). */
void fj_dir_list_to(int fd, uint64_t offset);
uint64_t fj_dir_listed_to(int fd);
/* `fd` was opened. `is`: it is the directory that was found or added last in what this process remembers. */
void fj_dir_open_as_last(int fd, bool is);
/* The first time after `fd` was opened: the inode number of the directory that it was then, if it is still remembered
 * that one lower layer alone has it; otherwise 0. This is a guess about `fd`. But if a listing of `fd` from its beginning has "."
 * with this number, it is right, or the directory is on another device and in no union: there is one union, on one device,
 * and nobody in the jail removes a directory of a lower layer. `pos`, which is empty, gets its position, and `*token`
 * what fj_dir_recent_listed() takes. */
uint64_t fj_dir_opened_as(int fd, uint64_t epoch, struct fj_str *pos, uint64_t *token);
/* Was the guess right? After many that were not, this process makes no more. */
void fj_dir_guessed(bool is_right);
/* May fj_dir_recent_has() know the next name in `dirfd`? A guess. */
bool fj_dir_may_be_listed(int dirfd);
/* Directory `key`, of which only device and number count, was found as `name` in `dirfd`. Was a directory listed
 * that has it, and is it still remembered that one lower layer alone has that one? Nobody moves a directory of
 * a lower layer, so `dirfd` is that directory. `pos`, which is empty, gets its position. False where a lower
 * layer has a second position. */
bool fj_dir_recent_has(int dirfd, const char *name, const char key[FJ_DIR_KEY_SIZE], uint64_t epoch,
	struct fj_str *pos);
/* Is FJ_DIR_ALONE remembered of the directory with this device and number? Only for what is shown of it:
 * another directory may have had its number a moment ago. (False where directories show another device.) */
bool fj_dir_recent_is_alone(uint64_t dev, uint64_t ino);
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

/* The file at `host_path` will be changed. If it is in a lower layer of a union, copy it up, and let
 * `place` lead to the copy. Returns 1, 0 if it is not (`place` is unchanged), or -errno. */
long fj_union_bring_up(struct fj_thread *t, const char *host_path, struct fj_place *place);
/* The file behind `fd`, a descriptor of the program that is open for reading or of a fifo, will be changed. If
 * it is in a lower layer, copy it up: a descriptor of the copy replaces `fd`. Returns 0 or -errno. */
long fj_union_bring_fd_up(struct fj_thread *t, int fd);
/* Do several layers of a union have the directory `fd` (or AT_FDCWD)? `*dev` is set to its
 * fj_union_dir_device(). */
bool fj_union_is_merged(struct fj_thread *t, int fd, uint64_t *dev);
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
