/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.c - decides which system calls in the texts of libraries and programs become jumps to the direct
 * door. Called when a text is mapped, before any thread can run in it: by the loader for ld.so and for
 * static programs, and by door.c for all that ld.so maps.
 *
 * The sites of a file are found once per jail, or by an earlier jail (recalled.c), and kept in the jail's
 * memory. A text that is mapped often is kept there with its jumps (copies.c). If the kernel lets no text
 * be changed (SELinux, execmod), the trap handles all calls.
 *
 * With the trap, a jump is worth its price only for a call that is made often: it costs each process a page
 * fault and a private copy of the page, about as much as one or two traps. A few calls are known to be
 * frequent. Other calls become jumps if they stand on a page with a frequent one, or if they were trapped
 * often in this jail. Without the trap all sites must be changed. Those whose call number is known only at
 * run time ask the door whether the engine wants the call. */
#include "text/sites.h"

#include "call/row.h"
#include "door/door.h"
#include "door/shared.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "patch/recalled.h"
#include "patch/text_cache.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/time.h"
#include "text/certain.h"
#include "text/flow.h"
#include "text/frames.h"

#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/time_types.h>
#include <stdint.h>

/* The flags of a call's row, or of the call that replaces it. */
static uint32_t row_flags_of(long nr)
{
	const struct fj_row *row = fj_row(nr);

	if (row && !row->hook && row->when != FJ_NEVER)
		row = fj_row(row->as);
	return row ? row->flags : 0;
}

/* Calls that programs make for many files (calls.def). Changes of memory are frequent too: the engine's
 * memory of readable pages depends on them (guest/guest.c). So is execve: a debugger that waits for its vfork
 * child must not see a trap before it. */
static bool is_frequent(long nr)
{
	return row_flags_of(nr) & FJ_FREQUENT;
}

/* Can the call become a jump when there is a trap? */
static bool is_possible(long nr)
{
	return is_frequent(nr) || fj_door_wants(nr);
}

static bool is_site_wanted(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_STAYS)
		return false;
	return s->nr < 0 || fj_door_wants(s->nr) || (row_flags_of(s->nr) & FJ_MAPS);
}

/* Keep only the sites that this jail can want. Its doors stay the same for its whole life. */
static uint32_t thin_out(struct fj_site *site, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (is_site_wanted(&site[i])) {
			site[i].is_hot = true;
			site[kept++] = site[i];
		}
	return kept;
}

/* This text changes mappings. `is_done`: its sites are jumps now, so the engine will see these calls. */
static void watch_memory(uint32_t calls, bool is_done)
{
	if (calls)
		fj_guest_watched(is_done && calls == (FJ_SITES_UNMAP | FJ_SITES_PROTECT));
}

/* Without the trap: drop sites that are not instructions, but two bytes of a table, for example. For a
 * function in the list this is certain. Elsewhere a site with a known number is kept. A library that lists
 * its functions lists those that make system calls; one that does not (musl) lists almost none. */
static uint32_t drop_data(const struct fj_certain_text *text, struct fj_site *site, uint32_t count)
{
	uint32_t known = 0, listed = 0, kept = 0;
	struct fj_frames frames;
	uint64_t from, end;

	fj_frames_find(&frames, text->file, text->file_len);
	for (uint32_t i = 0; i < count; i++)
		if (site[i].nr >= 0) {
			known++;
			listed += fj_frames_cover(&frames, text->offset + site[i].at);
		}
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t at = text->offset + site[i].at;
		const bool is_listed = fj_frames_function(&frames, at, &from, &end);

		if ((!is_listed && (site[i].nr >= 0 || listed < known / 2)) ||
			(fj_frames_cover(&frames, at) &&
				fj_frames_cover(
					&frames, text->offset + fj_certain_first(&site[i]))))
			site[kept++] = site[i];
	}
	return kept;
}

static uint32_t page_of(const struct fj_site *s)
{
	return (s->at - s->moved) / FJ_PAGE;
}

/* Mark the frequent sites as hot, and all other sites on their pages, since the page is paid for. */
static void choose_hot(struct fj_site *site, uint32_t count)
{
	for (uint32_t first = 0, end; first < count; first = end) {
		bool is_paid = false;

		for (end = first; end < count && page_of(&site[end]) == page_of(&site[first]);
			end++)
			is_paid = is_paid || site[end].nr < 0 || is_frequent(site[end].nr);
		for (uint32_t i = first; i < end; i++)
			site[i].is_hot = is_paid;
	}
}

/* Search `text` for sites, at most `max`, and keep those that are certain to be instructions. Returns how
 * many. `*changes`: how many sites change mappings, with the uncertain ones. `work` is zeroed memory. */
static uint32_t look_for_sites(const struct fj_certain_text *text, bool is_first,
	struct fj_site *site, uint32_t max, void *work, uint32_t *changes)
{
	const uint8_t *code = text->file + text->offset;
	uint32_t count;

	if (!fj_jail->has_trap) {
		count = fj_sites_find(code, text->len, site, max, work);
		return thin_out(site, count ? drop_data(text, site, count) : 0);
	}
	count = fj_sites_find_numbers(code, text->len, is_possible, is_first, site, max);
	*changes = fj_sites_changes(site, count);
	count = fj_certain_keep(text, site, count, work);
	choose_hot(site, count);
	return count;
}

/* A file with older times cannot change without a new time; clocks tick in steps (ext4: 4 ms). */
#define SETTLED_AFTER 2 /* seconds */

static bool is_settled(const struct fj_text_key *k)
{
	struct __kernel_timespec now;

	return !fj_sys_clock_gettime(5 /* CLOCK_REALTIME_COARSE */, &now) &&
	       (int64_t)k->st.st_ctime <= now.tv_sec - SETTLED_AFTER;
}

/* Search a text that no process of the jail has mapped before. It is read through a mapping of the whole
 * file, which is needed anyway. So the program's own mapping gets only the pages that it uses. */
static struct fj_sited_text *look_up(
	const struct fj_text_key *k, int fd, uint64_t start, bool is_first)
{
	const uint32_t max =
		(uint32_t)(k->len / 256 < FJ_SITES_MAX - 64 ? k->len / 256 + 64 : FJ_SITES_MAX);
	const uint64_t file_len = (uint64_t)k->st.st_size, sites = max * sizeof(struct fj_site),
		       size = sites +
			      (fj_jail->has_trap ? FJ_FLOW_WORK(k->len) : FJ_SITES_WORK(k->len));
	const long room =
		fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const long file = fj_sys_mmap(0, file_len, PROT_READ, MAP_PRIVATE, fd, 0);
	struct fj_site *site = (struct fj_site *)room;
	struct fj_sited_text *t = NULL;
	uint32_t count = 0, changes = 0;

	if (!fj_is_err(room) && (!fj_is_err(file) || !fj_jail->has_trap)) {
		const struct fj_certain_text text = {
			(const uint8_t *)file, file_len, k->offset, k->len};

		/* Without the trap no site may be left out, whatever the file says. */
		count = fj_is_err(file) ?
				thin_out(site, fj_sites_find((const uint8_t *)start, k->len, site,
						       max, (uint8_t *)room + sites)) :
				look_for_sites(&text, is_first, site, max, (uint8_t *)room + sites,
					&changes);
		t = fj_text_cache_add(k, site, count);
		if (t && fj_sites_changes(site, count) < changes)
			t->calls = FJ_SITES_UNMAP; /* not all of them will be seen */
		if (t && is_settled(k))
			fj_recalled_keep(k, is_first, site, count, changes);
		if (!t && count) /* no room in the cache: they are found again each time */
			watch_memory(fj_sites_calls(site, count),
				fj_sites_change(start, k->len, FJ_SITES_MAPPED, site, count) > 0);
	}
	if (!fj_is_err(file))
		fj_sys_munmap((void *)file, file_len);
	if (!fj_is_err(room))
		fj_sys_munmap((void *)room, size);
	return t;
}

/* What an earlier jail knew of a text. */
struct recalled {
	bool is;
	uint32_t changes;
};

static struct fj_sited_text *recall_or_look_up(
	const struct fj_text_key *k, int fd, uint64_t start, bool is_first, struct recalled *old)
{
	struct fj_sited_text *t =
		fj_recalled_find(k, (const uint8_t *)start, is_first, &old->changes);

	old->is = t;

	if (!t)
		return look_up(k, fd, start, is_first);
	if (fj_sites_changes(&fj_texts()->site[t->first], t->count) < old->changes)
		t->calls = FJ_SITES_UNMAP;
	return t;
}

/* Does this mmap map the text of a file? If so, fill in the key. */
static bool is_text(const uint64_t arg[6], struct fj_text_key *k)
{
	if (fj_doors()->no_sites || (int)arg[2] != (PROT_READ | PROT_EXEC) ||
		!(arg[3] & MAP_PRIVATE) || (arg[3] & MAP_ANONYMOUS) ||
		fj_sys_fstat((int)arg[4], &k->st))
		return false;
	k->offset = arg[5];
	k->len = arg[1];
	/* After the file's end there is no text, and a read there would raise SIGBUS (mmap(2)). */
	if (k->offset >= (uint64_t)k->st.st_size)
		return false;
	if (k->len > (uint64_t)k->st.st_size - k->offset)
		k->len = (uint64_t)k->st.st_size - k->offset;
	return true;
}

static long map_text(const uint64_t arg[6], uint64_t prot)
{
	return fj_sys_mmap((void *)arg[0], arg[1], prot, arg[3], arg[4], arg[5]);
}

/* A copy takes 2 us or more per page of the text to make, and saves 20 us or more per start. So it pays
 * after this many mappings: three for libc. */
static bool is_mapped_often(const struct fj_sited_text *t)
{
	return t->maps >= 1 + t->len / (128 * FJ_PAGE);
}

/* Make the copy for this process and later ones. If this process is killed meanwhile, the text never gets
 * one. */
static void make_shared_copy(struct fj_sited_text *t, const struct fj_text_key *k, int fd)
{
	uint32_t none = FJ_COPY_NONE;
	bool is_good;

	if (t->copy_state || !t->hot || !is_mapped_often(t) || !fj_copies_are_for_us() ||
		!is_settled(k) ||
		!__atomic_compare_exchange_n(&t->copy_state, &none, FJ_COPY_BEING_MADE, false,
			__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	is_good = fj_copies_make(t, fd);
	__atomic_store_n(&t->copy_state, is_good ? FJ_COPY_READY : FJ_COPY_NEVER, __ATOMIC_RELEASE);
}

/* Map the copy of the text. Sites that became hot after it was made are changed here. */
static long map_copy(struct fj_sited_text *t, const uint64_t arg[6], const struct fj_text_key *k)
{
	const long at = fj_copies_map(t, arg);

	if (fj_is_err(at))
		return at;
	__atomic_fetch_add(&t->maps, 1, __ATOMIC_RELAXED);
	fj_text_noted((uint64_t)at, k->len, t);
	watch_memory(t->calls, true);
	if (__atomic_load_n(&t->hot, __ATOMIC_RELAXED) > t->copied_hot &&
		fj_sites_change((uint64_t)at, arg[1], FJ_SITES_COPIED, &fj_texts()->site[t->first],
			t->count) < 0)
		return -EAGAIN;
	return at;
}

/* Write the jumps into a text that an mmap with these arguments has mapped at `at`. */
static long change_text(struct fj_sited_text *t, const uint64_t arg[6], uint64_t len, long at,
	enum fj_sites_text is)
{
	long r;

	__atomic_fetch_add(&t->maps, 1, __ATOMIC_RELAXED);
	fj_text_noted((uint64_t)at, len, t);
	r = fj_sites_change((uint64_t)at, arg[1], is, &fj_texts()->site[t->first], t->count);
	watch_memory(t->calls, r > 0);
	if (r < 0) {
		/* The mount or a policy lets nothing become executable: map it as the program asked. */
		const uint64_t again[6] = {
			(uint64_t)at, arg[1], arg[2], arg[3] | MAP_FIXED, arg[4], arg[5]};

		r = map_text(again, arg[2]);
		if (r < 0)
			fj_sys_munmap((void *)at, arg[1]);
		return r;
	}
	return at;
}

static long map_and_change(struct fj_sited_text *t, const uint64_t arg[6], uint64_t len)
{
	/* To map it writable and then make it executable is one call less. */
	long at = t->hot ? map_text(arg, PROT_READ | PROT_WRITE) : -ENOENT;

	if (at >= 0)
		return change_text(t, arg, len, at, FJ_SITES_WRITABLE);
	at = map_text(arg, arg[2]);
	return at < 0 ? at : change_text(t, arg, len, at, FJ_SITES_MAPPED);
}

/* Is the mapped copy of an earlier jail complete? A disk may have lost it. */
static bool has_jumps(const struct fj_sited_text *t, const uint8_t *text)
{
	const struct fj_site *site = &fj_texts()->site[t->first];

	for (uint32_t i = 0; i < t->count; i++)
		if (site[i].is_copied &&
			text[site[i].at - (site[i].kind == FJ_SITE_BEHIND ? 0 : site[i].moved)] !=
				0xe9)
			return false;
	return true;
}

/* An earlier jail knows this text, and this jail has mapped it for the first time, at `at`. Map the copy
 * from the state directory. If there is none, make it: two jails have mapped this text. -EAGAIN: it stays
 * as it is mapped. */
static long map_kept(struct fj_sited_text *t, const uint64_t arg[6], const struct fj_text_key *k,
	bool is_first, long at, uint32_t changes)
{
	const uint64_t there[6] = {(uint64_t)at, arg[1], arg[2], arg[3], arg[4], arg[5]};
	uint32_t none = FJ_COPY_NONE;
	long r = -EAGAIN;

	if (!t->hot || !fj_copies_are_for_us() || !(arg[3] & MAP_FIXED))
		return -EAGAIN;
	if (__atomic_compare_exchange_n(&t->copy_state, &none, FJ_COPY_BEING_MADE, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		if (fj_recalled_make(t, k, is_first, changes, (int)arg[4]))
			r = map_copy(t, there, k);
	} else if (none == FJ_COPY_RECALLED) {
		r = map_copy(t, there, k);
		if (r >= 0 && !has_jumps(t, (const uint8_t *)at)) {
			fj_recalled_forget(t);
			r = map_text(there, arg[2]) == at ? -EAGAIN : -ENOMEM;
		}
	} else {
		return -EAGAIN;
	}
	if (r < 0) /* the jail's memory may get a copy later */
		t->copy_kept = 0;
	__atomic_store_n(&t->copy_state, r < 0 ? FJ_COPY_NONE : FJ_COPY_READY, __ATOMIC_RELEASE);
	return r;
}

long fj_sites_map(const uint64_t arg[6], bool is_first)
{
	struct recalled old = {0};
	struct fj_text_key k;
	struct fj_sited_text *t;
	long at, kept;

	if (!is_text(arg, &k))
		return map_text(arg, arg[2]);
	t = fj_text_cache_find(&k);
	if (!t) {
		at = map_text(arg, arg[2]);
		if (at >= 0)
			t = recall_or_look_up(&k, (int)arg[4], (uint64_t)at, is_first, &old);
		if (!t || !t->count)
			return at;
		kept = old.is ? map_kept(t, arg, &k, is_first, at, old.changes) : -EAGAIN;
		return kept == -EAGAIN ? change_text(t, arg, k.len, at, FJ_SITES_MAPPED) : kept;
	}
	if (!t->count)
		return map_text(arg, arg[2]);
	make_shared_copy(t, &k, (int)arg[4]);
	at = __atomic_load_n(&t->copy_state, __ATOMIC_ACQUIRE) == FJ_COPY_READY ?
		     map_copy(t, arg, &k) :
		     -EAGAIN;
	return at < 0 ? map_and_change(t, arg, k.len) : at;
}
