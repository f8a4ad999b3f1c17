/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_mount_fd.c - the mount calls that work on descriptors: fsopen, fsconfig, fsmount, fspick,
 * open_tree, move_mount, mount_setattr.
 *
 * A descriptor of theirs is one with O_PATH: on the directory, where a mount is meant, so that
 * names below it can be used before it is attached. What is to become of it stands in a table of
 * this process, by number and inode; a program that hands such a descriptor to another, or through
 * an exec, has an ordinary directory there. Reading one fails with EBADF: there are no messages
 * (fsopen(2)). */
#include "call/hooks.h"
#include "mount/mounting.h"
#include "mount/overlay.h"
#include "layers/union.h"
#include "private/private.h"
#include "sys/guest.h"

#include <asm/stat.h>
#include <linux/mount.h>

#define AT_RECURSIVE_ 0x8000u /* linux/fcntl.h */
#define TEXT FJ_PATH_MAX
#define OPTIONS FJ_LAYERS_TEXT
#define KEY 128u
#define ENTRIES 8u
#define MOUNT_ATTR_SIZE_VER0_ 32u

enum kind {
	UNUSED,
	CONTEXT,
	CREATED,
	PICKED,
	DETACHED, /* a file system */
	TREE,	  /* a bind */
	RECURSIVE_TREE,
	PLACE, /* open_tree without a copy: remembered since two positions may lead to one directory
		*/
};

/* One descriptor. */
struct entry {
	enum kind kind;
	int fd;
	uint64_t dev, ino;
	uint32_t flags; /* FJ_MOUNT_: of the mount that comes of it */
	uint32_t clear; /* of a tree: those of its source that go */
	bool is_dir;
	char type[32], source[TEXT],
		options[OPTIONS]; /* of a detached file system: as they are shown */
	char layers[FJ_LAYERS_TEXT], work[FJ_PATH_MAX]; /* of a detached overlay */
	char pos[FJ_PATH_MAX];				/* where a tree or a picked mount is */
	char host[FJ_PATH_MAX];				/* of a detached file system */
};

static struct entry entries[ENTRIES] FJ_BULKY;
static uint32_t next_entry;

static bool stat_fd(int fd, struct entry *e)
{
	struct stat st;

	if (fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH))
		return false;
	e->dev = st.st_dev;
	e->ino = st.st_ino;
	return true;
}

/* The entry of `fd`, if that is still what it was; else NULL. */
static struct entry *entry_of(int fd)
{
	struct entry now;

	for (uint32_t i = ENTRIES; i--;) {
		struct entry *e = &entries[i];

		if (e->kind != UNUSED && e->fd == fd && stat_fd(fd, &now) && now.dev == e->dev &&
			now.ino == e->ino)
			return e;
	}
	return NULL;
}

static struct entry *new_entry(enum kind kind)
{
	struct entry *e = &entries[__atomic_fetch_add(&next_entry, 1, __ATOMIC_RELAXED) % ENTRIES];

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->is_dir = true;
	return e;
}

/* Give `fd` to the entry; `cloexec`: whether it is closed on exec. */
static long hand_out(struct entry *e, long fd, bool cloexec)
{
	if (fj_is_err(fd)) {
		e->kind = UNUSED;
		return fd;
	}
	e->fd = (int)fd;
	for (uint32_t i = 0; i < ENTRIES; i++) /* an older one of this number is closed */
		if (&entries[i] != e && entries[i].fd == e->fd)
			entries[i].kind = UNUSED;
	stat_fd((int)fd, e);
	if (!cloexec)
		fj_sys3(__NR_fcntl, fd, F_SETFD, 0);
	return fd;
}

/* What a call names by a descriptor and a path. */
static long find(struct fj_call *c, int dirfd, const char *path, bool follows, struct fj_point *p)
{
	const struct entry *e = *path ? NULL : entry_of(dirfd);
	struct fj_mount_found m;
	long r = fj_point_find(c, dirfd, path, follows, p);

	if (r >= 0 && e && e->kind == PLACE) {
		memcpy(p->pos, e->pos, FJ_PATH_MAX);
		p->is_mount =
			!*p->pos || (fj_mount_at(p->pos, &m, NULL) && !(m.flags & FJ_MOUNT_ENTRY));
	}
	return r;
}

static long copy_string(char *to, size_t size, uint64_t from)
{
	const long n = fj_guest_string(to, from, size);

	return n == -ENAMETOOLONG ? -EINVAL : n < 0 ? n : 0;
}

long fj_hook_fsopen(struct fj_call *c)
{
	char type[32];
	struct entry *e;
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (c->arg[1] & ~(uint64_t)FSOPEN_CLOEXEC)
		return -EINVAL;
	r = copy_string(type, sizeof(type), c->arg[0]);
	if (!r)
		r = fj_filesystem_known(type);
	if (r < 0)
		return r == -EINVAL ? -ENODEV : r;
	e = new_entry(CONTEXT);
	memcpy(e->type, type, sizeof(type));
	return hand_out(e, fj_open_path(AT_FDCWD, "/", 0), c->arg[1] & FSOPEN_CLOEXEC);
}

long fj_hook_fspick(struct fj_call *c)
{
	struct fj_point at;
	struct entry *e;
	char *path = fj_scratch_path(c->thread);
	long r = fj_mounting_allowed();

	if (!r)
		r = fj_guest_string(path, c->arg[1], FJ_PATH_MAX);
	if (r >= 0)
		r = !*path && !(c->arg[2] & FSPICK_EMPTY_PATH) ? -ENOENT : 0;
	if (!r)
		r = fj_point_find(
			c, (int)c->arg[0], path, !(c->arg[2] & FSPICK_SYMLINK_NOFOLLOW), &at);
	if (r < 0)
		return r;
	if (!at.is_mount)
		return -EINVAL;
	e = new_entry(PICKED);
	memcpy(e->pos, at.pos, FJ_PATH_MAX);
	memcpy(e->host, at.host, FJ_PATH_MAX);
	return hand_out(e, fj_open_path(AT_FDCWD, "/", 0), c->arg[2] & FSPICK_CLOEXEC);
}

static long add_option(struct entry *e, const char *key, const char *value)
{
	const size_t was = fj_strlen(e->options);
	const char first = e->options[0];
	struct fj_str s;

	fj_str_init(&s, e->options, OPTIONS);
	s.at[0] = first;
	s.len = was;
	if (s.len)
		fj_str_put(&s, ",");
	fj_str_put(&s, key);
	if (value) {
		fj_str_put(&s, "=");
		fj_str_put(&s, value);
	}
	if (s.overflowed)
		e->options[was] = 0;
	return s.overflowed ? -EINVAL : 0;
}

static long set_parameter(struct entry *e, bool has_value, const struct fj_call *c)
{
	char key[KEY], *value = fj_scratch_path(c->thread);
	long r = copy_string(key, sizeof(key), c->arg[2]);

	*value = 0;
	if (!r && has_value)
		r = copy_string(value, TEXT, c->arg[3]);
	if (r < 0)
		return r;
	if (fj_streq(key, "source"))
		memcpy(e->source, value, fj_strlen(value) + 1);
	else if (fj_streq(key, "ro"))
		e->flags |= FJ_MOUNT_READ_ONLY;
	else if (fj_streq(key, "rw"))
		e->flags &= ~(uint32_t)FJ_MOUNT_READ_ONLY;
	else
		r = add_option(e, key, has_value ? value : NULL);
	return r;
}

long fj_hook_fsconfig(struct fj_call *c)
{
	struct entry *e = entry_of((int)c->arg[0]);
	struct fj_point at;
	/* Of a descriptor that nobody has: what is wrong with the command is said first. */
	long r = fj_sys5(__NR_fsconfig, INT32_MAX, c->arg[1], c->arg[2], c->arg[3], c->arg[4]);

	if (r == -EOPNOTSUPP || r == -EINVAL)
		return r;
	if (!e || (e->kind != CONTEXT && e->kind != PICKED && e->kind != CREATED)) {
		r = fj_sys3(__NR_fcntl, c->arg[0], F_GETFL, 0);
		return e || (r >= 0 && !(r & O_PATH)) ? -EINVAL : -EBADF;
	}
	switch ((unsigned)c->arg[1]) {
	case FSCONFIG_SET_FLAG:
		return c->arg[2] ? set_parameter(e, false, c) : -EINVAL;
	case FSCONFIG_SET_STRING:
		return c->arg[2] && c->arg[3] ? set_parameter(e, true, c) : -EINVAL;
	case FSCONFIG_CMD_CREATE:
	case 8: /* FSCONFIG_CMD_CREATE_EXCL */
		if (e->kind != CONTEXT)
			return -EBUSY;
		e->kind = CREATED;
		return 0;
	case FSCONFIG_CMD_RECONFIGURE:
		if (e->kind != PICKED)
			return -EBUSY;
		at = (struct fj_point){.pos = e->pos, .host = e->host, .is_mount = true};
		r = fj_mounting_reconfigure(c, &at, e->options);
		return r ? r :
			   fj_mounting_change(
				   &at, FJ_MOUNT_READ_ONLY, e->flags & FJ_MOUNT_READ_ONLY, false);
	default:
		return -EOPNOTSUPP;
	}
}

long fj_hook_fsmount(struct fj_call *c)
{
	struct entry *context = entry_of((int)c->arg[0]), *e;
	struct fj_filesystem fs = {0};
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (c->arg[1] & ~(uint64_t)FSMOUNT_CLOEXEC)
		return -EINVAL;
	if (!context)
		return -EBADF;
	if (context->kind != CREATED)
		return -EINVAL;
	fs.host = fj_scratch_path(c->thread);
	r = fj_filesystem_make(c, context->type, context->options, &fs);
	if (r < 0)
		return r;
	e = new_entry(DETACHED);
	memcpy(e->type, context->type, sizeof(e->type));
	memcpy(e->source, context->source, fj_strlen(context->source) + 1);
	memcpy(e->host, fs.host, fj_strlen(fs.host) + 1);
	if (fs.options)
		memcpy(e->options, fs.options, fj_strlen(fs.options) + 1);
	if (fs.layers) {
		memcpy(e->layers, fs.layers, fj_strlen(fs.layers) + 1);
		memcpy(e->work, fs.work, fj_strlen(fs.work) + 1);
	}
	e->flags = fs.flags | context->flags | fj_mounting_attributes(c->arg[2]);
	context->kind = CONTEXT; /* "must be reconfigured": fsmount(2) */
	return hand_out(
		e, fj_open_path(AT_FDCWD, e->host, O_DIRECTORY), c->arg[1] & FSMOUNT_CLOEXEC);
}

long fj_hook_open_tree(struct fj_call *c)
{
	const uint64_t flags = (uint32_t)c->arg[2];
	struct fj_point at;
	struct entry *e;
	char *path = fj_scratch_path(c->thread);
	long fd, r;

	if (flags & ~(uint64_t)(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE_ |
				AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE_ | OPEN_TREE_CLONE)) == AT_RECURSIVE_)
		return -EINVAL;
	r = flags & OPEN_TREE_CLONE ? fj_mounting_allowed() : 0;
	if (!r)
		r = fj_guest_string(path, c->arg[1], FJ_PATH_MAX);
	if (r >= 0)
		r = !*path && !(flags & AT_EMPTY_PATH) ? -ENOENT : 0;
	if (!r)
		r = find(c, (int)c->arg[0], path, !(flags & AT_SYMLINK_NOFOLLOW), &at);
	if (r < 0)
		return r;
	fd = fj_open_path(AT_FDCWD, at.host, O_NOFOLLOW);
	e = new_entry(!(flags & OPEN_TREE_CLONE) ? PLACE :
		      flags & AT_RECURSIVE_	 ? RECURSIVE_TREE :
						   TREE);
	memcpy(e->pos, at.pos, FJ_PATH_MAX);
	e->is_dir = at.is_dir;
	return hand_out(e, fd, flags & OPEN_TREE_CLOEXEC);
}

/* Put what `e` describes at `to`. It can be done once. */
static long attach(struct fj_call *c, struct entry *e, const struct fj_point *to)
{
	const struct fj_filesystem fs = {.layers = *e->layers ? e->layers : NULL,
		.work = e->work,
		.type = e->type,
		.source = *e->source ? e->source : "none",
		.host = e->host,
		.options = e->options,
		.flags = e->flags};
	struct fj_point from;
	long r;

	if (e->kind == DETACHED) {
		r = fj_mounting_add(&fs, true, to);
	} else if (e->kind == TREE || e->kind == RECURSIVE_TREE) {
		r = fj_point_find(c, e->fd, "", false, &from);
		if (r >= 0) {
			memcpy(from.pos, e->pos, FJ_PATH_MAX);
			r = fj_overlay_bind_source(c, &from);
		}
		if (r >= 0) {
			r = fj_mounting_bind(
				&from, to, e->kind == RECURSIVE_TREE, e->clear, e->flags);
		}
	} else {
		r = -EINVAL;
	}
	if (r >= 0)
		e->kind = UNUSED;
	return r;
}

long fj_hook_move_mount(struct fj_call *c)
{
	const uint64_t flags = (uint32_t)c->arg[4];
	char *from_path = fj_scratch_path(c->thread), *to_path = fj_scratch_path(c->thread);
	struct fj_point from, to;
	struct entry *e;
	long r = fj_mounting_allowed();

	if (r < 0)
		return r;
	if (flags & ~(uint64_t)0x377 /* MOVE_MOUNT__MASK of linux/mount.h */)
		return -EINVAL;
	r = fj_guest_string(from_path, c->arg[1], FJ_PATH_MAX);
	if (r >= 0)
		r = fj_guest_string(to_path, c->arg[3], FJ_PATH_MAX);
	if (r < 0)
		return r;
	if ((!*from_path && !(flags & MOVE_MOUNT_F_EMPTY_PATH)) ||
		(!*to_path && !(flags & MOVE_MOUNT_T_EMPTY_PATH)))
		return -ENOENT;
	r = find(c, (int)c->arg[2], to_path, flags & MOVE_MOUNT_T_SYMLINKS, &to);
	if (r < 0)
		return r;
	e = *from_path ? NULL : entry_of((int)c->arg[0]);
	if (e && e->kind != PLACE)
		return attach(c, e, &to);
	r = find(c, (int)c->arg[0], from_path, flags & MOVE_MOUNT_F_SYMLINKS, &from);
	return r < 0 ? r : fj_mounting_move(&from, &to);
}

long fj_hook_mount_setattr(struct fj_call *c)
{
	struct {
		uint64_t set, clear, propagation, userns;
	} attr; /* struct mount_attr, linux/mount.h */
	const uint64_t flags = (uint32_t)c->arg[2];
	uint32_t set, clear;
	struct fj_point at;
	struct entry *e;
	char *path = fj_scratch_path(c->thread);
	long r = fj_mounting_allowed();

	if (flags &
		~(uint64_t)(AT_EMPTY_PATH | AT_RECURSIVE_ | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	if (c->arg[4] < MOUNT_ATTR_SIZE_VER0_)
		return -EINVAL;
	if (r < 0)
		return r;
	if (fj_guest_read(&attr, c->arg[3], sizeof(attr)))
		return -EFAULT;
	r = fj_guest_string(path, c->arg[1], FJ_PATH_MAX);
	if (r < 0)
		return r;
	if (!*path && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (attr.set & 0x100000 /* MOUNT_ATTR_IDMAP: ids are the jail's own affair */)
		return -EPERM;
	set = fj_mounting_attributes(attr.set) |
	      (attr.propagation & MS_SHARED ? FJ_MOUNT_SHARED : 0) |
	      (attr.propagation & MS_UNBINDABLE ? FJ_MOUNT_UNBINDABLE : 0);
	clear = fj_mounting_attributes(attr.clear) |
		(attr.clear & MOUNT_ATTR__ATIME ? FJ_MOUNT_NOATIME | FJ_MOUNT_STRICTATIME : 0) |
		(attr.propagation ? FJ_MOUNT_SHARED | FJ_MOUNT_UNBINDABLE : 0);
	e = *path ? NULL : entry_of((int)c->arg[0]);
	if (e && e->kind != PLACE) {
		e->flags = (e->flags & ~clear) | set;
		e->clear |= clear;
		return 0;
	}
	r = find(c, (int)c->arg[0], path, !(flags & AT_SYMLINK_NOFOLLOW), &at);
	return r < 0 ? r : fj_mounting_change(&at, clear, set, flags & AT_RECURSIVE_);
}
