/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_store.c - the file of owner records by itself, hosted: writers killed at any instruction,
 * full disks, damaged files.
 *
 *   owner_store kill FILE KILLS	8 writers, of which one is killed KILLS times, and 2 readers
 *   owner_store claim FILE ROUNDS	killed while it makes new records and grows; another does it
 * again owner_store full FILE		the file may not grow owner_store damage FILE	cut off,
 * changed and foreign files owner_store cut FILE ROUNDS	cut off, overwritten and filled with
 * noise while it is in use owner_store size FILE N	N records, then figures Prints what it
 * found; exit 1 when anything is lost, torn, stuck or double. */
#define _GNU_SOURCE
#include "own/store.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int open(const char *path, int flags, ...); /* fcntl.h and linux/fcntl.h exclude each other */

#define KEYS 20000u
#define CLAIMS 6000u
#define WRITERS 8
#define READERS 2
#define SLOW_SECONDS 120

static struct shared {
	uint64_t reads, torn, writes, stops;
	unsigned char done[KEYS];
} * shared;

static struct fj_own_key key_of(uint32_t n)
{
	return (struct fj_own_key){.dev = 0x99, .ino = 1000 + n, .stamp = 77 + n};
}

/* The second id is computed from the first: a mixture of two records is seen. */
static uint32_t mate_of(uint32_t uid, uint32_t n)
{
	return (uid * 2654435761u) ^ (n * 40503u);
}

static int make(const char *path)
{
	int fd;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || fj_own_create(fd) < 0 || fj_own_start(fd, -1) < 0) {
		perror(path);
		exit(2);
	}
	return fd;
}

static long put(uint32_t n, uint32_t uid)
{
	const struct fj_own_key key = key_of(n);
	const struct fj_owner to = {.uid = uid, .gid = mate_of(uid, n)};
	const struct fj_owner shown = {.mode = 0100644};
	struct fj_owner is;
	const long r = fj_own_set(&key, FJ_OWN_UID | FJ_OWN_GID | FJ_OWN_CTIME, &to, &shown, 0644);

	return r == FJ_OWN_NO_CTIME && fj_own_find(&key, &is) && (is.flags & FJ_OWN_ATTRIBUTES) ?
		       0 :
		       r;
}

/* The time shares its place with that of attributes. */
static bool is_time(uint64_t ns)
{
	const uint64_t now = (uint64_t)time(NULL);

	return ns / 1000000000u + 2 * SLOW_SECONDS >= now && ns / 1000000000u <= now + 1;
}

static bool is_torn(uint32_t n, const struct fj_owner *owner)
{
	return owner->uid && (owner->gid != mate_of(owner->uid, n) ||
				     (owner->ctime && (!is_time(owner->ctime) ||
							      owner->flags & FJ_OWN_ATTRIBUTES)));
}

static void write_for_ever(unsigned seed)
{
	for (uint32_t uid = 1 + (seed & 0xffff);; uid++) {
		const uint32_t n = (uint32_t)rand_r(&seed) % KEYS;
		char value[40];
		const struct fj_own_key key = key_of(n);
		const struct fj_owner shown = {.mode = 0100644};

		if (put(n, uid))
			_exit(3);
		shared->done[n] = 1;
		__atomic_fetch_add(&shared->writes, 1, __ATOMIC_RELAXED);
		if (n % 16)
			continue;
		memset(value, 'a' + (int)(uid % 26), sizeof(value));
		if (fj_own_set_attribute(
			    &key, "trusted.t", value, 1 + uid % sizeof(value), 0, &shown))
			_exit(4);
	}
}

static void read_for_ever(unsigned seed)
{
	for (;;) {
		const uint32_t n = (uint32_t)rand_r(&seed) % KEYS;
		const struct fj_own_key key = key_of(n);
		struct fj_owner owner;
		char value[64];

		__atomic_fetch_add(&shared->reads, 1, __ATOMIC_RELAXED);
		if (fj_own_find(&key, &owner) && is_torn(n, &owner))
			__atomic_fetch_add(&shared->torn, 1, __ATOMIC_RELAXED);
		if (!(n % 16)) {
			const long len =
				fj_own_get_attribute(&key, "trusted.t", value, sizeof(value));

			for (long i = 1; i < len; i++)
				if (value[i] != value[0]) {
					__atomic_fetch_add(&shared->torn, 1, __ATOMIC_RELAXED);
					break;
				}
		}
	}
}

static pid_t start(void (*run)(unsigned), unsigned seed)
{
	const pid_t pid = fork();

	if (!pid) {
		alarm(SLOW_SECONDS); /* stuck */
		run(seed);
	}
	return pid;
}

static uint64_t count_doubles(uint64_t *live)
{
	uint32_t mask;
	struct fj_store_slot *slots =
		fj_store_slots(&fj_store[0], fj_store_head(&fj_store[0])->table, &mask);
	unsigned char *seen = calloc(KEYS, 1);
	uint64_t doubles = 0;

	*live = 0;
	for (uint32_t i = 0; i <= mask; i++) {
		if (!(slots[i].state & FJ_SLOT_LIVE))
			continue;
		++*live;
		doubles += seen[slots[i].ino - 1000]++ != 0;
	}
	free(seen);
	return doubles;
}

static int test_kill(const char *path, unsigned kills)
{
	pid_t writer[WRITERS], reader[READERS];
	unsigned missing = 0, seed = 1;
	uint64_t live, doubles, before;
	int status, bad = 0;

	make(path);
	for (unsigned i = 0; i < WRITERS; i++)
		writer[i] = start(write_for_ever, seed++ * 7919);
	for (unsigned i = 0; i < READERS; i++)
		reader[i] = start(read_for_ever, seed++);
	for (unsigned i = 0; i < kills; i++) {
		const unsigned who = (unsigned)rand() % WRITERS;

		usleep((unsigned)rand() % 6000);
		kill(writer[who], SIGKILL);
		waitpid(writer[who], &status, 0);
		bad += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
		writer[who] = start(write_for_ever, seed++ * 7919);
	}
	/* The living must still get on. */
	before = shared->writes;
	for (int i = 0; i < 1000 && shared->writes < before + 1000; i++)
		usleep(10000);
	bad += shared->writes < before + 1000;
	for (unsigned i = 0; i < READERS; i++)
		bad += kill(reader[i], SIGKILL) || waitpid(reader[i], &status, 0) < 0 ||
		       WTERMSIG(status) != SIGKILL;
	for (unsigned i = 0; i < WRITERS; i++)
		bad += kill(writer[i], SIGKILL) || waitpid(writer[i], &status, 0) < 0 ||
		       WTERMSIG(status) != SIGKILL;
	for (uint32_t n = 0; n < KEYS; n++) {
		const struct fj_own_key key = key_of(n);
		struct fj_owner owner;

		missing += shared->done[n] && !fj_own_find(&key, &owner);
	}
	doubles = count_doubles(&live);
	printf("kill: %u kills, %lu writes, %lu reads: torn %lu, missing %u, double %lu, stuck %d; "
	       "%lu live, head says %lu\n",
		kills, shared->writes, shared->reads, shared->torn, missing, doubles, bad, live,
		fj_store_head(&fj_store[0])->records);
	bad += fj_store_head(&fj_store[0])->records < live;
	return bad || shared->torn || missing || doubles;
}

/* From an empty file, so that most writes claim a slot, and growth is never far; half of them leave
 * blocks of attributes behind. */
static void claim_all(unsigned seed)
{
	for (uint32_t n = 0; n < CLAIMS; n++) {
		const struct fj_own_key key = key_of(n);
		const struct fj_owner shown = {.mode = 0100644};
		char value[200] = "x";

		if (put(n, n + 1))
			_exit(3);
		shared->done[n] = 1;
		if (n % 2 && fj_own_set_attribute(
				     &key, "trusted.t", value, 1 + (n ^ seed) % 200, 0, &shown))
			_exit(4);
	}
	_exit(0);
}

static int test_claim(const char *path, unsigned rounds)
{
	unsigned lost = 0, wrong = 0, cut_short = 0, bad = 0;
	uint64_t live, doubles = 0, most = 0;

	for (unsigned i = 0; i < rounds; i++) {
		const int fd = make(path);
		struct fj_owner owner;
		pid_t pid[2];
		int status;

		memset(shared->done, 0, sizeof(shared->done));
		for (unsigned k = 0; k < 2; k++)
			pid[k] = start(claim_all, i + k);
		usleep((unsigned)rand() % 4000);
		for (unsigned k = 0; k < 2; k++) {
			kill(pid[k], SIGKILL);
			waitpid(pid[k], &status, 0);
			cut_short += WIFSIGNALED(status);
		}
		for (uint32_t n = 0; n < CLAIMS; n++) {
			const struct fj_own_key key = key_of(n);

			lost += shared->done[n] && !fj_own_find(&key, &owner);
		}
		pid[0] = start(claim_all, i);
		waitpid(pid[0], &status, 0);
		bad += status != 0 || fj_own_check(fd);
		for (uint32_t n = 0; n < CLAIMS; n++) {
			const struct fj_own_key key = key_of(n);

			wrong += !fj_own_find(&key, &owner) || owner.uid != n + 1;
		}
		doubles += count_doubles(&live);
		wrong += live != CLAIMS || fj_store_head(&fj_store[0])->records < live;
		most = most < fj_store_head(&fj_store[0])->end ? fj_store_head(&fj_store[0])->end :
								 most;
		for (unsigned k = 0; k < FJ_STORE_WINDOWS; k++)
			if (fj_store[0].window[k])
				munmap(fj_store[0].window[k], fj_store[0].first_window << k);
		close(fd);
	}
	printf("claim: %u rounds, %u killed in the midst: lost %u, wrong %u, double %lu, not gone "
	       "on "
	       "%u; at most %lu kB\n",
		rounds, cut_short, lost, wrong, doubles, bad, most / 1024);
	return lost || wrong || doubles || bad || !cut_short;
}

static int test_full(const char *path)
{
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
	const int fd = make(path);
	unsigned n = 0, lost = 0;
	struct fj_owner owner;
	long r;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	while (!(r = put(n, n + 1)))
		n++;
	for (unsigned i = 0; i < n; i++) {
		const struct fj_own_key key = key_of(i);

		lost += !fj_own_find(&key, &owner) || owner.uid != i + 1;
	}
	r = put(3, 999) ? 1 : 0; /* what is there can still be changed */
	printf("full: stopped after %u records, lost %u, change refused %ld, file %s\n", n, lost, r,
		fj_own_check(fd) ? "damaged" : "sound");
	return lost || r || n < 500 || fj_own_check(fd);
}

static int test_damage(const char *path)
{
	const int fd = make(path);
	struct stat st;
	int bad = 0, refused = 0, crashed = 0;
	char *whole, text[] = "no such thing, but long enough to be looked at";

	for (unsigned n = 0; n < 3000; n++)
		put(n, n + 1);
	fstat(fd, &st);
	whole = malloc((size_t)st.st_size);
	pread(fd, whole, (size_t)st.st_size, 0);
	for (unsigned i = 0; i < 400; i++) {
		int other = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), status;
		pid_t pid;

		pwrite(other, whole, (size_t)st.st_size, 0);
		if (i < 100) {
			ftruncate(other, st.st_size * (int)i / 100);
		} else if (i == 100) {
			ftruncate(other, 0);
			pwrite(other, text, sizeof(text), 0);
		} else if (i == 101) {
			pwrite(other, "\377", 1, 8);
		} else {
			unsigned char byte = (unsigned char)rand();
			const off_t at = i < 250 ? rand() % 160 : rand() % st.st_size;

			pwrite(other, &byte, 1, at);
		}
		if (fj_own_check(other) < 0)
			refused++;
		else if (i <= 101)
			bad++;		    /* all of these are surely wrong */
		else if (!(pid = fork())) { /* what is accepted must not crash a reader or a writer
					     */
			struct fj_owner owner;

			alarm(20);
			fj_own_start(other, -1);
			for (unsigned n = 0; n < 3000; n++) {
				const struct fj_own_key key = key_of(n);

				fj_own_find(&key, &owner);
			}
			for (unsigned n = 0; n < 100; n++)
				put(100000 + n, n + 1);
			_exit(0);
		} else {
			waitpid(pid, &status, 0);
			crashed += status != 0;
		}
		close(other);
	}
	printf("damage: 400 files, %d refused, %d wrongly taken, %d crashed\n", refused, bad,
		crashed);
	return bad || crashed;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static volatile sig_atomic_t lost;

static void give_up(int number, siginfo_t *info, void *context)
{
	(void)context;
	lost++;
	if (!fj_own_lose((uintptr_t)info->si_addr))
		signal(number, SIG_DFL);
}

static void use_for_a_while(unsigned seed)
{
	const struct sigaction action = {.sa_sigaction = give_up, .sa_flags = SA_SIGINFO};
	const double end = now_ns() + 30e6;

	sigaction(SIGBUS, &action, NULL);
	alarm(SLOW_SECONDS);
	while (now_ns() < end)
		for (int i = 0; i < 100; i++) {
			const uint32_t n = (uint32_t)rand_r(&seed) % KEYS;
			const struct fj_own_key key = key_of(n);
			const struct fj_owner shown = {.mode = 0100644};
			char value[64];
			struct fj_owner owner;

			put(n, n + 1);
			fj_own_find(&key, &owner);
			fj_own_set_attribute(&key, "trusted.t", value, n % 60, 0, &shown);
			fj_own_get_attribute(&key, "trusted.t", value, sizeof(value));
		}
	_exit(lost > 0);
}

/* What each of four processes meets when somebody spoils the file under it: it may find nothing
 * more, and must go on. */
static int test_cut(const char *path, unsigned rounds)
{
	static char noise[200000];
	unsigned crashed = 0, lost_it = 0;

	for (unsigned i = 0; i < rounds; i++) {
		const int fd = make(path);
		pid_t pid[4];

		for (unsigned n = 0; n < 3000; n++)
			put(n, n + 1);
		for (unsigned k = 0; k < 4; k++) {
			pid[k] = fork();
			if (!pid[k])
				use_for_a_while(i * 4 + k);
		}
		usleep((unsigned)rand() % 20000);
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (char)(rand() >> 7);
		if (i % 4 < 3)
			ftruncate(fd, i % 4 == 0 ? 0 : rand() % 300000);
		if (i % 4 > 1)
			pwrite(fd, noise, sizeof(noise), i % 8 > 3 ? 0 : 4096);
		for (unsigned k = 0; k < 4; k++) {
			int status;

			waitpid(pid[k], &status, 0);
			crashed += !WIFEXITED(status) || WEXITSTATUS(status) > 1;
			lost_it += WIFEXITED(status) && WEXITSTATUS(status) == 1;
		}
		munmap(fj_store[0].window[0], fj_store[0].first_window);
		close(fd);
	}
	printf("cut: %u files spoilt in use, %u processes gave them up, %u crashed\n", rounds,
		lost_it, crashed);
	return crashed || !lost_it;
}

static int test_size(const char *path, unsigned count)
{
	const int fd = make(path);
	unsigned seed = 3, wrong = 0;
	struct fj_owner owner;
	struct stat st;
	double t0, t1, t2, t3, t4;

	t0 = now_ns();
	for (unsigned n = 0; n < count; n++)
		put(n, n + 1);
	t1 = now_ns();
	for (unsigned i = 0; i < 500000; i++) {
		const uint32_t n = (uint32_t)rand_r(&seed) % count;
		const struct fj_own_key key = key_of(n);

		wrong += !fj_own_find(&key, &owner) || owner.uid != n + 1;
	}
	t2 = now_ns();
	for (unsigned n = 0; n < count; n++) {
		const struct fj_own_key key = key_of(n);

		wrong += !fj_own_find(&key, &owner) || owner.gid != mate_of(n + 1, n);
	}
	t3 = now_ns();
	for (int i = 0; i < 100; i++) {
		fj_own_start(fd, -1);
		munmap(fj_store[0].window[0], fj_store[0].first_window);
	}
	t4 = now_ns();
	fstat(fd, &st);
	printf("size: %u records, wrong %u; change %.0f ns, lookup %.0f ns, start %.1f us, %.0f "
	       "bytes a record\n",
		count, wrong, (t1 - t0) / count, (t2 - t1) / 500000, (t4 - t3) / 1e5,
		(double)st.st_blocks * 512 / count);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(argv[1], "kill"))
		return test_kill(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 3000);
	if (!strcmp(argv[1], "claim"))
		return test_claim(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 200);
	if (!strcmp(argv[1], "full"))
		return test_full(argv[2]);
	if (!strcmp(argv[1], "damage"))
		return test_damage(argv[2]);
	if (!strcmp(argv[1], "cut"))
		return test_cut(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 40);
	if (!strcmp(argv[1], "size"))
		return test_size(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 100000);
	return 2;
}
