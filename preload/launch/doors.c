/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * doors.c - chooses the doors by which the calls of this jail's programs come. Called by launch.c. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/str.h"
#include "command/command.h"
#include "door/door.h"
#include "door/shared.h"
#include "jail/jail.h"
#include "jail/texts.h"
#include "launch/launch.h"
#include "mount-table/paths.h"
#include "private/private.h"
#include "setup/setup.h"
#include "sys/page.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "trap/trap.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/mman.h>

/* May the text of a mapped file be changed? SELinux calls this execmod, and often refuses it. Tried on our
 * own file. */
static bool may_change_text(void)
{
	const long fd = fj_sys_openat(AT_FDCWD, fj_jail_paths()->loader, O_RDONLY | O_CLOEXEC, 0);
	long at, r = -EACCES;

	if (fd < 0)
		return false;
	at = fj_sys_mmap(0, FJ_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (!fj_is_err(at)) {
		r = fj_sys_mprotect((void *)at, FJ_PAGE, PROT_READ | PROT_WRITE);
		if (!r) {
			*(volatile char *)at = *(volatile char *)at;
			r = fj_sys_mprotect((void *)at, FJ_PAGE, PROT_READ | PROT_EXEC);
		}
		fj_sys_munmap((void *)at, FJ_PAGE);
	}
	fj_sys_close((int)fd);
	return !r;
}

/* Choose the doors. Only the trap catches every call. The direct door is faster: jumps in the libraries'
 * text, or libfakejail.so if text may not be changed. Without the trap, only the jumps catch enough
 * calls. */
void fj_doors_choose(struct fj_thread *t)
{
	long r;

	fj_jail->traps_ends =
		fj_private()->base || fj_jail->trace_fd_plus_1 ? FJ_ENDS_TRAPPED : FJ_ENDS_PASS;
	r = fj_jail->has_trap ? fj_trap_filter(t) : 0;

	if (r == -ENOSYS || r == -EPERM || r == -EACCES || r == -EINVAL) {
		fj_jail->has_trap = 0; /* seccomp is missing or forbidden */
		r = 0;
	}
	if (r < 0)
		fj_launch_fail(
			"the kernel refuses the seccomp filter that confines programs", "", r);
	if (fj_options.no_preload || fj_options.no_patch || !may_change_text())
		fj_doors()->no_sites = 1;
	if (fj_doors()->no_sites && !fj_jail->has_trap)
		fj_launch_fail("nothing is left that could jail: no seccomp trap, and libraries' "
			       "text stays "
			       "as it is",
			"", 0);
	fj_door_choose();
	if (fj_options.preload && !fj_options.no_preload && fj_doors()->no_sites)
		fj_launch_put(fj_jail_paths()->preload, fj_options.preload, PATH_MAX);
}

/* (The caller's umask might make the directory inaccessible to us.) */
static void make_folder(struct fj_str *s)
{
	const long mask = fj_sys_umask(077);

	fj_str_put(s, "/x");
	fj_make_directories(fj_doors()->recalled);
	fj_str_cut(s, s->len - 2);
	fj_sys_umask(mask);
}

void fj_doors_recall(char **envp)
{
	struct {
		uint64_t dev, ino, size, mtime, mtime_ns, ctime, ctime_ns, bits[8];
	} build;
	struct stat st;
	struct fj_str s;

	fj_str_init(&s, fj_doors()->recalled, sizeof(fj_doors()->recalled));
	if (!fj_jail->has_trap || fj_doors()->no_sites ||
		(fj_options.db && fj_streq(fj_options.db, "none")) ||
		fj_sys_newfstatat(AT_FDCWD, fj_jail_paths()->loader, &st, 0) ||
		!fj_in_state_folder(envp, FJ_COPIES_FOLDER, &s)) {
		fj_doors()->recalled[0] = 0;
		return;
	}
	if (s.len + 3 < s.size && fj_sys_faccessat(AT_FDCWD, s.at, 0) == -ENOENT)
		make_folder(&s);
	build.dev = st.st_dev;
	build.ino = st.st_ino;
	build.size = (uint64_t)st.st_size;
	build.mtime = st.st_mtime;
	build.mtime_ns = st.st_mtime_nsec;
	build.ctime = st.st_ctime;
	build.ctime_ns = st.st_ctime_nsec;
	memcpy(build.bits, fj_doors()->bits, sizeof(build.bits));
	fj_doors()->recalled_build = fj_hash((const char *)&build, sizeof(build), FJ_HASH_SEED);
}
