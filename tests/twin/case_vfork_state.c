/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_vfork_state.c - tests changes of working directory, root, umask, filters, name and
 * descriptors in a child that shares memory.
 */
#include "case_vfork.h"

static void nothing(void)
{
}

/* ---- filters, no_new_privs ---- */

static int refuse(long nr, long other, int error)
{
	struct twin_filter code[] = {TWIN_BPF_LOAD(0), TWIN_BPF_IF((uint32_t)nr, 1, 0),
		TWIN_BPF_IF((uint32_t)other, 0, 1),
		TWIN_BPF_RETURN(TWIN_SECCOMP_ERRNO | (uint32_t)error),
		TWIN_BPF_RETURN(TWIN_SECCOMP_ALLOW)};
	struct twin_fprog prog = {COUNT(code), code};

	return prctl(PR_SET_SECCOMP, 2, &prog, 0, 0);
}

static void say_privs(void)
{
	R(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void filters_change(void)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(SYS_mkdir, SYS_mkdirat, EXDEV));
	R(refuse(SYS_getppid, SYS_getsid, ENOTTY));
}

static void filters_change_again(void)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(refuse(SYS_symlink, SYS_symlinkat, ENOSPC));
}

static void filters_look(void)
{
	say_privs();
	R(SYSCALL(SYS_getppid) < 0);
	R(mkdir("/t/new", 0755));
	R(rmdir("/t/new"));
	R(symlink("x", "/t/link"));
	R(unlink("/t/link"));
}

VFORK_KIND(filters) = {
	.change = filters_change, .change_again = filters_change_again, .look = filters_look};

CASE(vfork_filters)
{
	VFORK_WAYS(filters);
}

static void privs_change(void)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

VFORK_KIND(privs) = {.change = privs_change, .change_again = nothing, .look = say_privs};

CASE(vfork_no_new_privs)
{
	VFORK_WAYS(privs);
}

/* ---- the root ---- */

static void root_prepare(void)
{
	mkdir("in", 0755);
	put("in/name", "in");
	mkdir("in/deep", 0755);
	put("in/deep/name", "in/deep");
	mkdir("other", 0755);
	put("other/name", "other");
}

static void root_change(void)
{
	R(chroot("/t/in"));
}

static void root_change_again(void)
{
	if (chroot("/deep") < 0)
		R(chroot("/t/other"));
}

static void root_look(void)
{
	show("/name");
	show("in/name");
	show("../name");
	R(access("/etc/passwd", F_OK));
	R(access("/../../name", F_OK));
}

VFORK_KIND(root) = {.prepare = root_prepare,
	.change = root_change,
	.change_again = root_change_again,
	.look = root_look,
	.is_of_process = 1};

CASE(vfork_root_chroot)
{
	VFORK_WAYS(root);
}

static void few_change(void)
{
	const struct rlimit few = {300, 300};

	R(setrlimit(RLIMIT_NOFILE, &few));
	root_change();
}

VFORK_KIND(few) = {.prepare = root_prepare,
	.change = few_change,
	.change_again = root_change_again,
	.look = root_look};

CASE(vfork_root_chroot_few_descriptors)
{
	VFORK_WAYS(few);
}

/* In a process of its own the same. */
CASE(chroot_root_few_descriptors)
{
	root_prepare();
	CHILD("forked") {
		few_change();
		root_look();
		root_change_again();
		root_look();
		CHILD("its child")
			root_look();
		dup2(open("/name", O_RDONLY), 202);
		R(execve(twin_self, ARGV("x", "@look_few"), environ));
	}
	root_look();
}

/* ---- umask, working directory ---- */

static void mask_change(void)
{
	R(umask(077));
}

static void mask_change_again(void)
{
	R(umask(0135));
}

static void mask_look(void)
{
	struct stat st;
	const mode_t mask = umask(0);

	umask(mask);
	say("umask %o\n", mask);
	close(open("/t/made", O_CREAT | O_WRONLY, 0777));
	R(stat("/t/made", &st));
	say("mode %o\n", st.st_mode);
	unlink("/t/made");
}

VFORK_KIND(mask) = {.change = mask_change,
	.change_again = mask_change_again,
	.look = mask_look,
	.is_of_process = 1};

CASE(vfork_umask)
{
	VFORK_WAYS(mask);
}

static void cwd_prepare(void)
{
	mkdir("d", 0755);
	put("d/name", "in d");
	symlink("/t/d", "to-d");
}

static void cwd_change(void)
{
	R(chdir("/t/to-d"));
}

static void cwd_change_again(void)
{
	const int fd = open("/link-to-etc", O_RDONLY | O_DIRECTORY);

	R(fchdir(fd));
	close(fd);
}

static void cwd_look(void)
{
	char buf[PATH_MAX];

	R(getcwd(buf, sizeof(buf)) != NULL);
	say("%q\n", buf);
	R(access("name", F_OK));
	R(access("passwd", F_OK));
}

VFORK_KIND(cwd) = {.prepare = cwd_prepare,
	.change = cwd_change,
	.change_again = cwd_change_again,
	.look = cwd_look,
	.is_of_process = 1};

CASE(vfork_cwd)
{
	VFORK_WAYS(cwd);
}

static void apart_change(void)
{
	R(unshare(CLONE_FS));
	cwd_change();
	mask_change();
}

static void apart_look(void)
{
	cwd_look();
	mask_look();
}

VFORK_KIND(apart) = {.prepare = cwd_prepare,
	.change = apart_change,
	.change_again = cwd_change_again,
	.look = apart_look};

CASE(vfork_unshare_fs)
{
	VFORK_WAYS(apart);
}

/* ---- what it is called, and when it is told ---- */

static void label_change(void)
{
	R(prctl(PR_SET_NAME, "renamed"));
	R(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	R(prctl(PR_SET_DUMPABLE, 0));
	R(prctl(PR_SET_TIMERSLACK, 77777));
}

static void label_change_again(void)
{
	R(prctl(PR_SET_NAME, "again"));
	R(prctl(PR_SET_DUMPABLE, 1));
}

static void label_look(void)
{
	char name[16];
	int signal = 0;

	R(prctl(PR_GET_NAME, name));
	say("%s\n", name);
	R(prctl(PR_GET_PDEATHSIG, &signal));
	say("%d\n", signal);
	R(prctl(PR_GET_DUMPABLE));
	R(prctl(PR_GET_TIMERSLACK));
}

VFORK_KIND(label) = {
	.change = label_change, .change_again = label_change_again, .look = label_look};

CASE(vfork_prctl)
{
	VFORK_WAYS(label);
}

/* ---- descriptors ---- */

static void fds_prepare(void)
{
	for (int fd = 60; fd < 80; fd++)
		dup2(1, fd);
}

static void fds_change(void)
{
	R(close(60));
	R(dup2(1, 90));
	R(fcntl(61, F_SETFD, FD_CLOEXEC));
	R(sys_close_range(70, 74, 0));
	R(sys_close_range(75, 77, 4 /* CLOSE_RANGE_CLOEXEC */));
}

static void fds_change_again(void)
{
	R(sys_close_range(62, 65, 2 /* CLOSE_RANGE_UNSHARE */));
	R(sys_close_range(203, ~0U, 0));
}

static void fds_look(void)
{
	say("open");
	for (int fd = 0; fd < 100; fd++) {
		const long flags = fcntl(fd, F_GETFD, 0);

		if (flags >= 0)
			say(" %d%s", fd, flags ? "c" : "");
	}
	say("\n");
	R(access("/etc/passwd", F_OK));
}

VFORK_KIND(fds) = {.prepare = fds_prepare,
	.change = fds_change,
	.change_again = fds_change_again,
	.look = fds_look};

CASE(vfork_descriptors)
{
	VFORK_WAYS(fds);
}
