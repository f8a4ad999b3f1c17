/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fd.h - files by their descriptors, and the limit on their size. For all rooms. All functions are async-signal-safe. */
#ifndef FJ_FD_H
#define FJ_FD_H

#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str; /* bytes/str.h */
struct stat;   /* asm/stat.h */

/* openat(2) with O_CLOEXEC and O_PATH added: a descriptor that needs no permission for the file.
 * Returns it or -errno. */
long fj_open_path(int dirfd, const char *name, int flags);

/* Appends "/proc/self/fd/<fd>" to `out`, followed by "/name" when `name` is not NULL. */
void fj_fd_path(struct fj_str *out, int fd, const char *name);
/* Writes "/proc/self/fd/<fd>" and a NUL to `link`. */
#define FJ_FD_LINK 32 /* bytes; the longest such path has 25 */
void fj_fd_link(char link[FJ_FD_LINK], int fd);
/* Reads the link "/proc/self/fd/<fd>": the host path of the file behind `fd`, or for AT_FDCWD of the working directory
 * (proc(5)), into `out` of PATH_MAX bytes, with a NUL. Returns its length or -errno. */
long fj_fd_target(int fd, char *out);
/* Opens the file behind descriptor `fd` anew, with `flags` and O_CLOEXEC. So an O_PATH descriptor
 * gives one that can read, write and map, and the other way round. Returns a descriptor or
 * -errno. */
long fj_open_anew(int fd, int flags);
/* Reads the first `size` bytes of a file that the kernel makes, as those of /proc, with one read(2). Returns how many it read, or
 * -errno. */
long fj_read_file(int dirfd, const char *name, void *out, size_t size);
/* As fj_open_anew(), for a descriptor that all processes of the jail have: opened through process
 * fj_shared_pid, if that still runs. Then all look at one directory of /proc, which the kernel keeps. For its own
 * directory each process would make the kernel create one: a fifth of the time of a fork (measured, Linux 6.18).
 * `known`: what fstat(2) says of `fd`; NULL: it is asked. */
long fj_open_shared(int fd, int flags, const struct stat *known);
/* Are `fd` and `other` descriptors of one file? `known`: what fstat(2) says of `other`; NULL: it is asked. */
bool fj_is_one_file(int fd, int other, const struct stat *known);
/* dup3(2) to a number that the jail keeps for itself. It may lie above a soft limit that was
 * lowered: then the limit is raised meanwhile. */
long fj_dup_to(int fd, int number, int flags);
/* Are there enough free descriptor numbers beside `fd`, the lowest free one, for what a start opens
 * for a moment? Called before keeping a descriptor that could be made again. */
bool fj_has_spare_numbers(int fd);
extern int fj_shared_pid; /* 0: none; set as the loader starts */

/* May this process make a file `size` bytes long? Ask before: beyond the program's RLIMIT_FSIZE the
 * kernel sends SIGXFSZ. The limit holds for memory files, too. */
bool fj_may_grow_to(uint64_t size);
/* The limit on the size of this process's files, in bytes. */
uint64_t fj_file_limit(void);

#endif
