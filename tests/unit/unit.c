/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unit.c - what the tests of the engine share: see unit.h. */
#include "ownership/ownership.h"
#include "jail/epoch.h"
#include "sys/scratch_mark.h"
#include "dispatch/dispatch.h"
#include "sys/memory.h"
#include "cred/identity_table.h"
#include "cred/ids_start.h"
#include "sys/assert.h"
#include "sys/fd.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include "unit.h"
#include "call/call.h"
#include "call/umask.h"
#include "facts/facts.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "jail/root.h"
#include "path/path.h"
#include "records/start.h"
#include "records/records.h"
#include "setup/layout.h"
#include "sys/thread.h"

#include <stdio.h>
#include <stdlib.h>

#include <asm/stat.h>
#include <linux/mman.h>
#include <stdint.h>

struct fj_thread *unit_thread;

void unit_thread_setup(void)
{
	fj_thread_start(0);
	unit_thread = fj_thread_mine();
	ck_assert_ptr_nonnull(unit_thread);
}

void unit_jail_on(const char *host_path)
{
	const long root = fj_open_path(AT_FDCWD, host_path, O_DIRECTORY);
	struct stat st;
	const long owners = fj_sys_memfd_create("owners", 0);
	struct fj_identities *identities;
	long at;

	ck_assert_msg(root >= 0, "%s: %s", host_path, unit_result(root));
	at = fj_sys_mmap(
		0, FJ_JAIL_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(!fj_is_err(at));
	ck_assert_int_eq(fj_sys_newfstatat(root, "", &st, AT_EMPTY_PATH), 0);
	ck_assert_int_eq(fj_sys_dup3(root, UNIT_FD, O_CLOEXEC), UNIT_FD);
	fj_sys_close((int)root);
	unit_assert_result(fj_owner_create((int)owners), 0);
	fj_jail = (struct fj_jail *)at;
	fj_jail->magic = FJ_JAIL_MAGIC;
	fj_jail->layout = FJ_JAIL_LAYOUT;
	fj_fds_of(fj_jail)->root = UNIT_FD;
	fj_jail->root_dev = st.st_dev;
	fj_jail->root_ino = st.st_ino;
	fj_facts_state()->epoch = 1;
	fj_jail->first_pid = (int32_t)fj_sys_getpid();
	snprintf(fj_jail_paths()->root, sizeof(fj_jail_paths()->root), "%s", host_path);
	snprintf(fj_jail_paths()->name, sizeof(fj_jail_paths()->name), "%s", host_path);
	fj_namespace_start();
	fj_root_start("", -1, fj_path_open_pos);
	fj_umask_start(022); /* tree_begin() sets it */
	ck_assert_int_eq(
		fj_sys_dup3(owners, FJ_FD_OWNERS(fj_jail), O_CLOEXEC), FJ_FD_OWNERS(fj_jail));
	fj_sys_close((int)owners);
	unit_assert_result(fj_owner_start(FJ_FD_OWNERS(fj_jail), -1), 0);
	identities = fj_jail_identities();
	fj_ids_new_table(identities);
	fj_ids_start(identities, fj_jail_posted(), "", 0);
}

long unit_mount(const char *host_path, const char *pos, uint32_t flags)
{
	struct fj_edit e = {.times = 0};
	long id;

	fj_assert(fj_edit_begin(&e));
	id = fj_edit_end(&e, fj_edit_add(&e, host_path, pos, flags, "", ""));
	return id < 0 ? id : 0;
}

void unit_read_only_root(void)
{
	struct fj_edit e = {.times = 0};

	fj_assert(fj_edit_begin(&e)); /* no other process uses the table yet */
	e.v->root_flags |= FJ_MOUNT_READ_ONLY;
	fj_assert(fj_edit_end(&e, 0) == 0);
}

void unit_jail_setup(void)
{
	unit_thread_setup();
	tree_begin();
	tree_dir("jail");
	unit_jail_on(tree_path("jail"));
}

void unit_jail_teardown(void)
{
	fj_sys_chdir("/");
	tree_end();
}

long unit_call(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct fj_call call = {.nr = nr, .arg = {a, b, c, d, e}, .thread = unit_thread};
	const uint32_t mark = fj_scratch_mark(unit_thread);
	const long r = fj_call(&call);

	ck_assert_msg(fj_scratch_mark(unit_thread) == mark, "call %ld kept scratch memory", nr);
	return r;
}

static const char *name_of_errno(long error)
{
	static const char *const names[] = {
#define NAME(e) [e] = #e
		NAME(EPERM),
		NAME(ENOENT),
		NAME(ESRCH),
		NAME(EINTR),
		NAME(EBADF),
		NAME(EAGAIN),
		NAME(EACCES),
		NAME(EFAULT),
		NAME(EBUSY),
		NAME(EEXIST),
		NAME(EXDEV),
		NAME(ENOTDIR),
		NAME(EISDIR),
		NAME(EINVAL),
		NAME(EROFS),
		NAME(ERANGE),
		NAME(ENAMETOOLONG),
		NAME(ENOSYS),
		NAME(ENOTEMPTY),
		NAME(ELOOP),
		NAME(ENOEXEC),
		NAME(EOPNOTSUPP),
		NAME(ENOSPC),
		NAME(EADDRINUSE),
		NAME(ECONNREFUSED),
		NAME(ELIBBAD),
		NAME(ETXTBSY),
#undef NAME
	};

	return error > 0 && error < (int)(sizeof names / sizeof names[0]) ? names[error] : NULL;
}

const char *unit_result(long r)
{
	const char *name = r < 0 ? name_of_errno(-r) : NULL;
	static char text[8][32];
	static unsigned turn;
	char *into = text[turn++ % 8];

	if (name)
		snprintf(into, sizeof(text[0]), "%s", name);
	else
		snprintf(into, sizeof(text[0]), "%ld", r);
	return into;
}

/* xorshift32 gives the same numbers with every libc. */
static uint32_t state = 1;

unsigned unit_seed(unsigned i)
{
	const char *given = getenv("FJ_UNIT_SEED");
	const unsigned seed = (given ? (unsigned)strtoul(given, NULL, 10) : 1) + i;

	state = seed * 2654435761u | 1;
	return seed;
}

unsigned unit_random(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return (unsigned)((uint64_t)state * n >> 32);
}
