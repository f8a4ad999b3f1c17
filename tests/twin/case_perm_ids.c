/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_perm_ids.c - tests which ids decide about root's files: the effective ones, or for
 * access(2) the real ones; and how one or two capabilities change that. */
#include "case_perm.h"

/* Of the effective ids, but for access(2), which asks for the real ones. */
CASE(perm_root_access)
{
	static const struct {
		unsigned r, e;
	} ids[] = {{0, 0}, {0, 1000}, {1000, 0}, {1000, 2000}, {2000, 1000}};

	put_mode("f", "x", 0600);
	put_mode("f1000", "x", 0600);
	put_mode("run", "x", 0100);
	chown("f1000", 1000, 1000);
	for (size_t i = 0; i < COUNT(ids); i++)
		CHILD("as") {
			SYSCALL(SYS_setgroups, 0, NULL);
			SYSCALL(SYS_setresuid, ids[i].r, ids[i].e, NONE);
			say("%u %u\n", ids[i].r, ids[i].e);
			R(access("f", R_OK));
			R(access("f1000", R_OK));
			R(access("run", X_OK));
			R(access("f", X_OK));
			R(sys_faccessat2(AT_FDCWD, "f", R_OK, AT_EACCESS));
			R(sys_faccessat2(AT_FDCWD, "f1000", R_OK, AT_EACCESS));
			R(opens("f", O_RDONLY));
			R(opens("f1000", O_RDONLY));
			R(access("missing", R_OK));
		}
}

static void keep(unsigned long caps, unsigned uid)
{
	unsigned header[2] = {0x20080522, 0};
	unsigned data[6] = {(unsigned)caps, (unsigned)caps, 0, (unsigned)(caps >> 32),
		(unsigned)(caps >> 32), 0};

	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	become(uid, uid);
	SYSCALL(SYS_capset, header, data);
}

/* A user with one capability, and root without. */
CASE(perm_root_capabilities)
{
	static const int caps[] = {0 /* CHOWN */, 1 /* DAC_OVERRIDE */, 2 /* DAC_READ_SEARCH */,
		3 /* FOWNER */, 18 /* SYS_CHROOT */, 27 /* MKNOD */, 31 /* SETFCAP */};

	put_mode("f", "x", 0600);
	put_mode("none", "x", 0);
	mkdir("d", 0700);
	put_mode("d/f", "x", 0644);
	mkdir("open", 0777);
	chmod("open", 0777);
	for (size_t i = 0; i <= COUNT(caps); i++)
		for (unsigned uid = 0; uid < 1001; uid += 1000)
			CHILD("user") {
				keep(i == COUNT(caps) ? 0 : 1UL << caps[i], uid);
				say("capability %d uid %u\n", i == COUNT(caps) ? -1 : caps[i], uid);
				R(opens("f", O_RDONLY));
				R(opens("f", O_WRONLY));
				R(opens("none", O_RDONLY));
				R(opens("d", O_RDONLY));
				R(opens("d/f", O_RDONLY));
				R(opens("d/new", O_WRONLY | O_CREAT));
				R(unlink("d/new"));
				R(chmod("f", 0600));
				R(chown("f", 0, 0));
				R(chown("f", NONE, 3));
				R(chown("f", 0, 0));
				R(mknod("open/dev", S_IFCHR | 0600, 0x103));
				R(unlink("open/dev"));
				R(chroot("open"));
			}
}

CASE(perm_root_sockets)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "socket"},
			   closed = {.sun_family = AF_UNIX, .sun_path = "new"};
	const int s = socket(AF_UNIX, SOCK_STREAM, 0), d = socket(AF_UNIX, SOCK_DGRAM, 0);
	static const mode_t modes[] = {0777, 0755, 0733};

	bind(s, (struct sockaddr *)&a, sizeof(a));
	listen(s, 8);
	for (size_t i = 0; i < COUNT(modes); i++) {
		chmod("socket", modes[i]);
		CHILD("user") {
			become(7, 7);
			say("%o\n", modes[i]);
			R(connect(
				socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)));
			R(sendto(d, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)));
			R(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&closed,
				sizeof(closed)));
			R(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)));
		}
	}
}
