/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_open.c - open, in its three forms.
 *
 * An open may wait (a fifo without its other end: fifo(7)), so the last step lets the program's
 * signals in. */
#include "inode/device.h"
#include "inode/exe.h"
#include "call/hooks.h"
#include "inode/made.h"
#include "file/preload.h"
#include "procfs/procfs.h"
#include "inode/roots.h"
#include "inode/writes.h"
#include "path/union.h"
#include "sys/guest.h"

#include <linux/openat2.h>

#define RESOLVE_CACHED_ 0x20 /* linux/openat2.h, since 5.12 */
#define TMPFILE 020000000u   /* __O_TMPFILE of asm-generic/fcntl.h, without O_DIRECTORY */

struct opening {
	uint64_t flags, mode, resolve;
	bool has_made; /* the file was not there before */
};

static bool follows_last(const struct opening *o)
{
	return !(o->flags & O_NOFOLLOW) && (o->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static bool writes(const struct opening *o)
{
	return (o->flags & O_ACCMODE) != O_RDONLY || (o->flags & (O_CREAT | O_TRUNC | TMPFILE));
}

/* O_CREAT of a file that is there is no change. */
static bool changes(const struct opening *o)
{
	return (o->flags & O_ACCMODE) != O_RDONLY || (o->flags & O_TRUNC);
}

static bool may_wait(const struct opening *o)
{
	return !(o->flags & (O_NONBLOCK | O_PATH | O_DIRECTORY | O_EXCL | TMPFILE));
}

__attribute__((noinline)) static long issue_without_openat2(
	struct fj_call *c, const struct fj_place *place, const struct opening *o)
{
	const uint64_t arg[FJ_ARGS] = {
		(uint64_t)(int64_t)place->dirfd, (uint64_t)place->name, o->flags, o->mode};

	return may_wait(o) ? fj_kernel_waiting(c, __NR_openat, arg, place->owned_fd) :
			     fj_sys4(__NR_openat, arg[0], arg[1], arg[2], arg[3]);
}

/* Issue the open of a place. Where there is openat2 the kernel checks that no symlink slipped in,
 * and the description's flags stay those of the program (fcntl(2), F_GETFL, would show an
 * O_NOFOLLOW of ours). */
static inline long issue(struct fj_call *c, const struct fj_place *place, const struct opening *o)
{
	struct open_how how = {
		.flags = o->flags & 0xffffffffu,
		.mode = o->mode,
		/* (Of where it may lead the walk has judged; only the host's mounts are left.) */
		.resolve = (o->resolve & (RESOLVE_NO_XDEV | RESOLVE_CACHED_)) |
			   (place->is_magic ? 0 : RESOLVE_NO_SYMLINKS),
	};
	uint64_t arg[FJ_ARGS]; /* the call has four */
	unsigned tries = 0;
	long r;

	if (__builtin_expect(fj_jail->no_openat2, 0))
		return issue_without_openat2(c, place, o);
	arg[0] = (uint64_t)(int64_t)place->dirfd;
	arg[1] = (uint64_t)place->name;
	arg[2] = (uint64_t)&how;
	arg[3] = sizeof(how);
	arg[4] = arg[5] = 0;
	do
		r = may_wait(o) ? fj_kernel_waiting(c, __NR_openat2, arg, place->owned_fd) :
				  fj_sys4(__NR_openat2, arg[0], arg[1], arg[2], arg[3]);
	while (__builtin_expect(r == -EAGAIN, 0) && !(o->flags & O_NONBLOCK) &&
		!(o->resolve & RESOLVE_CACHED_) && ++tries < FJ_RACES);
	return r;
}

/* Issue an open that may make the file, when what it makes needs a record. Whether it did is known
 * only of O_EXCL, so that is tried first; when the file is there, it is opened without O_CREAT. */
static bool is_dir(long fd)
{
	struct stat st = {0};

	return !fj_sys2(__NR_fstat, fd, &st) && (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR;
}

static long make(
	struct fj_call *c, const struct fj_place *place, struct opening *o, struct fj_making *m)
{
	const uint64_t flags = o->flags, mode = o->mode;
	const bool has_name = (flags & TMPFILE) != TMPFILE;
	const bool may_exist = !(flags & O_EXCL) && has_name;
	long fd;

	for (int tries = 0;; tries++) {
		o->flags = may_exist ? flags | O_EXCL : flags;
		o->mode = m->real_mode;
		fd = issue(c, place, o);
		o->mode = 0;
		if (fd != -EEXIST || !may_exist)
			break;
		o->flags = flags & ~(uint64_t)O_CREAT;
		fj_makers_leave(m, false); /* it may be a fifo, and wait */
		fd = issue(c, place, o);
		if (!fj_is_err(fd) && !(flags & O_PATH) && is_dir(fd)) {
			fj_close((int)fd);
			fd = -EISDIR; /* of O_CREAT: do_open() of fs/namei.c */
		}
		if (fd != -ENOENT || tries == 8) {
			o->flags = flags;
			o->mode = mode;
			return fd;
		}
		fj_makers_enter(m);
	}
	o->flags = flags;
	o->mode = mode;
	o->has_made = !fj_is_err(fd);
	return fj_making_end(c, fd, true, has_name ? place : NULL, m);
}

/* What was opened may be the empty file that stands for a device. */
static long open_device(struct fj_call *c, long fd, const struct opening *o)
{
	if (fj_is_err(fd) || !fj_own_has_devices())
		return fd;
	if (!(o->flags & O_PATH))
		return fj_device_open(c, (int)fd, o->flags);
	fj_device_forget((int)fd);
	return fd;
}

/* What it loses by being truncated, or by what will be written. (A file that it has just made has
 * nothing to lose.) */
static long opened(struct fj_call *c, long fd, const struct opening *o)
{
	if (fj_is_err(fd) || !changes(o) || o->has_made || (o->flags & (O_EXCL | O_PATH)))
		return fd;
	if (o->flags & O_TRUNC)
		fj_file_written(c, (int)fd, "");
	else if (fj_own_has_attributes())
		fj_writes_opened(c, (int)fd);
	return fd;
}

__attribute__((noinline)) static long make_or_open(
	struct fj_call *c, const struct fj_place *place, struct opening *o)
{
	const bool is_nameless = (o->flags & TMPFILE) == TMPFILE;
	struct fj_place inside = *place;
	struct fj_making m;
	long fd;

	if (is_nameless) { /* the place is the directory */
		struct fj_str s;
		const size_t size = fj_strlen(place->name) + 3;

		fj_str_init(&s, fj_scratch(c->thread, size), size);
		fj_str_put(&s, place->name);
		fj_str_put(&s, "/x");
		inside.name = s.at;
	}
	/* Below a mount, each file that is made gets a record: but most are there, as /dev/null. (A
	 * directory that is opened so for reading is EISDIR only with O_CREAT.) */
	if (place->name[0] == '/' && !is_nameless && !(o->flags & O_EXCL) &&
		(o->flags & O_ACCMODE) != O_RDONLY) {
		struct opening there = *o;

		there.flags &= ~(uint64_t)O_CREAT;
		there.mode = 0;
		fd = issue(c, place, &there);
		if (fd != -ENOENT)
			return opened(c, open_device(c, fd, o), o);
	}
	fj_making_begin(c, &inside, FJ_S_IFREG, (uint32_t)o->mode, &m);
	fd = opened(c,
		open_device(c, m.needs_record ? make(c, place, o, &m) : issue(c, place, o), o), o);
	if (!fj_is_err(fd))
		fj_roots_made(place->name);
	return fd;
}

static inline long open_or_make(struct fj_call *c, const struct fj_place *place, struct opening *o)
{
	if (o->flags & (O_CREAT | TMPFILE))
		return make_or_open(c, place, o);
	return opened(c, open_device(c, issue(c, place, o), o), o);
}

/* openat(2) ignores what openat2(2) refuses: unknown flags, and a mode that is not used. */
static void tidy_for_openat2(struct opening *o)
{
	const uint64_t known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |
			       O_NONBLOCK | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE |
			       O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC |
			       04000000 /* __O_SYNC */ | O_PATH | TMPFILE;

	o->flags &= known;
	if (o->flags & O_PATH)
		o->flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW |
			    O_CLOEXEC; /* build_open_flags() of fs/open.c */
	if (!(o->flags & (O_CREAT | TMPFILE)))
		o->mode = 0;
	o->mode &= 07777;
}

/* An open for writing on a read-only mount: EROFS, unless the kernel has an older complaint. */
static long open_read_only(struct fj_call *c, const struct fj_place *place, struct opening *o)
{
	struct opening as_it_is = *o;
	char byte;
	const long there = fj_sys4(__NR_readlinkat, place->dirfd, place->name, &byte, 1);

	if (there == -ENOENT && !(o->flags & O_CREAT))
		return -ENOENT;
	if (there != -ENOENT && (o->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	as_it_is.flags &= ~(uint64_t)O_CREAT;
	if (there != -ENOENT &&
		!writes(&as_it_is)) { /* O_CREAT of a file that is there is no writing */
		as_it_is.mode = 0;
		return issue(c, place, &as_it_is);
	}
	return -EROFS;
}

/* What lies in procfs may have to be written first, or is the kernel's own. */
static long open_place(struct fj_call *c, const struct fj_place *place, struct opening *o)
{
	long r = -EAGAIN;

	if (fj_device_is_refused(c, place, o->flags))
		return o->flags & O_EXCL && o->flags & O_CREAT ? -EEXIST : -EACCES;
	if (place->proc)
		r = fj_procfs_open(c, place, o->flags);
	if (r == -EAGAIN)
		r = open_or_make(c, place, o);
	return r;
}

/* Where two positions lead to one directory, remember by which it was opened. */
static bool wants_note(const struct opening *o)
{
	return (o->flags & (O_DIRECTORY | O_PATH)) && fj_jail->has_aliases;
}

/* (O_EXCL will not open what is there.) */
static bool wants_copy(const struct opening *o)
{
	return !(o->flags & O_PATH) &&
	       (((o->flags & TMPFILE) == TMPFILE) ||
		       (changes(o) && (o->flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)));
}

static unsigned how_of(const struct opening *o)
{
	return (follows_last(o) ? FJ_FOLLOW : 0) | (writes(o) ? FJ_WRITE : 0) |
	       (wants_note(o) || (fj_jail->has_mount_limits & FJ_MOUNT_NODEV) ? FJ_WANT_POS : 0) |
	       (o->resolve & RESOLVE_NO_SYMLINKS ? FJ_NO_LINKS : 0) |
	       (o->resolve & RESOLVE_NO_MAGICLINKS ? FJ_NO_MAGIC : 0) |
	       (o->resolve & RESOLVE_BENEATH ? FJ_BENEATH : 0) |
	       (o->resolve & RESOLVE_IN_ROOT ? FJ_IN_ROOT : 0) |
	       (o->resolve & RESOLVE_NO_XDEV ? FJ_NO_XDEV : 0) |
	       (o->flags & O_CREAT ? FJ_CREATE : 0) |
	       ((o->flags & TMPFILE) == TMPFILE ? 0 : FJ_OPENS) | (wants_copy(o) ? FJ_COPY_UP : 0);
}

/* Make the file where a whiteout is. */
__attribute__((noinline)) static long open_over(
	struct fj_call *c, struct fj_place *place, struct opening *o)
{
	long r = fj_place_begin_over(c->thread, place), done;

	if (r < 0)
		return r;
	r = open_place(c, place, o);
	done = fj_place_end_over(c->thread, place, r);
	if (!fj_is_err(r) && fj_is_err(done))
		fj_close((int)r);
	return done;
}

/* By a walk. */
__attribute__((noinline)) static long open_walked(
	struct fj_call *c, int dirfd, const char *jail_path, struct opening *o, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place place;
	long r;

	for (int tries = 0;; tries++) {
		fj_scratch_release(c->thread, mark);
		r = fj_path_walk(c->thread, dirfd, jail_path, how, &place);
		if (!r && place.is_exe && changes(o)) {
			fj_place_done(&place);
			return -ETXTBSY; /* what is being run: for the kernel it is our loader */
		}
		if (!r && place.is_exe && (o->resolve & RESOLVE_NO_XDEV)) {
			fj_place_done(&place);
			return -EXDEV; /* no program lies in a procfs */
		}
		if (!r && place.is_exe) {
			o->flags &= ~(uint64_t)O_CREAT;
			o->mode = 0;
			r = fj_exe_find(c->thread, how, &place);
		}
		if (r < 0)
			return r;
		fj_place_move_up(&place);
		if (fj_procfs_may_be_fdinfo(dirfd, jail_path, fj_strlen(jail_path)))
			fj_procfs_find_fdinfo(c->thread, &place);
		if (place.is_read_only && writes(o))
			r = open_read_only(c, &place, o);
		else if (__builtin_expect(place.layers != NULL, 0))
			r = open_over(c, &place, o);
		else
			r = open_place(c, &place, o);
		if (r >= 0 && (place.is_mount || place.is_magic) && (o->flags & O_DIRECTORY))
			fj_roots_see_fd(c->thread, (int)r, true);
		if (r >= 0 && wants_note(o) && place.pos && !place.is_magic)
			fj_dir_note(c->thread, (int)r, place.pos);
		if (r == -EMFILE && place.owned_fd >= 0 && !(how & FJ_BY_TEXT)) {
			fj_place_done(&place);
			how |= FJ_BY_TEXT;
			continue;
		}
		fj_place_done(&place);
		/* A symlink that appeared after the walk: walk again. (Never without end.) */
		if (r != -ELOOP || !(how & FJ_FOLLOW) || tries == 8)
			return r;
	}
}

/* Is what the call on a remembered place said final? Else only the walk knows. */
static bool is_conclusive(long r, char first, uint64_t epoch)
{
	return (r == -ENOENT && fj_facts_hold(epoch)) || r == -EINTR || r == -FJ_RESTART ||
	       r == -EEXIST || (r == -EACCES && first == '/');
}

FJ_HOT static long open_path(struct fj_call *c, int dirfd, const char *jail_path, struct opening *o)
{
	const bool is_usual = !o->resolve && !fj_jail->no_openat2 &&
			      !(writes(o) && fj_jail->has_read_only) && !wants_note(o) &&
			      !(fj_jail->has_mount_limits & FJ_MOUNT_NODEV) &&
			      !fj_procfs_may_be_fdinfo(dirfd, jail_path, c->path_len);
	struct fj_quick q;
	long r;

	if (is_usual && fj_quick_begin(&q, c->thread, dirfd, jail_path, c->path_len))
		do {
			r = open_or_make(c, &q.place, o);
			if (__builtin_expect(r >= 0, 1) || is_conclusive(r, jail_path[0], q.epoch))
				return r;
			if (r != -ELOOP || !follows_last(o) || writes(o) ||
				!fj_facts_hold(q.epoch)) {
				fj_quick_end(&q);
				break;
			}
		} while (fj_quick_beyond(&q));
	return open_walked(c, dirfd, jail_path, o, how_of(o));
}

/* What is found in a directory is looked at by its descriptor: see what directory it is. */
static long see_directory(struct fj_call *c, long fd, const struct opening *o)
{
	if (__builtin_expect((o->flags & (O_DIRECTORY | TMPFILE)) == O_DIRECTORY, 0) && fd >= 0)
		fj_roots_see_later(c->thread, (int)fd);
	return fd;
}

/* The row's arguments. */
enum { DIRFD, PATH, FLAGS, MODE };

FJ_HOT long fj_hook_open(struct fj_call *c)
{
	struct opening o = {.flags = (uint32_t)c->arg[FLAGS], .mode = (uint32_t)c->arg[MODE]};
	long r;
	char *jail_path = fj_arg_path(c, PATH, &r);

	if (!jail_path)
		return r ? r : fj_kernel(c);
	if (jail_path[0] == '/' && jail_path[1] == '.' && fj_jail->preload[0] &&
		fj_streq(jail_path, FJ_PRELOAD_PATH))
		return fj_sys3(
			__NR_openat, AT_FDCWD, fj_jail->preload, O_RDONLY | (o.flags & O_CLOEXEC));
	if (__builtin_expect(o.flags & (O_DIRECTORY | TMPFILE), 0) && (r = fj_early_answer(c)) < 1)
		return r;
	tidy_for_openat2(&o);
	return see_directory(c, open_path(c, (int)c->arg[DIRFD], jail_path, &o), &o);
}

/* A structure longer than ours is ours when the rest is zero: copy_struct_from_user() of
 * linux/uaccess.h. */
static long read_how(uint64_t at, uint64_t size, struct open_how *how)
{
	unsigned char rest[64];

	if (size < sizeof(*how) || size > FJ_PAGE || fj_guest_read(how, at, sizeof(*how)))
		return -EAGAIN; /* the kernel has the errno */
	for (uint64_t done = sizeof(*how); done < size;) {
		const size_t n = size - done < sizeof(rest) ? size - done : sizeof(rest);

		if (fj_guest_read(rest, at + done, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i]) /* or ENOSYS */
				return fj_sys4(__NR_openat2, -1, "", at, size);
		done += n;
	}
	return 0;
}

long fj_hook_openat2(struct fj_call *c)
{
	struct open_how how = {0};
	struct opening o;
	char *jail_path;
	long r;

	r = read_how(fj_arg(c, FJ_PTR, 0), fj_arg(c, FJ_SIZE, 0), &how);
	if (r)
		return r == -EAGAIN ? fj_kernel(c) : r;
	jail_path = fj_arg_path(c, 1, &r);
	if (!jail_path)
		return r ? r : fj_kernel(c);
	/* Strict where openat is not: let the kernel look at the flags, on a name that leads
	 * nowhere. */
	r = fj_sys4(__NR_openat2, -1, ".", &how, sizeof(how));
	if (r != -EBADF)
		return r;

	o = (struct opening){.flags = how.flags, .mode = how.mode, .resolve = how.resolve};
	tidy_for_openat2(&o);
	return see_directory(c, open_path(c, (int)c->arg[DIRFD], jail_path, &o), &o);
}
