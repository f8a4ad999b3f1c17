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
/* As fail(), but without a message: it was printed already. */
_Noreturn void give_up(void);
/* Something to undo when fail() ends the program; the last one given is called first. */
void on_trouble(void (*undo)(void *), void *of);
/* Call in a new process, which has nothing to undo. */
void forget_all_trouble(void);
/* Memory that the caller frees; all end the program when there is none. get() fills it with
 * zeros. */
void *get(size_t size);
void *grow(void *old, size_t size);
char *copy_of(const char *text);
char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The text with control characters as octal numbers, for a terminal; no more than 250 bytes, in one
 * of four buffers. */
const char *shown(const char *name);
/* The number of bytes that "12k" or "3G" means (units of 1024); -1 when it is none. */
int64_t size_of(const char *text);
/* Writes all of it. Returns false with errno. */
bool write_all(int fd, const void *data, size_t size);

#endif
