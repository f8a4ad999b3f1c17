/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * signals.c - handles a signal by which libc cancels a thread or changes its ids. Called by entry.S, before
 * libc's own handler. signal/libc_signals.c explains why.
 *
 * When the interrupted code is the engine's, the signal is deferred, or its frame is changed so that the
 * program seems to be at the system call that it makes, or after it. libc's handler sees that frame, may
 * leave from there, and unwinds from there. When it returns, the program goes on there.
 *
 * A few instructions are covered by neither: the stub of a site without the trap (patch/sites.c), and the
 * instructions that leave the door. The engine holds nothing there, and no call waits there except one that
 * enters the engine. */
#include "bytes/copy.h"
#include "door/page.h"
#include "door/record.h"
#include "jail/jail.h"
#include "signal/deferred_call.h"
#include "signal/libc_signals.h"
#include "signal/waiting.h"
#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "sys/gate_code.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "sys/thread.h"
#include "syscall/signal.h"
#include "text/sites.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#define SYSCALL_LEN 2

extern const char __executable_start[], etext[];
extern const char fj_door_site[], fj_door_leaving[], fj_door_deferred_made[], fj_door_let_in[],
	fj_door_left[];
extern const char fj_door_mask[], fj_door_mask_made[], fj_door_mask_left[];
extern const char fj_door_maybe[], fj_door_maybe_below[], fj_door_maybe_flags[],
	fj_door_maybe_not[], fj_door_maybe_back[], fj_door_maybe_aimed[], fj_door_maybe_end[];
extern uint64_t fj_door_bits[FJ_DOOR_CALLS / 64];
uint64_t fj_door_signal_came(int sig, const void *info, struct fj_frame *f);

/* Signals that came after the door was entered and before a thread area was borrowed, by fs base. More
 * threads than this are not in that state at once. */
#define EARLY 16
static struct {
	uint64_t fs_base; /* 0: free */
	int32_t sig;	  /* 0: not yet complete */
	uint64_t info[16];
} early[EARLY] FJ_BULKY;
uint32_t fj_door_signals_early;

static bool keep_early(int sig, const void *info)
{
	const uint64_t own = fj_thread_pointer();

	for (int i = 0; i < EARLY; i++) {
		uint64_t none = 0;

		if (!__atomic_compare_exchange_n(&early[i].fs_base, &none, own, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		memcpy(early[i].info, info, sizeof(early[i].info));
		early[i].sig = sig;
		__atomic_add_fetch(&fj_door_signals_early, 1, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

void fj_door_signals_take(struct fj_thread *t)
{
	const uint64_t own = fj_thread_pointer();

	for (int i = 0; i < EARLY; i++) {
		if (__atomic_load_n(&early[i].fs_base, __ATOMIC_ACQUIRE) != own || !early[i].sig)
			continue;
		fj_libc_signal_defer(t, early[i].sig, early[i].info);
		early[i].sig = 0;
		__atomic_sub_fetch(&fj_door_signals_early, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&early[i].fs_base, 0, __ATOMIC_RELEASE);
	}
}

long fj_door_signals(struct fj_door_record *record, struct fj_thread *t, long r)
{
	const uint64_t mask = FJ_LIBC_SIGNAL_MASK;

	fj_sys_rt_sigprocmask(FJ_SIG_BLOCK, &mask, record->deferred_data, sizeof(mask));
	fj_libc_signals_send(t);
	/* A call that has not been made yet is restarted from its beginning. */
	record->is_to_be_made_anew = r == -FJ_RESTART || record->what_is_deferred != FJ_DOOR_DONE;
	record->result = (uint64_t)(record->is_to_be_made_anew ? -EINTR : r);
	record->what_is_deferred = FJ_DOOR_SIGNALS;
	return 0;
}

/* Set the registers such that the program makes the call again. */
static void present_before(struct sigcontext_64 *regs, int sig, uint64_t nr, uint64_t behind)
{
	const uint8_t *back = (const uint8_t *)behind;
	const bool is_syscall = back[-2] == 0x0f && back[-1] == 0x05;

	regs->ax = nr;
	if (is_syscall && fj_jail->has_trap) {
		regs->ip = behind - SYSCALL_LEN;
	} else if (is_syscall && fj_libc_signal_looks(sig)) {
		/* Without the trap nothing would catch the call there, so make it one that returns
		 * EINTR. */
		regs->ip = behind - SYSCALL_LEN;
		regs->ax = __NR_restart_syscall;
	} else if (is_syscall || (back[-6] == 0xff && back[-5] == 0x25)) {
		regs->ip = (uint64_t)fj_door_site; /* called by a site, or by its stub:
						 * patch/sites.c */
	} else {
		regs->ip = behind; /* called by a wrapper, which calls again */
		regs->ax = (uint64_t)-FJ_RESTART;
	}
}

void fj_door_show_record(const struct fj_door_record *record, struct sigcontext_64 *regs)
{
	regs->di = record->arg[0];
	regs->si = record->arg[1];
	regs->dx = record->arg[2];
	regs->r10 = record->arg[3];
	regs->r8 = record->arg[4];
	regs->r9 = record->arg[5];
	regs->bx = record->kept[0];
	regs->r12 = record->kept[1];
	regs->cx = record->back;
	regs->r11 = regs->flags = record->flags;
	regs->sp = (uint64_t)record + FJ_DOOR_ROOM;
}

/* Show the program at the call of `record`: before it, or after it with `result`. */
static void present_call(struct fj_frame *f, int sig, const struct fj_door_record *record,
	bool is_before, uint64_t result)
{
	struct sigcontext_64 *regs = &f->regs;

	regs->ip = record->back;
	regs->ax = result;
	if (is_before)
		present_before(regs, sig, record->nr, record->back);
	fj_door_show_record(record, regs);
}

/* Show the program at a call that is made after the trap's handler: gate.S, fj_gate_deferred. */
static void present_deferred(struct fj_frame *f, bool is_before)
{
	const struct fj_deferred_call *deferred = (const struct fj_deferred_call *)f->regs.sp;
	struct sigcontext_64 *regs = &f->regs;

	regs->ip = deferred->back - (is_before ? SYSCALL_LEN : 0);
	if (is_before)
		regs->ax = deferred->nr;
	regs->di = deferred->arg[0];
	regs->si = deferred->arg[1];
	regs->dx = deferred->arg[2];
	regs->r10 = deferred->arg[3];
	regs->r8 = deferred->arg[4];
	regs->r9 = deferred->arg[5];
	regs->sp += FJ_DEFERRED_ROOM + 8;
}

/* Show the program at a site whose call number is not known, when the engine does not want the call:
 * entry.S, fj_door_maybe. */
static void present_maybe(struct fj_frame *f)
{
	struct sigcontext_64 *regs = &f->regs;
	const uint64_t ip = regs->ip;

	regs->ip = ip == (uint64_t)fj_door_maybe_aimed ? regs->cx : regs->cx - SYSCALL_LEN;
	if (ip >= (uint64_t)fj_door_maybe_flags && ip < (uint64_t)fj_door_maybe_not)
		regs->sp += 8 + FJ_RED_ZONE;
	else if (ip >= (uint64_t)fj_door_maybe_below && ip < (uint64_t)fj_door_maybe_back)
		regs->sp += FJ_RED_ZONE;
}

static bool is_ip_in(uint64_t ip, const char *from, const char *to)
{
	return ip >= (uint64_t)from && ip < (uint64_t)to;
}

static bool is_call_wanted(uint32_t nr)
{
	return nr >= FJ_DOOR_CALLS || (fj_door_bits[nr / 64] >> (nr % 64) & 1);
}

/* Show the program at its rt_sigprocmask(2) that entry.S makes without an engine stack (fj_door_mask): only
 * `back` and `flags` of `record` are written. */
static void present_mask(
	struct fj_frame *f, int sig, const struct fj_door_record *record, bool is_before)
{
	struct sigcontext_64 *regs = &f->regs;

	regs->ip = record->back;
	if (is_before)
		present_before(regs, sig, __NR_rt_sigprocmask, record->back);
	regs->cx = record->back;
	regs->r11 = regs->flags = record->flags;
	regs->sp = (uint64_t)record + FJ_DOOR_ROOM;
}

/* The gate page was interrupted. Returns whether libc's handler may be entered. */
static bool came_at_gate(int sig, const void *info, struct fj_frame *f)
{
	const char *at = fj_gate_begin + (f->regs.ip - fj_gate_address());
	struct fj_thread *t =
		fj_thread_holding(f->regs.sp - 1); /* - 1: an empty stack begins at its end */
	const struct fj_door_record *record = (const struct fj_door_record *)f->regs.bx;
	uint64_t back;

	if (at == fj_gate_deferred || at == fj_gate_deferred_made) {
		present_deferred(f, at == fj_gate_deferred);
		return true;
	}
	if (at >= fj_gate_sigreturn)
		return true;
	back = *(const uint64_t *)f->regs.sp;
	if (at <= fj_gate_made && back == (uint64_t)fj_door_let_in) {
		if (at != fj_gate_made)
			return true;
		present_call(f, sig, record, record->is_to_be_made_anew, record->result);
		return true;
	}
	if (at <= fj_gate_made && back == (uint64_t)fj_door_deferred_made) {
		present_call(f, sig, record, at != fj_gate_made, f->regs.ax);
		return true;
	}
	if (at <= fj_gate_made && back == (uint64_t)fj_door_mask_made) {
		present_mask(f, sig, (const struct fj_door_record *)(f->regs.sp + sizeof(back)),
			at != fj_gate_made);
		return true;
	}
	if (!t)
		return !keep_early(sig, info);
	if (at >= fj_gate_wait && at < fj_gate_waited) {
		f->regs.ip += (uint64_t)(fj_gate_waited - at);
		f->regs.ax = (uint64_t)-FJ_RESTART;
	}
	fj_libc_signal_defer(t, sig, info);
	return false;
}

static bool came_in_engine(int sig, const void *info, struct fj_frame *f)
{
	const uint64_t ip = f->regs.ip;
	struct fj_thread *t;

	if (is_ip_in(ip, fj_door_leaving, fj_door_left) ||
		is_ip_in(ip, fj_door_mask_made, fj_door_mask_left))
		return true;
	if (is_ip_in(ip, fj_door_mask, fj_door_mask_made)) {
		present_mask(f, sig, (const struct fj_door_record *)f->regs.sp, true);
		return true;
	}
	if (is_ip_in(ip, fj_door_maybe, fj_door_maybe_end) &&
		!is_call_wanted((uint32_t)f->regs.ax)) {
		present_maybe(f);
		return true;
	}
	t = fj_thread_holding(f->regs.sp - 1);
	if (!t)
		return !keep_early(sig, info);
	fj_libc_signal_defer(t, sig, info);
	return false;
}

uint64_t fj_door_signal_came(int sig, const void *info, struct fj_frame *f)
{
	const uint64_t handler = fj_libc_signal_handler_of(sig);

	if (f->regs.ip - fj_gate_address() < FJ_PAGE)
		return came_at_gate(sig, info, f) ? handler : 0;
	if (is_ip_in(f->regs.ip, __executable_start, etext))
		return came_in_engine(sig, info, f) ? handler : 0;
	if (fj_jail->has_trap)
		f->regs.ip = fj_stub_program_ip(f->regs.ip);
	return handler;
}
