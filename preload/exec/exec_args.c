/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exec_args.c - argv and envp of an exec, with what the jail adds to them. Called by
 * hook_exec.c. */
#include "exec/program.h"
#include "guest/guest.h"
#include "sys/page.h"
#include "sys/scratch.h"
#include "syscall/mman.h"

#include <linux/errno.h>
#include <linux/mman.h>

#define ARGV_ON_SCRATCH 1024u /* pointers; longer arrays are mapped */

long fj_exec_count_pointers(uint64_t array)
{
	uint64_t part[64];
	long n = 0;

	if (!array)
		return 0;
	for (;;) { /* to the end of the array, or of what is mapped */
		/* Read up to the end of a page: the next page may not be mapped. */
		const size_t room = (FJ_PAGE - ((array + (uint64_t)n * 8) & (FJ_PAGE - 1))) / 8;
		const size_t want = room && room < 64 ? room : room ? 64 : 1;

		if (fj_guest_read(part, array + (uint64_t)n * 8, want * 8))
			return -EFAULT;
		for (size_t i = 0; i < want; i++, n++)
			if (!part[i])
				return n;
	}
}

long fj_exec_check_strings(uint64_t array)
{
	char part[64];
	uint64_t at;

	for (; !fj_guest_read(&at, array, sizeof(at)); array += sizeof(at)) {
		bool ends = !at;

		if (!at)
			return 0;
		while (!ends) { /* to the end of the string, or of what is mapped */
			/* Read up to the end of a page: the next page may not be mapped. */
			const size_t room = FJ_PAGE - (at & (FJ_PAGE - 1));
			const size_t n = room < sizeof(part) ? room : sizeof(part);

			if (fj_guest_read(part, at, n))
				return -EFAULT;
			for (size_t i = 0; i < n; i++)
				ends = ends || !part[i];
			at += n;
		}
	}
	return array ? -EFAULT : 0;
}

/* The beginning of a mapping for pointers: the one before it, which the same exec uses; 0 for none. */
struct earlier {
	uintptr_t at;
	size_t size;
};

void fj_exec_room_begin(const struct fj_thread *t)
{
	struct fj_exec_room *room = fj_exec_room(t);
	struct earlier *e = (struct earlier *)room->at;

	if (!e)
		return;
	if (e->at)
		fj_sys_munmap((void *)e->at, e->size);
	e->at = 0;
	room->used = sizeof(*e);
}

/* Space for `n` pointers. A mapping that is made here ends with the exec. If the exec fails, or
 * happens in a vfork child and so leaves the mapping in the parent, the thread area keeps it for
 * the next time. */
static uint64_t *pointer_room(struct fj_thread *t, size_t n)
{
	struct fj_exec_room *room = fj_exec_room(t);
	struct earlier e = {0};
	uint64_t *pointers;
	long at;

	if (n <= ARGV_ON_SCRATCH)
		return (uint64_t *)fj_scratch(t, n * 8);
	if (room->used + n * 8 > room->size) {
		const size_t size = sizeof(e) + n * 16 + FJ_PAGE;

		at = fj_sys_mmap(
			0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (fj_is_err(at))
			return NULL;
		if (room->used > sizeof(e))
			e = (struct earlier){.at = room->at, .size = room->size};
		else if (room->at)
			fj_sys_munmap((void *)room->at, room->size);
		*(struct earlier *)at = e;
		*room = (struct fj_exec_room){.at = (uintptr_t)at, .size = size, .used = sizeof(e)};
	}
	pointers = (uint64_t *)(room->at + room->used);
	room->used += n * 8;
	return pointers;
}

long fj_exec_script_argv(struct fj_thread *t, const struct fj_program *p, uint64_t *argv)
{
	const long n = fj_exec_count_pointers(*argv);
	const size_t skipped = n > 0;
	uint64_t *room;
	size_t at = 0;

	if (n < 0)
		return n;
	room = pointer_room(t, (size_t)n + (size_t)p->script_args + 2);
	if (!room)
		return -ENOMEM;
	for (int i = p->script_args; i--;)
		room[at++] = (uint64_t)p->script_arg[i];
	room[at++] = (uint64_t)p->script;
	if (fj_guest_read(room + at, *argv + skipped * 8, ((size_t)n - skipped) * 8))
		return -EFAULT;
	at += (size_t)n - skipped;
	room[at] = 0;
	*argv = (uint64_t)room;
	return 0;
}

long fj_exec_env_with(struct fj_thread *t, uint64_t *envp, const char *handoff)
{
	const long n = fj_exec_count_pointers(*envp);
	uint64_t *room;
	long end = 0;

	if (n < 0)
		return n;
	room = pointer_room(t, (size_t)n + 2);
	if (!room)
		return -ENOMEM;
	if (fj_guest_read(room, *envp, (size_t)n * 8))
		return -EFAULT;
	while (end < n && room[end]) /* another thread may have shortened it since it was counted */
		end++;
	room[end] = (uint64_t)handoff;
	room[end + 1] = 0;
	*envp = (uint64_t)room;
	return 0;
}
