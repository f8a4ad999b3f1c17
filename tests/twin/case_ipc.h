/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_ipc.h - queues, semaphores and segments of System V by one set of names, for case_ipc.c. */
#ifndef CASE_IPC_H
#define CASE_IPC_H

#include "twin.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define MSG_STAT_ANY_ 13 /* include/uapi/linux/msg.h and its kin */
#define SEM_STAT_ANY_ 20
#define SHM_STAT_ANY_ 15

enum type { MSG, SEM, SHM };
static const char *const type_name[] = {"msg", "sem", "shm"};

union ds {
	struct ipc_perm perm;
	struct msqid_ds msg;
	struct semid_ds sem;
	struct shmid_ds shm;
};

static inline long get(enum type type, key_t key, int flags)
{
	const long r = type == MSG ? SYSCALL(SYS_msgget, key, flags) :
		       type == SEM ? SYSCALL(SYS_semget, key, 2, flags) :
				     SYSCALL(SYS_shmget, key, 4096, flags);

	return r;
}

static inline long ctl(enum type type, long id, int cmd, void *arg)
{
	return type == MSG ? SYSCALL(SYS_msgctl, id, cmd, arg) :
	       type == SEM ? SYSCALL(SYS_semctl, id, 0, cmd, arg) :
			     SYSCALL(SYS_shmctl, id, cmd, arg);
}

static inline void say_result(const char *what, long r)
{
	say(r < 0 ? "%s: %e\n" : "%s: ok\n", what, errno);
}

static inline void say_perm(const char *what, const struct ipc_perm *p)
{
	say("%s: uid %d gid %d cuid %d cgid %d mode %o\n", what, p->uid, p->gid, p->cuid, p->cgid,
		p->mode);
}

static inline void show_object(const char *what, enum type type, long id)
{
	union ds ds;

	memset(&ds, 0, sizeof(ds));
	if (ctl(type, id, IPC_STAT, &ds) < 0)
		say("%s %s: IPC_STAT %e\n", type_name[type], what, errno);
	else {
		say("%s ", type_name[type]);
		say_perm(what, &ds.perm);
	}
}

static inline void set(enum type type, long id, unsigned uid, unsigned gid, unsigned mode)
{
	union ds ds;

	if (ctl(type, id, IPC_STAT, &ds) < 0)
		memset(&ds, 0, sizeof(ds));
	ds.perm.uid = uid;
	ds.perm.gid = gid;
	ds.perm.mode = mode;
	say_result("IPC_SET", ctl(type, id, IPC_SET, &ds));
}

static inline void become(unsigned uid, unsigned gid)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, gid, gid, gid);
	SYSCALL(SYS_setresuid, uid, uid, uid);
}

#endif
