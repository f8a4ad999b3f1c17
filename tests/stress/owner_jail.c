/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_jail.c - changes owners in a jail. owners.sh runs it as root of a jail, in an empty
 * directory.
 *
 *	race WORKERS SECONDS	make, chown, look, remove: each file shows its owner
 *	burst FILES		chown many files; then another process looks at each
 *	threads THREADS		threads of one process, each with a file
 *	handler			a signal handler looks and changes, in the middle of changes
 *	rename			exchange, no-replace, hard links, files without a name
 *	storm PROCESSES		forks and vfork children that change owners, all at once
 *	makers PROCESSES ROUNDS	make the same files at once, as a user other than root
 *	use			changes and looks while the file in-use exists; ignores errors
 *	fill			chown new files until an error comes; prints the error
 *	outside NAME		NAME was replaced from outside of the jail: root owns it
 *
 * If something was wrong, prints it and exits with 1. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned long *wrong, *rounds;

static void expect(const char *name, uid_t uid, gid_t gid, const char *when)
{
	struct stat st;

	if (lstat(name, &st) || st.st_uid != uid || st.st_gid != gid) {
		if (__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED) < 10)
			printf("%s, %s: %u:%u, not %u:%u\n", name, when, st.st_uid, st.st_gid, uid,
				gid);
	}
	__atomic_fetch_add(rounds, 1, __ATOMIC_RELAXED);
}

static void race(unsigned me, int seconds)
{
	const time_t end = time(NULL) + seconds;
	char name[32], other[32];
	unsigned seed = me;

	while (time(NULL) < end) {
		const unsigned r = (unsigned)rand_r(&seed);
		const uid_t uid = 1 + r % 60000;
		int fd;

		snprintf(name, sizeof(name), "r%u-%u", me, r % 5);
		snprintf(other, sizeof(other), "r%u-%u", me, (r / 8) % 5);
		unlink(name);
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0644);
		if (fd < 0)
			continue;
		close(fd);
		expect(name, 0, 0, "new");
		if (chown(name, uid, uid + 1))
			++*wrong;
		expect(name, uid, uid + 1, "after chown");
		if (r & 0x10000 && strcmp(name, other)) {
			rename(name, other);
			expect(other, uid, uid + 1, "after rename");
		} else if (r & 0x20000) {
			unlink(name);
		}
	}
}

static void burst(unsigned count)
{
	char name[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		if (lchown(name, 10 + i, 20 + i))
			++*wrong;
	}
	if (fork()) {
		wait(NULL);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		expect(name, 10 + i, 20 + i, "after the burst");
		unlink(name);
	}
	exit(0);
}

static void *thread(void *arg)
{
	const unsigned me = (unsigned)(long)arg;
	char name[32];

	snprintf(name, sizeof(name), "t%u", me);
	close(open(name, O_CREAT | O_WRONLY, 0644));
	for (unsigned i = 1; i < 200; i++) {
		if (chown(name, me * 1000 + i, i))
			++*wrong;
		expect(name, me * 1000 + i, i, "in a thread");
	}
	unlink(name);
	return NULL;
}

static volatile sig_atomic_t handled;

static void handler(int number)
{
	struct stat st;

	(void)number;
	chown("h2", 5, 6);
	if (lstat("h2", &st) || st.st_uid != 5)
		++*wrong;
	handled++;
}

static void in_handler(void)
{
	const struct itimerval often = {.it_interval.tv_usec = 700, .it_value.tv_usec = 700},
			       never = {0};

	close(open("h1", O_CREAT | O_WRONLY, 0644));
	close(open("h2", O_CREAT | O_WRONLY, 0644));
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned i = 1; handled < 500 || i < 5000; i++) {
		chown("h1", i % 65000, 3);
		expect("h1", i % 65000, 3, "between signals");
	}
	setitimer(ITIMER_REAL, &never, NULL);
}

static void make(const char *name, uid_t uid)
{
	unlink(name);
	close(open(name, O_CREAT | O_WRONLY, 0644));
	if (chown(name, uid, uid))
		++*wrong;
}

static void renames(void)
{
	char link[64];
	struct stat st;
	int fd;

	make("a", 11);
	make("b", 22);
	if (renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE))
		++*wrong;
	expect("a", 22, 22, "exchanged");
	expect("b", 11, 11, "exchanged");
	if (!renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE) || errno != EEXIST)
		++*wrong;
	unlink("c");
	if (renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_WHITEOUT) == 0) {
		expect("c", 22, 22, "moved off a whiteout");
		if (lstat("a", &st) || !S_ISCHR(st.st_mode) || st.st_rdev)
			++*wrong;
		unlink("a");
	}
	unlink("l");
	if (linkat(AT_FDCWD, "b", AT_FDCWD, "l", 0))
		++*wrong;
	chown("l", 33, 33);
	expect("b", 33, 33, "hard link");
	unlink("b");
	expect("l", 33, 33, "one name less");
	fd = open("l", O_RDONLY);
	unlink("l");
	if (fstat(fd, &st) || st.st_uid != 33 || st.st_nlink)
		++*wrong;
	if (fchown(fd, 44, 44) || fstat(fd, &st) || st.st_uid != 44)
		++*wrong;
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR, 0640);
	if (fd >= 0) {
		fchown(fd, 55, 56);
		fchmod(fd, 04711);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		unlink("n");
		if (linkat(AT_FDCWD, link, AT_FDCWD, "n", AT_SYMLINK_FOLLOW) == 0) {
			expect("n", 55, 56, "was nameless");
			if (stat("n", &st) || (st.st_mode & 07777) != 04711)
				++*wrong;
			unlink("n");
		}
	}
	if (mkdir("closed", 0) || chmod("closed", 0) ||
		mknod("closed/null", S_IFCHR | 0666, 0x103) ||
		mknod("closed/null", S_IFCHR, 0) == 0)
		++*wrong;
	unlink("closed/null");
	rmdir("closed");
}

/* A child of vfork(2) shares the memory of its parent, and may only make system calls. */
static void vfork_child(const char *name, uid_t uid)
{
	const pid_t pid = vfork();

	if (!pid) {
		lchown(name, uid, uid);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	expect(name, uid, uid, "after a vfork child");
}

static void storm(unsigned processes)
{
	char name[32];

	for (unsigned i = 0; i < processes; i++)
		if (!fork()) {
			snprintf(name, sizeof(name), "s%u", i);
			make(name, 100 + i);
			expect(name, 100 + i, 100 + i, "in the storm");
			for (unsigned k = 0; k < 5; k++)
				vfork_child(name, 1000 + 10 * i + k);
			if (!fork()) {
				chown(name, 7, 8);
				_exit(0);
			}
			wait(NULL);
			expect(name, 7, 8, "after a forked child");
			unlink(name);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

/* All processes make the same file. One of them is the first. The others must see themselves as its
 * owner. */
static void make_together(unsigned long round)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "f%lu", round);
	fd = open(name, O_CREAT | O_RDWR, 0600);
	if (fd < 0 && __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED) < 10)
		printf("%s: %s\n", name, strerror(errno));
	close(fd);
	snprintf(name, sizeof(name), "d%lu", round);
	if (mkdir(name, 0700) && errno != EEXIST) {
		__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
		printf("%s: %s\n", name, strerror(errno));
	}
	snprintf(name, sizeof(name), "d%lu/x", round);
	fd = open(name, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 && __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED) < 10)
		printf("%s: %s\n", name, strerror(errno));
	close(fd);
}

static void makers(unsigned processes, unsigned long count)
{
	if (mkdir("made", 0755) || chown("made", 7, 7) || chdir("made"))
		*wrong = 1;
	for (unsigned i = 0; i < processes; i++)
		if (!fork()) {
			if (setgid(7) || setuid(7))
				_exit(1);
			for (unsigned long round = 0; round < count; round++) {
				make_together(round);
				__atomic_fetch_add(rounds, 1, __ATOMIC_RELEASE);
				while (__atomic_load_n(rounds, __ATOMIC_ACQUIRE) <
					(round + 1) * processes)
					sched_yield();
			}
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}

static void use(void)
{
	char name[32];
	struct stat st;

	close(open("in-use", O_CREAT | O_WRONLY, 0644));
	for (unsigned i = 0; access("in-use", F_OK) == 0; i++) {
		snprintf(name, sizeof(name), "u%u", i % 300);
		close(open(name, O_CREAT | O_WRONLY, 0644));
		lchown(name, 5 + i, 6);
		*wrong += lstat(name, &st) != 0;
		++*rounds;
		if (i % 100 == 0 && !fork())
			_exit(lchown(name, 9, 9) && errno != EIO);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void fill(void)
{
	char name[32];
	struct stat st;
	int error = 0;
	unsigned i;

	for (i = 0; !error && i < 20000; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
		if (lchown(name, 5 + i, 6))
			error = errno;
	}
	*wrong += error != ENOSPC && error != EDQUOT;
	for (unsigned k = 0; k + 1 < i; k++) {
		snprintf(name, sizeof(name), "f%u", k);
		expect(name, 5 + k, 6, "before the disk was full");
	}
	snprintf(name, sizeof(name), "f%u", i - 1);
	*wrong += lstat(name, &st) || st.st_uid != 0;
	printf("%s after %u files\n", strerror(error), i);
}

int main(int argc, char **argv)
{
	const int n = argc > 2 ? atoi(argv[2]) : 4, seconds = argc > 3 ? atoi(argv[3]) : 5;

	wrong = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rounds = wrong + 1;
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "race")) {
		for (int i = 0; i < n; i++)
			if (!fork()) {
				race((unsigned)(getpid() % 100000), seconds);
				_exit(0);
			}
		while (wait(NULL) > 0)
			;
	} else if (!strcmp(argv[1], "burst")) {
		burst((unsigned)n);
	} else if (!strcmp(argv[1], "threads")) {
		pthread_t *t = calloc((size_t)n, sizeof(*t));

		for (int i = 0; i < n; i++)
			pthread_create(&t[i], NULL, thread, (void *)(long)(i + 1));
		for (int i = 0; i < n; i++)
			pthread_join(t[i], NULL);
	} else if (!strcmp(argv[1], "handler")) {
		in_handler();
	} else if (!strcmp(argv[1], "rename")) {
		renames();
	} else if (!strcmp(argv[1], "storm")) {
		storm((unsigned)n);
	} else if (!strcmp(argv[1], "makers")) {
		makers((unsigned)n, (unsigned long)seconds);
	} else if (!strcmp(argv[1], "use")) {
		use();
	} else if (!strcmp(argv[1], "fill")) {
		fill();
	} else if (!strcmp(argv[1], "outside")) {
		expect(argv[2], 0, 0, "made from outside");
	} else {
		return 2;
	}
	printf("%s: %lu looked at, %lu wrong\n", argv[1], *rounds, *wrong);
	return *wrong != 0;
}
