/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fail.c - prints why a jail cannot be made, and exits; and small string functions. Called by
 * setup/, launch/ and this room. */
#include "bytes/equal.h"
#include "bytes/format.h"
#include "command/command.h"
#include "sys/say.h"
#include "syscall/unistd_process.h"

#include <linux/errno.h>

_Noreturn void fj_launch_fail(const char *what, const char *which, long error)
{
	if (error)
		fj_say(2, "fakejail: %s%s%s: %s\n", what, *which ? " " : "", which,
			fj_error(error));
	else
		fj_say(2, "fakejail: %s%s%s\n", what, *which ? " " : "", which);
	for (;;)
		fj_sys_exit_group(FJ_FAILED);
}

void fj_launch_put(char *out, const char *text, size_t size)
{
	if (fj_format(out, size, "%s", text) >= size)
		fj_launch_fail("too long:", text, -ENAMETOOLONG);
}

const char *fj_launch_variable(char **envp, const char *name)
{
	for (; *envp; envp++) {
		const char *const rest = fj_after(*envp, name);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}
