/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_id.c - the hooks of calls that show the identity of the process or change it. The rules are
 * in cred/set.c and cred/caps.c. Called through the table, and by exec/. */
#include "identity/hook_id.h"

#include "bytes/copy.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/trapping.h"
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "cred/ids_change.h"
#include "guest/guest.h"
#include "identity/peer.h"
#include "jail/jail.h"
#include "syscall/nr.h"
#include "syscall/system.h"
#include "syscall/unistd_ids.h"

#include <asm/unistd.h>
#include <linux/capability.h>

static bool has_other_id(const struct fj_ids *ids)
{
	return ids->ruid || ids->euid || ids->rgid || ids->egid;
}

const uint16_t fj_id_calls[] = {__NR_getuid, __NR_geteuid, __NR_getgid, __NR_getegid,
	__NR_cachestat, __NR_msgsnd, __NR_msgrcv, __NR_semop, __NR_semtimedop, __NR_shmat,
	__NR_kill, __NR_tkill, __NR_tgkill, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo,
	__NR_pidfd_send_signal, __NR_process_vm_readv, __NR_process_vm_writev, __NR_pidfd_getfd,
	__NR_move_pages, __NR_migrate_pages, __NR_get_robust_list, __NR_prlimit64, __NR_setpriority,
	__NR_ioprio_set, __NR_sched_setparam, __NR_sched_setscheduler, __NR_sched_setaffinity,
	__NR_sched_setattr};
const size_t fj_id_call_count = sizeof(fj_id_calls) / sizeof(fj_id_calls[0]);
_Static_assert(sizeof(fj_id_calls) / sizeof(fj_id_calls[0]) <= FJ_TRAPPING_MAX, "trapping.h");

/* If an id is not 0, these calls trap in all threads from now on. */
static void watch_if_other(const struct fj_ids *next)
{
	if (fj_jail->has_trap && !fj_trapped()->ids && has_other_id(next) &&
		!fj_trap_calls(fj_id_calls, fj_id_call_count))
		fj_trapped_note(ids);
}

void (*fj_id_lost_fsetid)(struct fj_call *c);

long fj_id_become(struct fj_call *c, const struct fj_ids *next)
{
	const bool loses_fsetid =
		fj_ids_can(fj_ids(), FJ_CAP_FSETID) && !fj_ids_can(next, FJ_CAP_FSETID);
	long r;

	watch_if_other(next);
	r = fj_ids_become(next);
	if (!r && loses_fsetid && c && fj_id_lost_fsetid)
		fj_id_lost_fsetid(c);
	return r;
}

void fj_id_before_exec(const struct fj_ids *next)
{
	watch_if_other(next);
}

long fj_hook_getid(struct fj_call *c)
{
	const struct fj_ids *ids = fj_ids();

	switch (c->nr) {
	case __NR_getuid:
		return ids->ruid;
	case __NR_geteuid:
		return ids->euid;
	case __NR_getgid:
		return ids->rgid;
	default:
		return ids->egid;
	}
}

long fj_hook_getresid(struct fj_call *c)
{
	const struct fj_ids *ids = fj_ids();
	const uint32_t *id = c->nr == __NR_getresuid ? &ids->ruid : &ids->rgid;

	for (int i = 0; i < 3; i++)
		if (fj_guest_write(c->arg[i], &id[i], sizeof(id[i])))
			return -EFAULT;
	return 0;
}

long fj_hook_getgroups(struct fj_call *c)
{
	const struct fj_ids *ids = fj_ids();
	const int size = (int)c->arg[0];

	if (size < 0)
		return -EINVAL;
	if (!size)
		return ids->group_count;
	if ((uint32_t)size < ids->group_count)
		return -EINVAL;
	if (fj_guest_write(c->arg[1], fj_ids_groups(ids), ids->group_count * sizeof(uint32_t)))
		return -EFAULT;
	return ids->group_count;
}

static long set_id(const struct fj_call *c, struct fj_ids *next)
{
	const uint32_t a = (uint32_t)c->arg[0], b = (uint32_t)c->arg[1], d = (uint32_t)c->arg[2];

	switch (c->nr) {
	case __NR_setuid:
		return fj_ids_setuid(next, a);
	case __NR_setgid:
		return fj_ids_setgid(next, a);
	case __NR_setreuid:
		return fj_ids_setreuid(next, a, b);
	case __NR_setregid:
		return fj_ids_setregid(next, a, b);
	case __NR_setresuid:
		return fj_ids_setresuid(next, a, b, d);
	case __NR_setresgid:
		return fj_ids_setresgid(next, a, b, d);
	case __NR_setfsuid:
		return fj_ids_setfsuid(next, a);
	default:
		return fj_ids_setfsgid(next, a);
	}
}

long fj_hook_setid(struct fj_call *c)
{
	struct fj_ids next = *fj_ids();
	const long r = set_id(c, &next);
	long stored;

	if (c->nr != __NR_setfsuid && c->nr != __NR_setfsgid && r < 0)
		return r;
	stored = fj_id_become(c, &next);
	return stored < 0 ? stored : r;
}

long fj_hook_setgroups(struct fj_call *c)
{
	const uint32_t count = (uint32_t)c->arg[0];
	struct fj_ids next = *fj_ids();
	uint32_t *group;
	long r = 0;

	if (!fj_ids_can(&next, FJ_CAP_SETGID))
		return -EPERM;
	if (count > FJ_GROUPS_MAX)
		return -EINVAL;
	group = fj_ids_group_room(&next, count);
	if (!group)
		return -ENOMEM;
	if (fj_guest_read(group, c->arg[1], count * sizeof(*group)))
		r = -EFAULT;
	for (uint32_t i = 0; i < count && !r; i++)
		if (group[i] == FJ_NO_ID)
			r = -EINVAL;
	if (r) {
		fj_ids_drop_groups(&next);
		return r;
	}
	fj_ids_sort_groups(&next);
	return fj_id_become(c, &next);
}

/* ---- capabilities ---- */

/* How many words of each set the header's version has. For an unknown version the newest one is
 * written back, as the kernel does. */
static long words_of(uint64_t header_at, struct __user_cap_header_struct *header)
{
	const uint32_t newest = _LINUX_CAPABILITY_VERSION_3;

	if (fj_guest_read(header, header_at, sizeof(header->version)))
		return -EFAULT;
	switch (header->version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return _LINUX_CAPABILITY_U32S_1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return _LINUX_CAPABILITY_U32S_3;
	default:
		return fj_guest_write(header_at, &newest, sizeof(newest)) ? -EFAULT : -EINVAL;
	}
}

static long read_pid(uint64_t header_at, int *pid)
{
	return fj_guest_read(
		pid, header_at + offsetof(struct __user_cap_header_struct, pid), sizeof(*pid));
}

static void sets_of(const struct fj_ids *ids, uint64_t set[3])
{
	set[0] = ids->effective;
	set[1] = ids->permitted;
	set[2] = ids->inheritable;
}

/* Gets the capability sets of another process or thread. Returns 0 or the kernel's error. */
static long sets_of_other(struct fj_call *c, int pid, uint64_t set[3])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3, .pid = pid};
	struct __user_cap_data_struct data[2];
	struct fj_posted posted;
	struct fj_ids root;
	const long r = fj_sys_capget(&header, data); /* does it exist? */

	if (r < 0)
		return r;
	if (fj_identity_of(c->thread, fj_process_of(c->thread, pid), &posted)) {
		memcpy(set, &posted.effective, 3 * sizeof(*set));
	} else {
		fj_ids_root(&root);
		sets_of(&root, set);
	}
	return 0;
}

long fj_hook_capget(struct fj_call *c)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2] = {{0}};
	const long words = words_of(c->arg[0], &header);
	uint64_t set[3];
	int pid;
	long r;

	if (words < 0)
		return words == -EINVAL && !c->arg[1] ? 0 : words;
	if (!c->arg[1])
		return 0;
	if (read_pid(c->arg[0], &pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	sets_of(fj_ids(), set);
	if (pid && pid != fj_sys_gettid() && (r = sets_of_other(c, pid, set)) < 0)
		return r;
	for (long i = 0; i < words; i++)
		data[i] = (struct __user_cap_data_struct){(uint32_t)(set[0] >> 32 * i),
			(uint32_t)(set[1] >> 32 * i), (uint32_t)(set[2] >> 32 * i)};
	return fj_guest_write(c->arg[1], data, (size_t)words * sizeof(data[0]));
}

long fj_hook_capset(struct fj_call *c)
{
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[2] = {{0}};
	const long words = words_of(c->arg[0], &header);
	struct fj_ids next = *fj_ids();
	int pid;
	long r;

	if (words < 0)
		return words;
	if (read_pid(c->arg[0], &pid))
		return -EFAULT;
	if (pid && pid != fj_sys_gettid())
		return -EPERM;
	if (fj_guest_read(data, c->arg[1], (size_t)words * sizeof(data[0])))
		return -EFAULT;
	r = fj_ids_capset(&next, data[0].effective | (uint64_t)data[1].effective << 32,
		data[0].permitted | (uint64_t)data[1].permitted << 32,
		data[0].inheritable | (uint64_t)data[1].inheritable << 32);
	return r ? r : fj_id_become(c, &next);
}
