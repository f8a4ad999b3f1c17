/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ownership.h - what files and processes pretend: owner records, attributes, identities.
 *
 * Records lie in one file, mapped shared by every process of every jail on a root; docs/OWNERS.md
 * explains its layout and every race. Looking up takes no lock and makes no system call; changing
 * takes a lock that dies with its holder. Everything is async-signal-safe. This room does not know
 * paths: a file is named by its key. */
#ifndef FJ_OWNERSHIP_H
#define FJ_OWNERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_ids;
struct fj_owner_key;
struct fj_owner;

/* No record at all, in no file: nothing needs to be looked up. One load. */
bool fj_owner_is_empty(void);
/* Has any record ever been a device (or a directory with the setgid bit, or with a default ACL)? */
bool fj_owner_has_devices(void);
bool fj_owner_has_inheriting_dirs(void);
/* Was any attribute or access list ever recorded? */
bool fj_owner_has_attributes(void);

/* Can it be changed? 0, or what a change would return. */
long fj_owner_try(void);
/* The record of `key` into `*owner`; false when there is none. */
bool fj_owner_find(const struct fj_owner_key *key, struct fj_owner *owner);
/* The same when the birth is not known (a directory entry); may be a stale record, so look again
 * with the whole key. */
bool fj_owner_find_ino(uint64_t dev, uint64_t ino, struct fj_owner *owner);

/* Change the parts `what` (FJ_OWNER_ bits) of a record to those of `to`, in one step. Without a
 * record one is made from `shown`, what the file shows without; none is made when nothing would
 * differ. With FJ_OWNER_CTIME the record gets the present time, `to->ctime` being what the file
 * shows so far. FJ_OWNER_MODE in `what` with `real_mode` equal to the new one drops the pretended
 * mode. Returns 0; FJ_OWNER_NO_CTIME when the ctime was to be kept and is not, since there is no
 * record, or one without room for it (of a device, with attributes): the disk's is to be advanced;
 * -ENOSPC,
 * -EDQUOT or -EIO when the file of records cannot grow; -EROFS when it is only looked at. */
long fj_owner_set(const struct fj_owner_key *key, unsigned what, const struct fj_owner *to,
	const struct fj_owner *shown, uint32_t real_mode);
#define FJ_OWNER_NO_CTIME 1
/* May the ctime of a file on mount `mount_id` (stx_mnt_id) be kept in its record, in place of the
 * disk's? Only where the disk would take it, too, and nobody waits to be told (ctime.c). */
bool fj_owner_may_keep_ctime(uint64_t mount_id);
/* This process is about to watch files: inotify(7), fanotify(7), fcntl(2) F_NOTIFY. */
void fj_owner_watches(void);
/* It goes on to after an exec. */
#define FJ_OWNER_WATCH_AT 0x200u
struct fj_owner_watch {
	int32_t watcher; /* a process id: what a fork inherits is not the child's */
};
/* At process start, which has taken up what the process was before. */
void fj_owner_still_watches(void);
/* The file that was known by `from` is known by `to` now: make what `from` has `to`'s as well.
 * (Other names may still lead to the old one.) Returns as fj_owner_set. */
long fj_owner_renew(const struct fj_owner_key *from, const struct fj_owner_key *to);
/* The last name of the file is gone. */
void fj_owner_gone(const struct fj_owner_key *key);
/* The file, which had no name, is about to get one. */
void fj_owner_named(const struct fj_owner_key *key);

/* Does the file system of a root tell neither births nor lasting handles? As above. */
bool fj_owner_forgets(int root_fd);
extern bool fj_owner_is_forgetful;
#define FJ_OWNER_NO_STAMP 1 /* a key's stamp there, of a file without a tag */
/* tag.c: an attribute of the file, not to be seen in the jail, has inode number and stamp of the
 * key that its record is under. Puts them into `key`; false: there is none. */
#define FJ_OWNER_TAG "user.fakejail"
bool fj_owner_tag(int dirfd, const char *name, bool follows, struct fj_owner_key *key);
/* Before the first record of a file is made: tag it where that is of use and it can have a tag.
 * Where its key had no stamp, it has one then. `dev` and `mode` are the disk's; no link is
 * followed. */
void fj_owner_mark(
	struct fj_owner_key *key, uint32_t dev, int dirfd, const char *name, uint32_t mode);
/* The record that a file's tag leads to, when its key has none; its key then into `key`. To be
 * asked only when fj_owner_follows_tags. */
bool fj_owner_find_tagged(uint32_t dev, int dirfd, const char *name, uint32_t mode,
	struct fj_owner_key *key, struct fj_owner *owner);
extern bool fj_owner_follows_tags;
/* Does the file of records come from a lower layer? To be asked at the start of a jail. */
bool fj_owner_have_moved(int owners_fd);
#define FJ_OWNER_SCATTERED 0xffffffffu /* in place of the device, in the key of such a file */
/* The key of what statx(2) said `sx` of, for `dirfd` and `name` (NULL or "": itself); asked with
 * STATX_BTIME. */
struct statx;
void fj_owner_key_of(const struct statx *sx, int dirfd, const char *name, bool follows,
	struct fj_owner_key *key);

/* Attributes kept for a file: names with namespace. `value` in the program's memory is reached
 * through `guest`. */
#define FJ_ATTRIBUTE_MAX 65536u /* XATTR_SIZE_MAX, XATTR_LIST_MAX of linux/limits.h */
/* Copy the value into `value`; returns its length, also for size 0; -ENODATA, -ERANGE as
 * getxattr(2). */
long fj_owner_get_attribute(
	const struct fj_owner_key *key, const char *name, void *value, size_t size);
/* flags: XATTR_CREATE, XATTR_REPLACE. Returns 0, -EEXIST, -ENODATA, -ENOSPC. `value` NULL removes.
 */
long fj_owner_set_attribute(const struct fj_owner_key *key, const char *name, const void *value,
	size_t size, int flags, const struct fj_owner *shown);
/* Append the names, each with its NUL, into `list`; returns their length in bytes, also for size 0;
 * -ERANGE. */
long fj_owner_list_attributes(const struct fj_owner_key *key, char *list, size_t size);

/* Let `look` see the value where it lies; what it says is returned, or -ENODATA. It may be called
 * several times, with a value that is being changed: it must keep within `size` whatever it reads.
 */
long fj_owner_look_at_attribute(const struct fj_owner_key *key, const char *name,
	long (*look)(const char *value, size_t size, void *context), void *context);

/* Access control lists, as the values of these attributes: acl.c. */
#define FJ_ACL_ACCESS "system.posix_acl_access"
#define FJ_ACL_DEFAULT "system.posix_acl_default"
/* Is it a list that the kernel would take? Returns the permissions (0777) that it gives the mode;
 * -EINVAL; -EOPNOTSUPP for another version. `*is_mode`: it says no more than a mode does. */
long fj_acl_read(const char *value, size_t size, bool *is_mode);
/* Put into the entries that are the mode's what `mode` says. */
void fj_acl_take_mode(char *value, size_t size, uint32_t mode);
/* What the file's access list says to `ids`: 0 or -EACCES; -ENODATA when the mode decides. */
long fj_acl_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want);

/* The file of `key` has come into the root `key->home`: its record comes along. Returns 0 or
 * -errno. */
long fj_owner_carry(const struct fj_owner_key *key);

/* SIGBUS at `at`: was that in the file of records, which somebody cut off? Then it is given up, and
 * true. */
bool fj_owner_truncated(uintptr_t at);

/* What a file shows without a record. `is_foreign`: it is reached through a bind mount. */
void fj_owner_default(struct fj_owner *shown, bool is_foreign);
/* The ids that the kernel knows this user by. */
uint32_t fj_owner_real_uid(void);
uint32_t fj_owner_real_gid(void);

/* What the disk gets for a pretended mode: no set-id and sticky bits, no write permission for group
 * and others (`keeps_write`: a file of the host reached through a bind keeps it), and all that the
 * user needs to act as root. */
uint32_t fj_owner_real_mode(uint32_t mode, bool keeps_write);
/* What a change by `ids` leaves of the set-id bits of a file that shows `file`: chown(2) takes them
 * from everybody (chown_common() of fs/open.c), truncation and writing from whoever lacks
 * CAP_FSETID. Returns the mode. */
uint32_t fj_owner_mode_after_chown(const struct fj_ids *ids, const struct fj_owner *file);
uint32_t fj_owner_mode_after_write(const struct fj_ids *ids, const struct fj_owner *file);
/* What of `mode` the file may be given by `ids`: the set-group-id bit only by a member of its group
 * (setattr_prepare() of fs/attr.c). */
uint32_t fj_owner_mode_allowed(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t mode);

/* What `ids` may do with a file that shows `file` (perm.c). 0, or the kernel's errno. */
enum {
	FJ_MAY_EXEC = 1,
	FJ_MAY_WRITE = 2,
	FJ_MAY_READ = 4
}; /* as the mode's bits; EXEC of a directory: search */
long fj_may(const struct fj_ids *ids, const struct fj_owner *file, unsigned want);
/* Is it the owner, or as good as one? */
bool fj_is_owner(const struct fj_ids *ids, const struct fj_owner *file);
/* Remove or move away `victim` from `dir`: the sticky bit. */
long fj_may_delete(
	const struct fj_ids *ids, const struct fj_owner *dir, const struct fj_owner *victim);
/* uid, gid: FJ_NO_ID for "as it is". */
long fj_may_chown(
	const struct fj_ids *ids, const struct fj_owner *file, uint32_t uid, uint32_t gid);
/* Read or write the attribute `name`. -ENODATA: may not know of it. */
long fj_may_attribute(
	const struct fj_ids *ids, const struct fj_owner *file, const char *name, bool writes);

#endif
