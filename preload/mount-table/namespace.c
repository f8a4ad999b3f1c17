/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * namespace.c - the mount namespace of the process: the jail's, or its own after unshare(2). Called by
 * loader, launch and mount. */
#include "bytes/copy.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/namespace_id.h"
#include "sys/abi.h"
#include "sys/child_state.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/mman.h>

static long map_namespace(int fd)
{
	return fj_sys_mmap(
		0, sizeof(struct fj_namespace), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

void fj_namespace_start(void)
{
	struct fj_owner_namespace *own = fj_process_section(FJ_OWNER_NAMESPACE_AT);
	struct stat st = {0};
	long fd, at;

	own->at = fj_jail_namespace();
	/* (If the process has none of its own, that descriptor is the root directory.) */
	fj_sys_fstat(FJ_FD_MOUNTS(fj_jail), &st);
	fd = (st.st_mode & FJ_S_IFMT) == FJ_S_IFREG ? fj_open_anew(FJ_FD_MOUNTS(fj_jail), O_RDWR) :
						      -ENOENT;
	if (fd >= 0) {
		at = map_namespace((int)fd);
		fj_sys_close((int)fd);
		if (at >= 0)
			own->at = (struct fj_namespace *)at;
	}
	fj_edit_forget(own->at);
}

static void copy_namespace(struct fj_namespace *to)
{
	const struct fj_mounts *from;
	struct fj_mounts_seen seen;

	do {
		from = fj_mounts_look(&seen);
		memcpy(&to->version[0], from, sizeof(*from));
	} while (!fj_mounts_held(&seen));
	to->id = __atomic_add_fetch(&fj_mount_flags()->last_namespace, 1, __ATOMIC_RELAXED);
}

static void release_namespace(const void *section, void *copy)
{
	if (section == fj_process_section(FJ_OWNER_NAMESPACE_AT))
		fj_sys_munmap(((struct fj_owner_namespace *)copy)->at, sizeof(struct fj_namespace));
}

long fj_namespace_unshare(void)
{
	const long fd = fj_sys_memfd_create(FJ_MEMORY_NAME, 0);
	struct fj_owner_namespace *own;
	long at, r, held;

	if (fd < 0)
		return fd;
	r = fj_may_grow_to(sizeof(struct fj_namespace)) ?
		    fj_sys_ftruncate(fd, sizeof(struct fj_namespace)) :
		    -ENOSPC; /* an errno that unshare(2) has */
	at = r < 0 ? r : map_namespace((int)fd);
	if (at >= 0) {
		copy_namespace((struct fj_namespace *)at);
		held = r = fj_open_anew((int)fd, O_PATH);
		if (held >= 0) {
			r = fj_dup_to((int)held, FJ_FD_MOUNTS(fj_jail), 0);
			fj_sys_close((int)held);
		}
	}
	fj_sys_close((int)fd);
	if (at < 0)
		return at;
	fj_process_release = release_namespace;
	own = r < 0 ? NULL :
		      fj_process_to_change(
			      fj_owner_namespace, FJ_OWNER_NAMESPACE_AT, FJ_SHARED_BY_NONE);
	if (!own) {
		fj_sys_munmap((void *)at, sizeof(struct fj_namespace));
		return r < 0 ? r : -ENOMEM;
	}
	/* The old mapping stays: another thread may be reading it. */
	__atomic_store_n(&own->at, (struct fj_namespace *)at, __ATOMIC_RELEASE);
	return 0;
}
