/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * machine.h - the names of the machine in this jail, as uname(2) and /proc/sys/kernel show them.
 * Set by setup/make_jail.c and procfs/hook_machine.c, shown by the latter and by procfs_machine.c. */
#ifndef FJ_PROCFS_MACHINE_H
#define FJ_PROCFS_MACHINE_H

#include "jail/memory.h"

#include <stdbool.h>
#include <stdint.h>

/* A name with its NUL: linux/utsname.h. */
#define FJ_MACHINE_NAME_SIZE 65

/* The names that the jail has instead of the host's: those with `has_`. */
struct fj_machine_names {
	bool has_hostname, has_domainname;
	char hostname[FJ_MACHINE_NAME_SIZE], domainname[FJ_MACHINE_NAME_SIZE];
};

/* (`sequence` / 2) % 2 is the index of the names in use. While `sequence` is odd, somebody writes the
 * others (locking/seq.h). So a process that is killed meanwhile leaves the old names. */
#define FJ_MACHINE_AT 0x680u
struct fj_machine {
	uint32_t sequence;
	char release
		[FJ_MACHINE_NAME_SIZE]; /* counts when it is not empty; never changed after the start */
	struct fj_machine_names names[2];
};
static inline struct fj_machine *fj_machine(void)
{
	return (struct fj_machine *)fj_jail_at(FJ_MACHINE_AT);
}

/* Copy the names in use, each as it was set by one call. */
void fj_machine_names(struct fj_machine_names *out);
/* Set the host name, or else the domain name. `name` has a NUL, and zeros behind it. Call it with all
 * signals blocked. It waits for another writer, and takes over from one that is dead or stopped after
 * about 100 ms. */
void fj_machine_rename(bool is_hostname, const char name[FJ_MACHINE_NAME_SIZE]);

#endif
