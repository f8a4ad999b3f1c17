/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_misc.c - tests calls that take a path and belong to no other file: inotify, file handles,
 * moving data, refused calls.
 */
#include "twin.h"

#include <sys/file.h>

CASE(misc_moving_data)
{
	char buf[32] = "";
	off_t at = 0;
	int p[2];

	put("from", "0123456789");
	int a = open("from", O_RDONLY), b = open("/t/to", O_RDWR | O_CREAT, 0600);
	R(sendfile(b, a, &at, 5));
	R(SYSCALL(SYS_copy_file_range, a, NULL, b, NULL, 5, 0));
	pipe(p);
	R(SYSCALL(SYS_splice, a, NULL, p[1], NULL, 5, 0));
	R(SYSCALL(SYS_splice, p[0], NULL, b, NULL, 5, 0));
	R(SYSCALL(SYS_fallocate, b, 0, 0, 100));
	R(SYSCALL(SYS_ftruncate, b, 20));
	R(flock(b, LOCK_EX | LOCK_NB));
	int c = open("to", O_RDWR);
	R(flock(c, LOCK_EX | LOCK_NB));
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	R(fcntl(b, F_SETLK, &l));
	R(SYSCALL(SYS_pread64, b, buf, 20, 0));
	say("%q\n", buf);
	char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
	m[0] = 'M';
	R(SYSCALL(SYS_msync, m, 4096, MS_SYNC));
	show("to");
	tree("/t");
}

/* The path of an object of a bpf file system is looked up for everybody. No file here is one. */
CASE(misc_bpf_path)
{
	static const char *const paths[] = {"/etc/passwd", "/etc/absolute", "/usr/bin/env",
		"/bin/sh", "f", "l", "d/f", "d/../d/f", "nosuch", "f/x", "", "/", "..",
		"/t/../../t/d"};
	struct {
		const char *path;
		unsigned fd, flags;
		int dirfd, zero;
	} object = {0};
	char *const page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *const edge = page + 4096 - 20;
	const int d = open("/etc", O_PATH);

	put("f", "x");
	mkdir("d", 0755);
	put("d/f", "x");
	symlink("/etc/passwd", "l");
	for (size_t i = 0; i < COUNT(paths); i++) {
		say("%q\n", paths[i]);
		for (unsigned flags = 0; flags < 1U << 15; flags = flags ? flags * 2 : 1) {
			object.path = paths[i];
			object.flags = flags;
			object.dirfd = flags >= 1U << 13 ? d : 0;
			R(SYSCALL(SYS_bpf, 7, &object, sizeof(object)));
			R(SYSCALL(SYS_bpf, 6, &object, sizeof(object)));
		}
		object.flags = 1U << 14;
		object.dirfd = 1017;
		R(SYSCALL(SYS_bpf, 7, &object, 20));
		object.dirfd = 99;
		R(SYSCALL(SYS_bpf, 7, &object, 20));
	}
	object.path = "/etc/passwd";
	object.flags = object.dirfd = 0;
	munmap(page + 4096, 4096);
	memcpy(edge, &object, 20);
	R(SYSCALL(SYS_bpf, 7, edge, 20));
	R(SYSCALL(SYS_bpf, 7, edge, 8));
	R(SYSCALL(SYS_bpf, 7, edge, 21));
	R(SYSCALL(SYS_bpf, 7, edge, 0));
	R(SYSCALL(SYS_bpf, 7, edge, 4097));
	R(SYSCALL(SYS_bpf, 7, NULL, 20));
	object.path = (const char *)8;
	R(SYSCALL(SYS_bpf, 7, &object, 16));
	tree("/t");
}

CASE(misc_fifo)
{
	SPELLINGS() {
		char buf[16] = "";

		x_mknod("p", S_IFIFO | 0600, 0);
		pid_t pid = fork();
		if (pid == 0) {
			int w = x_open("p", O_WRONLY, 0);
			write(w, "through", 7);
			_exit(w >= 0 ? 0 : 1);
		}
		int r = (int)R(x_open("p", O_RDONLY, 0));
		R(read(r, buf, 15));
		say("%q\n", buf);
		reap("writer", pid);
		close(r);
		r = (int)R(x_open("p", O_RDWR, 0));
		close(r);
		R(x_open("p", O_WRONLY | O_NONBLOCK, 0));
	}
}

CASE(misc_uname)
{
	struct utsname u;

	memset(&u, '#', sizeof(u));
	R(uname(&u));
	say("%q %q %q\n", u.sysname, u.machine, u.release);
	say("%q\n", u.nodename);
	say("ends %d %d\n", u.sysname[64], u.machine[64]);
	show("/proc/sys/kernel/osrelease");
	show("/proc/sys/kernel/ostype");
}

/* Calls with paths that an ordinary user may not make: the order of checks is the kernel's. */
CASE(misc_user_refused)
{
	R(SYSCALL(SYS_acct, "/t/missing"));
	R(SYSCALL(SYS_acct, NULL));
	R(SYSCALL(SYS_swapon, "/t/missing", 0));
	R(SYSCALL(SYS_swapoff, "/t/missing"));
	R(SYSCALL(SYS_quotactl, 0, "/t/missing", 0, NULL));
	R(SYSCALL(SYS_mount, "x", "/t/missing", "tmpfs", 0, NULL));
	R(SYSCALL(SYS_umount2, "/t", 0x100));
	R(SYSCALL(SYS_fanotify_init, 0, 0) >= 0 || errno == EPERM);
	R(SYSCALL(SYS_reboot, 0, 0, 0, NULL));
	R(SYSCALL(SYS_sethostname, "x", 1));
	R(SYSCALL(SYS_setns, 0, 0));
	R(SYSCALL(SYS_vhangup));
	R(SYSCALL(428, AT_FDCWD, "/t/missing", 0));	    /* open_tree */
	R(SYSCALL(428, AT_FDCWD, "/t", 1));		    /* open_tree(OPEN_TREE_CLONE) */
	R(SYSCALL(429, AT_FDCWD, "/t", AT_FDCWD, "/t", 0)); /* move_mount */
	R(SYSCALL(430, "tmpfs", 0));			    /* fsopen */
	R(SYSCALL(433, AT_FDCWD, "/t", 0));		    /* fspick */
	R(SYSCALL(442, AT_FDCWD, "/t", 0, NULL, 0));	    /* mount_setattr */
	R(SYSCALL(SYS_uselib, "/t/missing"));
	R(SYSCALL(SYS_init_module, NULL, 0, ""));
	R(SYSCALL(SYS_finit_module, 0, "", 0));
	R(SYSCALL(SYS_setuid, 0));
	R(SYSCALL(SYS_setgid, 0));
	R(SYSCALL(SYS_setgroups, 0, NULL));
	R(SYSCALL(SYS_iopl, 3));
}

CASE(misc_no_such_call)
{
	R(SYSCALL(-1));
	R(SYSCALL(500000));
	R(SYSCALL(SYS_epoll_ctl_old));
	R(SYSCALL(SYS_tuxcall));
	R(SYSCALL(SYS_nfsservctl));
	R(SYSCALL(350));
	R(SYSCALL(400));
	R(access("/etc/passwd", F_OK));
}

CASE(misc_io_uring)
{
	char params[120];

	memset(params, 0, sizeof(params));
	R(SYSCALL(SYS_io_uring_setup, 1, params));
}

/* 32-bit calls from a 64-bit program: other numbers, truncated pointers. 20 is getpid, 33 access, 1
 * exit. */
CASE(misc_int80)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "r8", "r9", "r10", "r11", "memory");
	say("getpid %d\n", r == getpid() ? 1 : (int)r);
	char *low = mmap((void *)0x30000000, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | 0x100000 /* MAP_FIXED_NOREPLACE */, -1, 0);
	memcpy(low, "/etc/absolute", 14);
	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "a"(33), "b"(low), "c"(0)
			 : "r8", "r9", "r10", "r11", "memory");
	say("access %d\n", (int)r);
}

/* Numbers of the x32 ABI: most kernels have none. */
CASE(misc_x32)
{
	R(SYSCALL(0x40000000L | SYS_access, "/etc/absolute", F_OK));
	R(SYSCALL(0x40000000L | SYS_getpid) > 0);
}

CASE(misc_umask)
{
	R(umask(0777));
	R(umask(07777));
	R(umask(-1));
	R(umask(022));
	umask(0);
	put("a", "");
	R(mkdir("b", 07777));
	R(mkfifo("c", 0666));
	R(SYSCALL(SYS_creat, "d", 07777));
	CHILD("child's own")
		R(umask(077));
	R(umask(022));
	tree("/t");
}

/* Directories with the setgid bit hand their group down, and sticky ones protect. */
CASE(misc_setgid_directory)
{
	mkdir("d", 0755);
	R(chmod("d", 02775));
	R(mkdir("d/sub", 0755));
	put("d/file", "x");
	R(mkfifo("d/fifo", 02777));
	R(chmod("d/sub", 0700));
	tree("/t");
}
