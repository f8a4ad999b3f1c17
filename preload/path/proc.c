/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * proc.c - implements proc.h: the names of procfs entries that would show the host. */
#include "path/proc.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/fds.h"
#include "jail/hidden.h"
#include "jail/jail.h"
#include "jail/texts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_names.h"

#include <linux/fcntl.h>

#define NAMES                                                                                      \
	NAME("maps", MAPS)                                                                         \
	NAME("smaps", MAPS)                                                                        \
	NAME("numa_maps", NUMA_MAPS)                                                               \
	NAME("mounts", MOUNTS)                                                                     \
	NAME("mountinfo", MOUNTINFO)                                                               \
	NAME("mountstats", MOUNTSTATS)                                                             \
	NAME("unix", UNIX)                                                                         \
	NAME("status", STATUS)                                                                     \
	NAME("osrelease", OSRELEASE)                                                               \
	NAME("hostname", HOSTNAME)                                                                 \
	NAME("domainname", DOMAINNAME)                                                             \
	NAME("version", VERSION)                                                                   \
	NAME("msg", IPC)                                                                           \
	NAME("sem", IPC)                                                                           \
	NAME("shm", IPC)                                                                           \
	NAME("fd", FD_DIR)                                                                         \
	NAME("fdinfo", FD_DIR)

static const struct {
	const char *name;
	size_t len;
	enum fj_proc is;
} names[] = {
#define NAME(name_, is_) {name_, sizeof(name_) - 1, FJ_PROC_##is_},
	NAMES
#undef NAME
};

#define NAME(name_, is_)                                                                           \
	| (FJ_PROC_LOOKS(name_[0], sizeof(name_) - 1) / 64 == PART ?                               \
			  1UL << FJ_PROC_LOOKS(name_[0], sizeof(name_) - 1) % 64 :                 \
			  0)
const uint64_t fj_proc_looks[] = {
#define PART 0
	0 NAMES,
#undef PART
#define PART 1
	0 NAMES,
#undef PART
#define PART 2
	0 NAMES,
#undef PART
#define PART 3
	0 NAMES,
#undef PART
};
#undef NAME

/* The number that a name says as procfs writes it, or -1. */
static int32_t number_of(const char *name, size_t len)
{
	int32_t number = 0;

	if (!len || len > 9 || (name[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		number = number * 10 + (name[i] - '0');
	}
	return number;
}

bool fj_proc_lists_descriptors(struct fj_thread *t, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *path, *name;
	bool lists = false;

	if (!fj_is_procfs(fd))
		return false;
	path = name = fj_scratch_path(t);
	if (fj_fd_target(fd, path) > 0) {
		for (char *p = path; *p; p++)
			if (*p == '/')
				name = p + 1;
		lists = fj_proc_named(name, fj_strlen(name)) == FJ_PROC_FD_DIR;
	}
	fj_scratch_release(t, mark);
	return lists;
}

/* Is the directory of procfs behind `fd` one of this process? */
static bool is_of_this_process(struct fj_thread *t, int fd)
{
	static const char proc[] = "/proc/";
	const uint32_t mark = fj_scratch_mark(t);
	char self[16], *const text = fj_scratch_path(t);
	const long n = fj_sys_readlinkat(AT_FDCWD, "/proc/self", self, sizeof(self) - 1);
	bool is = false;

	if (n > 0 && fj_fd_target(fd, text) > 0) {
		self[n] = 0;
		is = fj_begins(text, proc) && fj_begins(text + sizeof(proc) - 1, self) &&
		     text[sizeof(proc) - 1 + (size_t)n] == '/';
	}
	fj_scratch_release(t, mark);
	return is;
}

bool fj_proc_hides(struct fj_thread *t, int dirfd, bool is_held, const char *name, size_t len)
{
	const int32_t number = number_of(name, len);
	const bool is_ours = number >= 0 && fj_is_our_fd((uint32_t)number);

	return (is_ours || (is_held && number == dirfd)) && fj_proc_lists_descriptors(t, dirfd) &&
	       (is_ours || is_of_this_process(t, dirfd));
}

enum fj_proc fj_proc_named_so(const char *name, size_t len)
{
	if (name[0] >= '0' && name[0] <= '9')
		return fj_is_our_fd((uint32_t)number_of(name, len)) ? FJ_PROC_OUR_FD :
								      FJ_PROC_PLAIN;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].len == len && !memcmp(names[i].name, name, len))
			return names[i].is;
	return FJ_PROC_PLAIN;
}

/* Is it a file that only the kernel names: mm/shmem.c, ipc/shm.c, mm/memfd.c, fs/hugetlbfs/inode.c? */
static bool is_of_no_directory(const char *text)
{
	return fj_begins(text, "/memfd:") || fj_begins(text, "/SYSV") ||
	       fj_begins(text, "/dev/zero (deleted)") || fj_begins(text, "/anon_hugepage") ||
	       fj_begins(text, "/[");
}

/* Is `host_path` the file behind `fd`? (Asked about the files of owner records, which are mapped into each
 * process, and may lie anywhere.) */
static bool is_open_as(struct fj_thread *t, int fd, const char *host_path)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t);
	bool is;
	long n;

	n = fj_fd_target(fd, text);
	if (n > 0)
		text[n] = 0;
	is = n > 0 && fj_streq(text, host_path);
	fj_scratch_release(t, mark);
	return is;
}

/* Is it the file of owner records of a met root? */
static bool is_records_of_other(const char *host_path)
{
	static const char records[] = "/" FJ_HIDDEN_NAME "/owners";
	const size_t len = fj_strlen(host_path);

	return len >= sizeof(records) && fj_streq(host_path + len - (sizeof(records) - 1), records);
}

bool fj_proc_shows_file(struct fj_thread *t, const char *host_path, size_t len, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str pos;
	bool shows = true;

	if (host_path[0] != '/' || is_of_no_directory(host_path)) {
		if (fj_begins(host_path, "/memfd:" FJ_MEMORY_NAME))
			return false;
		fj_str_add(out, host_path, len);
		return true;
	}
	if (fj_streq(host_path, fj_jail_paths()->loader) || is_records_of_other(host_path) ||
		fj_is_copy_file(host_path, len))
		return false;
	fj_str_init(&pos, fj_scratch_path(t), PATH_MAX);
	shows = fj_path_back(host_path, &pos) && !fj_path_has_prefix(pos.at, "/" FJ_HIDDEN_NAME) &&
		!is_open_as(t, FJ_FD_OWNERS(fj_jail), host_path) &&
		!is_open_as(t, FJ_FD_HOST_OWNERS(fj_jail), host_path);
	fj_scratch_release(t, mark);
	if (shows)
		fj_path_back_link(t, host_path, len, out);
	return shows;
}
