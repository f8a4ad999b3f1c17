/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * scratch_str.h - a string in scratch memory. For all rooms. */
#ifndef FJ_SCRATCH_STR_H
#define FJ_SCRATCH_STR_H

#include <stddef.h>

struct fj_str;
struct fj_thread;

/* Makes an empty string in a new buffer of `size` bytes, with its NUL, which is valid until the mark is
 * restored (sys/scratch_mark.h). As behind a path (fj_scratch_path()), eight more bytes may be read. */
void fj_scratch_str(struct fj_thread *t, struct fj_str *s, size_t size);

/* Returns a copy of the first `len` bytes of `text`, and `end` behind them, in scratch memory as above. */
char *fj_scratch_text(struct fj_thread *t, const char *text, size_t len, const char *end);
/* As fj_scratch_text(), with the whole of `text`. */
char *fj_scratch_joined(struct fj_thread *t, const char *text, const char *end);

#endif
