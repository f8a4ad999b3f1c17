/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * abi.h - numbers of the kernel that more than one file needs, and which its headers do not give
 * without libc, or which cannot be included beside libc's headers (the unit tests are built with
 * libc). A number that only one file needs is defined there; tests/lint/abi.sh checks that no
 * second file defines it. */
#ifndef FJ_ABI_H
#define FJ_ABI_H

#include <stdint.h>

#define FJ_S_IFMT 0170000u /* inode(7) */
#define FJ_S_IFSOCK 0140000u
#define FJ_S_IFLNK 0120000u
#define FJ_S_IFREG 0100000u
#define FJ_S_IFBLK 0060000u
#define FJ_S_IFDIR 0040000u
#define FJ_S_IFCHR 0020000u
#define FJ_S_IFIFO 0010000u
#define FJ_S_ISUID 04000u
#define FJ_S_ISGID 02000u
#define FJ_S_ISVTX 01000u

/* MAXSYMLINKS of include/linux/namei.h: how many symlinks one lookup follows. */
#define FJ_MAX_LINKS 40

#define FJ_DT_UNKNOWN 0 /* linux/fs_types.h */
#define FJ_DT_CHR 2
#define FJ_DT_DIR 4
#define FJ_DT_BLK 6
#define FJ_DT_REG 8

struct fj_dirent64 { /* struct linux_dirent64, include/linux/dirent.h */
	uint64_t ino, offset;
	uint16_t size;
	uint8_t type;
	char name[];
} __attribute__((packed));

#define FJ_RENAME_NOREPLACE 1u /* linux/fs.h */
#define FJ_RENAME_EXCHANGE 2u
#define FJ_RENAME_WHITEOUT 4u

#define FJ_TMPFILE 020000000u /* __O_TMPFILE of asm-generic/fcntl.h, without O_DIRECTORY */
#define FJ_ST_NOEXEC 8	      /* include/linux/statfs.h */
#define FJ_UTIME_NOW 0x3fffffffL
#define FJ_UTIME_OMIT 0x3ffffffeL /* linux/stat.h does not export it */

#endif
