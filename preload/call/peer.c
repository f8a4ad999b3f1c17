/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * peer.c - who is at the other end of a socket: SO_PEERCRED, SCM_CREDENTIALS (unix(7)).
 *
 * The kernel reports the ids that it knows, which are the same for all of us; but its process ids are right, and lead to what the
 * process has posted. */
#include "call/hooks.h"
#include "call/peer.h"
#include "own/own.h"
#include "sys/guest.h"

long fj_hook_peer(struct fj_call *c)
{
	return fj_kernel(c);
}
