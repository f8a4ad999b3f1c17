/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * default_owner.c - what a file shows without a record. Called by inode/owned.c and others that
 * show owners. */
#include "ownership/ownership.h"
#include "records/records.h"
#include "sys/hot.h"
#include "syscall/unistd_ids.h"

static uint32_t real_uid;
static bool knows_real;

static void learn_real(void)
{
	real_uid = (uint32_t)fj_sys_geteuid();
	__atomic_store_n(&knows_real, true, __ATOMIC_RELEASE);
}

/* Set-id calls of the program never reach the kernel. So this uid holds for the life of the
 * process. */
FJ_HOT uint32_t fj_owner_real_uid(void)
{
	if (!__atomic_load_n(&knows_real, __ATOMIC_ACQUIRE))
		learn_real();
	return real_uid;
}
