/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ids.c - the identity that this process pretends to have. */
#include "own/own.h"

#define ALL_CAPABILITIES ((1UL << 41) - 1) /* CAP_LAST_CAP is 40, linux/capability.h */

static struct fj_ids ids = {
	.effective = ALL_CAPABILITIES,
	.permitted = ALL_CAPABILITIES,
	.bounding = ALL_CAPABILITIES,
};

const struct fj_ids *fj_ids(void)
{
	return &ids;
}
