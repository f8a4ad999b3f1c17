/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch.c - make a jail and exec its first program. The command line is the launcher's
 * (scripts/fakejail.in), not for people.
 *
 *   start -r HOSTDIR -N NAME [-b HOST JAIL MODE]... [-t JAIL]... [-w JAILDIR] [-s] [-R] [-k
 * RELEASE] [-n HOSTNAME] [-T FILE] [-d FILE] [-x DOOR]... -- COMMAND... probe
 *
 * -d none keeps no owners. MODE is rw or ro; with a `?` behind it the bind is left out when the
 * host or the jail has no such place. Ends with 125 and a message when the jail cannot be made, 126
 * or 127 when its program cannot be started. */
#include "loader/loader.h"

#include "call/bus.h"
#include "own/own.h"
#include "path/private.h"
#include "trap/trap.h"

#include <asm/stat.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/utsname.h>

#define FAILED 125 /* chroot(8), env(1): the tool itself failed */
#define BINDS_MAX 48
#define S_IFMT_ 0170000u
#define S_IFDIR_ 0040000u
#define FEW_DESCRIPTORS 64u
#define USUAL_LIMIT 1024u /* beyond, the descriptor table of every process would grow */

static struct {
	const char *root, *name, *chdir, *release, *hostname, *trace, *db, *user, *groups, *preload;
	struct fj_bind bind[BINDS_MAX];
	int bind_count;
	bool skip_chdir, no_trap, no_preload, no_patch, read_only;
	char **command;
} option;

_Noreturn static void fail(const char *what, const char *which, long error)
{
	fj_say(2, "fakejail: %s%s%s (errno %ld)\n", what, *which ? " " : "", which, -error);
	for (;;)
		fj_sys1(__NR_exit_group, FAILED);
}

static char *next(char ***at)
{
	char *value = *++*at;

	if (!value)
		fail("the loader's command line ends early", "", -EINVAL);
	return value;
}

static void read_options(char **at)
{
	for (; *at && !fj_streq(*at, "--"); at++) {
		const char letter = (*at)[0] == '-' ? (*at)[1] : 0;
		struct fj_bind *b = &option.bind[option.bind_count];
		const char *door;

		switch (letter) {
		case 'r':
			option.root = next(&at);
			break;
		case 'N':
			option.name = next(&at);
			break;
		case 'b':
			if (option.bind_count == BINDS_MAX)
				fail("too many binds", "", -ENOSPC);
			b->host = next(&at);
			b->jail = next(&at);
			b->mode = next(&at);
			option.bind_count++;
			break;
		case 'w':
			option.chdir = next(&at);
			break;
		case 's':
			option.skip_chdir = true;
			break;
		case 'R':
			option.read_only = true;
			break;
		case 'k':
			option.release = next(&at);
			break;
		case 'n':
			option.hostname = next(&at);
			break;
		case 'T':
			option.trace = next(&at);
			break;
		case 'x':
			door = next(&at);
			if (fj_streq(door, "trap"))
				option.no_trap = true;
			else if (fj_streq(door, "preload"))
				option.no_preload = true;
			else if (fj_streq(door, "patch"))
				option.no_patch = true;
			break;
		case 'p':
			option.preload = next(&at);
			break;
		case 'd':
			option.db = next(&at);
			break;
		case 'u':
			option.user = next(&at);
			break;
		case 'g':
			option.groups = next(&at);
			break;
		case 'q':
		case 'v':
			break;
		case 't':
			if (option.bind_count == BINDS_MAX)
				fail("too many binds", "", -ENOSPC);
			b->jail = next(&at);
			b->mode = "rw";
			option.bind_count++;
			break;
		case 'K':
		case 'D':
			fail("this build has no",
				letter == 'K' ? "--kill-on-exit" : "--die-with-parent", -EINVAL);
		default:
			fail("the loader does not know", *at, -EINVAL);
		}
	}
	if (!*at || !at[1] || !option.root)
		fail("the loader's command line names no root or no command", "", -EINVAL);
	option.command = at + 1;
	if (!option.name)
		option.name = option.root;
}

static bool is_open(int fd)
{
	return fj_sys3(__NR_fcntl, fd, 1 /* F_GETFD */, 0) >= 0;
}

/* The highest run of unused numbers under the usual limit: programs that open many see the fewest
 * changes. */
static int choose_numbers(void)
{
	struct rlimit64 limit = {0};
	int base;

	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
	base = (int)(limit.rlim_cur < USUAL_LIMIT ? limit.rlim_cur : USUAL_LIMIT) - FJ_FD_COUNT;
	for (; base > 2; base--) {
		int i = 0;

		while (i < FJ_FD_COUNT && !is_open(base + i))
			i++;
		if (i == FJ_FD_COUNT)
			return base;
	}
	fail("too few file descriptors: raise `ulimit -n`", "", -EMFILE);
}

/* With a low soft limit, numbers above it: descriptors stay open when the limit falls
 * (getrlimit(2)). */
static int place_descriptors(const int *fds, int count)
{
	struct rlimit64 before = {0}, raised;
	int base;

	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &before);
	raised = before;
	if (before.rlim_cur < FEW_DESCRIPTORS) {
		raised.rlim_cur =
			before.rlim_max < FEW_DESCRIPTORS ? before.rlim_max : FEW_DESCRIPTORS;
		fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, &raised, 0);
	}
	base = choose_numbers();
	for (int i = 0; i < count; i++) {
		if (fds[i] < 0)
			continue;
		if (fj_sys3(__NR_dup3, fds[i], base + i, 0) != base + i)
			fail("cannot place the jail's descriptors", "", -EMFILE);
		fj_close(fds[i]);
	}
	fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, &before, 0);
	return base;
}

static void text_of_fd(int fd, char *out)
{
	char link[32];
	struct fj_str s;
	long n;

	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, out, FJ_PATH_MAX - 1);
	if (fj_is_err(n))
		fail("needs /proc on the host:", link, n);
	out[n] = 0;
}

static void put(char *out, const char *text, size_t size)
{
	struct fj_str s;

	fj_str_init(&s, out, size);
	fj_str_put(&s, text);
	if (s.overflowed)
		fail("too long:", text, -ENAMETOOLONG);
}

static bool kernel_is_at_least(unsigned major, unsigned minor)
{
	struct new_utsname name;
	unsigned number[2] = {0, 0};
	const char *p = name.release;

	fj_sys1(__NR_uname, &name);
	for (int i = 0; i < 2; i++, p++)
		for (; *p >= '0' && *p <= '9'; p++)
			number[i] = number[i] * 10 + (unsigned)(*p - '0');
	return number[0] > major || (number[0] == major && number[1] >= minor);
}

static void make_jail(char **envp)
{
	int fds[FJ_FD_COUNT] = {-1, -1, -1, -1, -1, -1, -1}; /* in the order of FJ_FD_ */
	struct stat st;
	const long root = fj_open_path(AT_FDCWD, option.root, O_DIRECTORY);
	long memory, at;

	if (fj_is_err(root))
		fail("cannot open the root", option.root, root);
	memory = fj_sys2(__NR_memfd_create, FJ_MEMORY_NAME, 0);
	if (fj_is_err(memory))
		fail("cannot make the jail's memory", "", memory);
	fj_sys2(__NR_ftruncate, memory, FJ_JAIL_MEMORY);
	at = fj_sys6(__NR_mmap, 0, FJ_JAIL_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (fj_is_err(at))
		fail("cannot map the jail's memory", "", at);
	fj_jail = (struct fj_jail *)at;
	fj_jail->magic = FJ_JAIL_MAGIC;
	fj_jail->size = sizeof(*fj_jail);
	fj_jail->epoch = 1;
	fj_jail->first_pid = (int32_t)fj_sys0(__NR_getpid);
	fj_jail->has_trap = !option.no_trap;
	fj_sys4(__NR_newfstatat, root, "", &st, AT_EMPTY_PATH);
	fj_jail->root_dev = st.st_dev;
	fj_jail->root_ino = st.st_ino;
	text_of_fd((int)root, fj_jail->root_path);
	if (fj_streq(fj_jail->root_path, "/"))
		fj_jail->root_path[0] = 0;
	at = fj_sys4(__NR_readlinkat, AT_FDCWD, "/proc/self/exe", fj_jail->loader, FJ_PATH_MAX - 1);
	if (fj_is_err(at))
		fail("needs /proc on the host", "", at);
	put(fj_jail->name, option.name, FJ_PATH_MAX);
	if (option.release)
		put(fj_jail->release, option.release, sizeof(fj_jail->release));
	if (option.hostname) {
		put(fj_jail->hostname, option.hostname, sizeof(fj_jail->hostname));
		fj_jail->has_hostname = 1;
	}
	fds[0] = (int)root;
	fds[1] = (int)memory;
	fds[4] = fj_owners_open(option.db, (int)root, envp, &fds[5]);
	fj_jail->has_elder = fds[5] >= 0;
	fj_jail->root_fd = place_descriptors(fds, FJ_FD_COUNT);
	at = fj_own_start(FJ_FD_OWNERS(fj_jail), fj_jail->has_elder ? FJ_FD_ELDER(fj_jail) : -1);
	if (at < 0)
		fail("cannot map the owners' records", "", at);
	fj_jail->names_comm_by_file = kernel_is_at_least(6, 14);
	fj_jail->no_faccessat2 = fj_sys4(__NR_faccessat2, -1, ".", 0, 0) == -ENOSYS;
	if (fj_openat2(-1, ".", O_PATH, 0, 0) != -EBADF)
		fj_jail->no_openat2 = 1;
}

/* May the text of a mapped file be changed? SELinux calls that execmod and often refuses it. Tried
 * on ourselves. */
static bool may_change_text(void)
{
	const long fd = fj_sys3(__NR_openat, AT_FDCWD, fj_jail->loader, O_RDONLY | O_CLOEXEC);
	long at, r = -EACCES;

	if (fj_is_err(fd))
		return false;
	at = fj_sys6(__NR_mmap, 0, FJ_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (!fj_is_err(at)) {
		r = fj_sys3(__NR_mprotect, at, FJ_PAGE, PROT_READ | PROT_WRITE);
		if (!r) {
			*(volatile char *)at = *(volatile char *)at;
			r = fj_sys3(__NR_mprotect, at, FJ_PAGE, PROT_READ | PROT_EXEC);
		}
		fj_sys2(__NR_munmap, at, FJ_PAGE);
	}
	fj_close((int)fd);
	return !r;
}

/* Which doors this jail has. The trap alone is complete; the direct door is quicker, by jumps in
 * the libraries' text or, where that may not be changed, by libfakejail.so. Without the trap only
 * the jumps are complete enough. */
static void choose_doors(struct fj_thread *t)
{
	long r = fj_jail->has_trap ? fj_trap_filter(t) : 0;

	if (r == -ENOSYS || r == -EPERM || r == -EACCES || r == -EINVAL) {
		fj_jail->has_trap = 0; /* seccomp is absent or forbidden */
		r = 0;
	}
	if (r < 0)
		fail("the kernel refuses the seccomp filter that confines programs", "", r);
	if (option.no_preload || option.no_patch || !may_change_text())
		fj_jail->no_sites = 1;
	if (fj_jail->no_sites && !fj_jail->has_trap)
		fail("nothing is left that could jail: no seccomp trap, and libraries' text stays "
		     "as it is",
			"", -EPERM);
	if (option.preload && !option.no_preload && fj_jail->no_sites)
		put(fj_jail->preload, option.preload, FJ_PATH_MAX);
}

static long call(struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c)
{
	struct fj_call call = {.nr = nr, .arg = {a, b, c}, .thread = t};

	return fj_call(&call);
}

static const char *variable(char **envp, const char *name)
{
	const size_t n = fj_strlen(name);

	for (; *envp; envp++)
		if (!memcmp(*envp, name, n) && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

/* A script without #! line: the C library's execvp(3) gives it to the shell. */
static long exec_as_script(struct fj_thread *t, char *path, char **argv, char **envp)
{
	static char *shell_argv[4096];
	size_t n = 0;

	shell_argv[0] = (char *)"/bin/sh";
	shell_argv[1] = path;
	for (; argv[n] && argv[n + 1] && n + 3 < sizeof(shell_argv) / sizeof(shell_argv[0]); n++)
		shell_argv[n + 2] = argv[n + 1];
	return call(t, __NR_execve, (uint64_t) "/bin/sh", (uint64_t)shell_argv, (uint64_t)envp);
}

static long exec_path(struct fj_thread *t, char *path, char **argv, char **envp)
{
	char head[4] = {0};
	long fd, r = call(t, __NR_execve, (uint64_t)path, (uint64_t)argv, (uint64_t)envp);

	if (r != -ENOEXEC)
		return r;
	fd = call(t, __NR_open, (uint64_t)path, O_RDONLY | O_CLOEXEC, 0);
	if (fj_is_err(fd))
		return r;
	fj_sys3(__NR_read, fd, head, sizeof(head));
	fj_close((int)fd);
	return fj_elf_machine(head, sizeof(head)) || !memcmp(head, ELFMAG, SELFMAG) ?
		       r :
		       exec_as_script(t, path, argv, envp);
}

_Noreturn static void run_command(struct fj_thread *t, char **envp)
{
	static char candidate[FJ_PATH_MAX], refused[FJ_PATH_MAX];
	const char *command = option.command[0], *search = variable(envp, "PATH");
	const char *tried = command;
	long error = -ENOENT;
	bool has_slash = false;

	for (const char *p = command; *p; p++)
		has_slash = has_slash || *p == '/';
	if (has_slash) {
		error = exec_path(t, (char *)command, option.command, envp);
		search = NULL;
	}
	for (const char *p = search; !has_slash && *command && p;) {
		const char *end = p;
		struct fj_str s;
		long r;

		while (*end && *end != ':')
			end++;
		fj_str_init(&s, candidate, sizeof(candidate));
		fj_str_add(&s, p, (size_t)(end - p));
		if (s.len)
			fj_str_put(&s, "/");
		fj_str_put(&s, command);
		r = exec_path(t, candidate, option.command, envp);
		p = *end ? end + 1 : NULL;
		if (r == -ENOTDIR || call(t, __NR_access, (uint64_t)candidate, 0, 0) < 0)
			continue;
		/* As execvp(3): what may not be run is told when nothing else is found. */
		if (r != -EACCES || error == -ENOENT) {
			error = r;
			put(refused, candidate, sizeof(refused));
			tried = refused;
		}
		if (r != -EACCES)
			break;
	}
	fj_sys1(__NR_exit_group, fj_explain(t, command, tried, search, error, envp));
	__builtin_unreachable();
}

static void start_tracing(void)
{
	long fd;

	if (!option.trace)
		return;
	fd = fj_streq(option.trace, "-") ? fj_sys3(__NR_fcntl, 2, 0 /* F_DUPFD */, 3) :
					   fj_sys4(__NR_openat, AT_FDCWD, option.trace,
						   O_CREAT | O_WRONLY | O_APPEND | O_TRUNC, 0644);
	if (fj_is_err(fd))
		fail("cannot write the trace to", option.trace, fd);
	if (fj_sys3(__NR_dup3, fd, FJ_FD_TRACE(fj_jail), 0) < 0)
		fail("cannot keep the trace open", "", -EMFILE);
	fj_close((int)fd);
	fj_jail->trace_fd_plus_1 = (uint32_t)FJ_FD_TRACE(fj_jail) + 1;
}

static const char *runtime_dir(char **envp)
{
	const char *dir = variable(envp, "XDG_RUNTIME_DIR");

	return dir && *dir == '/' && fj_strlen(dir) < sizeof(fj_jail->runtime_dir) ? dir : "";
}

_Noreturn void fj_launch(struct fj_stack *s)
{
	struct fj_thread *t;
	long r;

	if (s->argc == 2 && fj_streq(s->argv[1], "probe")) {
		r = fj_trap_probe();
		fj_say(1, "seccomp-trap: %s\n", r ? "no" : "yes");
		fj_sys1(__NR_exit_group, r != 0);
	}
	if (s->argc < 2 || !fj_streq(s->argv[1], "start")) {
		fj_say(2, "fakejail: this is the loader; the command is `fakejail`\n");
		fj_sys1(__NR_exit_group, FAILED);
	}
	read_options(s->argv + 2);
	make_jail(s->envp);
	fj_thread_start();
	t = fj_thread_mine();
	if (!t)
		fail("no memory", "", -ENOMEM);
	fj_namespace_start();
	fj_root_start("");
	r = fj_sys1(__NR_umask, 0);
	fj_sys1(__NR_umask, r);
	fj_umask_start((uint32_t)r);
	fj_ids_new_board(fj_jail_board());
	fj_ids_start(fj_jail_board(), "", 0);
	put(fj_jail->runtime_dir, runtime_dir(s->envp), sizeof(fj_jail->runtime_dir));
	fj_private_clean(t);
	for (int i = 0; i < option.bind_count; i++)
		if ((r = fj_bind_add(t, &option.bind[i])) < 0)
			fail(option.bind[i].trouble,
				option.bind[i].host ? option.bind[i].host : option.bind[i].jail, r);
	if (option.read_only)
		fj_bind_root_read_only();

	r = fj_gate_place(0);
	if (fj_is_err(r))
		fail("cannot place the gate page: see vm.mmap_min_addr", "", r);
	fj_jail->gate = (uint64_t)r;
	choose_doors(t);
	fj_bus_arm();
	start_tracing();
	fj_jail->is_starting = 1;
	if (!option.skip_chdir && (r = call(t, __NR_chdir, (uint64_t) "/", 0, 0)) == 0 &&
		option.chdir)
		r = call(t, __NR_chdir, (uint64_t)option.chdir, 0, 0);
	if (r < 0 && !option.skip_chdir)
		fail("cannot change to directory", option.chdir ? option.chdir : "/", r);
	fj_user_choose(t, option.user, option.groups);
	run_command(t, s->envp);
}
