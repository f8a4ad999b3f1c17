/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * trace.c - one line for each finished call, decoded from its row (--trace): what the program
 * asked for, for each path also where that is on the host, and the result. Called by dispatch.c. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/row.h"
#include "dispatch/dispatch.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "layers/place.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "walk/walk.h"

#define LINE_SIZE (2048 + 2 * PATH_MAX) /* a call has two paths at most */

static void put_guest_string(struct fj_str *s, struct fj_thread *t, uint64_t at)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *copy = fj_scratch(t, 256);
	const long n = at ? fj_guest_string(copy, at, 256) : -EFAULT;

	if (n == -ENAMETOOLONG)
		copy[255] = 0;
	if (n < 0 && n != -ENAMETOOLONG) {
		fj_str_put(s, at ? "<bad>" : "NULL");
	} else {
		fj_str_put(s, "\"");
		fj_str_put(s, copy);
		fj_str_put(s, n < 0 ? "\"..." : "\"");
	}
	fj_scratch_release(t, mark);
}

/* Writes, behind path argument `i`, where the file is on the host. The file is looked for after the
 * call. So for a name that is gone or new this is the name's place in its directory. */
static void put_traced_path(struct fj_str *s, const struct fj_call *c, const uint64_t *arg, int i)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const struct fj_row *row = c->row;
	char *copy = fj_scratch_path(c->thread), *host = fj_scratch_path(c->thread);
	const int dirfd = i && row->kind[i - 1] == FJ_DIRFD ? (int)arg[i - 1] : AT_FDCWD;
	bool follows = row->kind[i] == FJ_PATH;
	struct fj_place place;
	long n;

	for (int k = 0; k < FJ_ARGS; k++)
		if ((row->kind[k] == FJ_ATFLAGS && (arg[k] & AT_SYMLINK_NOFOLLOW)) ||
			(row->kind[k] == FJ_OFLAGS && (arg[k] & O_NOFOLLOW)))
			follows = false;
	n = arg[i] ? fj_guest_string(copy, arg[i], PATH_MAX) : -EFAULT;
	if (n > 0 && copy[n - 1] == '/')
		follows = true;
	if (n > 0 &&
		!fj_path_walk(c->thread, dirfd, copy, follows ? FJ_FOLLOW : FJ_ENTRY, &place)) {
		n = place.name[0] == '/' ? 0 : fj_fd_target(place.dirfd, host);
		if (n >= 0) {
			host[n] = 0;
			fj_str_put(s, " -> \"");
			fj_str_put(s, n == 1 && *place.name ? "" : host);
			if (*place.name && *place.name != '/' && !fj_streq(place.name, "."))
				fj_str_put(s, "/");
			if (!fj_streq(place.name, "."))
				fj_str_put(s, place.name);
			fj_str_put(s, "\"");
		}
		fj_place_done(&place);
	}
	fj_scratch_release(c->thread, mark);
}

static void put_argument(struct fj_str *s, struct fj_thread *t, enum fj_kind kind, uint64_t value)
{
	switch (kind) {
	case FJ_PATH:
	case FJ_LPATH:
	case FJ_NEW:
	case FJ_OLD:
	case FJ_TEXT:
		put_guest_string(s, t, value);
		break;
	case FJ_DIRFD:
		if ((int)value == AT_FDCWD) {
			fj_str_put(s, "AT_FDCWD");
			break;
		}
		fj_str_num(s, (uint32_t)value, 10);
		break;
	case FJ_INT:
	case FJ_FD:
	case FJ_SIGNAL:
	case FJ_PID:
	case FJ_SIZE:
		if ((int64_t)value < 0)
			fj_str_put(s, "-");
		fj_str_num(s, (int64_t)value < 0 ? -value : value, 10);
		break;
	case FJ_MODE:
		fj_str_put(s, "0");
		fj_str_num(s, value, 8);
		break;
	case FJ_NONE:
	case FJ_HEX:
	case FJ_PTR:
	case FJ_OFLAGS:
	case FJ_ATFLAGS:
	case FJ_LINKFLAGS:
	case FJ_WATCH:
	case FJ_FANFLAGS:
	case FJ_STAT:
	case FJ_ARGV:
	case FJ_ADDR:
	case FJ_KIND_COUNT:
		fj_str_put(s, "0x");
		fj_str_num(s, value, 16);
		break;
	}
}

void fj_trace(const struct fj_call *c, const uint64_t *arg, long result)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_str s;

	fj_str_init(&s, fj_scratch(c->thread, LINE_SIZE), LINE_SIZE);
	fj_str_num(&s, (uint64_t)fj_sys_gettid(), 10);
	fj_str_put(&s, " ");
	fj_str_put(&s, fj_row_name(c->row));
	for (int i = 0; i < FJ_ARGS && c->row->kind[i] != FJ_NONE; i++) {
		fj_str_put(&s, i ? ", " : "(");
		put_argument(&s, c->thread, c->row->kind[i], arg[i]);
		if (c->row->kind[i] == FJ_PATH || c->row->kind[i] == FJ_LPATH ||
			c->row->kind[i] == FJ_NEW || c->row->kind[i] == FJ_OLD)
			put_traced_path(&s, c, arg, i);
	}
	fj_str_put(&s, ") = ");
	if (result < 0)
		fj_str_put(&s, "-");
	fj_str_num(&s, result < 0 ? -(uint64_t)result : (uint64_t)result, 10);
	fj_str_put(&s, "\n");
	fj_sys_write(fj_jail->trace_fd_plus_1 - 1, s.at, s.len);
	fj_scratch_release(c->thread, mark);
}
