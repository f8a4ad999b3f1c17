/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_machine.c - the hooks for the name and the clock of the machine: the jail has a name of its
 * own, and cannot set the clock. Called through the table. */
#include "call/call.h"
#include "call/hooks.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "procfs/machine.h"
#include "signal/waiting.h"
#include "syscall/system.h"

#include <asm/unistd.h>
#include <linux/timex.h>
#include <linux/utsname.h>

#define ADJ_OFFSET_SS_READ_ 0xa001u /* sys/timex.h: the only mode that changes nothing */

static void copy_name(char *to, const char *from)
{
	/* Copies the whole field, so that nothing of the host's name is left behind the NUL. */
	for (size_t i = 0; i < __NEW_UTS_LEN + 1; i++)
		to[i] = from[i];
	to[__NEW_UTS_LEN] = 0;
}

long fj_hook_uname(struct fj_call *c)
{
	struct fj_machine_names own;
	struct new_utsname name;
	long r = fj_sys_uname(&name);

	if (r < 0)
		return r;
	if (fj_machine()->release[0])
		copy_name(name.release, fj_machine()->release);
	fj_machine_names(&own);
	if (own.has_hostname)
		copy_name(name.nodename, own.hostname);
	if (own.has_domainname)
		copy_name(name.domainname, own.domainname);
	return fj_guest_write(c->arg[0], &name, sizeof(name));
}

/* sethostname(2), setdomainname(2): the name is for the whole jail. */
long fj_hook_sethostname(struct fj_call *c)
{
	const bool is_host = c->nr == __NR_sethostname;
	const int len = (int)c->arg[1];
	char name[__NEW_UTS_LEN + 1] = {0};

	if (!fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (fj_guest_read(name, c->arg[0], (size_t)len))
		return -EFAULT;
	fj_hold_signals(c);
	fj_machine_rename(is_host, name);
	fj_release_signals(c);
	return 0;
}

/* adjtimex(2), clock_adjtime(2): reading is allowed. */
long fj_hook_adjtime(struct fj_call *c)
{
	struct __kernel_timex t;
	uint64_t *const arg = &c->arg[c->nr == __NR_adjtimex ? 0 : 1];
	const uint64_t at = *arg;
	long r;

	if (fj_guest_read(&t, at, sizeof(t)))
		return -EFAULT;
	if (t.modes && t.modes != ADJ_OFFSET_SS_READ_)
		return -EPERM;
	*arg = (uint64_t)&t; /* another thread may change the program's */
	r = fj_kernel(c);
	return r >= 0 && fj_guest_write(at, &t, sizeof(t)) ? -EFAULT : r;
}
