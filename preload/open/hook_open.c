/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_open.c - the hooks of open, openat and openat2. Called through the table.
 *
 * An open may wait (for the other end of a fifo: fifo(7)). So the last step lets the program's
 * signals in. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "fast-path/fast.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "layers/union.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "nested/roots.h"
#include "open/opening.h"
#include "open/preload.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "procfs/procfs.h"
#include "signal/waiting.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "syscall/fcntl.h"
#include "syscall/ioctl.h"
#include "syscall/unistd_close.h"

#include <asm/ioctls.h>
#include <linux/openat2.h>

/* openat(2) ignores what openat2(2) refuses: unknown flags, and a mode that is not used. */
static void tidy_for_openat2(struct fj_opening *o)
{
	o->flags = fj_openat2_flags(o->flags);
	if (!(o->flags & (O_CREAT | FJ_TMPFILE)))
		o->mode = 0;
	o->mode &= 07777;
}

/* Begins an open by remembered facts. In a union a file to be changed is copied up first, unless
 * only the upper layer has the directory; and where devices have records, an empty file may be a
 * whiteout. */
static inline bool begin_fast(struct fj_call *c, int dirfd, const char *jail_path,
	const struct fj_opening *o, struct fj_fast *q)
{
	if (!fj_open_writes(o))
		return (o->flags & O_DIRECTORY ? fj_fast_begin_unproven : fj_fast_begin_layered)(
			q, c->thread, dirfd, jail_path, c->path_len);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0) && !fj_owner_has_devices() &&
		!(o->flags & O_DIRECTORY))
		return fj_fast_begin_upper(q, c->thread, dirfd, jail_path, c->path_len);
	return fj_fast_begin(q, c->thread, dirfd, jail_path, c->path_len);
}

/* An open at a place that facts led to. */
struct open_call {
	struct fj_call *c;
	struct fj_opening *o;
};

static inline long open_by_facts(struct fj_fast *q, void *own)
{
	const struct open_call *const a = own;

	/* With O_PATH alone a whiteout could be opened, too. EAGAIN is never sure. */
	if (__builtin_expect(fj_open_wants_note(a->o), 0) &&
		(!q->needs_no_note || !(a->o->flags & O_DIRECTORY)))
		return -EAGAIN;
	if (__builtin_expect(q->is_layered, 0) && (a->o->flags & O_DIRECTORY))
		fj_dir_about_to_open(q);
	return fj_open_place(a->c, &q->place, a->o);
}

/* What was opened in a union: with O_PATH it may be a whiteout (the kernel refuses to open one in
 * another way). A directory is noted. */
__attribute__((noinline)) static bool is_opened_right(
	struct fj_thread *t, struct fj_fast *q, int fd, const struct fj_opening *o)
{
	if (o->flags & O_DIRECTORY)
		return fj_dir_opened(q, fd);
	return !(o->flags & O_PATH) || !fj_union_calls.is_whiteout(t, fd, "", NULL);
}

static inline enum fj_fast_seen see_open(struct fj_fast *q, void *own, long *r)
{
	const struct open_call *const a = own;
	const struct fj_opening *const o = a->o;

	if (__builtin_expect(q->is_by_fd, 0) && *r >= 0 && !fj_fast_held(q)) {
		fj_sys_close((int)*r); /* perhaps of another directory than was asked */
		return FJ_SEEN_UNSURE;
	}
	if (__builtin_expect(q->is_layered, 0) && *r >= 0 &&
		!is_opened_right(a->c->thread, q, (int)*r, o)) {
		fj_sys_close((int)*r);
		return FJ_SEEN_UNSURE;
	}
	if (__builtin_expect(q->is_unproven, 0) && !fj_fast_prove(q, NULL, false))
		return FJ_SEEN_UNSURE;
	if (__builtin_expect(*r >= 0 && q->needs_no_note, 0))
		fj_dir_unnote((int)*r);
	/* What openat2(2) has opened is right in any case. What a signal interrupted must not be
	 * repeated. */
	if (__builtin_expect(*r >= 0, 1) || *r == -FJ_RESTART || *r == -EINTR)
		return FJ_SEEN_FINAL;
	if (*r == -ELOOP && fj_open_follows_last(o) && !fj_open_writes(o))
		return FJ_SEEN_LINK;
	return q->is_layered && *r == -EEXIST ? FJ_SEEN_UNSURE : FJ_SEEN_ANSWER;
}

FJ_HOT static long open_jail_path(
	struct fj_call *c, int dirfd, const char *jail_path, struct fj_opening *o)
{
	const bool is_usual = !o->resolve && !fj_lacks()->openat2 &&
			      !(fj_open_writes(o) && fj_mount_flags()->has_read_only) &&
			      (!fj_open_wants_note(o) || fj_mount_flags()->has_unions) &&
			      !(fj_mount_flags()->has_mount_limits & FJ_MOUNT_NODEV) &&
			      !fj_procfs_may_be_fdinfo(dirfd, jail_path, c->path_len);
	const bool skips_links =
		fj_open_follows_last(o) && !fj_open_writes(o) && !fj_open_wants_note(o);
	struct open_call own = {.c = c, .o = o};
	struct fj_fast q;
	long r;

	if (is_usual && begin_fast(c, dirfd, jail_path, o, &q) &&
		fj_fast_ask(&q, skips_links, open_by_facts, see_open, FJ_SURE_OPENED, &own, &r))
		return r;
	return fj_open_walked(c, dirfd, jail_path, o);
}

/* A terminal that was just made may have the number of an earlier one, and nothing else tells one from the
 * other: the record of the earlier one goes. `master` is /dev/ptmx if its last name says so. */
__attribute__((noinline)) static void forget_old_terminal(struct fj_call *c, int master)
{
	struct fj_file file;
	struct fj_str path;
	char text[24];
	unsigned number;

	if (fj_owner_is_empty() || fj_sys_ioctl(master, TIOCGPTN, (unsigned long)&number))
		return;
	fj_str_init(&path, text, sizeof(text));
	fj_str_put(&path, "/dev/pts/");
	fj_str_num(&path, number, 10);
	if (!fj_file_look(c, AT_FDCWD, text, AT_SYMLINK_NOFOLLOW, &file) && file.has_record)
		fj_owner_gone(&file.key);
}

/* Names in a directory are looked up by its descriptor later: notes that the directory must be
 * asked for records of its own. */
static long see_opened(
	struct fj_call *c, long fd, const char *jail_path, const struct fj_opening *o)
{
	if (__builtin_expect(fj_open_writes(o) && fd >= 0 && c->path_len >= 4 &&
				     !memcmp(jail_path + c->path_len - 4, "ptmx", 4),
		    0))
		forget_old_terminal(c, (int)fd);
	if (__builtin_expect((o->flags & (O_DIRECTORY | FJ_TMPFILE)) == O_DIRECTORY, 0) && fd >= 0)
		fj_roots_see_later(c->thread, (int)fd);
	return fd;
}

/* Indexes of the row's arguments. */
enum { DIRFD, PATH, FLAGS, MODE };

FJ_HOT long fj_hook_open(struct fj_call *c)
{
	struct fj_opening o = {.flags = (uint32_t)c->arg[FLAGS], .mode = (uint32_t)c->arg[MODE]};
	long r;
	char *jail_path = fj_arg_path(c, PATH, &r);

	if (!jail_path)
		return r ? r : fj_kernel(c);
	if (jail_path[0] == '/' && jail_path[1] == '.' && fj_jail_paths()->preload[0] &&
		fj_streq(jail_path, FJ_PRELOAD_PATH))
		return fj_sys_openat(
			AT_FDCWD, fj_jail_paths()->preload, O_RDONLY | (o.flags & O_CLOEXEC), 0);
	if (__builtin_expect(o.flags & (O_DIRECTORY | FJ_TMPFILE), 0) &&
		(r = fj_early_answer(c)) < 1)
		return r;
	tidy_for_openat2(&o);
	return see_opened(c, open_jail_path(c, (int)c->arg[DIRFD], jail_path, &o), jail_path, &o);
}

/* A structure longer than ours is accepted if the rest is zero: copy_struct_from_user() of
 * linux/uaccess.h. */
static long read_how(uint64_t at, uint64_t size, struct open_how *how)
{
	unsigned char rest[64];

	/* The kernel gives the error. But another thread may make the structure readable: so no path leads anywhere. */
	if (size < sizeof(*how) || size > FJ_PAGE || fj_guest_read(how, at, sizeof(*how)))
		return fj_sys_openat2(-1, "", NULL, size);
	for (uint64_t done = sizeof(*how); done < size;) {
		const size_t n = size - done < sizeof(rest) ? size - done : sizeof(rest);

		if (fj_guest_read(rest, at + done, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i]) /* or ENOSYS */
				return fj_sys_openat2(-1, "", (void *)at, size);
		done += n;
	}
	return 0;
}

long fj_hook_openat2(struct fj_call *c)
{
	struct open_how how = {0};
	struct fj_opening o;
	char *jail_path;
	long r;

	r = read_how(fj_arg(c, FJ_PTR, 0), fj_arg(c, FJ_SIZE, 0), &how);
	if (r)
		return r;
	jail_path = fj_arg_path(c, 1, &r);
	if (!jail_path)
		return r ? r : fj_kernel(c);
	/* openat2(2) is strict where openat(2) is not: the kernel checks the flags, with a
	 * descriptor that is not open. */
	r = fj_sys_openat2(-1, ".", &how, sizeof(how));
	if (r != -EBADF)
		return r;

	o = (struct fj_opening){.flags = how.flags, .mode = how.mode, .resolve = how.resolve};
	tidy_for_openat2(&o);
	return see_opened(c, open_jail_path(c, (int)c->arg[DIRFD], jail_path, &o), jail_path, &o);
}
