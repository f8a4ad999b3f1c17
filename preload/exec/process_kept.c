/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * process_kept.c - passes sections of the state of a process through execve(2) as they are. Called
 * by hook_exec.c, and by the loader (loader/continue.c). */
#include "bytes/copy.h"
#include "exec/process_layout.h"
#include "sys/process.h"

#define BYTES(section, at) {at, sizeof(struct section)},
#define MEMBERS(section, at)
#define NOTHING(section, at)
#define X(section, at, next, exec) exec(section, at)
static const struct {
	uint16_t at, size;
} kept_section[] = {FJ_PROCESS_SECTIONS(X)};
#undef BYTES
#define BYTES(section, at) +sizeof(struct section)
_Static_assert(0 FJ_PROCESS_SECTIONS(X) <= FJ_KEPT_SIZE, "the handoff has room for all");
#undef X

#define COUNT (sizeof(kept_section) / sizeof(kept_section[0]))

void fj_process_keep(unsigned char kept[FJ_KEPT_SIZE])
{
	for (size_t i = 0; i < COUNT; kept += kept_section[i++].size)
		memcpy(kept, fj_process_at(kept_section[i].at), kept_section[i].size);
}

void fj_process_take_up(const unsigned char kept[FJ_KEPT_SIZE])
{
	for (size_t i = 0; i < COUNT; kept += kept_section[i++].size)
		memcpy(fj_process_section(kept_section[i].at), kept, kept_section[i].size);
}
