/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc.h - queues, semaphores and segments of System V (sysvipc(7)), and what they show in the jail.
 * For hook_ipc.c and procfs/.
 *
 * These objects belong to the machine, as in a chroot: every jail of the user sees those of every
 * other. For the kernel their owner is the user who runs the jail. The owner inside the jail and
 * the mode are in a record in one file of the user's, which disappears when the machine is
 * restarted, as the objects do. */
#ifndef FJ_IPC_H
#define FJ_IPC_H

#include <asm/ipcbuf.h>
#include <asm/msgbuf.h>
#include <asm/sembuf.h>
#include <asm/shmbuf.h>
#include <linux/ipc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fj_ipc { FJ_IPC_MSG, FJ_IPC_SEM, FJ_IPC_SHM };

/* The structure that IPC_STAT fills. */
union fj_ipc_ds {
	struct ipc64_perm perm;
	struct msqid64_ds msg;
	struct semid64_ds sem;
	struct shmid64_ds shm;
};

struct fj_ipc_object {
	enum fj_ipc type;
	int32_t id;
	bool is_ours; /* the kernel has the user as its creator */
	uint32_t real_uid, real_gid, real_mode;
	union fj_ipc_ds ds; /* with the ids and the mode that the object shows */
};

/* The kernel's msgctl, semctl or shmctl; returns its result. */
long fj_ipc_ctl(enum fj_ipc type, int id, int cmd, void *arg);
/* The size in bytes of the structure that IPC_STAT fills. */
size_t fj_ipc_ds_size(enum fj_ipc type);
/* Fills `object` with what the object `id` shows. Returns 0 or the kernel's error. */
long fj_ipc_look(enum fj_ipc type, int id, struct fj_ipc_object *object);
/* Replaces the ids and mode that `object->ds` has from the kernel by those that the object shows;
 * type and id must be set. */
void fj_ipc_show(struct fj_ipc_object *object);
/* Replaces the ids and the mode in `perm`, for an object of which /proc/sysvipc tells only numbers:
 * `ctime` is in seconds. `perm->mode` may have the kernel's flags. */
void fj_ipc_show_perm(enum fj_ipc type, int32_t id, uint64_t ctime, struct ipc64_perm *perm);

/* From now on the object shows `perm`. `is_set`: it is so since the object's ctime; else it is
 * about to be so, and any later ctime is right. Returns 0, or -ENOSPC when it cannot be kept. */
long fj_ipc_record(const struct fj_ipc_object *object, const struct ipc64_perm *perm, bool is_set);
/* Call when the object is gone. */
void fj_ipc_forget(enum fj_ipc type, int32_t id);

/* May the caller do what `want` (S_IRUGO, S_IWUGO, or any of 0777) says? Returns 0 or -EACCES:
 * ipcperms() of ipc/util.c. */
long fj_ipc_may(const struct ipc64_perm *shown, uint32_t want);
/* May the caller change the object, as its owner, its creator or by capability `cap` (enum fj_cap)?
 * Returns 0 or -EPERM: ipcctl_obtain_check() of ipc/util.c. */
long fj_ipc_may_change(const struct ipc64_perm *shown, int cap);

#endif
