/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_perm_changes.c - tests changes of what a process may do: other processes change directories
 * on its way, or the process changes its identity.
 *
 * After each step, several users make the same lookups, twice: so what the engine has remembered
 * for the first one could help or mislead the second. Each user has another working directory.
 */
#include "case_perm.h"

#define USERS 5

struct user {
	unsigned uid, gid, list; /* `list` 0: no other group */
	const char *cwd;
	int go, done, dirfd;
};

static void say_long(long r)
{
	say(" %s", r < 0 ? errno_name(errno) : "ok");
}

static void say_fd(int fd)
{
	say_long(fd);
	if (fd >= 0)
		close(fd);
}

/* All ways to come to what lies in /t/a/b/d: by absolute path, from the working directory, from a
 * descriptor of a directory that was opened when all was open, through links. */
static void ask_all(int dirfd, const char *rel)
{
	struct stat st;
	char text[8], path[64];

	say_long(stat("/t/a/b/d/f", &st));
	say_long(stat("/t/a/b/d/none", &st));
	say_long(lstat("/t/a/b/d", &st));
	say_long(access("/t/a/b/d/f", R_OK));
	say_long(access("/t/a/b/d/f", W_OK));
	say_long(access("/t/a/b/d/none", F_OK));
	say_fd(open("/t/a/b/d/f", O_RDONLY | O_CLOEXEC));
	say_fd(open("/t/a/b/d/f", O_WRONLY | O_CLOEXEC));
	say_long(stat("/t/a/l/d/f", &st));
	say_long(readlink("/t/a/b/d/s", text, sizeof(text)));
	say(" |");
	say_long(fstatat(dirfd, "f", &st, 0));
	say_long(faccessat(dirfd, "f", R_OK, 0));
	say_fd(openat(dirfd, "f", O_RDONLY | O_CLOEXEC));
	say_long(mkdirat(dirfd, "new", 0755));
	say_long(unlinkat(dirfd, "new", AT_REMOVEDIR));
	say(" |");
	snprintf(path, sizeof(path), "%sf", rel);
	say_long(stat(path, &st));
	say_long(access(path, R_OK));
	say_fd(open(path, O_RDONLY | O_CLOEXEC));
	say_long(lstat("d", &st));
	say_long(access("f", F_OK));
	say(" |");
	say_long(mkdir("/t/a/b/d/new", 0755));
	say_long(rmdir("/t/a/b/d/new"));
	say_long(link("/t/a/b/d/f", "/t/a/b/d/f2"));
	say_long(rename("/t/a/b/d/f2", "/t/a/b/d/f3"));
	say_long(chmod("/t/a/b/d/f", 0644));
	say_long(chown("/t/a/b/d/f", (uid_t)-1, (gid_t)-1));
	say_long(unlink("/t/a/b/d/f3"));
	say_long(chdir("/t/a/b/d"));
	say_long(stat("f", &st));
}

static void serve(const struct user *u, int in, int out)
{
	const unsigned list[] = {u->list};
	const int cwd = open(u->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const size_t depth = strlen(u->cwd);
	char byte;

	SYSCALL(SYS_setgroups, u->list ? 1 : 0, list);
	SYSCALL(SYS_setresgid, u->gid, u->gid, u->gid);
	SYSCALL(SYS_setresuid, u->uid, u->uid, u->uid);
	while (read(in, &byte, 1) == 1) {
		/* Back to where it stood, if it may; the names are of there even if not. */
		fchdir(cwd);
		for (int i = 0; i < 2; i++) {
			say("%d:%d,%d in %s:", u->uid, u->gid, u->list, u->cwd);
			ask_all(u->dirfd, &"/t/a/b/d/"[depth == 2 ? 3 : depth + 1]);
			say("\n");
			fchdir(cwd);
		}
		write(out, "x", 1);
	}
	twin_exit(0);
}

/* What setfacl -m u:UID:PERM does: an access list of a directory. */
static long give_list(const char *path, unsigned uid, unsigned short perm, unsigned short mask)
{
	struct entry {
		unsigned short tag, perm;
		unsigned id;
	};
	const struct {
		unsigned version;
		struct entry e[5];
	} list = {2, {{1, 7, NONE}, {2, perm, uid}, {4, 0, NONE}, {16, mask, NONE}, {32, 0, NONE}}};

	return setxattr(path, "system.posix_acl_access", &list, sizeof(list), 0);
}

static void drop_list(const char *path)
{
	removexattr(path, "system.posix_acl_access");
}

static struct user users[USERS] = {{1000, 1000, 0, "/t", 0, 0, 0},
	{1000, 1000, 0, "/t/a/b", 0, 0, 0}, {1000, 1000, 0, "/t/a/b/d", 0, 0, 0},
	{7, 8, 50, "/t/a/b", 0, 0, 0}, {7, 50, 0, "/t/a/b/d", 0, 0, 0}};
static pid_t user_pid[USERS];

static void make_tree(void)
{
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/b/d", 0755);
	put("a/b/d/f", "x");
	symlink("f", "a/b/d/s");
	mkdir("a/c", 0755);
	mkdir("a/c/d", 0700);
	put("a/c/d/f", "y");
	symlink("b", "a/l");
	chown("a/b/d", 1000, 50);
	chown("a/b/d/f", 1000, 50);
}

static void start_users(void)
{
	for (int i = 0; i < USERS; i++) {
		int go[2], done[2];

		pipe2(go, O_CLOEXEC);
		pipe2(done, O_CLOEXEC);
		users[i].dirfd = open("/t/a/b/d", O_RDONLY | O_DIRECTORY);
		user_pid[i] = twin_fork();
		if (!user_pid[i]) {
			close(go[1]);
			for (int other = 0; other < i; other++)
				close(users[other].go);
			chdir(users[i].cwd);
			serve(&users[i], go[0], done[1]);
		}
		close(go[0]);
		close(done[1]);
		users[i].go = go[1];
		users[i].done = done[0];
	}
}

static void ask_users(void)
{
	char byte;

	for (int i = 0; i < USERS; i++) {
		write(users[i].go, "x", 1);
		read(users[i].done, &byte, 1);
	}
}

static void end_users(void)
{
	for (int i = 0; i < USERS; i++) {
		close(users[i].go);
		reap("user", user_pid[i]);
	}
}

/* Somebody else's doing: another process, as `uid`. */
#define BY(uid, ...)                                                                               \
	do {                                                                                       \
		say("%d: %s\n", uid, #__VA_ARGS__);                                                \
		CHILD("changer") {                                                                 \
			if (uid)                                                                   \
				become(uid, uid);                                                  \
			__VA_ARGS__;                                                               \
		}                                                                                  \
		ask_users();                                                                       \
	} while (0)

CASE(perm_root_way_changes)
{
	make_tree();
	start_users();
	BY(0, );
	BY(0, chmod("a/b/d", 0700));
	BY(0, chmod("a/b/d", 0710));
	BY(0, chmod("a/b/d", 0701));
	BY(1000, chmod("/t/a/b/d", 0600));
	BY(1000, chmod("/t/a/b/d", 0750));
	BY(0, chown("a/b/d", 7, 7));
	BY(0, chown("a/b/d", 0, 50));
	BY(0, chown("a/b/d", 0, 1000));
	BY(0, chown("a/b/d", 1000, 1000));
	BY(0, chown("a/b/d/f", 0, 0), chmod("a/b/d/f", 0600));
	BY(0, chmod("a/b/d/f", 0644));
	BY(0, chmod("a/b", 0711), chown("a/b", 50, 50));
	BY(0, chmod("a/b", 0710));
	BY(0, chown("a/b", 1000, 50));
	BY(1000, chmod("/t/a/b", 0010));
	BY(1000, chmod("/t/a/b", 0100));
	BY(0, lchown("a/b", 0, 50));
	BY(0, chmod("a/b", 0755), chown("a", 1000, 7), chmod("a", 0750));
	BY(0, chown("a", 7, 7));
	BY(0, chmod("a", 0755));
	BY(0, chmod("/t", 0700));
	BY(0, chown("/t", 1000, 0));
	BY(0, chown("/t", 0, 0), chmod("/t", 0755));
	end_users();
}

CASE(perm_root_way_lists)
{
	make_tree();
	start_users();
	BY(0, give_list("a/b/d", 7, 7, 7));
	BY(0, give_list("a/b/d", 7, 6, 7));
	BY(0, give_list("a/b/d", 7, 7, 7));
	BY(0, give_list("a/b/d", 7, 7, 6));
	BY(0, chmod("a/b/d", 0710));
	BY(0, chmod("a/b/d", 0700));
	BY(0, chmod("a/b/d", 0770));
	BY(0, chown("a/b/d", 0, 50));
	BY(0, drop_list("a/b/d"));
	BY(0, give_list("a/b", 1000, 1, 7));
	BY(0, give_list("a/b", 1000, 4, 7));
	BY(0, give_list("a/b", 1000, 1, 1));
	BY(0, give_list("a/b", 50, 1, 1));
	BY(0, chown("a/b", 7, 0));
	BY(0, drop_list("a/b"), chmod("a/b", 0755));
	end_users();
}

CASE(perm_root_way_renamed)
{
	make_tree();
	start_users();
	BY(0, );
	BY(0, rename("a/b", "a/gone"), rename("a/c", "a/b"));
	BY(0, chown("a/b/d", 7, 50));
	BY(0, rename("a/b", "a/c"), rename("a/gone", "a/b"));
	BY(0, SYSCALL(SYS_renameat2, AT_FDCWD, "a/b", AT_FDCWD, "a/c", 2 /* RENAME_EXCHANGE */));
	BY(0, chmod("a/c/d", 0));
	BY(0, SYSCALL(SYS_renameat2, AT_FDCWD, "a/b", AT_FDCWD, "a/c", 2));
	BY(0, fchmod(open("a/b/d", O_RDONLY), 0711));
	BY(0, fchown(open("a/b/d", O_RDONLY), 7, 7), fchmod(open("a/b/d", O_RDONLY), 0700));
	BY(0, rename("a/b/d", "a/old"), mkdir("a/b/d", 0700), put("a/b/d/f", "new"));
	BY(0, chown("a/b/d", 1000, 1000));
	BY(0, unlink("a/b/d/f"), rmdir("a/b/d"), mkdir("a/b/d", 0700), put("a/b/d/f", "new"));
	BY(0, rename("a/b/d", "a/dir"), rename("a/old", "a/b/d"));
	BY(0, chmod("a/dir", 0755), rename("a/b/d", "a/old"), symlink("../dir", "a/b/d"));
	BY(0, chmod("a/dir", 0700));
	BY(0, unlink("a/l"), symlink("c", "a/l"), chmod("a/c/d", 0755));
	end_users();
}

/* Nobody but root comes to anything by an absolute path, links of procfs included. */
CASE(perm_root_closed_root)
{
	static const mode_t mode[] = {0755, 0700, 0711, 0750, 0644, 0755};
	static const char *const link[] = {
		"cwd", "root", "exe", "fd/0", "fd/7", "fd/00", "fd/", "fd"};
	char text[100], path[32];
	struct stat st;

	put("f", "x");
	for (size_t i = 0; i < COUNT(mode); i++) {
		R(chmod("/", mode[i]));
		for (unsigned uid = 0; uid < 2000; uid += 1000)
			CHILD("asker") {
				say("%d, %o:", uid, mode[i]);
				become(uid, uid);
				for (int twice = 0; twice < 2; twice++) {
					say_long(stat("/t", &st));
					say_long(stat("/t/f", &st));
					say_long(stat("f", &st));
					say_long(access("/t", F_OK));
					say_fd(open("/t/f", O_RDONLY));
					for (size_t l = 0; l < COUNT(link); l++) {
						snprintf(path, sizeof(path), "/proc/self/%s",
							link[l]);
						const long n =
							readlink(path, text, sizeof(text) - 1);
						text[n < 0 ? 0 : n] = 0;
						say(" %s", n < 0 ? errno_name(errno) : text);
					}
				}
				say("\n");
			}
	}
}

/* The process itself becomes another, and comes back. */
CASE(perm_root_way_of_another)
{
	static const unsigned list[] = {50};
	int d;

	make_tree();
	d = open("a/b/d", O_RDONLY | O_DIRECTORY);
	chmod("a/b/d", 0710);
#define AS(...)                                                                                    \
	do {                                                                                       \
		say("%s\n", #__VA_ARGS__);                                                         \
		__VA_ARGS__;                                                                       \
		for (int i = 0; i < 2; i++) {                                                      \
			ask_all(d, "a/b/d/");                                                      \
			say("\n");                                                                 \
			chdir("/t");                                                               \
		}                                                                                  \
	} while (0)
	CHILD("many") {
		AS(SYSCALL(SYS_setgroups, 0, NULL));
		AS(SYSCALL(SYS_setresuid, -1, 7, -1));
		AS(SYSCALL(SYS_setresgid, -1, 50, -1));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1), SYSCALL(SYS_setresgid, -1, 50, -1),
			SYSCALL(SYS_setresuid, -1, 7, -1));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1), SYSCALL(SYS_setresgid, -1, 8, -1),
			SYSCALL(SYS_setresuid, -1, 7, -1));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1), SYSCALL(SYS_setgroups, 1, list),
			SYSCALL(SYS_setresuid, -1, 7, -1));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1), SYSCALL(SYS_setgroups, 0, NULL),
			SYSCALL(SYS_setresuid, -1, 7, -1));
		AS(SYSCALL(SYS_setfsuid, 1000));
		AS(SYSCALL(SYS_setfsuid, 7));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1), SYSCALL(SYS_setfsuid, 1000));
		AS(SYSCALL(SYS_setfsgid, 50), SYSCALL(SYS_setfsuid, 7));
		AS(SYSCALL(SYS_setfsuid, 0));
		/* Real and effective ids: access(2) asks for the real ones. */
		AS(SYSCALL(SYS_setresgid, 8, 8, 8), SYSCALL(SYS_setresuid, 7, 1000, 0));
		AS(SYSCALL(SYS_setresuid, 1000, 7, 0));
		AS(SYSCALL(SYS_setresuid, -1, 0, -1));
		AS(SYSCALL(SYS_setresuid, 7, 7, 7));
	}
}
