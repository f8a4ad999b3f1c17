/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * may.h - is the calling process, who is not all-powerful, allowed this call? */
#ifndef FJ_CALL_MAY_H
#define FJ_CALL_MAY_H

#include "call/call.h"
#include "own/own.h"

/* Judge a call by what its files show, before its hook runs; only for identities that
 * fj_ids_is_limited(). Returns 0 when nothing is to be said against it (the call may still fail for
 * other reasons, and says so itself), else -EACCES, -EPERM, -ENODATA. */
long fj_may_call(struct fj_call *c);

/* The part of it that is about the file which the call names, and which shows `file`: may_file.c.
 */
long fj_may_file(struct fj_call *c, const struct fj_ids *ids, const struct fj_owner *file);

#endif
