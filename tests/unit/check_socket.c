/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_socket.c - tests sockets with a name in the file system (socket/hook_net.c,
 * socket/unix_name.c). */
#include "call/hooks.h"
#include "syscall/socket.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include "unit.h"
#include "socket/unix_name.h"
#include "locking/seq.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <string.h>
#include <sys/socket.h>

struct address {
	uint16_t family;
	char path[126]; /* as in struct sockaddr_storage, which is longer than sun_path */
};

/* A name of each length that fits into sun_path is returned as it was bound, up to its NUL:
 * unix(7). */
START_TEST(socket_names)
{
	struct address a = {.family = 1}, got;

	for (int len = 1; len <= 107; len++) {
		const long fd = fj_sys_socket(1, 2 /* SOCK_DGRAM */, 0);
		uint32_t size = sizeof(got);

		memset(a.path, 0, sizeof(a.path));
		memset(a.path, 's', (size_t)len + 1);
		a.path[0] = '/';
		unit_assert_result(unit_call3(__NR_bind, fd, &a, 2 + len + 1), 0);
		memset(&got, 'x', sizeof(got));
		unit_assert_result(unit_call3(__NR_getsockname, fd, &got, &size), 0);
		ck_assert_uint_eq(size, 2 + (unsigned)len + 2);
		ck_assert_str_eq(got.path, a.path);
		ck_assert_int_eq(got.path[len + 2], 'x');
		unit_assert_result(unit_call3(__NR_bind, fj_sys_socket(1, 2, 0), &a, 2 + len + 1),
			-EADDRINUSE);
		fj_sys_close((int)fd);
		unit_assert_result(unit_call1(__NR_unlink, a.path), 0);
	}
}
END_TEST

/* The ring is full, and another process writes its name over this one. Meanwhile the socket shows
 * the short name, and never parts of both. */
START_TEST(socket_name_half_written)
{
	const struct address a = {.family = 1, .path = "/s"};
	struct address got = {0};
	const long fd = fj_sys_socket(1, 2 /* SOCK_DGRAM */, 0);
	uint32_t size = sizeof(got);
	struct fj_socket_name *name =
		&fj_socket_names()->socket[fj_socket_names()->next % FJ_SOCKETS];

	unit_assert_result(unit_call3(__NR_bind, fd, &a, 5), 0);
	ck_assert(fj_seq_write(&name->sequence));
	unit_assert_result(unit_call3(__NR_getsockname, fd, &got, &size), 0);
	ck_assert_ptr_nonnull(strstr(got.path, "/.fjs"));
	fj_seq_written(&name->sequence);
	size = sizeof(got);
	memset(&got, 0, sizeof(got));
	unit_assert_result(unit_call3(__NR_getsockname, fd, &got, &size), 0);
	ck_assert_str_eq(got.path, "/s");
}
END_TEST

START_TEST(socket_reached)
{
	const struct address a = {.family = 1, .path = "/inner/../s"};
	struct address got;
	uint32_t size = 5;
	const long server = fj_sys_socket(1, 1 /* SOCK_STREAM */, 0),
		   client = fj_sys_socket(1, 1, 0);

	tree_dir("jail/inner");
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), -ENOENT);
	unit_assert_result(unit_call3(__NR_bind, server, &a, 14), 0);
	ck_assert_int_eq(fj_sys_faccessat(AT_FDCWD, tree_path("jail/s"), 0), 0);
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), -ECONNREFUSED);
	unit_assert_result(listen((int)server, 1), 0);
	unit_assert_result(unit_call3(__NR_connect, client, &a, 14), 0);
	memset(&got, 'x', sizeof(got));
	unit_assert_result(unit_call3(__NR_getpeername, client, &got, &size), 0);
	ck_assert_uint_eq(size, 14);
	ck_assert_mem_eq(got.path, "/inxx", 5);
}
END_TEST

Suite *unit_suite_socket(void)
{
	Suite *s = suite_create("socket");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_test(c, socket_names);
	tcase_add_test(c, socket_name_half_written);
	tcase_add_test(c, socket_reached);
	suite_add_tcase(s, c);
	return s;
}
