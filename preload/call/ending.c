/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ending.c - which exit_group(2) calls are trapped.
 *
 * A trap costs a forked child's end as much as its fork, because all parts of the engine that it
 * uses must be copied into its memory first. Few ends matter. At an end with status 127 the program
 * is looked at (dispatch/missing_libraries.c), and the jail's last process removes the private
 * directories (private/private.c). So the jail's filter lets other ends pass, unless there are such
 * directories when it is made. When the first of them is made later, the jail's first process,
 * which is the last in nearly all jails, is told to trap its own end, by a SIGSYS with a value of
 * ours. If it has ended already, all processes are told; and also when it ends, and others remain. The
 * process that makes the directory traps its own end, too: the end of the first process may have passed
 * the filter just before it was told, and then it never answers.
 *
 * Where there is a trap, SIGSYS is never blocked or ignored, except while a process becomes another
 * program, which has its handler before it lets signals in (exec/hook_exec.c). The signal goes to
 * the process, not to a thread: a trap's SIGSYS waits in another queue, so neither replaces the
 * other. The process may have ended, and another one may have its number. So the signal is sent by
 * a descriptor (Linux 5.3), which is opened before the check that the process has the jail's memory
 * open.
 *
 * Called by devfs/, dispatch/hook_exit.c, mount/ and launch/inside.c, and by trap/sigsys.c. */
#include "call/ending.h"

#include "call/trapping.h"
#include "jail/jail.h"
#include "private/private.h"
#include "sys/abi_signal.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#define SI_QUEUE_ (-1) /* asm-generic/siginfo.h */
#define ENDING_MARK 0x676e69646e65UL

static void trap_ends(void)
{
	static const uint16_t ends[] = {__NR_exit_group};

	fj_trap_calls(ends, 1);
}

static bool signal_process(struct fj_thread *t, int32_t pid)
{
	siginfo_t info = {0};
	const long fd = fj_sys_pidfd_open(pid, 0);
	long r = -ESRCH;

	info.si_signo = FJ_SIGSYS;
	info.si_code = SI_QUEUE_;
	info.si_pid = (int)fj_sys_getpid();
	info.si_value.sival_ptr = (void *)ENDING_MARK;
	if (fd != -ESRCH && fj_private_holds(t, pid))
		r = fd < 0 ? fj_sys_rt_sigqueueinfo(pid, FJ_SIGSYS, &info) :
			     fj_sys_pidfd_send_signal(fd, FJ_SIGSYS, &info, 0);
	if (fd >= 0)
		fj_sys_close((int)fd);
	return !r;
}

static bool tell_another(struct fj_thread *t, const char *pid, const void *unused)
{
	(void)unused;
	signal_process(t, fj_private_pid(pid));
	return false;
}

/* The jail's first process has a filter that traps its end from now on. */
static void note_trapped(void)
{
	__atomic_store_n(&fj_jail->traps_ends, FJ_ENDS_FIRST, __ATOMIC_RELEASE);
}

/* Once in a jail, from state `from`: tell all others. */
static void tell_others(struct fj_thread *t, uint32_t from)
{
	if (__atomic_compare_exchange_n(&fj_jail->traps_ends, &from, FJ_ENDS_TOLD, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		fj_private_any_process(t, tell_another, NULL, false);
}

void fj_ending_watch(struct fj_thread *t)
{
	uint32_t pass = FJ_ENDS_PASS;

	if (!fj_jail->has_trap || !__atomic_compare_exchange_n(&fj_jail->traps_ends, &pass,
					  FJ_ENDS_ASKED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	trap_ends();
	if (fj_jail->first_pid == fj_sys_getpid())
		note_trapped();
	else if (!signal_process(t, fj_jail->first_pid))
		tell_others(t, FJ_ENDS_ASKED);
}

void fj_ending_leave(struct fj_thread *t)
{
	uint32_t state;

	if (fj_private_leave(t))
		return;
	state = __atomic_load_n(&fj_jail->traps_ends, __ATOMIC_ACQUIRE);
	if (state == FJ_ENDS_ASKED || state == FJ_ENDS_FIRST)
		tell_others(t, state);
}

bool fj_ending_is_told(const siginfo_t *info)
{
	if (info->si_signo != FJ_SIGSYS || info->si_code != SI_QUEUE_ ||
		info->si_value.sival_ptr != (void *)ENDING_MARK)
		return false;
	trap_ends();
	if (fj_jail->first_pid == fj_sys_getpid())
		note_trapped();
	return true;
}
