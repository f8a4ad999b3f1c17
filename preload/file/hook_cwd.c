/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_cwd.c - where the process stands: its working directory and its root. */
#include "call/hooks.h"
#include "inode/roots.h"
#include "sys/guest.h"

static const char unreachable[] = "(unreachable)"; /* getcwd(2): outside the process's root */

long fj_hook_getcwd(struct fj_call *c)
{
	char *host_path = fj_scratch_path(c->thread);
	struct fj_str pos, seen;
	bool found;
	long r = fj_sys2(__NR_getcwd, host_path, FJ_PATH_MAX);

	if (r < 0)
		return r;
	fj_scratch_trim(c->thread, host_path, (size_t)r); /* with its NUL */
	fj_str_init(&pos, fj_scratch_path(c->thread), FJ_PATH_MAX);
	found = fj_path_back_hinted(host_path, fj_cwd_noted(), &pos);
	fj_scratch_trim(c->thread, pos.at, pos.len + 1);
	fj_str_init(&seen, fj_scratch_path(c->thread), FJ_PATH_MAX);
	if (!found) {
		fj_str_put(&seen, unreachable);
		fj_str_put(&seen, "/"); /* where it is on the host is not for the program to see */
	} else if (!fj_path_seen(pos.at, &seen)) {
		fj_str_put(&seen, unreachable);
		fj_str_put(&seen, pos.len ? pos.at : "/");
	}
	if (seen.len + 1 > fj_arg(c, FJ_SIZE, 0))
		return -ERANGE;
	r = fj_guest_write(fj_arg(c, FJ_PTR, 0), seen.at, seen.len + 1);
	return r < 0 ? r : (long)seen.len + 1;
}

/* Where a directory can be reached by two positions, remember by which the program came: getcwd(2)
 * is to say that. */
static long chdir_noted(struct fj_call *c, const char *jail_path)
{
	struct fj_place place;
	long fd, r = fj_path_walk(c->thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place);

	if (r < 0)
		return r;
	fd = fj_open_path(place.dirfd, place.name, O_DIRECTORY | (place.is_magic ? 0 : O_NOFOLLOW));
	if (fd == -EMFILE || fd == -ENFILE)
		r = fj_sys1(__NR_chdir, fj_place_path(c->thread, &place));
	else
		r = fj_is_err(fd) ? fd : fj_sys1(__NR_fchdir, fd);
	if (!r)
		fj_roots_see_fd(c->thread, AT_FDCWD);
	if (!r && place.pos && !place.is_magic && !fj_is_borrowed_memory())
		fj_cwd_note(place.pos);
	if (!fj_is_err(fd))
		fj_close((int)fd);
	fj_place_done(&place);
	return r;
}

long fj_hook_chdir(struct fj_call *c)
{
	struct fj_place directory;
	long r;
	char *jail_path = fj_arg_path(c, 0, &r);

	if (!jail_path)
		return r ? r : fj_kernel(c);
	if (fj_jail->has_aliases)
		return chdir_noted(c, jail_path);
	r = fj_find_object(c, AT_FDCWD, jail_path, FJ_FOLLOW, O_DIRECTORY, &directory);
	if (r < 0)
		return r;
	r = directory.name[0] ? fj_sys1(__NR_chdir, fj_place_path(c->thread, &directory)) :
				fj_sys1(__NR_fchdir, directory.dirfd);
	if (!r)
		fj_roots_see_fd(c->thread, AT_FDCWD);
	fj_place_done(&directory);
	return r;
}

long fj_hook_chroot(struct fj_call *c)
{
	struct fj_place place;
	long fd, r;
	char *jail_path = fj_arg_path(c, 0, &r);

	if (!jail_path) /* not asked of the kernel, which a container's policy may keep from being
			   asked */
		return r ? r : c->arg[0] ? -ENOENT : -EFAULT;
	r = fj_path_walk(c->thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	fd = fj_open_path(place.dirfd, place.name, O_DIRECTORY | (place.is_magic ? 0 : O_NOFOLLOW));
	if (fj_is_err(fd)) {
		r = fd;
	} else if ((r = fj_sys3(__NR_faccessat, fd, ".", 1 /* X_OK */)) < 0 || !place.pos) {
		fj_close((int)fd);
		r = r < 0 ? r : -ENOENT; /* a directory that is gone has no place in the jail */
	} else {
		fj_roots_see_fd(c->thread, (int)fd);
		r = fj_root_enter((int)fd, place.pos);
	}
	fj_place_done(&place);
	return r;
}
