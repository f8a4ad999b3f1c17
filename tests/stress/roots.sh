#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# roots.sh - at random, directories of a tree become roots with owner records, lose their records, and are moved. Meanwhile,
# processes of several jails, on these roots and around them, use the directories. All processes must see the same owner of
# each file. A seed always gives the same changes. Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_SEEDS (12), STRESS_FIRST (1), STRESS_STEPS (500)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"
if is_reference; then
	skip everything 'a real chroot records nothing'
	finish
fi
for kind in static dynamic; do
	libc=-static
	[ "$kind" = static ] || libc=
	# shellcheck disable=SC2086 # nothing, or one word
	$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -Wno-format-truncation $libc -o "$mine/$kind" \
		"$tests_dir/stress/roots.c" "$tests_dir/stress/roots_model.c" "$tests_dir/stress/roots_work.c"
	chmod 755 "$mine/$kind"
done
command=$(command -v "${FAKEJAIL%% *}")

# roots NAME PROGRAM OPTION...: runs all seeds with these options. The tree is made anew for each seed.
roots() {
	name=$1 program=$mine/$2
	shift 2
	seed=${STRESS_FIRST:-1}
	last=$((seed + ${STRESS_SEEDS:-12}))
	while [ "$seed" -lt "$last" ]; do
		rm -rf "$mine/t" "$mine/home/.local"
		mkdir "$mine/t"
		give_to_user "$mine/t"
		prints "$name, seed $seed" "${STRESS_STEPS:-500} steps" as_user "$program" drive "$seed" "${STRESS_STEPS:-500}" "$mine/t" "$command" "$@"
		seed=$((seed + 1))
	done
}
roots 'the trap' static
roots 'all doors, and mounts' dynamic -b/lib -b/lib64 -b/usr/lib
roots 'no trap' dynamic --no-trap -b/lib -b/lib64 -b/usr/lib
finish
