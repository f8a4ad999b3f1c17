/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may.c - the one place that asks for permissions, before a call of an identity that is not root's.
 * Called by dispatch/dispatch.c.
 *
 * For the kernel the user owns everything in the jail. So an identity that pretends not to be root
 * is judged here, by the rules of ownership/perm.c, on what the files show. The path is looked up
 * once more for that; only callers who are not root pay for it. The walk asks for search permission
 * of the directories on the way (may_search), unless it is remembered that everybody may search
 * them. If two errors are possible, the one that the kernel finds first must be returned: so a name
 * that is missing, or is already there, is left to the call itself.
 *
 * may_target.c finds the files, may_names.c judges calls that make or remove names, may_file.c
 * calls on a file, may_process.c calls on another process. */
#include "permission/may.h"

#include "bytes/len.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "cred/ids.h"
#include "cred/ids_limited.h"
#include "guest/guest.h"
#include "inode/writes.h"
#include "jail/kernel_lacks.h"
#include "jail/search.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/abi.h"
#include "walk/walk.h"

#include <asm/unistd.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include <stdint.h>

#define ANY_X 0111u
#define AT_EACCESS_ 0x200u

static long may_search(struct fj_thread *t, int dirfd, const char *name)
{
	struct fj_call c = {.thread = t};
	struct fj_file dir;

	if (fj_file_look(&c, dirfd, name, AT_EMPTY_PATH, &dir) ||
		(dir.owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return 0; /* the walk gives the error */
	if ((dir.owner.mode & ANY_X) == ANY_X && !(dir.owner.flags & FJ_OWNER_ATTRIBUTES))
		return 1;
	return fj_may(fj_subject(t), &dir.owner, FJ_MAY_EXEC) && !fj_is_kernels(t, dirfd, name) ?
		       -EACCES :
		       0;
}

/* ---- opening ---- */

static bool ends_in_slash(const char *name)
{
	const size_t len = fj_strlen(name);

	return len && name[len - 1] == '/';
}

/* `scope`: FJ_BENEATH or FJ_IN_ROOT. */
static long may_open(struct fj_call *c, uint64_t flags, unsigned scope)
{
	static const unsigned by_mode[] = {
		FJ_MAY_READ, FJ_MAY_WRITE, FJ_MAY_READ | FJ_MAY_WRITE, FJ_MAY_READ | FJ_MAY_WRITE};
	const struct fj_ids *ids = fj_subject(c->thread);
	unsigned want = by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? FJ_MAY_WRITE : 0);
	const bool makes = flags & O_CREAT, must_make = makes && (flags & O_EXCL);
	struct fj_target target;
	unsigned how = scope | ((flags & O_NOFOLLOW) || must_make ? 0 : FJ_FOLLOW);
	long r;
	const char *jail_path = fj_arg_path(c, fj_arg_index(c, FJ_PATH), &r);

	/* EISDIR, before a symlink is followed: only the hook's own walk asks for permissions. */
	if (makes && !(flags & O_PATH) && jail_path && ends_in_slash(jail_path))
		return 0;
	r = fj_target_of(c, fj_arg_index(c, FJ_PATH), how, &target);
	if (r <= 0)
		return fj_target_done(&target, r);
	r = 0;
	if (flags & O_PATH)
		return fj_target_done(&target, 0);
	if (!target.is_there && makes && ends_in_slash(target.place.name))
		return fj_target_done(&target, 0); /* EISDIR */
	if (!target.is_there && makes) {
		const struct fj_owner made = {.uid = ids->fsuid,
			.gid = ids->fsgid,
			.mode = FJ_S_IFREG | (uint32_t)fj_arg(c, FJ_MODE, 0)};
		struct fj_file parent;

		if (made.mode & (FJ_S_ISUID | FJ_S_ISGID))
			fj_writes_watch(&made);

		if (!fj_file_look(c, fj_target_parent(&target), fj_target_dir(c, &target),
			    AT_EMPTY_PATH, &parent) &&
			(parent.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR) /* else ENOTDIR */
			r = fj_may(ids, &parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC);
		return fj_target_done(&target, fj_target_errno(c, &target, r));
	}
	if (!target.is_there || must_make)
		return fj_target_done(&target, 0);

	const uint32_t type = target.file.owner.mode & FJ_S_IFMT;

	if ((flags & O_DIRECTORY) && type != FJ_S_IFDIR)
		return fj_target_done(&target, 0); /* ENOTDIR */
	if (flags & FJ_TMPFILE)
		want = FJ_MAY_WRITE | FJ_MAY_EXEC;
	else if (type == FJ_S_IFLNK || (type == FJ_S_IFDIR && ((want & FJ_MAY_WRITE) || makes)))
		return fj_target_done(&target, 0); /* ELOOP, EISDIR */
	r = fj_may(ids, &target.file.owner, want);
	if (!r && (want & FJ_MAY_WRITE))
		fj_writes_watch(&target.file.owner);
	if (!r && (flags & O_NOATIME) && !fj_is_owner(ids, &target.file.owner))
		r = -EPERM;
	if (r &&
		fj_is_kernels(c->thread, target.place.dirfd,
			target.place.is_magic ? "" : target.place.name) &&
		!target.place.is_magic)
		r = 0;
	return fj_target_done(&target, r);
}

static long may_open_how(struct fj_call *c)
{
	struct open_how how;

	if (fj_guest_read(&how, fj_arg(c, FJ_PTR, 0), sizeof(how)))
		return 0;
	return may_open(c, how.flags,
		(how.resolve & RESOLVE_BENEATH ? FJ_BENEATH : 0) |
			(how.resolve & RESOLVE_IN_ROOT ? FJ_IN_ROOT : 0));
}

/* ---- sockets ---- */

/* Binding a socket makes a name: net/unix/af_unix.c. */
static long may_bind(struct fj_call *c)
{
	char *jail_path;
	struct fj_target target;
	uint64_t at = c->arg[1];
	long r = fj_address_read(c, &at, c->arg[2], &jail_path);

	if (r <= 0)
		return 0;
	r = fj_target_of_path(c, AT_FDCWD, jail_path, FJ_ENTRY, &target);
	if (r <= 0 || target.is_there)
		return fj_target_done(&target, r < 0 ? r : 0);
	return fj_target_done(&target,
		fj_may(fj_subject(c->thread), &target.parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC));
}

/* ---- the file itself: may_file.c ---- */

/* `target` was looked up: the file may be there or not. */
static long judge_path(struct fj_call *c, struct fj_target *target)
{
	long r = 0;

	if (target->is_there)
		r = fj_may_file(c, fj_subject(c->thread), &target->file.owner);
	if (r == -EACCES)
		r = fj_target_object_errno(c, target, r);
	return fj_target_done(target, r);
}

static long may_path(struct fj_call *c, int i)
{
	struct fj_target target;
	const long r = fj_target_of(c, i, fj_target_follow(c, i), &target);

	return r > 0 ? judge_path(c, &target) : fj_target_done(&target, r);
}

/* Judges a call on a descriptor. Most calls fail on an O_PATH descriptor with EBADF: left to the
 * kernel. */
static long may_descriptor(struct fj_call *c)
{
	struct fj_file file;

	if (c->row->asks != FJ_ASKS_ENTER && fj_is_path_fd((int)c->arg[0]))
		return 0;
	if (fj_file_look(c, (int)c->arg[0], "", AT_EMPTY_PATH, &file))
		return 0;
	return fj_may_file(c, fj_subject(c->thread), &file.owner);
}

static long may_object(struct fj_call *c)
{
	for (int i = 0; i < FJ_ARGS; i++)
		if (c->row->kind[i] == FJ_PATH || c->row->kind[i] == FJ_LPATH)
			return may_path(c, i);
	return may_descriptor(c);
}

/* Has the look shown what access(2) will answer? As in access_by_look() of file/hook_stat.c: for
 * its owner only the mode bits can refuse to read a file that was found. */
static bool is_answered(const struct fj_call *c, const struct fj_target *target)
{
	enum { R = 4, OWNER_R = 0400 }; /* R_OK, S_IRUSR */
	const uint32_t wanted = (uint32_t)fj_arg(c, FJ_MODE, 0);

	if (!target->is_fast || (fj_arg(c, FJ_ATFLAGS, 0) & ~(uint64_t)AT_SYMLINK_NOFOLLOW) ||
		fj_mount_flags()->has_read_only ||
		(fj_mount_flags()->has_mount_limits & FJ_MOUNT_NOEXEC) || (wanted & ~7u))
		return false;
	return !target->is_there || !wanted ||
	       (wanted == R && (target->file.real_mode & OWNER_R) &&
		       target->file.real_uid == fj_owner_real_uid());
}

/* access(2) judges the real ids, with the capabilities that they would have:
 * access_override_creds() of fs/open.c. */
static long may_access(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	struct fj_ids real = *fj_ids();
	struct fj_target target;
	long r;

	if (c->nr == __NR_faccessat2 && fj_lacks()->faccessat2)
		return 0; /* the hook says ENOSYS */
	if ((fj_arg(c, FJ_ATFLAGS, 0) & AT_EACCESS_) == 0) {
		real.fsuid = real.ruid;
		real.fsgid = real.rgid;
		if (!(real.securebits & issecure_mask(SECURE_NO_SETUID_FIXUP)))
			real.effective = real.ruid ? 0 : real.permitted;
	}
	fj_judging(c->thread)->judged = &real;
	fj_search(c->thread)->asker = fj_ids_asker(&real);
	r = fj_target_of(c, i, fj_target_follow(c, i), &target);
	if (r <= 0)
		fj_target_done(&target, 0);
	else if (!(r = judge_path(c, &target)) && is_answered(c, &target))
		r = target.is_there ? FJ_MAY_DONE : -ENOENT;
	fj_judging(c->thread)->judged = NULL;
	fj_search(c->thread)->asks = false; /* the hook's own walk would judge the effective ids */
	return r;
}

/* Was every directory on the way of the call's paths asked for permission? Then the hook need not
 * do it again. (A program's interpreters are not arguments of the call.) */
static bool is_asked(const struct fj_call *c)
{
	if (!fj_judging(c->thread)->asked || c->row->asks == FJ_ASKS_EXECUTE)
		return false;
	for (unsigned i = 0; i < FJ_ARGS; i++)
		if (fj_kind_is_path(c->row->kind[i]) && !(fj_judging(c->thread)->asked >> i & 1))
			return false;
	return true;
}

static long judge_call(struct fj_call *c)
{
	switch ((enum fj_asks)c->row->asks) {
	case FJ_ASKS_NOTHING:
	case FJ_ASKS_NOBODY:
	case FJ_ASKS_OPENED:
	case FJ_ASKS_HOOK:
	case FJ_ASKS_SEARCH: /* the hook's own walk does it */
		return 0;
	case FJ_ASKS_OPEN:
		return may_open(c, fj_arg(c, FJ_OFLAGS, 0), 0);
	case FJ_ASKS_OPEN_HOW:
		return may_open_how(c);
	case FJ_ASKS_ACCESS:
		return may_access(c);
	case FJ_ASKS_MAKE:
		return fj_may_make(c, fj_arg_index(c, FJ_NEW), 0, 0);
	case FJ_ASKS_MAKE_NODE:
		return fj_may_make(c, fj_arg_index(c, FJ_NEW), (uint32_t)fj_arg(c, FJ_MODE, 0),
			fj_arg(c, FJ_HEX, 0));
	case FJ_ASKS_LINK:
		return fj_may_link(c);
	case FJ_ASKS_REMOVE:
		return fj_may_unlink(c);
	case FJ_ASKS_RENAME:
		return fj_may_rename(c);
	case FJ_ASKS_BIND:
		return may_bind(c);
	case FJ_ASKS_CHANGE_MODE:
	case FJ_ASKS_CHANGE_OWNER:
	case FJ_ASKS_CHANGE_TIMES:
	case FJ_ASKS_CHANGE_FLAGS:
	case FJ_ASKS_TRUNCATE:
	case FJ_ASKS_WATCH:
	case FJ_ASKS_EXECUTE:
	case FJ_ASKS_ENTER:
	case FJ_ASKS_ENTER_ROOT:
	case FJ_ASKS_GET_ATTRIBUTE:
	case FJ_ASKS_SET_ATTRIBUTE:
	case FJ_ASKS_SEE_CACHE:
		return may_object(c);
	case FJ_ASKS_SIGNAL:
	case FJ_ASKS_TRACE:
	case FJ_ASKS_LIMIT:
	case FJ_ASKS_SCHEDULE:
		return fj_may_process(c);
	}
	return -EPERM; /* the table and the engine come from different builds */
}

long fj_may_call(struct fj_call *c)
{
	long r;

	fj_path_may_search = may_search;
	fj_judging(c->thread)->judged =
		NULL; /* a handler that left by longjmp may have left something here */
	fj_judging(c->thread)->asked = 0;
	if (fj_early_answer(c) < 1)
		return 0; /* the hook will give the same answer */
	r = judge_call(c);
	if (is_asked(c))
		fj_search(c->thread)->asks = false;
	return r;
}
