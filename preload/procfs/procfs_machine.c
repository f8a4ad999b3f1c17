/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_machine.c - /proc/version and /proc/sys/kernel/{osrelease,hostname,domainname} with the
 * names that uname(2) gives. Called by procfs.c. */
#include "bytes/str.h"
#include "path/proc.h"
#include "procfs/machine.h"
#include "procfs/report.h"
#include "sys/fd.h"
#include "sys/scratch.h"

#include <linux/errno.h>

static const char *own_name(enum fj_proc which, const struct fj_machine_names *own)
{
	switch (which) {
	case FJ_PROC_HOSTNAME:
		return own->has_hostname ? own->hostname : NULL;
	case FJ_PROC_DOMAINNAME:
		return own->has_domainname ? own->domainname : NULL;
	default:
		return fj_machine()->release[0] ? fj_machine()->release : NULL;
	}
}

/* "Linux version RELEASE (builder) ...": fs/proc/version.c. */
static void put_version(struct fj_report *r, const char *release)
{
	const size_t size = 1024;
	char *text = fj_scratch(r->t, size);
	const long n = fj_read_file(r->place->dirfd, r->place->name, text, size - 1);
	size_t at = 0;

	if (n < 0) {
		r->error = n;
		return;
	}
	text[n] = 0;
	for (int word = 0; word < 2; word++)
		while (text[at] && text[at++] != ' ')
			;
	fj_str_add(&r->text, text, at);
	fj_str_put(&r->text, release);
	while (text[at] && text[at] != ' ')
		at++;
	fj_str_put(&r->text, text + at);
}

void fj_report_machine(struct fj_report *r)
{
	struct fj_machine_names own;
	const char *name;

	fj_machine_names(&own);
	name = own_name((enum fj_proc)r->place->proc, &own);
	if (!name) {
		r->error = -EAGAIN;
	} else if (r->place->proc == FJ_PROC_VERSION) {
		put_version(r, name);
	} else {
		fj_str_put(&r->text, name);
		fj_str_put(&r->text, "\n");
	}
}
