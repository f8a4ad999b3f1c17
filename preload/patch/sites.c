/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.c - which system calls in the text of libraries and programs become jumps to the direct
 * door.
 *
 * Done when a text is mapped, before any thread can be in it: the loader calls for ld.so, whose own
 * calls of mmap come by here for all that it loads, and for static programs. The sites of a file
 * are found once a jail, or by an earlier one (recalled.c), and kept in its shared memory; so is, of a text that is mapped often, a
 * copy that has its jumps (copies.c). A kernel that does not let text be changed (SELinux, execmod)
 * leaves all to the trap.
 *
 * With the trap behind it a jump is worth its price only where a call is made often: it costs each
 * process a page fault and a private copy of the page, about as much as one or two traps. A few
 * calls are taken for frequent; of the others those become jumps that stand on a page with one of
 * these, or that are seen to trap often in this jail. Without the trap all must be changed, and
 * those whose number is known at run time only ask at the door whether the engine wants it. */
#include "text/sites.h"

#include "text/certain.h"
#include "door/door.h"
#include "text/frames.h"
#include "patch/text_cache.h"
#include "patch/recalled.h"
#include "sys/guest.h"
#include "call/row.h"
#include "door/shared.h"
#include "text/flow.h"

#include <linux/mman.h>
#include <linux/time_types.h>
#include <stdint.h>

/* The flags of a call, or of the one that took its place. */
static uint32_t flags_of(long nr)
{
	const struct fj_row *row = fj_row(nr);

	if (row && !row->hook && row->when != FJ_NEVER)
		row = fj_row(row->as);
	return row ? row->flags : 0;
}

/* What programs do with many files (calls.def). Changes of memory are frequent, too, since what is
 * remembered of it depends on them (sys/guest.c), and execve since a debugger that waits for its
 * vfork child's must not see a trap before it. */
static bool is_frequent(long nr)
{
	return flags_of(nr) & FJ_FREQUENT;
}

/* What could become a jump, with the trap behind it. */
static bool is_possible(long nr)
{
	return is_frequent(nr) || fj_door_wants(nr);
}

static bool is_site_wanted(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_STAYS)
		return false;
	return s->nr < 0 || fj_door_wants(s->nr) || (flags_of(s->nr) & FJ_MAPS);
}

/* Keep only those that this jail can want: the rest of its life has the same doors. */
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

/* Does this text unmap memory, and do we see that from now on? */
static void watch_memory(uint32_t calls, bool is_done)
{
	if (calls)
		fj_guest_watched(is_done && calls == (FJ_SITES_UNMAP | FJ_SITES_PROTECT));
}

/* Without the trap, drop what is no call: two bytes of a table, say. Of a function that is listed
 * it is known. Elsewhere the form of those whose number is known at once says enough. A library
 * that lists its functions lists those that make calls; one that does not (musl) lists next to
 * none. */
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

/* Those that are frequent, and all on a page with one of them, which is paid for. */
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

/* Look for sites in `text`, into room for `max` of them: those that are instructions, by what its
 * file tells. Returns how many; `changes`: how many calls there are that change memory, with those
 * that are not known. `work` is room to work in. */
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

/* Files whose times are older do not change without showing a new one: clocks tick (ext4: 4 ms). */
#define SETTLED_AFTER 2 /* seconds */

static bool is_settled(const struct fj_text_key *k)
{
	struct __kernel_timespec now;

	return !fj_sys2(__NR_clock_gettime, 5 /* CLOCK_REALTIME_COARSE */, &now) &&
	       (int64_t)k->st.st_ctime <= now.tv_sec - SETTLED_AFTER;
}

/* Of a text that no process of the jail had mapped before. It is read in a mapping of the whole
 * file, which is needed anyway: the program's own then has the pages that it uses, and no more. */
static struct fj_sited_text *look_up(
	const struct fj_text_key *k, int fd, uint64_t start, bool is_first)
{
	const uint32_t max =
		(uint32_t)(k->len / 256 < FJ_SITES_MAX - 64 ? k->len / 256 + 64 : FJ_SITES_MAX);
	const uint64_t file_len = (uint64_t)k->st.st_size, sites = max * sizeof(struct fj_site),
		       size = sites +
			      (fj_jail->has_trap ? FJ_FLOW_WORK(k->len) : FJ_SITES_WORK(k->len));
	const long room = fj_sys6(
		__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const long file = fj_sys6(__NR_mmap, 0, file_len, PROT_READ, MAP_PRIVATE, fd, 0);
	struct fj_site *site = (struct fj_site *)room;
	struct fj_sited_text *t = NULL;
	uint32_t count = 0, changes = 0;

	if (!fj_is_err(room) && (!fj_is_err(file) || !fj_jail->has_trap)) {
		const struct fj_certain_text text = {
			(const uint8_t *)file, file_len, k->offset, k->len};

		/* Without the trap nothing may be left out, whatever its file would tell. */
		count = fj_is_err(file) ?
				thin_out(site, fj_sites_find((const uint8_t *)start, k->len, site,
						       max, (uint8_t *)room + sites)) :
				look_for_sites(&text, is_first, site, max, (uint8_t *)room + sites,
					&changes);
		t = fj_text_cache_add(k, site, count);
		if (t && fj_sites_changes(site, count) < changes)
			t->calls = FJ_SITES_UNMAP; /* not all of them are seen */
		if (t && is_settled(k))
			fj_recalled_keep(k, is_first, site, count, changes);
		if (!t && count) /* nowhere to keep them: found anew each time */
			watch_memory(fj_sites_calls(site, count),
				fj_sites_change(start, k->len, FJ_SITES_MAPPED, site, count) > 0);
	}
	if (!fj_is_err(file))
		fj_sys2(__NR_munmap, file, file_len);
	if (!fj_is_err(room))
		fj_sys2(__NR_munmap, room, size);
	return t;
}

/* What an earlier jail knew of a text, if one did. */
struct recalled {
	bool is;
	uint32_t changes;
};

static struct fj_sited_text *search(
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

/* Is this mapping the text of a file? Fills in what it is known by. */
static bool is_text(const uint64_t arg[6], struct fj_text_key *k)
{
	if (fj_doors()->no_sites || (int)arg[2] != (PROT_READ | PROT_EXEC) ||
		!(arg[3] & MAP_PRIVATE) || (arg[3] & MAP_ANONYMOUS) ||
		fj_sys2(__NR_fstat, (int)arg[4], &k->st))
		return false;
	k->offset = arg[5];
	k->len = arg[1];
	/* Behind the file's end there is no text, and reading there would kill (SIGBUS, mmap(2)).
	 */
	if (k->offset >= (uint64_t)k->st.st_size)
		return false;
	if (k->len > (uint64_t)k->st.st_size - k->offset)
		k->len = (uint64_t)k->st.st_size - k->offset;
	return true;
}

static long map_text(const uint64_t arg[6], uint64_t prot)
{
	return fj_sys6(__NR_mmap, arg[0], arg[1], prot, arg[3], arg[4], arg[5]);
}

/* To make a copy takes 2 us and more for each page of the text, and it saves each start 20 us and
 * more. So it is worth its price when a text was mapped as often as this: libc's three times. */
static bool is_mapped_often(const struct fj_sited_text *t)
{
	return t->maps >= 1 + t->len / (128 * FJ_PAGE);
}

/* For the processes that map it, from this one on. One that is killed meanwhile leaves it at that:
 * there will be none. */
static void make_copy(struct fj_sited_text *t, const struct fj_text_key *k, int fd)
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

/* The text's copy, mapped. What became hot after that was made is changed here. */
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

/* Make jumps of the sites of a text that was mapped at `at`, for an mmap with these arguments. */
static long change_text(struct fj_sited_text *t, const uint64_t arg[6], uint64_t len, long at,
	enum fj_sites_text is)
{
	long r;

	__atomic_fetch_add(&t->maps, 1, __ATOMIC_RELAXED);
	fj_text_noted((uint64_t)at, len, t);
	r = fj_sites_change((uint64_t)at, arg[1], is, &fj_texts()->site[t->first], t->count);
	watch_memory(t->calls, r > 0);
	if (r < 0) {
		/* A mount or a policy that lets nothing become executable: as it was asked for. */
		const uint64_t again[6] = {
			(uint64_t)at, arg[1], arg[2], arg[3] | MAP_FIXED, arg[4], arg[5]};

		r = map_text(again, arg[2]);
		if (fj_is_err(r))
			fj_sys2(__NR_munmap, at, arg[1]);
		return r;
	}
	return at;
}

static long map_and_change(struct fj_sited_text *t, const uint64_t arg[6], uint64_t len)
{
	/* Mapped writable and then made executable, that is one call less. */
	long at = t->hot ? map_text(arg, PROT_READ | PROT_WRITE) : -ENOENT;

	if (!fj_is_err(at))
		return change_text(t, arg, len, at, FJ_SITES_WRITABLE);
	at = map_text(arg, arg[2]);
	return fj_is_err(at) ? at : change_text(t, arg, len, at, FJ_SITES_MAPPED);
}

/* Is that, mapped, the copy that an earlier jail says it is? A disk may have lost it. */
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

/* A text of which earlier jails know is mapped for the first time in this one, at `at`: by the copy
 * that is kept of it. Where there is none, one is made: it was mapped by two jails already.
 * -EAGAIN: it remains as it is mapped. */
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
		if (!fj_is_err(r) && !has_jumps(t, (const uint8_t *)at)) {
			fj_recalled_forget(t);
			r = map_text(there, arg[2]) == at ? -EAGAIN : -ENOMEM;
		}
	} else {
		return -EAGAIN;
	}
	if (fj_is_err(r)) /* there may be one in the jail's memory, later */
		t->copy_kept = 0;
	__atomic_store_n(
		&t->copy_state, fj_is_err(r) ? FJ_COPY_NONE : FJ_COPY_READY, __ATOMIC_RELEASE);
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
		if (!fj_is_err(at))
			t = search(&k, (int)arg[4], (uint64_t)at, is_first, &old);
		if (!t || !t->count)
			return at;
		kept = old.is ? map_kept(t, arg, &k, is_first, at, old.changes) : -EAGAIN;
		return kept == -EAGAIN ? change_text(t, arg, k.len, at, FJ_SITES_MAPPED) : kept;
	}
	if (!t->count)
		return map_text(arg, arg[2]);
	make_copy(t, &k, (int)arg[4]);
	at = __atomic_load_n(&t->copy_state, __ATOMIC_ACQUIRE) == FJ_COPY_READY ?
		     map_copy(t, arg, &k) :
		     -EAGAIN;
	return fj_is_err(at) ? map_and_change(t, arg, k.len) : at;
}
