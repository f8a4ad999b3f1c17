/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount_ids.c - tests that all calls tell the same id of the mount that a file is in, and
 * that mountinfo has a line with this id.
 */
#include "twin.h"

#define MNT_ID 0x1000u
#define MNT_ID_UNIQUE 0x4000u
#define ATTR_MOUNT_ROOT 0x2000u

struct told {
	long long id, unique;
	int is_root;
};

/* struct statx of old headers ends before the id. */
static long long id_in(const void *sx)
{
	long long id;

	memcpy(&id, (const char *)sx + 0x90, sizeof(id));
	return id;
}

static struct told ask(int dirfd, const char *path, int flags)
{
	union {
		struct {
			unsigned mask, blksize;
			unsigned long long attributes;
		} s;
		char room[256];
	} sx;
	struct told t = {-1, -1, 0};

	memset(&sx, 0, sizeof(sx));
	if (SYSCALL(SYS_statx, dirfd, path, flags, MNT_ID, &sx) == 0 && (sx.s.mask & MNT_ID)) {
		t.id = id_in(&sx);
		t.is_root = !!(sx.s.attributes & ATTR_MOUNT_ROOT);
	}
	if (SYSCALL(SYS_statx, dirfd, path, flags, MNT_ID_UNIQUE, &sx) == 0 &&
		(sx.s.mask & MNT_ID_UNIQUE))
		t.unique = id_in(&sx);
	return t;
}

static long long of_fdinfo(const char *path)
{
	char text[1000], *line;
	const int fd = open(path, O_RDONLY);
	const long n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = 0;
	line = strstr(text, "mnt_id:\t");
	return line ? atoll(line + 8) : -1;
}

static long long of_handle(int dirfd, const char *path, int flags)
{
	struct {
		unsigned bytes;
		int type;
		unsigned char data[128];
	} h = {.bytes = 0};
	long long id = 0;
	const long r = SYSCALL(SYS_name_to_handle_at, dirfd, path, &h, &id, flags);

	return r == 0 || errno == EOVERFLOW ? id : -1;
}

/* Where mountinfo says that it is mounted. */
static void say_listed(long long id)
{
	char *line = NULL, point[400] = "", type[80] = "";
	size_t size = 0;
	FILE *f = fopen("/proc/self/mountinfo", "r");
	int found = 0;

	while (f && getline(&line, &size, f) > 0) {
		const char *dash = strstr(line, " - ");

		if (atoll(line) != id || !dash)
			continue;
		found++;
		sscanf(line, "%*d %*d %*s %*s %399s", point);
		sscanf(dash + 3, "%79s", type);
	}
	if (f)
		fclose(f);
	free(line);
	say(found ? " listed %d as %s, %s\n" : " not listed\n", found, point, type);
}

static struct told show_ids(const char *path)
{
	const struct told by_path = ask(AT_FDCWD, path, 0);
	const int fd = open(path, O_PATH);
	const struct told by_fd = ask(fd, "", AT_EMPTY_PATH);
	const long long handle = of_handle(AT_FDCWD, path, AT_SYMLINK_FOLLOW);
	const long long fd_handle = of_handle(fd, "", AT_EMPTY_PATH);
	const long long unique = of_handle(fd, "", AT_EMPTY_PATH | 1);
	char name[64];
	long long info, again;
	int dir;

	sprintf(name, "/proc/self/fdinfo/%d", fd);
	info = of_fdinfo(name);
	dir = open("/proc/thread-self/fdinfo", O_RDONLY | O_DIRECTORY);
	sprintf(name, "%d", fd);
	const int in = openat(dir, name, O_RDONLY);
	sprintf(name, "/proc/self/fd/%d", in);
	again = of_fdinfo(name);
	say("%s: is%s its root, fd %d, fdinfo %d %d, handle %d %d, unique %d %d %d", path,
		by_path.is_root ? "" : " not", by_fd.id == by_path.id, info == by_path.id,
		again == by_path.id, handle < 0 ? -1 : handle == by_path.id,
		fd_handle < 0 ? -1 : fd_handle == by_path.id, by_path.unique == by_fd.unique,
		by_path.unique >= 0x80000000, unique < 0 ? -1 : unique == by_path.unique);
	say_listed(by_path.id);
	close(in);
	close(dir);
	close(fd);
	return by_path;
}

static void say_same(const char *what, struct told a, struct told b)
{
	say("%s: %s %s\n", what, a.id == b.id ? "the same" : "another",
		(a.id == b.id) == (a.unique == b.unique) ? "by both" : "by one");
}

CASE(mount_ids)
{
	const struct told root = show_ids("/");
	struct told here;
	int ends[2];

	put("f", "x");
	symlink("/proc", "l");
	here = show_ids("/t");
	say_same("/ and /t", root, here);
	say_same("a file", here, show_ids("/t/f"));
	show_ids("/etc/passwd");
	say_same("/ and /proc", root, show_ids("/proc"));
	show_ids("l");
	say_same("the link", here, ask(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW));
	say_same("what it leads to", show_ids("/proc/self/status"), ask(AT_FDCWD, "l", 0));
	say_same("/ and /dev", root, show_ids("/dev"));
	show_ids("/dev/null");
	show_ids("/dev/pts");
	show_ids("/dev/shm");
	show_ids("/sys");
	show_ids("/sys/kernel");
	show_ids("/proc/self/cwd");
	show_ids("/proc/self/root");
	show_ids("/proc/self/exe");
	show_ids("/proc/self/cwd/f");
	chdir("/dev");
	say_same(".", ask(AT_FDCWD, "", AT_EMPTY_PATH), ask(AT_FDCWD, "/dev", 0));
	say_same("..", ask(AT_FDCWD, "..", 0), root);
	pipe(ends);
	say("a pipe %d\n", ask(ends[0], "", AT_EMPTY_PATH).id == root.id);
	const int fd = open("/t/gone", O_RDWR | O_CREAT, 0600);
	unlink("/t/gone");
	say_same("a removed file", ask(fd, "", AT_EMPTY_PATH), here);
	R(SYSCALL(SYS_statx, AT_FDCWD, "/t/missing", 0, MNT_ID, ends));
	R(SYSCALL(SYS_statx, AT_FDCWD, "/t", 0, MNT_ID, 8));
	R(SYSCALL(SYS_statx, 99, "", AT_EMPTY_PATH, MNT_ID, ends));
	R(open("/proc/self/fdinfo/99", O_RDONLY));
	R(open("/proc/self/fdinfo/5x", O_RDONLY));
	R(mkdir("/t/fdinfo", 0755));
	put("/t/fdinfo/5", "plain");
	show("/t/fdinfo/5");
}

CASE(mount_root_ids)
{
	const struct told root = ask(AT_FDCWD, "/t", 0);
	struct told tmp, bound, inner;

	mkdir("m", 0755);
	mkdir("b", 0755);
	mkdir("/t/d", 0755);
	put("/t/d/f", "x");
	put("g", "x");
	R(mount("none", "/t/m", "tmpfs", 0, NULL));
	R(mount("/t/d", "/t/b", NULL, MS_BIND, NULL));
	R(mount("/t/d/f", "/t/g", NULL, MS_BIND, NULL));
	tmp = show_ids("/t/m");
	bound = show_ids("/t/b");
	say_same("the bind and where it is from", bound, show_ids("/t/d"));
	say_same("a file in it", bound, show_ids("/t/b/f"));
	say_same("the same from there", root, show_ids("/t/d/f"));
	say_same("a bound file", root, show_ids("/t/g"));
	put("/t/m/x", "x");
	mkdir("/t/m/sub", 0755);
	say_same("in the tmpfs", tmp, show_ids("/t/m/x"));
	put("/t/m/gone", "x");
	const int gone = open("/t/m/gone", O_RDONLY);
	unlink("/t/m/gone");
	say_same("a deleted file in it", tmp, ask(gone, "", AT_EMPTY_PATH));
	close(gone);
	R(mount("/t/m/sub", "/t/m/sub", NULL, MS_BIND, NULL));
	inner = show_ids("/t/m/sub");
	say_same("on itself", tmp, inner);
	mkdir("/t/m/sub/deep", 0755);
	say_same("below", inner, show_ids("/t/m/sub/deep"));
	say_same("by ..", inner, ask(AT_FDCWD, "/t/m/sub/deep/..", 0));
	say_same("by more of them", tmp, ask(AT_FDCWD, "/t/m/sub/deep/../..", 0));
	const int fd = open("/t/m/sub/deep", O_RDONLY | O_DIRECTORY);
	say_same("from a directory", inner, ask(fd, ".", 0));
	say_same("from it upwards", tmp, ask(fd, "../../x", 0));
	close(fd);
	mkdir("/t/r", 0755);
	R(mount("/t/m", "/t/r", NULL, MS_BIND | MS_REC, NULL));
	show_ids("/t/r");
	show_ids("/t/r/sub");
	umount("/t/r/sub");
	umount("/t/r");
	R(umount("/t/m/sub"));
	say_same("after umount", tmp, show_ids("/t/m/sub"));
	mkdir("/t/n", 0755);
	R(mount("/t/m", "/t/n", NULL, MS_MOVE, NULL));
	say_same("moved", tmp, show_ids("/t/n"));
	CHILD("nested root") {
		chroot("/t/n");
		say_same("nested", tmp, ask(AT_FDCWD, "/", 0));
	}
	R(umount("/t/n"));
	R(umount("/t/b"));
	R(umount("/t/g"));
}
