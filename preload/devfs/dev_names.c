/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * dev_names.c - directories, symlinks, sockets, fifos and device nodes that the jail makes in /dev, which
 * is the host's; for example syslogd's /dev/log. Called by dispatch.c and hook_dents.c.
 *
 * Such a name is looked up in a directory of the jail, which is removed with the jail, as a tmpfs is
 * (private/private.h). An entry of the mount table leads there (FJ_MOUNT_ENTRY); no call treats it as a
 * mount. So nothing changes for names that nobody made, and /dev/null is found as before. Only when the
 * kernel has refused to make a name, this room is asked. If the name is removed, its entry stays and leads to
 * nothing. */
#include "devfs/dev_names.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/ending.h"
#include "call/hooks.h"
#include "call/row.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "layers/place.h"
#include "mount-table/mount_edit.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "path/path.h"
#include "private/private.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <stdint.h>

#define O_CREAT_FLAG ((uint64_t)O_CREAT)
#define TYPE_SHIFT 12	  /* from S_IFMT to DT_ of linux/fs_types.h */
#define BEYOND (1L << 40) /* an offset in a directory that no kernel's entry has */
#define CROWDED (FJ_MOUNTS_MAX - 64)

/* (Not inlined: its large frame would add to its callers'.) */
__attribute__((noinline)) static bool is_on_host(const char *host)
{
	struct stat st;

	return !fj_sys_newfstatat(AT_FDCWD, host, &st, AT_SYMLINK_NOFOLLOW);
}

/* If the table is nearly full, drop entries whose names do not exist any more. */
static void drop_old(struct fj_mounts *v, struct fj_edit *e)
{
	for (uint32_t i = v->count; i-- && v->count > CROWDED;)
		if ((v->mount[i].flags & FJ_MOUNT_ENTRY) && !is_on_host(v->text + v->mount[i].host))
			fj_edit_remove(e, i);
}

/* Append the path of the jail's directory, with a slash. */
static long put_directory(struct fj_thread *t, const struct fj_mounts *v, struct fj_str *out)
{
	long r;

	for (uint32_t i = 0; i < v->count; i++)
		if (v->mount[i].flags & FJ_MOUNT_ENTRY) {
			const char *host = v->text + v->mount[i].host;

			fj_str_add(out, host, fj_place_dir_len(host));
			return 0;
		}
	r = fj_private_make(t, 0755, out);
	fj_ending_watch(t);
	fj_str_put(out, "/");
	return r;
}

/* Returns -EEXIST if there is an entry. */
static long add_entry(struct fj_edit *e, struct fj_thread *t, const char *pos)
{
	char text[FJ_PRIVATE_PATH + NAME_MAX + 1];
	struct fj_str s;
	long r;

	fj_str_init(&s, text, sizeof(text));
	drop_old(e->v, e);
	for (uint32_t i = 0; i < e->v->count; i++)
		if ((e->v->mount[i].flags & FJ_MOUNT_ENTRY) &&
			fj_streq(e->v->text + e->v->mount[i].jail, pos))
			return -EEXIST;
	r = put_directory(t, e->v, &s);
	fj_str_put(&s, pos + fj_place_dir_len(pos));
	if (r >= 0 && s.overflowed)
		r = -ENAMETOOLONG;
	if (r >= 0)
		r = fj_edit_add(e, text, pos, FJ_MOUNT_ENTRY | FJ_MOUNT_OWN, "", "");
	if (r >= 0)
		__atomic_store_n(&fj_mount_flags()->has_entries, 1, __ATOMIC_RELEASE);
	return r;
}

/* From now on, look `pos`, a name in the host's /dev, up in the jail's directory. */
static bool add_dev_name(struct fj_thread *t, const char *pos)
{
	struct fj_edit e = {.times = 0};
	long r;

	do
		if (!fj_edit_begin(&e))
			return false;
	while ((r = fj_edit_end(&e, add_entry(&e, t, pos))) == FJ_EDIT_AGAIN);
	return r >= 0 || r == -EEXIST;
}

/* Is the directory of position `pos` the host's /dev? */
bool fj_dev_is_dir(struct fj_thread *t, const char *pos)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_str host;
	bool is;

	fj_scratch_str(t, &host, 2 * PATH_MAX);
	fj_path_host(pos, &host);
	is = fj_streq(host.at, "/dev");
	fj_scratch_release(t, mark);
	return is;
}

static bool is_in_dev(struct fj_thread *t, const char *pos)
{
	const size_t len = fj_place_dir_len(pos);
	struct fj_str dir;

	fj_scratch_str(t, &dir, PATH_MAX);
	fj_str_add(&dir, pos, len ? len - 1 : 0);
	return !dir.overflowed && fj_dev_is_dir(t, dir.at);
}

static bool make_name(struct fj_call *c, int dirfd, const char *jail_path)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	struct fj_place place;
	bool made = false;
	char byte;

	if (!fj_path_walk(c->thread, dirfd, jail_path, FJ_ENTRY | FJ_WANT_POS, &place)) {
		made = place.pos && !place.is_mount && !place.is_read_only &&
		       is_in_dev(c->thread, place.pos) &&
		       fj_sys_readlinkat(place.dirfd, place.name, &byte, 1) == -ENOENT &&
		       add_dev_name(c->thread, place.pos);
		fj_place_done(&place);
	}
	fj_scratch_release(c->thread, mark);
	return made;
}

/* Does the call make the file that its argument `i` names? */
static bool makes_file_at(const struct fj_call *c, int i)
{
	switch ((enum fj_kind)c->row->kind[i]) {
	case FJ_NEW:
		return true;
	case FJ_OLD: /* the second name of a rename */
		return i > fj_arg_index(c, FJ_OLD);
	case FJ_PATH:
		return c->nr == __NR_openat && (c->arg[2] & O_CREAT_FLAG);
	case FJ_ADDR:
		return c->nr == __NR_bind;
	default:
		return false;
	}
}

bool fj_dev_make(struct fj_call *c)
{
	bool made = false;

	if (!fj_ids_is_root())
		return false;
	for (int i = 0; i < FJ_ARGS; i++) {
		const uint32_t mark = fj_scratch_mark(c->thread);
		uint64_t at = c->arg[i];
		char *path = NULL;
		long r;

		if (!makes_file_at(c, i))
			continue;
		if (c->row->kind[i] != FJ_ADDR)
			path = fj_arg_path(c, i, &r);
		else if (fj_address_read(c, &at, c->arg[i + 1], &path) != 1)
			path = NULL;
		if (path)
			made |= make_name(c, fj_arg_dirfd(c, i), path);
		fj_scratch_release(c->thread, mark);
	}
	return made;
}

/* ---- listing ---- */

bool fj_dev_is_listing(int fd)
{
	return fj_sys_lseek(fd, 0, 1 /* SEEK_CUR */) >= BEYOND;
}

struct dev_listing {
	char *at; /* in the program's memory */
	size_t size, used;
	bool is_old, is_full;
};

/* struct linux_dirent and linux_dirent64 of fs/readdir.c. */
static void list_dev_name(
	struct dev_listing *to, const char *name, const struct stat *st, int64_t offset)
{
	const size_t len = fj_strlen(name), head = to->is_old ? 18 : 19;
	const size_t size = (head + len + 1 + to->is_old + 7) & ~(size_t)7;
	char *d = to->at + to->used;

	if (to->used + size > to->size) {
		to->is_full = true;
		return;
	}
	memset(d, 0, size);
	*(uint64_t *)d = st->st_ino;
	*(int64_t *)(d + 8) = offset;
	*(uint16_t *)(d + 16) = (uint16_t)size;
	d[to->is_old ? size - 1 : 18] = (char)(st->st_mode >> TYPE_SHIFT);
	memcpy(d + head, name, len);
	to->used += size;
}

long fj_dev_list(struct fj_call *c)
{
	const int fd = (int)c->arg[0];
	const uint32_t mark = fj_scratch_mark(c->thread);
	const long was = fj_sys_lseek(fd, 0, 1 /* SEEK_CUR */);
	struct dev_listing to = {.at = fj_scratch(c->thread, 2 * FJ_PAGE),
		.size = (uint32_t)c->arg[2] < 2 * FJ_PAGE ? (uint32_t)c->arg[2] : 2 * FJ_PAGE,
		.is_old = c->nr == __NR_getdents};
	const struct fj_mounts *v;
	struct fj_str dir;
	long next, r = 0;
	struct fj_mounts_seen seen;

	fj_scratch_str(c->thread, &dir, PATH_MAX);
	if (was < 0 || !fj_path_of_dir(c->thread, fd, &dir)) {
		fj_scratch_release(c->thread, mark);
		return 0;
	}
	do {
		next = was < BEYOND ? BEYOND : was;
		to.used = 0;
		to.is_full = false;
		v = fj_mounts_look(&seen);
		for (uint32_t i = (uint32_t)(next - BEYOND); i < fj_mounts_count(v) && !to.is_full;
			i++) {
			const struct fj_mount *m = &v->mount[i];
			const char *pos = fj_mounts_text(v, m->jail);
			const size_t len = fj_place_dir_len(pos);
			struct stat st;

			if ((m->flags & FJ_MOUNT_ENTRY) && len == dir.len + 1 &&
				!memcmp(pos, dir.at, dir.len) &&
				!fj_sys_newfstatat(AT_FDCWD, fj_mounts_text(v, m->host), &st,
					AT_SYMLINK_NOFOLLOW))
				list_dev_name(&to, pos + len, &st, BEYOND + i + 1);
			if (!to.is_full)
				next = BEYOND + i + 1;
		}
	} while (!fj_mounts_held(&seen));
	/* (If lseek fails on the directory, the same names would be listed without end.) */
	if (to.is_full && !to.used)
		r = -EINVAL;
	else if (to.used && fj_sys_lseek(fd, next, 0 /* SEEK_SET */) == next)
		r = fj_guest_write(c->arg[1], to.at, to.used) ? -EFAULT : (long)to.used;
	fj_scratch_release(c->thread, mark);
	return r;
}
