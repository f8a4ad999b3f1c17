/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * foreign.c - does a file lie in the jail's own tree, or is it foreign: reached through a mount, or
 * from outside? A foreign file without a record shows its real owner. And does it lie on a read-only mount? Called by
 * owned.c, owned_change.c, making.c and file/hook_access.c. */
#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "call/call.h"
#include "inode/owned.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "layers/place.h"
#include "met-roots/met_roots.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "nested/roots.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

/* Is the file with host path `text` (that of `fd`, or of AT_FDCWD) foreign? */
static bool is_foreign_path(struct fj_thread *t, char *text, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);
	static const char deleted[] = " (deleted)";
	const size_t len = fj_strlen(text), cut = sizeof(deleted) - 1;
	struct fj_str pos;
	bool is_foreign = true;

	if (text[0] != '/' || !memcmp(text, "/memfd:", 7))
		return false;
	if (len > cut && !memcmp(text + len - cut, deleted, cut))
		text[len - cut] = 0;
	fj_scratch_str(t, &pos, PATH_MAX);
	/* In procfs the ids are those of processes. */
	if (fj_path_back_hinted(text, fj_dir_noted(fd), &pos))
		is_foreign = fj_path_is_foreign(pos.at) && !fj_path_has_prefix(text, "/proc");
	fj_scratch_release(t, mark);
	return is_foreign;
}

static bool ask_whether_foreign(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text;
	bool is_foreign = false;
	long n;

	if (!name)
		name = "";
	if (fj_is_own_root(dirfd) && name[0] && name[0] != '/')
		return false;
	text = fj_scratch_path(t);
	if (name[0] == '/') { /* only the place of a mount is named by its host path */
		is_foreign = !fj_path_has_prefix(name, "/proc") && fj_path_host_is_foreign(name);
		fj_scratch_release(t, mark);
		return is_foreign;
	}
	n = dirfd == AT_FDCWD ? fj_sys_getcwd(text, PATH_MAX) - 1 : fj_fd_target(dirfd, text);
	if (n > 0) {
		text[n] = 0;
		is_foreign = is_foreign_path(t, text, dirfd);
	}
	fj_scratch_release(t, mark);
	return is_foreign;
}

/* What is known of a device, if its number is enough to tell: bit 63 is set, bit 62 means foreign,
 * then the version of the mounts, then the device. */
static uint64_t learned[8];
static uint64_t learned_root; /* the root of the process that this was learned for */

/* A process that changes its root sees other mounts. */
__attribute__((noinline)) static void forget_learned(uint64_t root)
{
	for (size_t i = 0; i < sizeof(learned) / sizeof(learned[0]); i++)
		__atomic_store_n(&learned[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&learned_root, root, __ATOMIC_RELEASE);
}

bool fj_dev_is_foreign(struct fj_thread *t, uint64_t dev, int dirfd, const char *name)
{
	const uint64_t foreign = 1UL << 62;
	uint64_t *const place = &learned[(dev ^ dev >> 8) % 8];
	struct fj_mounts_seen seen;
	uint64_t known, what, root;

	/* In this case it does not matter which root on this device has the file; finding out could cost
	 * a call. And the mounts are not looked at, which would be a page fault in a new process. */
	if (dev == fj_jail->root_dev && !fj_mount_flags()->dirs_share_device &&
		!fj_owner_has_news())
		return false;
	if (!fj_mounts_look(&seen)->count && !fj_jail_paths()->root[0])
		return false;
	known = 1UL << 63 | (seen.current & 0x3fffffff) << 32 | (uint32_t)dev;
	if (fj_roots_home(t, dirfd, name))
		return false;
	/* A single mounted file on the jail's own device, as /etc/resolv.conf, is taken for the
	 * jail's own; only its ids differ. */
	if (fj_mount_flags()->dirs_share_device)
		return ask_whether_foreign(t, dirfd, name);
	if (dev == fj_jail->root_dev)
		return false;
	root = fj_root()->id;
	if (!root &&
		!fj_jail_paths()->root[0]) /* mounted files can be reached without the mount, too */
		return ask_whether_foreign(t, dirfd, name);
	if (__atomic_load_n(&learned_root, __ATOMIC_ACQUIRE) != root)
		forget_learned(root);
	what = __atomic_load_n(place, __ATOMIC_RELAXED);
	if ((what & ~foreign) != known) {
		what = known | (ask_whether_foreign(t, dirfd, name) ? foreign : 0);
		__atomic_store_n(place, what, __ATOMIC_RELAXED);
	}
	return what & foreign;
}

/* Does the place of `name` itself tell that it is not foreign? */
static bool is_surely_own(struct fj_thread *t, int dirfd, const char *name)
{
	struct fj_mounts_seen seen;

	return (fj_is_own_root(dirfd) && name[0] != '/') || !fj_mounts_look(&seen)->count ||
	       fj_roots_home(t, dirfd, name);
}

bool fj_place_is_foreign(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	const char *dir;
	struct stat st;
	bool is;

	if (is_surely_own(t, dirfd, name))
		return false;
	if (name[0] == '/')
		return ask_whether_foreign(t, dirfd, name);
	if (!name[0])
		return !fj_sys_newfstatat(dirfd, name, &st, AT_EMPTY_PATH) &&
		       fj_dev_is_foreign(t, st.st_dev, dirfd, name);
	dir = fj_place_dir_name(t, name);
	is = !fj_sys_newfstatat(dirfd, dir, &st, 0) && fj_dev_is_foreign(t, st.st_dev, dirfd, dir);
	fj_scratch_release(t, mark);
	return is;
}

bool fj_place_on_dev_is_foreign(struct fj_thread *t, uint64_t dev, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	bool is;

	if (is_surely_own(t, dirfd, name))
		return false;
	if (name[0] == '/')
		return ask_whether_foreign(t, dirfd, name);
	is = fj_dev_is_foreign(t, dev, dirfd, fj_place_dir_name(t, name));
	fj_scratch_release(t, mark);
	return is;
}

bool fj_file_on_read_only(
	struct fj_call *c, int dirfd, const char *name, const struct fj_place *place)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const bool is_behind = !place || place->is_magic;
	long fd = dirfd;
	struct fj_file file;
	struct fj_str pos;
	bool is;

	if (!fj_mount_flags()->has_read_only && !(place && place->is_read_only))
		return false;
	if (is_behind && name[0])
		fd = fj_open_path(dirfd, name, 0);
	fj_scratch_str(c->thread, &pos, PATH_MAX);
	is = is_behind ? (fd >= 0 || fd == AT_FDCWD) && fj_path_of_fd(c->thread, (int)fd, &pos) &&
				 fj_mount_is_read_only(pos.at) :
			 place->is_read_only;
	if (is && !fj_file_look(c, is_behind ? (int)fd : dirfd, is_behind ? "" : name,
			  is_behind ? AT_EMPTY_PATH : 0, &file)) {
		const uint32_t type = file.owner.mode & FJ_S_IFMT;

		is = type == FJ_S_IFREG || type == FJ_S_IFDIR || type == FJ_S_IFLNK;
	}
	if (fd >= 0 && fd != dirfd)
		fj_sys_close((int)fd);
	fj_scratch_release(c->thread, mark);
	return is;
}
