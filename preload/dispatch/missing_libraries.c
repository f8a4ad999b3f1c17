/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * missing_libraries.c - "error while loading shared libraries", in words that say which and where.
 *
 * An ELF interpreter that cannot find a library calls exit_group(127) itself. The filter hands that
 * one status to us; when the call comes from the interpreter's own code, and in the jail's first
 * program, we look which of the program's libraries are nowhere in the places that every
 * interpreter searches. Success costs nothing. Called by hook_exit.c, and by the loader
 * (loader/continue.c). */
#include "dispatch/missing_libraries.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "call/call.h"
#include "call/hooks.h"
#include "dispatch/dispatch.h"
#include "inode/exe.h"
#include "jail/root.h"
#include "mount-table/paths.h"
#include "sys/arch.h"
#include "sys/say.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/unistd_ids.h"

#include <asm/unistd.h>

static struct {
	long pid;
	uint64_t from, to; /* the interpreter's code */
	uint64_t base;
	const Elf64_Dyn *dynamic;
} first;

static const char *const usual_dirs[] = {
	"/lib/" FJ_LIBRARIES_NAME "/",
	"/usr/lib/" FJ_LIBRARIES_NAME "/",
	"/lib64/",
	"/usr/lib64/",
	"/lib/",
	"/usr/lib/",
	"/usr/local/lib/",
};

void fj_missing_watch(uint64_t interpreter_start, uint64_t interpreter_end, uint64_t base,
	const Elf64_Phdr *ph, int phnum)
{
	for (int i = 0; i < phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			first.dynamic = (const Elf64_Dyn *)(base + ph[i].p_vaddr);
	first.pid = fj_sys_getpid();
	first.from = interpreter_start;
	first.to = interpreter_end;
	first.base = base;
}

static uint64_t dynamic_value(int64_t tag)
{
	for (const Elf64_Dyn *d = first.dynamic; d->d_tag; d++)
		if (d->d_tag == tag)
			return d->d_un.d_val;
	return 0;
}

/* musl's libc is the interpreter itself, whatever name the program knows it by. */
static bool is_musl_libc(const char *name)
{
	return fj_streq(name, "libc.so") || !memcmp(name, "libc.musl-", 10);
}

static bool is_somewhere(struct fj_thread *t, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *path = fj_scratch_path(t);
	bool found = false;

	for (size_t i = 0; i < sizeof(usual_dirs) / sizeof(usual_dirs[0]) && !found; i++) {
		struct fj_call c = {.nr = __NR_access, .arg = {(uint64_t)path}, .thread = t};

		fj_format(path, PATH_MAX, "%s%s", name[0] == '/' ? "" : usual_dirs[i], name);
		found = fj_call(&c) == 0;
	}
	fj_scratch_release(t, mark);
	return found;
}

static void tell_missing(struct fj_thread *t)
{
	uint64_t strings = dynamic_value(5 /* DT_STRTAB */);
	const size_t size = 2048;
	char *const list = fj_scratch(t, size);
	size_t len = 0;
	/* A jail inside the jail is named by its position: what its launcher was told is not known here. */
	const char *nested = fj_root()->pos, *root = *nested ? nested : fj_jail_paths()->name;

	/* glibc has made the address absolute by now, musl has not. */
	if (strings < first.base)
		strings += first.base;
	if (!strings || dynamic_value(29 /* DT_RUNPATH */) || dynamic_value(15 /* DT_RPATH */))
		return; /* places of its own: what the interpreter said must do */
	for (const Elf64_Dyn *d = first.dynamic; d->d_tag; d++) {
		const char *name = (const char *)strings + d->d_un.d_val;

		if (d->d_tag != DT_NEEDED || is_musl_libc(name) || is_somewhere(t, name))
			continue;
		if (len < size) /* else not all names fit */
			len += fj_format(list + len, size - len, "%s%s", len ? ", " : "", name);
	}
	if (len)
		fj_say(2, "fakejail: '%s' needs %s: not in %s\nhint: fakejail add %s %s\n",
			fj_exe_path(), list, root, root, fj_exe_path());
}

long fj_hook_exit_127(struct fj_call *c)
{
	if (first.dynamic && fj_sys_getpid() == first.pid && c->ip >= first.from &&
		c->ip < first.to)
		tell_missing(c->thread);
	return fj_kernel(c);
}
