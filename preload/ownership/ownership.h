/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ownership.h - the owner, mode and attributes that files show in a jail, and what an identity may
 * do with a file.
 *
 * Owner records lie in one file, which every process of every jail on a root maps shared.
 * docs/OWNERS.md explains its layout and every race. A lookup takes no lock and makes no system
 * call. A change takes a lock that dies with its holder. Every function here is async-signal-safe.
 * This room does not know paths: a key names a file (records/records.h). Most callers are in
 * inode/, file/ and permission/. */
#ifndef FJ_OWNERSHIP_H
#define FJ_OWNERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_ids;
struct fj_owner_key;
struct fj_owner;

/* True when no file of records has any record, so that no lookup is needed. Costs a few loads. */
bool fj_owner_is_empty(void);
/* Has any record ever been a device, or (fj_owner_has_inheriting_dirs) a directory with the setgid bit
 * or with a default ACL? True also when roots have moved since the last look. */
bool fj_owner_has_devices(void);
bool fj_owner_has_inheriting_dirs(void);
/* Was any attribute or access list ever recorded? */
bool fj_owner_has_attributes(void);

/* Can records be changed? Returns 0, or the error that a change would return. */
long fj_owner_try(void);
/* Copies the record of `key` into `*owner`. Returns false when there is none. */
bool fj_owner_find(const struct fj_owner_key *key, struct fj_owner *owner);
/* As fj_owner_find(), when the birth time is not known, as for a directory entry. The record may be an old
 * one, of a removed file with the same number: look again with the whole key. */
bool fj_owner_find_ino(uint64_t dev, uint64_t ino, struct fj_owner *owner);

/* Changes the parts `what` (FJ_OWNER_ bits) of a record to those of `to`, in one step.
 *
 * If there is no record, one is made from `shown`, which is what the file shows without a record.
 * None is made when it would say the same as `shown`. With FJ_OWNER_CTIME the record gets the
 * present time; `to->ctime` is the ctime that the file shows so far. With FJ_OWNER_MODE, and a mode
 * equal to `real_mode` (the disk's), a new record does not keep the mode.
 *
 * Returns
 *   0
 *   FJ_OWNER_NO_CTIME  the ctime was wanted but is not kept, because there is no record, or the record
 *                      has no room for it (a device, or one with attributes): advance the disk's
 *   -ENOSPC, -EDQUOT, -EIO  the file of records cannot grow
 *   -EROFS             the file of records may only be read */
long fj_owner_set(const struct fj_owner_key *key, unsigned what, const struct fj_owner *to,
	const struct fj_owner *shown, uint32_t real_mode);
#define FJ_OWNER_NO_CTIME 1
/* May the ctime of a file on mount `mount_id` (stx_mnt_id) be kept in its record, in place of the
 * disk's? Only where the disk would take it, too, and no process watches files (ctime.c). */
bool fj_owner_may_keep_ctime(uint64_t mount_id);
/* Call before this process watches files by inotify(7), fanotify(7) or fcntl(2) F_NOTIFY. */
void fj_owner_watches(void);
/* The section of the process's state that keeps this through an exec. */
#define FJ_OWNER_WATCH_AT 0x200u
struct fj_owner_watch {
	int32_t watcher; /* a process id: a forked child inherits the section, but does not watch */
};
/* Call at process start, after the state of the process was taken up. */
void fj_owner_still_watches(void);
/* The file that was known by `from` is known by `to` now: copies the record of `from` to `to`.
 * (Other names may still lead to the old key.) Returns what fj_owner_set() returns. */
long fj_owner_renew(const struct fj_owner_key *from, const struct fj_owner_key *to);
/* Call when the last name of the file was removed. */
void fj_owner_gone(const struct fj_owner_key *key);
/* Call before a file without a name (O_TMPFILE) gets one. */
void fj_owner_named(const struct fj_owner_key *key);

/* Does the file system of a root give neither birth times nor lasting file handles? The variable
 * says it for this jail's root. */
bool fj_owner_forgets(int root_fd);
extern bool fj_owner_is_forgetful;
#define FJ_OWNER_NO_STAMP 1 /* stamp in the key of a file without a tag, on such a file system */
/* A tag is an attribute of the file, hidden in the jail. It has the inode number and the stamp of
 * the key that the file's record is under. Puts both into `key`; returns false when there is no tag
 * (tag.c). */
#define FJ_OWNER_TAG "user.fakejail"
bool fj_owner_tag(int dirfd, const char *name, bool follows, struct fj_owner_key *key);
/* Call before the first record of a file is made. Gives the file a tag where a tag is of use and
 * the file can have one. A key without a stamp gets one then. `dev` and `mode` are the disk's. A
 * symlink is not followed. */
void fj_owner_mark(
	struct fj_owner_key *key, uint32_t dev, int dirfd, const char *name, uint32_t mode);
/* Finds the record that a file's tag leads to, and puts that record's key into `key`. Call it when
 * the file's own key has no record, and only if fj_owner_follows_tags. */
bool fj_owner_find_tagged(uint32_t dev, int dirfd, const char *name, uint32_t mode,
	struct fj_owner_key *key, struct fj_owner *owner);
extern bool fj_owner_follows_tags;
/* Was the file of records copied up from a lower layer? Call at the start of a jail. */
bool fj_owner_have_moved(int owners_fd);
/* In the key of a file on an overlay whose inode numbers change (fj_owner_is_scattered), in place of the
 * device. */
#define FJ_OWNER_SCATTERED 0xffffffffu
/* Makes the key of a file from `sx`, which statx(2) filled with STATX_BTIME in its mask, for
 * `dirfd` and `name` (NULL or "": the file that `dirfd` is). */
struct statx;
void fj_owner_key_of(const struct statx *sx, int dirfd, const char *name, bool follows,
	struct fj_owner_key *key);

/* Attributes that are kept for a file. A name includes its namespace, as in xattr(7). `value` lies
 * in the program's memory and is accessed by guest/guest.h. */
#define FJ_ATTRIBUTE_MAX 65536u /* XATTR_SIZE_MAX, XATTR_LIST_MAX of linux/limits.h */
/* Copies the value into `value`. Returns its length, also when `size` is 0, or -ENODATA or -ERANGE
 * as getxattr(2). */
long fj_owner_get_attribute(
	const struct fj_owner_key *key, const char *name, void *value, size_t size);
/* `flags` are XATTR_CREATE and XATTR_REPLACE. A `value` of NULL removes the attribute. Returns 0,
 * -EEXIST, -ENODATA, -ENOSPC, -EFAULT, or an error of fj_owner_set(). */
long fj_owner_set_attribute(const struct fj_owner_key *key, const char *name, const void *value,
	size_t size, int flags, const struct fj_owner *shown);
/* Writes the names, each with its NUL, into `list`. Returns their length in bytes, also when `size`
 * is 0, or -ERANGE. */
long fj_owner_list_attributes(const struct fj_owner_key *key, char *list, size_t size);

/* Calls `look` with the value where it lies. Returns what `look` returned, or -ENODATA. `look` may
 * be called several times, and the value may change while it reads: it must stay within `size`,
 * whatever it reads. */
long fj_owner_look_at_attribute(const struct fj_owner_key *key, const char *name,
	long (*look)(const char *value, size_t size, void *context), void *context);

/* Access control lists are the values of these attributes (acl.c). */
#define FJ_ACL_ACCESS "system.posix_acl_access"
#define FJ_ACL_DEFAULT "system.posix_acl_default"
/* Checks a list as the kernel does. Returns the permissions (0777) that it gives to the mode,
 * -EINVAL, or -EOPNOTSUPP for another version. `*is_mode` becomes true when the list says no more
 * than a mode does. */
long fj_acl_read(const char *value, size_t size, bool *is_mode);
/* Sets the list's entries for owner, group or mask, and others to what `mode` says. */
void fj_acl_take_mode(char *value, size_t size, uint32_t mode);
/* What the file's access list allows `ids`. Returns 0 or -EACCES, or -ENODATA when the mode
 * decides. */
long fj_acl_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want);

/* The file of `key` has moved into the root `key->home`: moves its record there. Returns 0 or
 * -errno. */
long fj_owner_move_record(const struct fj_owner_key *key);

/* Call for a SIGBUS at address `at`. Returns true when the address is in a file of records that
 * somebody has truncated. The process then gives that file up. */
bool fj_owner_truncated(uintptr_t at);

/* The uid of the user for the kernel. */
uint32_t fj_owner_real_uid(void);

/* The mode that the disk gets for a pretended mode: no set-id and sticky bits, no write permission
 * for group and others, and everything that the user needs to act as root. `keeps_write` keeps the
 * write permission: for a file of the host behind a bind mount. */
uint32_t fj_owner_real_mode(uint32_t mode, bool keeps_write);
/* The mode of a file that shows `file` after `ids` made a change. chown(2) clears the set-id bits
 * for every caller (chown_common() of fs/open.c). Truncating and writing clear them for a caller
 * without CAP_FSETID. */
uint32_t fj_owner_mode_after_chown(const struct fj_ids *ids, const struct fj_owner *file);
uint32_t fj_owner_mode_after_write(const struct fj_ids *ids, const struct fj_owner *file);
/* The part of `mode` that `ids` may give to the file: only a member of the file's group may set the
 * set-group-id bit (setattr_prepare() of fs/attr.c). */
uint32_t fj_owner_mode_allowed(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t mode);

/* May `ids` do this with a file that shows `file`? Returns 0 or the kernel's error (perm.c). */
enum {
	FJ_MAY_EXEC = 1,
	FJ_MAY_WRITE = 2,
	FJ_MAY_READ = 4
}; /* as in the mode's bits; for a directory EXEC means search */
long fj_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want);
/* Is `ids` the owner, or has it CAP_FOWNER? */
bool fj_is_owner(const struct fj_ids *ids, const struct fj_owner *file);
/* May `ids` remove or rename `victim` in `dir`? The sticky bit is looked at. */
long fj_may_delete(
	const struct fj_ids *ids, const struct fj_owner *dir, const struct fj_owner *victim);
/* May `ids` give the file these owners? `uid`, `gid`: FJ_NO_ID leaves that id as it is. */
long fj_may_chown(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t uid, uint32_t gid);
/* May `ids` read or write the attribute `name`? -ENODATA: the caller may not know whether it
 * exists. */
long fj_may_attribute(
	const struct fj_ids *ids, const struct fj_owner *file, const char *name, bool writes);

#endif
