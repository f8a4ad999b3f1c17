/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tag.c - files of a file system that tells neither a birth nor a handle that lasts (FUSE): what
 * tells them from the next file with their number is an extended attribute of ours, with a random
 * value. It is given to a file when its first record is made, and read only of files whose number
 * some record has.
 *
 * Called by disk.c, and by whatever is about to make a record. */
#include "own/store.h"

#define NAME FJ_OWN_TAG

/* getxattr(2) and setxattr(2) take no descriptor with O_PATH, but its link. */
struct target {
	long fd;
	bool is_ours;
	char link[32];
};

static bool aim(struct target *t, int dirfd, const char *name, bool follows)
{
	struct fj_str s;

	t->is_ours = name && name[0];
	t->fd = t->is_ours ? fj_open_path(dirfd, name, follows ? 0 : O_NOFOLLOW) : dirfd;
	fj_str_init(&s, t->link, sizeof(t->link));
	fj_fd_path(&s, (int)t->fd, NULL);
	return !fj_is_err(t->fd);
}

static void done(const struct target *t)
{
	if (t->is_ours)
		fj_close((int)t->fd);
}

static uint64_t read_tag(const struct target *t)
{
	uint64_t tag = 0;
	const long r = fj_sys4(__NR_getxattr, t->link, NAME, &tag, sizeof(tag));

	return r == (long)sizeof(tag) && tag ? tag : FJ_OWN_NO_STAMP;
}

uint64_t fj_own_tag(int dirfd, const char *name, bool follows)
{
	struct target t;
	uint64_t tag = FJ_OWN_NO_STAMP;

	if (aim(&t, dirfd, name, follows)) {
		tag = read_tag(&t);
		done(&t);
	}
	return tag;
}

static long write_tag(const struct target *t, uint32_t mode)
{
	uint64_t tag = 0;
	long r;

	fj_sys3(__NR_getrandom, &tag, sizeof(tag), 0);
	tag |= 2; /* neither none nor FJ_OWN_NO_STAMP */
	r = fj_sys5(__NR_setxattr, t->link, NAME, &tag, sizeof(tag), 1 /* XATTR_CREATE */);
	/* Whoever may not write the file may not name it either, be it his own. */
	if (r == -EACCES && !(mode & 0200) &&
		!fj_sys3(__NR_fchmodat, AT_FDCWD, t->link, mode | 0200)) {
		r = fj_sys5(__NR_setxattr, t->link, NAME, &tag, sizeof(tag), 1);
		fj_sys3(__NR_fchmodat, AT_FDCWD, t->link, mode);
	}
	return r;
}

void fj_own_mark(struct fj_own_key *key, int dirfd, const char *name, uint32_t mode)
{
	const uint32_t type = mode & 0170000;
	struct target t;

	if (key->stamp != FJ_OWN_NO_STAMP || (type != 0100000 && type != 0040000) ||
		!aim(&t, dirfd, name, false))
		return;
	key->stamp = read_tag(&t);
	/* (Of two who do it at once the first one's stays.) */
	if (key->stamp == FJ_OWN_NO_STAMP) {
		write_tag(&t, mode & 07777);
		key->stamp = read_tag(&t);
	}
	done(&t);
}
