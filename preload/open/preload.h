/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * preload.h - where libfakejail.so lies in a jail.
 *
 * No directory lists it and nothing but open(2) knows it: ld.so is told that name, and opens the
 * host's file. */
#ifndef FJ_CALL_PRELOAD_H
#define FJ_CALL_PRELOAD_H

#define FJ_PRELOAD_PATH "/.fakejail/libfakejail.so"

#endif
