/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_id.c - tests the ids of a process after set*id, groups and capabilities, as root; and
 * set-user-id programs.
 */
#include "twin.h"

static void ids(const char *what)
{
	unsigned r = 0, e = 0, s = 0;
	unsigned groups[64];

	SYSCALL(SYS_getresuid, &r, &e, &s);
	say("%s: uid %u %u %u", what, r, e, s);
	SYSCALL(SYS_getresgid, &r, &e, &s);
	say(" gid %u %u %u groups", r, e, s);
	long n = SYSCALL(SYS_getgroups, 64, groups);
	for (long i = 0; i < n; i++)
		say(" %u", groups[i]);
	say("\n");
}

TOOL(ids)
{
	ids("program");
	say("AT_UID %ld AT_EUID %ld AT_SECURE %ld\n", getauxval(AT_UID), getauxval(AT_EUID),
		getauxval(AT_SECURE));
}

CASE(id_root)
{
	static const unsigned some[] = {5, 100, 1000};

	SYSCALL(SYS_setgroups, 0, NULL); /* whoever starts the reference may have some */
	ids("start");
	CHILD("setuid") {
		R(SYSCALL(SYS_setgroups, 3, some));
		R(SYSCALL(SYS_setgid, 1001));
		R(SYSCALL(SYS_setuid, 1000));
		ids("dropped");
		R(SYSCALL(SYS_setuid, 0));
		R(SYSCALL(SYS_setgroups, 0, NULL));
		R(SYSCALL(SYS_setuid, 1000));
		R(chroot("/t"));
		put("/tmp/file-of-1000", "x");
		struct stat st;
		R(stat("/tmp/file-of-1000", &st));
		say("owner %d group %d\n", (int)st.st_uid, (int)st.st_gid);
		R(unlink("/tmp/file-of-1000"));
		R(open("/t/denied", O_CREAT | O_WRONLY, 0600));
		R(open("/etc/passwd", O_RDONLY));
		R(open("/etc/passwd", O_WRONLY));
		R(kill(getpid(), 0));
		CHILD("exec")
			R(execve(twin_self, ARGV("x", "@ids"), environ));
	}
	CHILD("setresuid") {
		R(SYSCALL(SYS_setresuid, 1, 2, 3));
		ids("three");
		R(SYSCALL(SYS_setreuid, 3, 1));
		ids("set");
		R(SYSCALL(SYS_setresuid, 0, -1, -1));
		R(SYSCALL(SYS_setresuid, -1, 3, -1));
		ids("back");
	}
	CHILD("temporarily") {
		R(SYSCALL(SYS_setresuid, -1, 1000, -1));
		R(SYSCALL(SYS_setresuid, -1, 0, -1));
		ids("root again");
		R(SYSCALL(SYS_setresgid, 7, 8, 9));
		R(SYSCALL(SYS_setregid, 9, -1));
		ids("groups");
		R(SYSCALL(SYS_setfsuid, 5));
		R(SYSCALL(SYS_setfsuid, -1));
	}
	R(SYSCALL(SYS_setgroups, -1, NULL));
	R(SYSCALL(SYS_setgroups, 3, 8));
	R(SYSCALL(SYS_getgroups, 1, NULL));
}

/* Files that a dropped process may and may not touch. */
CASE(id_root_permissions)
{
	put_mode("secret", "s", 0600);
	put_mode("group", "g", 0640);
	put_mode("all", "a", 0644);
	R(chown("group", 0, 1000));
	mkdir("closed", 0700);
	put("closed/in", "x");
	mkdir("sticky", 0777);
	R(chmod("sticky", 01777));
	put_mode("sticky/mine", "x", 0666);
	mkdir("open", 0777);
	R(chmod("open", 0777));
	put_mode("open/theirs", "x", 0600);
	R(chmod("/t", 0755));
	CHILD("user 1000") {
		SYSCALL(SYS_setgroups, 0, NULL);
		R(SYSCALL(SYS_setresgid, 1000, 1000, 1000));
		R(SYSCALL(SYS_setresuid, 1000, 1000, 1000));
		show("secret");
		show("group");
		show("all");
		R(open("group", O_WRONLY));
		R(access("closed/in", F_OK));
		R(chdir("closed"));
		R(unlink("sticky/mine"));
		R(rename("sticky/mine", "sticky/x"));
		R(unlink("open/theirs"));
		R(chmod("all", 0666));
		R(chown("all", 1000, -1));
		R(mkdir("new", 0755));
		R(mkdir("open/new", 0755));
		R(truncate("all", 0));
		R(utimensat(AT_FDCWD, "all", NULL, 0));
		R(link("secret", "open/link"));
		R(mknod("open/null", S_IFCHR | 0666, 0x103));
	}
	tree("/t");
}

CASE(id_root_setuid_program)
{
	put_self("program");
	R(chown("program", 1000, 1001));
	R(chmod("program", 06755));
	SYSCALL(SYS_setgroups, 0, NULL);
	CHILD("as root")
		R(execve("program", ARGV("x", "@ids"), environ));
	CHILD("as 2000") {
		SYSCALL(SYS_setgroups, 0, NULL);
		SYSCALL(SYS_setresgid, 2000, 2000, 2000);
		SYSCALL(SYS_setresuid, 2000, 2000, 2000);
		R(execve("program", ARGV("x", "@ids"), environ));
	}
	CHILD("as 2000, without new privileges") {
		SYSCALL(SYS_setgroups, 0, NULL);
		SYSCALL(SYS_setresgid, 2000, 2000, 2000);
		SYSCALL(SYS_setresuid, 2000, 2000, 2000);
		R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		R(execve("program", ARGV("x", "@ids"), environ));
	}
	R(chown("program", 0, 0));
	R(chmod("program", 04755));
	CHILD("root's, as 2000") {
		SYSCALL(SYS_setresuid, 2000, 2000, 2000);
		R(execve("program", ARGV("x", "@ids"), environ));
	}
}

CASE(id_user)
{
	say("root %d\n", geteuid() == 0);
	R(SYSCALL(SYS_setuid, geteuid()));
	R(SYSCALL(SYS_setuid, 0));
	R(SYSCALL(SYS_setgid, 0));
	R(SYSCALL(SYS_setresuid, -1, 0, -1));
	R(SYSCALL(SYS_setgroups, 0, NULL));
	R(SYSCALL(SYS_getgroups, 0, NULL));
	put("f", "x");
	R(chown("f", geteuid(), -1));
	R(chown("f", geteuid() + 1, -1));
	R(mkdir("/proc/x", 0755));
	R(kill(1, 0));
	R(chmod("/proc", 0777));
	show("/etc/passwd");
	tree("/t");
}

CASE(id_root_capabilities)
{
	struct {
		unsigned version;
		int pid;
	} header = {0x20080522, 0};
	unsigned data[6] = {0};

	R(SYSCALL(SYS_capget, &header, data));
	say("chown %u dac %u chroot %u\n", data[0] & 1, data[0] >> 1 & 1, data[0] >> 18 & 1);
	header.version = 1;
	R(SYSCALL(SYS_capget, &header, data));
	say("version %x\n", header.version);
	R(SYSCALL(SYS_capget, &header, NULL));
	data[0] &= ~1u;
	R(SYSCALL(SYS_capset, &header, data));
	R(SYSCALL(SYS_capget, &header, data));
	say("chown %u\n", data[0] & 1);
	put("f", "x");
	R(chown("f", 1, 1));
	R(prctl(PR_CAPBSET_READ, 0, 0, 0, 0));
}
