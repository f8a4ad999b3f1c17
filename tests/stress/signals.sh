#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# signals.sh - calls about signals by chance (signals.c), SIGSYS among them, in a real chroot and in the jail: what they
# print must be equal. The first difference is shown with its seed and step. Bounded by steps, not by time.
#
# Usage: signals.sh     environment: that of lib.sh, CC, SIGNALS_SEEDS (20: how many), SIGNALS_FIRST (1), SIGNALS_STEPS (500)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot
: "${SIGNALS_SEEDS=20}" "${SIGNALS_FIRST=1}" "${SIGNALS_STEPS=500}"
if ! is_root; then
	skip everything 'there is no root for the real chroot'
	finish
fi

new_jail jail bin
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/signals" "$tests_dir/stress/signals.c"
give_to_user "$root"
real=$mine/real
mkdir -p "$real/bin"
cp "$root/bin/signals" "$real/bin/signals"

differ() {
	limited chroot "$real" /bin/signals "$1" "$SIGNALS_STEPS" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	jail "$root" /bin/signals "$1" "$SIGNALS_STEPS" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	[ "$(tail -n 1 "$work/real")" = "$SIGNALS_STEPS: end" ] || {
		echo "the reference ended early:"
		tail -n 3 "$work/real"
		return 1
	}
	cmp -s "$work/real" "$work/jail" && return
	line=$(cmp "$work/real" "$work/jail" | sed -n 's/.*line //p')
	: "${line:=$(($(wc -l <"$work/jail") + 1))}" # the jail's ended early
	echo "seed $1: the chroot"
	sed -n "$((line > 12 ? line - 12 : 1)),${line}p" "$work/real"
	echo 'the jail'
	sed -n "${line}p" "$work/jail"
	return 1
}

seed=$SIGNALS_FIRST
while [ "$seed" -lt $((SIGNALS_FIRST + SIGNALS_SEEDS)) ]; do
	if differ "$seed" >"$work/differs"; then
		ok "seed $seed"
	else
		fail "seed $seed" "$(cat "$work/differs")"
	fi
	seed=$((seed + 1))
done
finish
