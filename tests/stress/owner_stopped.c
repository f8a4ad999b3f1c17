/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * owner_stopped.c - tests the file of owner records without a jail, with writers that are stopped.
 * Other writers must go on, and the stopped ones must do no harm when they continue. For owners.sh.
 *
 *	steps FILE STRIDE	a writer is stopped after each STRIDE-th instruction of each kind
 *				of change. (On FUSE, a child of the writer makes the change.)
 *	storm FILE ROUNDS	several of many writers are stopped at random times by SIGSTOP
 *	namespace FILE		a writer in another PID namespace is stopped, and one is killed
 *	frozen FILE DIRECTORY	a writer is stopped by the freezer of a cgroup
 *
 * Prints the results. Exits with 1 if an acknowledged change is lost, if a record is torn or there
 * twice, or if a writer that is not stopped does not go on. Exits with 77 if this machine cannot
 * run the test. */
#include "owner_changes.h"
#include "records/start.h"

#include <sched.h>
#include <sys/ptrace.h>

#define WRITERS 10
#define STOPPED 4
#define MINE 400u  /* records of each writer */
#define SHARED 8u  /* records that all writers change */
#define MISTAKES 3 /* after so many errors of a kind of change, it is not tried any more */

static struct shared {
	uint32_t begun, done; /* for steps: has the writer begun, and ended? */
	long result;
	uint64_t writes;
	uint32_t acknowledged[WRITERS * MINE]; /* 0: none */
	uint32_t tried[WRITERS * MINE];
} * shared;

/* ---- steps ---- */

/* Executes one instruction of `*who`. If `*who` makes a child of vfork(2), steps through the child
 * from then on. Returns the wait status. */
static int step_on(pid_t *who)
{
	unsigned long child;
	int status;

	ptrace(PTRACE_SINGLESTEP, *who, 0, 0);
	waitpid(*who, &status, __WALL);
	if (status >> 8 != (SIGTRAP | PTRACE_EVENT_VFORK << 8))
		return status;
	ptrace(PTRACE_GETEVENTMSG, *who, 0, &child);
	waitpid((pid_t)child, &status, __WALL);
	ptrace(PTRACE_DETACH, *who, 0, 0);
	*who = (pid_t)child;
	return status;
}

/* Stops a child that makes the change after `step` instructions. Then this process changes the same
 * record and others, and lets the child go on. Returns whether the child was stopped in the middle
 * of the change. */
static bool stop_one(
	const char *path, uint32_t kind, uint32_t round, unsigned long step, unsigned *bad)
{
	const int fd = prepare(path, kind, round);
	const uint32_t n = number_of(kind, round);
	int status;
	bool in_midst;
	uint32_t uid;
	long was[4];
	pid_t pid, who;

	shared->done = 0;
	shared->result = -1;
	pid = who = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		shared->result = change(kind, n, round);
		shared->done = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEVFORK);
	for (unsigned long i = 0; i < step && !shared->done; i++) {
		status = step_on(&who);
		if (!WIFSTOPPED(status))
			break;
	}
	in_midst = WIFSTOPPED(status) && !shared->done;
	/* Changes of another record, of this one, of a new one, and of attributes must work. */
	was[0] = put(50, round + 1);
	was[1] = kind == GONE || kind == TAKEN ? 0 : put(n, round + 2);
	was[2] = put(60, round + 3);
	was[3] = attribute(51, 'p', 0);
	if (was[0] || was[1] || was[2] || was[3] || (is_whole(50, &uid), uid != round + 1) ||
		(is_whole(60, &uid), uid != round + 3) || !has_attribute(51, 'p')) {
		if (!*bad)
			printf("%s, step %lu: the others got %ld %ld %ld %ld\n", kind_name[kind],
				step, was[0], was[1], was[2], was[3]);
		++*bad;
	}
	if (WIFSTOPPED(status))
		ptrace(PTRACE_DETACH, who, 0, 0); /* if the child was not killed */
	if (who != pid || WIFSTOPPED(status)) {
		if (who != pid)
			waitpid(who, &status, __WALL);
		waitpid(pid, &status, 0);
	}
	/* The acknowledged change of the child has been made, and those of this process, too. */
	if (!WIFEXITED(status) || !shared->done || shared->result ||
		(in_midst && !is_changed(kind, n, round) &&
			!(is_whole(n, &uid) && uid == round + 2)) ||
		(is_whole(50, &uid), uid != round + 1) || (is_whole(60, &uid), uid != round + 3) ||
		!has_attribute(51, 'p') || doubles() || fj_owner_check(fd)) {
		if (!*bad)
			printf("%s, step %lu: afterwards it is wrong: status %x, result %ld\n",
				kind_name[kind], step, status, shared->result);
		++*bad;
	}
	forget(fd);
	return in_midst;
}

static int test_steps(const char *path, unsigned long fine)
{
	unsigned bad = 0;

	for (uint32_t kind = 0; kind < KINDS; kind++) {
		unsigned long step = 0, stops = 0;
		unsigned was = bad;

		while (stop_one(path, kind, (uint32_t)step, step, &bad) && bad < was + MISTAKES) {
			stops++;
			step += (kind == GROWS ? 7 : 1) * fine;
		}
		printf("steps: %s, stopped at %lu places: wrong %u\n", kind_name[kind], stops,
			bad - was);
		bad += stops < 20;
	}
	return bad != 0;
}

/* ---- storm ---- */

static void write_for_ever(unsigned who)
{
	unsigned seed = who * 7919 + 1;

	alarm(SLOW_SECONDS);
	for (uint32_t uid = 1;; uid++) {
		const uint32_t i = who * MINE + (uint32_t)rand_r(&seed) % MINE;

		__atomic_store_n(&shared->tried[i], uid, __ATOMIC_SEQ_CST);
		if (put(i, uid))
			_exit(3);
		__atomic_store_n(&shared->acknowledged[i], uid, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&shared->writes, 1, __ATOMIC_SEQ_CST);
		if (put(WRITERS * MINE + uid % SHARED, uid))
			_exit(4);
		if (!(uid % 16) && attribute(i, (char)('a' + uid % 26), 0))
			_exit(5);
	}
}

/* Counts the wrong records, while changes may be in progress. */
static unsigned wrong_records(void)
{
	unsigned wrong = 0;
	uint32_t uid;

	for (uint32_t i = 0; i < WRITERS * MINE; i++) {
		const uint32_t acknowledged =
			__atomic_load_n(&shared->acknowledged[i], __ATOMIC_SEQ_CST);
		const bool is = is_whole(i, &uid);

		if (acknowledged && (!is || uid < acknowledged))
			wrong++;
		if (uid > __atomic_load_n(&shared->tried[i], __ATOMIC_SEQ_CST))
			wrong++;
	}
	return wrong;
}

static int test_storm(const char *path, unsigned rounds)
{
	const int fd = make(path);
	pid_t pid[WRITERS];
	unsigned wrong = 0, stuck = 0, held = 0, ended = 0;
	int status;

	for (unsigned i = 0; i < WRITERS; i++)
		if (!(pid[i] = fork()))
			write_for_ever(i);
	/* (On a slow machine, it takes some rounds until a writer is stopped at the right
	 * moment.) */
	for (unsigned round = 0;
		(round < rounds || held < 3) && round < 50 * rounds && !stuck && !ended; round++) {
		const unsigned first = (unsigned)rand() % WRITERS;
		uint64_t before;
		uint32_t holder;

		usleep((unsigned)rand() % 3000);
		for (unsigned k = 0; k < STOPPED; k++)
			kill(pid[(first + k) % WRITERS], SIGSTOP);
		for (unsigned k = 0; k < STOPPED; k++)
			waitpid(pid[(first + k) % WRITERS], &status, WUNTRACED);
		holder = (uint32_t)fj_store_head(&fj_store[0])->lock.word;
		for (unsigned k = 0; k < STOPPED; k++)
			held += holder == (uint32_t)pid[(first + k) % WRITERS];
		before = __atomic_load_n(&shared->writes, __ATOMIC_SEQ_CST);
		for (int i = 0; i < 3000 && shared->writes < before + 500; i++)
			usleep(1000);
		stuck += shared->writes < before + 500;
		wrong += wrong_records();
		for (unsigned k = 0; k < STOPPED; k++)
			kill(pid[(first + k) % WRITERS], SIGCONT);
		wrong += wrong_records();
		for (unsigned i = 0; i < WRITERS; i++)
			ended += waitpid(pid[i], &status, WNOHANG) == pid[i];
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], &status, 0);
	}
	wrong += wrong_records() + doubles();
	wrong += fj_owner_check(fd) != 0;
	printf("storm: %u rounds of %u stopped, %u while they held the lock, %lu writes: wrong %u, "
	       "stuck %u, gave up %u; %lu kB\n",
		rounds, STOPPED, held, shared->writes, wrong, stuck, ended,
		fj_store_head(&fj_store[0])->end / 1024);
	return wrong || stuck || ended || !held;
}

/* ---- a lock whose holder cannot be examined ---- */

/* Another process has the lock, or had it when it was killed. This process must be able to change
 * records, several times. */
static int get_on(const char *what)
{
	int bad = 0;
	uint32_t uid;

	for (uint32_t i = 0; i < 5; i++)
		bad += put(i, 100 + i) || attribute(i + 10, 'q', 0);
	for (uint32_t i = 0; i < 5; i++)
		bad += !is_whole(i, &uid) || uid != 100 + i || !has_attribute(i + 10, 'q');
	printf("%s: %s\n", what, bad ? "the others do not get on" : "the others get on");
	return bad;
}

static void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(2);
}

/* Takes the lock, which blocks all signals. Then stops or ends by `number`, SIGSTOP or SIGKILL,
 * which cannot be blocked; 0: waits. */
static void hold_until(int number)
{
	struct fj_store_hold hold = {.may_be_killed = false};

	if (fj_store_lock(&fj_store[0], &hold))
		_exit(1);
	for (;;)
		number ? raise(number) : pause();
}

/* The same in a new PID namespace, whose first process cannot be stopped from inside. */
static void hold_in_child(int ready, int number)
{
	int status;
	pid_t holder;

	if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
		_exit(77);
	if (!fork()) {
		holder = fork();
		if (!holder)
			hold_until(number);
		waitpid(holder, &status, WUNTRACED);
		tell(ready);
		for (;;)
			pause();
	}
	close(ready);
	for (;;)
		pause();
}

static int test_namespace(const char *path)
{
	static const int number[] = {SIGSTOP, SIGKILL};
	int ready[2], status, bad = 0;
	char byte;

	for (int i = 0; i < 2; i++) {
		const int fd = make(path);
		pid_t child;

		put(1, 2);
		if (pipe(ready))
			return 2;
		child = fork();
		if (!child)
			hold_in_child(ready[1], number[i]);
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1) {
			waitpid(child, &status, 0);
			printf("namespace: there are no namespaces of processes to be had\n");
			return 77;
		}
		bad += get_on(
			i ? "killed in another PID namespace" : "stopped in another PID namespace");
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		close(ready[0]);
		forget(fd);
	}
	return bad != 0;
}

static bool say(const char *directory, const char *name, const char *text)
{
	char path[4096];
	bool is_said;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY);
	is_said = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return is_said;
}

static int test_frozen(const char *path, const char *cgroup)
{
	const int fd = make(path);
	int status, bad;
	char text[20];
	pid_t child;

	put(1, 2);
	child = fork();
	if (!child)
		hold_until(0);
	while (!(uint32_t)fj_store_head(&fj_store[0])->lock.word)
		usleep(1000);
	snprintf(text, sizeof(text), "%d", child);
	if (!say(cgroup, "cgroup.procs", text) ||
		(!say(cgroup, "cgroup.freeze", "1") && !say(cgroup, "freezer.state", "FROZEN"))) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		printf("frozen: %s is no cgroup that can be frozen\n", cgroup);
		return 77;
	}
	bad = get_on("frozen in a cgroup");
	if (!say(cgroup, "cgroup.freeze", "0"))
		say(cgroup, "freezer.state", "THAWED");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	forget(fd);
	return bad != 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(argv[1], "steps"))
		return test_steps(argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
	if (!strcmp(argv[1], "storm"))
		return test_storm(argv[2], argc > 3 ? (unsigned)atoi(argv[3]) : 300);
	if (!strcmp(argv[1], "namespace"))
		return test_namespace(argv[2]);
	if (!strcmp(argv[1], "frozen") && argc > 3)
		return test_frozen(argv[2], argv[3]);
	return 2;
}
