/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * texts.c - strings, and names as the launcher makes them (fakejail-lib). Called by the other files
 * of this program. */
#include "front.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "syscall/unistd_names.h"
#include <linux/limits.h>

static char room[1 << 16];
static size_t used;

static char *take(size_t n)
{
	char *at = room + used;

	if (n > sizeof(room) - used)
		front_give_up();
	used += n;
	return at;
}

char *front_text(const char *a, const char *b, const char *c)
{
	const size_t la = fj_strlen(a), lb = fj_strlen(b), lc = fj_strlen(c);
	char *text = take(la + lb + lc + 1);

	memcpy(text, a, la);
	memcpy(text + la, b, lb);
	memcpy(text + la + lb, c, lc + 1);
	return text;
}

char *front_text_n(const char *text, size_t n)
{
	char *copy = take(n + 1);

	memcpy(copy, text, n);
	copy[n] = 0;
	return copy;
}

char *front_below(const char *a, const char *b)
{
	const size_t n = fj_strlen(a);

	return front_text(n && a[n - 1] == '/' ? front_text_n(a, n - 1) : a, "/", b);
}

const char *front_last_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

char *front_directory(const char *path)
{
	const char *name = front_last_name(path);

	return front_text_n(path, name == path ? fj_strlen(path) : (size_t)(name - 1 - path));
}

const char *front_clean(const char *path)
{
	char *out = take(fj_strlen(path) + 2);
	size_t len = 0;

	while (*path) {
		size_t n = 0;

		while (path[n] && path[n] != '/')
			n++;
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && path[0] == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
		path += *path == '/';
	}
	if (!len)
		out[len++] = '/';
	out[len] = 0;
	return out;
}

const char *front_absolute(const char *path)
{
	return *path == '/' ? path : front_below(front_pwd(), path);
}

const char *front_tidy(const char *path)
{
	const char *text = front_absolute(path), *clean = front_clean(text);

	return front_is_same(clean, text) ? clean : text;
}

/* A shell takes PWD from the environment if that names the working directory. Otherwise each shell
 * changes it in its own way, and this gives up. */
const char *front_pwd(void)
{
	static const char *pwd;
	const char *said = front_variable("PWD");
	static char cwd[PATH_MAX];
	long n;

	if (pwd)
		return pwd;
	if (said) {
		if (*said != '/' || !front_is_same(said, ".") || !fj_streq(front_clean(said), said))
			front_give_up();
		return pwd = said;
	}
	n = fj_sys_getcwd(cwd, sizeof(cwd));
	if (n <= 1 || cwd[0] != '/')
		front_give_up();
	return pwd = cwd;
}
