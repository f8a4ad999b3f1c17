#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mounts.sh - runs mount_race.c: processes of one jail mount, unmount, walk, are killed and are stopped. The number of rounds is the limit.
#
# environment: FAKEJAIL, CC, MOUNTS_PROCESSES (16), MOUNTS_ROUNDS (200)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

new_jail jail bin proc work
"${CC:-cc}" -O1 -std=gnu11 -Wall -static -o "$root/bin/mount_race" "$tests_dir/stress/mount_race.c"
give_to_user "$root"
prints 'mounting and unmounting while others walk and are killed' ok \
	jail -w /work "$root" /bin/mount_race "${MOUNTS_PROCESSES:-16}" "${MOUNTS_ROUNDS:-200}"
prints 'the same in a tmpfs' ok \
	jail --tmpfs=/work -w /work "$root" /bin/mount_race "${MOUNTS_PROCESSES:-16}" "${MOUNTS_ROUNDS:-200}"
finish
