/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs.c - opens a file of procfs whose text would show the host. Called by open/. */
#include "procfs/procfs.h"

#include "bytes/equal.h"
#include "bytes/str.h"
#include "call/call.h"
#include "jail/fds.h"
#include "path/path.h"
#include "path/proc.h"
#include "procfs/report.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

void fj_report_step(struct fj_report *r)
{
	size_t done = 0;

	if (r->text.overflowed)
		r->error = -ENAMETOOLONG;
	if (!r->error && r->text.len > r->room)
		r->error = -EFBIG;
	r->room -= r->text.len;
	while (!r->error && done < r->text.len) {
		const long n = fj_sys_write(r->fd, r->text.at + done, r->text.len - done);

		if (n < 0)
			r->error = n;
		else
			done += (size_t)n;
	}
	fj_str_cut(&r->text, 0);
}

static void write_report(struct fj_report *r)
{
	switch ((enum fj_proc)r->place->proc) {
	case FJ_PROC_MAPS:
		fj_report_maps(r);
		break;
	case FJ_PROC_NUMA_MAPS:
		fj_report_numa_maps(r);
		break;
	case FJ_PROC_UNIX:
		fj_report_unix(r);
		break;
	case FJ_PROC_STATUS:
		fj_report_status(r);
		break;
	case FJ_PROC_IPC:
		fj_report_ipc(r);
		break;
	case FJ_PROC_FDINFO:
		fj_report_fdinfo(r);
		break;
	case FJ_PROC_MOUNTS:
	case FJ_PROC_MOUNTINFO:
	case FJ_PROC_MOUNTSTATS:
		fj_report_mounts(r);
		break;
	case FJ_PROC_OSRELEASE:
	case FJ_PROC_HOSTNAME:
	case FJ_PROC_DOMAINNAME:
	case FJ_PROC_VERSION:
		fj_report_machine(r);
		break;
	case FJ_PROC_PLAIN:
	case FJ_PROC_FD_DIR:
	case FJ_PROC_OUR_FD:
		r->error = -EAGAIN;
		break;
	}
	fj_report_step(r);
}

/* Moves `fd` above the numbers that programs use: the descriptor that the program gets must be the
 * lowest free one (open(2)). */
static long raise_descriptor(long fd)
{
	const long high = fj_sys_fcntl(fd, F_DUPFD_CLOEXEC, fj_high_fd());

	if (high < 0)
		return fd;
	fj_sys_close((int)fd);
	return high;
}

/* Opens the file of `fd` once more, through its link in procfs: a new file description, for reading
 * only, at offset 0. */
static long reopen_for_reading(int fd, uint64_t flags)
{
	char link[32];
	struct fj_str s;

	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	return fj_sys_openat(AT_FDCWD, link, O_RDONLY | (flags & (O_CLOEXEC | O_NONBLOCK)), 0);
}

/* The memory file's name. For maps it is the path of the real file, for hook_procmap.c. */
static const char *memory_file_name(struct fj_thread *t, const struct fj_place *place, long real)
{
	static const char maps[] = "maps";
	const char *base = place->name + fj_place_dir_len(place->name);
	char *text;
	long n;

	if (place->proc != FJ_PROC_MAPS || !fj_streq(base, maps))
		return place->name;
	text = fj_scratch_path(t);
	n = fj_fd_target((int)real, text);
	if (n <= 0)
		return place->name;
	text[n] = 0;
	return text;
}

long fj_procfs_open(struct fj_call *c, const struct fj_place *place, uint64_t flags)
{
	struct fj_thread *t = c->thread;
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_report r = {.t = t, .mask = c->mask, .call = c, .place = place};
	const char *name;
	long fd;

	if (place->proc == FJ_PROC_FD_DIR || (flags & (O_PATH | O_DIRECTORY)) ||
		(flags & O_ACCMODE) != O_RDONLY)
		return -EAGAIN;
	/* Only the kernel knows whether the caller may read the file. */
	fd = fj_sys_openat(place->dirfd, place->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	name = memory_file_name(t, place, fd);
	fj_sys_close((int)fd);
	fd = fj_sys_memfd_create(name, 1 /* MFD_CLOEXEC */);
	if (fd < 0)
		return fd;
	fd = raise_descriptor(fd);
	r.fd = (int)fd;
	r.room = fj_file_limit();
	fj_scratch_str(t, &r.text, FJ_REPORT_SIZE);
	write_report(&r);
	if (!r.error)
		fj_sys_fchmod(fd, 0444);
	fd = r.error ? r.error : reopen_for_reading(r.fd, flags);
	fj_sys_close(r.fd);
	fj_scratch_release(t, mark);
	return fd;
}
