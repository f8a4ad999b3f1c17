/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_cwd.c - the hooks of calls about the working directory and the root of the process. Called
 * through the table. */
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/translate.h"
#include "facts/facts.h"
#include "guest/guest.h"
#include "jail/epoch.h"
#include "layers/place.h"
#include "mount-table/mount_flags.h"
#include "nested/roots.h"
#include "nested/roots_way.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/scratch.h"
#include "sys/thread.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

static const char unreachable[] = "(unreachable)"; /* getcwd(2): outside the process's root */

static long answer_cwd(struct fj_call *c, const char *text, size_t size)
{
	enum { BUFFER, SIZE };
	long r;

	if (size > c->arg[SIZE])
		return -ERANGE;
	r = fj_guest_write(c->arg[BUFFER], text, size);
	return r < 0 ? r : (long)size;
}

/* The working directory is in a mount, in a nested root, or outside the jail: its position tells how it is
 * seen. `len` is that of `host_path`. */
__attribute__((noinline)) static long answer_cwd_by_position(
	struct fj_call *c, char *host_path, size_t len)
{
	struct fj_str pos, seen;
	bool found;

	fj_scratch_trim(c->thread, host_path, len + 1);
	fj_str_init(&pos, fj_scratch_path(c->thread), PATH_MAX);
	found = fj_path_back_hinted(host_path, fj_cwd_noted(), &pos);
	fj_scratch_trim(c->thread, pos.at, pos.len + 1);
	fj_str_init(&seen, fj_scratch_path(c->thread), PATH_MAX);
	if (!found) {
		fj_str_put(&seen, unreachable);
		fj_str_put(&seen, "/"); /* the program must not see where the directory is on the
					   host */
	} else if (!fj_path_seen(pos.at, &seen)) {
		fj_str_put(&seen, unreachable);
		fj_str_put(&seen, pos.len ? pos.at : "/");
	}
	return answer_cwd(c, seen.at, seen.len + 1);
}

FJ_HOT long fj_hook_getcwd(struct fj_call *c)
{
	char *host_path = fj_scratch_path(c->thread);
	const char *plain;
	const long r = fj_sys_getcwd(host_path, PATH_MAX); /* with the NUL */

	if (r < 0)
		return r;
	plain = fj_path_seen_plainly(host_path, (size_t)r - 1);
	if (__builtin_expect(!plain, 0))
		return answer_cwd_by_position(c, host_path, (size_t)r - 1);
	return answer_cwd(c, plain, plain[1] ? (size_t)(r - (plain - host_path)) : 2);
}

static void see_entered(struct fj_thread *t, const struct fj_place *place)
{
	if (place->is_mount || place->is_magic)
		fj_roots_see_fd(t, AT_FDCWD, true);
	else
		fj_roots_see_later(t, AT_FDCWD);
}

/* If a directory can be reached by two positions, remembers the one that the program used, which
 * getcwd(2) must show. */
static long chdir_noted(struct fj_call *c, const char *jail_path)
{
	struct fj_place place;
	long fd, r = fj_path_walk(c->thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place);

	if (r < 0)
		return r;
	fd = fj_open_path(place.dirfd, place.name, O_DIRECTORY | (place.is_magic ? 0 : O_NOFOLLOW));
	fj_cwd_moves();
	r = fd < 0 ? fd : fj_sys_fchdir(fd);
	if (!r)
		see_entered(c->thread, &place);
	if (!r && place.pos && !place.is_magic && !fj_is_borrowed_memory())
		fj_cwd_note(place.pos);
	fj_cwd_moved();
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_place_done(&place);
	return r;
}

/* The hash under which it is noted that the directory with the absolute path `jail_path` was asked
 * for records of its own; 0: none. A change of the path's last name must be announced, as one of
 * the others (facts/facts.c). */
static uint64_t hash_of(const char *jail_path, size_t len, uint64_t epoch, bool *is_asked)
{
	const char *name = jail_path + len;
	uint64_t hash;

	*is_asked = jail_path[0] == '/' && len == 1; /* the root was asked when it became the
							root */
	if (!fj_owner_roots || !epoch || jail_path[0] != '/' || len == 1)
		return 0;
	hash = fj_roots_hash_of_way(jail_path, len, epoch);
	*is_asked = fj_roots_saw(hash);
	if (*is_asked)
		return hash;
	while (name[-1] != '/')
		name--;
	fj_facts_saw_name(name, len - (size_t)(name - jail_path));
	return hash;
}

long fj_hook_chdir(struct fj_call *c)
{
	const uint64_t epoch = fj_facts_epoch();
	struct fj_place directory;
	uint64_t hash;
	bool is_asked;
	long r;
	char *jail_path = fj_arg_path(c, 0, &r);

	if (!jail_path)
		return r ? r : fj_kernel(c);
	if (fj_mount_flags()->has_aliases)
		return chdir_noted(c, jail_path);
	hash = hash_of(jail_path, c->path_len, epoch, &is_asked);
	r = fj_find_object(c, AT_FDCWD, jail_path, FJ_FOLLOW, O_DIRECTORY, &directory);
	if (r < 0)
		return r;
	fj_cwd_moves();
	r = fj_sys_fchdir(directory.dirfd);
	fj_cwd_moved();
	if (!r && !(is_asked && fj_facts_hold(epoch))) {
		if (hash && directory.is_direct) {
			fj_roots_see_fd(c->thread, AT_FDCWD, false);
			if (fj_facts_hold(epoch))
				fj_roots_note(hash);
		} else {
			see_entered(c->thread, &directory);
		}
	}
	fj_place_done(&directory);
	return r;
}

long fj_hook_fchdir(struct fj_call *c)
{
	long r;

	fj_cwd_moves();
	r = fj_kernel(c);
	fj_cwd_moved();
	return r;
}

long fj_hook_chroot(struct fj_call *c)
{
	struct fj_place place;
	long fd, r;
	char *jail_path = fj_arg_path(c, 0, &r);

	if (!jail_path) /* the kernel is not asked: a container's policy may refuse the call */
		return r ? r : c->arg[0] ? -ENOENT : -EFAULT;
	r = fj_path_walk(c->thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place);
	if (r < 0)
		return r;
	fd = fj_open_path(place.dirfd, place.name, O_DIRECTORY | (place.is_magic ? 0 : O_NOFOLLOW));
	if (fd < 0) {
		r = fd;
	} else if ((r = fj_sys_faccessat(fd, ".", 1 /* X_OK */)) < 0 || !place.pos) {
		fj_sys_close((int)fd);
		r = r < 0 ? r : -ENOENT; /* a removed directory has no place in the jail */
	} else {
		fj_roots_see_fd(c->thread, (int)fd, place.is_mount || place.is_magic);
		r = fj_root_enter((int)fd, place.pos);
	}
	fj_place_done(&place);
	return r;
}
