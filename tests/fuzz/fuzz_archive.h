/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_archive.h - for the fuzzers of what fakejail-images reads: fail(), which ends that program,
 * ends one input here. Included once. */
#ifndef FJ_FUZZ_ARCHIVE_H
#define FJ_FUZZ_ARCHIVE_H

#define fail said_fail
#include "scripts/images/say.c"
#undef fail

#include "fuzz.h"

#include <setjmp.h>

static jmp_buf refused;

_Noreturn void fail(const char *format, ...);
_Noreturn void fail(const char *format, ...)
{
	char text[8192];
	va_list args;

	/* A message is one line, however long and whatever the names are. */
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fuzz_claim(*text && !strchr(text, '\n'));
	longjmp(refused, 1);
}

#endif
