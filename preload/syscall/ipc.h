/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc.h - the calls of <sys/msg.h>, <sys/sem.h> and <sys/shm.h>.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_IPC_H
#define FJ_SYSCALL_IPC_H

long fj_sys_msgctl(int id, int command, void *arg);
long fj_sys_semctl(int id, int number, int command, void *arg);
long fj_sys_shmctl(int id, int command, void *arg);

#endif
