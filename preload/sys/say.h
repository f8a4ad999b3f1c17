/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * say.h - messages. For the start of a jail, for traces and for failed assertions. */
#ifndef FJ_SAY_H
#define FJ_SAY_H

/* Writes a message to `fd`. The format knows %s, %d, %x, %ld, %lx and %%. A short message is one
 * write(2). */
void fj_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
