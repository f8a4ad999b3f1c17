/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc.h - queues, semaphores and segments of System V (sysvipc(7)) with what they show in the jail.
 *
 * They are the machine's, as in a chroot: every jail of the user sees those of every other. To the
 * kernel they belong to the user who runs the jail; who made them inside, and their mode, is a
 * record in one file of the user's that goes when the machine is started anew, as they do. */
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

/* What IPC_STAT fills. */
union fj_ipc_ds {
	struct ipc64_perm perm;
	struct msqid64_ds msg;
	struct semid64_ds sem;
	struct shmid64_ds shm;
};

struct fj_ipc_object {
	enum fj_ipc type;
	int32_t id;
	bool is_ours; /* the kernel knows the user as its maker */
	uint32_t real_uid, real_gid, real_mode;
	union fj_ipc_ds ds; /* with the ids and the mode that it shows */
};

/* The kernel's msgctl, semctl or shmctl. */
long fj_ipc_ctl(enum fj_ipc type, int id, int cmd, void *arg);
size_t fj_ipc_ds_size(enum fj_ipc type);
/* Look at `id`. Returns 0 or the kernel's errno. */
long fj_ipc_look(enum fj_ipc type, int id, struct fj_ipc_object *object);
/* Put what the object shows in the place of what `object->ds` has from the kernel; type and id are
 * set. */
void fj_ipc_show(struct fj_ipc_object *object);
/* The same of numbers alone: /proc/sysvipc. `perm->mode` may have the kernel's flags. */
void fj_ipc_show_perm(enum fj_ipc type, int32_t id, uint64_t ctime, struct ipc64_perm *perm);

/* The object shows `perm` from now on. `is_set`: this is known to be so since its ctime; else it is
 * about to be, and any later ctime is right. -ENOSPC: that cannot be kept. */
long fj_ipc_record(const struct fj_ipc_object *object, const struct ipc64_perm *perm, bool is_set);
/* It is gone, or shows what one without a record shows. */
void fj_ipc_forget(enum fj_ipc type, int32_t id);

/* May the caller do what `want` (S_IRUGO, S_IWUGO, or any of 0777) says? 0 or -EACCES: ipcperms()
 * of ipc/util.c. */
long fj_ipc_may(const struct ipc64_perm *shown, uint32_t want);
/* May he change it? 0 or -EPERM: ipcctl_obtain_check(). */
long fj_ipc_may_change(const struct ipc64_perm *shown, int cap);

#endif
