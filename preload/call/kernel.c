/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * kernel.c - makes the program's call in the kernel. Called by the hooks of all rooms. */
#include "call/call.h"
#include "sys/hot.h"
#include "syscall/syscall.h"

FJ_HOT long fj_kernel(const struct fj_call *c)
{
	return fj_syscall(c->nr, c->arg);
}
