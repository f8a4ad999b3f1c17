/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * calls.h - the jail's own table of system calls, for cases that try each of them: a new entry is
 * tried as well, and needs no line here.
 */
#ifndef TWIN_CALLS_H
#define TWIN_CALLS_H

#include "../../preload/syscall/nr.h"

enum kind {
	NONE,
	INT,
	HEX,
	PTR,
	SIZE,
	FD,
	MODE,
	TEXT,
	DIRFD,
	PATH,
	LPATH,
	NEW,
	OLD,
	OFLAGS,
	ATFLAGS,
	LINKFLAGS,
	WATCH,
	FANFLAGS,
	STAT,
	ARGV_,
	ADDR,
	SIGNAL,
	PID
};
#undef ARGV
#define ARGV ARGV_

/* What an old call's new form gets: one of its own arguments, or a constant. */
#define OWN_ARGUMENT 0x4000
#define A0 (OWN_ARGUMENT + 0)
#define A1 (OWN_ARGUMENT + 1)
#define A2 (OWN_ARGUMENT + 2)
#ifndef AT_FDCWD
#define AT_FDCWD -100
#endif

struct row {
	const char *name;
	long nr;
	enum kind kind[8];
	long as; /* an old call: its new form, with these arguments */
	int alias_arg[5];
};
static const struct row rows[] = {
/* (Each pastes its own name, for some are macros in a libc.) */
#define CALL(name_, hook_, when_, asks_, flags_, support_, note_, ...)                             \
	{.name = #name_, .nr = __NR_##name_, .kind = {__VA_ARGS__}},
#define CALL_AS(name_, as_, hook_, when_, asks_, flags_, support_, note_, ...)                     \
	{.name = #name_, .nr = __NR_##name_, .kind = {__VA_ARGS__}},
#define PASS_SEEN(name_, flags_, asks_, ...)                                                       \
	{.name = #name_, .nr = __NR_##name_, .kind = {__VA_ARGS__}},
#define PASS_FD(name_, asks_, ...) {.name = #name_, .nr = __NR_##name_, .kind = {__VA_ARGS__}},
#define PASS(name_) {.name = #name_, .nr = __NR_##name_},
#define ALIAS(name_, as_, ...)                                                                     \
	{.name = #name_, .nr = __NR_##name_, .as = __NR_##as_, .alias_arg = {__VA_ARGS__}},
#define REFUSE(...)
#include "../../preload/dispatch/calls.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static inline int is_path(enum kind kind)
{
	return kind == PATH || kind == LPATH || kind == NEW || kind == OLD;
}

#endif
