/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_race.c - in a jail, some processes mount and unmount while others walk, list, and are
 * killed. Processes that are stopped in the middle of a change (SIGSTOP) must not stop others. For
 * mounts.sh.
 *
 * Usage: mount_race PROCESSES ROUNDS      in a directory of its own; prints `ok`, or prints what
 * was wrong and exits with 1.
 *
 * Each process that mounts has a mount point of its own, on which no other process mounts: it must
 * see its own mount there. All share one other mount point. There a process may see any of the
 * mounts that were made on it, and nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* Returns the first bytes of a file, or "(errno)". */
static const char *get(const char *path)
{
	static char text[64];
	const int fd = open(path, O_RDONLY);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		snprintf(text, sizeof(text), "(%s)", strerror(errno));
	else
		text[n] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

static void expect(const char *path, const char *want, int round)
{
	const char *is = get(path);

	if (strcmp(is, want)) {
		printf("round %d: %s reads %s, not %s\n", round, path, is, want);
		exit(1);
	}
}

static void mounter(int me, int rounds)
{
	char point[32], file[48], source[32], text[16];

	snprintf(point, sizeof(point), "own%d", me);
	snprintf(file, sizeof(file), "own%d/file", me);
	snprintf(source, sizeof(source), "source%d", me);
	snprintf(text, sizeof(text), "source%d", me);
	for (int i = 0; i < rounds; i++) {
		if (mount(source, point, NULL, MS_BIND, NULL)) {
			printf("mount %s: %s\n", point, strerror(errno));
			exit(1);
		}
		expect(file, text, i);
		if (rmdir(point) != -1 || errno != EBUSY) {
			printf("rmdir of a mount point: %s\n", strerror(errno));
			exit(1);
		}
		if (umount(point)) {
			printf("umount %s: %s\n", point, strerror(errno));
			exit(1);
		}
		expect(file, point, i);
		/* On the shared mount point: another process may be faster, or use it. */
		if (!mount(source, "shared", NULL, MS_BIND, NULL))
			umount2("shared", MNT_DETACH);
	}
	exit(0);
}

static void walker(void)
{
	char dir[4096];

	for (int i = 0;; i++) {
		const char *is = get("shared/file");
		const char *list;

		if (strncmp(is, "source", 6) && strcmp(is, "shared")) {
			printf("shared/file reads %s\n", is);
			exit(1);
		}
		if (chdir("shared/../below/./deep") || !getcwd(dir, sizeof(dir)) ||
			strcmp(strrchr(dir, '/'), "/deep") || chdir("../..")) {
			printf("walk: %s in %s\n", strerror(errno), dir);
			exit(1);
		}
		list = get("/proc/self/mounts");
		if (*list == '(') {
			printf("/proc/self/mounts: %s\n", list);
			exit(1);
		}
	}
}

static void victim(int me)
{
	char point[32];

	snprintf(point, sizeof(point), "victim%d", me);
	for (;;)
		if (!mount("below", point, NULL, MS_BIND, NULL))
			umount(point);
}

static pid_t start(void (*run)(int), int me)
{
	const pid_t pid = fork();

	if (!pid) {
		run(me);
		_exit(0);
	}
	return pid;
}

static int rounds_of_each;
static void run_mounter(int me)
{
	mounter(me, rounds_of_each);
}
static void run_walker(int me)
{
	(void)me;
	walker();
}

/* Stops a process at a random place, and then changes mounts. This is repeated, so that the process
 * is sometimes inside a change. A process that waited for it would wait for ever. */
static void beside_the_stopped(void)
{
	enum { STOPPED = 4, STOPS = 400 };
	pid_t pids[STOPPED];
	int status;

	for (int i = 0; i < STOPPED; i++)
		pids[i] = start(victim, i);
	for (int n = 0; n < STOPS; n++) {
		usleep(100 + 13 * (unsigned)(n % 50));
		for (int i = 0; i < STOPPED; i++) {
			kill(pids[i], SIGSTOP);
			waitpid(pids[i], &status, WUNTRACED);
		}
		if (mount("source0", "own0", NULL, MS_BIND, NULL)) {
			printf("stop %d: mount: %s\n", n, strerror(errno));
			exit(1);
		}
		expect("own0/file", "source0", n);
		if (umount("own0")) {
			printf("stop %d: umount: %s\n", n, strerror(errno));
			exit(1);
		}
		expect("own0/file", "own0", n);
		for (int i = 0; i < STOPPED; i++)
			kill(pids[i], n % 20 == i ? SIGKILL : SIGCONT);
		if (n % 20 < STOPPED) {
			waitpid(pids[n % 20], &status, 0);
			pids[n % 20] = start(victim, n % 20);
		}
	}
	for (int i = 0; i < STOPPED; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
	}
}

int main(int argc, char **argv)
{
	const int count = argc > 1 ? atoi(argv[1]) : 16;
	pid_t mounters[64], walkers[4], victims[4];
	int bad = 0, status;

	rounds_of_each = argc > 2 ? atoi(argv[2]) : 200;
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("shared", 0755);
	put("shared/file", "shared");
	mkdir("below", 0755);
	mkdir("below/deep", 0755);
	for (int i = 0; i < count && i < 64; i++) {
		char name[48], file[64];

		snprintf(name, sizeof(name), "own%d", i);
		mkdir(name, 0755);
		snprintf(file, sizeof(file), "own%d/file", i);
		put(file, name);
		snprintf(name, sizeof(name), "source%d", i);
		mkdir(name, 0755);
		snprintf(file, sizeof(file), "source%d/file", i);
		put(file, name);
		snprintf(name, sizeof(name), "victim%d", i);
		mkdir(name, 0755);
	}
	for (int i = 0; i < 4; i++) {
		walkers[i] = start(run_walker, i);
		victims[i] = start(victim, i);
	}
	for (int i = 0; i < count && i < 64; i++)
		mounters[i] = start(run_mounter, i);
	/* Some processes are killed inside a change: the table must stay whole, and the lock must
	 * be taken over. */
	for (int kills = 0; kills < 100; kills++) {
		const int i = kills % 4;

		usleep(2000 + 37 * (unsigned)kills);
		kill(victims[i], SIGKILL);
		waitpid(victims[i], &status, 0);
		victims[i] = start(victim, i);
	}
	for (int i = 0; i < count && i < 64; i++) {
		waitpid(mounters[i], &status, 0);
		bad |= status;
	}
	for (int i = 0; i < 4; i++) {
		kill(victims[i], SIGKILL);
		waitpid(victims[i], &status, 0);
		if (waitpid(walkers[i], &status, WNOHANG) == walkers[i])
			bad |= status;
		else
			kill(walkers[i], SIGKILL), waitpid(walkers[i], &status, 0);
	}
	if (bad)
		return 1;
	beside_the_stopped();
	puts("ok");
	return 0;
}
