/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process_layout.h - the state of a process: all its sections, in order. Included only by files
 * that pass the state through execve(2); others find a section by its own header (sys/process.h).
 *
 * The small sections come first, in the page that a start writes to anyway. */
#ifndef FJ_PROCESS_LAYOUT_H
#define FJ_PROCESS_LAYOUT_H

#include "call/trapping.h"
#include "call/umask.h"
#include "cred/ids_limited.h"
#include "exec-format/exec.h"
#include "exec/hook_ptrace.h"
#include "inode/exe.h"
#include "jail/root.h"
#include "layers/follow.h"
#include "mount-table/mount_table.h"
#include "ownership/ownership.h"
#include "seccomp/policy.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"

/* X(section, where it begins, where the next one begins, what an exec passes of it):
 * BYTES: its bytes, as they are.
 * MEMBERS: members of struct fj_handoff, for the start function of its room.
 * NOTHING: the next program begins without it, or gets it again by a descriptor or from the
 * kernel. */
#define FJ_PROCESS_SECTIONS(X)                                                                     \
	X(fj_root, FJ_ROOT_AT, FJ_OWNER_NAMESPACE_AT, MEMBERS)                                     \
	X(fj_owner_namespace, FJ_OWNER_NAMESPACE_AT, FJ_GUARD_AT, NOTHING)                         \
	X(fj_guard, FJ_GUARD_AT, FJ_UMASK_AT, BYTES)                                               \
	X(fj_umask, FJ_UMASK_AT, FJ_TRAPPED_AT, BYTES)                                             \
	X(fj_trapped, FJ_TRAPPED_AT, FJ_IDS_AT, BYTES)                                             \
	X(fj_ids_of_process, FJ_IDS_AT, FJ_TRACEME_AT, MEMBERS)                                    \
	X(fj_traceme, FJ_TRACEME_AT, FJ_ACTIONS_AT, NOTHING)                                       \
	X(fj_actions, FJ_ACTIONS_AT, FJ_FAULTS_AT, MEMBERS)                                        \
	X(fj_faults, FJ_FAULTS_AT, FJ_ROOT_SEEN_AT, NOTHING)                                       \
	X(fj_root_seen, FJ_ROOT_SEEN_AT, FJ_COPIES_HEARD_AT, BYTES)                                \
	X(fj_copies_heard, FJ_COPIES_HEARD_AT, FJ_OWNER_WATCH_AT, BYTES)                           \
	X(fj_owner_watch, FJ_OWNER_WATCH_AT, FJ_EXE_AT, BYTES)                                     \
	X(fj_exe, FJ_EXE_AT, FJ_ROOT_TEXT_AT, MEMBERS)                                             \
	X(fj_root_text, FJ_ROOT_TEXT_AT, FJ_COPIES_AWAITED_AT, MEMBERS)                            \
	X(fj_copies_awaited, FJ_COPIES_AWAITED_AT, FJ_PROCESS_SIZE, NOTHING)

#define X(section, at, next, exec)                                                                 \
	_Static_assert(                                                                            \
		(at) + sizeof(struct section) <= (next) && !((at) % _Alignof(struct section)),     \
		#section " has room");
FJ_PROCESS_SECTIONS(X)
#undef X

/* Writes the sections with BYTES of the calling process, in order; reads them back at the start of the
 * next program. */
void fj_process_keep(unsigned char kept[FJ_KEPT_SIZE]);
void fj_process_take_up(const unsigned char kept[FJ_KEPT_SIZE]);

#endif
