/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * texts.c - where the jail's memory has the texts, and how files with cached texts are named. Called by patch, path and
 * procfs. */
#include "jail/texts.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "jail/jail.h"
#include "jail/memory.h"

struct fj_texts *fj_texts(void)
{
	return (struct fj_texts *)fj_jail_at(FJ_TEXTS_AT);
}

bool fj_is_copy_file(const char *host_path, size_t len)
{
	static const char before[] = "/fakejail/" FJ_COPIES_FOLDER "/c", deleted[] = " (deleted)";
	const size_t before_len = sizeof(before) - 1, deleted_len = sizeof(deleted) - 1;

	if (len > deleted_len && !memcmp(host_path + len - deleted_len, deleted, deleted_len))
		len -= deleted_len;
	for (int digits = 0;
		digits < 2 && len && host_path[len - 1] >= '0' && host_path[len - 1] <= '9';
		digits++)
		len--;
	return fj_begins(host_path, "/memfd:" FJ_MEMORY_NAME) ||
	       (len >= before_len && host_path[len] != 0 &&
		       !memcmp(host_path + len - before_len, before, before_len));
}
