/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_openat2.c - tests openat2 itself: each RESOLVE flag, and the checks of sizes and bits.
 */
#include "twin.h"

static long open2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct twin_open_how how = {flags, mode, resolve};
	long r;

	/* A rename anywhere on the machine may come between: openat2(2), EAGAIN. */
	do
		r = sys_openat2(dirfd, path, &how, sizeof(how));
	while (r < 0 && errno == EAGAIN &&
		(resolve == TWIN_RESOLVE_BENEATH || resolve == TWIN_RESOLVE_IN_ROOT));
	return r;
}

static void make(void)
{
	x_mkdir("d", 0755);
	x_put("d/f", "in d");
	x_put("f", "beside d");
	x_symlink("f", "rel");
	x_symlink("d/f", "down");
	x_symlink("../f", "d/up");
	x_symlink("/etc/passwd", "abs");
	x_symlink("/f", "absf");
	x_symlink("../..", "d/out");
}

CASE(openat2)
{
	SPELLINGS() {
		make();
		R(open2(twin_dirfd, xat("f"), O_RDONLY, 0, 0));
		R(open2(twin_dirfd, xat("abs"), O_RDONLY, 0, 0));
		R(open2(twin_dirfd, xat("d/up"), O_RDONLY | O_CLOEXEC, 0, 0));
		R(open2(twin_dirfd, xat("new"), O_WRONLY | O_CREAT, 0640, 0));
		R(open2(twin_dirfd, xat("d"), O_PATH | O_DIRECTORY, 0, 0));
		R(open2(twin_dirfd, xat("rel"), O_PATH | O_NOFOLLOW, 0, 0));
		R(open2(twin_dirfd, xat("missing"), O_RDONLY, 0, 0));
		for (int fd = 4; fd < 30; fd++)
			close(fd);
		x_tree();
	}
}

CASE(openat2_resolve)
{
	static const uint64_t flags[] = {TWIN_RESOLVE_NO_XDEV, TWIN_RESOLVE_NO_MAGICLINKS,
		TWIN_RESOLVE_NO_SYMLINKS, TWIN_RESOLVE_BENEATH, TWIN_RESOLVE_IN_ROOT};
	static const char *const paths[] = {"f", "d/f", "rel", "down", "d/up", "d/../f", "abs",
		"absf", "..", "../t", "d/../..", "d/out", "/f", "/etc/passwd", "/", "missing",
		"d/f/x", ""};

	twin_spell_first();
	make();
	while (twin_spell_more())
		twin_spell_next();
	int dirfd = open("/t/abs", O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < COUNT(flags); i++) {
		for (size_t j = 0; j < COUNT(paths); j++) {
			long fd = open2(dirfd, paths[j], O_RDONLY, 0, flags[i]);
			say("resolve %lx %s: %s\n", flags[i], paths[j],
				fd >= 0 ? "opened" : errno_name(errno));
			if (fd >= 0) {
				struct stat st;
				fstat((int)fd, &st);
				if (S_ISREG(st.st_mode))
					show_fd(paths[j], (int)fd);
				close((int)fd);
			}
		}
	}
	chdir("/t/abs/d");
	R(open2(AT_FDCWD, "../f", O_RDONLY, 0, TWIN_RESOLVE_BENEATH));
	R(open2(AT_FDCWD, "../f", O_RDONLY, 0, TWIN_RESOLVE_IN_ROOT));
	R(open2(AT_FDCWD, "/f", O_RDONLY, 0, TWIN_RESOLVE_IN_ROOT));
	R(open2(AT_FDCWD, "up", O_RDONLY, 0, TWIN_RESOLVE_IN_ROOT));
	R(open2(AT_FDCWD, "new", O_RDWR | O_CREAT, 0600, TWIN_RESOLVE_IN_ROOT));
	R(open2(99, "f", O_RDONLY, 0, TWIN_RESOLVE_BENEATH));
	R(open2(99, "/etc/passwd", O_RDONLY, 0, TWIN_RESOLVE_NO_SYMLINKS));
	R(open2(99, "/etc/passwd", O_RDONLY, 0, TWIN_RESOLVE_IN_ROOT));
}

CASE(openat2_proc)
{
	put("f", "content");
	int fd = open("f", O_RDONLY), root = open("/", O_PATH);
	(void)fd;
	R(open2(AT_FDCWD, "/proc/self/fd/3", O_RDONLY, 0, 0));
	R(open2(AT_FDCWD, "/proc/self/fd/3", O_RDONLY, 0, TWIN_RESOLVE_NO_MAGICLINKS));
	R(open2(AT_FDCWD, "/proc/self/cwd/f", O_RDONLY, 0, TWIN_RESOLVE_NO_MAGICLINKS));
	R(open2(AT_FDCWD, "/proc/self/cwd/f", O_RDONLY, 0, TWIN_RESOLVE_NO_SYMLINKS));
	R(open2(root, "proc/self/cwd/f", O_RDONLY, 0, TWIN_RESOLVE_BENEATH));
	R(open2(root, "proc/self/status", O_RDONLY, 0, TWIN_RESOLVE_NO_XDEV));
	R(open2(root, "etc/passwd", O_RDONLY, 0, TWIN_RESOLVE_NO_XDEV));
}

static void each(int dirfd, const char *const *paths, size_t count, uint64_t resolve)
{
	for (size_t i = 0; i < count; i++) {
		long fd = open2(dirfd, paths[i], O_RDONLY, 0, resolve);

		say("resolve %lx %s: %s\n", resolve, paths[i],
			fd >= 0 ? "opened" : errno_name(errno));
		if (fd >= 0)
			close((int)fd);
	}
}

/* Mounts made inside, which the kernel below a jail knows nothing of. */
CASE(openat2_root_mounts)
{
	static const char *const paths[] = {"m", "m/", "m/f", "m/d", "m/..", "m/../f", "into",
		"into/f", "abs", "../m/f", "file", "m/out", "m/root", "/t/m/f", "/t/f",
		"/proc/self/root/t/f", "d/../m/f", "d/../abs"};
	static const char *const from_inside[] = {
		".", "f", "..", "../f", "d/..", "d/../..", "out", "root", "/f", "d/up"};
	static const uint64_t flags[] = {TWIN_RESOLVE_NO_XDEV, TWIN_RESOLVE_BENEATH,
		TWIN_RESOLVE_IN_ROOT, TWIN_RESOLVE_BENEATH | TWIN_RESOLVE_NO_XDEV,
		TWIN_RESOLVE_IN_ROOT | TWIN_RESOLVE_NO_XDEV};

	mkdir("m", 0755);
	mkdir("d", 0755);
	mkdir("from", 0755);
	mkdir("from/d", 0755);
	put("from/f", "mounted");
	put("f", "outside");
	put("file", "under");
	symlink("m", "into");
	symlink("/t/m/f", "abs");
	symlink("../f", "from/out");
	symlink("/f", "from/root");
	symlink("../..", "from/d/up");
	R(mount("/t/from", "/t/m", NULL, MS_BIND, NULL));
	R(mount("/t/f", "/t/file", NULL, MS_BIND, NULL));
	for (size_t i = 0; i < COUNT(flags); i++) {
		int fd = open("/t", O_PATH);
		each(fd, paths, COUNT(paths), flags[i]);
		close(fd);
		fd = open("/t/m", O_PATH);
		each(fd, from_inside, COUNT(from_inside), flags[i]);
		close(fd);
	}
	chdir("m/d");
	each(AT_FDCWD, from_inside, COUNT(from_inside), TWIN_RESOLVE_NO_XDEV);
	each(AT_FDCWD, from_inside, COUNT(from_inside), TWIN_RESOLVE_IN_ROOT);
	chdir("/t");
	R(umount2("/t/m", 0));
	R(umount2("/t/file", 0));
}

CASE(openat2_proc_scoped)
{
	static const char *const paths[] = {"self/root", "self/root/etc/passwd", "self/cwd/f",
		"self/exe", "self/fd/3", "self/status", "/self/status", "self/../self/status", "..",
		"../etc/passwd", "mounts", "self/mounts"};
	static const uint64_t flags[] = {TWIN_RESOLVE_NO_XDEV, TWIN_RESOLVE_BENEATH,
		TWIN_RESOLVE_IN_ROOT, TWIN_RESOLVE_NO_MAGICLINKS, TWIN_RESOLVE_NO_SYMLINKS,
		TWIN_RESOLVE_NO_MAGICLINKS | TWIN_RESOLVE_BENEATH};
	int proc = open("/proc", O_PATH);

	put("f", "content");
	for (size_t i = 0; i < COUNT(flags); i++)
		each(proc, paths, COUNT(paths), flags[i]);
	R(open2(proc, "self/exe", O_PATH | O_NOFOLLOW, 0, TWIN_RESOLVE_NO_SYMLINKS));
	R(open2(AT_FDCWD, "/proc/version", O_RDONLY, 0, TWIN_RESOLVE_NO_XDEV));
}

CASE(openat2_strict)
{
	struct {
		struct twin_open_how how;
		uint64_t more[2];
	} big = {{O_RDONLY, 0, 0}, {0, 0}};

	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 0));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 8));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 23));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 24));
	show_fd("the root's", (int)R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, sizeof(big))));
	big.more[1] = 1;
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, sizeof(big)));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 24));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", &big, 5000));
	R(sys_openat2(AT_FDCWD, "/etc/passwd", NULL, 24));
	R(open2(AT_FDCWD, "/etc/passwd", O_RDONLY, 0644, 0));
	R(open2(AT_FDCWD, "new", O_WRONLY | O_CREAT, 010000, 0));
	R(open2(AT_FDCWD, "/etc/passwd", 1ULL << 40, 0, 0));
	R(open2(AT_FDCWD, "/etc/passwd", 0x40000000, 0, 0));
	R(open2(AT_FDCWD, "/etc/passwd", O_PATH | O_RDWR, 0, 0));
	R(open2(AT_FDCWD, "/etc/passwd", O_PATH | O_TRUNC, 0, 0));
	R(open2(AT_FDCWD, "/etc/passwd", O_RDONLY, 0, 0x40));
	R(open2(AT_FDCWD, "/etc/passwd", O_RDONLY, 0, TWIN_RESOLVE_BENEATH | TWIN_RESOLVE_IN_ROOT));
	R(open2(AT_FDCWD, "new", O_WRONLY | O_CREAT, 0644, TWIN_RESOLVE_CACHED));
	R(open2(AT_FDCWD, "/t", O_TMPFILE | O_RDWR, 0644, TWIN_RESOLVE_CACHED));
	tree("/t");
}
