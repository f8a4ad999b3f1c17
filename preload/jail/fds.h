/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fds.h - the descriptors that all processes of a jail hold. Used by most rooms. */
#ifndef FJ_FDS_H
#define FJ_FDS_H

#include <stdbool.h>
#include <stdint.h>

struct fj_jail;
extern struct fj_jail *fj_jail; /* jail/jail.h */

#define FJ_FDS_AT 0x70u
struct fj_fds {
	int32_t root; /* O_PATH on the root; +1: the memory file; +2: the nested root, if any */
	/* If FJ_FD_LOWER is open: the length of the host path of its directory, else 0. */
	uint32_t lower_len;
};
static inline struct fj_fds *fj_fds_of(const struct fj_jail *jail)
{
	return (struct fj_fds *)((char *)(uintptr_t)jail + FJ_FDS_AT);
}

#define FJ_FD_ROOT(jail) (fj_fds_of(jail)->root)
#define FJ_FD_JAIL(jail) (fj_fds_of(jail)->root + 1)
#define FJ_FD_NESTED(jail) (fj_fds_of(jail)->root + 2)
#define FJ_FD_TRACE(jail) (fj_fds_of(jail)->root + 3)
/* O_PATH on the lowest layer of the jail's own root, if this is an overlay: fj_lower_len(). A jail that writes a
 * trace has no such descriptor: it has FJ_FD_TRACE. */
#define FJ_FD_LOWER(jail) (fj_fds_of(jail)->root + 3)
#define FJ_FD_OWNERS(jail) (fj_fds_of(jail)->root + 4)
#define FJ_FD_HOST_OWNERS(jail)                                                                    \
	(fj_fds_of(jail)->root + 5) /* the host's records: those of `fakejail /` */
#define FJ_FD_MOUNTS(jail)                                                                         \
	(fj_fds_of(jail)->root + 6) /* the process's own mount namespace; usually the root */
#define FJ_FD_EXE(jail)                                                                            \
	(fj_fds_of(jail)->root + 7) /* the program's file: it may be deleted while it runs */
#define FJ_FD_COUNT 8

/* A number that is never open. Unlike -1 and AT_FDCWD it has no meaning for any call. */
#define FJ_CLOSED_FD (-2)

/* Is `fd` one of the jail's own descriptors? Only the low 32 bits count: the kernel reads an int. */
static inline bool fj_is_our_fd(uint64_t fd)
{
	return (uint32_t)fd - (uint32_t)FJ_FD_ROOT(fj_jail) < FJ_FD_COUNT;
}

/* The length of the host path of the directory FJ_FD_LOWER, or 0: it is not open. */
static inline uint32_t fj_lower_len(void)
{
	return fj_fds_of(fj_jail)->lower_len;
}

/* Is `fd` the root of the jail's own tree, or of the lowest layer of this tree? */
static inline bool fj_is_own_root(int fd)
{
	return fd == FJ_FD_ROOT(fj_jail) || (fd == FJ_FD_LOWER(fj_jail) && fj_lower_len());
}

/* The engine's temporary descriptors have this number or a higher one. */
static inline int fj_high_fd(void)
{
	return FJ_FD_ROOT(fj_jail) > 64 ? FJ_FD_ROOT(fj_jail) - 64 : 0;
}

#endif
