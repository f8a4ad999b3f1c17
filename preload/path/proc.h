/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * proc.h - the names of procfs entries that would show the host. Called by walks, and by hooks that read
 * links and directories.
 *
 * A name alone decides nothing: it only says that the directory must be looked at. An entry is special if
 * that directory is in a procfs, however it was reached. */
#ifndef FJ_PROC_H
#define FJ_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

enum fj_proc {
	FJ_PROC_PLAIN,
	FJ_PROC_MAPS, /* maps, smaps: one line per mapping, and lines about it */
	FJ_PROC_NUMA_MAPS,
	FJ_PROC_MOUNTS,
	FJ_PROC_MOUNTINFO,
	FJ_PROC_MOUNTSTATS,
	FJ_PROC_UNIX, /* net/unix */
	FJ_PROC_STATUS,
	FJ_PROC_IPC, /* sysvipc/msg, sem, shm; the unrelated sys/kernel/sem too */
	FJ_PROC_OSRELEASE,
	FJ_PROC_HOSTNAME,
	FJ_PROC_DOMAINNAME,
	FJ_PROC_VERSION,
	FJ_PROC_FDINFO, /* fdinfo/N: not recognised by its name, which is a number */
	FJ_PROC_FD_DIR, /* fd, fdinfo */
	FJ_PROC_OUR_FD, /* the number of one of our descriptors */
};

/* What a procfs entry called `name` may be. */
enum fj_proc fj_proc_named_so(const char *name, size_t len);
/* A quick test: most names are no number, and share first letter and length with no special entry. */
#define FJ_PROC_LOOKS(letter, len) (((unsigned)(letter)&31) << 3 | ((unsigned)(len)&7))
extern const uint64_t fj_proc_looks[];
static inline enum fj_proc fj_proc_named(const char *name, size_t len)
{
	const unsigned looks = FJ_PROC_LOOKS(name[0], len);

	return (unsigned)(name[0] - '0') > 9 && !(fj_proc_looks[looks / 64] >> looks % 64 & 1) ?
		       FJ_PROC_PLAIN :
		       fj_proc_named_so(name, len);
}

/* Is `fd` a directory of procfs with a process's descriptors: fd, fdinfo? */
bool fj_proc_lists_descriptors(struct fj_thread *t, int fd);

/* Is `name`, in the directory `dirfd`, a descriptor of the engine, which for the program is not open? Either
 * it is one of the jail's own, or it is `dirfd` itself: `is_held` says that the engine has opened `dirfd`, and will close
 * it before the call ends. */
bool fj_proc_hides(struct fj_thread *t, int dirfd, bool is_held, const char *name, size_t len);

/* `host_path`, as the kernel spells it, is `len` bytes long. Append the path that the program shall read
 * for it. Returns false if the file belongs to fakejail itself, or is outside the jail. */
bool fj_proc_shows_file(struct fj_thread *t, const char *host_path, size_t len, struct fj_str *out);

#endif
