/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * launch.c - makes a jail and execs its first program. Called by main.c. The command line comes from the
 * launcher (scripts/fakejail.in); it is not for people.
 *
 *  start -r HOSTDIR -N NAME [-b HOST JAIL MODE]... [-t JAIL]... [-o JAIL UPPER OPTIONS]... [-w JAILDIR] [-s]
 *        [-R] [-k RELEASE] [-n HOSTNAME] [-T FILE] [-d FILE] [-x DOOR]... [-p FILE] [-K] [-D PID] [-P] [-q | -v]
 *        [-e VARIABLE]... [-u USERSPEC] [-g GROUPS] [-O UPPER LOWERS | -E STORE IMAGES LOWERS] [-m JAILDIR]...
 *        [-S SIGNAL] -- COMMAND...
 *  stay [-K] [-D PID] [-a WORD]... -- COMMAND...
 *  probe
 *
 * -K kills what COMMAND leaves behind. -D kills everything when process PID ends (command/parent.c). `stay`
 * makes no jail: it runs COMMAND and stays as its parent. The WORDs are a command to run at the end,
 * outside, as COMMAND is. Both are host paths.
 *
 * -O and -E make the root an overlay, with HOSTDIR as its lowest layer (setup/root_overlay.c). -m makes a
 * directory. -S is the signal that the program gets in place of SIGTERM.
 *
 * -b binds, -t mounts a tmpfs, -o an overlay with the OPTIONS of mount(2). -w is the directory to start in; -s
 * keeps the present one. -R makes the root read-only. -T writes a trace. -x leaves out a door: trap, preload
 * or patch. -p is libfakejail.so. -q prints no warnings about owner records. -v has no effect here.
 *
 * -P does some things as proot(1) does. -e names an environment variable that must not be changed. -d none
 * keeps no owners. MODE is rw or ro. With a `?` after it, the bind is left out if the host or the jail has
 * no such place; `!` and `i` are explained at struct fj_bind (command/command.h). The exit status is 125,
 * with a message, if the jail cannot be made, and 126 or 127 if its program cannot be started.
 *
 * Inside a jail, inside.c reads the same command line. */
#include "launch/launch.h"

#include "bytes/equal.h"
#include "bytes/len.h"
#include "call/call.h"
#include "call/umask.h"
#include "command/command.h"
#include "command/parent.h"
#include "cred/ids_start.h"
#include "dispatch/dispatch.h"
#include "jail/jail.h"
#include "launch/loader.h"
#include "nested/roots.h"
#include "path/path.h"
#include "private/private.h"
#include "setup/layout.h"
#include "setup/setup.h"
#include "signal/faults.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/memory.h"
#include "sys/say.h"
#include "sys/thread.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_process.h"
#include "trap/trap.h"

#include <asm/stat.h>
#include <asm/unistd.h>

long fj_call_of(struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c)
{
	struct fj_call call = {.nr = nr, .arg = {a, b, c}, .thread = t};

	return fj_call(&call);
}

/* A missing directory can be made, or bound from the host. */
_Noreturn static void refuse_chdir(struct fj_thread *t, const char *jail_path, long error)
{
	struct stat st = {0};
	const bool host_has = jail_path[0] == '/' && !fj_caller_stat(t, jail_path, &st) &&
			      (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;

	fj_say(2, "fakejail: cannot change to directory %s: %s\n", jail_path, fj_error(error));
	if (error == -ENOENT && host_has)
		fj_say(2, "hint: --bind=%s shows the host's, or   mkdir -p %s%s\n", jail_path,
			fj_options.name, jail_path);
	else if (error == -ENOENT && jail_path[0] == '/')
		fj_say(2, "hint: mkdir -p %s%s\n", fj_options.name, jail_path);
	for (;;)
		fj_sys_exit_group(FJ_FAILED);
}

static void start_tracing(void)
{
	long fd;

	if (!fj_options.trace)
		return;
	fd = fj_streq(fj_options.trace, "-") ?
		     fj_sys_fcntl(2, F_DUPFD, 3) :
		     fj_sys_openat(AT_FDCWD, fj_options.trace,
			     O_CREAT | O_WRONLY | O_APPEND | O_TRUNC, 0644);
	if (fd < 0)
		fj_launch_fail("cannot write the trace to", fj_options.trace, fd);
	if (fj_dup_to((int)fd, FJ_FD_TRACE(fj_jail), 0) < 0)
		fj_launch_fail("cannot keep the trace open", "", -EMFILE);
	fj_sys_close((int)fd);
	fj_jail->trace_fd_plus_1 = (uint32_t)FJ_FD_TRACE(fj_jail) + 1;
}

static const char *runtime_dir(char **envp)
{
	const char *dir = fj_launch_variable(envp, "XDG_RUNTIME_DIR");

	return dir && *dir == '/' && fj_strlen(dir) < sizeof(fj_private()->runtime_dir) ? dir : "";
}

_Noreturn static void stay_as_parent(struct fj_stack *s)
{
	long r;

	fj_options_read(s->argv + 2);
	fj_options.parent.envp = s->envp;
	fj_parent_stay(&fj_options.parent);
	r = fj_sys_execve(fj_options.command[0], fj_options.command, s->envp);
	fj_launch_fail("cannot run", fj_options.command[0], r);
}

_Noreturn void fj_launch_program(struct fj_thread *t, char **envp)
{
	long r = 0;

	if (!fj_options.skip_chdir && (r = fj_call_of(t, __NR_chdir, (uint64_t) "/", 0, 0)) == 0 &&
		fj_options.chdir)
		r = fj_call_of(t, __NR_chdir, (uint64_t)fj_options.chdir, 0, 0);
	if (r < 0 && fj_options.as_proot) {
		fj_say(2, "fakejail: warning: cannot change to directory %s: %s; / is taken\n",
			fj_options.chdir, fj_error(r));
		r = 0;
	}
	if (r < 0 && !fj_options.skip_chdir)
		refuse_chdir(t, fj_options.chdir ? fj_options.chdir : "/", r);
	fj_roots_see_held(t);
	fj_user_choose(t, fj_options.user, fj_options.groups);
	fj_environment_choose(t, envp, fj_options.kept);
	if (fj_options.as_proot)
		fj_environment_set_pwd(t, envp);
	fj_first_run(t, envp);
}

_Noreturn static void make_and_enter(void *stack)
{
	const struct fj_stack *s = stack;
	struct fj_thread *t;
	long r;

	if (fj_options.lowers)
		fj_root_overlay_let_go();
	fj_jail_make(s->envp);
	fj_thread_start(0);
	t = fj_thread_mine();
	if (!t)
		fj_launch_fail("no memory", "", -ENOMEM);
	fj_namespace_start();
	fj_root_start("", -1, fj_path_open_pos);
	r = fj_sys_umask(0);
	fj_sys_umask(r);
	fj_umask_start((uint32_t)r);
	fj_ids_new_table(fj_jail_identities());
	fj_ids_start(fj_jail_identities(), fj_jail_posted(), "", 0);
	fj_launch_put(
		fj_private()->runtime_dir, runtime_dir(s->envp), sizeof(fj_private()->runtime_dir));
	fj_private_clean(t);
	if (fj_options.lowers)
		fj_root_overlay_mount(t);
	for (int i = 0; i < fj_options.directory_count; i++)
		fj_bind_make_directory(t, fj_options.directory[i]);
	for (int i = 0; i < fj_options.bind_count; i++)
		if ((r = fj_bind_add(t, &fj_options.bind[i])) < 0)
			fj_launch_fail(fj_options.bind[i].trouble,
				fj_options.bind[i].host ? fj_options.bind[i].host :
							  fj_options.bind[i].jail,
				r);
	if (fj_options.read_only)
		fj_bind_root_read_only();
	fj_bind_settle();

	r = fj_gate_place(0);
	if (r < 0)
		fj_launch_fail("cannot place the gate page: see vm.mmap_min_addr", "", r);
	fj_jail->gate = (uint64_t)r;
	start_tracing(); /* the doors hide its descriptor */
	fj_doors_choose(t);
	fj_doors_recall(s->envp);
	fj_faults_arm();
	fj_jail->is_starting = 1;
	fj_launch_program(t, s->envp);
}

_Noreturn void fj_launch(struct fj_stack *s)
{
	if (s->argc == 2 && fj_streq(s->argv[1], "probe")) {
		const long r = fj_trap_probe();

		fj_say(1, "seccomp-trap: %s\n", r ? "no" : "yes");
		fj_sys_exit_group(r != 0);
	}
	if (s->argc > 2 && fj_streq(s->argv[1], "stay"))
		stay_as_parent(s);
	if (s->argc < 2 || !fj_streq(s->argv[1], "start")) {
		fj_say(2, "fakejail: this is the loader; the command is `fakejail`\n");
		fj_sys_exit_group(FJ_FAILED);
	}
	fj_options_read(s->argv + 2);
	if (!fj_options.root)
		fj_launch_fail("the loader's command line names no root", "", 0);
	if (fj_options.lowers)
		fj_root_overlay_begin();
	if (fj_options.parent.kills || fj_options.parent.dies) {
		if (!fj_options.parent.afterwards)
			fj_parent_share(&fj_options.parent, make_and_enter, s);
		fj_parent_stay(&fj_options.parent);
	}
	make_and_enter(s);
}
