/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_unix.h - AF_UNIX sockets by their names: for case_unix.c and case_unix_fds.c.
 */
#ifndef CASE_UNIX_H
#define CASE_UNIX_H

#include "twin.h"

static inline socklen_t address(struct sockaddr_un *a, const char *path)
{
	size_t n = strlen(path);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (n > sizeof(a->sun_path))
		n = sizeof(a->sun_path);
	memcpy(a->sun_path, path, n);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (n < sizeof(a->sun_path)));
}

static inline int bind_to(int s, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, path);

	return bind(s, (struct sockaddr *)&a, n);
}

static inline int connect_to(int s, const char *path)
{
	struct sockaddr_un a;
	socklen_t n = address(&a, path);

	return connect(s, (struct sockaddr *)&a, n);
}

static inline void show_address(const char *what, const struct sockaddr_un *a, socklen_t len)
{
	char text[120] = "";
	long n = (long)len - (long)offsetof(struct sockaddr_un, sun_path);

	/* An abstract name begins with NUL and may hold more of them. Of a name that fills the
	 * buffer the kernel counts a NUL that it had no room to write. */
	for (long i = 0; i < n && i < (long)sizeof(a->sun_path); i++)
		text[i] = a->sun_path[i] ? a->sun_path[i] : '|';
	say("%s: family %d length %d %q\n", what, len >= 2 ? a->sun_family : -1, (int)len, text);
}

static inline void show_name(const char *what, int s, int of_peer)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if ((of_peer ? getpeername(s, (struct sockaddr *)&a, &len) :
		       getsockname(s, (struct sockaddr *)&a, &len)) < 0)
		say("%s: %e\n", what, errno);
	else
		show_address(what, &a, len);
}

static inline void sockname(const char *what, int s)
{
	show_name(what, s, 0);
}

static inline void peername(const char *what, int s)
{
	show_name(what, s, 1);
}

#endif
