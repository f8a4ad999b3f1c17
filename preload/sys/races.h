/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * races.h - how often a call is repeated. For rooms that race with other processes. */
#ifndef FJ_RACES_H
#define FJ_RACES_H

/* How often a call that lost a race with another process is repeated, before its error is
 * returned. */
#define FJ_RACES 100u

#endif
