/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_bpf.c - bpf(2): the path of an object in a file system of type bpf, which lies in a structure. The
 * kernel looks it up also for a user who may make no such objects. Called through the table. */
#include "call/call.h"
#include "call/hooks.h"
#include "call/translate.h"
#include "guest/guest.h"
#include "jail/fds.h"
#include "layers/place.h"
#include "path/path.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "walk/walk.h"

#include <linux/bpf.h>
#include <linux/fcntl.h>

#define PATH_FD (1u << 14) /* linux/bpf.h of 6.5: BPF_F_PATH_FD */

/* The part of union bpf_attr (linux/bpf.h) for BPF_OBJ_PIN and BPF_OBJ_GET. Kernels before 6.5 end at
 * `dirfd`, and take more bytes if these are 0. */
struct object {
	uint64_t path;
	uint32_t fd, flags;
	int32_t dirfd;
	uint32_t zero;
};

/* Makes the call with the structure `o`. */
static long call_with(struct fj_call *c, const struct object *o)
{
	c->arg[1] = (uint64_t)o;
	c->arg[2] = sizeof(*o);
	return fj_kernel(c);
}

static long with_place(struct fj_call *c, struct object *o, const char *jail_path)
{
	const int dirfd = !(o->flags & PATH_FD)		   ? AT_FDCWD :
			  fj_is_our_fd((uint32_t)o->dirfd) ? FJ_CLOSED_FD :
							     o->dirfd;
	struct fj_place place;
	long r;

	r = (uint32_t)c->arg[0] == BPF_OBJ_GET ?
		    fj_find_object(c, dirfd, jail_path, FJ_FOLLOW, 0, &place) :
		    fj_path_walk(c->thread, dirfd, jail_path, FJ_ENTRY | FJ_WRITE, &place);
	if (r < 0)
		return r;
	o->path = (uint64_t)fj_place_path(c->thread, &place);
	r = (uint32_t)c->arg[0] == BPF_OBJ_PIN && place.is_read_only ? -EROFS : call_with(c, o);
	fj_place_done(&place);
	return r;
}

long fj_hook_bpf(struct fj_call *c)
{
	static const char none[] = "";
	struct object o;
	char *jail_path;
	uint64_t path;
	long r;

	if ((uint32_t)c->arg[0] != BPF_OBJ_PIN && (uint32_t)c->arg[0] != BPF_OBJ_GET)
		return fj_kernel(c);
	if ((uint32_t)c->arg[2] > FJ_PAGE)
		return -E2BIG;
	r = fj_guest_read_structure(&o, sizeof(o), c->arg[1], (uint32_t)c->arg[2]);
	if (r < 0)
		return r == -E2BIG ? -EINVAL : r;
	/* The kernel checks everything else before it looks for a file. */
	path = o.path;
	o.path = (uint64_t)none;
	r = call_with(c, &o);
	if (r != -ENOENT)
		return r;
	jail_path = fj_scratch_path(c->thread);
	r = fj_guest_string(jail_path, path, PATH_MAX);
	return r > 0 ? with_place(c, &o, jail_path) : r < 0 ? r : -ENOENT;
}
