/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * proc.h - the names of procfs behind which the host would show.
 *
 * A name alone decides nothing: it only says that the directory it stands in must be looked at.
 * What is special is special by lying in a procfs, however it was reached. */
#ifndef FJ_PROC_H
#define FJ_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;
struct fj_thread;

enum fj_proc {
	FJ_PROC_PLAIN,
	FJ_PROC_MAPS, /* maps, smaps: a line for each mapping, perhaps lines about it */
	FJ_PROC_NUMA_MAPS,
	FJ_PROC_MOUNTS,
	FJ_PROC_MOUNTINFO,
	FJ_PROC_MOUNTSTATS,
	FJ_PROC_UNIX, /* net/unix */
	FJ_PROC_STATUS,
	FJ_PROC_IPC, /* sysvipc/msg, sem, shm; and sys/kernel/sem, which is something else */
	FJ_PROC_OSRELEASE,
	FJ_PROC_HOSTNAME,
	FJ_PROC_DOMAINNAME,
	FJ_PROC_VERSION,
	FJ_PROC_FDINFO, /* fdinfo/N: not by its name, which many have */
	FJ_PROC_FD_DIR, /* fd, fdinfo */
	FJ_PROC_OUR_FD, /* the number of a descriptor of ours */
};

/* What an entry of procfs called `name` may be. */
enum fj_proc fj_proc_named_so(const char *name, size_t len);
/* Most are nothing: no such entry has their first letter and their length, and they are no numbers.
 */
#define FJ_PROC_LOOKS(letter, len) (((unsigned)(letter)&31) << 3 | ((unsigned)(len)&7))
extern const uint64_t fj_proc_looks[];
static inline enum fj_proc fj_proc_named(const char *name, size_t len)
{
	const unsigned looks = FJ_PROC_LOOKS(name[0], len);

	return (unsigned)(name[0] - '0') > 9 && !(fj_proc_looks[looks / 64] >> looks % 64 & 1) ?
		       FJ_PROC_PLAIN :
		       fj_proc_named_so(name, len);
}

/* Is the file `host_path` (the kernel's spelling) part of the jail's machinery, or not of the jail
 * at all? Else append what the program shall read for it. */
bool fj_proc_shows_file(struct fj_thread *t, const char *host_path, size_t len, struct fj_str *out);

#endif
