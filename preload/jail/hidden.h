/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hidden.h - the name of the directory in a root that no program inside sees. Used by the rooms that hide
 * it or keep files in it. */
#ifndef FJ_HIDDEN_H
#define FJ_HIDDEN_H

/* In the root: what the jail keeps for itself. */
#define FJ_HIDDEN_NAME ".fakejail"

#endif
