/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * union.h - the parts of a union (an overlay mount): copying up, whiteouts, opaque directories, merged
 * listings. Called by the hooks that list, stat or remove files, and by mount.
 *
 * A union has lower layers, which are only read, and maybe an upper layer, which takes all changes. Their
 * format on the disk is that of the kernel's Documentation/filesystems/overlayfs.rst. What an ordinary user
 * cannot make is pretended: trusted.overlay.* are attributes of owner records (docs/OWNERS.md), and where
 * the kernel does not let the user make a whiteout, it is a pretended device.
 *
 * This room knows directories by descriptors; the caller knows which layers a jail path leads to. A name
 * may be "dir/file", relative to a descriptor, without symlinks on the way. */
#ifndef FJ_UNION_H
#define FJ_UNION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_owner;
struct fj_thread;

#define FJ_UNION_LAYERS 64u /* FJ_LAYERS_MAX of layers/union.h */
/* Attributes in owner records that belong to this room. Programs in the union can neither see nor set
 * them. */
#define FJ_UNION_PREFIX "trusted.overlay."
#define FJ_UNION_OPAQUE FJ_UNION_PREFIX "opaque"
#define FJ_UNION_ORIGIN FJ_UNION_PREFIX "origin"
/* These attributes in a nested union: escaped, as in fs/overlayfs/xattrs.c. */
#define FJ_UNION_NESTED_OPAQUE FJ_UNION_PREFIX "overlay.opaque"
#define FJ_UNION_NESTED_WHITEOUT FJ_UNION_PREFIX "overlay.whiteout"
/* Prefix of the names of incomplete files, in a work directory, or without one beside their final place. */
#define FJ_UNION_TEMP ".fakejail-work."

/* How a file is copied up. FJ_UNION_DATA: with its data; otherwise the caller truncates it at once.
 * FJ_UNION_NESTED: into a nested union. */
enum { FJ_UNION_DATA = 1, FJ_UNION_NESTED = 2 };

/* Copy the lower file `from` in `from_dirfd` (a symlink itself, not its target) up: make `to` in
 * `to_dirfd`, an upper directory. A directory is made without its entries, and without the directories
 * above it. The copy has all that the lower file shows: type, owners, mode, device, attributes, access
 * lists, times, and with FJ_UNION_DATA its data, with holes. The directory that contains `to` keeps its
 * times. Other names of the lower file stay lower, as in the kernel. The record of the copy names the lower
 * file as its origin.
 *
 * The copy is complete before it gets its name. It is made in `work_fd`, a directory on the file system of
 * the upper layer, or if that is -1, in `to_dirfd`. If the process is killed, the state is that before or
 * after, perhaps with an incomplete file that fj_union_clean() removes.
 *
 * While a large file is copied, the code looks for signals from time to time: copy_data.c. Returns 0, or
 *
 *  -EEXIST                            `to` exists: another process was faster
 *  -EINTR                             a signal with a handler has come; nothing has changed. If c->begins_again
 *                                     is set, the door makes the call again when the handler has run.
 *  -EACCES                            the user may not read the lower file
 *  -ENOSPC, -EDQUOT, -EFBIG, -EIO ... nothing has changed */
long fj_union_copy_up(struct fj_call *c, int from_dirfd, const char *from, int to_dirfd,
	const char *to, int work_fd, unsigned how);

/* Let the empty directory `to_fd`, the future root of the upper layer, show what the lower directory
 * `from_fd` shows. Returns 0 or -errno. */
long fj_union_copy_root(struct fj_call *c, int from_fd, int to_fd);

/* Is it a whiteout: a character device 0:0, real or pretended? `st`: the result of stat(2) for the file on
 * the disk, or NULL: this function asks. False if the file does not exist. Needs one more system call for
 * an empty regular file that may be a pretended one. */
struct stat;
bool fj_union_is_whiteout(struct fj_thread *t, int dirfd, const char *name, const struct stat *st);
/* Is it a whiteout for the union that asks? A union that is not nested does not obey the whiteouts of a nested one. */
bool fj_union_hides(
	struct fj_thread *t, int dirfd, const char *name, const struct stat *st, bool is_nested);
/* Replace `name` by a whiteout in one step. The file there is removed; of a directory, all entries are
 * removed too (they are whiteouts, or the caller allows it). There may be none. `how`: FJ_HIDE_ flags. Returns 0, or -errno and
 * nothing has changed. */
enum {
	FJ_HIDE_NESTED = 1, /* for a nested union only */
	FJ_HIDE_FREE = 2,   /* the name was free: a file that has come meanwhile stays, -EEXIST */
};
long fj_union_hide(struct fj_call *c, int dirfd, const char *name, int work_fd, unsigned how);

/* Does directory `dirfd` (O_PATH is enough) hide what lower layers have under its name? */
bool fj_union_shows_opaque(struct fj_thread *t, int dirfd, bool is_nested);
/* Mark the directory as opaque. Returns 0 or -errno. */
long fj_union_mark_opaque(struct fj_call *c, int dirfd, bool is_nested);

/* Of which lower file is this file, with the record `owner` on device `dev`, a copy? It then shows the
 * device and inode number of that file. False, usually without a system call: of none. */
struct fj_union_origin {
	uint64_t dev, ino, stamp;
};
bool fj_union_origin(const struct fj_owner *owner, uint64_t dev, struct fj_union_origin *origin);

/* The directories that are merged, the topmost first. `number` counts the layers of the whole union from
 * the bottom. So it does not change while the directory is listed, even if the directory is copied up.
 * Layers below an opaque directory are not included. */
struct fj_union_layers {
	uint64_t dir_device; /* fj_union_dir_device() */
	bool is_nested;
	bool is_root; /* the root of the union: FJ_HIDDEN_NAME is not shown */
	uint32_t count;
	struct {
		int fd;
		uint32_t number; /* below FJ_UNION_LAYERS */
	} layer[FJ_UNION_LAYERS];
};
/* getdents64(2) (`is_old`: getdents(2)) of a merged directory, into `size` bytes at `buffer` in the program's
 * memory. The position of the listing is the file offset of `fd`, a directory of the program (in any layer)
 * whose own entries are not read. So lseek(2), dup(2), fork(2) and exec work as with other directories. An
 * offset of another listing is taken for one in the lowest of the layers. Each name is shown once, in the
 * order of the lowest layer that has it, so copying up and whiteouts do not change the order. Inode numbers
 * and types are those that stat(2) shows. Returns the number of bytes, 0 at the end, -EINVAL if not even one
 * entry fits, -EFAULT, -EACCES ... */
long fj_union_list(struct fj_thread *t, int fd, const struct fj_union_layers *layers,
	uint64_t buffer, size_t size, bool is_old);
/* Does the kernel list the directory `fd`, whose file offset is `at`? It does if one layer alone has the
 * directory, and if the listing began then: it continues so until it is rewound, even if the directory was
 * copied up meanwhile, as in ovl_iterate() of fs/overlayfs/readdir.c. */
bool fj_union_lists_alone(int fd, const struct fj_union_layers *layers, uint64_t at);
/* A directory that one layer alone has, and the kernel lists: `fd`, on device `dev`. */
struct fj_union_alone {
	int fd;
	uint64_t dev;
	uint64_t dir_device; /* fj_union_dir_device() */
	const char *pos;     /* its position */
	uint64_t token;	     /* struct fj_dir_seen */
	bool has_records;    /* some files have records of devices or attributes */
};
/* Is the entry shown as the kernel has listed it? If not, ask fj_union_lists(). Of most entries this tells. */
static inline bool fj_union_lists_plainly(
	const struct fj_union_alone *dir, const char *name, uint8_t type)
{
	enum { PIPE = 1, REGULAR = 8, LINK = 10, SOCKET = 12 }; /* DT_ of linux/fs_types.h */

	return (type == REGULAR || type == LINK || type == PIPE || type == SOCKET) &&
	       name[0] != '.' && !dir->has_records;
}
/* The kernel has listed `name`. Returns whether it is shown. If so, number and type become those that
 * stat(2) shows. */
bool fj_union_lists(struct fj_thread *t, const struct fj_union_alone *dir, const char *name,
	uint64_t *ino, uint8_t *type);
/* Is the directory empty for rmdir(2)? Returns 1, 0 or -errno. */
long fj_union_is_empty(struct fj_thread *t, const struct fj_union_layers *layers);

/* Remove what killed processes have left in a work directory. Called when a union is made. */
void fj_union_clean(struct fj_thread *t, int work_fd);

#endif
