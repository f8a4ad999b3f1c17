/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * peer.h - credentials in messages. */
#ifndef FJ_PEER_H
#define FJ_PEER_H

#include "call/call.h"

#endif
