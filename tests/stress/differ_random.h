/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * differ_random.h - the random names, modes, ids and access control lists of differ.c. The same start
 * value of `state` gives the same ones on every machine. */
#ifndef DIFFER_RANDOM_H
#define DIFFER_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

static uint64_t state;
static int has_sticky;

/* A random number below `below`. splitmix64 gives the same numbers on every machine. */
static unsigned chance(unsigned below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15UL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return (unsigned)((z ^ (z >> 31)) >> 33) % below;
}

static void make_name(char *name)
{
	static const char *const part[] = {"a", "b", "c", "d", "..", ".", "a/"};
	const unsigned depth = 1 + chance(3);

	*name = 0;
	for (unsigned i = 0; i < depth; i++) {
		strcat(name, i ? "/" : "");
		strcat(name, part[chance(i == 0 || chance(8) ? 3 : 7)]);
	}
}

static mode_t any_mode(void)
{
	static const mode_t usual[] = {0755, 0644, 0700, 0777, 0, 0711, 02775, 04755, 06755, 0750,
		0070, 0007, 01777, 03777};
	const mode_t mode = chance(3) ? usual[chance(14)] : chance(010000);

	/* (What the kernel protects in sticky directories depends on settings of the host:
	 * fs.protected_* of sysctl(8).) */
	return mode & 0022 && !has_sticky ? mode & ~01000u : mode;
}

static unsigned any_id(void)
{
	return chance(4) ? chance(3) : (unsigned)-1;
}

/* Makes an access control list of five to seven entries: struct posix_acl_xattr_entry. */
static size_t make_list(unsigned char *list)
{
	static const uint16_t tag[] = {1, 2, 2, 4, 8, 16, 32};
	const int has_user = (int)chance(2), has_group = (int)chance(2);
	size_t n = 4;
	uint32_t version = 2;

	memcpy(list, &version, 4);
	for (int i = 0; i < 7; i++) {
		const uint16_t perm = (uint16_t)chance(8);
		const uint32_t id = i == 1 ? 1 : i == 2 ? 2 : i == 4 ? 1 + chance(2) : -1u;

		if (((i == 1 || i == 2) && !has_user) || (i == 4 && !has_group) ||
			(i == 5 && !has_user && !has_group))
			continue;
		memcpy(list + n, &tag[i], 2);
		memcpy(list + n + 2, &perm, 2);
		memcpy(list + n + 4, &id, 4);
		n += 8;
	}
	return n;
}

#endif
