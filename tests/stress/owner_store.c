/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_store.c - tests the file of owner records without a jail: writers are killed at random
 * instructions. For owners.sh.
 *
 *	kill FILE KILLS		8 writers, of which one is killed KILLS times, and 2 readers
 *	claim FILE ROUNDS	a writer is killed while it adds records and grows the table; then
 *				another one does the same
 *	size FILE N		makes N records, and prints figures
 *
 * Prints the results. Exits with 1 if a record is lost, torn or there twice, or if a process
 * hangs. */
#include "owner_store.h"
#include "records/start.h"

#define CLAIMS 6000u
#define WRITERS 8
#define READERS 2

static struct shared {
	uint64_t reads, torn, writes, stops;
	unsigned char done[KEYS];
} * shared;

/* Is it a time of this test? A record has a part of the ctime where others have the offset of
 * attributes. */
static bool is_time(uint64_t ns)
{
	const uint64_t now = (uint64_t)time(NULL);

	return ns / 1000000000u + 2 * SLOW_SECONDS >= now && ns / 1000000000u <= now + 1;
}

static bool is_torn(uint32_t n, const struct fj_owner *owner)
{
	return owner->uid && (owner->gid != mate_of(owner->uid, n) ||
				     (owner->ctime && (!is_time(owner->ctime) ||
							      owner->flags & FJ_OWNER_ATTRIBUTES)));
}

static void write_for_ever(unsigned seed)
{
	for (uint32_t uid = 1 + (seed & 0xffff);; uid++) {
		const uint32_t n = (uint32_t)rand_r(&seed) % KEYS;
		char value[40];
		const struct fj_owner_key key = key_of(n);
		const struct fj_owner shown = {.mode = 0100644};

		if (put(n, uid))
			_exit(3);
		shared->done[n] = 1;
		__atomic_fetch_add(&shared->writes, 1, __ATOMIC_RELAXED);
		if (n % 16)
			continue;
		memset(value, 'a' + (int)(uid % 26), sizeof(value));
		if (fj_owner_set_attribute(
			    &key, "trusted.t", value, 1 + uid % sizeof(value), 0, &shown))
			_exit(4);
	}
}

static void read_for_ever(unsigned seed)
{
	for (;;) {
		const uint32_t n = (uint32_t)rand_r(&seed) % KEYS;
		const struct fj_owner_key key = key_of(n);
		struct fj_owner owner;
		char value[64];

		__atomic_fetch_add(&shared->reads, 1, __ATOMIC_RELAXED);
		if (fj_owner_find(&key, &owner) && is_torn(n, &owner))
			__atomic_fetch_add(&shared->torn, 1, __ATOMIC_RELAXED);
		if (!(n % 16)) {
			const long len =
				fj_owner_get_attribute(&key, "trusted.t", value, sizeof(value));

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
		alarm(SLOW_SECONDS); /* it hangs */
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
	/* The other writers must still make changes. */
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
		const struct fj_owner_key key = key_of(n);
		struct fj_owner owner;

		missing += shared->done[n] && !fj_owner_find(&key, &owner);
	}
	doubles = count_doubles(&live);
	printf("kill: %u kills, %lu writes, %lu reads: torn %lu, missing %u, double %lu, stuck %d; "
	       "%lu live, head says %lu\n",
		kills, shared->writes, shared->reads, shared->torn, missing, doubles, bad, live,
		fj_store_head(&fj_store[0])->records);
	bad += fj_store_head(&fj_store[0])->records < live;
	return bad || shared->torn || missing || doubles;
}

/* Begins with an empty file, so that most writes take a new slot, and the table grows often. Half
 * of the writes leave blocks of attributes behind. */
static void claim_all(unsigned seed)
{
	for (uint32_t n = 0; n < CLAIMS; n++) {
		const struct fj_owner_key key = key_of(n);
		const struct fj_owner shown = {.mode = 0100644};
		char value[200] = "x";

		if (put(n, n + 1))
			_exit(3);
		shared->done[n] = 1;
		if (n % 2 && fj_owner_set_attribute(
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
			const struct fj_owner_key key = key_of(n);

			lost += shared->done[n] && !fj_owner_find(&key, &owner);
		}
		pid[0] = start(claim_all, i);
		waitpid(pid[0], &status, 0);
		bad += status != 0 || fj_owner_check(fd);
		for (uint32_t n = 0; n < CLAIMS; n++) {
			const struct fj_owner_key key = key_of(n);

			wrong += !fj_owner_find(&key, &owner) || owner.uid != n + 1;
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
		const struct fj_owner_key key = key_of(n);

		wrong += !fj_owner_find(&key, &owner) || owner.uid != n + 1;
	}
	t2 = now_ns();
	for (unsigned n = 0; n < count; n++) {
		const struct fj_owner_key key = key_of(n);

		wrong += !fj_owner_find(&key, &owner) || owner.gid != mate_of(n + 1, n);
	}
	t3 = now_ns();
	for (int i = 0; i < 100; i++) {
		fj_owner_start(fd, -1);
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
	if (!strcmp(argv[1], "size"))
		return test_size(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 100000);
	return 2;
}
