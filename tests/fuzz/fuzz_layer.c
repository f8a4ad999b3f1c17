/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_layer.c - the members of an archive that anybody made: whatever is not refused has names
 * that stay in the tree and away from its records (scripts/images/member.c, stage.c). */
#include "fuzz_archive.h"

#include "scripts/images/member.h"

static void check_name(const char *name, bool may_be_absolute)
{
	char *text = strdup(name), *rest = text, *part;

	fuzz_claim(strlen(name) <= NAME_MAX_BYTES);
	fuzz_claim(may_be_absolute || *name != '/');
	while ((part = strsep(&rest, "/"))) {
		fuzz_claim(strcmp(part, ".fakejail") != 0);
		fuzz_claim(may_be_absolute || strcmp(part, "..") != 0);
	}
	free(text);
}

static void read_members(struct archive *a)
{
	struct archive_entry *e;
	static char piece[4096];

	while (header_is_good(a, archive_read_next_header(a, &e))) {
		struct member m;

		member_read(&m, e, "layer");
		check_name(m.path, false);
		fuzz_claim(*m.path);
		if (m.link)
			check_name(m.link, false);
		else if (S_ISLNK(m.mode))
			fuzz_claim(!strstr(archive_entry_symlink(e), "/.fakejail/"));
		fuzz_claim(m.size >= 0 && m.uid != UINT32_MAX && m.gid != UINT32_MAX);
		fuzz_claim(strcmp(m.path, ".") != 0 || (S_ISDIR(m.mode) && !m.link));
		for (unsigned i = 0; i < 64 && archive_read_data(a, piece, sizeof(piece)) > 0; i++)
			;
		free(m.link);
	}
}

/* What is changed in a header is to be read: each gets the sum that it should have. */
static uint8_t *with_sums(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	memcpy(copy, data, size);
	for (size_t at = 0; at + 512 <= size; at += 512) {
		uint8_t *head = copy + at;
		unsigned sum = 0;

		if (memcmp(head + 257, "ustar", 5) != 0)
			continue;
		memset(head + 148, ' ', 8);
		for (unsigned i = 0; i < 512; i++)
			sum += head[i];
		snprintf((char *)head + 148, 8, "%06o", sum);
	}
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive *a = archive_read_new();
	uint8_t *copy = with_sums(data, size);

	support_filters(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_gnutar(a);
	archive_read_support_format_cpio(a);
	if (!setjmp(refused) && archive_read_open_memory(a, copy, size) == ARCHIVE_OK)
		read_members(a);
	archive_read_free(a);
	free(copy);
	return 0;
}
