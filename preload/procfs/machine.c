/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * machine.c - reads and changes the names of the machine, which all processes of the jail share. (The
 * kernel's uname(2) takes a lock for that, uts_sem of kernel/sys.c.) Called by procfs/hook_machine.c
 * and procfs_machine.c. */
#include "procfs/machine.h"

#include "bytes/copy.h"
#include "locking/seq.h"

/* So many changes during one copy are no accident. The last copy is taken then. */
#define TRIES 10000

void fj_machine_names(struct fj_machine_names *out)
{
	const struct fj_machine *m = fj_machine();

	for (int i = 0; i < TRIES; i++) {
		const uint32_t seen = fj_seq_begin(&m->sequence);

		*out = m->names[seen / 2 % 2];
		if (!fj_seq_retry(&m->sequence, seen))
			break;
	}
	out->hostname[FJ_MACHINE_NAME_SIZE - 1] = 0;
	out->domainname[FJ_MACHINE_NAME_SIZE - 1] = 0;
}

void fj_machine_rename(bool is_hostname, const char name[FJ_MACHINE_NAME_SIZE])
{
	struct fj_machine *m = fj_machine();
	struct fj_machine_names *to;
	uint32_t now;

	fj_seq_write_at_last(&m->sequence);
	now = __atomic_load_n(&m->sequence, __ATOMIC_RELAXED) / 2;
	to = &m->names[(now + 1) % 2];
	*to = m->names[now % 2];
	memcpy(is_hostname ? to->hostname : to->domainname, name, FJ_MACHINE_NAME_SIZE);
	*(is_hostname ? &to->has_hostname : &to->has_domainname) = true;
	fj_seq_written(&m->sequence);
}
