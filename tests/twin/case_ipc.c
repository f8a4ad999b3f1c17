/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_ipc.c - tests the owners of System V queues, semaphores and segments, and who may use
 * them.
 */
#include "case_ipc.h"

/* All that can be done with it, as `uid`. */
static void use(const char *who, unsigned uid, unsigned gid, enum type type, long id)
{
	struct {
		long type;
		char text[8];
	} m = {1, "hello"};
	struct sembuf wait = {0, 0, IPC_NOWAIT}, add = {1, 1, IPC_NOWAIT};
	struct sembuf far = {7, 1, IPC_NOWAIT};
	unsigned short all[2] = {0, 0};

	CHILD(who) {
		become(uid, gid);
		show_object(who, type, id);
		if (type == MSG) {
			say_result("msgsnd", SYSCALL(SYS_msgsnd, id, &m, 5, IPC_NOWAIT));
			say_result("msgrcv", SYSCALL(SYS_msgrcv, id, &m, 8, 0, IPC_NOWAIT));
			m.type = 0;
			say_result("msgsnd of type 0", SYSCALL(SYS_msgsnd, id, &m, 5, IPC_NOWAIT));
			say_result(
				"msgsnd of nothing", SYSCALL(SYS_msgsnd, id, NULL, 5, IPC_NOWAIT));
		} else if (type == SEM) {
			say_result("semop 0", SYSCALL(SYS_semop, id, &wait, 1));
			say_result("semop +1", SYSCALL(SYS_semtimedop, id, &add, 1, NULL));
			say_result("semop +1, long", SYSCALL(SYS_semop, id, &add, 1UL << 32 | 1));
			say_result("semop too far", SYSCALL(SYS_semop, id, &far, 1));
			say_result("semop none", SYSCALL(SYS_semop, id, &wait, 0));
			say_result("semop bad", SYSCALL(SYS_semop, id, (void *)8, 1));
			say_result("GETVAL", SYSCALL(SYS_semctl, id, 1, GETVAL, 0));
			say_result("GETPID", SYSCALL(SYS_semctl, id, 1, GETPID, 0));
			say_result("GETALL", SYSCALL(SYS_semctl, id, 0, GETALL, all));
			say_result("GETVAL of 7", SYSCALL(SYS_semctl, id, 7, GETVAL, 0));
			say_result("SETVAL", SYSCALL(SYS_semctl, id, 0, SETVAL, 0));
			say_result("SETVAL -1", SYSCALL(SYS_semctl, id, 0, SETVAL, -1));
			say_result("SETVAL of 7", SYSCALL(SYS_semctl, id, 7, SETVAL, 0));
			say_result("SETALL", SYSCALL(SYS_semctl, id, 0, SETALL, all));
		} else {
			say_result("shmat", SYSCALL(SYS_shmat, id, NULL, 0));
			say_result("shmat to read", SYSCALL(SYS_shmat, id, NULL, SHM_RDONLY));
			say_result("shmat to execute", SYSCALL(SYS_shmat, id, NULL, SHM_EXEC));
			say_result("shmat to read and execute",
				SYSCALL(SYS_shmat, id, NULL, SHM_RDONLY | SHM_EXEC));
		}
		say_result("IPC_SET of nothing", ctl(type, id, IPC_SET, NULL));
	}
}

static const struct {
	const char *name;
	unsigned uid, gid;
} people[] = {{"root", 0, 0}, {"owner", 1001, 2001}, {"group", 1002, 2001}, {"other", 1003, 2003},
	{"creator", 1004, 2004}, {"of its group", 1005, 2004}};

static void all_use(enum type type, long id)
{
	for (size_t i = 0; i < COUNT(people); i++)
		use(people[i].name, people[i].uid, people[i].gid, type, id);
}

/* Made by root, given away, each mode. */
static void modes(enum type type)
{
	static const unsigned mode[] = {0600, 0640, 0664, 0222, 0444, 0, 0060, 0606, 0777};

	for (size_t i = 0; i < COUNT(mode); i++) {
		const long id = get(type, IPC_PRIVATE, IPC_CREAT | (int)mode[i]);

		say("%s %o\n", type_name[type], mode[i]);
		show_object("made", type, id);
		set(type, id, 1001, 2001, mode[i]);
		all_use(type, id);
		say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
		show_object("removed", type, id);
	}
}

CASE(ipc_root_msg)
{
	modes(MSG);
}
CASE(ipc_root_sem)
{
	modes(SEM);
}
CASE(ipc_root_shm)
{
	modes(SHM);
}

/* Made by somebody, who may change and remove it, and his heir too. */
CASE(ipc_root_made_by_others)
{
	for (enum type type = MSG; type <= SHM; type++) {
		long id;
		int ends[2];

		pipe(ends);
		CHILD("creator") {
			become(1004, 2004);
			id = get(type, IPC_PRIVATE, 0640);
			write(ends[1], &id, sizeof(id));
			show_object("made", type, id);
			set(type, id, 1001, 2001, 0600);
			show_object("given away", type, id);
			set(type, id, 1001, 2001, 0640);
			set(type, id, (unsigned)-1, 2001, 0640);
			set(type, id, 1001, (unsigned)-1, 0640);
		}
		read(ends[0], &id, sizeof(id));
		all_use(type, id);
		for (size_t i = 2; i < 4; i++)
			CHILD(people[i].name) {
				become(people[i].uid, people[i].gid);
				set(type, id, 1, 1, 0666);
				say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
			}
		CHILD("owner") {
			become(1001, 2001);
			set(type, id, 5, 6, 0606);
			show_object("by its owner", type, id);
			set(type, id, 1001, 2001, 0606);
		}
		CHILD("creator") {
			become(1004, 2004);
			say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
		}
		show_object("removed", type, id);
		close(ends[0]);
		close(ends[1]);
	}
}

/* By a key: found or made, and judged by what is asked for. */
CASE(ipc_root_keys)
{
	static const int flags[] = {0, 0400, 0600, 0200, 0040, IPC_CREAT, IPC_CREAT | 0600,
		IPC_CREAT | 0060, IPC_CREAT | IPC_EXCL | 0600, IPC_EXCL | 0400};
	const key_t key = (key_t)(0x46000000 | (getpid() & 0xffffff));

	for (enum type type = MSG; type <= SHM; type++) {
		long id;

		CHILD("creator") {
			become(1004, 2004);
			say_result("not there", get(type, key, 0600));
			say_result("made", get(type, key, IPC_CREAT | 0640));
		}
		id = get(type, key, 0);
		show_object("found", type, id);
		for (size_t i = 0; i < COUNT(people); i++)
			for (size_t k = 0; k < COUNT(flags); k++)
				CHILD(people[i].name) {
					become(people[i].uid, people[i].gid);
					say("%o ", flags[k]);
					say_result("get", get(type, key, flags[k]));
				}
		CHILD("larger") {
			become(1003, 2003);
			say_result("more semaphores", SYSCALL(SYS_semget, key, 9, 0600));
			say_result("a larger segment", SYSCALL(SYS_shmget, key, 9999, 0600));
		}
		say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
		say_result("gone", get(type, key, 0600));
	}
}

/* What is shown by the index, to those who may not read it, and to others. */
static void by_index(enum type type, long id)
{
	static const int stat[] = {MSG_STAT, SEM_STAT, SHM_STAT};
	static const int any[] = {MSG_STAT_ANY_, SEM_STAT_ANY_, SHM_STAT_ANY_};
	union ds ds = {0};

	for (size_t i = 0; i < COUNT(people); i++)
		CHILD(people[i].name) {
			become(people[i].uid, people[i].gid);
			for (int k = 0; k < 2; k++) {
				const long r =
					ctl(type, id & 32767, k ? any[type] : stat[type], &ds);

				say("%s: %s ", k ? "any" : "stat", r == id ? "it" : "not");
				if (r == id)
					say_perm("is", &ds.perm);
				else
					say("%e\n", errno);
			}
		}
}

/* Its line in /proc/sysvipc, but for the times and what this process is. */
static void show_line(enum type type, long id)
{
	char path[64], line[400];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", type_name[type]);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		long key, its;
		int at = 0;

		if (line[7] == 'k') {
			say("%q\n", line);
		} else if (sscanf(line, "%ld %ld%n", &key, &its, &at) == 2 && its == id) {
			char *end = type == SHM ? line + at + 5 : line + at + 40;
			size_t len = strlen(line);

			say("%ld bytes: %q\n", (long)len, (end[0] = 0, line + at));
			if (type == SHM)
				say("%q\n", (line[at + 69] = 0, line + at + 45));
		}
	}
	if (f)
		fclose(f);
}

CASE(ipc_root_listed)
{
	for (enum type type = MSG; type <= SHM; type++) {
		const long id = get(type, IPC_PRIVATE, 0604);

		show_line(type, id);
		set(type, id, 1001, 123456, 0604);
		show_line(type, id);
		by_index(type, id);
		set(type, id, 1001, 2001, 0);
		by_index(type, id);
		say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
		by_index(type, id);
	}
	/* Something else of the same name. */
	const int fd = open("/proc/sys/kernel/sem", O_RDONLY);
	char c = 0;

	R(read(fd, &c, 1));
	say("%d\n", c >= '0' && c <= '9');
}

/* A segment that is removed while it is attached keeps its owner until it is gone. */
CASE(ipc_root_removed_in_use)
{
	const long id = get(SHM, IPC_PRIVATE, 0600);
	void *at;

	set(SHM, id, 1001, 2001, 0640);
	at = (void *)SYSCALL(SYS_shmat, id, NULL, 0);
	say_result("IPC_RMID", ctl(SHM, id, IPC_RMID, NULL));
	show_object("removed", SHM, id);
	use("owner", 1001, 2001, SHM, id);
	use("group", 1002, 2001, SHM, id);
	use("other", 1003, 2003, SHM, id);
	CHILD("locks") {
		become(1003, 2003);
		say_result("SHM_LOCK", ctl(SHM, id, SHM_LOCK, NULL));
		say_result("SHM_UNLOCK", ctl(SHM, id, SHM_UNLOCK, NULL));
	}
	CHILD("locks") {
		become(1001, 2001);
		say_result("SHM_LOCK", ctl(SHM, id, SHM_LOCK, NULL));
		show_object("locked", SHM, id);
		say_result("SHM_UNLOCK", ctl(SHM, id, SHM_UNLOCK, NULL));
	}
	SYSCALL(SYS_shmdt, at);
	show_object("gone", SHM, id);
}

/* Each index is used again many times: nobody inherits. */
CASE(ipc_root_ids_used_again)
{
	for (enum type type = MSG; type <= SHM; type++)
		for (unsigned i = 0; i < 50; i++) {
			const long id = get(type, IPC_PRIVATE, 0600);
			union ds ds;

			ctl(type, id, IPC_STAT, &ds);
			if (ds.perm.uid || ds.perm.gid || ds.perm.cuid || ds.perm.mode != 0600)
				say_perm("inherited", &ds.perm);
			ds.perm.uid = 1000 + i;
			ds.perm.mode = 0400;
			ctl(type, id, IPC_SET, &ds);
			ctl(type, id, IPC_STAT, &ds);
			if (ds.perm.uid != 1000 + i || ds.perm.cuid || ds.perm.mode != 0400)
				say_perm("not set", &ds.perm);
			ctl(type, id, IPC_RMID, NULL);
		}
	say("done\n");
}

/* Bad arguments. */
CASE(ipc_root_errors)
{
	union ds ds;

	memset(&ds, 0, sizeof(ds));
	for (enum type type = MSG; type <= SHM; type++) {
		const long id = get(type, IPC_PRIVATE, 0600);

		say("%s\n", type_name[type]);
		say_result("IPC_STAT of -1", ctl(type, -1, IPC_STAT, &ds));
		say_result("IPC_SET of -1", ctl(type, -1, IPC_SET, NULL));
		say_result("IPC_RMID of -1", ctl(type, -1, IPC_RMID, NULL));
		say_result("IPC_STAT of none", ctl(type, 0x7fff7ffe, IPC_STAT, &ds));
		say_result("IPC_SET of none", ctl(type, 0x7fff7ffe, IPC_SET, &ds));
		say_result("IPC_RMID of none", ctl(type, 0x7fff7ffe, IPC_RMID, NULL));
		say_result("IPC_STAT to nowhere", ctl(type, id, IPC_STAT, (void *)8));
		say_result("IPC_SET from nowhere", ctl(type, id, IPC_SET, (void *)8));
		say_result("no command", ctl(type, id, 99, &ds));
		say_result("command -1", ctl(type, id, -1, &ds));
		say_result("IPC_RMID", ctl(type, id, IPC_RMID, NULL));
		say_result("IPC_RMID again", ctl(type, id, IPC_RMID, NULL));
	}
	say_result("no semaphores", SYSCALL(SYS_semget, IPC_PRIVATE, 0, 0600));
	say_result("-1 semaphores", SYSCALL(SYS_semget, IPC_PRIVATE, -1, 0600));
	say_result("no bytes", SYSCALL(SYS_shmget, IPC_PRIVATE, 0, 0600));
	say_result("shmat of none", SYSCALL(SYS_shmat, 0x7fff7ffe, NULL, 0));
}

static void on_signal(int sig)
{
	say("%g\n", sig);
}

/* A handler runs while somebody who is not root waits. */
CASE(ipc_root_interrupted)
{
	struct sembuf take = {0, -1, 0};
	const long id = get(SEM, IPC_PRIVATE, 0600);

	set_handler(SIGUSR1, on_signal, SA_RESTART);
	set(SEM, id, 1001, 2001, 0600);
	CHILD("owner") {
		pid_t sender;

		become(1001, 2001);
		sender = send_soon(SIGUSR1);
		say_result("semop", SYSCALL(SYS_semop, id, &take, 1));
		waitpid(sender, NULL, 0);
	}
	ctl(SEM, id, IPC_RMID, NULL);
}
