/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * path.h - places, positions and host paths, and what of them the jailed program may see.
 *
 * A jail path is text that the jailed program sees; a host path is text for the kernel. They never
 * mix: what goes to the kernel is a struct fj_place, made by a walk (walk/walk.h). All functions are
 * async-signal-safe. Called by all rooms to the right. */
#ifndef FJ_PATH_H
#define FJ_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_place;
struct fj_str;
struct fj_thread;

/* Give back what the place holds. */
void fj_place_done(struct fj_place *place);
/* How much of a place's name names the directory that its last component is in: "dir/", or nothing
 * when that is `dirfd` itself. */
size_t fj_place_dir_len(const char *name);
/* A host path for the place, for calls that take no descriptor, in scratch memory. */
char *fj_place_path(struct fj_thread *t, const struct fj_place *place);
/* `jail_path` names an entry, as `first_path` does, which was found to be `first`; both begin at
 * the same descriptor. When its text says that it is in the same directory, its place is there:
 * true. It holds as long as the first. */
bool fj_place_beside(struct fj_thread *t, const struct fj_place *first, const char *first_path,
	const char *jail_path, struct fj_place *place);
/* Does it lie in a procfs? */
bool fj_place_is_in_procfs(struct fj_thread *t, const struct fj_place *place);
/* Move the place's descriptor out of the way of one that the program is about to get: that must be
 * the lowest (open(2)). */
void fj_place_move_up(struct fj_place *place);

/* cwd.c: the position of the working directory, mostly without asking the kernel. */
#define FJ_CWD_MOVING 1u
/* Around a call that moves it. */
void fj_cwd_moves(void);
void fj_cwd_moved(void);
/* Before it is asked where the process stands; and afterwards, did it stay there? */
uint32_t fj_cwd_begin(void);
bool fj_cwd_held(uint32_t seen);
/* Does fj_cwd_held(seen) say so of every way to move? Else only the kernel knows. */
bool fj_cwd_is_told(uint32_t seen);
/* Append it, as it was at `epoch`, which was read before, and at `seen`. False: it is deleted or
 * outside. `*is_asked`: the kernel said so now. Else it may have been moved from outside since. */
bool fj_cwd_where(
	struct fj_thread *t, uint64_t epoch, uint32_t seen, struct fj_str *pos, bool *is_asked);

/* Append the host path. */
void fj_path_host(const char *pos, struct fj_str *out);
/* Open position `pos` with O_PATH and `flags`. Returns a descriptor or -errno. */
long fj_path_open_pos(struct fj_thread *t, const char *pos, int flags);

/* Append the position that `host_path` (the kernel's spelling) has in the jail's own tree; false
 * when it is outside. Where a directory can be reached by several, `hint` (a position, or NULL) is
 * preferred, then what the caller's root can see. */
bool fj_path_back_hinted(const char *host_path, const char *hint, struct fj_str *out);
bool fj_path_back(const char *host_path, struct fj_str *out);
/* Append what the calling process would see for position `pos`: relative to its own root; false
 * when that cannot see it. */
bool fj_path_seen(const char *pos, struct fj_str *out);
/* The position of the working directory, or of directory `dirfd`; false when it is deleted or
 * outside. */
bool fj_path_of_dir(struct fj_thread *t, int dirfd, struct fj_str *out);
/* The same, and the position `hint` is preferred to others that lead there: fj_dir_noted() of a
 * descriptor of the same directory. */
bool fj_path_of_dir_noted(struct fj_thread *t, int dirfd, const char *hint, struct fj_str *out);
/* The position of what is open as `fd` (AT_FDCWD: of the working directory), a directory or not, or
 * where it was when it is deleted; false when that is outside, or in no directory. */
bool fj_path_of_fd(struct fj_thread *t, int fd, struct fj_str *out);
/* The working directory was reached by `pos`; what was noted, or "". A hint: fchdir(2) moves it. */
void fj_cwd_note(const char *pos);
const char *fj_cwd_noted(void);
/* What was noted of a descriptor, or AT_FDCWD; NULL for nothing. */
const char *fj_dir_noted(int fd);
/* It is another directory by now, of which nothing need be noted. */
void fj_dir_unnote(int fd);
/* The same for a directory opened as `fd`, when its host path would be read back as another
 * position. */
void fj_dir_note(struct fj_thread *t, int fd, const char *pos);
/* Before an exec, and after it: the note outlives the program, unless 64 others exec at the same
 * time. */
void fj_cwd_keep(void);
void fj_cwd_start(void);
/* Replace the host path in `text` of length `len` (a magic link's: may end in " (deleted)") by what
 * the program may see, into `out`; text that is no path stays as it is. */
void fj_path_back_link(struct fj_thread *t, const char *text, size_t len, struct fj_str *out);
/* Is the directory behind `fd` in a procfs? */
bool fj_is_procfs(int fd);
#define FJ_PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */
/* statfs(2) of `name` in `dirfd` ("": itself). */
struct statfs;
long fj_path_statfs(struct fj_thread *t, int dirfd, const char *name, struct statfs *fs);

/* What openat2(2) is to be given for flags that openat(2) was: that ignores what this refuses. */
uint64_t fj_openat2_flags(uint64_t flags);
/* openat2(2), or -ENOSYS when this jail does without it. `resolve`: RESOLVE_ flags of
 * linux/openat2.h. */
long fj_openat2(int dirfd, const char *name, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
