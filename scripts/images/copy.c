/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copy.c - makes a private copy of a tree with what its files pretend; by reflinks if the file
 * system has them. It works outside of any jail, on the files of the disk and on both files of
 * records. Called by private.c. */
#include "images.h"
#include "records.h"

#include <dirent.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static int to_root;
static bool no_clone;

/* `path` is that of the file in the tree, for messages. */
static void look(int dir, const char *name, const char *path, struct statx *x)
{
	const int flags = *name ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;

	if (statx(dir, name, flags, STATX_BASIC_STATS | STATX_BTIME, x))
		fail("cannot look at '%s': %s", shown(path), strerror(errno));
}

/* `fd` was opened by the name of the file that `x` is about: is it that file? `fd` < 0, with errno: was it
 * not opened because the name does not lead there any more? Then somebody changes the tree, and this
 * process ends with a message. */
static void check_same(int fd, const struct statx *x, const char *path)
{
	struct statx now;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO))
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	if (fd < 0)
		return;
	look(fd, "", path, &now);
	/* (The number may change where files have none of their own, as on sshfs.) */
	if (now.stx_ino != x->stx_ino &&
		((now.stx_mode ^ x->stx_mode) & S_IFMT || now.stx_size != x->stx_size ||
			now.stx_mtime.tv_sec != x->stx_mtime.tv_sec ||
			now.stx_mtime.tv_nsec != x->stx_mtime.tv_nsec))
		fail("'%s' was replaced as it was read", shown(path));
}

static void record(const struct statx *x, int from, const char *from_name, int to, const char *name)
{
	const struct looked old = {x, from, from_name};
	struct statx there;

	if (!records_pretend(&old))
		return;
	look(to, name, name, &there);
	records_copy(&old, &(struct looked){&there, to, name});
}

/* The attributes of the disk; for root (of a jail around this one) everything that root may
 * copy. */
static bool is_copied(const char *name)
{
	return !strncmp(name, "user.", 5) ||
	       (!geteuid() && (!strcmp(name, "security.capability") ||
				      !strncmp(name, "system.posix_acl_", 17) ||
				      !strncmp(name, "trusted.", 8)));
}

static void copy_attributes(int from, int to)
{
	static char names[65536], value[65536];
	const ssize_t size = flistxattr(from, names, sizeof(names));

	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
		const ssize_t n = is_copied(names + at) ?
					  fgetxattr(from, names + at, value, sizeof(value)) :
					  -1;

		if (n >= 0)
			fsetxattr(to, names + at, value, (size_t)n, 0);
	}
}

/* Copies from the next data to the next hole, until the end. */
static bool copy_data(int from, int to, int64_t size)
{
	static char piece[1 << 18];
	off_t at = 0;

	if (!size || (!no_clone && !ioctl(to, FICLONE, from)))
		return true;
	no_clone = true;
	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		off_t end = lseek(from, at, SEEK_HOLE);

		if (end < 0 || lseek(from, at, SEEK_SET) < 0 || lseek(to, at, SEEK_SET) < 0)
			return false;
		while (at < end) {
			ssize_t n = read(from, piece,
				end - at < (off_t)sizeof(piece) ? (size_t)(end - at) :
								  sizeof(piece));

			if (n < 0 || (n && !write_all(to, piece, (size_t)n)))
				return false;
			if (!n)
				return true;
			at += n;
		}
	}
	return (at >= 0 || errno == ENXIO) && !ftruncate(to, size);
}

static void set_times(int dir, const char *name, const struct statx *x)
{
	const struct timespec at[2] = {{x->stx_atime.tv_sec, x->stx_atime.tv_nsec},
		{x->stx_mtime.tv_sec, x->stx_mtime.tv_nsec}};

	if (*name)
		utimensat(dir, name, at, AT_SYMLINK_NOFOLLOW);
	else
		futimens(dir, at);
}

/* `path` is that of the file in the tree, for messages. */
static void copy_file(int from, int to, const char *name, const char *path, const struct statx *x)
{
	const int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int out, why = errno;

	check_same(in, x, path);
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		fail("cannot make '%s' in the copy: %s", shown(path), strerror(errno));
	if (in < 0) {
		warn("'%s' is empty in the copy: it may not be read: %s", shown(path),
			strerror(why));
	} else {
		if (!copy_data(in, out, (int64_t)x->stx_size))
			fail("cannot copy '%s': %s", shown(path), strerror(errno));
		copy_attributes(in, out);
		close(in);
	}
	fchmod(out, records_disk_mode(x));
	record(x, from, name, out, "");
	set_times(out, "", x);
	close(out);
}

static void copy_special(
	int from, int to, const char *name, const char *path, const struct statx *x)
{
	char text[4097];

	if (S_ISLNK(x->stx_mode)) {
		const ssize_t n = readlinkat(from, name, text, sizeof(text) - 1);

		text[n < 0 ? 0 : n] = 0;
		if (n < 0 || symlinkat(text, to, name))
			fail("cannot copy the link '%s': %s", shown(path), strerror(errno));
	} else if (mknodat(to, name,
			   S_ISFIFO(x->stx_mode) || S_ISSOCK(x->stx_mode) ?
				   (x->stx_mode & S_IFMT) | records_disk_mode(x) :
				   S_IFREG | 0600,
			   0)) {
		fail("cannot make '%s' in the copy: %s", shown(path), strerror(errno));
	}
	record(x, from, name, to, name);
	set_times(to, name, x);
}

/* Is the file another name of one that was copied already? */
static bool is_linked(int to, const char *name, const char *path, const struct statx *x)
{
	const char *first =
		first_of_links(makedev(x->stx_dev_major, x->stx_dev_minor), x->stx_ino, path);

	if (first && linkat(to_root, first, to, name, 0))
		fail("cannot make the link '%s' in the copy: %s", shown(path), strerror(errno));
	return first;
}

static void copy_directory(int from, int to, const char *path);

static void copy_entry(int from, int to, const char *name, const char *path)
{
	struct statx x;
	int in, out;

	look(from, name, path, &x);
	if (!S_ISDIR(x.stx_mode)) {
		if (x.stx_nlink > 1 && is_linked(to, name, path, &x))
			return;
		if (S_ISREG(x.stx_mode))
			copy_file(from, to, name, path, &x);
		else
			copy_special(from, to, name, path, &x);
		return;
	}
	if (mkdirat(to, name, 0700))
		fail("cannot make '%s' in the copy: %s", shown(path), strerror(errno));
	in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	check_same(in, &x, path);
	if (in < 0)
		warn("'%s' is empty in the copy: it may not be read: %s", shown(path),
			strerror(errno));
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out < 0)
		fail("cannot open '%s' in the copy: %s", shown(path), strerror(errno));
	if (in >= 0)
		copy_directory(in, out, path);
	copy_attributes(in, out);
	fchmod(out, records_disk_mode(&x) | 0700);
	record(&x, from, name, out, "");
	set_times(out, "", &x);
	close(out);
	if (in >= 0)
		close(in);
}

static void copy_directory(int from, int to, const char *path)
{
	DIR *dir = fdopendir(dup(from));
	const struct dirent *e;

	if (!dir)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	while (errno = 0, (e = readdir(dir))) {
		char *below;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			(!*path && !strcmp(e->d_name, ".fakejail")))
			continue;
		below = *path ? print("%s/%s", path, e->d_name) : copy_of(e->d_name);
		copy_entry(from, to, e->d_name, below);
		free(below);
	}
	if (errno)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	closedir(dir);
}

static void open_records(const char *from, const char *to)
{
	char *path = print("%s/.fakejail", to), *unfinished, *option;
	int old, new;

	make_directories(path);
	free(path);
	path = print("%s/.fakejail/owners", to);
	unfinished = print("%s.new", path);
	new = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* A jail around this one finds the file complete, and looks for it when it gets its
	 * name. */
	if (new < 0 || !records_create(new) || rename(unfinished, path))
		fail("cannot make '%s': %s", path, strerror(errno));
	free(unfinished);
	free(path);
	option = records_of(from, false);
	path = strchr(option, '=');
	old = path ? open(++path, O_RDWR | O_CLOEXEC) : -1;
	if (old < 0 && path)
		old = open(path, O_RDONLY | O_CLOEXEC);
	records_start(new, old, path ? path : "", to_root);
	free(option);
}

/* Runs in a process of its own: a process can use one set of records, and its locks end with it. */
static void copy_here(const char *from, const char *to)
{
	const int in = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statx x;

	to_root = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0 || to_root < 0)
		fail("cannot open '%s': %s", in < 0 ? shown(from) : to, strerror(errno));
	open_records(from, to);
	copy_directory(in, to_root, "");
	look(in, "", from, &x);
	fchmod(to_root, records_disk_mode(&x) | 0700);
	record(&x, in, "", to_root, "");
	set_times(to_root, "", &x);
}

/* Waits until the child ends. A signal that ends this process ends the child first. */
static int await_copy(pid_t child, int signals)
{
	struct signalfd_siginfo s;
	int status, ended_by = 0;

	while (waitpid(child, &status, WNOHANG) != child) {
		if (read(signals, &s, sizeof(s)) != sizeof(s))
			continue;
		if (is_ending((int)s.ssi_signo)) {
			ended_by = (int)s.ssi_signo;
			kill(child, SIGKILL);
		} else if (s.ssi_signo == SIGTSTP) {
			kill(child, SIGSTOP);
			kill(getpid(), SIGSTOP);
			kill(child, SIGCONT);
		}
	}
	if (ended_by)
		return ended_by;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

int copy_tree(const char *from, const char *to, int signals)
{
	const pid_t parent = getpid(), child = fork();

	if (child < 0)
		fail("cannot start another process: %s", strerror(errno));
	if (child)
		return await_copy(child, signals);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(TROUBLE);
	forget_all_trouble();
	umask(0);
	raise_file_limit();
	copy_here(from, to);
	_exit(0);
}
