/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * table.c - the verbs check and prune: read all slots of the table in the file of records. Called
 * by main.c. */
#include "owners.h"
#include "records/disk.h"

#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* Counts the records, and those of removed files (`gone`). Returns how many records are damaged:
 * have a wrong checksum. */
static unsigned long check_slots(unsigned long *live, unsigned long *gone)
{
	struct fj_store *s = &fj_store[0];
	unsigned long bad = 0;
	uint32_t mask;
	const struct fj_store_slot *slots = fj_store_slots(s, fj_store_head(s)->table, &mask);

	for (uint32_t i = 0; i <= mask; i++) {
		const struct fj_store_copy *copy = &slots[i].copy[slots[i].state & FJ_SLOT_SECOND];

		if (!(slots[i].state & FJ_SLOT_LIVE))
			continue;
		++*live;
		*gone += (copy->flags & FJ_OWNER_GONE) != 0;
		bad += fj_store_check(&slots[i], copy) != copy->check;
	}
	return bad;
}

int owners_check(const char *db)
{
	unsigned long live = 0, gone = 0;
	const unsigned long bad = check_slots(&live, &gone);

	printf("%s: %lu records, %lu of removed files, %lu damaged\n", db, live, gone, bad);
	return bad != 0;
}

struct keys {
	struct fj_owner_key *key;
	size_t count;
};

static void add(struct keys *k, const struct fj_owner_key *key)
{
	if (!(k->count & (k->count + 1))) {
		k->key = realloc(k->key, (k->count + 1) * 2 * sizeof(*k->key));
		if (!k->key)
			owners_fail("out of memory");
	}
	k->key[k->count++] = *key;
}

static int by_key(const void *a, const void *b)
{
	const struct fj_owner_key *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

static void sort(struct keys *k)
{
	if (k->count)
		qsort(k->key, k->count, sizeof(*k->key), by_key);
}

static bool has(const struct keys *k, const struct fj_owner_key *key)
{
	return k->count && bsearch(key, k->key, k->count, sizeof(*k->key), by_key);
}

/* `seen`: the keys of the files that all walks have met. `dirs`: the directories that one walk has
 * met, each with its ctime, which no program can set, in place of the birth time. */
static struct keys seen, dirs;
static uint64_t newest;

static int see_entry(struct entry *e)
{
	if (S_ISDIR(e->st.st_mode)) {
		const struct fj_owner_key when = {.ino = e->st.st_ino,
			.stamp = (uint64_t)e->st.st_ctim.tv_sec * 1000000000u +
				 (uint64_t)e->st.st_ctim.tv_nsec};

		add(&dirs, &when);
		newest = when.stamp > newest ? when.stamp : newest;
	}
	if (e->has_record)
		add(&seen, &e->key);
	return FTW_CONTINUE;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define WALKS 20
/* More than the resolution of file times, which is a jiffy: 10 ms or less. */
#define TICK_NS 50000000u

/* Walks the tree until two walks have met the same directories with the same ctimes. Then each file
 * was in one of these directories all the time between the two walks. So the first walk has seen
 * it, though programs rename files. A directory that changed just before a walk may change again
 * without another ctime: this waits, and walks again, up to WALKS times. */
static void see_tree(void)
{
	struct keys before = {0};

	for (int walk = 0; walk < WALKS; walk++) {
		const uint64_t from = now_ns();
		bool is_old;

		dirs = (struct keys){0};
		newest = 0;
		owners_walk(see_entry);
		if (owners_skipped)
			owners_fail("nothing is pruned, as some files could not be looked at");
		sort(&dirs);
		is_old = newest + TICK_NS < from;
		if (is_old && walk && before.count == dirs.count &&
			!memcmp(before.key, dirs.key, dirs.count * sizeof(*dirs.key))) {
			free(before.key);
			free(dirs.key);
			return;
		}
		free(before.key);
		before = dirs;
		/* If a directory has changed just now, this walk cannot be compared with the
		 * next. */
		if (!is_old) {
			usleep(2 * TICK_NS / 1000);
			before.count = 0;
		}
	}
	owners_fail("nothing is pruned, as files are made and renamed there all the time: stop the "
		    "programs of the jail");
}

/* Adds the files that the process `pid` has open: they may have no name any more. */
static void see_open(const char *pid)
{
	char path[64 + 256];
	DIR *list;
	const struct dirent *d;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	list = opendir(path);
	while (list && (d = readdir(list))) {
		struct fj_owner_key key;

		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, d->d_name);
		if (owners_key(path, true, &key))
			add(&seen, &key);
	}
	if (list)
		closedir(list);
}

static void see_all_open(void)
{
	DIR *list = opendir("/proc");
	const struct dirent *d;

	while (list && (d = readdir(list)))
		if (d->d_name[0] >= '0' && d->d_name[0] <= '9')
			see_open(d->d_name);
	if (list)
		closedir(list);
}

static struct fj_owner_key key_of(const struct fj_store_slot *slot)
{
	return (struct fj_owner_key){.ino = slot->ino, .stamp = slot->stamp};
}

/* The file was removed, and a process has it open: removes the mark FJ_OWNER_GONE from its record.
 * fj_store_grow() drops records with this mark. */
static long keep_open(struct fj_store_hold *hold, const struct fj_store_slot *slot)
{
	struct fj_store_copy copy = slot->copy[slot->state & FJ_SLOT_SECOND];
	struct fj_owner_key key = key_of(slot);

	if (!(copy.flags & FJ_OWNER_GONE))
		return 0;
	key.dev = slot->dev ? slot->dev : hold->s->device;
	copy.flags &= (uint8_t)~FJ_OWNER_GONE;
	return fj_store_put(hold, &key, &copy);
}

/* Is it the record of a file on the device of the tree and the records? Files on other devices may
 * be missing since nothing is mounted there now. */
static bool is_of_tree(const struct fj_store_slot *slot)
{
	return (slot->state & FJ_SLOT_LIVE) &&
	       (!slot->dev || (fj_owner_is_scattered && slot->dev == FJ_OWNER_SCATTERED));
}

/* Calls `each` for every slot, with the lock. Begins again if another process takes the lock
 * over. */
static void each_slot(long (*each)(struct fj_store_hold *hold, struct fj_store_slot *slot))
{
	uint32_t mask, times = 0;
	struct fj_store_hold hold = {.may_be_killed = false};
	long r;

	do {
		struct fj_store_slot *slots;

		if (fj_store_lock(&fj_store[0], &hold) < 0)
			owners_fail("the records may not be changed");
		slots = fj_store_slots(&fj_store[0], hold.table, &mask);
		if (!slots)
			owners_fail("the records are damaged");
		r = 0;
		for (uint32_t i = 0; !r && i <= mask; i++)
			r = each(&hold, &slots[i]);
		if (!r && owners_count) /* the new table has no dropped records */
			fj_store_grow(&hold);
		fj_store_unlock(&hold);
	} while (fj_store_again(&r, &times));
	if (r < 0)
		owners_fail("the records may not be changed: %s", strerror((int)-r));
}

/* The records that there were at the beginning. Jails may add others meanwhile, which are not
 * examined. */
static struct keys old;

static long note(struct fj_store_hold *hold, struct fj_store_slot *slot)
{
	const struct fj_owner_key key = key_of(slot);

	(void)hold;
	if (is_of_tree(slot))
		add(&old, &key);
	return 0;
}

static long drop_unseen(struct fj_store_hold *hold, struct fj_store_slot *slot)
{
	const struct fj_owner_key key = key_of(slot);
	long r;

	if (!is_of_tree(slot) || !has(&old, &key))
		return 0;
	if (has(&seen, &key))
		return keep_open(hold, slot);
	r = fj_store_drop(hold, slot, slot->state);
	owners_count += !r;
	return r;
}

void owners_prune(void)
{
	each_slot(note);
	sort(&old);
	see_tree();
	see_all_open();
	sort(&seen);
	each_slot(drop_unseen);
}
