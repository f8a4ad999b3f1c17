/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * preload.c - sets LD_PRELOAD for the jail's ld.so, invisibly for the program. Called by continue.c.
 *
 * The variable takes the place of the handoff, after all variables of the program: glibc's ld.so uses the
 * last one (process_envvars()). musl's uses the first (getenv()), so our variable replaces the program's own as well.
 * The constructor of the shared object restores the program's variable, and removes ours from environ before the program's
 * main. /proc/PID/environ never shows it: it does not lie in the kernel's environment area. */
#include "open/preload.h"

#include "bytes/format.h"
#include "bytes/len.h"
#include "door/door.h"
#include "launch/loader.h"
#include "mount-table/paths.h"
#include "syscall/mman.h"

#include <linux/mman.h>

/* The first variable `name`, or NULL. */
static char **find_variable(const struct fj_stack *s, const char *name)
{
	const size_t n = fj_strlen(name);

	for (long i = 0; i < s->envc; i++) {
		size_t k = 0;

		while (k < n && s->envp[i][k] == name[k])
			k++;
		if (k == n && s->envp[i][n] == '=')
			return &s->envp[i];
	}
	return NULL;
}

bool fj_preload_announce(struct fj_stack *s)
{
	static char text[] = "LD_PRELOAD=" FJ_PRELOAD_PATH;
	char **own;
	size_t size;
	long at;

	/* ldd(1): people read the list, and the program does not run. */
	if (!fj_jail_paths()->preload[0] || find_variable(s, "LD_TRACE_LOADED_OBJECTS"))
		return false;
	own = find_variable(s, "LD_PRELOAD");
	s->envp[s->envc - 1] = text;
	if (!own)
		return true;
	fj_door_own_preload = *own;
	size = sizeof(text) + 1 + fj_strlen(*own);
	at = fj_sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!fj_is_err(at)) {
		/* After the program's own: those replace functions of libc, and ours belongs to libc. */
		s->envp[s->envc - 1] = (char *)at;
		fj_format((char *)at, size, "%s:" FJ_PRELOAD_PATH, *own);
	}
	*own = s->envp[s->envc - 1];
	return true;
}
