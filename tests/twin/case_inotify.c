/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_inotify.c - tests inotify_add_watch: which file is watched, and the names in events.
 */
#include "twin.h"

static void events(int fd)
{
	_Alignas(8) char buf[4096];
	long n = read(fd, buf, sizeof(buf));

	if (n < 0)
		say("events: %e\n", errno);
	for (long at = 0; at < n;) {
		struct inotify_event *e = (struct inotify_event *)(void *)(buf + at);
		say("event wd %d mask %x %q\n", e->wd, e->mask, e->len ? e->name : "");
		at += (long)(sizeof(*e) + e->len);
	}
}

CASE(inotify)
{
	SPELLINGS() {
		x_mkdir("d", 0755);
		x_put("f", "x");
		x_symlink("d", "l");
		int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		R(inotify_add_watch(fd, x("d"), IN_CREATE | IN_DELETE | IN_MOVED_TO));
		R(inotify_add_watch(fd, x("l"), IN_CREATE | IN_DELETE | IN_MOVED_TO));
		R(inotify_add_watch(fd, x("f"), IN_MODIFY | IN_ATTRIB));
		R(inotify_add_watch(fd, x("l"), IN_ATTRIB | IN_DONT_FOLLOW));
		R(inotify_add_watch(fd, x("f"), IN_MODIFY | IN_ONLYDIR));
		R(inotify_add_watch(fd, x("missing"), IN_MODIFY));
		R(inotify_add_watch(fd, x("d"), 0));
		x_put("d/new", "x");
		x_rename("f", "d/f");
		x_unlink("d/new");
		x_put("d/f", "changed");
		x_chmod("d/f", 0600);
		events(fd);
		events(fd);
		R(inotify_rm_watch(fd, 1));
		R(inotify_rm_watch(fd, 77));
		R(inotify_add_watch(0, x("d"), IN_MODIFY));
		close(fd);
	}
}

/* Who watches is told of owners and of attributes that are only pretended. */
CASE(inotify_owners)
{
	SPELLINGS() {
		x_mkdir("d", 0755);
		x_put("d/f", "x");
		x_symlink("f", "d/l");
		int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		int file = x_open("d/f", O_RDONLY, 0);
		R(inotify_add_watch(fd, x("d"), IN_ATTRIB));
		R(inotify_add_watch(fd, x("d/f"), IN_ATTRIB));
		R(chown(x("d/f"), 5, 6));
		events(fd);
		R(chown(x("d/f"), 5, 6));
		events(fd);
		R(chown(x("d/f"), -1, -1));
		events(fd);
		R(fchown(file, 0, 0));
		events(fd);
		R(lchown(x("d/l"), 7, -1));
		events(fd);
		R(chown(x("d"), -1, 8));
		events(fd);
		R(setxattr(x("d/f"), "trusted.x", "1", 1, 0));
		events(fd);
		R(removexattr(x("d/f"), "trusted.x"));
		events(fd);
		close(file);
		close(fd);
	}
}

/* fanotify needs no privilege since Linux 5.13, if it tells handles only (FAN_REPORT_FID). */
CASE(inotify_fanotify)
{
	_Alignas(8) char buf[4096];
	enum {
		NONBLOCK = 2,
		REPORT_FID = 0x200,
		ADD = 1,
		REMOVE = 2,
		DONT_FOLLOW = 4,
		ONLYDIR = 8
	};
	const long made = 0x100, deleted = 0x200;

	SPELLINGS() {
		x_mkdir("d", 0755);
		x_put("f", "x");
		x_symlink("d", "l");
		int fd = (int)R(SYSCALL(SYS_fanotify_init, NONBLOCK | REPORT_FID, O_RDONLY));
		R(SYSCALL(SYS_fanotify_mark, fd, ADD, made | deleted, twin_dirfd, xat("d")));
		R(SYSCALL(SYS_fanotify_mark, fd, ADD | ONLYDIR, made, twin_dirfd, xat("f")));
		R(SYSCALL(SYS_fanotify_mark, fd, ADD, made, twin_dirfd, xat("missing")));
		R(SYSCALL(SYS_fanotify_mark, fd, ADD | DONT_FOLLOW | ONLYDIR, made, twin_dirfd,
			xat("l")));
		R(SYSCALL(SYS_fanotify_mark, fd, REMOVE, deleted, twin_dirfd, xat("l")));
		x_put("d/new", "x");
		x_unlink("d/new");
		long n = read(fd, buf, sizeof(buf));
		say("told %s\n", n > 0 ? "something" : errno_name(errno));
		R(read(fd, buf, sizeof(buf)));
		close(fd);
	}
}
