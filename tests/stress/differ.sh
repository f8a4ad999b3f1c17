#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# differ.sh - the same calls by chance (differ.c), by real root in a real chroot and in the jail: what they return and what
# they leave must be equal. The first difference is shown with its seed and step. Bounded by steps, not by time.
#
# Usage: differ.sh [--long]     environment: that of lib.sh, CC, STRESS_SEEDS (6: how many), STRESS_FIRST (1), STRESS_STEPS
# (3000, of each); --long: 40 seeds
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot
[ "${1:-}" != --long ] || : "${STRESS_SEEDS=40}"
: "${STRESS_SEEDS=6}" "${STRESS_FIRST=1}" "${STRESS_STEPS=3000}"
if ! is_root; then
	skip everything 'there is no root for the real chroot'
	finish
fi

new_jail jail bin w
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/differ" "$tests_dir/stress/differ.c"
give_to_user "$root"
real=$mine/real
mkdir -p "$real/bin"
cp "$root/bin/differ" "$real/bin/differ"

# differ SEED: one after the other, each in a /w that is empty and new.
differ() {
	rm -rf "$real/w" "$root/w" "$root/.fakejail"
	mkdir -m 755 "$real/w" "$root/w"
	give_to_user "$root/w"
	limited chroot "$real" /bin/differ "$1" "$STRESS_STEPS" /w >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	jail "$root" /bin/differ "$1" "$STRESS_STEPS" /w >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	[ "$(wc -l <"$work/real")" -eq $((3 * STRESS_STEPS)) ] || {
		echo "the reference ended early:"
		tail -n 3 "$work/real"
		return 1
	}
	cmp -s "$work/real" "$work/jail" && return
	line=$(cmp "$work/real" "$work/jail" | sed -n 's/.*line //p')
	: "${line:=$(($(wc -l <"$work/jail") + 1))}" # the jail's ended early
	echo "seed $1, step $(((line - 1) / 3)): the chroot"
	sed -n "$((line > 6 ? line - 6 : 1)),${line}p" "$work/real"
	echo 'the jail'
	sed -n "${line}p" "$work/jail"
	return 1
}

seed=$STRESS_FIRST
while [ "$seed" -lt $((STRESS_FIRST + STRESS_SEEDS)) ]; do
	if differ "$seed" >"$work/differs"; then
		ok "seed $seed"
	else
		fail "seed $seed" "$(cat "$work/differs")"
	fi
	seed=$((seed + 1))
done
finish
