/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clone_seen.h - a mark in the flags of clone(2). For mount/, and for the condition that looks for the mark. */
#ifndef FJ_CLONE_SEEN_H
#define FJ_CLONE_SEEN_H

/* In the upper half of clone(2)'s flags, which the kernel ignores: the engine has seen this
 * call. */
#define FJ_CLONE_SEEN 0x40000000u

#endif
