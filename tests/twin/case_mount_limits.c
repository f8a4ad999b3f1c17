/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount_limits.c - tests nosuid, nodev and noexec of mounts.
 */
#include "case_mount.h"

TOOL(mount_limits_ids)
{
	struct {
		unsigned version;
		int pid;
	} head = {0x20080522, 0};
	unsigned data[6] = {0};

	SYSCALL(SYS_capget, &head, data);
	say("euid %d egid %d secure %ld, raw sockets %d\n", (int)geteuid(), (int)getegid(),
		(long)getauxval(AT_SECURE), data[0] >> 13 & 1);
}

static void fill_dir(void)
{
	/* cap_net_raw=ep: struct vfs_cap_data, revision 2 */
	static const unsigned char cap[20] = {1, 0, 0, 2, 0, 0x20};

	put_self("b/prog");
	put_self("b/setuid");
	chown("b/setuid", 1000, 1001);
	chmod("b/setuid", 06755);
	put_self("b/cap");
	R(setxattr("b/cap", "security.capability", cap, sizeof(cap), 0));
	put("b/script", "");
	{
		char text[200] = "#!";

		strcat(strcat(text, twin_self), " @mount_limits_ids\n");
		put_mode("b/script", text, 0755);
	}
	put_mode("script", "#!/t/b/prog @mount_limits_ids\n", 0755);
	mknod("b/null", S_IFCHR | 0666, 0x103);
	chmod("b/null", 0666);
	mknod("b/disk", S_IFBLK | 0600, 0x7fff);
	mknod("b/fifo", S_IFIFO | 0600, 0);
	symlink("null", "b/link");
}

static void run(const char *path, int by_descriptor)
{
	CHILD(path) {
		char *args[] = {(char *)path, (char *)"@mount_limits_ids", NULL};

		SYSCALL(SYS_setgroups, 0, NULL);
		SYSCALL(SYS_setresgid, 7, 7, 7);
		SYSCALL(SYS_setresuid, 7, 7, 7);
		if (by_descriptor)
			SYSCALL(SYS_execveat, open(path, O_RDONLY), "", args, environ,
				AT_EMPTY_PATH);
		else
			execve(path, args, environ);
		say("%s: %e\n", path, errno);
	}
}

static void try_all(void)
{
	static const char *const files[] = {
		"b/prog", "b/setuid", "b/cap", "b/script", "script", "/t/b/prog", "b/../b/prog"};
	static const char *const devices[] = {"b/null", "b/disk", "b/link", "b/fifo", "/t/b/null"};

	for (size_t i = 0; i < COUNT(files); i++) {
		run(files[i], 0);
		say("%s: X %s R %s\n", files[i], access(files[i], X_OK) ? errno_name(errno) : "ok",
			access(files[i], R_OK) ? errno_name(errno) : "ok");
	}
	R(access("b", X_OK));
	for (size_t i = 0; i < COUNT(devices); i++) {
		static const int flags[] = {O_RDONLY | O_NONBLOCK, O_PATH,
			O_WRONLY | O_CREAT | O_NONBLOCK, O_WRONLY | O_CREAT | O_EXCL};

		for (size_t f = 0; f < COUNT(flags); f++) {
			const int fd = open(devices[i], flags[f], 0600);

			say(" %s", fd < 0 ? errno_name(errno) : "ok");
			close(fd);
		}
		say(" %s\n", devices[i]);
	}
}

static const unsigned long limits[] = {
	0, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOSUID | MS_NODEV | MS_NOEXEC, MS_NOSUID | MS_NODEV};

CASE(mount_root_limits_bind)
{
	make_dirs();
	BIND("a", "b");
	fill_dir();
	for (size_t i = 0; i < COUNT(limits); i++) {
		say("%lx: ", limits[i]);
		R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | limits[i], NULL));
		try_all();
		run("a/setuid", 0); /* the same file elsewhere */
	}
	R(umount2("b", 0));
}

CASE(mount_root_limits_tmpfs)
{
	make_dirs();
	for (size_t i = 0; i < COUNT(limits); i++) {
		say("%lx: ", limits[i]);
		R(mount("none", "b", "tmpfs", limits[i], NULL));
		fill_dir();
		try_all();
		run("b/prog", 1);
		run("b/setuid", 1);
		R(umount2("b", 0));
	}
}

/* A name that ends in a slash is refused before a read-only mount, and before a link to another mount. */
CASE(mount_root_limits_slash)
{
	make_dirs();
	mkdir("a/dir", 0755);
	put("a/file", "x");
	put("file", "x");
	BIND("a", "b");
	R(link("file", "b/new/"));
	R(link("file", "b/dir/"));
	R(link("file", "b/new"));
	R(rename("file", "b/new/"));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	R(mknod("b/new/", S_IFIFO | 0600, 0));
	R(mknod("b/dir/", S_IFIFO | 0600, 0));
	R(mknod("b/new", S_IFIFO | 0600, 0));
	R(symlink("x", "b/new/"));
	R(link("b/file", "b/new/"));
	R(link("b/file", "b/dir/"));
	R(link("file", "b/new/"));
	R(link("file", "b/new"));
	R(mkdir("b/new/", 0755));
	R(rename("b/file", "b/new/"));
	R(umount2("b", 0));
}

/* What is bound is removed: its mount point can still be unmounted, once, and is what it was before. */
CASE(mount_root_bound_removed)
{
	make_dirs();
	put("b/below", "x");
	put("file", "y");
	put("source", "z");
	mkdir("gone", 0755);
	BIND("gone", "b");
	R(rmdir("gone"));
	R(umount2("b", 0));
	R(umount2("b", 0));
	R(access("b/below", F_OK));
	R(mount("source", "file", NULL, MS_BIND, NULL));
	R(unlink("source"));
	R(umount2("file", UMOUNT_NOFOLLOW));
	R(umount2("file", UMOUNT_NOFOLLOW));
	R(unlink("file"));
	mkdir("a/sub", 0755);
	BIND("a/sub", "b");
	R(rename("a/sub", "a/other"));
	R(umount2("b/", MNT_DETACH));
	R(umount2("b/", MNT_DETACH));
	R(access("b/below", F_OK));
}
