/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dispatch.c - the engine's one entry: finds the row of a call, in an array that is made from
 * calls.def, and runs the row's hook. Called by the doors, and by rooms that make a call of the table
 * themselves. */
#include "dispatch/dispatch.h"

#include "bytes/copy.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "call/translate.h"
#include "cred/ids.h"
#include "cred/ids_limited.h"
#include "cred/ids_start.h"
#include "devfs/dev_names.h"
#include "dispatch/in_child.h"
#include "exec/hook_ptrace.h"
#include "inode/making.h"
#include "inode/writes.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/search.h"
#include "layers/follow.h"
#include "mount-table/mount_flags.h"
#include "permission/may.h"
#include "signal/signalfd.h"
#include "signal/waiting.h"
#include "sys/hot.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "syscall/nr.h"
#include "union/change.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>

/* An argument of an alias is one of the old call's first three arguments, or a constant. */
#define OWN 0x4000
#define A0 (OWN + 0)
#define A1 (OWN + 1)
#define A2 (OWN + 2)

/* A row's argument list may be shorter than six. */
#define KIND1(a) FJ_##a
#define KINDS_(a, b, c, d, e, f, ...)                                                              \
	{                                                                                          \
		KIND1(a), KIND1(b), KIND1(c), KIND1(d), KIND1(e), KIND1(f)                         \
	}
#define KINDS(...) KINDS_(__VA_ARGS__, NONE, NONE, NONE, NONE, NONE, NONE)

/* A bit for each argument that is a descriptor. */
#define IS_FD(i, a) ((FJ_##a == FJ_FD || FJ_##a == FJ_DIRFD) << (i))
#define FDS_(a, b, c, d, e, f, ...)                                                                \
	(IS_FD(0, a) | IS_FD(1, b) | IS_FD(2, c) | IS_FD(3, d) | IS_FD(4, e) | IS_FD(5, f))
#define FDS(...) FDS_(__VA_ARGS__, NONE, NONE, NONE, NONE, NONE, NONE)

/* All names and notes, one behind the other. A row says at which byte its name or note begins. */
struct texts {
	char none;
#define TEXT(name_, note_) char name_of_##name_[sizeof(#name_)], note_of_##name_[sizeof(note_)];
#include "dispatch/texts.def"
};
static const struct texts texts = {
#define TEXT(name_, note_) .name_of_##name_ = #name_, .note_of_##name_ = note_,
#include "dispatch/texts.def"
};
_Static_assert(sizeof(texts) <= UINT16_MAX, "struct fj_row");

#define TEXTS_OF(name_)                                                                            \
	.name = offsetof(struct texts, name_of_##name_),                                           \
	.note = offsetof(struct texts, note_of_##name_)

static const struct fj_row rows[] = {
#define CALL_AS(name_, as_, hook_, when_, asks_, flags_, support_, note_, ...)                     \
	[__NR_##name_] = {TEXTS_OF(name_), .hook = FJ_HOOK_##hook_, .when = FJ_##when_,            \
		.asks = FJ_ASKS_##asks_, .flags = flags_, .support = FJ_##support_,                \
		.kind = KINDS(__VA_ARGS__), .fds = FDS(__VA_ARGS__), .as = __NR_##as_},
#define CALL(name_, ...) CALL_AS(name_, name_, __VA_ARGS__)
#define REFUSE(name_, errno_, note_)                                                               \
	[__NR_##name_] = {TEXTS_OF(name_), .hook = FJ_HOOK_refuse, .when = FJ_ALWAYS,              \
		.support = FJ_REFUSED, .refusal = -(errno_)},
#define ALIAS(name_, target_, ...)                                                                 \
	[__NR_##name_] = {TEXTS_OF(name_), .when = FJ_ALWAYS, .support = FJ_FULL,                  \
		.as = __NR_##target_, .alias_arg = {__VA_ARGS__}},
#define PASS(name_) PASS_SEEN(name_, 0, NOTHING, NONE)
#define PASS_FD(name_, ...) PASS_SEEN(name_, 0, __VA_ARGS__)
#define PASS_SEEN(name_, flags_, asks_, ...)                                                       \
	[__NR_##name_] = {TEXTS_OF(name_), .asks = FJ_ASKS_##asks_, .flags = flags_,               \
		.support = FJ_PASSED, .kind = KINDS(__VA_ARGS__), .fds = FDS(__VA_ARGS__)},
#include "dispatch/calls.def"
};

const long fj_row_count = sizeof(rows) / sizeof(rows[0]);

FJ_HOT const struct fj_row *fj_row(long nr)
{
	return nr >= 0 && nr < fj_row_count && rows[nr].name ? &rows[nr] : NULL;
}

const char *fj_row_name(const struct fj_row *row)
{
	return (const char *)&texts + row->name;
}

const char *fj_row_note(const struct fj_row *row)
{
	return (const char *)&texts + row->note;
}

/* Call the hook. A switch becomes a table of distances, which is right at whatever address the
 * engine lies; a table of addresses would have to be relocated. */
FJ_HOT static long call_hook(struct fj_call *c)
{
	switch ((enum fj_hook)c->row->hook) {
	case FJ_HOOK_NONE:
		break;
#define X(name)                                                                                    \
	case FJ_HOOK_##name:                                                                       \
		return fj_hook_##name(c);
		FJ_HOOKS(X)
#undef X
	}
	return fj_kernel(c);
}

/* Turn an old call (stat) into the call that took its place (newfstatat). */
static void resolve_alias(struct fj_call *c)
{
	const uint64_t own[4] = {c->arg[0], c->arg[1], c->arg[2]};

#pragma GCC unroll 5
	for (int a = 0; a < 5; a++) {
		const int16_t what = c->row->alias_arg[a];

		c->arg[a] = what >= OWN ? own[(what - OWN) & 3] : (uint64_t)(int64_t)what;
	}
	c->nr = c->row->as;
	c->row = fj_row(c->nr);
}

__attribute__((noinline)) static long run_overridden(struct fj_call *c, long r)
{
	if (r == -EXDEV)
		return fj_mount_flags()->has_entries && fj_dev_make(c) ? call_hook(c) : r;
	return fj_dac_override(c) || fj_dev_make(c) ? call_hook(c) : r;
}

/* A call without a hook. It comes here only in a process that has begun to trap it: a read from a
 * signalfd, a wait that the trace shows, or a write that may take set-id bits away. */
__attribute__((noinline)) static long run_late(struct fj_call *c)
{
	if (fj_signalfd_reads(c->nr))
		return fj_signalfd_read(c);
	return fj_trace_waits(c->nr) ? fj_trace_wait(c) : fj_writes_made(c);
}

static inline long run_hook(struct fj_call *c, bool is_in_child);

/* The engine found no descriptor free for its own lookups: called by in_child.c where some are free. */
__attribute__((noinline)) static long run_in_child(struct fj_call *c)
{
	return run_hook(c, true);
}

/* Run the hook. On EACCES the mode bits of the disk may have stopped a caller who is root in the
 * jail, and on EACCES or EXDEV the host's /dev may have refused a new name. Both are mended where
 * they can be, and the hook runs again. On EMFILE in_child.c makes the call again. `is_in_child`: it
 * is doing so already. */
__attribute__((always_inline)) static inline long run_hook(struct fj_call *c, bool is_in_child)
{
	uint64_t arg[FJ_ARGS];
	const uint32_t mark = fj_scratch_mark(c->thread);
	const struct fj_row *row = c->row;
	const long nr = c->nr;
	long r;

	if (!c->row->hook)
		return run_late(c);
	memcpy(arg, c->arg, sizeof(arg));
	r = call_hook(c);
	if (__builtin_expect(r != -EACCES && r != -EXDEV && (r != -EMFILE || is_in_child), 1))
		return r;
	c->row = row;
	c->nr = nr;
	memcpy(c->arg, arg, sizeof(arg));
	fj_scratch_release(c->thread, mark);
	if (r == -EMFILE)
		return c->is_deferred ? r : fj_call_in_child(c, run_in_child, arg);
	return run_overridden(c, r);
}

static long run_limited_in_child(struct fj_call *c);

/* The call of a caller without full capabilities: its permission is checked first. On EACCES or
 * EPERM the check is made again when another process is creating a file: that file may get its
 * owner record late, and the record may name the caller. */
static inline long run_limited_at(struct fj_call *c, bool is_in_child)
{
	uint32_t mark;
	const long nr = c->nr;
	struct fj_creators_seen seen;
	uint64_t arg[FJ_ARGS];
	long r;

	fj_search(c->thread)->asker = fj_ids_asker(fj_ids());
	if (fj_thread_has_company() && !is_in_child)
		fj_args_copy(c);
	mark = fj_scratch_mark(c->thread);
	fj_creators_begin(&seen);
	memcpy(arg, c->arg, sizeof(arg));
	for (;;) {
		r = fj_may_call(c);
		fj_scratch_release(c->thread, mark);
		if (r >= 0)
			r = r == FJ_MAY_DONE ? 0 : run_hook(c, is_in_child);
		else if (r == -EMFILE && !is_in_child)
			return fj_call_in_child(c, run_limited_in_child, arg);
		if (r != -EACCES && r != -EPERM && r != -ENODATA && r != -ENOTDIR &&
			r != -EOPNOTSUPP)
			return r;
		c->nr = nr;
		memcpy(c->arg, arg, sizeof(arg));
		if ((r != -EACCES && r != -EPERM) || !fj_creators_wait(&seen))
			return fj_early_complaint(c, r);
		fj_scratch_release(c->thread, mark);
		fj_search(c->thread)->asks = true;
	}
}

__attribute__((noinline)) static long run_limited(struct fj_call *c)
{
	return run_limited_at(c, false);
}

static long run_limited_in_child(struct fj_call *c)
{
	return run_limited_at(c, true);
}

__attribute__((always_inline)) static inline long run_row(struct fj_call *c)
{
	const bool asks = fj_ids_is_limited();

	fj_search(c->thread)->asks = asks;
	return __builtin_expect(asks, 0) ? run_limited(c) : run_hook(c, false);
}

/* Run the call, and write it to the trace with its arguments as the program gave them. */
__attribute__((noinline)) static long run_traced(struct fj_call *c)
{
	uint64_t arg[FJ_ARGS];
	const uint32_t mark = fj_scratch_mark(c->thread);
	const long nr = c->nr;
	long r;

	memcpy(arg, c->arg, sizeof(arg));
	r = run_row(c);
	if (c->is_deferred || c->nr != nr)
		return r;
	fj_scratch_release(c->thread, mark); /* what the call took may be all there is */
	fj_trace(c, arg, r);
	return r;
}

__attribute__((always_inline)) static inline long run_seen(struct fj_call *c)
{
	return __builtin_expect(fj_jail->trace_fd_plus_1 != 0, 0) ? run_traced(c) : run_row(c);
}

/* For the program the jail's own descriptors are not open. So an argument that names one becomes a
 * number that is not open. (No errno is returned here: with an absolute path the kernel does not look
 * at a descriptor.) */
static inline void hide_our_fds(struct fj_call *c)
{
	for (uint32_t fds = c->row->fds; fds; fds &= fds - 1) {
		uint64_t *arg = &c->arg[__builtin_ctz(fds)];

		if (__builtin_expect(fj_is_our_fd(*arg), 0))
			*arg = (uint64_t)(int64_t)FJ_CLOSED_FD;
	}
}

/* (Not in a call that the engine makes by itself, within another one.) */
__attribute__((noinline)) static void hear_of_copies(struct fj_call *c)
{
	if (!c->frame)
		return;
	fj_hold_signals(c);
	fj_copies_hear(c->thread);
	fj_release_signals(c);
}

/* May the call return a descriptor that is open for reading only, or O_PATH, of a regular file? (pidfd_getfd(2), too,
 * but that takes one of a debugger's process.) */
static inline bool opens_for_reading(const struct fj_call *c)
{
	return c->nr == __NR_openat ?
		       !(c->arg[2] & (O_ACCMODE | O_DIRECTORY)) :
		       c->nr == __NR_openat2 || c->nr == __NR_recvmsg || c->nr == __NR_recvmmsg;
}

FJ_HOT long fj_call_row(struct fj_call *c)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	long r;

	if (__builtin_expect(!*fj_ids_unforked, 0))
		fj_ids_after_fork();
	if (!c->row)
		return -ENOSYS; /* the number is newer than this build: what the call does is not
				   known, so it is not made */
	if (!c->row->hook && c->row->when != FJ_NEVER)
		resolve_alias(c);
	hide_our_fds(c);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0)) {
		fj_calling(c->thread)->call = c;
		if (__builtin_expect(fj_copies_are_unheard(), 0))
			hear_of_copies(c);
		if (opens_for_reading(c))
			fj_copies_await();
	}
	r = run_seen(c);
	fj_scratch_release(c->thread, mark);
	return r;
}

long fj_call(struct fj_call *c)
{
	struct fj_calling *const calling = fj_calling(c->thread);
	struct fj_call *const outer = calling->call;
	long r;

	c->row = fj_row(c->nr);
	r = fj_call_row(c);
	calling->call = outer; /* `c` ends with its caller */
	return r;
}
