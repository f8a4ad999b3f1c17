/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store.h - the file of records as it lies on disk and in memory; private to this room and to the
 * `owners` tool.
 *
 * docs/OWNERS.md explains the layout, the order of writes and every race. All numbers are the
 * machine's own; `byte_order` tells. Offsets are from the file's beginning. */
#ifndef FJ_STORE_H
#define FJ_STORE_H

#include "records/records.h"
#include "locking/lock.h"
#include "sys/sys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_STORE_MAGIC "FJOWNER\n"
#define FJ_STORE_VERSION 3u
/* 1: without FJ_OWNER_CTIME, `watches` and runs; 2: without books, FJ_SLOT_FROZEN and
 * FJ_SLOT_EMPTY. Read as they are; the first change makes them version 3 (replace.c). */
#define FJ_STORE_VERSION_MIN 1u
#define FJ_STORE_ORDER 0x01020304u
#ifndef FJ_STORE_FIRST_LOG     /* (tests grow from less) */
#define FJ_STORE_FIRST_LOG 10u /* slots of the first array, as a logarithm */
#endif
#define FJ_STORE_LOG_MAX 28u  /* 2^28 slots are 16 GiB */
#define FJ_STORE_RUN_LOG 6u   /* slots of a page */
#define FJ_STORE_FEW 64u      /* records that several may add at once */
#define FJ_STORE_SIZE_LOG 40u /* files are shorter than that */
#define FJ_BLOCK_CLASSES 16u  /* of attribute blocks: 64 bytes << class */
#define FJ_BLOCK_MIN 64u

/* One page. Behind it slot arrays and heap chunks, in the order they were needed. Whoever is robbed
 * of the lock may go on at any time (locking/lock.h): so each word here is changed in a way that is
 * right whoever does it, and whenever. */
struct fj_store_head {
	char magic[8];
	uint32_t version, byte_order;
	uint32_t head_size, slot_size;
	uint64_t table;	  /* the current slot array: fj_table_at() and the like */
	uint64_t records; /* live ones, or more after a kill: raised before a record appears */
	uint64_t old_used;
	uint64_t end;	 /* the file is at least this long. Only ever raised */
	uint64_t blocks; /* not 0: attributes were recorded (of older versions the heap's place) */
	uint64_t old_heap_end;
	uint64_t old_lock; /* of versions 1 and 2: FJ_STORE_OLD_LOCKED keeps their programs away */
	uint32_t waiters;
	uint32_t devices, inheriting; /* records ever made of devices, and of directories that hand
					 something down */
	uint32_t old_free_block[FJ_BLOCK_CLASSES];
	uint32_t watches;	     /* how often a process began to watch files: ctime.c */
	uint32_t news;		     /* how often a root was made that this one holds: roots.c */
	uint64_t own_ino, own_stamp; /* of this very file: a copy of it is of other files. 0: nobody
					has said so yet */
	char root[FJ_OWNER_NOTED];   /* the path of the root, when it was last started */
	struct fj_lock lock;	     /* of writers; process ids */
	uint64_t claimed; /* where the next piece will begin, when that is beyond `end` */
	uint8_t unused[4096 - 120 - 24 - FJ_OWNER_NOTED - 4 * FJ_BLOCK_CLASSES];
};
_Static_assert(sizeof(struct fj_store_head) == 4096, "a page");
_Static_assert(offsetof(struct fj_store_head, old_lock) == 72, "of version 1");

/* To older programs, whose wait it outlasts: process 1 holds it, and cannot be told to be dead. */
#define FJ_STORE_OLD_LOCKED (1u << 31 | 1)

/* The page before a slot array: what goes with it. It is the holder's of the lock; who was robbed
 * has one that nobody uses any more. */
struct fj_store_books {
	uint64_t used;			       /* slots that are not empty, or more */
	uint64_t heap_at, heap_end;	       /* room left in the current heap chunk */
	uint32_t free_block[FJ_BLOCK_CLASSES]; /* offset / FJ_BLOCK_UNIT of the first free block of
						  each class */
	uint8_t unused[4096 - 24 - 4 * FJ_BLOCK_CLASSES];
};
_Static_assert(sizeof(struct fj_store_books) == FJ_PAGE, "a page");

struct fj_store_copy {
	uint32_t uid, gid;
	uint16_t mode;	     /* S_IFMT when it is a device, and 07777 */
	uint8_t flags;	     /* FJ_OWNER_ */
	uint8_t check;	     /* over key and copy: a damaged record is no record */
	uint32_t rdev;	     /* with FJ_OWNER_CTIME the low half of the ctime, ns */
	uint32_t attributes; /* offset / FJ_BLOCK_UNIT of their block, or 0; with FJ_OWNER_CTIME the
				high half */
};
struct fj_store_slot {
	uint64_t ino, stamp;
	uint32_t dev; /* 0: the device that the file of records is on, whatever number it has today
		       */
	uint32_t state;
	struct fj_store_copy copy[2];
};
_Static_assert(sizeof(struct fj_store_slot) == 64, "a cache line");

/* fj_store_slot.state. A search ends at a slot without the first three. */
enum {
	FJ_SLOT_SECOND = 1, /* copy[1] is the record */
	FJ_SLOT_LIVE = 2,
	FJ_SLOT_USED = 4, /* without LIVE: passed over */
	FJ_SLOT_KIND = 7,
	FJ_SLOT_FROZEN = 8,		 /* the array is being replaced: never changes again */
	FJ_SLOT_TURN = 16,		 /* added at each change */
	FJ_SLOT_EMPTY = 1 * FJ_SLOT_TURN /* never used. In an array that was given up: 0 */
};

/* Which array, in one word: its offset, a page's; the logarithm of how many inode numbers lie
 * together, from bit 8; the logarithm of its length. */
static inline uint64_t fj_table(uint64_t at, uint32_t log, uint32_t run_log)
{
	return at | run_log << 8 | log;
}
static inline uint64_t fj_table_at(uint64_t table)
{
	return table & ~(uint64_t)(FJ_PAGE - 1);
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
/* A block of attributes: this, then entries. */
struct fj_store_block {
	uint32_t size_class;
	uint32_t used; /* bytes with this head; in a free block the next one's offset /
			  FJ_BLOCK_UNIT */
};
struct fj_store_attribute { /* then the name with its NUL, then the value, then up to 3 bytes of
			       padding */
	uint32_t value_len;
	uint16_t name_len;
	uint16_t unused;
};

/* How often a reader looks again because what it read has changed meanwhile. Honest writers do not
 * bring it there: who scribbles in the file does. */
#define FJ_STORE_ROUNDS 100000u

/* What shared.c writes for a file of records, and reads under the first lock of that only. */
struct fj_store_room {
	char boot_id[40], link[FJ_PATH_MAX];
};

#define FJ_STORE_WINDOWS 40
/* A file of records in this process. A window maps the file from its beginning; window k has
 * `first_window` << k bytes. A larger one is added when the file outgrew the last; the old ones
 * stay, as somebody may be reading in them. */
struct fj_store {
	int fd; /* -1: of another root, and then this is its path */
	const char *path;
	uint64_t ino; /* of the file that was found there */
	struct fj_store_room *room;
	bool is_read_only;
	bool is_shared;	     /* with other machines, perhaps: shared.c */
	uint64_t known_size; /* of a shared one: it is at least that long */
	bool is_truncated;   /* somebody cut the file off: truncated.c */
	uint32_t home;	     /* device the file lies on */
	uint64_t first_window;
	uint32_t last_window;
	char *window[FJ_STORE_WINDOWS];
};
/* 0: the jail's own; 1: the host's records, looked at when the first knows nothing. */
extern struct fj_store fj_store[2];
extern uint32_t fj_store_count;

/* Each file of records that counts, in the order in which they are asked: `*at` begins at 0. NULL:
 * no more. */
struct fj_store *fj_store_each_met(uint32_t *at);
static inline struct fj_store *fj_store_each(uint32_t *at)
{
	if (__builtin_expect(fj_owner_roots_met() != 0, 0))
		return fj_store_each_met(at);
	return *at < fj_store_count ? &fj_store[(*at)++] : NULL;
}
/* Has none of the roots that were met a record? (Of many it is not looked at.) */
bool fj_store_met_are_empty(void);
/* Where changes of the file are recorded. */
struct fj_store *fj_store_home(const struct fj_owner_key *key);
/* The one of fj_owner_roots that this process has opened, or NULL. */
struct fj_store *fj_store_opened(uint32_t i);
/* Open the file of records `path`. A descriptor or -errno. */
long fj_store_open(const char *path, int flags);
/* The same of a file that is mapped; -ESTALE when its path leads to another by now. */
long fj_store_open_again(const struct fj_store *s, int flags);

/* table.c */
static inline struct fj_store_head *fj_store_head(const struct fj_store *s)
{
	return (struct fj_store_head *)s->window[0];
}
/* `size` bytes at `offset` of the file, in a window that holds them; NULL when there is none to be
 * had. */
void *fj_store_at(struct fj_store *s, uint64_t offset, uint64_t size);
/* Those of a table of version 3, or NULL. */
struct fj_store_books *fj_store_books(struct fj_store *s, uint64_t table);
struct fj_store_slot *fj_store_slots(struct fj_store *s, uint64_t table, uint32_t *mask);
uint32_t fj_store_dev(const struct fj_store *s, uint64_t dev);
uint8_t fj_store_check(const struct fj_store_slot *slot, const struct fj_store_copy *copy);
/* A consistent copy of the live record of `key`; false when there is none. `slot` and `state` may
 * be NULL. */
bool fj_store_find(struct fj_store *s, const struct fj_owner_key *key, bool any_stamp,
	struct fj_store_copy *copy, struct fj_store_slot **slot, uint32_t *state);
/* The slot of array `table` where a file's record is or should go: its own inode's, else the first
 * never used. NULL when all are used. */
struct fj_store_slot *fj_store_slot_for(
	struct fj_store_slot *slots, uint64_t table, uint32_t dev, uint64_t ino);

/* The lock, as somebody has it who has taken it: lock.c. */
struct fj_store_hold {
	struct fj_store *s;
	uint64_t mask;
	uint64_t table;		  /* the array that is his */
	struct fj_lock_hold lock; /* `is_robbed`: the array is to be replaced; so it was when he
				     took the lock, or he has found a slot frozen */
	bool may_be_killed;	  /* of a shared one: by a child of the moment */
};
/* Somebody has taken the lock away: nothing was changed, and all is to be done again, from the lock
 * on. Said by everything that gets a hold. */
#define FJ_STORE_ROBBED (-EOWNERDEAD)
static inline bool fj_store_again(long *r, uint32_t *times)
{
	if (*r == FJ_STORE_ROBBED && ++*times == FJ_RACES)
		*r = -EBUSY;
	return *r == FJ_STORE_ROBBED;
}
/* Make `copy` the record of `key`. Returns 0, -ENOSPC, -EDQUOT, -EIO, FJ_STORE_ROBBED. */
long fj_store_put(struct fj_store_hold *hold, const struct fj_owner_key *key,
	const struct fj_store_copy *copy);
/* Forget the record that `slot` had in `state`. 0 or FJ_STORE_ROBBED. */
long fj_store_drop(struct fj_store_hold *hold, struct fj_store_slot *slot, uint32_t state);

static inline uint64_t fj_store_ctime(const struct fj_store_copy *copy)
{
	return copy->flags & FJ_OWNER_CTIME ? (uint64_t)copy->attributes << 32 | copy->rdev : 0;
}
static inline uint32_t fj_store_attributes(const struct fj_store_copy *copy)
{
	return copy->flags & FJ_OWNER_CTIME ? 0 : copy->attributes;
}
/* 0: none. The copy has neither FJ_OWNER_DEVICE nor FJ_OWNER_ATTRIBUTES. */
static inline void fj_store_set_ctime(struct fj_store_copy *copy, uint64_t ctime)
{
	copy->rdev = (uint32_t)ctime;
	copy->attributes = (uint32_t)(ctime >> 32);
	copy->flags =
		(uint8_t)(ctime ? copy->flags | FJ_OWNER_CTIME : copy->flags & ~FJ_OWNER_CTIME);
}

/* grow.c */
/* Map the file behind `fd` (closed here), which is `path`. Returns 0 or -errno. */
long fj_store_map(struct fj_store *s, int fd, const char *path);
/* A piece of `size` zero bytes at the end, with disk space behind them; nobody else has it. Returns
 * its offset, or -errno. (A lock is not needed.) */
long fj_store_extend(struct fj_store *s, uint64_t size);

/* replace.c. 0, -ENOSPC and the like, FJ_STORE_ROBBED. */
/* A new array for the live records, with room for others. */
long fj_store_grow(struct fj_store_hold *hold);
/* The same, as the holder has robbed somebody: whatever that one does from now on is in vain. Or as
 * the file is of an older version. */
long fj_store_replace(struct fj_store_hold *hold);

/* ctime.c: the time of a change, ns since the epoch: the kernel's for files, but later than
 * `shown`. */
uint64_t fj_store_ctime_now(uint64_t shown);

/* lock.c */
/* Under the lock: let `change`, which gets `data`, change records; as often as somebody takes the
 * lock away. Of a shared one a child of the moment does it, who may be killed at any instruction:
 * then it is begun anew. What `change` returns; or, when that is 0, -errno when it did not get to
 * where a shared file is; or what fj_store_lock() says. */
long fj_store_change(
	struct fj_store *s, long (*change)(struct fj_store_hold *hold, void *data), void *data);
/* For who does more than that. (Who is stopped in it keeps the others from a shared file.) 0, -EIO, -EROFS, or what fj_store_replace() says; of a shared one also -EBUSY, when one who is
 * stopped or another machine holds it, -ENOLCK, where locks do not work, and what to open a file
 * may say. */
long fj_store_lock(struct fj_store *s, struct fj_store_hold *hold);
/* 0, or -errno when the changes of a shared file did not get to where it is. (What was done is done
 * also when the lock is another's by now.) */
long fj_store_unlock(struct fj_store_hold *hold);
/* shared.c; hold->lock.word alone is filled. */
long fj_store_lock_shared(struct fj_store *s, struct fj_store_hold *hold);
long fj_store_unlock_shared(struct fj_store *s, const struct fj_store_hold *hold);
/* Has a shared file this end? Only then it may be touched up to there. */
bool fj_store_reaches(struct fj_store *s, uint64_t end);
/* At process start: what this process held in its life before execve(2), in another thread, it no
 * longer does. */
void fj_store_lock_start(struct fj_store *s);
/* blocks.c and attributes.c, all under the lock */
/* A block with room for `bytes`, its offset / FJ_BLOCK_UNIT in `*at`. Returns 0 or -ENOSPC ... */
long fj_store_block_take(struct fj_store_hold *hold, uint32_t bytes, uint32_t *at);
/* One that no record names: after the change that took it out of the last one. */
void fj_store_block_give(struct fj_store_hold *hold, uint32_t at);
/* A copy of block `at` of `from` (its entries refer to nothing) for the held one, into `*made`; 0
 * when it is no block. */
long fj_store_block_copy(
	struct fj_store *from, uint32_t at, struct fj_store_hold *hold, uint32_t *made);

/* record.c */
/* Under the lock of `s`, or to look only: what the file's record says, wherever it is, into `copy`;
 * `*from` is where, and NULL when there is none: then it is what the file shows. The attributes
 * are still those of `from`. */
void fj_store_begin(const struct fj_owner_key *key, const struct fj_owner *shown,
	struct fj_store_copy *copy, struct fj_store **from);
/* Make `copy`, whose attributes lie in the held one, the record of `key`, whose record was in
 * `from`. */
long fj_store_put_from(struct fj_store_hold *hold, struct fj_store *from,
	const struct fj_owner_key *key, const struct fj_store_copy *copy);
/* Without a lock, when `s` has got the record of `key`: forget those that would be found before it,
 * and that which it began with, `began` in `from`. */
void fj_store_drop_others(struct fj_store *s, struct fj_store *from, const struct fj_owner_key *key,
	const struct fj_store_copy *began);
/* The records of fj_owner_roots->root[i], or NULL. `is_last`: they are wanted when they are among
 * those that are asked last. */
struct fj_store *fj_store_of_root(uint32_t i, bool is_last);
/* May changes be written there? */
bool fj_store_is_written(const struct fj_store *s);

#endif
