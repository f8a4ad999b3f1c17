/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unistd_io.h - the calls of <unistd.h> and <sys/uio.h> that read, write and place what a descriptor names.
 * Each function is the call of section 2 of the man-pages that has its name, and returns the result or -errno. */
#ifndef FJ_SYSCALL_UNISTD_IO_H
#define FJ_SYSCALL_UNISTD_IO_H

#include <stddef.h>
#include <stdint.h>

long fj_sys_read(int fd, void *to, size_t size);
long fj_sys_write(int fd, const void *from, size_t size);
long fj_sys_pread64(int fd, void *to, size_t size, uint64_t at);
long fj_sys_pwrite64(int fd, const void *from, size_t size, uint64_t at);
long fj_sys_writev(int fd, const void *parts, size_t count);
long fj_sys_pwritev(int fd, const void *parts, size_t count, uint64_t at, uint64_t at_high);
long fj_sys_lseek(int fd, uint64_t offset, unsigned whence);
long fj_sys_ftruncate(int fd, uint64_t size);
long fj_sys_fsync(int fd);
long fj_sys_copy_file_range(
	int from, uint64_t *from_at, int to, uint64_t *to_at, size_t size, unsigned flags);
long fj_sys_dup3(int fd, int number, int flags);
long fj_sys_close_range(unsigned first, unsigned last, unsigned flags);
long fj_sys_pipe2(int pair[2], int flags);

#endif
