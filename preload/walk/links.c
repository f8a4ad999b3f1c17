/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * links.c - symlinks in a walk: the text of the symlink is walked in its place. The kernel follows procfs
 * links that lead elsewhere than their text. Called by walk.c and steps.c. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "jail/root.h"
#include "path/proc.h"
#include "sys/abi.h"
#include "sys/races.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_names.h"
#include "walk/steps.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

static bool is_pathlike_or_object(const char *text)
{
	if (text[0] == '/')
		return true;
	for (; *text; text++)
		if (text[0] == ':')
			return true;
	return false;
}

long fj_walk_read_link(struct fj_walk *w, const char *name, char *text, size_t *len)
{
	const long n = fj_sys_readlinkat(w->fd, name, text, PATH_MAX - 1);

	if (n == -EINVAL)
		return FJ_NOT_A_LINK;
	if (n < 0)
		return n;
	if (++w->links > FJ_MAX_LINKS || (w->how & FJ_NO_LINKS))
		return -ELOOP;
	text[n] = 0;
	*len = (size_t)n;
	/* Only procfs has links that lead elsewhere than their text says (proc(5), /proc/PID/fd).
	 */
	if (is_pathlike_or_object(text) && fj_walk_is_in_procfs(w)) {
		w->fact_key = NULL;
		return w->how & FJ_NO_MAGIC ? -ELOOP : FJ_MAGIC_LINK;
	}
	return FJ_TEXT_LINK;
}

long fj_walk_read_slashed(struct fj_walk *w, const char *name, char *text, size_t *len)
{
	struct stat st;
	long r = FJ_NOT_A_LINK; /* 0, as what newfstatat(2) returns */

	for (unsigned tries = 0; tries < FJ_RACES && r == FJ_NOT_A_LINK; tries++) {
		r = fj_sys_newfstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
		if (r < 0 || (st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR)
			return r;
		if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFLNK)
			break;
		r = fj_walk_read_link(w, name, text, len);
	}
	return r == FJ_NOT_A_LINK ? -ENOTDIR : r;
}

long fj_walk_follow_text(struct fj_walk *w, const char *text, size_t len, const char *rest)
{
	const size_t rest_len = fj_strlen(rest);

	if (!len || (text[0] == '/' && w->root->fd < 0))
		return -ENOENT;
	if (len + 1 + rest_len >= FJ_REST_SIZE)
		return -ENAMETOOLONG;
	memmove(w->buffer + len + 1, rest, rest_len + 1);
	memcpy(w->buffer, text, len);
	/* An empty rest: the link was the last component. A slash then would demand a directory. */
	w->buffer[len] = rest_len ? '/' : 0;
	w->rest = w->buffer;
	w->can_leap = true;
	return text[0] == '/' ? fj_walk_jump_to_root(w, false) : 0;
}

/* /proc/self and /proc/thread-self are plain symlinks, but they differ between processes. */
static void forget_fact_of_self(struct fj_walk *w, const char *name)
{
	if (fj_streq(name, "self") || fj_streq(name, "thread-self"))
		w->fact_key = NULL;
}

long fj_walk_follow_at(struct fj_walk *w, const char *host_path, size_t len)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	char *text = fj_scratch_path(w->t), *next = w->rest + len;
	const long n = fj_sys_readlinkat(AT_FDCWD, host_path, text, PATH_MAX - 1);
	long r = 0;

	text[n > 0 ? n : 0] = 0;
	/* (What may be another kind of link is followed in its directory.) */
	if (n > 0 && !is_pathlike_or_object(text)) {
		*next = 0;
		forget_fact_of_self(w, w->rest);
		for (*next = '/'; *next == '/'; next++)
			;
		r = ++w->links > FJ_MAX_LINKS || (w->how & FJ_NO_LINKS) ?
			    -ELOOP :
			    fj_walk_follow_text(w, text, (size_t)n, next);
		r = r < 0 ? r : 1;
	}
	fj_scratch_release(w->t, mark);
	return r;
}

/* Is it a directory, or a symlink? It was neither when it was opened and read, or another one at each time. */
static bool is_of_way(struct fj_walk *w, const char *name)
{
	struct stat st;

	return !fj_sys_newfstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) &&
	       ((st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR || (st.st_mode & FJ_S_IFMT) == FJ_S_IFLNK);
}

long fj_walk_into_link(struct fj_walk *w, const char *name, size_t len, const char *rest)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	char *text = fj_scratch_path(w->t);
	size_t text_len = 0;
	long r = fj_proc_hides(w->t, w->fd, w->owned_fd >= 0, name, len) ?
			 -ENOENT :
			 fj_walk_read_link(w, name, text, &text_len);

	switch (r) {
	case FJ_NOT_A_LINK:
		r = is_of_way(w, name) ? FJ_LINK_IS_GONE : -ENOTDIR;
		break;
	case FJ_TEXT_LINK:
		forget_fact_of_self(w, name);
		r = fj_walk_follow_text(w, text, text_len, *rest ? rest : ".");
		break;
	case FJ_MAGIC_LINK:
		if (fj_streq(name, "root")) {
			r = fj_walk_jump_to_root(w, true);
		} else {
			r = fj_walk_magic(w, name);
		}
		if (!r)
			w->rest = (char *)rest;
		break;
	}
	fj_scratch_release(w->t, mark);
	return r;
}
