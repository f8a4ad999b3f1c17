/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * changed_fd.c - like changed_structs.c, for the socket that a message is sent by: another thread exchanges it for one of
 * another family during the call. For changed_structs.sh, which runs it in a jail.
 *
 * argv[1]: how often each call is made. argv[2]: the path of a directory on the host, which has the socket "socket". No call
 * may find that: in the jail no such path exists. Prints how many calls did.
 * "bind PATH" makes such a socket, and waits until it is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static atomic_int is_over;
static int local, other_family, exchanged;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct mmsghdr messages[1];

static void *exchanges(void *unused)
{
	while (!is_over) {
		dup2(other_family, exchanged);
		dup2(local, exchanged);
	}
	return unused;
}

/* What was sent has arrived, or the socket has no more room. */
static int was_found(long r)
{
	return r >= 0 || errno == EAGAIN;
}

static long sends_to(void)
{
	return sendto(exchanged, "", 1, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof(address));
}

static long sends_message(void)
{
	return sendmsg(exchanged, &messages[0].msg_hdr, MSG_DONTWAIT);
}

static long sends_messages(void)
{
	return sendmmsg(exchanged, messages, 1, MSG_DONTWAIT);
}

static const struct {
	const char *what;
	long (*make)(void);
} calls[] = {{"sendto", sends_to}, {"sendmsg", sends_message}, {"sendmmsg", sends_messages}};

int main(int argc, char **argv)
{
	const int rounds = argc > 2 ? atoi(argv[1]) : 0;
	pthread_t other;
	int found = 0;

	local = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (argc > 2 && !strcmp(argv[1], "bind")) {
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[2]);
		return bind(local, (struct sockaddr *)&address, sizeof(address)) || pause();
	}
	if (rounds < 1)
		return 2;
	other_family = socket(AF_INET, SOCK_DGRAM, 0);
	exchanged = dup(local);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", argv[2]);
	messages[0].msg_hdr = (struct msghdr){.msg_name = &address, .msg_namelen = sizeof(address)};
	if (exchanged < 0 || other_family < 0 || pthread_create(&other, NULL, exchanges, NULL))
		return 2;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int now = 0;

		for (int n = 0; n < rounds; n++)
			now += was_found(calls[i].make());
		if (now)
			printf("%s: %d\n", calls[i].what, now);
		found += now;
	}
	is_over = 1;
	pthread_join(other, NULL);
	printf("%d calls found something of the host\n", found);
	return 0;
}
