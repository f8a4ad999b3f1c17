/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stand_in.c - a SIGSYS that the program blocks waits in the kernel, as another signal. Called by
 * the other files of this room, and by trap/.
 *
 * The trap needs SIGSYS unblocked, so the engine gets a SIGSYS of the program's own although the
 * program blocks it. It is sent again as a real-time signal, which the thread does block, with the
 * same siginfo and a mark. So the kernel keeps it for the thread or the process, finds a thread
 * that lets it in, passes it on to the next program, wakes processes that poll a signalfd(2), and
 * drops it in a forked child. When it leaves the kernel it becomes SIGSYS again: here for
 * sigtimedwait(2) and when it is unblocked, in hook_signalfd.c for read(2). */
#include "signal/stand_in.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "call/call.h"
#include "call/hooks.h"
#include "exec-format/exec.h"
#include "guest/guest.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/fd.h"
#include "sys/gate_code.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "sys/thread_signals.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"

#define SI_TKILL_ (-6) /* asm-generic/siginfo.h */

uint64_t fj_stand_in_entry;

/* The process for which a SIGSYS is held back for all its threads. (A forked child has another
 * id.) */
static int32_t waits_for_all;
bool fj_sigsys_once_pending;
static uint32_t count;

uint32_t fj_stand_in_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

static bool waits_for_me(const struct fj_thread *t)
{
	const int32_t tid = fj_thread_signals(t)->sigsys_pending;

	return tid && tid == fj_sys_gettid();
}

static bool waits_for_process(void)
{
	const int32_t pid = __atomic_load_n(&waits_for_all, __ATOMIC_ACQUIRE);

	return pid && pid == fj_sys_getpid();
}

static void set_waits_for_me(struct fj_thread *t, bool is)
{
	fj_thread_signals_to_change(t)->sigsys_pending = is ? (int32_t)fj_sys_gettid() : 0;
}

static void set_waits_for_process(bool is)
{
	__atomic_store_n(&waits_for_all, is ? (int32_t)fj_sys_getpid() : 0, __ATOMIC_RELEASE);
}

/* Another process may have read what was noted here, or a thread whose call was not seen. */
static bool kernel_has_one(void)
{
	uint64_t set = 0;

	fj_sys_rt_sigpending(&set, FJ_SIGSET_SIZE);
	return set & FJ_STAND_IN_BIT;
}

bool fj_stand_in_waits(const struct fj_thread *t)
{
	return fj_sigsys_was_pending() && (waits_for_me(t) || waits_for_process()) &&
	       kernel_has_one();
}

/* The signals that the kernel has for this thread alone: SigPnd of its status. */
static uint64_t private_ones(struct fj_thread *t)
{
	static const char label[] = "SigPnd:\t";
	enum { SIZE = 4096 };
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, SIZE);
	const char *at = text;
	uint64_t set = 0;
	const long n = fj_read_file(AT_FDCWD, "/proc/thread-self/status", text, SIZE - 1);

	fj_scratch_release(t, mark); /* nothing else uses scratch memory here */
	text[n > 0 ? n : 0] = 0;
	while (*at && !fj_begins(at, label))
		at++;
	for (at += *at ? sizeof(label) - 1 : 0; *at && *at != '\n'; at++)
		set = set << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return set;
}

bool fj_stand_in_is_first(struct fj_thread *t)
{
	return fj_stand_in_waits(t) && (waits_for_me(t) || !private_ones(t));
}

void fj_stand_in_arm(void)
{
	const struct fj_sigaction ours = {
		.handler = fj_stand_in_entry,
		.flags = FJ_SA_SIGINFO | FJ_SA_RESTART | FJ_SA_ONSTACK | FJ_SA_RESTORER,
		.restorer = fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin),
		.mask = ~(FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT),
	};
	struct fj_sigaction old = {0};

	fj_sys_rt_sigaction(FJ_STAND_IN, NULL, &old, FJ_SIGSET_SIZE);
	if (old.handler == FJ_DEFAULT) /* else the program uses the signal itself */
		fj_sys_rt_sigaction(FJ_STAND_IN, &ours, NULL, FJ_SIGSET_SIZE);
}

static void send_signal(int sig, bool to_me, siginfo_t *info)
{
	const long pid = fj_sys_getpid();

	/* A process may give itself any sender. */
	if (to_me)
		fj_sys_rt_tgsigqueueinfo(pid, fj_sys_gettid(), sig, info);
	else
		fj_sys_rt_sigqueueinfo(pid, sig, info);
}

void fj_stand_in_keep(struct fj_thread *t, const siginfo_t *info, uint64_t *mask)
{
	const bool is_mine = info->si_code == SI_TKILL_;
	siginfo_t kept = *info;

	fj_sigsys_once_pending = true;
	__atomic_add_fetch(&count, 1, __ATOMIC_RELEASE);
	fj_stand_in_arm();
	*mask = fj_mask_block(t, fj_mask_shown(t, *mask));
	/* Of signals below 32 the kernel keeps one for a thread, and one for the process. */
	if ((is_mine ? waits_for_me(t) : waits_for_process()) && kernel_has_one())
		return;
	if (is_mine)
		set_waits_for_me(t, true);
	else
		set_waits_for_process(true);
	kept.si_errno = FJ_STAND_IN_MARK;
	send_signal(FJ_STAND_IN, is_mine, &kept);
}

void fj_stand_in_turn(struct fj_thread *t, siginfo_t *info)
{
	/* The kernel takes the thread's first. */
	if (waits_for_me(t))
		set_waits_for_me(t, false);
	else
		set_waits_for_process(false);
	info->si_signo = FJ_SIGSYS;
	info->si_errno = 0;
}

bool fj_stand_in_take(struct fj_thread *t, siginfo_t *info)
{
	static const uint64_t only = FJ_STAND_IN_BIT;
	static const uint64_t at_once[2];

	if (!fj_stand_in_waits(t) ||
		fj_sys_rt_sigtimedwait(&only, info, at_once, FJ_SIGSET_SIZE) != FJ_STAND_IN)
		return false;
	if (!fj_stand_in_is(info)) { /* it was a signal of the program's own */
		send_signal(FJ_STAND_IN, false, info);
		return false;
	}
	fj_stand_in_turn(t, info);
	return true;
}

void fj_stand_in_send(struct fj_thread *t)
{
	siginfo_t info;
	bool is_mine = waits_for_me(t);

	for (; fj_stand_in_take(t, &info); is_mine = false)
		send_signal(FJ_SIGSYS, is_mine, &info);
}

void fj_stand_in_drop(struct fj_thread *t)
{
	siginfo_t info;

	while (fj_stand_in_take(t, &info))
		;
}

void fj_stand_in_came(struct fj_thread *t, siginfo_t *info)
{
	const struct fj_sigaction to_die = {.handler = FJ_DEFAULT};

	if (fj_stand_in_is(info)) {
		fj_stand_in_turn(t, info);
		send_signal(FJ_SIGSYS, true, info);
	} else {
		fj_sys_rt_sigaction(FJ_STAND_IN, &to_die, NULL, FJ_SIGSET_SIZE);
		send_signal(FJ_STAND_IN, true, info);
	}
}

uint32_t fj_stand_in_save(const struct fj_thread *t)
{
	const bool waits = fj_stand_in_waits(t);

	return (waits && waits_for_me(t) ? FJ_SIGSYS_PENDING : 0) |
	       (waits && waits_for_process() ? FJ_SIGSYS_PENDING_FOR_ALL : 0) |
	       (fj_thread_signals(t)->stand_in_blocked ? FJ_SIGSYS_STAND_IN : 0);
}

void fj_stand_in_start(struct fj_thread *t, uint32_t flags)
{
	if (flags & FJ_SIGSYS_PENDING)
		set_waits_for_me(t, true);
	if (flags & FJ_SIGSYS_PENDING_FOR_ALL)
		set_waits_for_process(true);
	if (flags & FJ_SIGSYS_STAND_IN)
		fj_thread_signals_to_change(t)->stand_in_blocked = true;
	fj_sigsys_once_pending =
		flags & (FJ_SIGSYS_PENDING | FJ_SIGSYS_PENDING_FOR_ALL | FJ_SIGSYS_STAND_IN);
}

long fj_hook_sigpending(struct fj_call *c)
{
	uint64_t set = 0;
	long r;

	if (!c->arg[0] || c->arg[1] > FJ_SIGSET_SIZE)
		return fj_kernel(c);
	r = fj_sys_rt_sigpending(&set, FJ_SIGSET_SIZE);
	if (c->mask) /* the trap blocks more than the program, and such a signal comes at its end */
		set &= *c->mask;
	if (fj_stand_in_waits(c->thread))
		set = (set & ~FJ_STAND_IN_BIT) | FJ_SIGSYS_BIT;
	return r < 0 ? r : fj_guest_write(c->arg[0], &set, c->arg[1]);
}

static long give_info(const struct fj_call *c, const siginfo_t *info)
{
	return c->arg[1] && fj_guest_write(c->arg[1], info, sizeof(*info)) ? -EFAULT :
									     info->si_signo;
}

/* rt_sigtimedwait(2): a wait for SIGSYS also waits for the stand-in. */
long fj_hook_sigtimedwait(struct fj_call *c)
{
	uint64_t set, arg[FJ_ARGS];
	siginfo_t info;
	long r;

	if (c->arg[3] != FJ_SIGSET_SIZE || fj_guest_read(&set, c->arg[0], sizeof(set)))
		return fj_kernel(c);
	if (!(set & FJ_SIGSYS_BIT)) {
		c->is_deferred = c->frame != NULL;
		return c->frame ? 0 : fj_kernel(c);
	}
	if (fj_stand_in_is_first(c->thread) && fj_stand_in_take(c->thread, &info))
		return give_info(c, &info);
	memcpy(arg, c->arg, sizeof(arg));
	set |= FJ_STAND_IN_BIT;
	arg[0] = (uint64_t)&set;
	arg[1] = (uint64_t)&info;
	r = fj_kernel_waiting(c, c->nr, arg, -1);
	if (r < 0)
		return r;
	if (fj_stand_in_is(&info))
		fj_stand_in_turn(c->thread, &info);
	return give_info(c, &info);
}
