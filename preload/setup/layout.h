/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layout.h - all sections of the jail's memory and of a thread area, in order. Included only where such
 * memory is made or mapped. Other files find a section by its own header (jail/memory.h,
 * sys/thread_area.h). Small sections that every process reads come first, in one page. */
#ifndef FJ_LAYOUT_H
#define FJ_LAYOUT_H

#include "cred/identity_table.h"
#include "door/shared.h"
#include "exec/program.h"
#include "facts/facts.h"
#include "fast-path/links_seen.h"
#include "inode/making.h"
#include "inode/owned.h"
#include "jail/epoch.h"
#include "jail/fds.h"
#include "jail/kernel_lacks.h"
#include "jail/memory.h"
#include "jail/root_moves.h"
#include "jail/search.h"
#include "jail/texts.h"
#include "layers/follow.h"
#include "met-roots/met_roots.h"
#include "mount-table/mount_flags.h"
#include "mount-table/mount_table.h"
#include "mount-table/namespace_id.h"
#include "mount-table/paths.h"
#include "path/cwd_notes.h"
#include "permission/may.h"
#include "private/private.h"
#include "procfs/machine.h"
#include "records/jail_records.h"
#include "seccomp/policy.h"
#include "signal/interrupted.h"
#include "socket/unix_name.h"
#include "sys/scratch.h"
#include "sys/thread.h"
#include "sys/thread_stack.h"
#include "union/change.h"

#include <stddef.h>
#include <stdint.h>

/* X(section, its offset, the offset of the next one) */
#define FJ_JAIL_SECTIONS(X)                                                                        \
	X(fj_jail, 0, FJ_FDS_AT)                                                                   \
	X(fj_fds, FJ_FDS_AT, FJ_LACKS_AT)                                                          \
	X(fj_lacks, FJ_LACKS_AT, FJ_FACTS_STATE_AT)                                                \
	X(fj_facts_state, FJ_FACTS_STATE_AT, FJ_MOUNT_FLAGS_AT)                                    \
	X(fj_mount_flags, FJ_MOUNT_FLAGS_AT, FJ_COPIED_AT)                                         \
	X(fj_copied, FJ_COPIED_AT, FJ_RECORDS_AT)                                                  \
	X(fj_jail_records, FJ_RECORDS_AT, FJ_CREATORS_AT)                                          \
	X(fj_creators, FJ_CREATORS_AT, FJ_PRIVATE_AT)                                              \
	X(fj_private, FJ_PRIVATE_AT, FJ_DOORS_AT)                                                  \
	X(fj_doors, FJ_DOORS_AT, FJ_IDENTITIES_AT)                                                 \
	X(fj_identities, FJ_IDENTITIES_AT, FJ_ROOTS_STATE_AT)                                      \
	X(fj_owner_roots_state, FJ_ROOTS_STATE_AT, FJ_FACTS_FAR_AT)                                \
	X(fj_facts_far, FJ_FACTS_FAR_AT, FJ_LEAVERS_AT)                                            \
	X(fj_leavers, FJ_LEAVERS_AT, FJ_MACHINE_AT)                                                \
	X(fj_machine, FJ_MACHINE_AT, FJ_PATHS_AT)                                                  \
	X(fj_jail_paths, FJ_PATHS_AT, FJ_CWDS_AT)                                                  \
	X(fj_cwds, FJ_CWDS_AT, FJ_ROOT_MOVES_AT)                                                   \
	X(fj_root_moves, FJ_ROOT_MOVES_AT, FJ_LINKS_SEEN_AT)                                       \
	X(fj_links_seen, FJ_LINKS_SEEN_AT, FJ_FACTS_TABLE_AT)                                      \
	X(fj_facts_table, FJ_FACTS_TABLE_AT, FJ_POLICIES_AT)                                       \
	X(fj_policies, FJ_POLICIES_AT, FJ_SOCKET_NAMES_AT)                                         \
	X(fj_socket_names, FJ_SOCKET_NAMES_AT, FJ_TEXTS_AT)                                        \
	X(fj_texts, FJ_TEXTS_AT, FJ_NAMESPACE_AT)                                                  \
	X(fj_namespace, FJ_NAMESPACE_AT, FJ_ROOTS_AT)                                              \
	X(fj_owner_roots, FJ_ROOTS_AT, FJ_POSTED_AT)                                               \
	X(fj_posted_table, FJ_POSTED_AT, FJ_COPIES_AT)                                             \
	X(fj_copies, FJ_COPIES_AT, FJ_JAIL_MEMORY)

#define FJ_ROOTS_AT 0x290000u
#define FJ_POSTED_AT ((FJ_ROOTS_AT + sizeof(struct fj_owner_roots) + 63) & ~(size_t)63)
/* A multiple of 16 pages. Then the mapping usually begins at a multiple of 16 pages, since the mapping
 * above it (mostly a large file) does. The 16 pages that one page fault maps are then those for which the
 * sections are arranged. */
#define FJ_JAIL_MEMORY 0x430000u

#define X(section, at, next)                                                                       \
	_Static_assert(                                                                            \
		(at) + sizeof(struct section) <= (next) && !((at) % _Alignof(struct section)),     \
		#section " has room");
FJ_JAIL_SECTIONS(X)

/* A thread area: its stack, then the sections, whose offsets count from the end of the stack
 * (sys/thread_area.h). */
#define FJ_THREAD_AREA_SECTIONS(X)                                                                 \
	X(fj_thread, 0, FJ_INTERRUPTED_AT)                                                         \
	X(fj_interrupted, FJ_INTERRUPTED_AT, FJ_CALLING_AT)                                        \
	X(fj_calling, FJ_CALLING_AT, FJ_SHOWN_AT)                                                  \
	X(fj_shown, FJ_SHOWN_AT, FJ_SEARCH_AT)                                                     \
	X(fj_search, FJ_SEARCH_AT, FJ_JUDGING_AT)                                                  \
	X(fj_judging, FJ_JUDGING_AT, FJ_EXEC_ROOM_AT)                                              \
	X(fj_exec_room, FJ_EXEC_ROOM_AT, FJ_SCRATCH_AT)                                            \
	X(fj_scratch, FJ_SCRATCH_AT, FJ_DEFERRED_AT)                                               \
	X(fj_deferred, FJ_DEFERRED_AT, FJ_THREAD_AREA_SIZE - FJ_THREAD_AREA_STACK)
FJ_THREAD_AREA_SECTIONS(X)
_Static_assert(
	FJ_THREAD_AREA_FRESH_AT == FJ_INTERRUPTED_AT && FJ_THREAD_AREA_KEPT_AT == FJ_EXEC_ROOM_AT,
	"what a thread area that is taken forgets");
#undef X

/* Differs between builds whose sections differ in size. */
#define FJ_GROWN(section, at, next) +sizeof(struct section) * (1 + (at))
#define FJ_JAIL_LAYOUT ((uint32_t)(0 FJ_JAIL_SECTIONS(FJ_GROWN)))

static inline struct fj_identities *fj_jail_identities(void)
{
	return (struct fj_identities *)fj_jail_at(FJ_IDENTITIES_AT);
}
static inline struct fj_posted_table *fj_jail_posted(void)
{
	return (struct fj_posted_table *)fj_jail_at(FJ_POSTED_AT);
}
static inline struct fj_owner_roots_state *fj_jail_roots_state(void)
{
	return (struct fj_owner_roots_state *)fj_jail_at(FJ_ROOTS_STATE_AT);
}
static inline struct fj_owner_roots *fj_jail_roots(void)
{
	return (struct fj_owner_roots *)fj_jail_at(FJ_ROOTS_AT);
}

#endif
