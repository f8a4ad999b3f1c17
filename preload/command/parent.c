/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parent.c - a parent process that stays until the end, for --kill-on-exit, --die-with-parent, and
 * a command that removes things afterwards.
 *
 * It is not in the jail: it is an ordinary process outside (or one of the outer jail, for a jail
 * inside a jail), with nothing open. To the process that
 * started it, it looks like the program: it passes on the signals that it gets, stops and continues
 * with the program, and ends as the program has ended. Parent and program stay in one process
 * group, as job control needs it. So a signal that the kernel or the program sends to the whole
 * group has reached the program already.
 *
 * Processes that the program leaves behind become the parent's own children
 * (PR_SET_CHILD_SUBREAPER). It kills its children until it has none, and so finds all of them, also
 * in other sessions and after double forks.
 *
 * Called by launch.c, before there is a jail, and by inside.c, before there is the inner one. */
#include "bytes/copy.h"
#include "bytes/format.h"
#include "command/command.h"
#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/prctl.h"
#include "syscall/resource.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"
#include "syscall/wait.h"

#include <linux/errno.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define SIGHUP_ 1 /* asm/signal.h */
#define SIGKILL_ 9
#define SIGTERM_ 15
#define SIGCHLD_ 17
#define SI_KERNEL_                                                                                 \
	0x80	   /* asm-generic/siginfo.h: sent by the terminal, or for another event in the
		      kernel */
#define WNOHANG_ 1 /* linux/wait.h */
#define WUNTRACED_ 2
#define RLIMIT_CORE_ 4 /* asm-generic/resource.h */
/* A child that shares the memory has its stack so far below its parent's frame. Frames are 1 KiB at most
 * (HACKING.md), and the parent calls less than ten functions deep until the child has ended. */
#define PARENT_STACK 16384u

/* The members that are read here. */
struct info {
	int32_t number, error, code, unused;
	int32_t pid; /* the sender, when `code` says that a process sent it */
	char rest[128 - 20];
};

struct action {
	uint64_t handler, flags, restorer, mask;
};

static struct {
	const struct fj_parent *wish;
	long pid, child;
	uint64_t mask;	    /* the mask that the program must begin with */
	struct action chld; /* and its action for SIGCHLD */
	bool leads_session;
} me;

static void set_mask(uint64_t mask)
{
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
}

static struct action set_signal_action(int number, struct action next)
{
	struct action before = {0};

	fj_sys_rt_sigaction(number, &next, &before, sizeof(next.mask));
	return before;
}

/* The parent of process `pid`, or 0. */
static long read_parent_pid(long pid)
{
	char text[512], name[64];
	long fd, n, ppid = 0;
	const char *p = text, *after = NULL;

	fj_format(name, sizeof(name), "/proc/%u/stat", (unsigned)pid);
	fd = fj_sys_openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	n = fj_sys_read(fd, text, sizeof(text) - 1);
	fj_sys_close((int)fd);
	text[n > 0 ? n : 0] = 0;
	/* PID (COMM) STATE PPID: COMM may contain anything, but only it is in parentheses. */
	for (; *p; p++)
		if (*p == ')')
			after = p;
	if (!after || !after[1] || !after[2] || !after[3])
		return 0;
	for (p = after + 4; *p >= '0' && *p <= '9'; p++)
		ppid = ppid * 10 + (*p - '0');
	return ppid;
}

/* Is process `pid` a descendant of the program? At most STEPS_MAX parents are looked at. A process that
 * ends meanwhile ends the chain. */
static bool is_descendant(long pid)
{
	enum { STEPS_MAX = 4096 };

	for (int steps = 0; pid > 1 && steps < STEPS_MAX; steps++) {
		if (pid == me.child)
			return true;
		pid = read_parent_pid(pid);
		if (pid == me.pid)
			return true;
	}
	return false;
}

/* Kills each child that exists now. Returns how many. */
static int kill_children(void)
{
	static char list[8192] FJ_BULKY;
	const long fd = fj_sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int killed = 0;
	long n;

	if (fd < 0)
		return 0;
	while ((n = fj_sys_getdents64(fd, list, sizeof(list))) > 0)
		for (long at = 0; at < n;) {
			const char *entry = list + at, *name = entry + 19; /* linux_dirent64 */
			uint16_t length;
			long pid = 0;

			memcpy(&length, entry + 16, sizeof(length));
			at += length;
			while (*name >= '0' && *name <= '9')
				pid = pid * 10 + (*name++ - '0');
			if (!*name && pid > 1 && read_parent_pid(pid) == me.pid &&
				!fj_sys_kill(pid, SIGKILL_))
				killed++;
		}
	fj_sys_close((int)fd);
	return killed;
}

/* Each round kills the children that exist; their children are killed in the next round. The rounds
 * end when none may be killed (a set-uid program, without the trap). A killed process ends, so no
 * wait is without end. */
static void kill_all(void)
{
	long left = fj_sys_wait4(-1, 0, WNOHANG_, 0);

	/* Mostly there is no child, and then /proc need not be read. */
	while (left > 0)
		left = fj_sys_wait4(-1, 0, WNOHANG_, 0);
	while (left != -ECHILD && kill_children()) {
		long r;

		do /* the child has been killed */
			r = fj_sys_wait4(-1, 0, 0, 0);
		while (r == -EINTR);
		while (r > 0)
			r = fj_sys_wait4(-1, 0, WNOHANG_, 0);
		if (r == -ECHILD)
			return;
	}
}

/* Ends by signal `number`, as the program did; without a core dump, which only the program
 * makes. */
static void die_of(int number)
{
	const uint64_t none[2] = {0, 0};

	fj_sys_prlimit64(0, RLIMIT_CORE_, none, 0);
	set_signal_action(number, (struct action){0});
	fj_sys_kill(me.pid, number);
	set_mask(~(1UL << (number - 1)));
}

/* Runs the command for the end. Its success does not change the program's status. */
static void clean_up(void)
{
	long pid, r;

	if (!me.wish->afterwards)
		return;
	pid = fj_sys_clone(SIGCHLD_, 0, 0, 0, 0);
	if (!pid) {
		set_mask(me.mask);
		r = fj_sys_execve(me.wish->afterwards[0], me.wish->afterwards, me.wish->envp);
		fj_say(2, "fakejail: cannot run '%s': %s\n", me.wish->afterwards[0], fj_error(r));
		fj_sys_exit_group(125);
	}
	do /* however long it takes */
		r = fj_sys_wait4(pid, 0, 0, 0);
	while (r == -EINTR);
}

_Noreturn static void exit_with_status(int status)
{
	if (me.wish->kills)
		kill_all();
	clean_up();
	if (me.wish->leave)
		me.wish->leave();
	if (status & 0x7f)
		die_of(status & 0x7f);
	for (;;)
		fj_sys_exit_group(status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
}

/* Stops as the program did, and lets the program continue when this process continues. */
static void stop_as_program(int number)
{
	if (number < FJ_SIGSTOP || number > FJ_SIGTTOU)
		number = FJ_SIGSTOP; /* a stop for a tracer */
	/* (Until here it does not matter if it is ignored: a blocked signal is never dropped.) */
	if (number != FJ_SIGSTOP)
		set_signal_action(number, (struct action){0});
	fj_sys_kill(me.pid, number);
	set_mask(~(1UL << (number - 1)));
	set_mask(~0UL);
	fj_sys_kill(me.child, FJ_SIGCONT);
}

static void look_at_children(void)
{
	int status = 0;
	long pid;

	while ((pid = fj_sys_wait4(-1, &status, WNOHANG_ | WUNTRACED_, 0)) > 0) {
		if (pid != me.child)
			continue;
		if ((status & 0xff) == 0x7f)
			stop_as_program(status >> 8 & 0xff);
		else
			exit_with_status(status);
	}
}

static bool has_starter_ended(void)
{
	return me.wish->dies && fj_sys_getppid() != me.wish->starter;
}

/* Must the signal be passed to the program, which has not got it? */
static bool is_for_child(const struct info *info)
{
	if (info->code == SI_KERNEL_)
		/* The terminal's signals go to the whole group; when the terminal hangs up, to a
		 * session's leader. */
		return me.leads_session && (info->number == SIGHUP_ || info->number == FJ_SIGCONT);
	return info->code > 0 || !is_descendant(info->pid);
}

_Noreturn static void wait_for_program(void)
{
	const uint64_t all = ~0UL;
	struct info info;

	for (;;) {
		const long number = fj_sys_rt_sigtimedwait(&all, &info, 0, sizeof(all));

		if (has_starter_ended()) {
			kill_all();
			exit_with_status(SIGKILL_);
		}
		if (number == SIGCHLD_)
			look_at_children();
		else if (number > 0 && is_for_child(&info))
			fj_sys_kill(me.child,
				number == SIGTERM_ && me.wish->stop ? me.wish->stop : number);
	}
}

static void close_all(int first, unsigned last)
{
	if (fj_sys_close_range(first, last, 0) == -ENOSYS)
		for (int fd = first; fd < 1024 && (unsigned)fd <= last; fd++)
			fj_sys_close(fd);
}

/* The parent must not keep open what the program closes, nor keep a directory busy. */
static void let_go_child(void)
{
	const int first = me.wish->afterwards ? 3 : 0; /* that command may want to print
							  something */

	if (me.wish->leave) {
		close_all(first, (unsigned)me.wish->kept - 1);
		close_all(me.wish->kept_last + 1, ~0U);
	} else {
		close_all(first, ~0U);
	}
	fj_sys_chdir("/");
}

_Noreturn static void stay_here(void)
{
	let_go_child();
	if (me.wish->dies) {
		/* SIGCONT wakes a stopped process, and does the program no harm: it is also sent
		 * when only a thread of the starter ends. */
		fj_sys_prctl(PR_SET_PDEATHSIG, FJ_SIGCONT, 0, 0, 0);
		if (has_starter_ended()) {
			kill_all();
			exit_with_status(SIGKILL_);
		}
	}
	wait_for_program();
}

static void prepare_parent(const struct fj_parent *wish)
{
	const uint64_t all = ~0UL;

	me.wish = wish;
	me.pid = fj_sys_getpid();
	me.leads_session = fj_sys_getsid(0) == me.pid;
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &all, &me.mask, sizeof(all));
	/* If it were ignored, the status would be lost. */
	me.chld = set_signal_action(SIGCHLD_, (struct action){0});
	fj_sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void begin_program(void)
{
	/* Killing the parent by SIGKILL must kill the program, too. */
	fj_sys_prctl(PR_SET_PDEATHSIG, SIGKILL_, 0, 0, 0);
	if (fj_sys_getppid() != me.pid)
		fj_sys_exit_group(125);
	set_signal_action(SIGCHLD_, me.chld);
	set_mask(me.mask);
}

void fj_parent_stay(const struct fj_parent *wish)
{
	long child;

	prepare_parent(wish);
	child = fj_sys_clone(SIGCHLD_, 0, 0, 0, 0);
	if (child < 0)
		fj_launch_fail("cannot make a process", "", child);
	if (!child) {
		begin_program();
		return;
	}
	me.child = child;
	stay_here();
}

struct work {
	void (*run)(void *data);
	void *data;
};

_Noreturn static void run_child(void *data)
{
	const struct work *w = data;

	begin_program();
	w->run(w->data);
	for (;;)
		fj_sys_exit_group(125);
}

_Noreturn void fj_parent_share(const struct fj_parent *wish, void (*run)(void *data), void *data)
{
	struct work w = {run, data};
	void *stack = fj_arch_child_stack(
		(uintptr_t)__builtin_frame_address(0) - PARENT_STACK, run_child, &w);

	prepare_parent(wish);
	me.child = fj_sys_clone(CLONE_VM | SIGCHLD_, stack, 0, 0, 0);
	if (me.child < 0)
		fj_launch_fail("cannot make a process", "", me.child);
	stay_here();
}
