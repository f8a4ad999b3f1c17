/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * stubs.c - writes jumps into a text, and the stubs near it that they lead to. Called by sites.c and
 * copies.c.
 *
 *    mov $nr,%eax          jmp  stub
 *    syscall               syscall            stub: mov $nr,%eax
 *    cmp ...               cmp ...                  lea <behind the syscall>,%rcx
 *                                                   jmp fj_door_site
 *
 * The text belongs to one process, whose changed pages become private copies, or is a copy that all
 * processes map (copies.c). */
#include "bytes/copy.h"
#include "door/door.h"
#include "sys/assert.h"
#include "sys/page.h"
#include "syscall/mman.h"
#include "text/decode.h"
#include "text/sites.h"

#include <linux/mman.h>

#define STUB_SIZE 64u	/* the moved instructions, lea, jump; or mov, lea, two jumps */
#define HEAD_SIZE 32u	/* three addresses */
#define NEAR (1L << 30) /* a jump reaches 2 GiB, and the text itself may have 1 */
#define MOV 5u		/* bytes of mov $nr,%eax */
#define LEA 7u
#define JUMP 5u
#define FAR_JUMP 13u

extern const char fj_door_site[], fj_door_maybe[], fj_door_maybe_here[];

static void put_int32(uint8_t *at, uint64_t value)
{
	const uint32_t low = (uint32_t)value;

	memcpy(at, &low, sizeof(low));
}

/* Write `op` and the distance to `target`: a jmp, or the end of a lea or of an indirect jmp. */
static uint8_t *put_distance(uint8_t *at, const uint8_t *op, size_t op_len, uint64_t target)
{
	memcpy(at, op, op_len);
	put_int32(at + op_len, target - ((uint64_t)at + op_len + 4));
	return at + op_len + 4;
}

/* Copy whole instructions. Displacements relative to the next instruction are adjusted for the new
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
			put_int32(at + insn.rip_at, (uint64_t)(from + done) - (uint64_t)at +
							    (uint64_t)(int64_t)distance);
		}
		at += insn.len;
		done += insn.len;
	}
	return at;
}

static const uint8_t jmp_op[] = {0xe9}, lea_rcx_op[] = {0x48, 0x8d, 0x0d},
		     jmp_through_op[] = {0xff, 0x25};

/* How a stub jumps to the door: directly to `to`, or, if that is NULL, to the address that is stored at
 * `through`. */
struct lead {
	const uint64_t *through;
	const uint8_t *to;
};

static uint8_t *put_lead(uint8_t *at, const struct lead *l)
{
	return l->to ? put_distance(at, jmp_op, 1, (uint64_t)l->to) :
		       put_distance(at, jmp_through_op, 2, (uint64_t)l->through);
}

/* Write one stub. Returns its end. */
static uint8_t *write_stub(
	uint8_t *stub, const struct lead *lead, uint8_t *site, const struct fj_site *s)
{
	const size_t lead_len = lead->to ? JUMP : 6;

	if (s->kind != FJ_SITE_BEHIND) {
		size_t known = 0;

		if (s->kind == FJ_SITE_NUMBER) { /* then the page of the text need not be read */
			known = MOV;
			*stub = 0xb8;
			put_int32(stub + 1, (uint64_t)s->nr);
		}
		stub = put_moved(stub + known, site - s->moved + known, s->moved - known);
		stub = put_distance(stub, lea_rcx_op, 3, (uint64_t)site + 2);
		return put_lead(stub, lead);
	}
	/* lea, jmp, and then the instructions after the call, to which the door returns */
	stub = put_distance(stub, lea_rcx_op, 3, (uint64_t)stub + LEA + lead_len);
	stub = put_lead(stub, lead);
	stub = put_moved(stub, site + 2, s->moved - 2u);
	return put_distance(stub, jmp_op, 1, (uint64_t)site + s->moved);
}

/* Which entry of the door (door/entry.S) the site's stub jumps to: 0 fj_door_site, 1 fj_door_maybe, 2
 * fj_door_maybe_here, as for fj_door_address(). */
static int door_of(const struct fj_site *s)
{
	if (s->nr >= 0 && !fj_door_may_want(s->nr))
		return 0;
	return s->kind == FJ_SITE_BEHIND ? 2 : 1;
}

static void write_jump(uint8_t *stub, uint8_t *site, const struct fj_site *s)
{
	uint8_t *at = s->kind == FJ_SITE_BEHIND ? site : site - s->moved;

	put_distance(at, jmp_op, 1, (uint64_t)stub);
}

static bool is_near(uint64_t a, uint64_t b, uint64_t len)
{
	return (a > b ? a - b : b - a) + len < NEAR;
}

/* Map room for stubs near the text: where the kernel puts new mappings, or at an address that is searched
 * for. */
static uint64_t map_near(uint64_t start, uint64_t len, uint64_t size)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long at = fj_sys_mmap(0, size, prot, flags, -1, 0);

	if (!fj_is_err(at) && is_near((uint64_t)at, start, len))
		return (uint64_t)at;
	if (!fj_is_err(at))
		fj_sys_munmap((void *)at, size);
	for (uint64_t step = 1UL << 20; step < NEAR / 2; step *= 2) {
		for (int side = 0; side < 2; side++) {
			const uint64_t try = fj_page_down(side ? start + len + step : start - step);

			at = fj_sys_mmap(
				(void *)try, size, prot, flags | MAP_FIXED_NOREPLACE, -1, 0);
			if (fj_is_err(at))
				continue;
			if (is_near((uint64_t)at, start, len))
				return (uint64_t)at;
			fj_sys_munmap((void *)at, size);
		}
	}
	return 0;
}

/* Which sites get jumps. They are chosen once, since other processes may mark more sites as hot
 * meanwhile. */
struct chosen {
	uint64_t bits[FJ_SITES_MAX / 64];
	uint64_t from, to; /* the pages that will be written to */
	uint32_t count;
};

static void choose_stubs(
	struct chosen *c, uint64_t start, bool is_copy, const struct fj_site *site, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!__atomic_load_n(&site[i].is_hot, __ATOMIC_RELAXED) ||
			(is_copy && site[i].is_copied))
			continue;
		c->bits[i / 64] |= 1UL << (i % 64);
		if (!c->count++)
			c->from = start + site[i].at - FJ_SITE_MOVED_MAX;
		c->to = start + site[i].at + FJ_SITE_MOVED_MAX;
	}
	c->from = fj_page_down(c->from < start ? start : c->from);
	c->to = fj_page_up(c->to);
}

/* The next chosen site from `i` on, or `count`. */
static uint32_t next_chosen(const struct chosen *c, uint32_t i, uint32_t count)
{
	while (i < count && !(c->bits[i / 64] >> (i % 64) & 1))
		i++;
	return i;
}

static long protect_range(uint64_t from, uint64_t to, int prot)
{
	return fj_sys_mprotect((void *)from, to - from, prot);
}

/* Write the stubs. Returns their address, or 0. */
static uint64_t put_stubs(const struct chosen *c, uint64_t start, uint64_t len,
	const struct fj_site *site, uint32_t count)
{
	const uint64_t size = fj_page_up(HEAD_SIZE + c->count * STUB_SIZE);
	const uint64_t room = map_near(start, len, size);
	uint64_t *head = (uint64_t *)room;
	uint8_t *stub = (uint8_t *)room + HEAD_SIZE;

	if (!room)
		return 0;
	head[0] = (uint64_t)fj_door_site;
	head[1] = (uint64_t)fj_door_maybe;
	head[2] = (uint64_t)fj_door_maybe_here;
	for (uint32_t i = next_chosen(c, 0, count); i < count; i = next_chosen(c, i + 1, count)) {
		const struct lead lead = {.through = head + door_of(&site[i])};

		write_stub(stub, &lead, (uint8_t *)start + site[i].at, &site[i]);
		stub += STUB_SIZE;
	}
	if (!protect_range(room, room + size, PROT_READ | PROT_EXEC))
		return room;
	fj_sys_munmap((void *)room, size);
	return 0;
}

long fj_sites_change(uint64_t start, uint64_t len, enum fj_sites_text is,
	const struct fj_site *site, uint32_t count)
{
	const bool is_writable = is == FJ_SITES_WRITABLE;
	const uint64_t end = fj_page_up(start + len);
	struct chosen c = {0};
	uint64_t room;
	uint8_t *stub;

	choose_stubs(&c, start, is == FJ_SITES_COPIED, site, count);
	if (c.to > end)
		c.to = end;
	room = c.count ? put_stubs(&c, start, len, site, count) : 0;
	if (is_writable) {
		c.from = start;
		c.to = end;
	} else if (room && protect_range(c.from, c.to, PROT_READ | PROT_WRITE)) {
		room = 0; /* the stubs remain, unused */
	}
	if (room) {
		stub = (uint8_t *)room + HEAD_SIZE;
		for (uint32_t i = next_chosen(&c, 0, count); i < count;
			i = next_chosen(&c, i + 1, count)) {
			write_jump(stub, (uint8_t *)start + site[i].at, &site[i]);
			stub += STUB_SIZE;
		}
	}
	if (room || is_writable) {
		const long r = protect_range(c.from, c.to, PROT_READ | PROT_EXEC);

		if (r)
			return r;
	}
	return room != 0;
}

/* movabs $where,%r11; jmp *(%r11). A system call may change r11. */
static uint8_t *put_far_jump(uint8_t *at, uint64_t where)
{
	static const uint8_t movabs_r11[] = {0x49, 0xbb}, jmp_through_r11[] = {0x41, 0xff, 0x23};

	memcpy(at, movabs_r11, sizeof(movabs_r11));
	memcpy(at + 2, &where, sizeof(where));
	memcpy(at + 10, jmp_through_r11, sizeof(jmp_through_r11));
	return at + FAR_JUMP;
}

_Static_assert(FJ_COPY_DOORS == 3 * FAR_JUMP, "one for each entry");

size_t fj_sites_copied_size(const struct fj_site *s)
{
	return s->moved + LEA + JUMP + (s->kind == FJ_SITE_BEHIND ? JUMP - 2 : 0);
}

bool fj_sites_copy(struct fj_copy *c, const struct fj_site *s)
{
	const int door = door_of(s);
	const size_t room = (size_t)(c->end - c->at) - (c->door[door] ? 0 : FAR_JUMP),
		     size = fj_sites_copied_size(s);
	uint8_t *site = c->text + s->at, *stub;
	struct lead lead;

	if (s->kind == FJ_SITE_STAYS || room > (size_t)(c->end - c->at) || room < size)
		return false;
	if (!c->door[door]) {
		c->door[door] = c->at;
		c->at = put_far_jump(c->at, fj_door_address(door));
	}
	lead = (struct lead){.to = c->door[door]};
	stub = c->at;
	c->at = write_stub(stub, &lead, site, s);
	write_jump(stub, site, s);
	return true;
}
