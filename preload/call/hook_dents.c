/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_dents.c - reading directories: what the jail keeps for itself is left out of its root, and a pretended device is one. */
#include "call/hooks.h"
#include "call/owned.h"

struct dirent64 { /* linux/dirent.h */
	uint64_t ino;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

#define DT_CHR 2 /* linux/fs_types.h */
#define DT_BLK 6
#define DT_REG 8

static bool is_root_dir(int fd)
{
	struct stat st;

	return !fj_sys2(__NR_fstat, fd, &st) && st.st_dev == fj_jail->root_dev && st.st_ino == fj_jail->root_ino;
}

/* A record found by inode number may be an earlier file's: the whole key decides. */
static void show_device(struct fj_call *c, int fd, uint64_t dev, struct dirent64 *d)
{
	struct fj_owner owner;
	struct fj_file file;

	if (d->type != DT_REG || !fj_own_find_ino(dev, d->ino, &owner) || !(owner.flags & FJ_OWN_DEVICE) ||
		fj_file_look(c, fd, d->name, AT_SYMLINK_NOFOLLOW, &file) || !(file.owner.flags & FJ_OWN_DEVICE))
		return;
	d->type = (file.owner.mode & FJ_S_IFMT) == FJ_S_IFCHR ? DT_CHR : DT_BLK;
}

long fj_hook_getdents(struct fj_call *c)
{
	const int fd = (int)c->arg[0];
	char *buffer = (char *)c->arg[1];
	const bool has_devices = fj_own_has_devices();
	struct stat st = {0};
	long n;

again:
	n = fj_kernel(c);
	if (n <= 0)
		return n;
	if (has_devices && fj_sys2(__NR_fstat, fd, &st))
		return n;
	for (long at = 0; at < n;) {
		struct dirent64 *d = (struct dirent64 *)(buffer + at);

		if (d->name[0] == '.' && d->name[1] == 'f' && fj_streq(d->name, FJ_HIDDEN_NAME) && is_root_dir(fd)) {
			const long len = d->len;

			memmove(buffer + at, buffer + at + len, (size_t)(n - at - len));
			n -= len;
			if (!n)
				goto again; /* it was alone in the buffer: 0 would mean the end */
			continue;
		}
		if (has_devices)
			show_device(c, fd, st.st_dev, d);
		at += d->len;
	}
	return n;
}
