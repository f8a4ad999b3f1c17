/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * say.c - formatted messages without libc. Called by all rooms. */
#include "sys/say.h"

#include "bytes/len.h"
#include "bytes/str.h"
#include "sys/assert.h"
#include "syscall/signal.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"

#include <stdarg.h>

static void add_signed(struct fj_str *s, long value)
{
	if (value < 0)
		fj_str_put(s, "-");
	fj_str_num(s, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void fj_say(int fd, const char *format, ...)
{
	char line[700]; /* longer texts are written in parts, so that the engine's frames stay
			   small */
	struct fj_str s;
	va_list args;

	va_start(args, format);
	fj_str_init(&s, line, sizeof(line));
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			fj_str_add(&s, f, 1);
		} else if (*++f == 's') {
			const char *text = va_arg(args, const char *);
			size_t n = fj_strlen(text);

			if (s.len + n + 128 >= s.size) {
				fj_sys_write(fd, s.at, s.len);
				fj_sys_write(fd, text, n);
				fj_str_cut(&s, 0);
			} else {
				fj_str_add(&s, text, n);
			}
		} else if (*f == 'l' || *f == 'd' || *f == 'x') {
			const bool is_long = *f == 'l';

			f += is_long;
			if (*f == 'x')
				fj_str_num(&s,
					is_long ? va_arg(args, unsigned long) :
						  va_arg(args, unsigned),
					16);
			else
				add_signed(&s, is_long ? va_arg(args, long) : va_arg(args, int));
		} else {
			fj_str_add(&s, f, 1);
		}
	}
	va_end(args);
	fj_sys_write(fd, s.at, s.len);
}

_Noreturn void fj_die(const char *file, int line, const char *claim)
{
	fj_say(2, "fakejail: %s:%d: not so: %s\n", file, line, claim);
	for (;;) {
		fj_sys_kill(fj_sys_getpid(), 6 /* SIGABRT */);
		fj_sys_exit_group(125);
	}
}
