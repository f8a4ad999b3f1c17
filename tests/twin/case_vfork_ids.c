/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_vfork_ids.c - tests changes of ids and of mounts in a child that shares memory; and
 * posix_spawn(3), which makes such a child.
 */
#include "case_cred.h"
#include "case_vfork.h"

#ifndef TWIN_RAW
#include <spawn.h>
#endif

static void ids_prepare(void)
{
	SYSCALL(SYS_setgroups, 0, NULL); /* the jail begins with one */
	at_start = caps();
	put_mode("secret", "x", 0600);
}

static void ids_change(void)
{
	static const unsigned groups[] = {6, 5};

	R(SYSCALL(SYS_setgroups, 2, groups));
	R(SYSCALL(SYS_setresgid, 7, 8, 9));
	R(SYSCALL(SYS_setresuid, 5, 0, 7));
}

static void ids_change_again(void)
{
	R(SYSCALL(SYS_setgroups, 0, NULL));
	R(SYSCALL(SYS_setresgid, 10, 10, 10));
	R(SYSCALL(SYS_setresuid, 9, 9, 9));
}

static void ids_look(void)
{
	unsigned groups[40], u[3] = {0}, g[3] = {0};
	const long n = SYSCALL(SYS_getgroups, 40, groups);

	SYSCALL(SYS_getresuid, &u[0], &u[1], &u[2]);
	SYSCALL(SYS_getresgid, &g[0], &g[1], &g[2]);
	say("uid %d %d %d %ld gid %d %d %d %ld\n", u[0], u[1], u[2],
		(long)SYSCALL(SYS_setfsuid, NONE), g[0], g[1], g[2],
		(long)SYSCALL(SYS_setfsgid, NONE));
	say("uid %d %d gid %d %d\n", getuid(), geteuid(), getgid(), getegid());
	say("%ld groups:", n);
	for (long i = 0; i < n; i++)
		say(" %d", groups[i]);
	say("\n");
	R(access("/t/secret", R_OK));
	const int fd = open("/t/secret", O_RDONLY);
	R(fd < 0);
	if (fd >= 0)
		close(fd);
}

VFORK_KIND(ids) = {.prepare = ids_prepare,
	.change = ids_change,
	.change_again = ids_change_again,
	.look = ids_look};

CASE(vfork_root_ids)
{
	VFORK_WAYS(ids);
}

/* ---- capabilities ---- */

static void set_caps(unsigned long drop)
{
	unsigned header[2] = {0x20080522, 0}, data[6];

	SYSCALL(SYS_capget, header, data);
	data[0] &= ~(unsigned)drop;
	data[1] &= ~(unsigned)drop;
	R(SYSCALL(SYS_capset, header, data));
}

static void caps_change(void)
{
	set_caps(1UL << 0 | 1UL << 1 | 1UL << 2); /* CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH */
	R(prctl(PR_SET_KEEPCAPS, 1));
	R(prctl(PR_CAPBSET_DROP, 27, 0, 0, 0)); /* MKNOD */
}

static void caps_change_again(void)
{
	set_caps(1UL << 3);		     /* FOWNER */
	R(prctl(PR_SET_SECUREBITS, 1 << 2)); /* SECBIT_NO_SETUID_FIXUP */
}

static void caps_look(void)
{
	unsigned header[2] = {0x20080522, 0}, data[6];

	SYSCALL(SYS_capget, header, data);
	for (int cap = 0; cap < 4; cap++)
		say(" %d%d", data[0] >> cap & 1, data[1] >> cap & 1);
	say("\n");
	R(prctl(PR_GET_KEEPCAPS));
	R(prctl(PR_GET_SECUREBITS));
	R(prctl(PR_CAPBSET_READ, 27, 0, 0, 0));
	R(chown("/t/secret", 3, 3));
	R(chown("/t/secret", 0, 0));
}

VFORK_KIND(abilities) = {.prepare = ids_prepare,
	.change = caps_change,
	.change_again = caps_change_again,
	.look = caps_look};

CASE(vfork_root_capabilities)
{
	VFORK_WAYS(abilities);
}

/* ---- mounts ---- */

static void mounts_prepare(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	put("a/f", "in a");
	put("b/g", "in b");
}

static void own_mounts_change(void)
{
	R(unshare(CLONE_NEWNS));
	R(mount("/t/a", "/t/b", NULL, MS_BIND, NULL));
}

static void own_mounts_change_again(void)
{
	R(unshare(CLONE_NEWNS));
	R(mount("none", "/t/a", "tmpfs", 0, NULL));
}

static void mounts_look(void)
{
	R(access("/t/a/f", F_OK));
	R(access("/t/b/g", F_OK));
	R(access("/t/b/f", F_OK));
}

VFORK_KIND(own_mounts) = {.prepare = mounts_prepare,
	.change = own_mounts_change,
	.change_again = own_mounts_change_again,
	.look = mounts_look};

CASE(vfork_root_unshare_mounts)
{
	VFORK_WAYS(own_mounts);
}

static void mounts_change(void)
{
	R(mount("/t/a", "/t/b", NULL, MS_BIND, NULL));
}

static void mounts_change_again(void)
{
	R(mount("none", "/t/a", "tmpfs", 0, NULL));
}

static void mounts_undo(void)
{
	while (umount2("/t/a", 0) == 0)
		;
	while (umount2("/t/b", 0) == 0)
		;
}

VFORK_KIND(mounts) = {.prepare = mounts_prepare,
	.change = mounts_change,
	.change_again = mounts_change_again,
	.look = mounts_look,
	.undo = mounts_undo,
	.is_of_process = 1};

CASE(vfork_root_mount)
{
	VFORK_WAYS(mounts);
}

/* ---- posix_spawn ---- */

TOOL(spawned)
{
	char buf[PATH_MAX];

	say("%q leads its session %d, its group %d\n", getcwd(buf, sizeof(buf)),
		(int)SYSCALL(SYS_getsid, 0) == (int)getpid(),
		(int)SYSCALL(SYS_getpgid, 0) == (int)getpid());
	ids_look();
	show_handler(SIGUSR1, NULL);
	show_handler(SIGUSR2, NULL);
	show_handler(SIGSYS, NULL);
	show_handler(SIGSEGV, NULL);
}

CASE(vfork_root_spawn)
{
#ifndef TWIN_RAW
	static const int signals[] = {SIGUSR1, SIGUSR2, SIGSYS, SIGSEGV};
	posix_spawn_file_actions_t f;
	posix_spawnattr_t a;
	sigset_t s;
	pid_t pid;

	ids_prepare();
	mkdir("d", 0755);
	for (size_t i = 0; i < COUNT(signals); i++)
		signal(signals[i], SIG_IGN);
	ids_change();
	posix_spawnattr_init(&a);
	posix_spawn_file_actions_init(&f);
	posix_spawn_file_actions_addchdir_np(&f, "d");
	sigemptyset(&s);
	for (size_t i = 0; i <= COUNT(signals); i++) {
		say("%ld defaults\n", (long)i);
		posix_spawnattr_setsigdefault(&a, &s);
		posix_spawnattr_setsigmask(&a, &s);
		for (int flags = 0; flags < 4; flags++) {
			posix_spawnattr_setflags(
				&a, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
					    (flags & 1 ? POSIX_SPAWN_RESETIDS : 0) |
					    (flags & 2 ? 0x80 /* POSIX_SPAWN_SETSID */ : 0));
			const int e = posix_spawn(
				&pid, twin_self, &f, &a, ARGV("x", "@spawned"), environ);
			if (e)
				say("posix_spawn: %e\n", e);
			else
				reap("spawned", pid);
			R(access("d", F_OK));
			ids_look();
			for (size_t k = 0; k < COUNT(signals); k++)
				show_handler(signals[k], NULL);
		}
		if (i < COUNT(signals))
			sigaddset(&s, signals[i]);
	}
#endif
}
