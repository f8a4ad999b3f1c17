/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_net.c - the hooks of calls to which a program passes a socket's address: those of AF_UNIX
 * have paths (unix(7)). hook_net_names.c has the calls that return an address. Called through the
 * table.
 *
 * sun_path has 108 bytes, too few for most host paths. So a socket is reached through a descriptor:
 * for connect(2) it is /proc/self/fd/N. bind(2) makes a short name in the directory
 * /proc/self/fd/N, which is renamed at once to the name that the program wants. The kernel keeps
 * the text of the bind and shows it to every peer. The short name is a number, by which the jail's
 * table finds the program's name. All other addresses are not changed. */
#include "bytes/copy.h"
#include "bytes/format.h"
#include "bytes/len.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/translate.h"
#include "call/umask.h"
#include "cred/ids.h"
#include "cred/ids_limited.h"
#include "guest/guest.h"
#include "identity/peer.h"
#include "inode/making.h"
#include "inode/owned.h"
#include "layers/over.h"
#include "layers/place.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "signal/waiting.h"
#include "socket/message.h"
#include "socket/unix_name.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/thread.h"
#include "syscall/fcntl.h"
#include "syscall/socket.h"
#include "syscall/stat.h"
#include "syscall/syscall.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>

#define MSG_NOSIGNAL_ 0x4000

long fj_address_read(struct fj_call *c, uint64_t *at, uint64_t len, char **jail_path)
{
	struct fj_unix_address *address;
	size_t n, size = (uint32_t)len; /* the kernel takes an int */

	if (!*at || size <= 2 || size > sizeof(*address))
		return 0;
	address = (struct fj_unix_address *)fj_scratch(c->thread, sizeof(*address));
	if (fj_guest_read(address, *at, size))
		return -EFAULT;
	*at = (uint64_t)address;
	if (address->family != AF_UNIX || !address->path[0])
		return 0;
	if (!fj_is_unix_socket((int)c->arg[0])) {
		address->path[0] = 0; /* another thread may put another socket there */
		return 0;
	}
	/* The path may fill sun_path, without a NUL. */
	for (n = 0; n < size - 2 && address->path[n]; n++)
		;
	*jail_path = fj_scratch_path(c->thread);
	memcpy(*jail_path, address->path, n);
	(*jail_path)[n] = 0;
	return 1;
}

/* Sending to a socket needs write permission: unix_find_bsd() of net/unix/af_unix.c. */
static long may_send_to(struct fj_call *c, const struct fj_place *place)
{
	struct fj_file file;

	return fj_ids_is_limited() &&
			       !fj_file_look(c, place->dirfd, place->name, AT_EMPTY_PATH, &file) ?
		       fj_may(fj_ids(), &file.owner, FJ_MAY_WRITE) :
		       0;
}

/* Makes an address for the socket that `jail_path` leads to. Call fj_place_done() for `*place`
 * afterwards. Returns 0 or -errno. */
static long aim_at_socket(struct fj_call *c, const char *jail_path, struct fj_place *place,
	struct fj_unix_address *address)
{
	long r = fj_find_object(c, AT_FDCWD, jail_path, FJ_FOLLOW, 0, place);

	if (r < 0)
		return r;
	r = may_send_to(c, place);
	if (r < 0) {
		fj_place_done(place);
		return r;
	}
	*address = (struct fj_unix_address){.family = AF_UNIX};
	if (fj_format(address->path, sizeof(address->path), "%s", fj_place_path(c->thread, place)) <
		sizeof(address->path))
		return 0;
	fj_place_done(place); /* no descriptor was free, and the path without one is too long */
	return -EMFILE;
}

/* Audit messages need CAP_AUDIT_WRITE, which only real root has. sudo, su and useradd accept a
 * kernel without an audit log, but complain about one that refuses their messages. So the jail has
 * no audit log. */
long fj_hook_socket(struct fj_call *c)
{
	(void)c;
	return -EPROTONOSUPPORT; /* libaudit's audit_open() */
}

/* The file's mode is that of the socket, which is 0777 unless fchmod(2) has changed it, less the
 * umask, even if the directory has a default ACL: unix_bind_bsd() of net/unix/af_unix.c. */
static long bind_and_own(struct fj_call *c, const struct fj_place *place, const char *jail_path,
	struct fj_unix_address *address)
{
	struct fj_making m;
	struct stat st;
	long r = fj_sys_fstat(c->arg[0], &st);

	if (r < 0)
		return r;
	fj_making_begin(c, place, FJ_S_IFSOCK, (uint32_t)st.st_mode & 07777 & ~fj_umask(), &m);
	r = fj_unix_name_bind(
		c->thread, (int)c->arg[0], place, jail_path, fj_strlen(jail_path), address);
	return fj_making_end(c, r, false, place, &m);
}

static long bind_in(struct fj_call *c, struct fj_place *place, const char *jail_path,
	struct fj_unix_address *address)
{
	long r;

	if (__builtin_expect(!place->layers, 1))
		return bind_and_own(c, place, jail_path, address);
	r = fj_place_begin_over(c->thread, place);
	if (r < 0)
		return r;
	return fj_place_end_over(c->thread, place, bind_and_own(c, place, jail_path, address));
}

/* The socket of a message was not found, with `error`. Errors that the kernel finds before it looks
 * at the name (the socket's own state, a bad buffer) come first: so the call is made with a name
 * that no socket has. */
static const char nobody[] = "\0fakejail: no such name";
#define NOBODY_SIZE (offsetof(struct fj_unix_address, path) + sizeof(nobody))
static long kernel_complaint(long nr, uint64_t arg[FJ_ARGS], struct fj_unix_address *address,
	uint64_t *flags, long error)
{
	long r;

	*address = (struct fj_unix_address){.family = AF_UNIX};
	memcpy(address->path, nobody, sizeof(nobody));
	*flags |= MSG_DONTWAIT | MSG_NOSIGNAL_;
	r = fj_syscall(nr, arg);
	return r >= 0 || r == -ECONNREFUSED || r == -EAGAIN ? error : r;
}

long fj_hook_bind(struct fj_call *c)
{
	struct fj_place place;
	struct fj_unix_address address = {.family = AF_UNIX};
	char *jail_path;
	char byte;
	long r = fj_address_read(c, &c->arg[1], c->arg[2], &jail_path);

	if (r <= 0)
		return r ? r : fj_kernel(c);
	r = fj_path_walk(c->thread, AT_FDCWD, jail_path, FJ_ENTRY | FJ_WRITE, &place);
	if (r < 0)
		return r == -EEXIST ? -EADDRINUSE : r; /* in a union */
	r = place.layers ? -ENOENT :		       /* a whiteout: the name does not exist */
			   fj_sys_readlinkat(place.dirfd, place.name, &byte, 1);
	if (r >= 0 || r == -EINVAL)
		r = -EADDRINUSE;
	else if (place.is_read_only)
		r = -EROFS;
	else if (r == -ENOENT && jail_path[fj_strlen(jail_path) - 1] != '/')
		r = bind_in(c, &place, jail_path, &address);
	fj_place_done(&place);
	return r;
}

long fj_hook_connect(struct fj_call *c)
{
	struct fj_unix_address address;
	char *jail_path;
	struct fj_place place;
	long r = fj_address_read(c, &c->arg[1], c->arg[2], &jail_path);

	if (r < 0)
		return r;
	if (!r)
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	r = aim_at_socket(c, jail_path, &place, &address);
	if (r < 0)
		return r;
	c->arg[1] = (uint64_t)&address;
	c->arg[2] = sizeof(address);
	r = fj_kernel_waiting(c, c->nr, c->arg, place.owned_fd);
	fj_place_done(&place);
	return r;
}

long fj_hook_sendto(struct fj_call *c)
{
	struct fj_unix_address address;
	char *jail_path;
	struct fj_place place;
	long r = fj_address_read(c, &c->arg[4], c->arg[5], &jail_path);

	if (r < 0)
		return r;
	if (!r)
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	r = aim_at_socket(c, jail_path, &place, &address);
	c->arg[4] = (uint64_t)&address;
	c->arg[5] = r < 0 ? NOBODY_SIZE : sizeof(address);
	if (r < 0)
		return kernel_complaint(c->nr, c->arg, &address, &c->arg[3], r);
	r = fj_kernel_waiting(c, c->nr, c->arg, place.owned_fd);
	fj_place_done(&place);
	return r;
}

/* Sends the message at `at` as sendmsg(2) does. What was looked at is a copy, and so the kernel gets the copy: another thread
 * may change the program's. */
static long send_message(struct fj_call *c, uint64_t at, uint64_t flags)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct msghdr64 msg;
	uint64_t arg[FJ_ARGS] = {c->arg[0], (uint64_t)&msg, flags};
	struct fj_unix_address address;
	char *jail_path;
	struct fj_place place = {.owned_fd = -1};
	long r;

	if (fj_guest_read(&msg, at, sizeof(msg))) /* EFAULT, or an error of the socket */
		return fj_sys_sendmsg(c->arg[0], NULL, flags);
	r = fj_address_read(c, &msg.name, (uint32_t)msg.namelen, &jail_path);
	if (r < 0)
		return r;
	if (r) {
		r = aim_at_socket(c, jail_path, &place, &address);
		msg.name = (uint64_t)&address;
		msg.namelen = sizeof(address);
		if (r < 0) {
			msg.namelen = NOBODY_SIZE;
			return kernel_complaint(__NR_sendmsg, arg, &address, &arg[2], r);
		}
	}
	if (msg.control)
		r = fj_control_sent(c, &msg.control, msg.controllen);
	if (r >= 0)
		r = fj_kernel_waiting(c, __NR_sendmsg, arg, place.owned_fd);
	fj_place_done(&place);
	fj_scratch_release(c->thread, mark);
	return r;
}

long fj_hook_sendmsg(struct fj_call *c)
{
	return send_message(c, c->arg[1], c->arg[2]);
}

long fj_messages_each(
	struct fj_call *c, long (*handle)(struct fj_call *c, uint64_t at, uint64_t flags))
{
	const uint32_t count = (uint32_t)c->arg[2];
	uint32_t done = 0;
	long r = 0;

	for (; done < count && done < 1024 /* UIO_MAXIOV */; done++) {
		const uint64_t at = c->arg[1] + done * sizeof(struct mmsghdr64);
		uint32_t size;

		r = handle(c, at, c->arg[3]);
		if (r < 0)
			break;
		size = (uint32_t)r;
		if (fj_guest_write(at + offsetof(struct mmsghdr64, len), &size, sizeof(size))) {
			r = -EFAULT;
			break;
		}
	}
	return done ? (long)done : r;
}

/* For a socket of another family the kernel sends all messages at once. Another thread may put a socket of AF_UNIX in its
 * place. So if there is one, the socket is held by a descriptor of the engine's. */
static long send_to_others(struct fj_call *c)
{
	const long held =
		fj_thread_has_company() ? fj_sys_fcntl(c->arg[0], F_DUPFD_CLOEXEC, 0) : -1;
	long r;

	if (held < 0)
		return fj_thread_has_company() ? fj_messages_each(c, send_message) :
						 fj_kernel_waiting(c, c->nr, c->arg, -1);
	c->arg[0] = (uint64_t)held;
	r = fj_is_unix_socket((int)held) ? fj_messages_each(c, send_message) :
					   fj_kernel_waiting(c, c->nr, c->arg, (int)held);
	fj_sys_close((int)held);
	return r;
}

long fj_hook_sendmmsg(struct fj_call *c)
{
	return fj_is_unix_socket((int)c->arg[0]) ? fj_messages_each(c, send_message) :
						   send_to_others(c);
}
