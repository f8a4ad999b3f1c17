/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program_file.c - opens the file of a program that was found, after the kernel's checks of the file: is it regular, may it
 * be executed, is it being written? Called by program.c and program_parts.c.
 *
 * Descriptors opened here have no CLOEXEC: they must survive the exec, and the loader closes
 * them. */
#include "bytes/str.h"
#include "exec/program.h"
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
#include "layers/place.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/mount.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"

#include <asm/stat.h>
#include <linux/errno.h>

static bool is_owner_only(const struct stat *st)
{
	return st->st_uid == (uint32_t)fj_sys_geteuid();
}

/* Opens a program for reading. If the caller owns the file and may execute it but not read it, the
 * file is made readable for a moment. */
static long open_readable(const struct fj_place *place, const struct stat *st)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (place->is_magic ? 0 : O_NOFOLLOW);
	long fd = fj_sys_openat(place->dirfd, place->name, flags, 0);

	if (fd != -EACCES || !is_owner_only(st) || place->is_magic)
		return fd;
	if (fj_sys_fchmodat(place->dirfd, place->name, (st->st_mode & 07777) | 0400) < 0)
		return fd;
	fd = fj_sys_openat(place->dirfd, place->name, flags, 0);
	fj_sys_fchmodat(place->dirfd, place->name, st->st_mode & 07777);
	return fd;
}

/* Has a process the file open for writing? Then it cannot be executed: ETXTBSY. Only the kernel
 * knows; a read lease asks it (fcntl(2), F_SETLEASE: EAGAIN; EACCES for a file of another user,
 * which is then not checked). */
static bool is_being_written(long fd)
{
	const long r = fj_sys_fcntl(fd, F_SETLEASE, F_RDLCK);

	if (r == 0)
		fj_sys_fcntl(fd, F_SETLEASE, F_UNLCK);
	return r == -EAGAIN;
}

/* An O_PATH descriptor of the file `fd`, which was found at `place`, or an error. An old kernel opens it by its name,
 * because in a process that has just begun using its link in /proc costs more than ten opens. -ENOENT: the name
 * does not lead to it any more, or must be followed. */
static long open_as_path(const struct fj_place *place, int fd)
{
	long held;

	if (!fj_lacks()->open_tree) {
		held = fj_sys_open_tree(fd, "", AT_EMPTY_PATH);
		if (held != -ENOSYS && held != -EPERM)
			return held;
		fj_lacks()->open_tree = 1;
	}
	if (place->is_magic || !place->name[0])
		return -ENOENT;
	held = fj_sys_openat(place->dirfd, place->name, O_PATH | O_NOFOLLOW, 0);
	if (held < 0 || fj_is_one_file(fd, (int)held, NULL))
		return held;
	fj_sys_close((int)held);
	return -ENOENT;
}

int fj_program_open_again(const struct fj_place *place, long fd)
{
	const long held = fd < 0 ? -1 : open_as_path(place, (int)fd);

	if (held < 0)
		return -1;
	if (fj_has_spare_numbers((int)held))
		return (int)held;
	fj_sys_close((int)held);
	return -1;
}

/* Does landlock(7) forbid to execute the file `fd`? Only an exec finds out, and before Linux 6.14 the
 * kernel cannot be asked without one. Returns 0 or -EACCES. */
static long is_denied(long fd)
{
	const char *argv[] = {"", NULL};

	if (__builtin_expect(!fj_jail->has_landlock, 1) || !fj_jail->names_comm_by_file)
		return 0;
	return fj_sys_execveat(fd, "", (char *const *)argv, (char *const *)argv + 1,
		       AT_EMPTY_PATH | FJ_EXECVE_CHECK) == -EACCES ?
		       -EACCES :
		       0;
}

long fj_program_open_fd(const struct fj_place *place)
{
	const bool is_self = !place->name[0];
	const int nofollow = place->is_magic ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat st;
	char text[32];
	struct fj_str link;
	struct fj_place self = *place;
	long fd, r = fj_sys_newfstatat(
			 place->dirfd, place->name, &st, is_self ? AT_EMPTY_PATH : nofollow);

	if (r < 0)
		return r;
	if ((st.st_mode & FJ_S_IFMT) == FJ_S_IFLNK)
		return -ELOOP; /* the descriptor is a symlink itself */
	if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFREG)
		return -EACCES;
	if (is_self) {
		/* A descriptor itself (fexecve, memfd): it is opened through its link, since ""
		 * cannot be opened. */
		fj_str_init(&link, text, sizeof(text));
		fj_fd_path(&link, place->dirfd, NULL);
		self = (struct fj_place){
			.dirfd = AT_FDCWD, .name = text, .is_magic = true, .owned_fd = -1};
	}
	r = self.is_magic ? fj_sys_faccessat(self.dirfd, self.name, 1 /* X_OK */) :
			    fj_path_access(self.dirfd, self.name, 1 /* X_OK */, 0);
	if (r < 0)
		return r;
	fd = open_readable(&self, &st);
	if (fd < 0)
		return fd;
	r = is_being_written(fd) ? -ETXTBSY : is_denied(fd);
	if (r) {
		fj_sys_close((int)fd);
		return r;
	}
	return fd;
}
