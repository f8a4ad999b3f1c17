/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * preload.h - the path of libfakejail.so in a jail. For hook_open.c and the rooms that start
 * programs.
 *
 * No directory lists it, and only open(2) knows it: ld.so gets this path and opens it, and open(2)
 * opens the host's file. */
#ifndef FJ_CALL_PRELOAD_H
#define FJ_CALL_PRELOAD_H

#define FJ_PRELOAD_PATH "/.fakejail/libfakejail.so"

#endif
