#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# differ.sh - the same calls by chance (differ.c), by real root in a real chroot and in the jail: what they return and what
# they leave must be equal. The first difference is shown with its seed and step. Bounded by steps, not by time.
#
# Usage: differ.sh [--long]     environment: that of lib.sh, CC, STRESS_SEEDS (6: how many), STRESS_FIRST (1), STRESS_STEPS
# (3000, of each); --long: 40 seeds
# The last functions are called by by-chance.sh.
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

# differ SEED: one after the other, each in a /w that is empty and new.
differ() {
	rm -rf "$real/w" "$root/w" "$root/.fakejail"
	mkdir -m 755 "$real/w" "$root/w"
	give_to_user "$root/w"
	# What the kernel protects in sticky directories depends on who a file belongs to on the disk: fs.protected_* of sysctl(8).
	# shellcheck disable=SC2086 # a word or none
	is_equal 6 "$1" "$STRESS_STEPS" /w $sticky
}
each_seed "$STRESS_FIRST" "$STRESS_SEEDS" differ
finish
