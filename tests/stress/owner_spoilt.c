/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_spoilt.c - the file of owner records by itself, hosted: full disks, damaged files.
 *
 *	full FILE		the file may not grow
 *	damage FILE		cut off, changed and foreign files
 *	stopped FILE		a process is stopped while it holds the lock
 *	cut FILE ROUNDS		cut off, overwritten and filled with noise while it is in use
 *
 * Prints what it found; exit 1 when anything is lost, wrongly taken, or crashes. */
#include "owner_store.h"

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

			setrlimit(RLIMIT_CPU, &(struct rlimit){20, 20});
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

/* Who waits for a lock whose holder is stopped is told so in the end, and gets it when that one
 * goes on. */
static int test_stopped(const char *path)
{
	struct fj_store_hold hold;
	pid_t pid;
	int status;
	long during, after;

	make(path);
	put(1, 2);
	pid = fork();
	if (!pid) {
		if (fj_store_lock(&fj_store[0], &hold))
			_exit(1);
		raise(SIGSTOP);
		fj_store_unlock(&fj_store[0], &hold);
		_exit(0);
	}
	waitpid(pid, &status, WUNTRACED);
	during = put(1, 3);
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	after = put(1, 4);
	printf("stopped: %s meanwhile, %s afterwards\n",
		during == -EBUSY ? "told" : "something else", after ? "refused" : "done");
	return during != -EBUSY || after || status;
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

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "full"))
		return test_full(argv[2]);
	if (!strcmp(argv[1], "damage"))
		return test_damage(argv[2]);
	if (!strcmp(argv[1], "stopped"))
		return test_stopped(argv[2]);
	if (!strcmp(argv[1], "cut"))
		return test_cut(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 40);
	return 2;
}
