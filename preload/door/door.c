/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * door.c - takes a call that came by a jump to the engine. Called by entry.S and, through door.h, by patch,
 * launch and loader. chosen.c decides which calls come by jumps.
 *
 * Signals are not blocked here. A handler that interrupts the engine runs on the program's stack
 * (handlers.c), and may enter the engine again on another engine stack (sys/thread.h, fj_thread_borrow).
 * Calls that need the signal frame of a trap are left to the trap, if there is one: most of them are about
 * signals. */
#include "door/door.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "call/call.h"
#include "call/condition.h"
#include "call/hooks.h"
#include "call/trapping.h"
#include "dispatch/dispatch.h"
#include "door/chosen.h"
#include "door/handlers.h"
#include "door/page.h"
#include "door/record.h"
#include "door/shared.h"
#include "guest/guest.h"
#include "inode/writes.h"
#include "jail/jail.h"
#include "jail/memory.h"
#include "jail/texts.h"
#include "mount-table/paths.h"
#include "seccomp/policy.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "signal/libc_signals.h"
#include "signal/waiting.h"
#include "sys/arch.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "sys/thread.h"
#include "syscall/mman.h"
#include "syscall/signal.h"

#include <asm/unistd.h>
#include <linux/mman.h>
#include <linux/seccomp.h>

struct fj_doors *fj_doors(void)
{
	return (struct fj_doors *)fj_jail_at(FJ_DOORS_AT);
}

#define CALLS_PER_LOOK 64 /* 1.6 % more calls while a tracer looks */

_Static_assert(offsetof(struct fj_thread, busy) == 4 && offsetof(struct fj_thread, deferred) == 8 &&
		       FJ_GUARD_AT == 0x40 && FJ_SECTION_BIT(FJ_GUARD_AT) == 0x10 &&
		       offsetof(struct fj_guard, policy) == 0 && FJ_GATE_SHOWN_AT == 4224 &&
		       offsetof(union fj_child_states, sections) == 4 &&
		       (FJ_SIGSYS_BIT | FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT) == 0x40000440,
	"entry.S");

extern const char fj_door_call[], fj_door_site[], fj_door_maybe[], fj_door_maybe_here[];
struct fj_thread *fj_door_enter(const struct fj_door_record *record);
/* For jails without the trap: run the program's own seccomp filters as the kernel would. Returns whether they
 * refuse the call. The caller then makes it by plain_call(), so that the kernel runs the filters, too, and
 * gives the answer. */
static bool is_refused_by_policy(const struct fj_call *c)
{
	const uint32_t action =
		fj_policy_ask(c->nr, c->arg, (uint64_t)fj_door_site) & SECCOMP_RET_ACTION_FULL;

	return action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG;
}

long fj_door_run(struct fj_door_record *record, struct fj_thread *t);

bool fj_door_has_fsgsbase; /* user mode may read the fs base; entry.S reads this */
bool fj_door_passes_masks; /* entry.S may make rt_sigprocmask(2) itself, and has sahf */
char *fj_door_own_preload;
long (*fj_door_map)(const uint64_t arg[6], bool is_first);

/* For sites whose call number is not known in advance (entry.S, fj_door_maybe): one bit per call that goes
 * to the engine. */
uint64_t fj_door_bits[FJ_DOOR_CALLS / 64];

__attribute__((noinline)) static uintptr_t ask_fs_base(void)
{
	return fj_thread_pointer();
}

static inline uintptr_t fs_base(void)
{
	uintptr_t base;

	if (__builtin_expect(!fj_door_has_fsgsbase, 0))
		return ask_fs_base();
	__asm__("rdfsbase %0" : "=r"(base));
	return base;
}

FJ_HOT struct fj_thread *fj_door_enter(const struct fj_door_record *record)
{
	return fj_thread_borrow(fs_base(), (uintptr_t)record);
}

/* Leave the call to entry.S, which makes it on the program's stack, so that handlers run there. */
static void defer_to_entry(struct fj_door_record *record, const struct fj_call *c)
{
	const uint64_t from = (uint64_t)c->deferred_data, to = (uint64_t)record->deferred_data;

	for (size_t i = 0; i < sizeof(c->deferred_data) / 8; i++) {
		const uint64_t word = c->deferred_data[i];

		record->deferred_data[i] =
			word - from < sizeof(c->deferred_data) ? word - from + to : word;
	}
	for (int i = 0; i < FJ_ARGS; i++)
		record->deferred_arg[i] = c->arg[i] - from < sizeof(c->deferred_data) ?
						  c->arg[i] - from + to :
						  c->arg[i];
	record->what_is_deferred = FJ_DOOR_CALL;
}

/* Let entry.S make the call from the program's stack and not from the gate page, so that the filter traps
 * it. */
static long leave_to_trap(struct fj_door_record *record)
{
	record->what_is_deferred = FJ_DOOR_TO_TRAP;
	return (long)record->nr;
}

static bool has_syscall_insn(const struct fj_door_record *record)
{
	static const uint8_t syscall_insn[] = {0x0f, 0x05};

	return memcmp((const void *)(record->back - 2), syscall_insn, 2) == 0;
}

/* musl's __unmapself() ends a detached thread: it unmaps the stack that it runs on. The record lies on that
 * stack. So the program makes this call itself, with the syscall instruction that the jump skipped. */
static bool unmaps_record(const struct fj_call *c)
{
	const struct fj_door_record *record = c->frame;

	return c->nr == __NR_munmap && (uint64_t)record - c->arg[0] < c->arg[1] &&
	       has_syscall_insn(record);
}

/* A tracer that is killed cannot take its mark away. So some calls ask whether it still runs. */
static bool has_lost_tracer(void)
{
	int32_t *const tracer = (int32_t *)(fj_gate_address() + FJ_GATE_SHOWN_AT);
	int32_t *const calls = tracer + 1;
	int32_t was = __atomic_load_n(tracer, __ATOMIC_RELAXED);

	if (__atomic_add_fetch(calls, 1, __ATOMIC_RELAXED) % CALLS_PER_LOOK ||
		fj_sys_kill(was, 0) != -ESRCH)
		return false;
	return __atomic_compare_exchange_n(
		tracer, &was, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* A tracer is to see the program's own call: at its syscall instruction, where that is left. */
static long leave_to_tracer(struct fj_door_record *record)
{
	fj_guest_forget(); /* it may be a call that changes mappings */
	if (!has_syscall_insn(record))
		return leave_to_trap(record);
	record->what_is_deferred = FJ_DOOR_AGAIN;
	return (long)record->nr;
}

/* Without the trap: make the call outside the gate page, so that the program's own filters answer it. */
static long plain_call(const struct fj_call *c)
{
	register uint64_t r10 __asm__("r10") = c->arg[3];
	register uint64_t r8 __asm__("r8") = c->arg[4];
	register uint64_t r9 __asm__("r9") = c->arg[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(c->nr), "D"(c->arg[0]), "S"(c->arg[1]), "d"(c->arg[2]), "r"(r10),
			 "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

/* Is this a change of the signal mask that leaves SIGSYS alone, in a process that never blocked it? */
static bool leaves_sigsys_alone(const struct fj_call *c)
{
	enum { UNBLOCK = 1 }; /* SIG_UNBLOCK */
	uint64_t set;

	if (!fj_jail->has_trap) /* then SIGSYS is a signal like others */
		return true;
	if (fj_sigsys_was_blocked())
		return false;
	if (!c->arg[1] || (int)c->arg[0] == UNBLOCK)
		return true;
	if (c->arg[3] != sizeof(set) || fj_guest_read(&set, c->arg[1], sizeof(set)))
		return false;
	fj_faults_mask_changes((int)c->arg[0], set);
	return !(set & FJ_SIGSYS_BIT);
}

/* Must the trap handle this call, because the engine needs the program's signal frame? A program with
 * seccomp filters of its own must make its calls from an address that the filters judge. And a pending
 * SIGSYS is delivered when the trap's handler returns. */
static bool is_for_trap_now(const struct fj_row *row)
{
	if (!fj_jail->has_trap || !row)
		return fj_jail->has_trap && fj_policy_save();
	return fj_policy_save() || (row->hook == FJ_HOOK_sigprocmask && fj_sigsys_was_pending()) ||
	       ((fj_is_for_the_trap(row) || row->hook == FJ_HOOK_select) &&
		       fj_sigsys_was_blocked());
}

/* Every request to ptrace(2) matters once the trap has them all, and always where there is no trap
 * (exec/hook_ptrace.c). */
static bool is_for_tracer(const struct fj_row *row)
{
	return row->hook == FJ_HOOK_ptrace && (!fj_jail->has_trap || fj_trapped()->waits);
}

__attribute__((noinline)) static long call_deferred(
	struct fj_door_record *record, const struct fj_call *c)
{
	defer_to_entry(record, c);
	return c->nr;
}

/* The hook has ended. Let in the signals that it has held back. */
__attribute__((noinline)) static long end_call(
	struct fj_door_record *record, struct fj_call *c, long r)
{
	fj_release_signals(c);
	if (c->begins_again &&
		r == -EINTR) /* (signals of libc's are delivered at the program's call) */
		return c->thread->deferred ? -FJ_RESTART : fj_door_run(record, c->thread);
	return c->is_deferred ? call_deferred(record, c) : r;
}

/* Handles all calls but the most frequent ones. */
__attribute__((noinline)) static long run_with_care(
	struct fj_door_record *record, struct fj_call *c)
{
	const struct fj_row *row = c->row;
	long r;

	if (fj_thread_is_shown() && !has_lost_tracer())
		return leave_to_tracer(record);
	if (is_for_trap_now(row)) {
		if (fj_policy_save())
			fj_guest_forget(); /* for any call: such programs are rare */
		return leave_to_trap(record);
	}
	if (row && row->hook == FJ_HOOK_sigprocmask && leaves_sigsys_alone(c)) {
		if (!c->arg[1])
			return fj_kernel(c);
		/* On the program's stack, since the new mask may let a signal in. The arguments are still the
		 * program's own. */
		memcpy(record->deferred_arg, c->arg, sizeof(c->arg));
		record->what_is_deferred = FJ_DOOR_CALL;
		return c->nr;
	}
	if (!fj_jail->has_trap && fj_policy_save() && is_refused_by_policy(c))
		return plain_call(c);
	if (unmaps_record(c)) {
		fj_guest_forget();
		record->what_is_deferred = FJ_DOOR_AGAIN;
		return c->nr;
	}
	if (c->nr == __NR_munmap || c->nr == __NR_mprotect || c->nr == __NR_mremap ||
		c->nr == __NR_brk) {
		r = fj_kernel(c);
		fj_guest_forget();
		return r;
	}
	if (c->nr == __NR_mmap) {
		if (__builtin_expect(
			    fj_is_our_fd(c->arg[4]), 0)) /* a trace file's descriptor could be
								   * read */
			c->arg[4] = (uint64_t)(int64_t)FJ_CLOSED_FD;
		/* A thread's stack, which gets a guard page: the thread may change mappings before it enters
		 * here. (posix_spawn(3) maps a stack without.) */
		if (!c->arg[2] && (c->arg[3] & MAP_STACK))
			fj_thread_note_company();
		r = fj_door_map(c->arg, false);
		if (c->arg[3] & MAP_FIXED)
			fj_guest_forget();
		return r;
	}
	if (row && !fj_condition_holds(row, c->arg) && !is_for_tracer(row) &&
		(row->hook || !fj_writes_are_watched() || !fj_writes_may_be(c->nr)))
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	return end_call(record, c, fj_call_row(c));
}

FJ_HOT long fj_door_run(struct fj_door_record *record, struct fj_thread *t)
{
	struct fj_call c;
	long r;

	if (__builtin_expect(fj_door_signals_early, 0))
		fj_door_signals_take(t);
	c.nr = (int)record->nr; /* the kernel reads 32 bits, and so does the trap */
	memcpy(c.arg, record->arg, sizeof(c.arg));
	c.row = fj_row(c.nr);
	c.thread = t;
	c.mask = NULL;
	c.altstack = NULL;
	c.sp = (uint64_t)record;
	c.frame = record;
	c.ip = 0;
	c.is_deferred = c.leaves_by_sigreturn = c.holds_signals = c.begins_again = false;
	/* (Calls that change mappings have the condition FJ_NEVER in their rows, so they take this
	 * branch.) */
	if (__builtin_expect(!c.row || c.row->when != FJ_ALWAYS ||
				     c.row->hook == FJ_HOOK_sigprocmask || fj_policy_save() ||
				     fj_thread_is_shown(),
		    0))
		return run_with_care(record, &c);
	r = fj_call_row(&c);
	return __builtin_expect(c.is_deferred | c.holds_signals, 0) ? end_call(record, &c, r) : r;
}

static void want_writes(void)
{
	for (long nr = 0; nr < fj_row_count; nr++)
		if (fj_door_may_want(nr))
			fj_door_bits[nr / 64] |= 1UL << (nr % 64);
}

uint64_t fj_door_address(int which)
{
	return (uint64_t)&fj_gate_entries(fj_gate_address())[which];
}

void fj_door_put_entries(uint64_t gate)
{
	uint64_t *entries = fj_gate_entries(gate);

	entries[0] = (uint64_t)fj_door_site;
	entries[1] = (uint64_t)fj_door_maybe;
	entries[2] = (uint64_t)fj_door_maybe_here;
}

/* The page stays writable, as all memory of the engine does. If something lies in its place, libfakejail.so makes the
 * program's calls itself. */
static void make_page(void)
{
	const uint64_t at = fj_gate_address() + FJ_DOOR_PAGE_AT;
	struct fj_door_page *p = (struct fj_door_page *)at;

	if (fj_sys_mmap((void *)at, FJ_PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (long)at)
		return;
	p->size = sizeof(*p);
	p->own_preload = &fj_door_own_preload;
	p->call = (long (*)(long, long, long, long, long, long, long))(uintptr_t)fj_door_call;
	for (long nr = 0; nr < fj_row_count; nr++)
		if (fj_door_wants(nr))
			p->wants[nr / 64] |= 1UL << (nr % 64);
	p->magic = FJ_DOOR_MAGIC;
}

void fj_door_start(bool has_fsgsbase)
{
	fj_door_has_fsgsbase = has_fsgsbase;
	fj_door_passes_masks = has_fsgsbase && fj_jail->has_trap;
	fj_libc_signals_handler = (uint64_t)fj_door_signal;
	fj_handlers_start();
	memcpy(fj_door_bits, fj_doors()->bits, sizeof(fj_door_bits));
	fj_writes_watched = want_writes;
	if (fj_jail_paths()->preload[0])
		make_page();
}
