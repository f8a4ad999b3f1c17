/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_net_names.c - the hooks of calls that return a socket's address: accept, getsockname,
 * getpeername, and those that receive with a sender's name. The kernel has stored the short name of
 * the bind; the program gets the name that it was asked to bind (unix_name.c). Called through the
 * table. */
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "guest/guest.h"
#include "identity/peer.h"
#include "nested/roots.h"
#include "signal/signalfd.h"
#include "signal/waiting.h"
#include "socket/message.h"
#include "socket/unix_name.h"
#include "sys/abi_signal.h"
#include "syscall/socket.h"
#include "syscall/unistd_close.h"

#include <asm/unistd.h>

#define SO_DOMAIN_ 39 /* asm-generic/socket.h */
#define MSG_WAITFORONE 0x10000

bool fj_is_unix_socket(int fd)
{
	int domain = 0, size = sizeof(domain);

	return !fj_sys_getsockopt(fd, FJ_SOL_SOCKET, SO_DOMAIN_, &domain, &size) &&
	       domain == AF_UNIX;
}

/* Writes the address that the kernel stored in `address`, of `len` bytes, to the program: at most
 * `room` bytes, the size of the program's buffer. Its real length goes into `*real_len`. */
static long write_address(
	uint64_t at, int room, struct fj_unix_address *address, int len, int *real_len)
{
	struct {
		struct fj_unix_address address;
		char end; /* NUL of a name that fills sun_path: fj_unix_name_as_bound() */
	} whole = {0};

	*real_len = fj_unix_name_as_bound(address, len);
	whole.address = *address;
	if (room > *real_len)
		room = *real_len;
	return at && room > 0 ? fj_guest_write(at, &whole, (size_t)room) : 0;
}

long fj_hook_sockname(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_ADDR);
	const uint64_t at = c->arg[i], len_at = c->arg[i + 1];
	struct fj_unix_address address;
	int room, len = sizeof(address), real_len;
	long r;

	if (!at || !fj_is_unix_socket((int)c->arg[0]))
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	if (fj_guest_read(&room, len_at, sizeof(room)))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	c->arg[i] = (uint64_t)&address;
	c->arg[i + 1] = (uint64_t)&len;
	r = fj_kernel_waiting(c, c->nr, c->arg, -1);
	if (r < 0)
		return r;
	if (write_address(at, room, &address, len, &real_len) ||
		fj_guest_write(len_at, &real_len, sizeof(real_len))) {
		if (c->nr == __NR_accept || c->nr == __NR_accept4)
			fj_sys_close((int)r);
		return -EFAULT;
	}
	return r;
}

/* Looks at the descriptors that came with a message with this control data: they may lie in
 * directories that the jail has not met, or be of signalfd(2). */
static void look_at_rights(struct fj_call *c, uint64_t control, uint64_t len)
{
	struct {
		uint64_t len; /* cmsghdr of linux/socket.h */
		int32_t level, type;
	} m;
	int fd;

	for (uint64_t at = 0; at + sizeof(m) <= len; at += (m.len + 7) & ~7UL) {
		if (fj_guest_read(&m, control + at, sizeof(m)) || m.len < sizeof(m) ||
			m.len > len - at)
			return;
		if (m.level != 1 /* SOL_SOCKET */ || m.type != 1 /* SCM_RIGHTS */)
			continue;
		for (uint64_t i = sizeof(m); i + sizeof(fd) <= m.len; i += sizeof(fd))
			if (!fj_guest_read(&fd, control + at + i, sizeof(fd))) {
				fj_roots_see_fd(c->thread, fd, true);
				fj_signalfd_received(fd);
			}
	}
}

static void look_at_control(struct fj_call *c, uint64_t control, uint64_t len)
{
	fj_credentials_received(c, control, len);
	look_at_rights(c, control, len);
}

static long receive_message(struct fj_call *c, uint64_t at, uint64_t flags)
{
	uint64_t arg[FJ_ARGS] = {c->arg[0], at, flags};
	struct msghdr64 msg, asked;
	struct fj_unix_address address;
	long r;

	if (fj_guest_read(&asked, at, sizeof(asked)))
		return -EFAULT;
	if (!asked.name || asked.namelen < 0) {
		r = fj_kernel_waiting(c, __NR_recvmsg, arg, -1);
		if (r >= 0 && asked.control && !fj_guest_read(&msg, at, sizeof(msg)))
			look_at_control(c, asked.control, msg.controllen);
		return r;
	}
	msg = asked;
	msg.name = (uint64_t)&address;
	msg.namelen = sizeof(address);
	arg[1] = (uint64_t)&msg;
	r = fj_kernel_waiting(c, __NR_recvmsg, arg, -1);
	if (r < 0)
		return r;
	if (asked.control)
		look_at_control(c, asked.control, msg.controllen);
	if (write_address(asked.name, asked.namelen, &address, msg.namelen, &msg.namelen))
		return -EFAULT;
	msg.name = asked.name;
	return fj_guest_write(at, &msg, sizeof(msg)) ? -EFAULT : r;
}

long fj_hook_recvmsg(struct fj_call *c)
{
	if (!fj_is_unix_socket((int)c->arg[0]))
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	return receive_message(c, c->arg[1], c->arg[2]);
}

static long receive_next(struct fj_call *c, uint64_t at, uint64_t flags)
{
	if (flags & MSG_WAITFORONE)
		c->arg[3] |= MSG_DONTWAIT; /* for those after this one */
	return receive_message(c, at, flags & ~(uint64_t)MSG_WAITFORONE);
}

long fj_hook_recvmmsg(struct fj_call *c)
{
	/* A timeout is only looked at between messages (recvmmsg(2), BUGS), so such a call is left
	 * to the kernel. */
	if (!fj_is_unix_socket((int)c->arg[0]) || c->arg[4])
		return fj_kernel_waiting(c, c->nr, c->arg, -1);
	return fj_messages_each(c, receive_next);
}
