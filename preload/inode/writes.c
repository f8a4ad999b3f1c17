/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * writes.c - write(2), ftruncate(2), fallocate(2) and similar calls by a process that is not root
 * clear a file's set-id bits and capabilities: file_remove_privs() of fs/inode.c.
 *
 * The kernel knows neither of them, and trapping every write would slow down all. But a process
 * rarely opens such a file for writing, or makes one: only then it gets a filter that traps its
 * writes. If it is not root, permission/ has looked at the file anyway, and begins the watch. Root
 * keeps set-id bits (CAP_FSETID) and clears capabilities only, which few roots have: so in a root
 * with attributes a file that is opened for writing is looked at, unless it was just made or
 * truncated. Without the trap the calls are jumps, and are looked at from then on. Called by
 * permission/, owned_change.c, open/, xattr/, dispatch.c, door/ and the loader. */
#include "inode/writes.h"

#include "call/call.h"
#include "call/trapping.h"
#include "cred/ids.h"
#include "identity/hook_id.h"
#include "inode/owned.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "ownership/ownership.h"
#include "records/records.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/fcntl.h"
#include "syscall/unistd_close.h"

#include <asm/unistd.h>

#define LIST_SIZE 1024u

static const uint16_t writing[] = {__NR_write, __NR_pwrite64, __NR_writev, __NR_pwritev,
	__NR_pwritev2, __NR_ftruncate, __NR_fallocate, __NR_sendfile, __NR_splice,
	__NR_copy_file_range};
#define COUNT (sizeof(writing) / sizeof(writing[0]))

void (*fj_writes_watched)(void);

static void watch_writes(void)
{
	if (!fj_jail->has_trap) {
		fj_trapped_note(writes);
		if (fj_writes_watched) /* not set in a program without a door */
			fj_writes_watched();
	} else if (!fj_trap_calls(writing, COUNT)) {
		fj_trapped_note(writes);
	}
}

bool fj_writes_are_watched(void)
{
	return fj_trapped()->writes;
}

/* The process lost CAP_FSETID: files that it has open may have set-id bits, which its writes clear
 * now. */
static void look_at_open(struct fj_call *c)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *list = fj_scratch(c->thread, LIST_SIZE);
	struct fj_file file;
	long n, r;
	const long dir = fj_sys_openat(
		AT_FDCWD, "/proc/thread-self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	while (dir >= 0 && !fj_trapped()->writes &&
		(n = fj_sys_getdents64(dir, list, LIST_SIZE)) > 0)
		for (long at = 0; at < n;) {
			const struct fj_dirent64 *d = (const struct fj_dirent64 *)(list + at);
			int fd = 0;

			at += d->size;
			for (const char *digit = d->name; *digit; digit++)
				fd = fd * 10 + (*digit - '0');
			if (d->name[0] == '.' || fj_is_our_fd((uint32_t)fd))
				continue;
			r = fj_sys_fcntl(fd, F_GETFL, 0);
			if (r >= 0 && !(r & O_PATH) && (r & O_ACCMODE) != O_RDONLY &&
				!fj_file_look(c, fd, "", AT_EMPTY_PATH, &file))
				fj_writes_watch(&file.owner);
		}
	if (dir >= 0)
		fj_sys_close((int)dir);
	fj_scratch_release(c->thread, mark);
}

/* After an exec the kernel still has the filter that traps the calls. Jumps know nothing of the
 * watch, so it begins again. */
void fj_writes_start(void)
{
	fj_id_lost_fsetid = look_at_open;
	if (fj_trapped()->writes && !fj_jail->has_trap)
		watch_writes();
}

bool fj_writes_may_be(long nr)
{
	for (size_t i = 0; i < COUNT; i++)
		if (nr == writing[i])
			return true;
	return false;
}

void fj_writes_watch(const struct fj_owner *file)
{
	if (!fj_trapped()->writes && (file->mode & FJ_S_IFMT) == FJ_S_IFREG &&
		(fj_owner_mode_after_write(fj_ids(), file) != file->mode ||
			(file->flags & FJ_OWNER_ATTRIBUTES)))
		watch_writes();
}

void fj_writes_opened(struct fj_call *c, int fd)
{
	struct fj_file file;

	if (!fj_trapped()->writes && !fj_file_look(c, fd, "", AT_EMPTY_PATH, &file) &&
		file.has_record && (file.owner.mode & FJ_S_IFMT) == FJ_S_IFREG &&
		fj_owner_get_attribute(&file.key, FJ_CAPABILITY, NULL, 0) > 0)
		watch_writes();
}

void fj_writes_watch_capability(void)
{
	if (!fj_trapped()->writes)
		watch_writes();
}

long fj_writes_made(struct fj_call *c)
{
	const bool is_second = c->nr == __NR_splice || c->nr == __NR_copy_file_range;
	const int fd = (int)c->arg[is_second ? 2 : 0];
	bool writes;
	long r;

	if (!fj_writes_may_be(c->nr))
		return fj_kernel(c);
	if (c->nr == __NR_ftruncate || c->nr == __NR_fallocate) {
		r = fj_kernel(c);
		writes = !r;
	} else {
		r = fj_kernel_waiting(c, c->nr, c->arg, -1);
		/* The bits go before the first byte is copied: generic_file_write_iter() of
		 * mm/filemap.c. */
		writes = r > 0 || r == -EFAULT || r == -ENOSPC;
	}
	if (writes)
		fj_file_written(c, fd, "");
	return r;
}
