/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gate.h - the address for fj_calls_gate with which a function of C in fj_gate sees all calls of the engine. */
#ifndef UNIT_GATE_H
#define UNIT_GATE_H

extern const char unit_calls_gate[]; /* gate.S; no function of C can call it */

#endif
