/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * machine.h - the names of the machine in this jail, as uname(2) and /proc/sys/kernel show them.
 * Set by setup/make_jail.c and file/hook_machine.c, shown by the latter and by procfs_machine.c. */
#ifndef FJ_PROCFS_MACHINE_H
#define FJ_PROCFS_MACHINE_H

#include "jail/memory.h"

#include <stdint.h>

#define FJ_MACHINE_AT 0x340u
struct fj_machine {
	uint32_t has_hostname, has_domainname;
	/* Sizes: linux/utsname.h. `release` counts when it is not empty. */
	char release[65], hostname[65], domainname[65];
};
static inline struct fj_machine *fj_machine(void)
{
	return (struct fj_machine *)fj_jail_at(FJ_MACHINE_AT);
}

#endif
