/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union.h - what a union of directories (an overlay mount) is made of: files that are copied up,
 * whiteouts, opaque directories, merged listings.
 *
 * A union has layers: lower ones, which are only ever read, and above them perhaps an upper one,
 * which takes all changes. How they look on the disk is as Documentation/filesystems/overlayfs.rst
 * of the kernel has it, but that what an ordinary user cannot make is pretended: trusted.overlay.*
 * are attributes of owner records (docs/OWNERS.md), and a whiteout that the kernel does not let
 * the user make is a pretended device.
 *
 * This room knows directories by descriptors; which layers a jail path leads to is the caller's
 * affair. Names may be places' names: "dir/file" in a descriptor, without symlinks on the way. */
#ifndef FJ_UNION_H
#define FJ_UNION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_owner;
struct fj_thread;

#define FJ_UNION_LAYERS 64u
/* Attributes of this room's in owner records: not to be seen, nor to be set, in the union. */
#define FJ_UNION_PREFIX "trusted.overlay."
#define FJ_UNION_OPAQUE FJ_UNION_PREFIX "opaque"
#define FJ_UNION_ORIGIN FJ_UNION_PREFIX "origin"
/* Those of a union whose layers lie in another: escaped, as fs/overlayfs/xattrs.c has it. */
#define FJ_UNION_NESTED_OPAQUE FJ_UNION_PREFIX "overlay.opaque"
#define FJ_UNION_NESTED_WHITEOUT FJ_UNION_PREFIX "overlay.whiteout"
/* What names of half-made files begin with, in a work directory or, without one, beside where they
 * will be. */
#define FJ_UNION_TEMP ".fakejail-work."

/* How a file is copied up: with its data, else the caller truncates it at once; into a union whose
 * layers lie in another. */
enum { FJ_UNION_DATA = 1, FJ_UNION_NESTED = 2 };

/* Copy the lower file `from` in `from_dirfd` (itself, when it is a symlink) up: make `to` in
 * `to_dirfd`, an upper directory. A directory is made without what is in it, and without the
 * directories above it. It has all that the lower file shows: type, owners, mode, device,
 * attributes, access lists, times, and with FJ_UNION_DATA its data, with its holes. The directory
 * `to` is in keeps its times. Other names of the lower file stay lower ones, as in the kernel. The
 * record has the lower file as its origin.
 *
 * It is complete before it has its name: it is made in `work_fd`, a directory on the file system
 * of the upper layer, or where that is -1 in `to_dirfd`. Who is killed leaves the state before or
 * after, and perhaps rubbish for fj_union_clean().
 *
 * Of large files signals are let in between the parts; a handler that does not return leaves
 * nothing behind but rubbish. Returns 0, or
 *   -EEXIST          `to` is there already: another process was quicker
 *   -EACCES          the user may not read the lower file
 *   -ENOSPC, -EDQUOT, -EFBIG, -EIO ...  nothing has changed */
long fj_union_copy_up(struct fj_call *c, int from_dirfd, const char *from, int to_dirfd,
	const char *to, int work_fd, unsigned how);

/* Let the empty directory `to_fd`, which is to be the upper layer's root, show what the lower
 * directory `from_fd` shows. */
long fj_union_copy_root(struct fj_call *c, int from_fd, int to_fd);

/* Is it a whiteout, a character device 0:0, real or pretended? `st` is what stat(2) says of the
 * file itself on the disk, or NULL: it is asked. False for what is not there. One system call more
 * where an empty regular file may be a pretended one. */
struct stat;
bool fj_union_is_whiteout(struct fj_thread *t, int dirfd, const char *name, const struct stat *st);
/* The same, to a union that is nested or is not: that one does not obey a nested one's. */
bool fj_union_hides(
	struct fj_thread *t, int dirfd, const char *name, const struct stat *st, bool is_nested);
/* Let a whiteout take the place of `name`, in one step; what was there is removed, a directory with
 * all that is in it (which are whiteouts, or the caller has seen to it). There need be nothing.
 * Returns 0 or -errno, and then nothing has changed. */
long fj_union_hide(struct fj_call *c, int dirfd, const char *name, int work_fd, bool is_nested);
static inline long fj_union_whiteout(struct fj_call *c, int dirfd, const char *name, int work_fd)
{
	return fj_union_hide(c, dirfd, name, work_fd, false);
}

/* Does directory `dirfd` hide what lower layers have under its name? (`dirfd` may be O_PATH.) */
bool fj_union_shows_opaque(struct fj_thread *t, int dirfd, bool is_nested);
static inline bool fj_union_is_opaque(struct fj_thread *t, int dirfd)
{
	return fj_union_shows_opaque(t, dirfd, false);
}
/* Returns 0 or -errno. */
long fj_union_mark_opaque(struct fj_call *c, int dirfd, bool is_nested);
static inline long fj_union_set_opaque(struct fj_call *c, int dirfd)
{
	return fj_union_mark_opaque(c, dirfd, false);
}

/* Of which lower file is the one that `owner` was found of a copy? Then it shows that one's device
 * and number. `dev` is the device of the copy. False, mostly without a look: of none. */
struct fj_union_origin {
	uint64_t dev, ino, stamp;
};
bool fj_union_origin(const struct fj_owner *owner, uint64_t dev, struct fj_union_origin *origin);

/* The directories that are merged under one name, the top one first. `number` counts the layers of
 * the whole union from the bottom: that of a directory never changes while it is listed, though it
 * may be copied up meanwhile. Layers below an opaque directory are not among them. */
struct fj_union_layers {
	uint64_t dir_device; /* fj_union_dir_device() */
	bool is_nested;
	uint32_t count;
	struct {
		int fd;
		uint32_t number; /* below FJ_UNION_LAYERS */
	} layer[FJ_UNION_LAYERS];
};
/* getdents64(2) (`is_old`: getdents(2)) of the merged directory, into `size` bytes at `buffer` of
 * the program's memory. Where the listing is is the position of the open file `fd`, a directory of
 * the program's (in any of the layers) whose own names are not read: so lseek(2), dup(2), fork(2)
 * and exec do with it what they do with any other. Each name once, in the order of the lowest layer
 * that has it: copying up and whiteouts move nothing. Numbers and types are those that stat(2)
 * shows. Returns the bytes written, 0 at the end, -EINVAL when not even one entry fits, -EFAULT,
 * -EACCES ... */
long fj_union_list(struct fj_call *c, int fd, const struct fj_union_layers *layers, uint64_t buffer,
	size_t size, bool is_old);
/* A directory in one layer alone, `fd` on device `dev`, that the kernel lists. */
struct fj_union_alone {
	int fd;
	uint64_t dev;
	uint64_t dir_device; /* fj_union_dir_device() */
	bool is_nested;
};
/* It has listed `name`: is that shown? Then its number and type become what stat(2) shows. */
bool fj_union_lists(struct fj_thread *t, const struct fj_union_alone *dir, const char *name,
	uint64_t *ino, uint8_t *type);
/* Is nothing in it, for rmdir(2)? 1, 0, or -errno. */
long fj_union_is_empty(struct fj_call *c, const struct fj_union_layers *layers);

/* Remove what killed processes have left in a work directory. To be called when a union is made.
 */
void fj_union_clean(struct fj_call *c, int work_fd);

#endif
