/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process_layout.h - the state of a process: all its sections, in order. Only who hands it through
 * execve(2) includes this; a section is found by its own header (sys/process.h).
 *
 * The small ones come first, in the page that a start writes to anyway. */
#ifndef FJ_PROCESS_LAYOUT_H
#define FJ_PROCESS_LAYOUT_H

#include "call/translate.h"
#include "cred/ids.h"
#include "exec/hook_ptrace.h"
#include "jail/mount_table.h"
#include "jail/root.h"
#include "seccomp/policy.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"

/* X(section, where it begins, where the next one does) */
#define FJ_PROCESS_SECTIONS(X)                                                                     \
	X(fj_root, FJ_ROOT_AT, FJ_OWN_NAMESPACE_AT)                                                \
	X(fj_own_namespace, FJ_OWN_NAMESPACE_AT, FJ_GUARD_AT)                                      \
	X(fj_guard, FJ_GUARD_AT, FJ_UMASK_AT)                                                      \
	X(fj_umask, FJ_UMASK_AT, FJ_IDS_AT)                                                        \
	X(fj_ids_of_process, FJ_IDS_AT, FJ_TRACEME_AT)                                             \
	X(fj_traceme, FJ_TRACEME_AT, FJ_ACTIONS_AT)                                                \
	X(fj_actions, FJ_ACTIONS_AT, FJ_FAULTS_AT)                                                 \
	X(fj_faults, FJ_FAULTS_AT, FJ_ROOT_SEEN_AT)                                                \
	X(fj_root_seen, FJ_ROOT_SEEN_AT, FJ_ROOT_TEXT_AT)                                          \
	X(fj_root_text, FJ_ROOT_TEXT_AT, FJ_PROCESS_SIZE)

#define X(section, at, next)                                                                       \
	_Static_assert(                                                                            \
		(at) + sizeof(struct section) <= (next) && !((at) % _Alignof(struct section)),     \
		#section " has room");
FJ_PROCESS_SECTIONS(X)
#undef X

#endif
