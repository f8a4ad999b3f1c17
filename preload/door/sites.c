/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sites.c - system calls of libraries become jumps to the direct door.
 *
 *     mov $nr,%eax        jmp stub
 *     syscall             syscall         stub: mov $nr,%eax
 *     cmp ...             cmp ...               lea <behind the syscall>,%rcx
 *                                               jmp fj_door_site
 *
 * Done when a text is mapped, before any thread can be in it: the loader calls for ld.so, whose own
 * calls of mmap come by here for all that it loads. The sites of a file are found once a jail, and
 * kept in its shared memory. The stubs lie near the text, within reach of a jump. A kernel that
 * does not let text be changed (SELinux, execmod) leaves all to the trap.
 *
 * With the trap behind it only the calls that are made often are worth their price, a private copy
 * of the page that they stand on. Without it all must be changed, and those whose number is known
 * at run time only ask at the door whether the engine wants it. */
#include "door/sites.h"

#include "door/decode.h"
#include "door/door.h"
#include "sys/guest.h"

#include <asm/stat.h>
#include <linux/mman.h>

#define STUB_SIZE 64u	/* moved instructions (19 bytes at most) and three jumps */
#define HEAD_SIZE 32u	/* three addresses */
#define NEAR (1L << 30) /* a jump reaches 2 GiB; the text itself is large */

extern const char fj_door_site[], fj_door_maybe[], fj_door_maybe_here[];

/* What programs do with many files, and what they do often. */
static bool is_hot(long nr)
{
	switch (nr) {
	case __NR_fstat:
	case __NR_getdents64:
	case __NR_execve:
	case __NR_mkdir:
	case __NR_unlink:
	case __NR_unlinkat:
	case __NR_rename:
	case __NR_fchmod:
	case __NR_fchmodat:
	case __NR_chmod:
	case __NR_fchown:
	case __NR_fchownat:
	case __NR_utimensat:
	case __NR_open:
	case __NR_openat:
	case __NR_stat:
	case __NR_lstat:
	case __NR_newfstatat:
	case __NR_statx:
	case __NR_access:
	case __NR_faccessat:
	case __NR_faccessat2:
	case __NR_readlink:
	case __NR_readlinkat:
	case __NR_getcwd:
	case __NR_rt_sigaction:
	case __NR_rt_sigprocmask:
	case __NR_mmap:
	case __NR_munmap:
	case __NR_mprotect:
	case __NR_mremap:
		return true;
	default:
		return false;
	}
}

static bool is_wanted(const struct fj_site *s)
{
	if (s->kind == FJ_SITE_STAYS)
		return false;
	return s->nr < 0 || fj_door_wants(s->nr) || s->nr == __NR_mmap || s->nr == __NR_munmap ||
	       s->nr == __NR_mprotect || s->nr == __NR_mremap;
}

struct key {
	struct stat st;
	uint64_t offset, len;
};

static bool is_same(const struct fj_sited_text *t, const struct key *k)
{
	return t->ino == k->st.st_ino && t->dev == k->st.st_dev && t->offset == k->offset &&
	       t->len == k->len && t->mtime == (int64_t)k->st.st_mtime &&
	       t->mtime_ns == (int64_t)k->st.st_mtime_nsec && t->ctime == (int64_t)k->st.st_ctime &&
	       t->ctime_ns == (int64_t)k->st.st_ctime_nsec;
}

static const struct fj_sited_text *find_kept(const struct key *k)
{
	for (uint32_t i = 0; i < FJ_SITED_TEXTS; i++) {
		const uint32_t state = __atomic_load_n(&fj_jail->sited[i].state, __ATOMIC_ACQUIRE);

		if (!state)
			return NULL;
		if (state == 2 && is_same(&fj_jail->sited[i], k))
			return &fj_jail->sited[i];
	}
	return NULL;
}

/* Keep only those that this jail can want: the rest of its life has the same doors. */
static uint32_t thin_out(struct fj_site *site, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++)
		if (is_wanted(&site[i]))
			site[kept++] = site[i];
	return kept;
}

static const struct fj_sited_text *keep(
	const struct key *k, const struct fj_site *site, uint32_t count)
{
	const uint32_t first = __atomic_fetch_add(&fj_jail->sites_used, count, __ATOMIC_RELAXED);

	if (first > FJ_SITES || FJ_SITES - first < count)
		return NULL;
	memcpy(&fj_jail->site[first], site, count * sizeof(*site));
	for (uint32_t i = 0; i < FJ_SITED_TEXTS; i++) {
		struct fj_sited_text *t = &fj_jail->sited[i];
		uint32_t none = 0;

		if (!__atomic_compare_exchange_n(
			    &t->state, &none, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		t->first = first;
		t->count = count;
		t->dev = k->st.st_dev;
		t->ino = k->st.st_ino;
		t->offset = k->offset;
		t->len = k->len;
		t->mtime = (int64_t)k->st.st_mtime;
		t->mtime_ns = (int64_t)k->st.st_mtime_nsec;
		t->ctime = (int64_t)k->st.st_ctime;
		t->ctime_ns = (int64_t)k->st.st_ctime_nsec;
		__atomic_store_n(&t->state, 2, __ATOMIC_RELEASE);
		return t;
	}
	return NULL;
}

static void write32(uint8_t *at, uint64_t value)
{
	const uint32_t low = (uint32_t)value;

	memcpy(at, &low, sizeof(low));
}

/* `op` and a distance to `target`: jmp, or the tail of lea and of an indirect jmp. */
static uint8_t *put_distance(uint8_t *at, const uint8_t *op, size_t op_len, uint64_t target)
{
	memcpy(at, op, op_len);
	write32(at + op_len, target - ((uint64_t)at + op_len + 4));
	return at + op_len + 4;
}

/* Copy whole instructions; displacements that count from the next one are made right for the new
 * place. */
static uint8_t *put_moved(uint8_t *at, const uint8_t *from, size_t len)
{
	for (size_t done = 0; done < len;) {
		struct fj_insn insn = {0};

		fj_decode(from + done, len - done, &insn);
		fj_assert(insn.len);
		memcpy(at, from + done, insn.len);
		if (insn.rip_at) {
			int32_t distance;

			memcpy(&distance, from + done + insn.rip_at, sizeof(distance));
			write32(at + insn.rip_at, (uint64_t)(from + done) - (uint64_t)at +
							  (uint64_t)(int64_t)distance);
		}
		at += insn.len;
		done += insn.len;
	}
	return at;
}

static const uint8_t jmp_op[] = {0xe9}, lea_rcx_op[] = {0x48, 0x8d, 0x0d},
		     jmp_through_op[] = {0xff, 0x25};

static void write_stub(uint8_t *stub, const uint64_t *head, uint8_t *site, const struct fj_site *s)
{
	/* head: fj_door_site, fj_door_maybe, fj_door_maybe_here */
	if (s->kind == FJ_SITE_BEFORE) {
		stub = put_moved(stub, site - s->moved, s->moved);
		stub = put_distance(stub, lea_rcx_op, 3, (uint64_t)site + 2);
		put_distance(stub, jmp_through_op, 2, (uint64_t)(head + (s->nr < 0)));
		return;
	}
	/* lea, jmp, and then what stood behind the call, where the door comes back to */
	stub = put_distance(stub, lea_rcx_op, 3, (uint64_t)stub + 7 + 6);
	stub = put_distance(stub, jmp_through_op, 2, (uint64_t)(head + (s->nr < 0 ? 2 : 0)));
	stub = put_moved(stub, site + 2, s->moved - 2u);
	put_distance(stub, jmp_op, 1, (uint64_t)site + s->moved);
}

static void write_jump(uint8_t *stub, uint8_t *site, const struct fj_site *s)
{
	uint8_t *at = s->kind == FJ_SITE_BEFORE ? site - s->moved : site;

	put_distance(at, jmp_op, 1, (uint64_t)stub);
}

static bool is_near(uint64_t a, uint64_t b, uint64_t len)
{
	return (a > b ? a - b : b - a) + len < NEAR;
}

/* Room for stubs, near the text: behind the last mapping's like where the kernel puts it, or
 * searched for. */
static uint64_t map_near(uint64_t start, uint64_t len, uint64_t size)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long at = fj_sys6(__NR_mmap, 0, size, prot, flags, -1, 0);

	if (!fj_is_err(at) && is_near((uint64_t)at, start, len))
		return (uint64_t)at;
	if (!fj_is_err(at))
		fj_sys2(__NR_munmap, at, size);
	for (uint64_t step = 1UL << 20; step < NEAR / 2; step *= 2) {
		for (int side = 0; side < 2; side++) {
			const uint64_t try = ((side ? start + len + step : start - step) &
					      ~(uint64_t)(FJ_PAGE - 1));

			at = fj_sys6(
				__NR_mmap, try, size, prot, flags | MAP_FIXED_NOREPLACE, -1, 0);
			if (fj_is_err(at))
				continue;
			if (is_near((uint64_t)at, start, len))
				return (uint64_t)at;
			fj_sys2(__NR_munmap, at, size);
		}
	}
	return 0;
}

/* Does this text unmap memory, and do we see that from now on? musl's calls are not all of the
 * usual form, so that with the trap behind us not all are changed. */
static void watch_memory(const struct fj_site *site, uint32_t count, bool is_done)
{
	bool unmaps = false, protects = false;

	for (uint32_t i = 0; i < count; i++) {
		unmaps = unmaps || site[i].nr == __NR_munmap;
		protects = protects || site[i].nr == __NR_mprotect;
	}
	if (unmaps || protects)
		fj_guest_watched(is_done && unmaps && protects);
}

static void change(uint64_t start, uint64_t len, const struct fj_site *site, uint32_t count)
{
	const uint64_t size =
		(HEAD_SIZE + count * STUB_SIZE + FJ_PAGE - 1) & ~(uint64_t)(FJ_PAGE - 1);
	const uint64_t from =
		(start + site[0].at - (site[0].kind == FJ_SITE_BEFORE ? site[0].moved : 0)) &
		~(uint64_t)(FJ_PAGE - 1);
	const uint64_t to =
		(start + site[count - 1].at + 64 + FJ_PAGE - 1) & ~(uint64_t)(FJ_PAGE - 1);
	const uint64_t room = map_near(start, len, size);
	uint64_t *head = (uint64_t *)room;
	uint8_t *stub = (uint8_t *)room + HEAD_SIZE;

	if (!room) {
		watch_memory(site, count, false);
		return;
	}
	head[0] = (uint64_t)fj_door_site;
	head[1] = (uint64_t)fj_door_maybe;
	head[2] = (uint64_t)fj_door_maybe_here;
	for (uint32_t i = 0; i < count; i++)
		write_stub(stub + i * STUB_SIZE, head, (uint8_t *)start + site[i].at, &site[i]);
	if (fj_sys3(__NR_mprotect, room, size, PROT_READ | PROT_EXEC) < 0 ||
		fj_sys3(__NR_mprotect, from, to - from, PROT_READ | PROT_WRITE) < 0) {
		fj_sys2(__NR_munmap, room, size);
		watch_memory(site, count, false);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		write_jump(stub + i * STUB_SIZE, (uint8_t *)start + site[i].at, &site[i]);
	fj_sys3(__NR_mprotect, from, to - from, PROT_READ | PROT_EXEC);
	watch_memory(site, count, true);
}

/* Look for sites in a text that no process of the jail had mapped before. */
static const struct fj_sited_text *search(const struct key *k, uint64_t start)
{
	const uint32_t max = (uint32_t)(k->len / 256 < 4096 ? k->len / 256 + 64 : 4096);
	const uint64_t size = FJ_SITES_WORK + max * sizeof(struct fj_site);
	const long room = fj_sys6(
		__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct fj_sited_text *t;
	struct fj_site *site;
	uint32_t count;

	if (fj_is_err(room))
		return NULL;
	site = (struct fj_site *)((uint8_t *)room + FJ_SITES_WORK);
	if (fj_jail->has_trap)
		count = fj_sites_find_plain((const uint8_t *)start, k->len, is_hot, site, max);
	else
		count = thin_out(site,
			fj_sites_find((const uint8_t *)start, k->len, site, max, (uint8_t *)room));
	t = keep(k, site, count);
	if (!t && count && !fj_jail->has_trap)
		change(start, k->len, site, count); /* nowhere to keep them: found anew each time */
	fj_sys2(__NR_munmap, room, size);
	return t;
}

void fj_sites_patch(uint64_t start, uint64_t len, int fd, uint64_t offset)
{
	struct key k = {.offset = offset, .len = len};
	const struct fj_sited_text *t;

	if (fj_jail->no_sites || fj_sys2(__NR_fstat, fd, &k.st))
		return;
	/* Behind the file's end there is no text, and reading there would kill (SIGBUS, mmap(2)).
	 */
	if (offset >= (uint64_t)k.st.st_size)
		return;
	if (k.len > (uint64_t)k.st.st_size - offset)
		k.len = (uint64_t)k.st.st_size - offset;
	t = find_kept(&k);
	if (!t)
		t = search(&k, start);
	if (t && t->count)
		change(start, k.len, &fj_jail->site[t->first], t->count);
}
