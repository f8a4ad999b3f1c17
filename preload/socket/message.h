/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * message.h - what the hooks with socket addresses have in common (hook_net.c, hook_net_names.c). */
#ifndef FJ_MESSAGE_H
#define FJ_MESSAGE_H

#include <linux/socket.h>
#include <stdbool.h>
#include <stdint.h>

#define AF_UNIX 1 /* linux/socket.h does not export it */
#define MSG_DONTWAIT 0x40

struct msghdr64 { /* struct user_msghdr, include/linux/socket.h */
	uint64_t name;
	int32_t namelen;
	uint64_t iov, iovlen, control, controllen;
	uint32_t flags;
};

struct mmsghdr64 {
	struct msghdr64 hdr;
	uint32_t len;
};

/* Is `fd` a socket of AF_UNIX? */
bool fj_is_unix_socket(int fd);

struct fj_call;
/* Call `handle` for each message of sendmmsg(2) or recvmmsg(2), with its address and the call's flags. The
 * number of messages counts; an error after the first is returned by the next call (sendmmsg(2)). */
long fj_messages_each(
	struct fj_call *c, long (*handle)(struct fj_call *c, uint64_t at, uint64_t flags));

#endif
