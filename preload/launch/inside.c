/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * inside.c - a jail inside a jail: does what the launcher asks for, by system calls that root has there.
 * Called by continue.c.
 *
 * The engine of a jail recognises a loader that is run inside by its ELF note (exec-format/elf_note.h). So
 * the environment does not decide this, and there is never a second engine in a process. Every exec becomes
 * one of the jail's loader. In this case the loader does not map the program: it reads the command line and
 * executes it through the engine that it has. So it works through all doors of the jail. It works even
 * where static programs are refused, although a loader is one.
 *
 * The inner jail is a mount namespace and a root of chroot(2). It has the outer jail's doors, host name and
 * owner records. Options that would need others are refused. */
#include "bytes/equal.h"
#include "call/ending.h"
#include "command/command.h"
#include "command/parent.h"
#include "cred/ids.h"
#include "exec/program.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "mount-table/mounts.h"
#include "mount/mounting.h"
#include "path/path.h"
#include "private/private.h"
#include "setup/setup.h"
#include "signal/faults.h"
#include "sys/abi_signal.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "syscall/fcntl.h"
#include "syscall/signal.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/sched.h>

static struct {
	bool is_so;
	long caller_root; /* a descriptor; -1 after it was entered again */
	char caller_pos[PATH_MAX];
} inside FJ_BULKY;

/* The sources of binds. They are looked up while the caller's root is still the process's root. */
static struct fj_mount_point points[FJ_BINDS_MAX] FJ_BULKY;
static char texts[FJ_BINDS_MAX][2][PATH_MAX] FJ_BULKY;

bool fj_is_inside(void)
{
	return inside.is_so;
}

/* Go back to the root in which the command was typed. */
static bool step_out(void)
{
	if (!inside.is_so)
		return false;
	if (inside.caller_root >= 0)
		fj_root_enter((int)inside.caller_root, inside.caller_pos);
	inside.caller_root = -1;
	return true;
}

long fj_caller_stat(struct fj_thread *t, const char *path, struct stat *st)
{
	return step_out() ? fj_call_of(t, __NR_stat, (uint64_t)path, (uint64_t)st, 0) :
			    fj_sys_newfstatat(AT_FDCWD, path, st, 0);
}

bool fj_caller_can_run(struct fj_thread *t, const char *path)
{
	return !(step_out() ? fj_call_of(t, __NR_access, (uint64_t)path, 1 /* X_OK */, 0) :
			      fj_sys_faccessat(AT_FDCWD, path, 1));
}

long fj_caller_open(struct fj_thread *t, const char *path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *pos = fj_scratch_path(t);
	long fd, root, caller_root;

	if (!inside.is_so)
		return fj_sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	fj_launch_put(pos, fj_root()->pos, PATH_MAX);
	root = fj_path_open_pos(t, pos, O_DIRECTORY | O_CLOEXEC);
	caller_root = fj_path_open_pos(t, inside.caller_pos, O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || caller_root < 0)
		fj_launch_fail("cannot look for", path, root < 0 ? root : caller_root);
	fj_root_enter((int)caller_root, inside.caller_pos);
	fd = fj_call_of(t, __NR_open, (uint64_t)path, O_RDONLY | O_CLOEXEC, 0);
	fj_root_enter((int)root, pos);
	fj_scratch_release(t, mark);
	return fd;
}

/* Options for doors are ignored without a message: they change no result, and the outer jail's doors
 * stay. */
static void refuse_options(void)
{
	if (fj_options.trace)
		fj_launch_fail(
			"--trace is for the outermost jail, and shows what is inside, too", "", 0);
	if (fj_options.db)
		fj_launch_fail("--db and --no-db are for the outermost jail, which keeps the "
			       "owners of all inside",
			"", 0);
	if (fj_options.hostname || fj_options.release)
		fj_launch_fail("--hostname and --kernel-release are for the outermost jail: all "
			       "inside have one name",
			"", 0);
	if (fj_mounting_allowed() || !fj_ids_can(fj_ids(), FJ_CAP_SYS_CHROOT))
		fj_launch_fail("only root may make a jail inside a jail", "", -EPERM);
}

/* The parent process that stays may be the last process of the outer jail. */
static void leave_private(void)
{
	struct fj_thread *t = fj_thread_mine();

	fj_inside_overlay_leave();
	if (t && fj_private()->base)
		fj_ending_leave(t);
}

static long find_inside(struct fj_thread *t, const char *jail_path, struct fj_mount_point *p)
{
	return fj_mount_point_find(t, AT_FDCWD, jail_path, true, p);
}

static void find_sources(struct fj_thread *t)
{
	int kept = 0;

	for (int i = 0; i < fj_options.bind_count; i++) {
		const uint32_t mark = fj_scratch_mark(t);
		struct fj_bind b = fj_options.bind[i];
		struct fj_mount_point p;
		long r = b.host ? find_inside(t, b.host, &p) : 0;

		if (b.overlay)
			fj_launch_fail(
				"overlays are for the outermost jail; inside, mount(8) makes "
				"them",
				"", 0);

		if (r < 0 && b.mode[2] != '?')
			fj_launch_fail("cannot bind", b.host, r);
		if (b.host && !r) {
			fj_launch_put(texts[kept][0], p.pos, PATH_MAX);
			fj_launch_put(texts[kept][1], p.host, PATH_MAX);
			points[kept] = p;
			points[kept].pos = texts[kept][0];
			points[kept].host = texts[kept][1];
			b.from = &points[kept];
		}
		if (!r)
			fj_options.bind[kept++] = b;
		fj_scratch_release(t, mark);
	}
	fj_options.bind_count = kept;
}

/* Give the root a mount of its own if it will be read-only, or if the outer jail shows the host's ids in
 * that tree; in its own jail these are root's. */
static void mount_root(struct fj_thread *t)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_mount_point root;
	long r = find_inside(t, fj_options.root, &root);

	if (!r && (fj_options.read_only || (fj_mount_of(root.pos, &m, NULL) &&
						   !(m.flags & (FJ_MOUNT_OWN | FJ_MOUNT_PRIVATE)))))
		r = fj_mounting_bind(&root, &root, true, 0, FJ_MOUNT_OWN);
	if (r < 0)
		fj_launch_fail("cannot open the root", fj_options.root, r);
	fj_scratch_release(t, mark);
}

static void enter_root(struct fj_thread *t)
{
	long r;

	fj_launch_put(inside.caller_pos, fj_root()->pos, PATH_MAX);
	inside.caller_root = fj_path_open_pos(t, inside.caller_pos, O_DIRECTORY | O_CLOEXEC);
	r = fj_call_of(t, __NR_chroot, (uint64_t)fj_options.root, 0, 0);
	if (r < 0)
		fj_launch_fail("cannot open the root", fj_options.root, r);
}

static void make_read_only(struct fj_thread *t)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_point root;
	long r = find_inside(t, "/", &root);

	if (!r)
		r = fj_mounting_change(&root, 0, FJ_MOUNT_READ_ONLY, false);
	if (r < 0)
		fj_launch_fail("cannot make the root read-only", "", r);
	fj_scratch_release(t, mark);
}

_Noreturn static void answer_probe(void)
{
	fj_say(1, "seccomp-trap: %s\n", fj_jail->has_trap ? "yes" : "no");
	for (;;)
		fj_sys_exit_group(!fj_jail->has_trap);
}

_Noreturn void fj_inside(struct fj_stack *s, uint64_t mask)
{
	struct fj_thread *t;
	long r;

	inside.is_so = true;
	inside.caller_root = -1;
	if (fj_jail->has_trap)
		mask &= ~FJ_SIGSYS_BIT;
	fj_faults_mask_changes(FJ_SIG_SETMASK, mask);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
	if (s->argc == 2 && fj_streq(s->argv[1], "probe"))
		answer_probe();
	if (s->argc < 2 || !fj_streq(s->argv[1], "start"))
		fj_launch_fail("this is the loader; the command is `fakejail`", "", 0);
	fj_options_read(s->argv + 2);
	if (!fj_options.root)
		fj_launch_fail("the loader's command line names no root", "", 0);
	refuse_options();
	if (fj_options.upper)
		fj_launch_fail("an upper layer for the root is for the outermost jail", "", 0);
	fj_options.parent.leave = leave_private;
	fj_options.parent.kept = FJ_FD_ROOT(fj_jail);
	fj_options.parent.kept_last = FJ_FD_ROOT(fj_jail) + FJ_FD_COUNT - 1;
	if (fj_options.lowers) {
		t = fj_thread_mine();
		if (!t)
			fj_launch_fail("no memory", "", -ENOMEM);
		fj_inside_overlay_begin(t);
	}
	if (fj_options.parent.kills || fj_options.parent.dies)
		fj_parent_stay(&fj_options.parent);
	t = fj_thread_mine();
	if (!t)
		fj_launch_fail("no memory", "", -ENOMEM);
	r = fj_call_of(t, __NR_unshare, CLONE_NEWNS, 0, 0);
	if (r < 0)
		fj_launch_fail("cannot make a namespace of mounts", "", r);
	find_sources(t);
	if (fj_options.lowers)
		fj_inside_overlay_mount(t);
	else
		mount_root(t);
	enter_root(t);
	for (int i = 0; i < fj_options.directory_count; i++)
		fj_bind_make_directory(t, fj_options.directory[i]);
	for (int i = 0; i < fj_options.bind_count; i++) {
		struct fj_bind *b = &fj_options.bind[i];

		if ((r = fj_bind_add(t, b)) < 0)
			fj_launch_fail(b->trouble, b->host ? b->host : b->jail, r);
	}
	if (fj_private()->base)
		fj_ending_watch(t);
	if (fj_options.read_only)
		make_read_only(t);
	fj_exec_is_first = true;
	fj_launch_program(t, s->envp);
}
