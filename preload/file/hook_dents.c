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
#include "bytes/str.h"
#include "call/call.h"
#include "call/hooks.h"
#include "devfs/dev_names.h"
#include "facts/facts.h"
#include "guest/guest.h"
#include "inode/owned.h"
#include "jail/epoch.h"
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
#include "sys/scratch_str.h"
#include "sys/thread.h"
#include "syscall/stat.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "union-held/held.h"
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
	bool is_guess;		     /* so it is, if it is in a union: list_by_offset() */
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

/* Of a directory in a union: is the entry shown? If so, number and type become those that are shown. Nothing is left out
 * before it is certain that the directory is in the union. */
static bool is_shown_here(
	struct fj_call *c, struct listing *l, const char *name, uint64_t *ino, uint8_t *type)
{
	struct fj_dir_seen seen;
	struct fj_str pos;
	bool is_alone;

	if (fj_union_lists_plainly(&l->alone, name, *type)) {
		if (l->alone.token && fj_dir_recent_finds())
			fj_dir_recent_listed(l->alone.token, name, *ino);
		return true;
	}
	if (fj_union_lists(c->thread, &l->alone, name, ino, type))
		return true;
	if (!l->is_guess)
		return false;
	fj_scratch_str(c->thread, &pos, PATH_MAX);
	l->is_alone = fj_dir_in_union(c->thread, l->fd, &pos, &is_alone, &seen);
	l->is_guess = false;
	return !l->is_alone;
}

/* An entry, as the kernel writes it if its name has at most 255 bytes (NAME_MAX, linux/limits.h) */
#define ENTRY 280u

/* Takes entries that must be left out from what the kernel has just written to the program. Another thread may unmap
 * that memory meanwhile. So if there has been one, each entry is copied, except those with a longer name (FUSE). Returns
 * the bytes that are left, or -EFAULT. */
static long remove_hidden_entries(struct fj_call *c, struct listing *l, long len)
{
	const bool is_old = c->nr == __NR_getdents; /* the type is the last byte of the entry */
	const bool has_company = fj_thread_has_company();
	char copy[ENTRY] __attribute__((aligned(8)));
	char *list = (char *)c->arg[1];
	long kept = 0;

	for (long at = 0; at < len;) {
		struct dirent_head *d = (struct dirent_head *)(list + at);
		const size_t rest = (size_t)(len - at);

		if (has_company) {
			if (fj_guest_read(copy, (uintptr_t)d, rest < ENTRY ? rest : ENTRY))
				return -EFAULT;
			d = (struct dirent_head *)copy;
			if (d->size > ENTRY)
				d = (struct dirent_head *)(list + at);
		}
		const long size = d->size;
		const char *name = (char *)d + (is_old ? NAME : NAME64);
		uint8_t *type = (uint8_t *)d + (is_old ? size - 1 : (long)TYPE64);

		if (size <= 0 || at + size > len)
			break;
		l->last = d->offset;
		if (!is_left_out(c->thread, l, name) &&
			(!l->is_alone || is_shown_here(c, l, name, &d->ino, type))) {
			if (l->has_devices && !l->is_alone)
				show_entry_device(c, l, d->ino, name, type);
			if ((char *)d != copy && kept != at)
				memmove(list + kept, d, (size_t)size);
			if ((char *)d == copy && (kept != at || l->is_alone || l->has_devices) &&
				fj_guest_write((uintptr_t)list + kept, d, (size_t)size))
				return -EFAULT;
			kept += size;
		}
		at += size;
	}
	return kept;
}

/* Does the listing that the kernel has just written to the program have ".", with this number? (ext4 lists it
 * anywhere.) */
static bool has_dot(const struct fj_call *c, long len, uint64_t ino)
{
	const char *const list = (const char *)c->arg[1];
	const long name = c->nr == __NR_getdents ? NAME : NAME64;

	for (long at = 0; at + name + 2 <= len;) {
		const struct dirent_head *d = (const struct dirent_head *)(list + at);

		if (list[at + name] == '.' && !list[at + name + 1])
			return d->ino == ino;
		if (!d->size)
			return false;
		at += d->size;
	}
	return false;
}

/* The file offset may tell as much as the question which directory it is, and costs less.
 *
 * Is a listing at its end that the kernel has made so far? A listing usually ends by a call that finds nothing
 * more, for which it does not matter which directory it is. The offset is one to which the kernel, for this
 * descriptor, has listed a directory that one layer alone has, or that is in no union. A directory that several layers have never comes to
 * such an offset by being listed (union/cursor.h). If no name can have a larger offset, the kernel is not even asked.
 *
 * Or does a listing begin, of what was opened as a directory that one layer alone has? The kernel's answer tells
 * whether it still is (fj_dir_opened_as()).
 *
 * Returns 0 at the end, or the bytes that the kernel has listed. `*from` is then the offset at which it began, if it is still
 * to be asked which directory that is. (Setting the offset back would undo what another process lists that shares it.)
 * -FJ_RESTART: otherwise; the offset is what it was. */
__attribute__((noinline)) static long list_by_offset(
	struct fj_call *c, struct listing *l, long *from)
{
	const uint64_t end = fj_dir_listed_to(l->fd);
	struct fj_str pos;
	uint64_t ino = 0, at;
	long r;

	if (!end && !fj_thread_has_company()) {
		fj_str_init(&pos, fj_scratch(c->thread, FJ_FACT_TEXT), FJ_FACT_TEXT);
		ino = fj_dir_opened_as(l->fd, fj_facts_epoch(), &pos, &l->alone.token);
	}
	if (!end && !ino)
		return -FJ_RESTART;
	fj_dir_list_to(l->fd, 0);
	at = (uint64_t)fj_sys_lseek(l->fd, 0, SEEK_CUR);
	if (at != (end & ~FJ_DIR_STAYS))
		return -FJ_RESTART;
	if (end == (FJ_DIR_END | FJ_DIR_STAYS))
		return 0;
	r = fj_kernel(c);
	if (!end && r > 0) {
		l->is_alone = l->is_guess = has_dot(c, r, ino);
		fj_dir_guessed(l->is_guess);
		if (l->is_guess) {
			l->alone.fd = l->fd;
			l->alone.pos = pos.at;
			return r;
		}
	}
	if (r > 0)
		*from = (long)(end & ~FJ_DIR_STAYS);
	return r > 0 || (!r && end) ? r : -FJ_RESTART;
}

long fj_hook_getdents(struct fj_call *c)
{
	struct listing l = {.fd = (int)c->arg[0]};
	bool has_records, has_listed = false;
	long r = 0, kept, e, from = -1;
	struct stat st;

	if (__builtin_expect(fj_mount_flags()->has_entries, 0) && fj_dev_is_listing(l.fd))
		return fj_dev_list(c);
	if (__builtin_expect(fj_mount_flags()->has_unions, 0)) {
		r = fj_mount_flags()->has_entries ? -FJ_RESTART : list_by_offset(c, &l, &from);
		if (r == 0)
			return 0;
		e = l.is_guess ? -FJ_RESTART : fj_union_getdents(c, &l.is_alone, &l.alone, &from);
		if (e != -FJ_RESTART)
			return e;
		has_listed = l.is_guess || from >= 0;
	}
	if (!has_listed)
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
		fj_dir_list_to(l.fd, l.is_alone && l.alone.token ? l.last | FJ_DIR_STAYS :
				     l.is_alone || !l.alone.pos	 ? l.last :
								   0);
	return kept;
}
