/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * args.c - helpers for the arguments of a call. Called by hooks. */
#include "call/args.h"

#include "bytes/bytes.h"
#include "call/call.h"
#include "call/row.h"
#include "call/translate.h"
#include "guest/guest.h"
#include "sys/abi.h"
#include "sys/hot.h"
#include "sys/page.h"
#include "sys/scratch.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/stat.h>

/* The empty path. (The linker would put a string constant away from what a start reads: order.ld.) */
static const char no_path[] = "";

/* The path at argument `i` cannot be read (-EFAULT) or is too long: `error`. For some calls the kernel looks at flags or at another
 * descriptor before it reads the path. So it is asked, with a path that has this error, too. Not for a call that the
 * engine makes otherwise, or that has a second path, which the kernel would look up on the host. */
__attribute__((noinline)) static long complain_of_path(struct fj_call *c, int i, long error)
{
	char *copy;
	long r;

	if (error == -EFAULT) {
		c->arg[i] = UINT64_MAX;
	} else {
		copy = fj_scratch(c->thread, PATH_MAX + 1);
		memset(copy, 'x', PATH_MAX);
		copy[PATH_MAX] = 0;
		c->arg[i] = (uint64_t)copy;
	}
	for (int k = 0; k < FJ_ARGS; k++)
		if (k != i && fj_kind_is_path((enum fj_kind)c->row->kind[k]))
			return error;
	if (c->row->asks == FJ_ASKS_HOOK)
		return error;
	r = fj_kernel(c);
	if (!r) /* the path is not looked at, and the copy above does not stay */
		c->arg[i] = UINT64_MAX;
	return r <= 0 ? r : error;
}

FJ_HOT char *fj_arg_path(struct fj_call *c, int i, long *error)
{
	char *copy;
	long n;

	*error = 0;
	if (!c->arg[i])
		return NULL;
	copy = fj_scratch_path(c->thread);
	n = fj_guest_string(copy, c->arg[i], PATH_MAX);
	if (n > 0) {
		c->path_len = (size_t)n;
		fj_scratch_trim(c->thread, copy, (size_t)n + 1);
		return copy;
	}
	*error = n;
	/* The kernel must find it empty, or unreadable, too: another thread may change the program's memory. */
	if (!n)
		c->arg[i] = (uint64_t)no_path;
	else
		*error = complain_of_path(c, i, n);
	return NULL;
}

/* A string of the program, of at most `size` bytes with its NUL. One that is longer becomes another one that is. */
static uint64_t copy_argument(struct fj_call *c, uint64_t from, size_t size)
{
	char *copy = fj_scratch(c->thread, size + 1);
	const long n = fj_guest_string(copy, from, size);

	if (n == -EFAULT)
		return UINT64_MAX;
	if (n < 0) {
		memset(copy, 'x', size);
		copy[size] = 0;
		return (uint64_t)copy;
	}
	fj_scratch_trim(c->thread, copy, (size_t)n + 1);
	return (uint64_t)copy;
}

/* Does nothing to a structure that no call may have so long: its length has an error of its own. */
static void copy_structure(struct fj_call *c, int i, uint64_t size)
{
	char *copy;

	if (!c->arg[i] || size > FJ_PAGE)
		return;
	copy = fj_scratch(c->thread, size);
	c->arg[i] = fj_guest_read(copy, c->arg[i], size) ? UINT64_MAX : (uint64_t)copy;
}

void fj_args_copy(struct fj_call *c)
{
	const bool has_name =
		c->row->asks == FJ_ASKS_GET_ATTRIBUTE || c->row->asks == FJ_ASKS_SET_ATTRIBUTE;

	for (int i = 0; i < FJ_ARGS; i++)
		if (c->arg[i] && fj_kind_is_path((enum fj_kind)c->row->kind[i]))
			c->arg[i] = copy_argument(c, c->arg[i], PATH_MAX);
		else if (has_name && c->arg[i] && c->row->kind[i] == FJ_TEXT)
			c->arg[i] = copy_argument(c, c->arg[i], NAME_MAX + 1);
	if (c->nr == __NR_openat2)
		copy_structure(c, 2, c->arg[3]);
	else if (c->nr == __NR_bind)
		copy_structure(c, 1, (uint32_t)c->arg[2]);
	else if (c->nr == __NR_utimensat)
		copy_structure(c, 2, 4 * sizeof(int64_t));
}

bool fj_arg_copied(struct fj_call *c, long (*hook)(struct fj_call *), long *r)
{
	const bool is_statx = c->nr == __NR_statx;
	const size_t size = is_statx ? sizeof(struct statx) : sizeof(struct stat);
	uint64_t *const arg = &c->arg[is_statx ? 4 : c->nr == __NR_fstat ? 1 : 2];
	const uint64_t out = *arg;
	char *copy;

	if (fj_thread_holding(out) == c->thread) /* it is the copy */
		return false;
	copy = fj_scratch(c->thread, size);
	*arg = (uint64_t)copy;
	*r = hook(c);
	*arg = out;
	if (!*r && fj_guest_write(out, copy, size))
		*r = -EFAULT;
	return true;
}

/* nsec_valid() of fs/utimes.c */
static bool is_bad_time(int64_t nsec)
{
	return nsec != FJ_UTIME_OMIT && nsec != FJ_UTIME_NOW && (uint64_t)nsec > 999999999;
}

bool fj_times_are_bad(const struct fj_call *c)
{
	int64_t time[4];

	return c->arg[2] && !fj_guest_read(time, c->arg[2], sizeof(time)) &&
	       (is_bad_time(time[1]) || is_bad_time(time[3]));
}

/* The kernel's own error for a call that was refused because of the file at the end of its path.
 * The call is made with a path that leads nowhere: so the kernel looks at flags, structures and
 * other arguments, and can do nothing. */
long fj_early_complaint(const struct fj_call *c, long refusal)
{
	if (__builtin_expect(c->nr == __NR_utimensat, 0) && refusal == -EPERM &&
		fj_times_are_bad(c))
		return -EINVAL; /* the file was found, but is not looked at before the times */
	struct fj_call q = *c;
	bool is_at = false;
	long r;
	int i = 0;

	while (i < FJ_ARGS && !fj_kind_is_path((enum fj_kind)c->row->kind[i]))
		i++;
	if (i == FJ_ARGS && fj_arg_index(c, FJ_TEXT) != 1) /* fsetxattr(2) and the like */
		return refusal;
	if (i == FJ_ARGS)
		i = 0;
	is_at = i > 0 && c->row->kind[i - 1] == FJ_DIRFD;
	if (c->row->kind[i] == FJ_FD)
		q.arg[i] = (uint64_t)(int64_t)-1;
	else if (q.arg[i])
		q.arg[i] = (uint64_t)(is_at ? "." : "");
	if (is_at)
		q.arg[i - 1] = (uint64_t)(int64_t)-1;
	r = fj_kernel(&q);
	switch (r) {
	case -EINVAL:
	case -EFAULT:
	case -E2BIG:
	case -ERANGE:
		return r;
	case -EBADF: /* another descriptor: inotify_add_watch(2) */
		return is_at || !i ? refusal : r;
	case 0:	     /* FAN_MARK_FLUSH looks at no path */
	case -EPERM: /* FAN_MARK_MOUNT and the like */
		return fj_arg_index(c, FJ_FANFLAGS) >= 0 ? r : refusal;
	default:
		return refusal;
	}
}
