/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc.c - what an object of System V IPC shows, and where that is kept. Called by hook_ipc.c and
 * procfs_ipc.c.
 *
 * The file is BASE/fakejail-UID/ipc (private/private.h), which only its user may open. The place of
 * a record in it is the index of its object in the kernel's table, which no two objects of a type
 * share at one time. So nothing is searched and no lock is needed. An object that gets the index of
 * one which another program has removed also gets the place of that one's record. A record is one
 * write(2) within one page, which a kill cannot divide. A reader that reads parts of two records
 * sees it by the check word, and reads again.
 *
 * A record belongs to an object if these are equal: the whole id, which includes a count that the
 * kernel increases whenever an index is used again; the key; and the ctime, except for semaphores,
 * whose ctime SETVAL advances. The record has the machine and the namespace, too. */
#include "ipc/ipc.h"

#include "bytes/hash.h"
#include "cred/ids.h"
#include "ownership/ownership.h"
#include "private/private.h"
#include "sys/fd.h"
#include "sys/races.h"
#include "syscall/ipc.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/errno.h>

#define INDEX_BITS                                                                                 \
	15 /* IPCMNI_SHIFT of ipc/util.h; with ipcmni_extend some records share a place */
#define MODE_BITS 0777u
#define SHM_DEST_ 01000u /* include/linux/shm.h */
#define MSG_STAT_ANY_ 13 /* these three: Linux 4.17 */
#define SEM_STAT_ANY_ 20
#define SHM_STAT_ANY_ 15

struct record {
	uint64_t machine; /* this boot and the namespace */
	uint64_t ctime;
	int32_t id, key;
	uint32_t uid, gid, cuid, cgid;
	uint16_t mode;
	uint8_t is_live, is_set; /* is_set: the object's ctime must be equal */
	uint32_t unused[4];
	uint32_t check;
};
_Static_assert(sizeof(struct record) == 64, "two builds may meet in one file");

static uint32_t check_of(const struct record *r)
{
	const uint64_t h = fj_hash((const char *)r, offsetof(struct record, check), FJ_HASH_SEED);

	return (uint32_t)(h ^ h >> 32) | 1;
}

static uint64_t record_place(enum fj_ipc type, int32_t id)
{
	const uint64_t index = (uint32_t)id & ((1u << INDEX_BITS) - 1);

	return (index * 4 + type) * sizeof(struct record);
}

/* Ids begin anew with each boot, and in each namespace. */
static uint64_t this_machine(void)
{
	static uint64_t known;
	const uint64_t was = __atomic_load_n(&known, __ATOMIC_RELAXED);
	struct stat st = {0};
	uint64_t h;
	char id[40];
	long n;

	if (was)
		return was;
	n = fj_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", id, sizeof(id));
	fj_sys_newfstatat(AT_FDCWD, "/proc/self/ns/ipc", &st, 0);
	h = fj_hash(id, n > 0 ? (size_t)n : 0, FJ_HASH_SEED) ^ st.st_ino;
	h |= 1;
	__atomic_store_n(&known, h, __ATOMIC_RELAXED);
	return h;
}

/* Reads the record at an object's place. Returns false when there is none. */
static bool read_record(enum fj_ipc type, int32_t id, struct record *r)
{
	const long fd = fj_private_file("/ipc", O_RDONLY);
	bool is_whole = false;

	if (fd < 0)
		return false;
	for (unsigned i = 0; i < FJ_RACES && !is_whole; i++) {
		if (fj_sys_pread64(fd, r, sizeof(*r), record_place(type, id)) != (long)sizeof(*r))
			break;
		is_whole = r->check == check_of(r);
		if (!r->check) /* a hole */
			break;
	}
	fj_sys_close((int)fd);
	return is_whole && r->is_live && r->machine == this_machine() && r->id == id;
}

static long write_record(enum fj_ipc type, int32_t id, struct record *r)
{
	const uint64_t at = record_place(type, id);
	long fd, n;

	if (!fj_may_grow_to(at + sizeof(*r)))
		return -ENOSPC;
	r->check = check_of(r);
	fd = fj_private_file("/ipc", O_WRONLY | O_CREAT);
	if (fd < 0)
		return -ENOSPC;
	n = fj_sys_pwrite64(fd, r, sizeof(*r), at);
	fj_sys_close((int)fd);
	return n == (long)sizeof(*r) ? 0 : -ENOSPC;
}

static uint64_t ctime_of(const struct fj_ipc_object *object)
{
	switch (object->type) {
	case FJ_IPC_MSG:
		return (uint64_t)object->ds.msg.msg_ctime;
	case FJ_IPC_SEM:
		return (uint64_t)object->ds.sem.sem_ctime;
	case FJ_IPC_SHM:
		return (uint64_t)object->ds.shm.shm_ctime;
	}
	return 0;
}

long fj_ipc_ctl(enum fj_ipc type, int id, int cmd, void *arg)
{
	switch (type) {
	case FJ_IPC_MSG:
		return fj_sys_msgctl(id, cmd, arg);
	case FJ_IPC_SEM:
		return fj_sys_semctl(id, 0, cmd, arg);
	case FJ_IPC_SHM:
		return fj_sys_shmctl(id, cmd, arg);
	}
	return -EINVAL;
}

size_t fj_ipc_ds_size(enum fj_ipc type)
{
	static const uint8_t size[] = {
		sizeof(struct msqid64_ds), sizeof(struct semid64_ds), sizeof(struct shmid64_ds)};

	return size[type];
}

long fj_ipc_look(enum fj_ipc type, int id, struct fj_ipc_object *object)
{
	static const uint8_t stat_any[] = {MSG_STAT_ANY_, SEM_STAT_ANY_, SHM_STAT_ANY_};
	long r;

	*object = (struct fj_ipc_object){.type = type, .id = id};
	r = fj_ipc_ctl(type, id, IPC_STAT, &object->ds);
	/* An object of another user, which this user may not read and root may. */
	if (r == -EACCES && fj_ipc_ctl(type, (int)((uint32_t)id & ((1u << INDEX_BITS) - 1)),
				    stat_any[type], &object->ds) == id)
		r = 0;
	if (r < 0)
		return r;
	fj_ipc_show(object);
	return 0;
}

/* Only the user's own objects show other ids and modes; those of others are shown as they are, like
 * files. */
void fj_ipc_show_perm(enum fj_ipc type, int32_t id, uint64_t ctime, struct ipc64_perm *perm)
{
	const uint32_t me = fj_owner_real_uid();
	struct record r;

	if (perm->cuid == me && read_record(type, id, &r) &&
		(r.key == perm->key || (perm->mode & SHM_DEST_)) &&
		(r.is_set && type != FJ_IPC_SEM ? r.ctime == ctime : r.ctime <= ctime)) {
		perm->uid = r.uid;
		perm->gid = r.gid;
		perm->cuid = r.cuid;
		perm->cgid = r.cgid;
		perm->mode = (perm->mode & ~MODE_BITS) | r.mode;
		return;
	}
	if (fj_ids_is_himself())
		return;
	if (perm->uid == me)
		perm->uid = perm->gid = 0;
	if (perm->cuid == me)
		perm->cuid = perm->cgid = 0;
}

void fj_ipc_show(struct fj_ipc_object *object)
{
	struct ipc64_perm *perm = &object->ds.perm;

	object->is_ours = perm->cuid == fj_owner_real_uid();
	object->real_uid = perm->uid;
	object->real_gid = perm->gid;
	object->real_mode = perm->mode;
	fj_ipc_show_perm(object->type, object->id, ctime_of(object), perm);
}

long fj_ipc_record(const struct fj_ipc_object *object, const struct ipc64_perm *perm, bool is_set)
{
	struct record r = {
		.machine = this_machine(),
		.ctime = ctime_of(object),
		.id = object->id,
		.key = perm->key,
		.uid = perm->uid,
		.gid = perm->gid,
		.cuid = perm->cuid,
		.cgid = perm->cgid,
		.mode = (uint16_t)(perm->mode & MODE_BITS),
		.is_live = true,
		.is_set = is_set,
	};

	return write_record(object->type, object->id, &r);
}

void fj_ipc_forget(enum fj_ipc type, int32_t id)
{
	struct record r;

	if (read_record(type, id, &r)) {
		r.is_live = false;
		write_record(type, id, &r);
	}
}

long fj_ipc_may(const struct ipc64_perm *shown, uint32_t want)
{
	const struct fj_ids *ids = fj_ids();
	const uint32_t wanted = want >> 6 | want >> 3 | want;
	uint32_t granted = shown->mode;

	if (ids->euid == shown->cuid || ids->euid == shown->uid)
		granted >>= 6;
	else if (fj_ids_in_group(ids, shown->cgid) || fj_ids_in_group(ids, shown->gid))
		granted >>= 3;
	return !(wanted & ~granted & 07) || fj_ids_can(ids, FJ_CAP_IPC_OWNER) ? 0 : -EACCES;
}

long fj_ipc_may_change(const struct ipc64_perm *shown, int cap)
{
	const struct fj_ids *ids = fj_ids();

	return ids->euid == shown->cuid || ids->euid == shown->uid ||
			       fj_ids_can(ids, (enum fj_cap)cap) ?
		       0 :
		       -EPERM;
}
