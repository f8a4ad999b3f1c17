/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots_layers.c - the records of layers, when a union is mounted: those of lower layers are only read, and those
 * of an upper layer get what is made in its work directory. Called by mount/. */
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "jail/epoch.h"
#include "jail/hidden.h"
#include "met-roots/met_roots.h"
#include "mount-table/layer_paths.h"
#include "nested/roots.h"
#include "nested/roots_text.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

/* Layer `text` is a host path, as the kernel spells it. There is free space behind. */
static void see_lower(char *text)
{
	const uint64_t epoch = __atomic_load_n(&fj_facts_state()->epoch, __ATOMIC_RELAXED);
	const size_t len = fj_strlen(text);

	if (!len || !fj_owner_roots)
		return;
	fj_roots_meet_one(text, len, FJ_OWNER_ROOT_LOWER);
	fj_roots_note(fj_roots_hash_of_text(text, len, epoch));
	/* The layer may lie in a root that has other files as well. */
	fj_roots_meet_all(text);
}

void fj_roots_see_lower(struct fj_thread *t, int fd)
{
	const uint32_t mark = fj_scratch_mark(t);

	see_lower(fj_roots_path(t, fd, ""));
	fj_scratch_release(t, mark);
}

bool fj_roots_see_lowers(struct fj_thread *t, const char *layers, bool are_canonical)
{
	const uint32_t mark = fj_scratch_mark(t);
	bool have = false;

	for (const char *end = layers; *layers; layers = *end ? end + 1 : end) {
		size_t len;
		char *text;
		long fd;

		end = fj_layers_end_first(layers);
		len = (size_t)(end - layers);
		text = fj_scratch(t, len + 32);
		memcpy(text, layers, len);
		text[len] = 0;
		if (fj_streq(text, "/."))
			text[1] = 0;
		fd = are_canonical ? -1 : fj_open_path(AT_FDCWD, text, O_DIRECTORY);
		if (are_canonical) {
			see_lower(text);
		} else if (fd >= 0) {
			have = have || !fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/owners", 0);
			fj_roots_see_lower(t, (int)fd);
			fj_sys_close((int)fd);
		}
		fj_scratch_release(t, mark);
	}
	return have;
}

void fj_roots_see_work(struct fj_thread *t, int work, int upper)
{
	static const char records[] = "/" FJ_HIDDEN_NAME "/owners";
	const uint32_t mark = fj_scratch_mark(t);
	char *to = fj_roots_path(t, upper, ""), *from;
	const size_t len = fj_strlen(to);
	struct stat st;

	fj_roots_see_fd(t, upper, true);
	from = fj_roots_path(t, work, "");
	if (fj_owner_roots && to[0] && from[0] &&
		!fj_sys_faccessat(upper, FJ_HIDDEN_NAME "/owners", 0) &&
		!fj_sys_newfstatat(work, "", &st, AT_EMPTY_PATH)) {
		memcpy(to + len, records, sizeof(records)); /* there is free space behind */
		fj_owner_meet_beside(from, to, st.st_dev, st.st_ino);
	}
	fj_scratch_release(t, mark);
}
