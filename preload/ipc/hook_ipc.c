/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_ipc.c - the hooks of System V IPC: msgget(2), semctl(2), shmat(2) and the like. Called
 * through the table.
 *
 * For the kernel all objects that the jail makes are the user's, who may always use them
 * (owner_bits()). What the mode forbids is judged here, by what the object shows. */
#include "call/call.h"
#include "call/hooks.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "ipc/ipc.h"
#include "signal/waiting.h"
#include "sys/races.h"
#include "sys/scratch.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#define MODE_BITS 0777u
#define S_IRUGO 0444u /* this and the next: include/linux/stat.h of the kernel */
#define S_IWUGO 0222u
#define IPC_CREAT_ 01000 /* this and the next: include/uapi/linux/ipc.h, as octal modes */
#define IPC_EXCL_ 02000
#define SHM_EXEC_ 0100000 /* this and the following: include/uapi/linux/shm.h */
#define SHM_RDONLY_ 010000
#define SHM_LOCK_ 11
#define SHM_UNLOCK_ 12
#define SEMOPM_ 500 /* include/uapi/linux/sem.h: operations in one call, by default */

/* semctl(2): include/uapi/linux/sem.h */
enum { GETPID_ = 11, GETVAL_, GETALL_, GETNCNT_, GETZCNT_, SETVAL_, SETALL_ };

struct sembuf_ {
	uint16_t num;
	int16_t op, flags;
};

static enum fj_ipc ipc_type_of(long nr)
{
	switch (nr) {
	case __NR_msgget:
	case __NR_msgctl:
	case __NR_msgsnd:
	case __NR_msgrcv:
		return FJ_IPC_MSG;
	case __NR_shmget:
	case __NR_shmctl:
	case __NR_shmat:
		return FJ_IPC_SHM;
	default:
		return FJ_IPC_SEM;
	}
}

/* What the owner may do, for the kernel: all that there is. Only shmat(2) executes (SHM_EXEC). */
static uint32_t owner_bits(enum fj_ipc type)
{
	return type == FJ_IPC_SHM ? 0700 : 0600;
}

/* ---- get ---- */

/* The object was just made, and belongs to the caller. Returns its id or -errno. */
static long record_made_object(enum fj_ipc type, int id, uint32_t mode)
{
	const struct fj_ids *ids = fj_ids();
	struct fj_ipc_object object;
	long r = fj_ipc_look(type, id, &object);

	if (!r) {
		struct ipc64_perm *perm = &object.ds.perm;
		const bool is_so = perm->uid == ids->euid && perm->cuid == ids->euid &&
				   perm->gid == ids->egid && perm->cgid == ids->egid &&
				   (perm->mode & MODE_BITS) == mode;

		perm->uid = perm->cuid = ids->euid;
		perm->gid = perm->cgid = ids->egid;
		perm->mode = mode;
		r = is_so ? 0 : fj_ipc_record(&object, perm, true);
		if (r < 0)
			fj_ipc_ctl(type, id, IPC_RMID, NULL);
	}
	return r < 0 ? r : id;
}

/* ipcget() of ipc/util.c: the object is made, or found and then judged. Only IPC_EXCL tells whether
 * it was made. */
long fj_hook_ipcget(struct fj_call *c)
{
	const enum fj_ipc type = ipc_type_of(c->nr);
	const int last = c->nr == __NR_msgget ? 1 : 2;
	const int flags = (int)c->arg[last];
	const uint32_t mode = (uint32_t)flags & MODE_BITS;
	const bool is_private = (int32_t)c->arg[0] == 0; /* IPC_PRIVATE */
	struct fj_ipc_object object;
	long r = -ENOENT;

	for (unsigned i = 0; i < FJ_RACES; i++) {
		if (is_private || (flags & IPC_CREAT_)) {
			c->arg[last] = (uint32_t)flags | owner_bits(type) | IPC_CREAT_ | IPC_EXCL_;
			r = fj_kernel(c);
			if (r >= 0)
				return record_made_object(type, (int)r, mode);
			if (r != -EEXIST || is_private || (flags & IPC_EXCL_))
				return r;
		}
		c->arg[last] = (uint32_t)flags & ~(MODE_BITS | IPC_CREAT_ | IPC_EXCL_);
		r = fj_kernel(c);
		if (r != -ENOENT || !(flags & IPC_CREAT_))
			break;
		/* removed meanwhile: try again */
	}
	if (r < 0 || !mode || fj_ids_can(fj_ids(), FJ_CAP_IPC_OWNER))
		return r;

	const long seen = fj_ipc_look(type, (int)r, &object);
	const long may = seen ? seen : fj_ipc_may(&object.ds.perm, mode);

	return may ? may : r;
}

/* ---- ctl ---- */

struct control {
	struct fj_call *c;
	enum fj_ipc type;
	int id, cmd;
	uint64_t arg; /* in the program's memory */
};

/* IPC_STAT; and by index *_STAT and *_STAT_ANY. */
static long stat_object(const struct control *k, int stat_any)
{
	struct fj_ipc_object object = {.type = k->type, .id = k->id};
	const size_t size = fj_ipc_ds_size(k->type);
	long r, may;

	if (k->cmd == IPC_STAT) {
		r = fj_ipc_look(k->type, k->id, &object);
	} else {
		r = fj_ipc_ctl(k->type, k->id, k->cmd, &object.ds);
		if (r == -EACCES && fj_ids_can(fj_ids(), FJ_CAP_IPC_OWNER))
			r = fj_ipc_ctl(k->type, k->id, stat_any, &object.ds);
		object.id = (int)r;
		if (r >= 0)
			fj_ipc_show(&object);
	}
	if (r < 0)
		return r;
	may = k->cmd == stat_any ? 0 : fj_ipc_may(&object.ds.perm, S_IRUGO);
	if (may)
		return may;
	return fj_guest_write(k->arg, &object.ds, size) ? -EFAULT : r;
}

static long set_object(const struct control *k)
{
	struct fj_ipc_object object;
	union fj_ipc_ds wanted;
	struct ipc64_perm perm;
	long r = fj_guest_read(&wanted, k->arg, fj_ipc_ds_size(k->type));

	if (!r)
		r = fj_ipc_look(k->type, k->id, &object);
	if (!r)
		r = fj_ipc_may_change(&object.ds.perm, FJ_CAP_SYS_ADMIN);
	if (r)
		return r;
	if (wanted.perm.uid == FJ_NO_ID || wanted.perm.gid == FJ_NO_ID)
		return -EINVAL;
	perm = object.ds.perm;
	perm.uid = wanted.perm.uid;
	perm.gid = wanted.perm.gid;
	perm.mode = wanted.perm.mode & MODE_BITS;
	wanted.perm.uid = object.real_uid;
	wanted.perm.gid = object.real_gid;
	wanted.perm.mode |= owner_bits(k->type);
	if (object.is_ours)
		r = fj_ipc_record(&object, &perm, false);
	if (!r)
		r = fj_ipc_ctl(k->type, k->id, IPC_SET, &wanted);
	if (!object.is_ours)
		return r;
	if (r) /* restore what it was */
		fj_ipc_record(&object, &object.ds.perm, true);
	else if (!fj_ipc_look(k->type, k->id, &object))
		fj_ipc_record(&object, &perm, true);
	return r;
}

static long remove_object(const struct control *k)
{
	struct fj_ipc_object object;
	long r = fj_ipc_look(k->type, k->id, &object);

	if (!r)
		r = fj_ipc_may_change(&object.ds.perm, FJ_CAP_SYS_ADMIN);
	if (!r)
		r = fj_ipc_ctl(k->type, k->id, IPC_RMID, NULL);
	/* A segment stays while a process has it attached. */
	if (!r && object.is_ours && fj_ipc_ctl(k->type, k->id, IPC_STAT, &object.ds) < 0)
		fj_ipc_forget(k->type, k->id);
	return r;
}

/* May the caller do what `want` says? Returns 0 or the kernel's error. */
static long may_use(enum fj_ipc type, int id, uint32_t want, struct fj_ipc_object *object)
{
	const long r = fj_ipc_look(type, id, object);

	return r ? r : fj_ipc_may(&object->ds.perm, want);
}

static long lock_segment(const struct control *k)
{
	struct fj_ipc_object object;
	long r = fj_ipc_look(k->type, k->id, &object);

	if (!r)
		r = fj_ipc_may_change(&object.ds.perm, FJ_CAP_IPC_LOCK);
	return r ? r : fj_kernel(k->c);
}

/* Commands on the values of semaphores. */
static long use_semaphores(const struct control *k)
{
	const bool writes = k->cmd == SETVAL_ || k->cmd == SETALL_;
	struct fj_ipc_object object;
	long r;

	if (k->cmd < GETPID_ || k->cmd > SETALL_ || fj_ids_can(fj_ids(), FJ_CAP_IPC_OWNER) ||
		(k->cmd == SETVAL_ && (int32_t)k->arg < 0))
		return fj_kernel(k->c);
	r = may_use(k->type, k->id, writes ? S_IWUGO : S_IRUGO, &object);
	if (r && k->cmd == SETVAL_ && (uint32_t)k->c->arg[1] >= object.ds.sem.sem_nsems)
		return fj_kernel(k->c); /* semctl_setval() of ipc/sem.c checks that first */
	return r ? r : fj_kernel(k->c);
}

long fj_hook_ipcctl(struct fj_call *c)
{
	static const struct {
		int stat, stat_any; /* linux/msg.h, linux/sem.h, linux/shm.h */
	} by_index[] = {{11, 13}, {18, 20}, {13, 15}};
	const struct control k = {
		.c = c,
		.type = ipc_type_of(c->nr),
		.id = (int)c->arg[0],
		.cmd = (int)c->arg[c->nr == __NR_semctl ? 2 : 1],
		.arg = c->arg[c->nr == __NR_semctl ? 3 : 2],
	};

	if (k.id < 0 || k.cmd < 0)
		return fj_kernel(c);
	if (k.cmd == IPC_STAT || k.cmd == by_index[k.type].stat ||
		k.cmd == by_index[k.type].stat_any)
		return stat_object(&k, by_index[k.type].stat_any);
	if (k.cmd == IPC_SET)
		return set_object(&k);
	if (k.cmd == IPC_RMID)
		return remove_object(&k);
	if (k.type == FJ_IPC_SHM && (k.cmd == SHM_LOCK_ || k.cmd == SHM_UNLOCK_))
		return lock_segment(&k);
	return k.type == FJ_IPC_SEM ? use_semaphores(&k) : fj_kernel(c);
}

/* ---- use ---- */

/* What permission do these operations need? They become a copy: another thread may change the program's. Returns 0, or an
 * error that the kernel finds before it asks for permission. */
static long wanted_by_operations(
	struct fj_call *c, const struct fj_ipc_object *object, uint32_t *want)
{
	const uint32_t count = (uint32_t)c->arg[2];
	const size_t size = count * sizeof(struct sembuf_);
	struct sembuf_ *const op = (struct sembuf_ *)fj_scratch(c->thread, size);

	if (fj_guest_read(op, c->arg[1], size))
		return -EFAULT;
	c->arg[1] = (uint64_t)op;
	*want = S_IRUGO;
	for (uint32_t i = 0; i < count; i++) {
		if (op[i].num >= object->ds.sem.sem_nsems)
			return -EFBIG;
		if (op[i].op)
			*want = S_IWUGO;
	}
	return 0;
}

/* Returns 0 when the kernel may make the call, or -errno. */
static long judge_ipc(struct fj_call *c)
{
	const enum fj_ipc type = ipc_type_of(c->nr);
	struct fj_ipc_object object;
	uint32_t want = 0;
	int64_t mtype;
	long r;

	if ((int)c->arg[0] < 0 || fj_ipc_look(type, (int)c->arg[0], &object))
		return 0;
	switch (c->nr) {
	case __NR_msgsnd:
		want = S_IWUGO;
		break;
	case __NR_msgrcv:
		want = S_IRUGO;
		break;
	case __NR_shmat:
		want = (int)c->arg[2] & SHM_RDONLY_ ? S_IRUGO : S_IRUGO | S_IWUGO;
		if ((int)c->arg[2] & SHM_EXEC_)
			want |= 0111;
		break;
	default:
		if (!(uint32_t)c->arg[2] ||
			(uint32_t)c->arg[2] > SEMOPM_) /* the kernel takes an unsigned */
			return 0;
		r = wanted_by_operations(c, &object, &want);
		if (r)
			return r;
	}
	r = fj_ipc_may(&object.ds.perm, want);
	if (r && (c->nr == __NR_msgsnd || c->nr == __NR_msgrcv) && (int64_t)c->arg[2] < 0)
		return 0;
	if (r && c->nr == __NR_msgsnd) {
		if (fj_guest_read(&mtype, c->arg[1], sizeof(mtype)))
			return -EFAULT;
		if (mtype < 1)
			return -EINVAL;
	}
	return r;
}

long fj_hook_ipcuse(struct fj_call *c)
{
	const long r = fj_ids_can(fj_ids(), FJ_CAP_IPC_OWNER) ? 0 : judge_ipc(c);

	if (r)
		return r;
	return c->nr == __NR_shmat ? fj_kernel(c) : fj_kernel_waiting(c, c->nr, c->arg, -1);
}
