/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_landlock.c - the hooks of landlock(7), by which programs give up access to files. Called
 * through the table.
 *
 * The kernel checks every file that the process opens or executes, and so the jail's own files:
 * each exec is one of the loader, and records are in a file in the root. So rules for these are
 * added to each ruleset that is about to be enforced. In a chroot, mounts below a directory are
 * reached through that directory; on the host they lie elsewhere. So each rule is also added for
 * the places of such mounts. A directory of a union is a directory in each layer that has it; a
 * file that is copied up is made in the work directory. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/call.h"
#include "call/hooks.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "records/jail_records.h"
#include "seccomp/policy.h"
#include "sys/fd.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/seccomp.h"
#include "syscall/unistd_close.h"

#define PATH_BENEATH 1 /* linux/landlock.h: LANDLOCK_RULE_PATH_BENEATH */
#define EXECUTE 1UL    /* LANDLOCK_ACCESS_FS_ */
#define WRITE_FILE (1UL << 1)
#define READ_FILE (1UL << 2)
#define READING (EXECUTE | READ_FILE | 1UL << 3 /* READ_DIR */)
#define ALL ((1UL << 16) - 1)
#define TRUNCATE (1UL << 14)
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1UL << 15 /* IOCTL_DEV */)

struct rule {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

static long add_rule(uint64_t ruleset, uint64_t access, long fd)
{
	const struct rule rule = {access, (int32_t)fd};

	return fj_sys_landlock_add_rule(ruleset, PATH_BENEATH, &rule, 0);
}

/* Adds those of the rights `access` that the ruleset handles, which the kernel does not tell. */
static void add_some(uint64_t ruleset, uint64_t access, long fd)
{
	for (; access; access &= access - 1)
		add_rule(ruleset, access & -access, fd);
}

/* The host path of the next mount below `pos`, from number `i` on. Returns false when there are no
 * more. */
static bool next_mount(const char *pos, uint32_t *i, struct fj_str *host)
{
	const struct fj_mounts *v;
	uint32_t found, count;
	struct fj_mounts_seen seen;

	do {
		v = fj_mounts_look(&seen);
		count = fj_mounts_count(v);
		fj_str_cut(host, 0);
		for (found = *i; found < count; found++) {
			const struct fj_mount *m = &v->mount[found];

			if (!(m->flags & (FJ_MOUNT_HIDDEN | FJ_MOUNT_COVERED)) &&
				fj_path_has_prefix(fj_mounts_text(v, m->jail), pos)) {
				fj_str_put(host, fj_mounts_text(v, m->host));
				break;
			}
		}
	} while (!fj_mounts_held(&seen));
	*i = found + 1;
	return found < count;
}

static void add_mounts(struct fj_call *c, const struct rule *rule)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_str pos, host;
	uint32_t i = 0;

	fj_scratch_str(c->thread, &pos, PATH_MAX);
	fj_scratch_str(c->thread, &host, PATH_MAX);
	if (fj_path_of_dir(c->thread, rule->parent_fd, &pos))
		while (next_mount(pos.at, &i, &host)) {
			const long fd = fj_open_path(AT_FDCWD, host.len ? host.at : "/", 0);

			/* Rights that are only for directories are left out for a file. */
			if (fd >= 0 && add_rule(c->arg[0], rule->access, fd) == -EINVAL)
				add_rule(c->arg[0], rule->access & OF_FILES, fd);
			if (fd >= 0)
				fj_sys_close((int)fd);
		}
	fj_scratch_release(c->thread, mark);
}

/* Adds the rule for a directory in all layers. If the upper layer lacks the directory, it is made
 * there: files of the directory will be copied up to it. */
static void add_layers(struct fj_call *c, const struct rule *rule)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_str pos;
	struct fj_layers l;

	fj_scratch_str(c->thread, &pos, PATH_MAX);
	if (fj_path_of_dir(c->thread, rule->parent_fd, &pos) &&
		fj_layers_open(c->thread, pos.at, &l) > 0) {
		if (!l.is_read_only && (rule->access & ~READING))
			fj_layers_up(c->thread, &l, pos.at);
		for (uint32_t i = 0; i < l.count; i++)
			if (l.fd[i] >= 0)
				add_rule(c->arg[0], rule->access, l.fd[i]);
		fj_layers_close(&l);
	}
	fj_scratch_release(c->thread, mark);
}

long fj_hook_landlock(struct fj_call *c)
{
	struct rule rule;
	long r;

	if ((int)c->arg[1] != PATH_BENEATH || fj_guest_read(&rule, c->arg[2], sizeof(rule)))
		return fj_kernel(c);
	if (fj_is_our_fd((uint32_t)rule.parent_fd))
		rule.parent_fd = FJ_CLOSED_FD;
	c->arg[2] = (uint64_t)&rule;
	r = fj_kernel(c);
	if (!r)
		add_mounts(c, &rule);
	if (!r && fj_mount_flags()->has_unions)
		add_layers(c, &rule);
	return r;
}

static void add_file(uint64_t ruleset, uint64_t access, const char *host_path)
{
	const long fd = *host_path ? fj_open_path(AT_FDCWD, host_path, 0) : -ENOENT;

	if (fd < 0)
		return;
	add_some(ruleset, access, fd);
	fj_sys_close((int)fd);
}

/* Adds rules for the work directories, which no program can name: files are copied up there. */
static void add_work(struct fj_call *c)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_mounts_seen seen;
	const struct fj_mounts *v;
	struct fj_str host;
	uint32_t count;

	fj_scratch_str(c->thread, &host, PATH_MAX);
	for (uint32_t i = 0;; i++) {
		do {
			v = fj_mounts_look(&seen);
			count = fj_mounts_count(v);
			fj_str_cut(&host, 0);
			if (i < count && (v->mount[i].flags & FJ_MOUNT_UNION))
				fj_str_put(&host, fj_mounts_text(v, v->mount[i].work));
		} while (!fj_mounts_held(&seen));
		if (i >= count)
			break;
		if (host.len) {
			const long fd = fj_layers_open_work(c->thread, host.at);

			add_some(c->arg[0], ALL, fd);
			if (fd >= 0)
				fj_sys_close((int)fd);
		}
	}
	fj_scratch_release(c->thread, mark);
}

long fj_hook_landlock_restrict(struct fj_call *c)
{
	const uint64_t set = c->arg[0];
	long r;

	if (!fj_guard()->no_new_privs && !fj_ids_can(fj_ids(), FJ_CAP_SYS_ADMIN) &&
		fj_sys_landlock_restrict_self(-1, 0) == -EBADF)
		return -EPERM;

	if (!fj_is_our_fd(set) && (int)set >= 0) {
		add_file(set, EXECUTE | READ_FILE, fj_jail_paths()->loader);
		add_file(set, READ_FILE, fj_jail_paths()->preload);
		add_some(set, READ_FILE | WRITE_FILE | TRUNCATE, FJ_FD_OWNERS(fj_jail));
		if (fj_mount_flags()->has_unions)
			add_work(c);
		if (fj_jail_records()->has_host_owners)
			add_some(set, READ_FILE | WRITE_FILE, FJ_FD_HOST_OWNERS(fj_jail));
	}
	r = fj_kernel(c);
	if (!r)
		__atomic_store_n(&fj_jail->has_landlock, 1, __ATOMIC_RELAXED);
	return r;
}
