/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * structure.c - reads a structure of the program that may have another size than here: system calls whose
 * structures grow with the kernel. Called by hooks. */
#include "bytes/bytes.h"
#include "guest/guest.h"

#include <linux/errno.h>

long fj_guest_read_structure(void *to, size_t size, uintptr_t from, size_t given)
{
	unsigned char rest[64];

	for (size_t done = size; done < given;) {
		const size_t n = given - done < sizeof(rest) ? given - done : sizeof(rest);

		if (fj_guest_read(rest, from + done, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
		done += n;
	}
	memset(to, 0, size);
	return fj_guest_read(to, from, given < size ? given : size);
}
