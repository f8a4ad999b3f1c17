/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * spell.c - the same call spelt with an absolute path, relative to the working directory, relative
 * to a dirfd, and through an absolute symlink that begins with `..` above the root: SPELLINGS in
 * twin.h.
 */
#include "twin.h"

enum twin_spell twin_spell;
int twin_dirfd = AT_FDCWD;

static const char *const home[] = {"/t", "/t/abs", "/t/rel", "/t/at", "/t/sym", "/t"};

static void enter(void)
{
	twin_dirfd = AT_FDCWD;
	chdir("/t");
	if (twin_spell == SPELL_END)
		return;
	mkdir(home[twin_spell], 0755);
	switch (twin_spell) {
	case SPELL_REL:
		chdir(home[SPELL_REL]);
		break;
	case SPELL_AT:
		twin_dirfd = open(home[SPELL_AT], O_RDONLY | O_DIRECTORY);
		chdir("/etc");
		break;
	case SPELL_SYM:
		symlink("/../t/sym", "/t/symlink");
		chdir("/");
		break;
	default:
		chdir("/");
	}
}

void twin_spell_first(void)
{
	twin_spell = SPELL_ABS;
	enter();
}

int twin_spell_more(void)
{
	if (twin_spell < SPELL_END)
		return 1;
	twin_spell = SPELL_NONE;
	return 0;
}

void twin_spell_next(void)
{
	if (twin_dirfd >= 0)
		close(twin_dirfd);
	twin_spell++;
	enter();
}

static const char *join(const char *prefix, const char *name)
{
	static char buf[4][PATH_MAX + 600];
	static int which;
	char *b = buf[which = (which + 1) % 4];
	size_t n = strlen(prefix);

	memcpy(b, prefix, n);
	memcpy(b + n, name, strlen(name) + 1);
	return b;
}

const char *x(const char *name)
{
	char prefix[32] = "/proc/self/fd/";

	switch (twin_spell) {
	case SPELL_ABS:
		return join("/t/abs/", name);
	case SPELL_SYM:
		return join("../../t/symlink/", name);
	case SPELL_AT: {
		size_t n = strlen(prefix);

		if (twin_dirfd > 9)
			prefix[n++] = (char)('0' + twin_dirfd / 10);
		prefix[n++] = (char)('0' + twin_dirfd % 10);
		prefix[n++] = '/';
		prefix[n] = 0;
		return join(prefix, name);
	}
	default:
		return name;
	}
}

const char *xat(const char *name)
{
	return twin_spell == SPELL_AT ? name : x(name);
}

#define AT (twin_spell == SPELL_AT)

int x_open(const char *name, int flags, mode_t mode)
{
	return AT ? openat(twin_dirfd, name, flags, mode) : open(x(name), flags, mode);
}

int x_creat(const char *name, mode_t mode)
{
	return creat(x(name), mode);
}

int x_stat(const char *name, struct stat *st)
{
	return AT ? fstatat(twin_dirfd, name, st, 0) : stat(x(name), st);
}

int x_lstat(const char *name, struct stat *st)
{
	return AT ? fstatat(twin_dirfd, name, st, AT_SYMLINK_NOFOLLOW) : lstat(x(name), st);
}

int x_access(const char *name, int mode)
{
	return AT ? faccessat(twin_dirfd, name, mode, 0) : access(x(name), mode);
}

int x_mkdir(const char *name, mode_t mode)
{
	return AT ? mkdirat(twin_dirfd, name, mode) : mkdir(x(name), mode);
}

int x_rmdir(const char *name)
{
	return AT ? unlinkat(twin_dirfd, name, AT_REMOVEDIR) : rmdir(x(name));
}

int x_unlink(const char *name)
{
	return AT ? unlinkat(twin_dirfd, name, 0) : unlink(x(name));
}

int x_rename(const char *from, const char *to)
{
	return AT ? renameat(twin_dirfd, from, twin_dirfd, to) : rename(x(from), x(to));
}

int x_link(const char *from, const char *to)
{
	return AT ? linkat(twin_dirfd, from, twin_dirfd, to, 0) : link(x(from), x(to));
}

int x_symlink(const char *text, const char *name)
{
	return AT ? symlinkat(text, twin_dirfd, name) : symlink(text, x(name));
}

ssize_t x_readlink(const char *name, char *buf, size_t size)
{
	return AT ? readlinkat(twin_dirfd, name, buf, size) : readlink(x(name), buf, size);
}

int x_chmod(const char *name, mode_t mode)
{
	return AT ? fchmodat(twin_dirfd, name, mode, 0) : chmod(x(name), mode);
}

int x_mknod(const char *name, mode_t mode, dev_t dev)
{
	return AT ? mknodat(twin_dirfd, name, mode, dev) : mknod(x(name), mode, dev);
}

void x_put(const char *name, const char *text)
{
	int fd = x_open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0) {
		say("put %q: %e\n", name, errno);
		return;
	}
	write(fd, text, strlen(text));
	close(fd);
}

void x_show(const char *name)
{
	int fd = x_open(name, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0) {
		say("%q: %e\n", name, errno);
		return;
	}
	show_fd(name, fd);
	close(fd);
}

void x_show_link(const char *name)
{
	char buf[PATH_MAX + 1];
	ssize_t n = x_readlink(name, buf, sizeof(buf) - 1);

	if (n < 0) {
		say("%q -> %e\n", name, errno);
		return;
	}
	buf[n] = 0;
	say("%q -> %q\n", name, buf);
}

void x_say_stat(const char *name)
{
	struct stat st;

	if (x_stat(name, &st) < 0)
		say("stat %q: %e\n", name, errno);
	else
		say_stat(name, &st);
}

void x_say_lstat(const char *name)
{
	struct stat st;

	if (x_lstat(name, &st) < 0)
		say("lstat %q: %e\n", name, errno);
	else
		say_stat(name, &st);
}

void x_tree(void)
{
	tree(home[twin_spell]);
}
