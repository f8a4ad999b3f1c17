/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * root_lowers.c - what the lower layers of an overlay say at a jail's start: a new upper layer shows for its root what the
 * topmost one shows, and their owner records must be whole. Called by root_overlay.c and
 * launch/inside_overlay.c, which release the scratch memory. */
#include "call/call.h"
#include "command/command.h"
#include "met-roots/met_roots.h"
#include "mount-table/layer_paths.h"
#include "mount-table/paths.h"
#include "setup/setup.h"
#include "sys/fd.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"
#include "union/union.h"

#include <linux/fcntl.h>

/* Let the root of a new upper layer, `upper`, show what directory `fd` shows. */
static long show_as(struct fj_thread *t, long fd, const char *upper)
{
	struct fj_call call = {.thread = t};
	const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	const long to = fd < 0 ? fd : fj_sys_openat(AT_FDCWD, upper, how, 0);
	long r = to;

	if (to >= 0) {
		r = fj_union_copy_root(&call, (int)fd, (int)to);
		fj_sys_close((int)to);
	}
	return r;
}

/* Open the topmost lower layer. */
static long open_top(struct fj_thread *t, const char *layers)
{
	const char *top = fj_layers_end_first(layers) + 1;

	top = fj_scratch_text(t, top, (size_t)(fj_layers_end_first(top) - top), "");
	return fj_open_path(AT_FDCWD, top, O_DIRECTORY);
}

long fj_root_lowers_show(struct fj_thread *t, const char *layers, long lowest)
{
	const long top = *fj_options.lowers ? open_top(t, layers) : lowest,
		   r = show_as(t, top, fj_root_path());

	if (top >= 0 && top != lowest)
		fj_sys_close((int)top);
	return r;
}

long fj_root_overlay_show(struct fj_thread *t, const char *layers, const char *upper_path)
{
	const long fd = open_top(t, layers), r = show_as(t, fd, upper_path);

	if (fd >= 0)
		fj_sys_close((int)fd);
	return r;
}

void fj_root_lowers_check(struct fj_thread *t, const char *layers)
{
	const char *end = fj_layers_end_first(layers);

	while (*end) {
		layers = end + 1;
		end = fj_layers_end_first(layers);
		if (!fj_owner_met_lower(layers, (size_t)(end - layers)))
			fj_owners_check_lower(
				fj_scratch_text(t, layers, (size_t)(end - layers), ""));
	}
}
