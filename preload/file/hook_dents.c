/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_dents.c - the hooks that list directories. Called through the table.
 *
 * Left out are the directory that the jail keeps for itself in its root, those of other roots, and
 * the jail's own descriptors in /proc/PID/fd. A pretended device is shown as a device. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "call/call.h"
#include "call/hooks.h"
#include "devfs/dev_names.h"
#include "inode/owned.h"
#include "jail/hidden.h"
#include "jail/jail.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "path/proc.h"
#include "records/disk.h"
#include "records/records.h"
#include "signal/waiting.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "union/change.h"
#include "union/union.h"

#include <asm/unistd.h>
#include <linux/fs.h>

struct dirent_head { /* head of struct linux_dirent, fs/readdir.c; struct linux_dirent64 has the
			same members so far */
	uint64_t ino, offset;
	uint16_t size;
	char name[];
};
#define NAME offsetof(struct dirent_head, name)
#define NAME64 (NAME + 1) /* behind d_type */
#define TYPE64 NAME

struct listing {
	bool has_devices;
	bool is_alone;		     /* in a union, and in one layer only */
	uint64_t last;		     /* d_off of the last entry that the kernel has listed */
	struct fj_union_alone alone; /* set if is_alone */
	uint64_t dev;		     /* set if has_devices or is_alone */
	int fd;
};

static bool is_jail_root(int fd)
{
	struct stat st;

	return !fj_sys_fstat(fd, &st) && st.st_dev == fj_jail->root_dev &&
	       st.st_ino == fj_jail->root_ino;
}

/* Has the directory records of its own? Then they count for the files below it. */
static bool is_other_root(struct fj_thread *t, int fd)
{
	if (fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/owners", 0))
		return false;
	fj_roots_see_fd(t, fd, false);
	return true;
}

static bool is_left_out(struct fj_thread *t, const struct listing *l, const char *name)
{
	if (name[0] >= '0' && name[0] <= '9' &&
		fj_proc_named(name, fj_strlen(name)) == FJ_PROC_OUR_FD)
		return fj_proc_lists_descriptors(t, l->fd);
	return name[0] == '.' && name[1] == 'f' && fj_streq(name, FJ_HIDDEN_NAME) &&
	       (is_jail_root(l->fd) || is_other_root(t, l->fd));
}

/* A record that is found by inode number may belong to an earlier file: the whole key decides. */
static void show_entry_device(
	struct fj_call *c, const struct listing *l, uint64_t ino, const char *name, uint8_t *type)
{
	struct fj_owner owner;
	struct fj_file file;

	if (*type != FJ_DT_REG ||
		(!fj_owner_is_scattered && (!fj_owner_find_ino(l->dev, ino, &owner) ||
						   !(owner.flags & FJ_OWNER_DEVICE))) ||
		fj_file_look(c, l->fd, name, 0, &file) || !(file.owner.flags & FJ_OWNER_DEVICE))
		return;
	*type = (file.owner.mode & FJ_S_IFMT) == FJ_S_IFCHR ? FJ_DT_CHR : FJ_DT_BLK;
}

/* Takes entries that must be left out from what the kernel has just written to the program. */
static long remove_hidden_entries(struct fj_call *c, struct listing *l, long len)
{
	const bool is_old = c->nr == __NR_getdents; /* the type is the last byte of the entry */
	char *list = (char *)c->arg[1];
	long kept = 0;

	for (long at = 0; at < len;) {
		struct dirent_head *d = (struct dirent_head *)(list + at);
		const long size = d->size;
		const char *name = list + at + (is_old ? NAME : NAME64);
		uint8_t *type = (uint8_t *)list + at + (is_old ? size - 1 : (long)TYPE64);

		if (size <= 0 || at + size > len)
			break;
		l->last = d->offset;
		if (!is_left_out(c->thread, l, name) &&
			(!l->is_alone || fj_union_lists_plainly(&l->alone, name, *type) ||
				fj_union_lists(c->thread, &l->alone, name, &d->ino, type))) {
			if (l->has_devices && !l->is_alone)
				show_entry_device(c, l, d->ino, name, type);
			if (kept != at)
				memmove(list + kept, d, (size_t)size);
			kept += size;
		}
		at += size;
	}
	return kept;
}

/* Is a listing at its end that the kernel has made so far? A listing usually ends by a call that finds nothing
 * more, for which it does not matter which directory it is. So this costs the question for the file offset in
 * place of that for the directory. The offset is one to which the kernel, for this descriptor, has listed a
 * directory that one layer alone has. A directory that several layers have never comes to such an offset by
 * being listed (union/cursor.h). Returns 0 at the end. Otherwise the offset is what it was. */
__attribute__((noinline)) static long see_end(struct fj_call *c)
{
	const int fd = (int)c->arg[0];
	const uint64_t end = fj_dir_listed_to(fd);
	long r;

	if (!end)
		return 1;
	fj_dir_list_to(fd, 0);
	if ((uint64_t)fj_sys_lseek(fd, 0, SEEK_CUR) != end)
		return 1;
	r = fj_kernel(c);
	if (r > 0)
		fj_sys_lseek(fd, end, SEEK_SET);
	return r ? 1 : 0;
}

long fj_hook_getdents(struct fj_call *c)
{
	struct listing l = {.fd = (int)c->arg[0]};
	bool has_records;
	struct stat st;
	long r, kept;

	if (__builtin_expect(fj_mount_flags()->has_entries, 0) && fj_dev_is_listing(l.fd))
		return fj_dev_list(c);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0)) {
		if (!fj_mount_flags()->has_entries && !see_end(c))
			return 0;
		r = fj_union_getdents(c, &l.is_alone, &l.alone);
		if (r != -FJ_RESTART)
			return r;
	}
	r = fj_kernel(c);
	if (!r && fj_mount_flags()->has_entries)
		return fj_dev_list(c);
	if (r <= 0)
		return r;
	has_records = !fj_owner_is_empty();
	l.has_devices = has_records && fj_owner_has_devices();
	l.dev = l.is_alone ? l.alone.dev : 0;
	if (!l.dev && (l.has_devices || (l.is_alone && (l.alone.dir_device || has_records)))) {
		l.has_devices = !fj_sys_fstat(l.fd, &st);
		l.dev = l.alone.dev = st.st_dev;
	}
	l.alone.has_records =
		l.is_alone && has_records && (fj_owner_has_devices() || fj_owner_has_attributes());
	while (!(kept = remove_hidden_entries(c, &l, r))) {
		/* All of it was left out. An empty answer would mean the end. */
		r = fj_kernel(c);
		if (r <= 0)
			return r;
	}
	if (__builtin_expect(fj_mount_flags()->has_unions, 0))
		fj_dir_list_to(l.fd, l.is_alone ? l.last : 0);
	return kept;
}
