/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_spoilt.c - tests the file of owner records without a jail: full disks, damaged and old
 * files. For owners.sh.
 *
 *	full FILE		the file cannot grow
 *	damage FILE		truncated, changed and foreign files
 *	old FILE		a file of version 2 becomes one of version 3 while it is in use
 *	cut FILE ROUNDS		a file is truncated and overwritten while it is in use
 *
 * Prints the results. Exits with 1 if a record is lost, a bad file is accepted, or a process
 * crashes. */
#include "owner_store.h"
#include "records/start.h"

#include <sys/resource.h>

static int test_full(const char *path)
{
	struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
	const int fd = make(path);
	unsigned n = 0, lost = 0;
	struct fj_owner owner;
	long r;

	setrlimit(RLIMIT_FSIZE, &limit);
	while (!(r = put(n, n + 1)))
		n++;
	for (unsigned i = 0; i < n; i++) {
		const struct fj_owner_key key = key_of(i);

		lost += !fj_owner_find(&key, &owner) || owner.uid != i + 1;
	}
	r = put(3, 999) ? 1 : 0; /* existing records can still be changed */
	printf("full: stopped after %u records, lost %u, change refused %ld, file %s\n", n, lost, r,
		fj_owner_check(fd) ? "damaged" : "sound");
	return lost || r || n < 500 || fj_owner_check(fd);
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
		if (fj_owner_check(other) < 0)
			refused++;
		else if (i <= 101)
			bad++;		    /* each of these files is invalid */
		else if (!(pid = fork())) { /* a file that is accepted must not crash a reader or a
					      * writer */
			struct fj_owner owner;

			setrlimit(RLIMIT_CPU, &(struct rlimit){20, 20});
			fj_owner_start(other, -1);
			for (unsigned n = 0; n < 3000; n++) {
				const struct fj_owner_key key = key_of(n);

				fj_owner_find(&key, &owner);
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

/* Makes a file as version 2 wrote it: without heads of arrays, with zeros in slots that were never used, a
 * turn of 8, and the place of the heap in the head. The first record has attributes. */
static int make_old(const char *path, uint32_t count)
{
	const uint64_t table = fj_table(4096, 10, 6), heap = 4096 + 65536;
	static struct fj_store_head head;
	static struct fj_store_slot slots[1024];
	static const char block[] = "\0\0\0\0\x20\0\0\0\x5\0\0\0\xa\0\0\0trusted.t\0aaaaa";
	int fd;

	memset(slots, 0, sizeof(slots));
	head = (struct fj_store_head){.version = 2,
		.byte_order = FJ_STORE_ORDER,
		.head_size = sizeof(head),
		.slot_size = sizeof(*slots),
		.table = table,
		.records = count,
		.old_used = count,
		.end = heap + 65536,
		.blocks = heap + 64,
		.old_heap_end = heap + 65536,
		.old_lock = 7UL << 32};
	memcpy(head.magic, FJ_STORE_MAGIC, 8);
	for (uint32_t n = 0; n < count; n++) {
		const struct fj_owner_key key = key_of(n);
		struct fj_store_slot *slot =
			fj_store_slot_for(slots, table, (uint32_t)key.dev, key.ino);
		struct fj_store_copy *copy = &slot->copy[n % 2];

		slot->ino = key.ino;
		slot->stamp = key.stamp;
		slot->dev = (uint32_t)key.dev;
		slot->state = n % 2 | FJ_SLOT_LIVE | FJ_SLOT_USED | n % 5 << 3;
		*copy = (struct fj_store_copy){.uid = n + 1, .gid = mate_of(n + 1, n)};
		if (!n) {
			copy->flags = FJ_OWNER_ATTRIBUTES;
			copy->attributes = (uint32_t)(heap / FJ_BLOCK_UNIT);
		}
		copy->check = fj_store_check(slot, copy);
	}
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)head.end) ||
		pwrite(fd, &head, sizeof(head), 0) != sizeof(head) ||
		pwrite(fd, slots, sizeof(slots), 4096) != sizeof(slots) ||
		pwrite(fd, block, sizeof(block) - 1, (off_t)heap) < 0 || fj_owner_check(fd) < 0 ||
		fj_owner_start(fd, -1) < 0) {
		printf("old: cannot be made, or is refused\n");
		exit(2);
	}
	return fd;
}

#define OLD 300u

static unsigned count_wrong(uint32_t from)
{
	unsigned wrong = 0;

	for (uint32_t n = from; n < OLD; n++) {
		const struct fj_owner_key key = key_of(n);
		struct fj_owner owner;
		char value[8];

		wrong += !fj_owner_find(&key, &owner) || owner.uid != n + 1 ||
			 owner.gid != mate_of(n + 1, n);
		wrong += !n && fj_owner_get_attribute(&key, "trusted.t", value, 8) != 5;
	}
	return wrong;
}

/* Eight processes change it at the same time, and one of them may be killed. A program of the older
 * version may have been killed while it had the lock, or may keep the lock for ever. */
static int test_old(const char *path)
{
	unsigned wrong = 0, ended = 0, refused = 0;
	struct fj_owner_key key = key_of(OLD);
	struct fj_owner owner;

	key.ino += 20000;
	for (unsigned round = 0; round < 60; round++) {
		const int fd = make_old(path, OLD);
		const struct fj_store_head *h = fj_store_head(&fj_store[0]);
		pid_t pid[8];
		int status;

		wrong += count_wrong(0) + fj_owner_find(&key, &owner) + (h->version != 2);
		if (round % 20 == 19)
			fj_store_head(&fj_store[0])->old_lock |= 1234567;
		for (uint32_t k = 0; k < 8; k++)
			if (!(pid[k] = fork()))
				_exit(put(k + 1, k + 2) != 0 || count_wrong(10) != 0);
		if (round % 2) {
			usleep((unsigned)rand() % 2000);
			kill(pid[0], SIGKILL);
		}
		for (unsigned k = 0; k < 8; k++) {
			waitpid(pid[k], &status, 0);
			refused += status && !(k == 0 && WIFSIGNALED(status));
			ended += WIFSIGNALED(status) != 0;
		}
		wrong += count_wrong(10) + (h->version != FJ_STORE_VERSION) +
			 ((uint32_t)h->old_lock != FJ_STORE_OLD_LOCKED) + (fj_owner_check(fd) < 0) +
			 (h->records < OLD);
		munmap(fj_store[0].window[0], fj_store[0].first_window);
		close(fd);
	}
	printf("old: 60 files of version 2, %u writers killed: wrong %u, refused %u\n", ended,
		wrong, refused);
	return wrong || refused;
}

static volatile sig_atomic_t lost;

static void give_up(int number, siginfo_t *info, void *context)
{
	(void)context;
	lost++;
	if (!fj_owner_truncated((uintptr_t)info->si_addr))
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
			const struct fj_owner_key key = key_of(n);
			const struct fj_owner shown = {.mode = 0100644};
			char value[64];
			struct fj_owner owner;

			put(n, n + 1);
			fj_owner_find(&key, &owner);
			fj_owner_set_attribute(&key, "trusted.t", value, n % 60, 0, &shown);
			fj_owner_get_attribute(&key, "trusted.t", value, sizeof(value));
		}
	_exit(lost > 0);
}

/* Another process damages the file while each of four processes uses it. They may find no records
 * any more, but must not crash or wait. */
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

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "full"))
		return test_full(argv[2]);
	if (!strcmp(argv[1], "damage"))
		return test_damage(argv[2]);
	if (!strcmp(argv[1], "old"))
		return test_old(argv[2]);
	if (!strcmp(argv[1], "cut"))
		return test_cut(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 40);
	return 2;
}
