/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * path.h - places, positions and host paths, and what the jailed program may see of them. Called by all
 * rooms to the right.
 *
 * A jail path is text that the jailed program sees. A host path is text for the kernel. They are never
 * mixed: the kernel gets a struct fj_place, which a walk makes (walk/walk.h). All functions are
 * async-signal-safe. "Append to `out`" means: after the text that `out` has. */
#ifndef FJ_PATH_H
#define FJ_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_str;
struct fj_thread;

/* Close the descriptors of the place. */
void fj_place_done(struct fj_place *place);
/* The length of the directory part of a place's name, with its slash: "dir/". 0: the directory is `dirfd`
 * itself. */
size_t fj_place_dir_len(const char *name);
/* The same directory as a name, "dir/." or ".", in scratch memory. */
char *fj_place_dir_name(struct fj_thread *t, const char *name);
/* A host path for the place, in scratch memory: for calls that take no descriptor. */
char *fj_place_path(struct fj_thread *t, const struct fj_place *place);
/* `first_path` was found to be the place `first`. `jail_path` is relative to the same descriptor. If the
 * texts say that both are names in the same directory, make its place and return true. It is valid as long
 * as `first`. */
bool fj_place_beside(struct fj_thread *t, const struct fj_place *first, const char *first_path,
	const char *jail_path, struct fj_place *place);
/* Is the directory of the place in a procfs? */
bool fj_place_is_in_procfs(struct fj_thread *t, const struct fj_place *place);
/* Move the place's descriptor to a high number. The descriptor that the program is about to get must have
 * the lowest number (open(2)). */
void fj_place_move_up(struct fj_place *place);

/* cwd.c: the position of the working directory, usually without asking the kernel. */
#define FJ_CWD_MOVING 1u /* from fj_cwd_begin(): a call is changing it now */
/* Called before and after a call that changes the working directory. */
void fj_cwd_moves(void);
void fj_cwd_moved(void);
/* fj_cwd_begin() is called before the position is asked for. fj_cwd_held() tells afterwards whether the
 * process has not moved since. */
uint32_t fj_cwd_begin(void);
bool fj_cwd_held(uint32_t seen);
/* Does fj_cwd_held(seen) notice every change of the working directory? If not, only the kernel knows. */
bool fj_cwd_is_told(uint32_t seen);
/* Append the position of the working directory. `epoch` and `seen` were read before. Returns false if the
 * directory is deleted or outside. `*is_asked`: the kernel has answered just now. If it is false, something
 * outside the jail may have moved the directory since. */
bool fj_cwd_where(
	struct fj_thread *t, uint64_t epoch, uint32_t seen, struct fj_str *pos, bool *is_asked);

/* Append the host path of `pos`. */
void fj_path_host(const char *pos, struct fj_str *out);
/* The length of `pos` without its last component. */
size_t fj_path_parent_len(const struct fj_str *pos);
/* Open position `pos` with O_PATH and `flags`. Returns a descriptor or -errno. */
long fj_path_open_pos(struct fj_thread *t, const char *pos, int flags);

/* faccessat2(2) of a name that is no symlink. If a symlink has just replaced it, the kernel does not follow that on the
 * host, and says what it says of the symlink itself: mostly that all is allowed. Linux before 5.8 cannot do that, and
 * follows. */
long fj_path_access(int dirfd, const char *name, unsigned mode, unsigned flags);

/* Append the position of `host_path` (as the kernel spells it). Returns false if it is outside the jail. If
 * several positions lead there, `hint` (a position, or NULL) is preferred, then one that the caller's root
 * contains. */
bool fj_path_back_hinted(const char *host_path, const char *hint, struct fj_str *out);
/* As fj_path_back_hinted(), without a hint. */
bool fj_path_back(const char *host_path, struct fj_str *out);
/* Append the path by which the calling process sees position `pos`: relative to its root. Returns false if
 * it cannot see it. */
bool fj_path_seen(const char *pos, struct fj_str *out);
/* Fast, for the usual jail, where the jail's root is the process's root and no directory has two positions:
 * the path by which the calling process sees `host_path`, which is `len` bytes long, in a buffer that has
 * eight bytes more. Returns a part of `host_path`, or "/". NULL: the jail is another one, or the path is outside. */
const char *fj_path_seen_plainly(const char *host_path, size_t len);
/* Append the position of directory `dirfd`, or of the working directory (AT_FDCWD). Returns false if it is
 * deleted or outside. */
bool fj_path_of_dir(struct fj_thread *t, int dirfd, struct fj_str *out);
/* As fj_path_of_dir(), but the position `hint` is preferred if several lead there. The hint is fj_dir_noted() of a
 * descriptor of the same directory. */
bool fj_path_of_dir_noted(struct fj_thread *t, int dirfd, const char *hint, struct fj_str *out);
/* Append the position of the file or directory open as `fd` (AT_FDCWD: the working directory). For a
 * deleted file it is the last one. Returns false if it is outside, or in no directory. */
bool fj_path_of_fd(struct fj_thread *t, int fd, struct fj_str *out);
/* May the file that is open as `fd` have been opened through the mount with this id (0: the root's tree)? The kernel does
 * not know the jail's mounts: if several lead to the file, any of them may be the one. True also if it is not known. */
bool fj_path_may_be_in_mount(struct fj_thread *t, int fd, uint32_t id);
/* Note that the working directory was reached by position `pos`. fj_cwd_noted() returns the note, or "". It
 * is only a hint: fchdir(2) changes the directory without a new note. */
void fj_cwd_note(const char *pos);
const char *fj_cwd_noted(void);
/* The position noted for a descriptor, or for AT_FDCWD. NULL: none. */
const char *fj_dir_noted(int fd);
/* Forget the note: the descriptor is another directory now, which needs none. */
void fj_dir_unnote(int fd);
/* Note that directory `fd` was reached by `pos`. Does so only if its host path would lead back to another
 * position. */
void fj_dir_note(struct fj_thread *t, int fd, const char *pos);
/* Called before and after an exec, so that the new program has the note of the working directory. The note
 * is lost if another process with the same PID modulo 64 execs at the same time. */
void fj_cwd_keep(void);
void fj_cwd_start(void);
/* `text`, `len` bytes long, is the text of a procfs link; it may end in " (deleted)". If it is a host path,
 * append the path that the program may see. Other text is appended unchanged. */
void fj_path_back_link(struct fj_thread *t, const char *text, size_t len, struct fj_str *out);
/* Is the directory behind `fd` in a procfs? */
bool fj_is_procfs(int fd);
#define FJ_PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */
/* statfs(2) of `name` in `dirfd` ("": itself). */
struct statfs;
long fj_path_statfs(struct fj_thread *t, int dirfd, const char *name, struct statfs *fs);

/* Returns the flags for openat2(2) that act as `flags` do for openat(2), which ignores flags that
 * openat2(2) refuses. */
uint64_t fj_openat2_flags(uint64_t flags);
/* openat2(2). Returns -ENOSYS if this jail does without it. `resolve`: RESOLVE_ flags of
 * linux/openat2.h. */
long fj_openat2(int dirfd, const char *name, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
