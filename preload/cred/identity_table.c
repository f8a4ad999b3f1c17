/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * identity_table.c - identities that other processes may read: for /proc/PID/status, SO_PEERCRED,
 * SCM_CREDENTIALS. Called by ids.c, identity/peer.c and others.
 *
 * An open hash table by process id, in the jail's shared memory. A process posts its identity when
 * it changes, when it executes a program and, as a forked child, when it first enters the engine.
 * So an entry that a dead process has left is corrected by the next process with the same id. Root,
 * as the jail's first process is root, posts nothing: most jails never touch a page of the table.
 *
 * Only the process itself writes its entry, under a sequence count (locking/seq.h). A writer that
 * is killed leaves the count odd: then the identity is unknown, until the entry is taken over. */
#include "cred/identity_table.h"

#include "bytes/copy.h"
#include "cred/ids.h"
#include "cred/ids_start.h"
#include "locking/seq.h"
#include "syscall/prctl.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

#include <linux/errno.h>

#define PROBES 16u /* entries looked at for one id */

static struct fj_identities *identities;
static struct fj_posted_table *table;

void fj_ids_take_table(struct fj_identities *shared, struct fj_posted_table *shared_table)
{
	identities = shared;
	table = shared_table;
}

uint64_t fj_ids_all_caps(void)
{
	return identities->all_caps;
}

bool fj_ids_is_himself(void)
{
	return identities->is_himself;
}

void fj_ids_be_himself(void)
{
	identities->is_himself = 1;
}

/* CAP_LAST_CAP differs between kernels: 37 in 4.18, 40 from 5.9 on. Beyond it PR_CAPBSET_READ of
 * prctl(2) returns EINVAL. */
void fj_ids_new_table(struct fj_identities *shared)
{
	unsigned last = 0, beyond = 64;

	while (beyond - last > 1) {
		const unsigned middle = (last + beyond) / 2;

		if (fj_sys_prctl(23 /* PR_CAPBSET_READ */, middle, 0, 0, 0) >= 0)
			last = middle;
		else
			beyond = middle;
	}
	shared->all_caps = last == 63 ? ~0UL : (2UL << last) - 1;
}

bool fj_ids_were_posted(void)
{
	return __atomic_load_n(&identities->is_used, __ATOMIC_ACQUIRE);
}

static struct fj_posted *posted_place(int32_t pid, uint32_t probe)
{
	return &table->posted[((uint32_t)pid * 2654435761u + probe) % FJ_IDENTITIES_SIZE];
}

static struct fj_posted *find_posted(int32_t pid)
{
	if (!fj_ids_were_posted())
		return NULL; /* without a page fault in the table */
	for (uint32_t i = 0; i < PROBES; i++) {
		struct fj_posted *p = posted_place(pid, i);

		if (__atomic_load_n(&p->pid, __ATOMIC_ACQUIRE) == pid)
			return p;
	}
	return NULL;
}

/* Takes a free entry, or one whose process is gone. */
static struct fj_posted *claim_entry(int32_t pid)
{
	__atomic_store_n(&identities->is_used, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < PROBES; i++) {
		struct fj_posted *p = posted_place(pid, i);
		int32_t was = __atomic_load_n(&p->pid, __ATOMIC_ACQUIRE);

		if (was && fj_sys_kill(was, 0) != -ESRCH)
			continue;
		if (__atomic_compare_exchange_n(
			    &p->pid, &was, pid, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return p;
	}
	return NULL;
}

static bool is_first_identity(const struct fj_ids *ids)
{
	return !ids->ruid && !ids->euid && !ids->suid && !ids->fsuid && !ids->rgid && !ids->egid &&
	       !ids->sgid && !ids->fsgid && ids->group_count == 1 && !ids->few[0] &&
	       ids->permitted == identities->all_caps && ids->effective == identities->all_caps &&
	       ids->bounding == identities->all_caps && !ids->inheritable && !ids->ambient;
}

void fj_ids_describe(struct fj_posted *p, const struct fj_ids *ids)
{
	const uint32_t count =
		ids->group_count < FJ_IDENTITY_GROUPS ? ids->group_count : FJ_IDENTITY_GROUPS;

	memcpy(&p->ruid, &ids->ruid, 8 * sizeof(uint32_t));
	memcpy(&p->effective, &ids->effective, 5 * sizeof(uint64_t));
	p->claimed_uid = p->claimed_gid = FJ_NO_ID;
	p->group_count = ids->group_count;
	memcpy(p->group, fj_ids_groups(ids), count * sizeof(uint32_t));
}

void fj_ids_post(int32_t pid, const struct fj_ids *ids)
{
	struct fj_posted *p = find_posted(pid);

	if (!p) {
		if (is_first_identity(ids))
			return;
		p = claim_entry(pid);
		if (!p)
			return; /* full: others see the identity of the parent, or root */
	}
	fj_seq_write_at_last(&p->sequence);
	fj_ids_describe(p, ids);
	fj_seq_written(&p->sequence);
}

bool fj_ids_posted(int32_t pid, struct fj_posted *out)
{
	const struct fj_posted *p = find_posted(pid);

	for (int tries = 0; p && tries < 1000; tries++) {
		const uint32_t seen = fj_seq_begin(&p->sequence);

		if (fj_seq_is_odd(seen))
			continue;
		*out = *p;
		if (!fj_seq_retry(&p->sequence, seen))
			return out->pid == pid;
	}
	return false;
}

void fj_ids_claim(uint32_t uid, uint32_t gid)
{
	const int32_t pid = (int32_t)fj_sys_getpid();
	const struct fj_ids *ids = fj_ids();
	struct fj_posted *p = find_posted(pid);

	if (!p && uid == ids->ruid && gid == ids->rgid)
		return;
	if (!p)
		p = claim_entry(pid);
	if (!p)
		return;
	fj_seq_write_at_last(&p->sequence);
	fj_ids_describe(p, ids);
	p->claimed_uid = uid;
	p->claimed_gid = gid;
	fj_seq_written(&p->sequence);
}
