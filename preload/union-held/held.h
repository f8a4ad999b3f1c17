/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * held.h - in a jail with unions: files that are held, by a descriptor of the program or as the working directory.
 * At which position of a union are they, what does this process remember of them, and how is the held file of
 * a lower layer changed? Called by walks, by the fast path, and by hooks of descriptors. */
#ifndef FJ_UNION_HELD_H
#define FJ_UNION_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_layers;
struct fj_place;
struct fj_str;
struct fj_thread;
struct stat;
struct statx;

/* union_dirs.c: by facts, is directory `dirfd` (or AT_FDCWD) in a union, and at which position? Costs
 * one system call. `is_alone`: it is known that only one layer has the directory. */
enum fj_dir_kind { FJ_DIR_UNKNOWN, FJ_DIR_OUTSIDE, FJ_DIR_IN_UNION };
enum fj_dir_kind fj_dir_recall(int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone);
/* What else is known of a directory then. */
struct fj_dir_seen {
	uint64_t dev;	/* its own device as stat(2) shows it, or 0: it was not asked for */
	bool is_lower;	/* only one layer has it, and that is a lower one */
	uint64_t token; /* for fj_dir_recent_listed(), or 0 */
};
/* As fj_dir_recall(), and sets `*seen`. */
enum fj_dir_kind fj_dir_recall_on(
	int dirfd, uint64_t epoch, struct fj_str *pos, bool *is_alone, struct fj_dir_seen *seen);
/* Store this fact. The kernel has said, at `epoch` or later, that directory `dirfd` is at `pos`, merged
 * from `l` (NULL: it is in no union). */
void fj_dir_keep(
	struct fj_thread *t, int dirfd, const char *pos, const struct fj_layers *l, uint64_t epoch);
/* Is directory `dirfd` in a union? If so, `pos` gets its position. If there is no fact, the kernel is
 * asked, and a fact stored. `*seen` as for fj_dir_recall_on(). */
bool fj_dir_in_union(struct fj_thread *t, int dirfd, struct fj_str *pos, bool *is_alone,
	struct fj_dir_seen *seen);
/* The key of directory `dirfd`: its device, number and time of birth. False: it is no directory, or has no
 * time of birth. The bytes of a key: a NUL, 8 each for device, number and seconds, 4 for nanoseconds. */
#define FJ_DIR_KEY_SIZE 29u
bool fj_dir_key(int dirfd, char key[FJ_DIR_KEY_SIZE]);
/* Make the key of a directory from what statx(2) has said, if it was asked for STATX_BTIME. */
bool fj_dir_key_of(const struct statx *sx, char key[FJ_DIR_KEY_SIZE]);
/* Make a key without the time of birth from what stat(2) or statx(2) has said, for fj_dir_recent_has(): of a directory, or of a
 * file with one link. False: the file may be in several directories. */
bool fj_dir_key_of_stat(const struct stat *st, char key[FJ_DIR_KEY_SIZE]);
bool fj_dir_key_of_child(const struct statx *sx, char key[FJ_DIR_KEY_SIZE]);
/* union_recent.c: did only one layer have the directory `dirfd` when a name in it was last looked up?
 * This is a guess: the number may be another file's now. fj_dir_expect() notes the answer for the next time. */
bool fj_dir_is_expected(int dirfd);
void fj_dir_expect(int dirfd, bool is);
/* union_recent.c: what this process remembers of a directory. FJ_DIR_UNITED: it is in a union.
 * FJ_DIR_ALONE: it is in no union, or in only one layer. FJ_DIR_LOWER: that is a lower layer. */
enum { FJ_DIR_UNITED = 1, FJ_DIR_ALONE = 2, FJ_DIR_LOWER = 4 };
/* `pos`, which is empty, gets its position, and `*token` the number for fj_dir_recent_listed(), or 0. False:
 * nothing is remembered. */
bool fj_dir_recent(const char key[FJ_DIR_KEY_SIZE], uint64_t epoch, struct fj_str *pos,
	unsigned *flags, uint64_t *token);
/* `born`: the time of the fact that says so, or fj_facts_now(). `*token` as for fj_dir_recent(). False: the
 * position is too long, or somebody else is writing. */
bool fj_dir_recent_add(const char key[FJ_DIR_KEY_SIZE], const char *pos, unsigned flags,
	uint32_t born, uint64_t epoch, uint64_t *token);
/* union_recent.c: the directory that `token` stands for (not 0) was listed, and has `name`, with inode number `ino`. The name of a
 * directory was marked. */
void fj_dir_recent_listed(uint64_t token, const char *name, uint64_t ino);
/* union_recent.c: file `name` of `dirfd`, which is no directory, was found, and it was asked then which directory `dirfd` is:
 * the one that `token` stands for (not 0). The next look at it need not ask. */
void fj_dir_recent_found(int dirfd, uint64_t token, const char *name, uint64_t ino);
/* Has this process found files in that way? Then what a listing tells of files will probably be used. */
bool fj_dir_recent_finds(void);
/* The kernel has listed the directory of that descriptor, which one layer alone has, up to this file offset
 * (d_off of its last entry). fj_dir_listed_to() returns the offset, or 0: none is known. This is a guess, as
 * fj_dir_is_expected(). */
void fj_dir_list_to(int fd, uint64_t offset);
uint64_t fj_dir_listed_to(int fd);
/* No name has a larger file offset (ext4_get_htree_eof(), fs/ext4/dir.c). So whichever directory is at this offset, its
 * listing is at its end. FJ_DIR_STAYS may be added to the offset: nobody in the jail removes the directory, after which the
 * kernel would answer ENOENT. */
#define FJ_DIR_END 0x7fffffffffffffffUL
#define FJ_DIR_STAYS 0x8000000000000000UL
/* `fd` was opened. `is`: it is the directory that was found or added last in what this process remembers. */
void fj_dir_open_as_last(int fd, bool is);
/* The first time after `fd` was opened: the inode number of the directory that it was then, if it is still remembered
 * that one lower layer alone has it; otherwise 0. This is a guess about `fd`. But if a listing of `fd` from its beginning has "."
 * with this number, it is right, or the directory is on another device and in no union: there is one union, on one device,
 * and nobody in the jail removes a directory of a lower layer. `pos`, which is empty, gets its position, and `*token`
 * what fj_dir_recent_listed() takes. */
uint64_t fj_dir_opened_as(int fd, uint64_t epoch, struct fj_str *pos, uint64_t *token);
/* Was the guess right? After many that were not, this process makes no more. */
void fj_dir_guessed(bool is_right);
/* May fj_dir_recent_has() know the next name in `dirfd`? A guess. */
bool fj_dir_may_be_listed(int dirfd);
/* The directory or the file with one link that has this `key`, of which only device and number count, was found as `name` in
 * `dirfd`. Was it found or listed before in a directory of which it is still remembered that one lower layer alone has it? Nobody
 * moves a file of a lower layer, so `dirfd` is that directory. `pos`, which is empty, gets its position. False where a lower
 * layer has a second position. */
bool fj_dir_recent_has(int dirfd, const char *name, const char key[FJ_DIR_KEY_SIZE], uint64_t epoch,
	struct fj_str *pos);
/* Is FJ_DIR_ALONE remembered of the directory with this device and number? Only for what is shown of it:
 * another directory may have had its number a moment ago. (False where directories show another device.) */
bool fj_dir_recent_is_alone(uint64_t dev, uint64_t ino);

/* union_fd.c: the file at `host_path` will be changed. If it is in a lower layer of a union, copy it up, and let
 * `place` lead to the copy. Returns 1, 0 if it is not (`place` is unchanged), or -errno. */
long fj_union_bring_up(struct fj_thread *t, const char *host_path, struct fj_place *place);
/* The file behind `fd`, a descriptor of the program that is open for reading or of a fifo, will be changed. If
 * it is in a lower layer, copy it up: a descriptor of the copy replaces `fd`. Returns 0 or -errno. */
long fj_union_bring_fd_up(struct fj_thread *t, int fd);
/* Do several layers of a union have the directory `fd` (or AT_FDCWD)? `*dev` is set to its
 * fj_union_dir_device(). */
bool fj_union_is_merged(struct fj_thread *t, int fd, uint64_t *dev);

#endif
