/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc.c - two processes that share POSIX memory and take turns with named semaphores, by way of
 * /dev/shm.
 *
 * For w02-proc-dev.sh, static and dynamic.  Usage: ipc NAME.  Prints the sum that both have made
 * and what is left in /dev/shm of their names; exit 1 with the call that failed. */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int is_right, const char *what)
{
	if (is_right)
		return;
	perror(what);
	exit(1);
}

/* Adds every second number to the shared sum, when it is its turn. */
static void take_turns(long *sum, sem_t *mine, sem_t *other, long first)
{
	for (long i = first; i <= 100; i += 2) {
		must(sem_wait(mine) == 0, "sem_wait");
		*sum += i;
		must(sem_post(other) == 0, "sem_post");
	}
}

int main(int argc, char **argv)
{
	char memory_name[64], odd_name[64], even_name[64];

	must(argc == 2, "usage: ipc NAME");
	snprintf(memory_name, sizeof(memory_name), "/%s.memory", argv[1]);
	snprintf(odd_name, sizeof(odd_name), "/%s.odd", argv[1]);
	snprintf(even_name, sizeof(even_name), "/%s.even", argv[1]);

	int fd = shm_open(memory_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	must(fd >= 0, "shm_open");
	must(ftruncate(fd, sizeof(long)) == 0, "ftruncate");
	long *sum = mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(sum != MAP_FAILED, "mmap");
	sem_t *odd = sem_open(odd_name, O_CREAT | O_EXCL, 0600, 1);
	sem_t *even = sem_open(even_name, O_CREAT | O_EXCL, 0600, 0);
	must(odd != SEM_FAILED && even != SEM_FAILED, "sem_open");

	pid_t child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		/* By its name, as a stranger would: not the mapping that fork has copied. */
		int again = shm_open(memory_name, O_RDWR, 0);
		must(again >= 0, "shm_open again");
		sum = mmap(NULL, sizeof(*sum), PROT_READ | PROT_WRITE, MAP_SHARED, again, 0);
		even = sem_open(even_name, 0);
		must(sum != MAP_FAILED && even != SEM_FAILED, "mmap and sem_open again");
		take_turns(sum, even, odd, 2);
		_exit(0);
	}
	take_turns(sum, odd, even, 1);
	int status;
	must(waitpid(child, &status, 0) == child && status == 0, "the other process");
	printf("sum: %ld\n", *sum);
	must(shm_unlink(memory_name) == 0, "shm_unlink");
	must(sem_unlink(odd_name) == 0 && sem_unlink(even_name) == 0, "sem_unlink");
	must(shm_open(memory_name, O_RDWR, 0) < 0, "it is still there");
	return 0;
}
