/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * making.c - the owner record of a file that is being made. Called by the hooks that make files.
 *
 * A file that root makes with an ordinary mode needs no record: the disk says what it must show. A
 * record is written if the disk must not have the mode (fj_owner_real_mode()), if the maker is not
 * root, below a bind mount, in a directory that hands its group down, and for devices. */
#include "inode/making.h"

#include "call/call.h"
#include "call/umask.h"
#include "cred/ids.h"
#include "inode/owned.h"
#include "layers/over.h"
#include "layers/place.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <linux/fcntl.h>

void fj_making_begin(struct fj_call *c, const struct fj_place *place, uint32_t type, uint32_t mode,
	struct fj_making *m)
{
	const struct fj_ids *ids = fj_ids();
	/* Below a bind mount files without a record show the host's ids, so a new file needs a
	 * record even if it is root's. */
	const int parent_fd = fj_place_parent(place);
	bool is_foreign = false, is_dev_known = false;

	*m = (struct fj_making){.owner = {.uid = ids->fsuid,
					.gid = ids->fsgid,
					.mode = type | (mode & 07777 & ~fj_umask())}};
	if (type == FJ_S_IFLNK)
		m->owner.mode = type | 0777;
	if (fj_owner_has_inheriting_dirs() || (m->owner.mode & 022)) {
		struct fj_file parent;
		const char *text;
		const size_t cut = fj_place_dir_len(place->name);
		const uint32_t mark = fj_scratch_mark(c->thread);
		long r;

		text = fj_scratch_text(c->thread, place->name, cut, ".");
		r = fj_file_look(c, parent_fd, text, 0, &parent);
		fj_scratch_release(c->thread, mark);
		if (!r) {
			is_dev_known = true;
			is_foreign =
				!place->is_in_root && fj_place_on_dev_is_foreign(c->thread,
							      parent.dev, parent_fd, place->name);
			m->parent = parent.key;
			if ((parent.owner.flags & FJ_OWNER_ATTRIBUTES) && type != FJ_S_IFLNK) {
				uint32_t granted =
					type | (mode & 07777); /* without the umask: umask(2) */

				m->has_default_acl = fj_acl_default(c, &parent.key, &granted);
				if (m->has_default_acl)
					m->owner.mode = granted;
			}
			if (parent.owner.mode & FJ_S_ISGID) { /* inode_init_owner() of fs/inode.c */
				m->owner.gid = parent.owner.gid;
				if (type == FJ_S_IFDIR)
					m->owner.mode |= FJ_S_ISGID;
				else if (mode & 0010) /* before the umask: mode_strip_sgid() */
					m->owner.mode = fj_owner_mode_allowed(
						ids, &parent.owner, m->owner.mode);
			}
		}
	}
	if (!place->is_in_root && !is_dev_known)
		is_foreign = fj_place_is_foreign(c->thread, parent_fd, place->name);
	m->real_mode = fj_owner_real_mode(m->owner.mode, is_foreign) & 0777;
	if (type == FJ_S_IFLNK)
		m->real_mode = 0777;
	if (m->has_default_acl) /* the umask must not change what the disk gets */
		m->real_mode |= 0600;
	m->needs_record = is_foreign || m->has_default_acl || m->owner.uid || m->owner.gid ||
			  m->real_mode != (m->owner.mode & 07777);
	m->may_be_stale = fj_owner_is_forgetful && !fj_owner_is_empty();
	if (m->needs_record)
		fj_creators_enter(m);
}

static long record_made(struct fj_call *c, int dirfd, const char *name, const struct fj_making *m)
{
	struct fj_file file;
	unsigned what = FJ_OWNER_UID | FJ_OWNER_GID;
	uint32_t lacking, real;
	bool is_taken_over;
	long r = fj_file_look(c, dirfd, name, name[0] ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH, &file);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0; /* the file is gone or was moved already */
	if (r < 0)
		return m->needs_record ? r : 0; /* without its record it would show the wrong
						   owner */
	/* The key of a file without a name may be the very key of an older one, whose record it takes over. */
	is_taken_over = m->may_be_stale && file.has_record && !file.nlink;
	if (m->may_be_stale && file.has_record && !is_taken_over)
		fj_owner_gone(&file.key);
	if (!m->needs_record && !is_taken_over)
		return 0;
	fj_owner_mark(&file.key, file.dev, dirfd, name, file.real_mode);
	if (m->owner.flags & FJ_OWNER_DEVICE)
		what |= FJ_OWNER_DEVICE | FJ_OWNER_MODE;
	if (m->real_mode != (m->owner.mode & 07777))
		what |= FJ_OWNER_MODE;
	if (m->has_default_acl || is_taken_over)
		what |= FJ_OWNER_MODE;
	/* The umask may have removed permissions of the owner. The user behind the jail's root
	 * needs them on the disk. */
	lacking = m->real_mode & 0700 & ~file.real_mode;
	real = file.real_mode | lacking;
	r = fj_owner_set(&file.key, what, &m->owner, &file.owner, real);
	if (!r && lacking)
		r = name[0] ? fj_sys_fchmodat(dirfd, name, real & 07777) :
			      fj_sys_fchmod(dirfd, real & 07777);
	if (!r && m->has_default_acl)
		fj_acl_inherit(c, &m->parent, &file);
	return r;
}

long fj_making_end(struct fj_call *c, long made, bool is_open, const struct fj_place *place,
	struct fj_making *m)
{
	const bool is_dir = (m->owner.mode & FJ_S_IFMT) == FJ_S_IFDIR;
	long r = 0;

	if (made >= 0 && (m->needs_record || m->may_be_stale)) {
		r = is_open ? record_made(c, (int)made, "", m) :
			      record_made(c, place->dirfd, place->name, m);
		if (r < 0 && is_open)
			fj_sys_close((int)made);
		if (r < 0 && place)
			fj_sys_unlinkat(place->dirfd, place->name, is_dir ? AT_REMOVEDIR : 0);
	}
	fj_creators_leave(m, made >= 0);
	return r < 0 ? r : made;
}
