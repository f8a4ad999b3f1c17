/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store.h - the file of records on disk and in memory. Only this room, the rooms met-roots and
 * ownership, and the tools of scripts/ that work on records include it.
 *
 * docs/OWNERS.md explains the layout, the order of writes and every race. Numbers are in the
 * machine's byte order; `byte_order` tells which. Offsets count from the beginning of the file. */
#ifndef FJ_STORE_H
#define FJ_STORE_H

#include "locking/lock.h"
#include "records/records.h"
#include "records/start.h"
#include "sys/page.h"
#include "sys/races.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_STORE_MAGIC "FJOWNER\n"
#define FJ_STORE_VERSION 3u
/* Version 1 lacks FJ_OWNER_CTIME, `watches` and runs of slots. Version 2 lacks struct
 * fj_store_array_head, FJ_SLOT_FROZEN and FJ_SLOT_EMPTY. Both are read as they are; the first change
 * turns the file into version 3 (replace.c). */
#define FJ_STORE_VERSION_MIN 1u
#define FJ_STORE_ORDER 0x01020304u
#ifndef FJ_STORE_FIRST_LOG     /* tests begin with less */
#define FJ_STORE_FIRST_LOG 10u /* slots of the first array, as a logarithm */
#endif
#define FJ_STORE_LOG_MAX 28u  /* 2^28 slots are 16 GiB */
#define FJ_STORE_RUN_LOG 6u   /* a page of slots */
#define FJ_STORE_FEW 64u      /* records that several writers may add at the same time */
#define FJ_STORE_SIZE_LOG 40u /* every file is shorter than this */
#define FJ_BLOCK_CLASSES 16u  /* of attribute blocks: 64 bytes << class */
#define FJ_BLOCK_MIN 64u

/* The first page of the file. Slot arrays and heap chunks follow, in the order in which they were
 * needed. A writer that has lost the lock may go on at any time (locking/lock.h). So each word here
 * is changed in a way that is right at any time, for any writer. */
struct fj_store_head {
	char magic[8];
	uint32_t version, byte_order;
	uint32_t head_size, slot_size;
	uint64_t table;	  /* the current slot array: fj_table_at() and the like */
	uint64_t records; /* live records; more after a kill, since it is raised before a record
			     appears */
	uint64_t old_used;
	uint64_t end;	 /* the file is at least this long; it is only ever raised */
	uint64_t blocks; /* not 0: attributes were recorded (in older versions the place of the
			    heap) */
	uint64_t old_heap_end;
	uint64_t old_lock; /* of versions 1 and 2; FJ_STORE_OLD_LOCKED keeps their programs from
			      writing */
	uint32_t waiters;
	uint32_t devices, inheriting; /* how many records were ever made for devices, and for
					 directories from which new files inherit */
	uint32_t old_free_block[FJ_BLOCK_CLASSES];
	uint32_t watches; /* how often a process began to watch files (ctime.c) */
	uint32_t news;	  /* how often a root was made inside this one (met-roots/news.c) */
	uint64_t own_ino, own_stamp; /* inode and birth of this very file: in a copy they differ.
					0: not noted yet */
	char root[FJ_OWNER_NOTED];   /* path of the root at the last start */
	struct fj_lock lock;	     /* of the writers; holds process ids */
	uint64_t claimed;	     /* where the next piece begins, if that is beyond `end` */
	uint8_t unused[FJ_PAGE - 120 - 24 - FJ_OWNER_NOTED - 4 * FJ_BLOCK_CLASSES];
};
_Static_assert(sizeof(struct fj_store_head) == FJ_PAGE, "a page");
_Static_assert(offsetof(struct fj_store_head, old_lock) == 72, "of version 1");

/* Tells older programs that process 1 holds the lock. They find process 1 alive, so they wait until
 * they give up. */
#define FJ_STORE_OLD_LOCKED (1u << 31 | 1)

/* The page before a slot array, with the numbers that go with it. It belongs to the holder of the
 * lock. A writer that has lost the lock still has the page of an array that is no longer used. */
struct fj_store_array_head {
	uint64_t used;			       /* slots that are not empty; may be too many */
	uint64_t heap_at, heap_end;	       /* free part of the current heap chunk */
	uint32_t free_block[FJ_BLOCK_CLASSES]; /* offset / FJ_BLOCK_UNIT of the first free block,
						  for each class */
	uint8_t unused[FJ_PAGE - 24 - 4 * FJ_BLOCK_CLASSES];
};
_Static_assert(sizeof(struct fj_store_array_head) == FJ_PAGE, "a page");

struct fj_store_copy {
	uint32_t uid, gid;
	uint16_t mode;	     /* 07777, and S_IFMT for a device */
	uint8_t flags;	     /* FJ_OWNER_ */
	uint8_t check;	     /* over key and copy: a damaged record counts as no record */
	uint32_t rdev;	     /* with FJ_OWNER_CTIME: the low half of the ctime in ns */
	uint32_t attributes; /* offset / FJ_BLOCK_UNIT of the block of attributes, or 0; with
				FJ_OWNER_CTIME: the high half */
};
struct fj_store_slot {
	uint64_t ino, stamp;
	uint32_t dev; /* 0: the device of the file of records itself, whose number may change
			 from boot to boot */
	uint32_t state;
	struct fj_store_copy copy[2];
};
_Static_assert(sizeof(struct fj_store_slot) == 64, "a cache line");

/* Bits of fj_store_slot.state. A search ends at a slot without the first three. */
enum {
	FJ_SLOT_SECOND = 1, /* copy[1] is the record */
	FJ_SLOT_LIVE = 2,
	FJ_SLOT_USED = 4, /* without LIVE: a search passes over it */
	FJ_SLOT_KIND = 7,
	FJ_SLOT_FROZEN = 8,		 /* the array is being replaced: this slot never changes
					    again */
	FJ_SLOT_TURN = 16,		 /* added at each change */
	FJ_SLOT_EMPTY = 1 * FJ_SLOT_TURN /* never used; in an array that was given up it is 0 */
};

/* One word says which array is in use: its offset, a multiple of the page size; from bit 8 the
 * logarithm of how many inode numbers have their slots together; the logarithm of its length. */
static inline uint64_t fj_table(uint64_t at, uint32_t log, uint32_t run_log)
{
	return at | run_log << 8 | log;
}
static inline uint64_t fj_table_at(uint64_t table)
{
	return fj_page_down(table);
}
static inline uint32_t fj_table_log(uint64_t table)
{
	return table & 0xff;
}
static inline uint32_t fj_table_run_log(uint64_t table)
{
	return table >> 8 & 0xf;
}
static inline bool fj_table_is_sound(uint64_t table)
{
	return fj_table_log(table) <= FJ_STORE_LOG_MAX &&
	       fj_table_run_log(table) <= FJ_STORE_RUN_LOG &&
	       fj_table_run_log(table) <= fj_table_log(table);
}

#define FJ_BLOCK_UNIT 16u
/* Head of a block of attributes. Entries follow. */
struct fj_store_block {
	uint32_t size_class;
	uint32_t used; /* bytes, with this head; in a free block: offset / FJ_BLOCK_UNIT of the
			  next free one */
};
struct fj_store_attribute { /* then the name with its NUL, the value, and up to 3 bytes of
			       padding */
	uint32_t value_len;
	uint16_t name_len;
	uint16_t unused;
};

/* How often a reader looks again because the record has changed while it was read. Correct writers
 * do not reach this number; a program that overwrites the file may. */
#define FJ_STORE_ROUNDS 100000u

/* Written by shared.c for a file of records, and read only under the first lock of that file. */
struct fj_store_room {
	char boot_id[40], link[PATH_MAX];
};

#define FJ_STORE_WINDOWS 40
/* A file of records in this process. A window maps the file from its beginning; window k has
 * `first_window` << k bytes. When the file outgrows the last window, a larger one is added. The old
 * ones stay, since another thread may be reading in them. */
struct fj_store {
	int fd; /* -1: the records of another root, whose path is the next member */
	const char *path;
	uint64_t ino; /* of the file that was found at the path */
	struct fj_store_room *room;
	bool is_read_only;
	bool is_shared;	     /* perhaps with other machines (shared.c) */
	uint64_t known_size; /* of a shared file: it is at least this long */
	bool is_truncated;   /* somebody has truncated the file (ownership/truncated.c) */
	uint32_t device;     /* of the file */
	uint64_t first_window;
	uint32_t last_window;
	char *window[FJ_STORE_WINDOWS];
};
/* fj_store[0] is the jail's own file; fj_store[1] is the host's records, looked up when the first
 * has no record. */
extern struct fj_store fj_store[2];
extern uint32_t fj_store_count;

/* file.c */
/* Opens the file of records `path`. Returns a descriptor or -errno. */
long fj_store_open(const char *path, int flags);
/* Opens the file of a mapped store again. -ESTALE: its path leads to another file now. */
long fj_store_open_again(const struct fj_store *s, int flags);

/* table.c */
static inline struct fj_store_head *fj_store_head(const struct fj_store *s)
{
	return (struct fj_store_head *)s->window[0];
}
/* The address of `size` bytes at `offset` of the file, in a window that has them. NULL when there
 * is none. */
void *fj_store_at(struct fj_store *s, uint64_t offset, uint64_t size);
/* The page before slot array `table`, or NULL. For version 3 only. */
struct fj_store_array_head *fj_store_array_head(struct fj_store *s, uint64_t table);
/* The slots of array `table`; `*mask` gets their number minus 1. NULL when the file has no such array. */
struct fj_store_slot *fj_store_slots(struct fj_store *s, uint64_t table, uint32_t *mask);
/* What struct fj_store_copy.check must be for this key and copy. */
uint8_t fj_store_check(const struct fj_store_slot *slot, const struct fj_store_copy *copy);
/* Copies the live record of `key` consistently; false when there is none. `slot` and `state` may be
 * NULL. */
bool fj_store_find(struct fj_store *s, const struct fj_owner_key *key, bool any_stamp,
	struct fj_store_copy *copy, struct fj_store_slot **slot, uint32_t *state);
/* The slot of array `table` for a file: the one of the same inode number, else the first that was
 * never used. NULL when all are used. */
struct fj_store_slot *fj_store_slot_for(
	struct fj_store_slot *slots, uint64_t table, uint32_t dev, uint64_t ino);

/* What the holder of the lock has (lock.c). */
struct fj_store_hold {
	struct fj_store *s;
	uint64_t mask; /* the thread's before, if `blocks_signals` */
	bool blocks_signals;
	uint64_t table;		  /* the array that the holder works in */
	struct fj_lock_hold lock; /* `is_robbed`: the array must be replaced. Either that was so
				     when the lock was taken, or the holder has found a frozen
				     slot */
	bool may_be_killed;	  /* of a shared file: the holder is a child that may be killed */
};
/* The lock was taken away by another process. Nothing was changed, and the caller must begin again
 * with the lock. Every function that gets a hold may return it. */
#define FJ_STORE_ROBBED (-EOWNERDEAD)
/* Must the caller begin again? `*times`, 0 at first, counts. After FJ_RACES times `*r` becomes -EBUSY. */
static inline bool fj_store_again(long *r, uint32_t *times)
{
	if (*r == FJ_STORE_ROBBED && ++*times == FJ_RACES)
		*r = -EBUSY;
	return *r == FJ_STORE_ROBBED;
}
/* Makes `copy` the record of `key`. Returns 0, -ENOSPC, -EDQUOT, -EIO or FJ_STORE_ROBBED. */
long fj_store_put(struct fj_store_hold *hold, const struct fj_owner_key *key,
	const struct fj_store_copy *copy);
/* Removes the record that `slot` had when its state was `state`. Returns 0 or FJ_STORE_ROBBED. */
long fj_store_drop(struct fj_store_hold *hold, struct fj_store_slot *slot, uint32_t state);

/* The ctime in the copy, in ns; 0: it has none. */
static inline uint64_t fj_store_ctime(const struct fj_store_copy *copy)
{
	return copy->flags & FJ_OWNER_CTIME ? (uint64_t)copy->attributes << 32 | copy->rdev : 0;
}
/* The block of attributes that the copy names, offset / FJ_BLOCK_UNIT; 0: none. */
static inline uint32_t fj_store_attributes(const struct fj_store_copy *copy)
{
	return copy->flags & FJ_OWNER_CTIME ? 0 : copy->attributes;
}
/* `ctime` 0: the copy gets none. The copy must have neither FJ_OWNER_DEVICE nor FJ_OWNER_ATTRIBUTES. */
static inline void fj_store_set_ctime(struct fj_store_copy *copy, uint64_t ctime)
{
	copy->rdev = (uint32_t)ctime;
	copy->attributes = (uint32_t)(ctime >> 32);
	copy->flags =
		(uint8_t)(ctime ? copy->flags | FJ_OWNER_CTIME : copy->flags & ~FJ_OWNER_CTIME);
}

/* grow.c */
/* Maps the file behind `fd`, whose path is `path`, and closes `fd`. Returns 0 or -errno. */
long fj_store_map(struct fj_store *s, int fd, const char *path);
/* Gets a piece of `size` zero bytes at the end of the file, with disk space behind them. No other
 * process gets the same piece. Returns its offset, or -errno. No lock is needed. */
long fj_store_extend(struct fj_store *s, uint64_t size);

/* replace.c. Both return 0, -ENOSPC, -EDQUOT, -EIO or another error of the disk, or FJ_STORE_ROBBED. */
/* Makes a new array for the live records, with room for more. */
long fj_store_grow(struct fj_store_hold *hold);
/* As fj_store_grow(). Called when the holder has taken the lock from another process, whose further writes
 * must have no effect; or when the file is of an older version. */
long fj_store_replace(struct fj_store_hold *hold);

/* ctime.c: the time of a change in ns since the epoch, from the clock that the kernel uses for
 * files, but later than `shown`. */
uint64_t fj_store_ctime_now(uint64_t shown);

/* lock.c */
/* Takes the lock and calls `change` with `data`; does so again when another process takes the lock
 * away. For a shared file a short-lived child calls it, which may be killed at any instruction:
 * then another child begins anew. Returns what `change` returned. If that is 0, it may return
 * -errno because the change did not reach the server, or an error of fj_store_lock(). */
long fj_store_change(
	struct fj_store *s, long (*change)(struct fj_store_hold *hold, void *data), void *data);
/* Takes the lock, for callers that make more than one change. (A holder that is stopped keeps the
 * others from a shared file.) Returns 0, -EIO, -EROFS or an error of fj_store_replace(). For a shared file also
 * -EBUSY, when a stopped process or another machine holds it, -ENOLCK, where locks do not work, and
 * errors of open(2). */
long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold);
/* Gives the lock back. Returns 0, or -errno when the changes of a shared file did not reach the
 * server. (A change counts also if another process has taken the lock by now.) */
long fj_store_unlock(struct fj_store_hold *hold);
/* shared.c: take and give back the locks of a shared file, for fj_store_lock() and fj_store_unlock(), which
 * return the results. These two fill and read hold->lock.word only. */
long fj_store_lock_shared(struct fj_store *s, struct fj_store_hold *hold);
long fj_store_unlock_shared(struct fj_store *s, const struct fj_store_hold *hold);
/* Is a shared file at least `end` bytes long? Only then the mapping may be accessed up to there. */
bool fj_store_reaches(struct fj_store *s, uint64_t end);
/* Call at process start: frees the lock if another thread of this process held it before
 * execve(2). */
void fj_store_lock_start(struct fj_store *s);
/* blocks.c and ownership/attributes.c; call all of these with the lock */
/* Takes a block with room for `bytes`. `*at` gets its offset / FJ_BLOCK_UNIT. Returns 0, -ENOSPC or
 * other errors of the disk. */
long fj_store_block_take(struct fj_store_hold *hold, uint32_t bytes, uint32_t *at);
/* Frees a block. Call after the change by which the last record stopped naming it. */
void fj_store_block_give(struct fj_store_hold *hold, uint32_t at);
/* Copies block `at` of `from` into a new block of the held store, `*made`; 0 when `at` is no block.
 * (An entry refers to nothing outside its block.) */
long fj_store_block_copy(
	struct fj_store *from, uint32_t at, struct fj_store_hold *hold, uint32_t *made);

/* ownership/record.c */
/* Reads the file's record, from whatever store has it, into `copy`; `*from` is that store. Without
 * a record `*from` is NULL and `copy` is what the file shows. The attributes still are those of
 * `from`. Call with the lock of the store that will change, or without it only to look. */
void fj_store_begin(const struct fj_owner_key *key, const struct fj_owner *shown,
	struct fj_store_copy *copy, struct fj_store **from);
/* Makes `copy`, whose attributes lie in the held store, the record of `key`. Its record was in
 * `from` before. */
long fj_store_put_from(struct fj_store_hold *hold, struct fj_store *from,
	const struct fj_owner_key *key, const struct fj_store_copy *copy);
/* Call without a lock after `s` has got the record of `key`. Removes the file's records from stores
 * that are looked up earlier than `s`, and the record `began` from the store `from`. */
void fj_store_drop_others(struct fj_store *s, struct fj_store *from, const struct fj_owner_key *key,
	const struct fj_store_copy *began);

#endif
