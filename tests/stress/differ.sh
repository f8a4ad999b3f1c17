#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# differ.sh - the same random calls (differ.c) by real root in a real chroot and in the jail: their results, and the files
# after them, must be equal. Prints the first difference with its seed and step. The number of steps is the limit, not time.
#
# Usage: differ.sh [--long]     environment: that of lib.sh, CC, STRESS_SEEDS (6: how many), STRESS_FIRST (1), STRESS_STEPS
# (3000, of each); --long: 40 seeds
# by-chance.sh calls the last functions.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh disable=SC2317
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=by-chance.sh
. "$tests_dir/stress/by-chance.sh"
[ "${1:-}" != --long ] || : "${STRESS_SEEDS=40}"
: "${STRESS_SEEDS=6}" "${STRESS_FIRST=1}" "${STRESS_STEPS=3000}"
have_both differ w

sticky=sticky
for setting in fifos regular symlinks; do
	[ "$(cat "/proc/sys/fs/protected_$setting")" = 0 ] || sticky=''
done

is_whole() { # a step is three lines
	[ "$(wc -l <"$work/real")" -eq $((3 * STRESS_STEPS)) ]
}

# differ SEED: runs both sides one after the other, each in a new empty /w.
differ() {
	rm -rf "$real/w" "$root/w" "$root/.fakejail"
	mkdir -m 755 "$real/w" "$root/w"
	give_to_user "$root/w"
	# The kernel's protection in sticky directories depends on a file's owner on the disk: fs.protected_* of sysctl(8).
	# shellcheck disable=SC2086 # a word or none
	is_equal 6 "$1" "$STRESS_STEPS" /w $sticky
}
each_seed "$STRESS_FIRST" "$STRESS_SEEDS" differ
finish
