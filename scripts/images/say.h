/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * say.h - messages, memory and small string functions. Includes no header of libc that conflicts
 * with the engine's. For records.c, and through images.h for all others. */
#ifndef FJ_IMAGES_SAY_H
#define FJ_IMAGES_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The exit status when the tool itself fails. */
#define TROUBLE 125

/* The verb, as the messages name it. */
extern const char *verb_name;
/* Prints "fakejail: VERB: ..." and exits with TROUBLE, after calling what on_trouble() was
 * given. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, when the message was printed already. */
_Noreturn void give_up(void);
/* Something to undo when fail() ends the program; the last one given is called first. */
void on_trouble(void (*undo)(void *), void *of);
void forget_trouble(void);
/* Call in a new process, which has nothing to undo. */
void forget_all_trouble(void);
void *get(size_t size);
void *grow(void *old, size_t size);
char *copy_of(const char *text);
char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A name of an archive, with bytes that must not be sent to a terminal made visible; in one of a
 * few buffers. */
const char *shown(const char *name);
/* "12k", "3G": a number of bytes; -1 when it is none. */
int64_t size_of(const char *text);
/* Write all of it; false with errno. */
bool write_all(int fd, const void *data, size_t size);

#endif
