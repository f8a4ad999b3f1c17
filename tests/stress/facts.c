/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * facts.c - tests that facts never give a wrong answer (preload/facts/facts.c). For facts.sh.
 *
 * Some processes replace directories by symlinks, move directories away, make others in their
 * place, and change the targets of symlinks. A counter in shared memory is odd during each change
 * and even after it. The right answer is stored beside it. All other processes look up those paths
 * all the time. If the counter is the same even number before and after a lookup, the answer must
 * be the right one: the test does not depend on time. Links lead to absolute paths and above the
 * root, where a wrong answer would be a file of the host.
 *
 * facts DIR LOOKERS ROUNDS   in the jail; prints a line, and exits with 0 if no answer was
 * wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SETS = 3, WAYS = 6 };

static struct shared {
	struct set {
		unsigned long turn;
		ino_t right; /* the inode number of NAME/f; 0: it does not exist */
		ino_t of_link;
	} set[SETS];
	int ended;
	unsigned long looked, sure, wrong;
} * shared;

static const char *dir;

static void path(char *out, int set, const char *name)
{
	snprintf(out, 512, "%s/s%d/%s", dir, set, name);
}

static void must(int r, const char *what)
{
	if (r) {
		perror(what);
		_exit(2);
	}
}

static ino_t make_dir(int set, const char *name)
{
	char at[512], file[600];
	struct stat st;

	path(at, set, name);
	must(mkdir(at, 0755), at);
	snprintf(file, sizeof(file), "%s/f", at);
	must(close(open(file, O_CREAT | O_WRONLY, 0644)), file);
	must(stat(file, &st), file);
	return st.st_ino;
}

/* Each set has the directories a, b and c, each with a file f, and the file far/f at DIR/far. Three
 * names are looked up: d/f, where d is a directory or a symlink; k, which is a link to d; and l, a
 * link that is itself changed. */
enum { NAMES = 3 };
static const char *const names[NAMES] = {"d/f", "k", "l"};

static void set_right(int set, ino_t right)
{
	shared->set[set].right = right;
}

/* Changes the target of l in one call, or removes it. */
static void turn_link(int set, unsigned round)
{
	char l[512], new[512], to[600];
	struct stat st;

	path(l, set, "l");
	path(new, set, "new-l");
	if (round % 3 == 2) {
		must(unlink(l), "unlink");
		shared->set[set].of_link = 0;
		return;
	}
	path(to, set, round % 3 ? "c/f" : "b/f");
	must(stat(to, &st), to);
	must(symlink(round % 3 ? to : "b/f", new), "symlink");
	must(rename(new, l), "rename");
	shared->set[set].of_link = st.st_ino;
}

static ino_t right_of(const struct set *s, int name)
{
	return name == 2 ? s->of_link : s->right;
}

static void change(int set, unsigned round, ino_t far)
{
	struct set *s = &shared->set[set];
	char d[512], old[512], other[512], link[600], up[700];
	struct stat st;

	path(d, set, "d");
	path(old, set, "old");
	path(other, set, round & 8 ? "b" : "c");
	__atomic_fetch_add(&s->turn, 1, __ATOMIC_SEQ_CST);
	turn_link(set, round);
	switch (round % 6) {
	case 0: /* an absolute link replaces the directory */
		must(rename(d, old), "rename");
		snprintf(link, sizeof(link), "%s/far", dir);
		must(symlink(link, d), "symlink");
		set_right(set, far);
		break;
	case 1: /* the link gets a relative target, in one call */
		path(link, set, "new");
		must(symlink(round & 8 ? "b" : "c", link), "symlink");
		must(rename(link, d), "rename");
		snprintf(link, sizeof(link), "%s/f", other);
		must(stat(link, &st), link);
		set_right(set, st.st_ino);
		break;
	case 2: /* the target goes far above the root, and down again */
		must(unlink(d), "unlink");
		snprintf(up, sizeof(up), "../../../../../../../../../..%s/far", dir);
		must(symlink(up, d), "symlink");
		set_right(set, far);
		break;
	case 3: /* the name does not exist */
		must(unlink(d), "unlink");
		set_right(set, 0);
		break;
	case 4: /* a new directory */
		set_right(set, make_dir(set, "d"));
		break;
	case 5: /* the old directory replaces it */
		path(link, set, "gone");
		must(rename(d, link), "rename");
		must(rename(old, d), "rename");
		snprintf(up, sizeof(up), "%s/f", link);
		must(unlink(up), up);
		must(rmdir(link), link);
		snprintf(up, sizeof(up), "%s/f", d);
		must(stat(up, &st), up);
		set_right(set, st.st_ino);
		break;
	}
	__atomic_fetch_add(&s->turn, 1, __ATOMIC_SEQ_CST);
}

static ino_t ask(int way, const char *file)
{
	struct stat st = {0};
	int fd;

	switch (way) {
	case 0:
		return stat(file, &st) ? 0 : st.st_ino;
	case 1:
		fd = open(file, O_RDONLY);
		if (fd < 0)
			return 0;
		must(fstat(fd, &st), "fstat");
		close(fd);
		return st.st_ino;
	case 2:
		return lstat(file, &st) ? 0 : st.st_ino;
	case 3: /* asks only whether it exists */
		return access(file, F_OK) ? 0 : 1;
	case 4: /* relative to the working directory */
		return stat(file + 1, &st) ? 0 : st.st_ino;
	default:
		fd = open(file, O_PATH);
		if (fd < 0)
			return 0;
		must(fstat(fd, &st), "fstat");
		close(fd);
		return st.st_ino;
	}
}

static void look(unsigned seed)
{
	unsigned long looked = 0, sure = 0, wrong = 0;

	while (!__atomic_load_n(&shared->ended, __ATOMIC_ACQUIRE)) {
		const int set = (int)(seed = seed * 1103515245 + 12345) / 65536 & 0x7fff;
		struct set *s = &shared->set[set % SETS];
		const int name = (int)(seed >> 20 & 0xff) % NAMES;
		int way = (int)(seed >> 8 & 0xff) % WAYS;
		char file[600];
		unsigned long before, after;
		ino_t right, got;

		if (way == 2 && name)
			way = 0; /* the answer would be about the link itself */
		snprintf(file, sizeof(file), "%s/s%d/%s", dir, set % SETS, names[name]);
		before = __atomic_load_n(&s->turn, __ATOMIC_SEQ_CST);
		right = right_of(s, name);
		got = ask(way, file);
		after = __atomic_load_n(&s->turn, __ATOMIC_SEQ_CST);
		looked++;
		if (before != after || (before & 1))
			continue;
		sure++;
		if (way == 3 ? !right != !got : right != got) {
			wrong++;
			fprintf(stderr, "set %d %s way %d turn %lu: right %lu, got %lu\n",
				set % SETS, names[name], way, before, (unsigned long)right,
				(unsigned long)got);
		}
	}
	__atomic_fetch_add(&shared->looked, looked, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&shared->sure, sure, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&shared->wrong, wrong, __ATOMIC_SEQ_CST);
}

int main(int argc, char **argv)
{
	const int lookers = argc > 2 ? atoi(argv[2]) : 4;
	const unsigned rounds = argc > 3 ? (unsigned)atoi(argv[3]) : 3000;
	char at[600];
	struct stat far;
	pid_t changer[SETS];
	int failed = 0;

	dir = argc > 1 ? argv[1] : "/facts";
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(mkdir(dir, 0755), dir);
	snprintf(at, sizeof(at), "%s/far", dir);
	must(mkdir(at, 0755), at);
	snprintf(at, sizeof(at), "%s/far/f", dir);
	must(close(open(at, O_CREAT | O_WRONLY, 0644)), at);
	must(stat(at, &far), at);
	must(chdir("/"), "chdir");
	for (int i = 0; i < SETS; i++) {
		snprintf(at, sizeof(at), "%s/s%d", dir, i);
		must(mkdir(at, 0755), at);
		make_dir(i, "b");
		make_dir(i, "c");
		set_right(i, make_dir(i, "d"));
		path(at, i, "k");
		must(symlink("d/f", at), at);
	}
	for (int i = 0; i < lookers; i++)
		if (!fork()) {
			look((unsigned)i * 7919 + 1);
			_exit(0);
		}
	for (int i = 0; i < SETS; i++)
		if (!(changer[i] = fork())) {
			for (unsigned round = 0; round < rounds / 6 * 6; round++) {
				change(i, round, far.st_ino);
				/* Some lookups of this process, so that there are facts about the
				 * new state. */
				for (int n = 0; n < 4 * NAMES; n++) {
					const int way = n / NAMES == 2 && n % NAMES ? 0 : n / NAMES;
					const ino_t right = right_of(&shared->set[i], n % NAMES);

					snprintf(at, sizeof(at), "%s/s%d/%s", dir, i,
						names[n % NAMES]);
					const ino_t got = ask(way, at);
					if (way == 3 ? !got != !right : got != right) {
						fprintf(stderr, "own set %d %s round %u way %d\n",
							i, names[n % NAMES], round, way);
						__atomic_fetch_add(
							&shared->wrong, 1, __ATOMIC_SEQ_CST);
					}
				}
				sched_yield();
			}
			_exit(0);
		}
	for (int i = 0; i < SETS; i++) {
		int status;

		waitpid(changer[i], &status, 0);
		failed |= status;
	}
	__atomic_store_n(&shared->ended, 1, __ATOMIC_RELEASE);
	for (int status; wait(&status) > 0;)
		failed |= status;
	printf("facts: %lu looks, %lu sure, %lu wrong%s\n", shared->looked, shared->sure,
		shared->wrong, failed ? ", a process failed" : "");
	return failed || shared->wrong || !shared->sure;
}
