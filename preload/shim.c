/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * shim.c - libfakejail.so finds its engine.
 *
 * The engine lives in the loader, which every jailed process is started by, and tells of itself on
 * a page at one of a few addresses. All other state is the engine's; this object keeps two
 * pointers. Loaded outside a jail it passes every call on. */
#include "door/page.h"
#include "open/preload.h"
#include "sys/gate.h"
#include "sys/page.h"
#include "wrappers/wrap.h"

#include <sys/mman.h>

static const struct fj_door_page *page;

static long find_door(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

fj_door_fn fj_door = find_door;

/* Is there a page at `address`? mincore(2) says ENOMEM when not, and touches nothing. */
static bool is_mapped(unsigned long address)
{
	unsigned char resident;

	return fj_raw(__NR_mincore, (long)address, FJ_PAGE, (long)&resident, 0, 0, 0) == 0;
}

static void look_for_door(void)
{
	static const unsigned long candidates[] = FJ_GATE_CANDIDATES;

	for (size_t i = 0; i < 2 * sizeof(candidates) / sizeof(candidates[0]); i++) {
		const unsigned long gate = candidates[i / 2] + i % 2 * FJ_GATE_APART;
		const struct fj_door_page *p =
			(const struct fj_door_page *)(gate + FJ_DOOR_PAGE_AT);

		if (!is_mapped(gate) || !is_mapped(gate + FJ_DOOR_PAGE_AT))
			continue;
		if (p->magic != FJ_DOOR_MAGIC || p->size != sizeof(*p))
			continue;
		page = p;
		__atomic_store_n(&fj_door, p->call, __ATOMIC_RELEASE);
		return;
	}
	__atomic_store_n(&fj_door, fj_raw, __ATOMIC_RELEASE);
}

/* Another library's constructor may call us before ours has run. */
static long find_door(long nr, long a0, long a1, long a2, long a3, long a4, long a5)
{
	look_for_door();
	return fj_door(nr, a0, a1, a2, a3, a4, a5);
}

bool fj_asked(long nr)
{
	if (fj_door == find_door)
		look_for_door();
	return page && nr >= 0 && nr < FJ_DOOR_CALLS && (page->wants[nr / 64] >> (nr % 64) & 1);
}

static bool begins_with(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = 0, k = 0;

	while (text[n])
		n++;
	while (end[k])
		k++;
	return n >= k && begins_with(text + n - k, end);
}

/* Our variable stands where the program's own was, if it had one, and at the end. */
static void tidy_environment(char **envp)
{
	char *own = *page->own_preload;
	char **last = NULL;

	for (; *envp; envp++) {
		if (!begins_with(*envp, "LD_PRELOAD=") || !ends_with(*envp, FJ_PRELOAD_PATH))
			continue;
		if (own) {
			*envp = own;
			own = NULL;
		} else {
			last = envp;
		}
	}
	for (; last && *last; last++)
		last[0] = last[1];
}

/* Not the arguments of main: musl passes none to constructors. */
extern char **environ;

__attribute__((constructor)) static void start_shim(void)
{
	if (fj_door == find_door)
		look_for_door();
	if (page && environ)
		tidy_environment(environ);
}
