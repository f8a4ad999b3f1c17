/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_status.c - /proc/PID/status with the ids that a process of the jail pretends to have, in
 * the kernel's spacing (fs/proc/array.c, proc_pid_status()). Called by procfs.c. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/str.h"
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "identity/peer.h"
#include "jail/jail.h"
#include "procfs/report.h"
#include "seccomp/policy.h"
#include "signal/faults.h"
#include "signal/handlers.h"
#include "signal/hook_signal.h"
#include "signal/stand_in.h"
#include "sys/abi_signal.h"
#include "sys/scratch.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"

#include <linux/errno.h>

#define TEXT_SIZE                                                                                  \
	8192u /* a status has about 1600 bytes; a long list of groups is what may make it longer   \
	       */

/* Appends the four ids that begin at offset `at` in *who. */
static void put_ids(struct fj_str *out, const char *name, const struct fj_posted *who, size_t at)
{
	uint32_t id[4];

	memcpy(id, (const char *)who + at, sizeof(id));
	fj_str_put(out, name);
	for (int i = 0; i < 4; i++) {
		fj_str_put(out, "\t");
		fj_str_num(out, id[i], 10);
	}
	fj_str_put(out, "\n");
}

static void put_set(struct fj_str *out, const char *name, uint64_t caps)
{
	fj_str_put(out, name);
	fj_str_put(out, "\t");
	for (int shift = 60; shift >= 0; shift -= 4)
		fj_str_num(out, caps >> shift & 15, 16);
	fj_str_put(out, "\n");
}

static void put_groups(struct fj_report *r, const uint32_t *group, uint32_t count)
{
	fj_str_put(&r->text, "Groups:\t");
	for (uint32_t i = 0; i < count; i++) {
		fj_str_put(&r->text, i ? " " : "");
		fj_str_num(&r->text, group[i], 10);
		if (r->text.len + 64 > r->text.size / 2)
			fj_report_step(r);
	}
	fj_str_put(&r->text, " \n"); /* the kernel writes that blank, too */
}

static void put_number_line(struct fj_str *out, const char *name, uint32_t value)
{
	fj_str_put(out, name);
	fj_str_put(out, "\t");
	fj_str_num(out, value, 10);
	fj_str_put(out, "\n");
}

/* Writes the line anew if it is one that differs in the jail; else returns false. */
static bool put_status_line(
	struct fj_report *r, const char *line, const struct fj_posted *who, bool is_self)
{
	static const struct {
		const char *name;
		size_t at;
	} caps[] = {
		{"CapInh:", offsetof(struct fj_posted, inheritable)},
		{"CapPrm:", offsetof(struct fj_posted, permitted)},
		{"CapEff:", offsetof(struct fj_posted, effective)},
		{"CapBnd:", offsetof(struct fj_posted, bounding)},
		{"CapAmb:", offsetof(struct fj_posted, ambient)},
	};

	if (fj_begins(line, "Uid:")) {
		put_ids(&r->text, "Uid:", who, offsetof(struct fj_posted, ruid));
		return true;
	}
	if (fj_begins(line, "Gid:")) {
		put_ids(&r->text, "Gid:", who, offsetof(struct fj_posted, rgid));
		return true;
	}
	if (fj_begins(line, "Groups:")) {
		if (is_self)
			put_groups(r, fj_ids_groups(fj_ids()), fj_ids()->group_count);
		else
			put_groups(r, who->group,
				who->group_count < FJ_IDENTITY_GROUPS ? who->group_count :
									FJ_IDENTITY_GROUPS);
		return true;
	}
	if (is_self && (fj_begins(line, "NoNewPrivs:") || fj_begins(line, "Seccomp:") ||
			       fj_begins(line, "Seccomp_filters:"))) {
		const struct fj_guard *guard = fj_guard();

		if (line[0] == 'N')
			put_number_line(&r->text, "NoNewPrivs:", guard->no_new_privs);
		else if (line[7] == ':')
			put_number_line(&r->text, "Seccomp:", guard->seccomp_mode);
		else if (guard->seccomp_mode)
			return false; /* how many of the filters are the jail's is unknown */
		else
			put_number_line(&r->text, "Seccomp_filters:", 0);
		return true;
	}
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (fj_begins(line, caps[i].name)) {
			put_set(&r->text, caps[i].name,
				*(const uint64_t *)((const char *)who + caps[i].at));
			return true;
		}
	return false;
}

static uint64_t set_of(const char *line)
{
	uint64_t set = 0;

	for (const char *p = line + 8; *p && *p != '\n'; p++)
		set = set << 4 | (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	return set;
}

/* The engine reads this file with all signals blocked. It has handlers of its own for SIGBUS and
 * SIGSEGV, and with the trap for SIGSYS, too. */
static bool put_signals(struct fj_report *r, const char *line)
{
	const uint64_t ours =
		(fj_jail->has_trap && !fj_sigsys_is_caught() ? FJ_SIGSYS_BIT : 0) |
		(fj_sigsys_was_pending() && !fj_handler_of(FJ_STAND_IN) ? FJ_STAND_IN_BIT : 0) |
		fj_faults_hidden();

	const struct fj_thread *owner;

	if (fj_begins(line, "SigBlk:")) {
		owner = fj_sigsys_thread(r->call);
		if (!owner)
			return false;
		put_set(&r->text,
			"SigBlk:", fj_mask_shown(owner, r->mask ? *r->mask : set_of(line)));
		return true;
	}
	if (fj_begins(line, "SigCgt:") && ours) {
		put_set(&r->text, "SigCgt:", set_of(line) & ~ours);
		return true;
	}
	if ((fj_begins(line, "SigPnd:") || fj_begins(line, "ShdPnd:")) &&
		(set_of(line) & FJ_STAND_IN_BIT)) {
		owner = fj_sigsys_thread(r->call);
		if (!owner || !fj_stand_in_waits(owner))
			return false;
		put_set(&r->text, line[1] == 'i' ? "SigPnd:" : "ShdPnd:",
			(set_of(line) & ~FJ_STAND_IN_BIT) | FJ_SIGSYS_BIT);
		return true;
	}
	return false;
}

static void copy_line(struct fj_report *r, const char *line, size_t len)
{
	fj_str_add(&r->text, line, len);
	fj_str_put(&r->text, "\n");
}

void fj_report_status(struct fj_report *r)
{
	char *text = fj_scratch(r->t, TEXT_SIZE);
	const long fd = fj_sys_openat(r->place->dirfd, r->place->name, O_RDONLY | O_CLOEXEC, 0);
	struct fj_posted who;
	size_t have = 0;
	long n, pid;

	if (fd < 0) {
		r->error = fd;
		return;
	}
	while (have < TEXT_SIZE - 1 && (n = fj_sys_read(fd, text + have, TEXT_SIZE - 1 - have)) > 0)
		have += (size_t)n;
	fj_sys_close((int)fd);
	text[have] = 0;
	pid = fj_status_value(text, "Tgid:");
	if (pid < 0 || !fj_identity_of(r->t, (int32_t)pid, &who)) {
		r->error = -EAGAIN; /* not a process of the jail: the file itself */
		return;
	}

	const bool is_self = pid == fj_sys_getpid();
	const bool is_me = fj_status_value(text, "Pid:") == fj_sys_gettid();

	for (char *line = text, *end; *line; line = end + 1) {
		for (end = line; *end && *end != '\n'; end++)
			;
		if (!put_status_line(r, line, &who, is_self) && !(is_me && put_signals(r, line)))
			copy_line(r, line, (size_t)(end - line));
		if (!*end)
			break;
	}
}
