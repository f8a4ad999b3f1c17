/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_acl.c - tests access control lists (acl(5)): named users and groups, the mask, default
 * lists that new files inherit, valid and invalid lists.
 */
#include "twin.h"

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define NONE ((unsigned)-1)

enum { UO = 1, U = 2, GO = 4, G = 8, M = 16, O = 32 };

struct entry {
	unsigned short tag, perm;
	unsigned id;
};
struct list {
	unsigned version;
	struct entry e[12];
};

static unsigned size_of(unsigned count)
{
	return 4 + count * (unsigned)sizeof(struct entry);
}

/* A list from tag, permissions, id; ends with tag 0. */
static unsigned fill_list(struct list *l, const unsigned *from)
{
	unsigned n = 0;

	l->version = 2;
	for (; from[0]; from += 3, n++)
		l->e[n] = (struct entry){(unsigned short)from[0], (unsigned short)from[1], from[2]};
	return size_of(n);
}
#define LIST(...) ((const unsigned[]){__VA_ARGS__, 0})

static long give(const char *path, const char *name, const unsigned *from)
{
	struct list l;
	const unsigned size = fill_list(&l, from);

	return setxattr(path, name, &l, size, 0);
}

static void show_list(const char *path, const char *name)
{
	struct list l;
	const long n = getxattr(path, name, &l, sizeof(l));

	if (n < 0) {
		say("%s %s: %e\n", path, name, errno);
		return;
	}
	say("%s %s:", path, name);
	for (long i = 0; i < (n - 4) / 8; i++)
		say(" %u:%d:%u", l.e[i].tag, l.e[i].id == NONE ? -1 : (int)l.e[i].id, l.e[i].perm);
	say("\n");
}

static void show_all(const char *path)
{
	struct stat st;

	R(lstat(path, &st));
	say("%s: %o %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid);
	show_list(path, ACCESS);
	show_list(path, DEFAULT);
}

static void become(unsigned uid, unsigned gid, unsigned count, const unsigned *groups)
{
	SYSCALL(SYS_setgroups, count, groups);
	SYSCALL(SYS_setresgid, gid, gid, gid);
	SYSCALL(SYS_setresuid, uid, uid, uid);
}

/* What may it do with each file? */
static void ask(const char *const *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int r = open(files[i], O_RDONLY), w = open(files[i], O_WRONLY),
			  rw = open(files[i], O_RDWR);

		say("%s: read %s write %s both %s; access r %d w %d x %d\n", files[i],
			r < 0 ? "no" : "yes", w < 0 ? "no" : "yes", rw < 0 ? "no" : "yes",
			access(files[i], R_OK), access(files[i], W_OK), access(files[i], X_OK));
		close(r);
		close(w);
		close(rw);
	}
}

CASE(acl_root_decides)
{
	static const char *const files[] = {
		"named", "masked", "group", "two", "denied", "owner", "plain", "nogroup"};
	static const unsigned list[] = {50, 60}, one[] = {60};

	for (size_t i = 0; i < COUNT(files); i++) {
		put(files[i], "x");
		R(chown(files[i], 500, 50));
	}
	R(give("named", ACCESS,
		LIST(UO, 6, NONE, U, 6, 1000, GO, 0, NONE, M, 7, NONE, O, 0, NONE)));
	R(give("masked", ACCESS,
		LIST(UO, 7, NONE, U, 7, 1000, GO, 7, NONE, G, 6, 60, M, 4, NONE, O, 7, NONE)));
	R(give("group", ACCESS, LIST(UO, 6, NONE, GO, 4, NONE, G, 2, 60, M, 6, NONE, O, 0, NONE)));
	R(give("two", ACCESS,
		LIST(UO, 6, NONE, U, 1, 1000, U, 4, 1001, GO, 4, NONE, G, 7, 60, M, 7, NONE, O, 1,
			NONE)));
	R(give("denied", ACCESS,
		LIST(UO, 6, NONE, U, 0, 1000, GO, 0, NONE, M, 7, NONE, O, 7, NONE)));
	R(give("owner", ACCESS, LIST(UO, 0, NONE, U, 7, 500, GO, 7, NONE, M, 7, NONE, O, 7, NONE)));
	R(give("plain", ACCESS, LIST(UO, 6, NONE, GO, 4, NONE, O, 2, NONE)));
	R(give("nogroup", ACCESS,
		LIST(UO, 6, NONE, U, 7, 1000, GO, 0, NONE, M, 0, NONE, O, 4, NONE)));
	for (size_t i = 0; i < COUNT(files); i++)
		show_all(files[i]);
	CHILD("1000, no group") {
		become(1000, 1000, 0, NULL);
		ask(files, COUNT(files));
	}
	CHILD("1001") {
		become(1001, 1001, 0, NULL);
		ask(files, COUNT(files));
	}
	CHILD("1002 of 50 and 60") {
		become(1002, 1002, 2, list);
		ask(files, COUNT(files));
	}
	CHILD("1002 of 60") {
		become(1002, 1002, 1, one);
		ask(files, COUNT(files));
	}
	CHILD("1002 with gid 50") {
		become(1002, 50, 0, NULL);
		ask(files, COUNT(files));
	}
	CHILD("the owner") {
		become(500, 1, 0, NULL);
		ask(files, COUNT(files));
	}
	ask(files, COUNT(files));
}

/* chmod changes the mask; others than the owner may not change a list. */
CASE(acl_root_chmod)
{
	static const char *const files[] = {"f", "m"};

	put("f", "x");
	put("m", "x");
	R(give("f", ACCESS, LIST(UO, 6, NONE, U, 6, 1000, GO, 4, NONE, M, 6, NONE, O, 0, NONE)));
	R(chmod("f", 0640));
	show_all("f");
	R(chmod("f", 04617));
	show_all("f");
	CHILD("masked to x") {
		become(1000, 1000, 0, NULL);
		ask(files, 1);
		R(give("f", ACCESS, LIST(UO, 7, NONE, GO, 7, NONE, O, 7, NONE)));
		R(removexattr("f", ACCESS));
		show_list("f", ACCESS);
	}
	R(chmod("f", 0660));
	CHILD("unmasked") {
		become(1000, 1000, 0, NULL);
		ask(files, 1);
	}
	R(chown("f", 1000, 7));
	R(give("f", ACCESS, LIST(UO, 4, NONE, U, 6, 1001, GO, 4, NONE, M, 6, NONE, O, 0, NONE)));
	CHILD("its owner") {
		become(1000, 1000, 0, NULL);
		R(give("f", ACCESS,
			LIST(UO, 7, NONE, U, 7, 0, GO, 7, NONE, M, 5, NONE, O, 7, NONE)));
		show_all("f");
		R(chmod("f", 0600));
		show_all("f");
		R(removexattr("f", ACCESS));
		show_all("f");
		R(removexattr("f", ACCESS));
	}
	/* The set-group-id bit of a group that the owner is not in. */
	R(chown("m", 1000, 7));
	CHILD("not of the group") {
		become(1000, 1000, 0, NULL);
		R(chmod("m", 02755));
		show_all("m");
	}
	R(chmod("m", 06755));
	CHILD("nor by a list") {
		become(1000, 1000, 0, NULL);
		R(give("m", ACCESS,
			LIST(UO, 7, NONE, U, 7, 5, GO, 7, NONE, M, 5, NONE, O, 7, NONE)));
		show_all("m");
	}
}

CASE(acl_root_what_is_a_list)
{
	struct list l;
	unsigned n = fill_list(&l, LIST(UO, 6, NONE, GO, 4, NONE, O, 4, NONE));

	put("f", "x");
	R(mkdir("d", 0755));
	R(symlink("f", "s"));
	R(setxattr("f", ACCESS, &l, n, 0));
	R(setxattr("f", ACCESS, &l, n - 1, 0));
	R(setxattr("f", ACCESS, &l, 3, 0));
	R(setxattr("f", ACCESS, &l, 4, 0));
	R(setxattr("f", ACCESS, "", 0, 0));
	R(setxattr("d", DEFAULT, "", 0, 0));
	R(setxattr("f", DEFAULT, &l, n, 0));
	R(lsetxattr("s", ACCESS, &l, n, 0));
	R(lgetxattr("s", ACCESS, &l, n));
	R(lremovexattr("s", ACCESS));
	l.version = 1;
	R(setxattr("f", ACCESS, &l, n, 0));
	R(give("f", ACCESS, LIST(UO, 6, NONE, GO, 4, NONE)));
	R(give("f", ACCESS, LIST(GO, 4, NONE, UO, 6, NONE, O, 4, NONE)));
	R(give("f", ACCESS, LIST(UO, 6, NONE, U, 4, 5, GO, 4, NONE, O, 4, NONE)));
	R(give("f", ACCESS, LIST(UO, 8, NONE, GO, 4, NONE, O, 4, NONE)));
	R(give("f", ACCESS, LIST(UO, 6, NONE, UO, 6, NONE, GO, 4, NONE, O, 4, NONE)));
	R(give("f", ACCESS, LIST(UO, 6, NONE, U, 4, NONE, GO, 4, NONE, M, 4, NONE, O, 4, NONE)));
	R(give("f", ACCESS, LIST(3, 6, NONE, GO, 4, NONE, O, 4, NONE)));
	R(give("f", ACCESS,
		LIST(UO, 6, NONE, U, 4, 5, U, 4, 5, GO, 4, NONE, M, 4, NONE, O, 4, NONE)));
	show_all("f");
	R(give("f", ACCESS, LIST(UO, 6, NONE, GO, 4, NONE, M, 2, NONE, O, 4, NONE)));
	show_all("f");
	R(getxattr("f", ACCESS, &l, 0));
	R(getxattr("f", ACCESS, &l, 10));
	R(removexattr("f", ACCESS));
	R(removexattr("f", ACCESS));
	R(removexattr("f", DEFAULT));
	R(removexattr("d", DEFAULT));
	show_all("f");
}

/* A directory hands its default list down to all that is made in it. */
CASE(acl_root_handed_down)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "d/socket"};
	struct stat st;
	int fd;

	R(mkdir("d", 0755));
	R(give("d", DEFAULT,
		LIST(UO, 7, NONE, U, 7, 1000, GO, 5, NONE, G, 6, 60, M, 7, NONE, O, 1, NONE)));
	show_all("d");
	umask(077);
	fd = open("d/f", O_CREAT | O_WRONLY, 0666);
	close(fd);
	show_all("d/f");
	fd = open("d/x", O_CREAT | O_WRONLY, 0751);
	close(fd);
	show_all("d/x");
	R(mkdir("d/sub", 0777));
	show_all("d/sub");
	R(mkdir("d/sub/deeper", 0700));
	show_all("d/sub/deeper");
	R(mkfifo("d/fifo", 0666));
	show_all("d/fifo");
	R(mknod("d/device", S_IFCHR | 0660, 0x103));
	show_all("d/device");
	R(symlink("f", "d/link"));
	R(lstat("d/link", &st));
	say("%o\n", st.st_mode);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	R(bind(fd, (struct sockaddr *)&un, sizeof(un)));
	close(fd);
	show_all("d/socket");
	fd = open("d", O_TMPFILE | O_RDWR, 0666);
	R(fstat(fd, &st));
	say("nameless %o\n", st.st_mode);
	R(linkat(fd, "", AT_FDCWD, "d/named", AT_EMPTY_PATH));
	close(fd);
	show_all("d/named");
	CHILD("a user makes some") {
		R(chmod("d", 0777));
		become(1001, 60, 0, NULL);
		R(mkdir("d/his", 0777));
		show_all("d/his");
		put("d/his/f", "x");
		show_all("d/his/f");
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		R(chdir("d/his"));
		umask(007);
		strcpy(un.sun_path, "socket");
		R(bind(fd, (struct sockaddr *)&un, sizeof(un)));
		show_all("socket");
	}
	CHILD("and another") {
		static const char *const files[] = {"d/his/f", "d/f", "d/x"};

		become(1000, 1000, 0, NULL);
		ask(files, COUNT(files));
		put("d/his/g", "x");
		show_all("d/his/g");
	}
	/* Without names it is a mode, and replaces the umask. */
	R(mkdir("p", 0755));
	R(give("p", DEFAULT, LIST(UO, 7, NONE, GO, 4, NONE, O, 4, NONE)));
	put("p/f", "x");
	show_all("p/f");
	R(mkdir("p/sub", 0777));
	show_all("p/sub");
	R(rename("d/f", "p/moved"));
	show_all("p/moved");
	R(removexattr("d", DEFAULT));
	put("d/after", "x");
	show_all("d/after");
}

/* Directories on the way: a list may deny what the mode allows, and the other way round. */
CASE(acl_root_search)
{
	static const char *const files[] = {"closed/f", "open/f"};

	for (int i = 0; i < 2; i++) {
		R(mkdir(i ? "open" : "closed", i ? 0700 : 0755));
		put(files[i], "x");
	}
	CHILD("by the modes") {
		become(1000, 1000, 0, NULL);
		ask(files, 2);
	}
	R(give("closed", ACCESS,
		LIST(UO, 7, NONE, U, 0, 1000, GO, 5, NONE, M, 5, NONE, O, 5, NONE)));
	R(give("open", ACCESS, LIST(UO, 7, NONE, U, 5, 1000, GO, 0, NONE, M, 5, NONE, O, 0, NONE)));
	CHILD("by the lists") {
		become(1000, 1000, 0, NULL);
		ask(files, 2);
		R(mkdir("open/new", 0755));
		R(unlink("open/f"));
		R(chdir("closed"));
		R(chdir("open"));
	}
	R(give("open", ACCESS, LIST(UO, 7, NONE, U, 7, 1000, GO, 0, NONE, M, 7, NONE, O, 0, NONE)));
	CHILD("and may write") {
		become(1000, 1000, 0, NULL);
		R(mkdir("open/new", 0755));
		R(rename("open/f", "open/new/f"));
		R(rename("open/new/f", "closed/g"));
	}
	tree("/t");
}

/* A whiteout is made in its directory like any node: with its group and its default list. */
CASE(acl_root_whiteout)
{
	static const unsigned modes[] = {0755, 02775};

	for (size_t i = 0; i < COUNT(modes); i++)
		for (int listed = 0; listed < 2; listed++) {
			say("%o, list %d\n", modes[i], listed);
			mkdir("d", 0755);
			chown("d", 1000, 1001);
			chmod("d", modes[i]);
			if (listed)
				R(give("d", DEFAULT,
					LIST(UO, 7, NONE, U, 6, 1002, GO, 5, NONE, M, 7, NONE, O, 4,
						NONE)));
			put("d/f", "x");
			put("d/g", "y");
			R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/f", AT_FDCWD, "h", 4));
			show_all("d/f");
			show_all("h");
			R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/g", AT_FDCWD, "d/i", 5));
			show_all("d/g");
			R(SYSCALL(SYS_renameat2, AT_FDCWD, "h", AT_FDCWD, "d/f", 4));
			show_all("h");
			show_all("d/f");
			CHILD("1000") {
				become(1000, 1000, 0, NULL);
				R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/i", AT_FDCWD, "d/k", 4));
				show_all("d/i");
			}
			unlink("d/f");
			unlink("d/g");
			unlink("d/i");
			unlink("d/k");
			unlink("h");
			R(rmdir("d"));
		}
}
