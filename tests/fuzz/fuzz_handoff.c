/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_handoff.c - the last environment string of a process, which may be anything
 * (exec-format/handoff.c). */
#include "exec-format/exec.h"
#include "bytes/str.h"

#include "fuzz.h"

#include <string.h>

static void check(const char *text)
{
	const size_t size = FJ_HANDOFF_SIZE + strlen(text);
	const char *nested, *exe, *execfn;
	struct fj_handoff h;

	if (fj_handoff_read(text, &h, &nested, &exe, &execfn)) {
		char *again = malloc(size);
		char *copy[3] = {strndup(nested, h.nested_len), strndup(exe, h.exe_len),
			strndup(exe + h.exe_len, h.ids_len)};
		struct fj_str s;

		/* The strings are within, one behind the other, to the end. */
		fuzz_claim(nested >= text && exe == nested + h.nested_len &&
			   execfn == exe + h.exe_len + h.ids_len);
		fuzz_claim(strlen(execfn) == h.execfn_len);
		/* And written again it is the same text. */
		fj_str_init(&s, again, size);
		fj_handoff_write(&s, &h, copy[0], copy[1], execfn, copy[2]);
		fuzz_claim(!strcmp(again, text));
		for (int i = 0; i < 3; i++)
			free(copy[i]);
		free(again);
	}
}

/* A real one, in which each three bytes of input change one byte: two say where, one what. */
static char *changed(const uint8_t *data, size_t size)
{
	static char text[FJ_HANDOFF_SIZE];
	struct fj_handoff h = {
		.gate = 0x50000, .root_fd = 1000, .program_fd = 3, .interpreter_fd = -1};
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	fj_handoff_write(&s, &h, "/inner", "/usr/bin/x", "x", "1,2,3");
	for (; size >= 3; data += 3, size -= 3)
		text[(data[0] | data[1] << 8) % s.len] = (char)data[2];
	return strdup(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = *data & 1 ? changed(data + 1, size - 1) : strndup((const char *)data + 1, size - 1);
	check(text);
	free(text);
	return 0;
}
