/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tree.c - walks the tree of `fakejail owners`, finds out what each file shows in a jail, and
 * changes that. Called by the verbs. */
#include "owners.h"
#include "records/disk.h"

#include <linux/fcntl.h>
#include <unistd.h>

const char *owners_type_name(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "link";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

bool owners_is_device(uint32_t mode)
{
	return (mode & S_IFMT) == S_IFCHR || (mode & S_IFMT) == S_IFBLK;
}

/* The part of `path` behind the root. The root "/" already ends in a slash. */
static const char *path_in_root(const char *path)
{
	path += strlen(owners_root);
	path += *path == '/';
	return *path ? path : ".";
}

bool owners_key(const char *path, bool follow, struct fj_owner_key *key)
{
	struct statx sx;

	if (statx(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
		    &sx))
		return false;
	fj_owner_key_of(&sx, AT_FDCWD, path, follow, key);
	return true;
}

/* Fills `*e` for the file `path`. Returns false with errno. */
static bool look(const char *path, struct entry *e)
{
	struct fj_owner record;

	if (lstat(path, &e->st) || !owners_key(path, false, &e->key))
		return false;
	e->path = path_in_root(path);
	e->owner = (struct fj_owner){.uid = e->st.st_uid,
		.gid = e->st.st_gid,
		.mode = e->st.st_mode,
		.rdev = (uint32_t)e->st.st_rdev};
	if (e->st.st_uid == owners_user)
		e->owner.uid = e->owner.gid = 0;
	e->has_record =
		fj_owner_find(&e->key, &record) ||
		(fj_owner_follows_tags && fj_owner_find_tagged((uint32_t)e->st.st_dev, AT_FDCWD,
						  path, e->st.st_mode, &e->key, &record));
	if (e->has_record) {
		e->owner.uid = record.uid;
		e->owner.gid = record.gid;
		e->owner.flags = record.flags;
		if (record.flags & FJ_OWNER_MODE)
			e->owner.mode = (e->owner.mode & S_IFMT) | (record.mode & 07777);
		if (record.flags & FJ_OWNER_DEVICE) {
			e->owner.mode = record.mode;
			e->owner.rdev = record.rdev;
		}
	}
	return true;
}

static int (*on_entry)(struct entry *e);

static int step(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct entry e;
	int r;

	(void)st;
	if (at->level == 1 && !strcmp(path + at->base, ".fakejail"))
		return FTW_SKIP_SUBTREE;
	if (type == FTW_DNR) /* the files in this directory cannot be seen */
		owners_skipped++;
	errno = 0;
	if (!look(path, &e)) {
		owners_skipped += errno != ENOENT; /* ENOENT: it was removed meanwhile */
		return FTW_CONTINUE;
	}
	r = on_entry(&e);
	if (owners_file && ferror(owners_file))
		owners_file_failed();
	return r;
}

void owners_walk(int (*each)(struct entry *e))
{
	on_entry = each;
	if (nftw(owners_root, step, 32, FTW_PHYS | FTW_ACTIONRETVAL) < 0)
		owners_fail("%s: %s", owners_root, strerror(errno));
	if (owners_skipped)
		fprintf(stderr, "fakejail owners: %lu files could not be looked at\n",
			owners_skipped);
}

/* Makes sure that the key of the file will stay, as inode/settle.c does: on overlayfs, copies the
 * file up, which changes its key. */
static void settle(struct entry *e, const char *path)
{
	const struct fj_owner_key before = e->key;

	if (fj_owner_is_layered((uint32_t)e->st.st_dev, AT_FDCWD, path) &&
		(lchown(path, (uid_t)-1, (gid_t)-1) || !owners_key(path, false, &e->key)))
		return;
	fj_owner_mark(&e->key, (uint32_t)e->st.st_dev, AT_FDCWD, path, e->st.st_mode);
	if (e->has_record && (before.ino != e->key.ino || before.stamp != e->key.stamp))
		fj_owner_renew(&before, &e->key);
}

void owners_give(struct entry *e, unsigned what, const struct fj_owner *to)
{
	uint32_t real = e->st.st_mode & 07777;
	char path[2 * PATH_MAX];
	long r;

	if (what & FJ_OWNER_DEVICE && !(S_ISREG(e->st.st_mode) && !e->st.st_size)) {
		fprintf(stderr,
			"fakejail owners: /%s is no empty file, which would stand for a device\n",
			e->path);
		owners_skipped++;
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", owners_root, e->path);
	settle(e, path);
	if ((what & FJ_OWNER_MODE) && !S_ISLNK(e->st.st_mode) && !(what & FJ_OWNER_DEVICE)) {
		real = fj_owner_real_mode((e->st.st_mode & S_IFMT) | (to->mode & 07777), false) &
		       07777;
		if (real != (e->st.st_mode & 07777) && chmod(path, real))
			real = e->st.st_mode & 07777;
	}
	r = fj_owner_set(&e->key, what, to, &e->owner, real);
	if (r < 0)
		owners_fail("%s: /%s cannot be recorded: %s", owners_records, e->path,
			strerror((int)-r));
	owners_count++;
}
