/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exchange.c - tests calls by a name that another process of the jail exchanges again and again:
 * a directory with a symlink to a directory, and a file with a symlink to a file. Whichever of the
 * two the name is at a moment, it leads to a file, so no call may fail. For exchange.sh, which runs
 * it in jails and in a real chroot.
 *
 * argv[1] is the number of calls of each kind, argv[2] is put before the text of each symlink: ""
 * or "/x/". Makes the directory /x. Prints a line for each call that failed, with its errors, and
 * at last how many calls have failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ERRORS 134 /* the highest of errno(3) is 133 */

/* 0 for an error that says that the name has led to the file. */
static long unless(long r, int error)
{
	return r < 0 && errno == error ? 0 : r;
}

static long opens(const char *path, int flags)
{
	const int fd = open(path, flags, 0644);

	if (fd >= 0)
		close(fd);
	return fd;
}

static long call_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static long call_lstat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static long call_statx(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st);
}

static long call_statfs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs);
}

static long call_open(const char *path)
{
	return opens(path, O_RDONLY);
}

static long call_creat(const char *path)
{
	return opens(path, O_WRONLY | O_CREAT);
}

static long call_open_path(const char *path)
{
	return opens(path, O_PATH);
}

/* Linux before 5.6 lacks it. */
static long call_openat2(const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};
	const long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return unless(fd, ENOSYS);
}

static long call_access(const char *path)
{
	return access(path, R_OK);
}

static long call_access_all(const char *path)
{
	return access(path, R_OK | W_OK | X_OK);
}

static long call_faccessat(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS);
}

static long call_chmod(const char *path)
{
	return chmod(path, 0755);
}

static long call_chown(const char *path)
{
	return chown(path, (uid_t)-1, (gid_t)-1);
}

static long call_lchown(const char *path)
{
	return lchown(path, (uid_t)-1, (gid_t)-1);
}

static long call_truncate(const char *path)
{
	return truncate(path, 0);
}

static long call_utimensat(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static long call_readlink(const char *path)
{
	char text[8];

	return unless(readlink(path, text, sizeof(text)), EINVAL);
}

static long call_getxattr(const char *path)
{
	char value[8];

	return unless(unless(getxattr(path, "user.x", value, sizeof(value)), ENODATA), EOPNOTSUPP);
}

static long call_setxattr(const char *path)
{
	return unless(setxattr(path, "user.x", "1", 1, 0), EOPNOTSUPP);
}

static long call_listxattr(const char *path)
{
	return unless(listxattr(path, NULL, 0), EOPNOTSUPP);
}

static long call_removexattr(const char *path)
{
	return unless(unless(removexattr(path, "user.y"), ENODATA), EOPNOTSUPP);
}

static long call_mkdir(const char *path)
{
	return unless(mkdir(path, 0755), EEXIST);
}

static long call_mknod(const char *path)
{
	return unless(mknod(path, S_IFREG | 0644, 0), EEXIST);
}

static long call_symlink(const char *path)
{
	return unless(symlink("nowhere", path), EEXIST);
}

static long call_rmdir(const char *path)
{
	return unless(rmdir(path), ENOTDIR);
}

static long call_link(const char *path)
{
	const long r = linkat(AT_FDCWD, path, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW);

	if (!r)
		unlink("linked");
	return r;
}

static long call_link_onto(const char *path)
{
	return unless(link("e/f", path), EEXIST);
}

static long call_rename_onto(const char *path)
{
	return unless(renameat2(AT_FDCWD, "e/f", AT_FDCWD, path, RENAME_NOREPLACE), EEXIST);
}

static long call_handle(const char *path)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount;

	return unless(name_to_handle_at(AT_FDCWD, path, &h.handle, &mount, AT_SYMLINK_FOLLOW),
		EOPNOTSUPP);
}

static long call_chdir(const char *path)
{
	return unless(chdir(path), ENOTDIR);
}

/* Sockets of clients: nobody listens at a file. */
static long on_socket(
	const char *path, int (*make)(int, const struct sockaddr *, socklen_t), int error)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long r;
	int saved;

	strcpy(name.sun_path, path);
	r = make(fd, (const struct sockaddr *)&name, sizeof(name));
	saved = errno;
	close(fd);
	errno = saved;
	return unless(r, error);
}

static long call_connect(const char *path)
{
	return on_socket(path, connect, ECONNREFUSED);
}

static long call_bind(const char *path)
{
	return on_socket(path, bind, EADDRINUSE);
}

static long call_inotify(const char *path)
{
	static int fd = -1;
	long r;

	if (fd < 0)
		fd = inotify_init1(IN_CLOEXEC);
	r = inotify_add_watch(fd, path, IN_OPEN);
	if (r >= 0)
		inotify_rm_watch(fd, (int)r);
	return r;
}

/* An empty file is no program. */
static long call_execve(const char *path)
{
	char *const none[] = {NULL};

	return unless(execve(path, none, none), ENOEXEC);
}

static const struct {
	const char *name;
	long (*make)(const char *path);
} calls[] = {
	{"stat", call_stat},
	{"statx", call_statx},
	{"lstat", call_lstat},
	{"statfs", call_statfs},
	{"open", call_open},
	{"creat", call_creat},
	{"open, O_PATH", call_open_path},
	{"openat2", call_openat2},
	{"access", call_access},
	{"access, all", call_access_all},
	{"faccessat, effective", call_faccessat},
	{"chmod", call_chmod},
	{"chown", call_chown},
	{"lchown", call_lchown},
	{"truncate", call_truncate},
	{"utimensat", call_utimensat},
	{"readlink", call_readlink},
	{"getxattr", call_getxattr},
	{"setxattr", call_setxattr},
	{"listxattr", call_listxattr},
	{"removexattr", call_removexattr},
	{"mkdir", call_mkdir},
	{"mknod", call_mknod},
	{"symlink", call_symlink},
	{"rmdir", call_rmdir},
	{"linkat", call_link},
	{"link onto", call_link_onto},
	{"rename onto", call_rename_onto},
	{"name_to_handle_at", call_handle},
	{"chdir", call_chdir},
	{"connect", call_connect},
	{"bind", call_bind},
	{"inotify_add_watch", call_inotify},
	{"execve", call_execve},
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

static const char *const paths[] = {"d/f", "/x/d/f", "/x/l/f", "d/s/f", "l/s/f", "/x/d/s/f",
	"d/s/../f", "/x/d/s/../f", "f", "/x/f", "/x/d/../f", "/x/c/f", "c/s//f", "d/s/t/../../f",
	"/x/d/./s/t/.././f"};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void make_tree(const char *before)
{
	static const char *const directories[] = {"d", "d/s", "d/s/t", "e", "e/s", "e/s/t"};
	static const char *const files[] = {"d/f", "d/s/f", "e/f", "e/s/f", "f", "g"};
	char text[64];

	if ((mkdir("/x", 0755) && errno != EEXIST) || chdir("/x"))
		exit(3);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (mkdir(directories[i], 0755))
			exit(3);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (opens(files[i], O_WRONLY | O_CREAT) < 0 || chmod(files[i], 0755))
			exit(3);
	snprintf(text, sizeof(text), "%se", before);
	if (symlink(text, "l"))
		exit(3);
	snprintf(text, sizeof(text), "%sg", before);
	if (symlink(text, "k"))
		exit(3);
	snprintf(text, sizeof(text), "%sd", before);
	if (symlink(text, "c"))
		exit(3);
}

static pid_t begin_exchanges(void)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		if (renameat2(AT_FDCWD, "d", AT_FDCWD, "l", RENAME_EXCHANGE) ||
			renameat2(AT_FDCWD, "f", AT_FDCWD, "k", RENAME_EXCHANGE))
			_exit(3);
	_exit(0);
}

int main(int argc, char **argv)
{
	const int rounds = argc == 3 ? atoi(argv[1]) : 0;
	long failures = 0;
	pid_t other;
	int status;

	if (!rounds)
		return 2;
	make_tree(argv[2]);
	other = begin_exchanges();
	for (size_t c = 0; c < CALLS; c++)
		for (size_t p = 0; p < PATHS; p++) {
			int seen[ERRORS] = {0}, all = 0;

			for (int i = 0; i < rounds; i++)
				if (calls[c].make(paths[p]) < 0) {
					seen[errno < ERRORS ? errno : 0]++;
					all++;
				}
			if (all)
				printf("%s of %s:", calls[c].name, paths[p]);
			for (int e = 0; all && e < ERRORS; e++)
				if (seen[e])
					printf(" %s %d", strerrorname_np(e), seen[e]);
			if (all)
				putchar('\n');
			failures += all;
		}
	if (waitpid(other, &status, WNOHANG)) {
		puts("the exchanges have ended");
		return 3;
	}
	kill(other, SIGKILL);
	waitpid(other, &status, 0);
	printf("%ld calls failed\n", failures);
	return 0;
}
