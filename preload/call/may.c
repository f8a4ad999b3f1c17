/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may.c - the one place where permissions are asked: before a call of an identity that is not
 * root's.
 *
 * To the kernel we are the owner of everything in the jail. So whoever pretends not to be is judged
 * here, by the rules of own/perm.c on what the files show. The path is looked up once more for
 * that: only those who are not root pay. Directories on the way are asked by the walk itself
 * (may_search), unless it is remembered that everybody may search them. Of two complaints the
 * kernel's earlier one must win: a name that is missing or taken is left to the call itself.
 *
 * Over 400 lines, since every call that names something differs a little in what it asks of whom.
 *
 * procfs and devpts show the owners of processes and terminals as the kernel knows them, and it
 * judges itself who may open those. */
#include "call/may.h"

#include "call/hooks.h"
#include "call/owned.h"
#include "sys/guest.h"

#include <asm/statfs.h>
#include <linux/openat2.h>
#include <linux/securebits.h>

#define ANY_X 0111u
#define TMPFILE 020000000u /* __O_TMPFILE of asm-generic/fcntl.h */
#define AT_EACCESS_ 0x200u
#define DEVPTS_SUPER_MAGIC_ 0x1cd1
#define RENAME_EXCHANGE_ 2u

/* What a path argument leads to. */
struct seen {
	struct fj_place place;
	bool is_there;
	struct fj_file file;   /* when it is there */
	struct fj_file parent; /* for entries */
};

static const struct fj_ids *who(const struct fj_thread *t)
{
	return t->judged ? t->judged : fj_ids();
}

/* Does the kernel judge this one better? */
static bool is_kernels(struct fj_thread *t, int dirfd, const char *name)
{
	struct statfs fs;

	return !fj_path_statfs(t, dirfd, name, &fs) &&
	       (fs.f_type == FJ_PROC_SUPER_MAGIC || fs.f_type == DEVPTS_SUPER_MAGIC_);
}

static long may_search(struct fj_thread *t, int dirfd, const char *name)
{
	struct fj_call c = {.thread = t};
	struct fj_file dir;

	if (fj_file_look(&c, dirfd, name, AT_EMPTY_PATH, &dir) ||
		(dir.owner.mode & FJ_S_IFMT) != FJ_S_IFDIR)
		return 0; /* the walk will say */
	if ((dir.owner.mode & ANY_X) == ANY_X)
		return 1;
	return fj_may(who(t), &dir.owner, FJ_MAY_EXEC) && !is_kernels(t, dirfd, name) ? -EACCES : 0;
}

/* The same from remembered facts, when there it is and nothing has to be followed. */
static bool see_quickly(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct seen *seen)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	uint64_t epoch;

	if (fj_path_quick(c->thread, dirfd, jail_path, &seen->place, &epoch) &&
		!fj_file_look(c, seen->place.dirfd, seen->place.name, 0, &seen->file) &&
		fj_facts_hold(epoch) &&
		!((how & FJ_FOLLOW) && (seen->file.owner.mode & FJ_S_IFMT) == FJ_S_IFLNK)) {
		seen->is_there = true;
		return true;
	}
	fj_scratch_release(c->thread, mark);
	seen->place = (struct fj_place){.owned_fd = -1};
	return false;
}

/* The directory that an entry is in, as a name in the place's descriptor. */
static const char *dir_of(struct fj_call *c, const struct fj_place *place)
{
	const size_t len = fj_place_dir_len(place->name);
	struct fj_str s;

	if (!len)
		return "";
	fj_str_init(&s, fj_scratch(c->thread, len + 1), len + 1);
	fj_str_add(&s, place->name, len);
	return s.at;
}

/* The object that `jail_path` names (NULL: `dirfd` itself): 1 with *seen filled, is_there or not;
 * 0: leave it to the call; or -EACCES. */
static long see_path(
	struct fj_call *c, int dirfd, const char *jail_path, unsigned how, struct seen *seen)
{
	const bool is_self = !jail_path;
	long r;

	*seen = (struct seen){.place = {.owned_fd = -1, .dirfd = dirfd, .name = ""}};
	if (jail_path && !(how & (FJ_ENTRY | FJ_BENEATH | FJ_IN_ROOT)) &&
		see_quickly(c, dirfd, jail_path, how, seen))
		return 1;
	if (jail_path) {
		r = fj_path_walk(c->thread, dirfd, jail_path, how, &seen->place);
		if (r)
			return r == -EACCES ? r : 0;
	}
	if (seen->place.is_exe)
		return 0;
	r = fj_file_look(c, seen->place.dirfd, seen->place.name,
		(is_self ? AT_EMPTY_PATH : 0) | (seen->place.is_magic ? AT_SYMLINK_FOLLOW : 0),
		&seen->file);
	seen->is_there = !r;
	if ((how & FJ_ENTRY) && fj_file_look(c, seen->place.dirfd, dir_of(c, &seen->place),
					AT_EMPTY_PATH, &seen->parent))
		return 0;
	return 1;
}

/* The same of path argument `i`. */
static long see(struct fj_call *c, int i, unsigned how, struct seen *seen)
{
	long r;
	const char *jail_path = fj_arg_path(c, i, &r);

	seen->place.owned_fd = -1;
	/* Without one the descriptor itself is meant: utimensat(fd, NULL), AT_EMPTY_PATH. */
	if (!jail_path &&
		(r || (c->nr != __NR_utimensat && !(fj_arg(c, FJ_ATFLAGS, 0) & AT_EMPTY_PATH))))
		return 0;
	return see_path(c, fj_arg_dirfd(c, i), jail_path, how, seen);
}

/* The errno `r` of a rule, unless the kernel knows better. */
static long said(struct fj_call *c, const struct seen *seen, long r)
{
	return r && is_kernels(c->thread, seen->place.dirfd, dir_of(c, &seen->place)) ? 0 : r;
}

static long done(struct seen *seen, long r)
{
	fj_place_done(&seen->place);
	return r;
}

static unsigned how_of_flags(const struct fj_call *c, int i)
{
	if (c->row->kind[i] == FJ_LPATH || (fj_arg(c, FJ_ATFLAGS, 0) & AT_SYMLINK_NOFOLLOW) ||
		!(fj_arg(c, FJ_LINKFLAGS, AT_SYMLINK_FOLLOW) & AT_SYMLINK_FOLLOW))
		return 0;
	return FJ_FOLLOW;
}

/* ---- opening ---- */

/* `scope`: FJ_BENEATH or FJ_IN_ROOT. */
static long may_open(struct fj_call *c, uint64_t flags, unsigned scope)
{
	static const unsigned by_mode[] = {
		FJ_MAY_READ, FJ_MAY_WRITE, FJ_MAY_READ | FJ_MAY_WRITE, FJ_MAY_READ | FJ_MAY_WRITE};
	const struct fj_ids *ids = who(c->thread);
	unsigned want = by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? FJ_MAY_WRITE : 0);
	const bool makes = flags & O_CREAT, must_make = makes && (flags & O_EXCL);
	struct seen seen;
	unsigned how = scope | ((flags & O_NOFOLLOW) || must_make ? 0 : FJ_FOLLOW);
	long r = see(c, fj_arg_index(c, FJ_PATH), how, &seen);

	if (r <= 0)
		return done(&seen, r);
	r = 0;
	if (flags & O_PATH)
		return done(&seen, 0);
	if (!seen.is_there && makes) {
		struct fj_file parent;

		if (!fj_file_look(c, seen.place.dirfd, "", AT_EMPTY_PATH, &parent))
			r = fj_may(ids, &parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC);
		return done(&seen, said(c, &seen, r));
	}
	if (!seen.is_there || must_make)
		return done(&seen, 0);

	const uint32_t type = seen.file.owner.mode & FJ_S_IFMT;

	if (flags & TMPFILE)
		want = FJ_MAY_WRITE | FJ_MAY_EXEC;
	else if (type == FJ_S_IFLNK || (type == FJ_S_IFDIR && ((want & FJ_MAY_WRITE) || makes)))
		return done(&seen, 0); /* ELOOP, EISDIR */
	r = fj_may(ids, &seen.file.owner, want);
	if (!r && (flags & O_NOATIME) && !fj_is_owner(ids, &seen.file.owner))
		r = -EPERM;
	if (r &&
		is_kernels(
			c->thread, seen.place.dirfd, seen.place.is_magic ? "" : seen.place.name) &&
		!seen.place.is_magic)
		r = 0;
	return done(&seen, r);
}

static long may_openat2(struct fj_call *c)
{
	struct open_how how;

	if (fj_guest_read(&how, fj_arg(c, FJ_PTR, 0), sizeof(how)))
		return 0;
	return may_open(c, how.flags,
		(how.resolve & RESOLVE_BENEATH ? FJ_BENEATH : 0) |
			(how.resolve & RESOLVE_IN_ROOT ? FJ_IN_ROOT : 0));
}

/* ---- names ---- */

static long may_make(struct fj_call *c, int i, uint32_t mode, uint64_t device)
{
	const struct fj_ids *ids = who(c->thread);
	const bool is_device =
		(mode & FJ_S_IFMT) == FJ_S_IFBLK || ((mode & FJ_S_IFMT) == FJ_S_IFCHR && device);
	struct seen seen;
	long r = see(c, i, FJ_ENTRY, &seen);

	if (r <= 0 || seen.is_there)
		return done(&seen, r < 0 ? r : 0);
	r = said(c, &seen, fj_may(ids, &seen.parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC));
	if (!r && is_device && !fj_ids_can(ids, FJ_CAP_MKNOD))
		r = -EPERM;
	return done(&seen, r);
}

/* safe_hardlink_source() and may_linkat() of fs/namei.c: a link to a file of somebody else's. */
static bool is_safe_source(const struct fj_ids *ids, const struct fj_owner *file)
{
	if (fj_is_owner(ids, file))
		return true;
	if ((file->mode & FJ_S_IFMT) != FJ_S_IFREG || (file->mode & FJ_S_ISUID) ||
		(file->mode & (FJ_S_ISGID | 0010)) == (FJ_S_ISGID | 0010))
		return false;
	return !fj_may(ids, file, FJ_MAY_READ | FJ_MAY_WRITE);
}

/* proc(5): the host's setting. */
static bool hardlinks_are_protected(void)
{
	char value = '1';
	const long fd = fj_sys4(
		__NR_openat, AT_FDCWD, "/proc/sys/fs/protected_hardlinks", O_RDONLY | O_CLOEXEC, 0);

	if (!fj_is_err(fd)) {
		fj_sys3(__NR_read, fd, &value, 1);
		fj_close((int)fd);
	}
	return value != '0';
}

static long may_link(struct fj_call *c)
{
	struct seen from;
	long r = see(c, 1, how_of_flags(c, 1), &from);

	done(&from, 0);
	if (r < 0 || (r && !from.is_there))
		return r < 0 ? r : 0;
	if (r && !is_safe_source(who(c->thread), &from.file.owner) && hardlinks_are_protected()) {
		struct seen to;
		const long there = see(c, fj_arg_index(c, FJ_NEW), FJ_ENTRY, &to);

		done(&to, 0);
		return there < 0 ? there : there && !to.is_there ? -EPERM : 0;
	}
	return may_make(c, fj_arg_index(c, FJ_NEW), 0, 0);
}

static long may_unlink(struct fj_call *c)
{
	struct seen seen;
	long r = see(c, fj_arg_index(c, FJ_OLD), FJ_ENTRY, &seen);

	if (r <= 0 || !seen.is_there)
		return done(&seen, r < 0 ? r : 0);
	return done(&seen,
		said(c, &seen,
			fj_may_delete(who(c->thread), &seen.parent.owner, &seen.file.owner)));
}

static bool same_file(const struct fj_file *a, const struct fj_file *b)
{
	return a->key.ino == b->key.ino && a->key.dev == b->key.dev;
}

/* vfs_rename() */
static long judge_rename(struct fj_call *c, const struct fj_ids *ids, const struct seen *from,
	const struct seen *to, bool exchanges)
{
	const bool moves = !same_file(&from->parent, &to->parent);
	long r;

	if (to->is_there && same_file(&from->file, &to->file))
		return 0; /* two names of one file: nothing is done */
	r = said(c, from, fj_may_delete(ids, &from->parent.owner, &from->file.owner));
	if (r)
		return r;
	r = to->is_there ? fj_may_delete(ids, &to->parent.owner, &to->file.owner) :
			   fj_may(ids, &to->parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC);
	r = said(c, to, r);
	if (r || !moves)
		return r;
	/* ".." of a directory that moves is written. */
	if ((from->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR)
		r = fj_may(ids, &from->file.owner, FJ_MAY_WRITE);
	if (!r && exchanges && (to->file.owner.mode & FJ_S_IFMT) == FJ_S_IFDIR)
		r = fj_may(ids, &to->file.owner, FJ_MAY_WRITE);
	return r;
}

static long may_rename(struct fj_call *c)
{
	const uint64_t flags = fj_arg(c, FJ_HEX, 0);
	struct seen from, to;
	long r = see(c, 1, FJ_ENTRY, &from);

	if (r <= 0)
		return done(&from, r);
	r = see(c, 3, FJ_ENTRY, &to);
	if (r > 0)
		r = from.is_there && !(to.is_there && (flags & 1 /* RENAME_NOREPLACE */)) &&
				    (to.is_there || !(flags & RENAME_EXCHANGE_)) ?
			    judge_rename(c, who(c->thread), &from, &to, flags & RENAME_EXCHANGE_) :
			    0;
	done(&to, 0);
	return done(&from, r);
}

/* ---- sockets ---- */

/* To send to a socket is to write to it, to bind one to make a name: net/unix/af_unix.c. */
static long may_address(struct fj_call *c, uint64_t at, uint64_t len)
{
	const struct fj_ids *ids = who(c->thread);
	const bool makes = c->nr == __NR_bind;
	char *jail_path;
	struct seen seen;
	long r = fj_address_read(c, at, len, &jail_path);

	if (r <= 0)
		return 0;
	r = see_path(c, AT_FDCWD, jail_path, makes ? FJ_ENTRY : FJ_FOLLOW, &seen);
	if (r <= 0 || seen.is_there == makes)
		return done(&seen, r < 0 ? r : 0);
	r = makes ? fj_may(ids, &seen.parent.owner, FJ_MAY_WRITE | FJ_MAY_EXEC) :
		    fj_may(ids, &seen.file.owner, FJ_MAY_WRITE);
	return done(&seen, r);
}

static long may_send(struct fj_call *c)
{
	struct { /* the beginning of struct user_msghdr, include/linux/socket.h */
		uint64_t name;
		int32_t namelen;
	} msg;

	if (fj_guest_read(&msg, c->arg[1], sizeof(msg)))
		return 0;
	return may_address(c, msg.name, (uint32_t)msg.namelen);
}

/* ---- the file itself: may_file.c ---- */

static long may_object(struct fj_call *c, int i)
{
	struct seen seen;
	long r = see(c, i, how_of_flags(c, i), &seen);

	if (r <= 0 || !seen.is_there)
		return done(&seen, r < 0 ? r : 0);
	r = fj_may_file(c, who(c->thread), &seen.file.owner);
	if (r == -EACCES && is_kernels(c->thread, seen.place.dirfd, seen.place.name))
		r = 0;
	return done(&seen, r);
}

/* A call on a descriptor. */
static long may_descriptor(struct fj_call *c)
{
	struct fj_file file;

	if (fj_file_look(c, (int)c->arg[0], "", AT_EMPTY_PATH, &file))
		return 0;
	return fj_may_file(c, who(c->thread), &file.owner);
}

/* access(2) asks for the real ids, with the capabilities that they would have:
 * access_override_creds() of fs/open.c. */
static long may_access(struct fj_call *c)
{
	struct fj_ids real = *fj_ids();
	long r;

	if ((fj_arg(c, FJ_ATFLAGS, 0) & AT_EACCESS_) == 0) {
		real.fsuid = real.ruid;
		real.fsgid = real.rgid;
		if (!(real.securebits & issecure_mask(SECURE_NO_SETUID_FIXUP)))
			real.effective = real.ruid ? 0 : real.permitted;
	}
	c->thread->judged = &real;
	r = may_object(c, fj_arg_index(c, FJ_PATH));
	c->thread->judged = NULL;
	c->thread->asks_search = false; /* the hook's own walk would ask for the effective ids */
	return r;
}

long fj_may_call(struct fj_call *c)
{
	fj_path_may_search = may_search;
	c->thread->judged = NULL; /* a handler that was abandoned may have left something */
	switch (c->nr) {
	case __NR_newfstatat: /* only directories on the way are asked, and that by the hook's own
				 walk */
	case __NR_statx:
	case __NR_readlinkat:
	case __NR_statfs:
	case __NR_listxattr:
	case __NR_llistxattr:
	case __NR_listxattrat:
	case __NR_name_to_handle_at:
	case __NR_file_getattr:
		return 0;
	case __NR_openat:
		return may_open(c, fj_arg(c, FJ_OFLAGS, 0), 0);
	case __NR_openat2:
		return may_openat2(c);
	case __NR_faccessat:
	case __NR_faccessat2:
		return may_access(c);
	case __NR_mkdirat:
	case __NR_symlinkat:
		return may_make(c, fj_arg_index(c, FJ_NEW), 0, 0);
	case __NR_mknodat:
		return may_make(c, fj_arg_index(c, FJ_NEW), (uint32_t)c->arg[2], c->arg[3]);
	case __NR_linkat:
		return may_link(c);
	case __NR_unlinkat:
		return may_unlink(c);
	case __NR_renameat:
	case __NR_renameat2:
		return may_rename(c);
	case __NR_fchmod:
	case __NR_fchown:
	case __NR_fsetxattr:
	case __NR_fremovexattr:
		return may_descriptor(c);
	case __NR_bind:
	case __NR_connect:
		return may_address(c, c->arg[1], c->arg[2]);
	case __NR_sendto:
		return may_address(c, c->arg[4], c->arg[5]);
	case __NR_sendmsg:
	case __NR_sendmmsg: /* by the first address */
		return may_send(c);
	case __NR_umount2:
		if (c->arg[1] & ~15UL)
			return 0; /* EINVAL, before anything is looked at: ksys_umount() of
				     fs/namespace.c */
		break;
	case __NR_unshare:
		return !(c->arg[0] & 0x20000 /* CLONE_NEWNS */) ||
				       fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN) ?
			       0 :
			       -EPERM;
	case __NR_open_tree:
		return !(c->arg[2] & 1 /* OPEN_TREE_CLONE */) ||
				       fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN) ?
			       0 :
			       -EPERM;
	case __NR_pivot_root:
	case __NR_move_mount:
	case __NR_fsopen:
	case __NR_fsconfig:
	case __NR_fsmount:
	case __NR_fspick:
	case __NR_mount_setattr:
		return fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN) ? 0 : -EPERM;
	default:
		break;
	}
	for (int i = 0; i < FJ_ARGS; i++)
		if (c->row->kind[i] == FJ_PATH || c->row->kind[i] == FJ_LPATH)
			return may_object(c, i);
	return 0;
}
