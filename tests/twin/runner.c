/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * runner.c - run one command, for run.sh: in a real chroot or not, as a given user, with a hard
 * time limit, its output in a file that ends in a line saying how it ended. Exits 0, whatever the
 * command said, 3 if it ran out of time, 125 if it could not be run.
 *
 *	runner [-r ROOT] [-u UID] [-p] [-s SCRATCH -k TRASH] [-l SECONDS] -o FILE CMD [ARG]...
 *	runner -q chroot|mounts|root [-r ROOT] [-u UID]	can this machine do that? exit 0 or 1
 *
 * -r ROOT	chroot(2) there, with /proc, /dev and /sys of this machine bound in a mount
 * namespace of its own unless -p says not to; as root, or, where that is refused, in a user
 * namespace that maps UID to the caller. -u UID	real, effective and saved uid and gid, no
 *other groups; not given or -1: as we are. -s SCRATCH	made anew, owned by UID, after what stood
 *there has been moved into the directory TRASH. -l SECONDS	then SIGKILL.
 *
 * The command starts with / as its working directory, stdin /dev/null, usual limits, signals and a
 * fixed environment. Whatever it leaves behind is killed: the runner is a subreaper, so every
 * descendant ends as its child, also those in sessions of their own and a debugger caught in vfork
 * with its traced child, which outlive timeout(1).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
	const char *root, *scratch, *trash, *out, *query;
	int uid, seconds, bare;
	char **command;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "runner: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* A user namespace in which the caller is `uid`: all capabilities until the next exec, none after
 * it unless uid is 0. */
static int enter_user_namespace(int uid)
{
	char map[64];
	uid_t outer_uid = geteuid();
	gid_t outer_gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%d %u 1\n", uid, outer_uid);
	if (write_file("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "%d %u 1\n", uid, outer_gid);
	return write_file("/proc/self/gid_map", map);
}

static int bind_into(const char *root, const char *dir)
{
	char to[PATH_MAX];

	snprintf(to, sizeof(to), "%s%s", root, dir);
	return mount(dir, to, NULL, MS_BIND | MS_REC, NULL);
}

static int bind_all(const char *root)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (bind_into(root, "/proc") < 0 || bind_into(root, "/dev") < 0)
		return -1;
	return bind_into(root, "/sys");
}

/* Returns 0, or -1 with errno: no way to chroot here. `bare` leaves the binds out. */
static int enter_root(const char *root, int uid, int bare)
{
	if (geteuid() != 0) {
		if (enter_user_namespace(uid < 0 ? 0 : uid) < 0)
			return -1;
	} else if (!bare && unshare(CLONE_NEWNS) < 0)
		return -1;
	if (!bare && bind_all(root) < 0)
		return -1;
	if (chroot(root) < 0)
		return -1;
	return chdir("/");
}

static void become(int uid)
{
	gid_t gid = (gid_t)uid;

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
		setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) < 0)
		die("setresuid");
}

static void usual_state(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	setsid();
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){1024, 4096});
}

/* The same for everyone; the programs print it. */
static char *const usual_environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
	"HOME=/", "TERM=dumb", "TWIN=a b", "EMPTY=", NULL};

static _Noreturn void child(const struct options *o, int out)
{
	int really_root = geteuid() == 0;

	usual_state();
	int in = open("/dev/null", O_RDONLY);
	if (in < 0)
		die("/dev/null");
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	syscall(SYS_close_range, 3, ~0U, 0);
	if (!o->root) {
		if (chdir("/") < 0)
			die("/");
	} else if (enter_root(o->root, o->uid, o->bare) < 0)
		die("chroot");
	if (o->uid >= 0 && really_root)
		become(o->uid);
	execvpe(o->command[0], o->command, usual_environment);
	die(o->command[0]);
}

static void kill_children(void)
{
	char path[64], list[8192];

	/* children(5) needs CONFIG_PROC_CHILDREN, which every distribution has. */
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	FILE *f = fopen(path, "r");
	if (!f)
		return;
	size_t n = fread(list, 1, sizeof(list) - 1, f);
	fclose(f);
	list[n] = 0;
	for (char *p = list, *end; *p; p = end) {
		long pid = strtol(p, &end, 10);
		if (end == p)
			break;
		if (pid > 1)
			kill((pid_t)pid, SIGKILL);
	}
}

/* The first wait is for the command, later ones for what it left; each round kills one generation
 * of orphans. */
static void kill_the_rest(void)
{
	for (;;) {
		pid_t r = waitpid(-1, NULL, WNOHANG);
		if (r < 0)
			return;
		if (r == 0) {
			kill_children();
			nanosleep(&(struct timespec){0, 500000}, NULL);
		}
	}
}

static volatile sig_atomic_t late;
static volatile pid_t running;
static volatile sig_atomic_t seconds_left;

/* Each second, and counted so: while the machine gives no time to the runner, it gives none to the
 * command, and a clock would go on. */
static void on_alarm(int sig)
{
	(void)sig;
	if (--seconds_left > 0) {
		alarm(1);
		return;
	}
	late = 1;
	kill(running, SIGKILL);
}

/* Returns whether it ended within its time. */
static int run(const struct options *o)
{
	int status = 0;
	char end[64];
	int out = open(o->out, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

	if (out < 0)
		die(o->out);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		child(o, out);
	running = pid;
	sigaction(
		SIGALRM, &(struct sigaction){.sa_handler = on_alarm, .sa_flags = SA_RESTART}, NULL);
	seconds_left = o->seconds;
	alarm(1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	kill_the_rest();
	if (late)
		snprintf(end, sizeof(end), "end: time limit of %d seconds\n", o->seconds);
	else if (WIFSIGNALED(status))
		snprintf(end, sizeof(end), "end: signal %d\n", WTERMSIG(status));
	else
		snprintf(end, sizeof(end), "end: exit %d\n", WEXITSTATUS(status));
	if (write(out, end, strlen(end)) < 0)
		die(o->out);
	return !late;
}

static void fresh_scratch(const struct options *o)
{
	char to[PATH_MAX];

	for (int i = 0; i < 1000000; i++) {
		snprintf(to, sizeof(to), "%s/%d.%d", o->trash, getpid(), i);
		if (rename(o->scratch, to) == 0 || errno == ENOENT)
			break;
		if (errno != ENOTEMPTY && errno != EEXIST)
			die(o->scratch);
	}
	if (mkdir(o->scratch, 0755) < 0 || chmod(o->scratch, 0755) < 0)
		die(o->scratch);
	if (o->uid >= 0 && geteuid() == 0 && chown(o->scratch, (uid_t)o->uid, (gid_t)o->uid) < 0)
		die(o->scratch);
}

static int query(const struct options *o)
{
	if (strcmp(o->query, "root") == 0)
		return geteuid() != 0;
	return enter_root(o->root, o->uid, strcmp(o->query, "chroot") == 0) < 0;
}

int main(int argc, char **argv)
{
	struct options o = {.uid = -1, .seconds = 60};
	int c;

	while ((c = getopt(argc, argv, "+r:u:ps:k:l:o:q:")) != -1) {
		switch (c) {
		case 'r':
			o.root = optarg;
			break;
		case 'u':
			o.uid = atoi(optarg);
			break;
		case 'p':
			o.bare = 1;
			break;
		case 's':
			o.scratch = optarg;
			break;
		case 'k':
			o.trash = optarg;
			break;
		case 'l':
			o.seconds = atoi(optarg);
			break;
		case 'o':
			o.out = optarg;
			break;
		case 'q':
			o.query = optarg;
			break;
		default:
			return 2;
		}
	}
	o.command = argv + optind;
	if (o.query)
		return query(&o);
	if (!o.out || !*o.command || !o.scratch != !o.trash)
		return 2;
	if (o.scratch)
		fresh_scratch(&o);
	return run(&o) ? 0 : 3;
}
