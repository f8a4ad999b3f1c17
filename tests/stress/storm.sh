#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# storm.sh - sixteen processes make, move and remove their own names in the same directories of an overlay (storm.c), with --rm
# and with two lower layers. No call may fail, and the lower layers may not change.
#
# Usage: storm.sh    environment: that of lib.sh, CC, STRESS_PROCESSES (16), STRESS_ROUNDS (60)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need "${CC:=cc}"
need_overlays
: "${STRESS_PROCESSES=16}" "${STRESS_ROUNDS=60}"

new_jail low bin w
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/storm" "$tests_dir/stress/storm.c"
give_to_user "$root"
succeeds 'the lower layer' jail -w /w "$root" /bin/storm make "$STRESS_PROCESSES"
mkdir "$mine/above" "$mine/above/w" "$mine/above/w/sub" "$mine/up" "$mine/work"
give_to_user "$mine/above" "$mine/up" "$mine/work"
remember "$root"
remember "$mine/above"
prints "$STRESS_PROCESSES processes in --rm" 'the end' \
	jail --rm -w /w "$root" /bin/storm run "$STRESS_PROCESSES" "$STRESS_ROUNDS"
prints "$STRESS_PROCESSES processes on two lower layers" 'the end' \
	jail --overlay-src "$mine/above" --overlay "$mine/up" "$mine/work" / -w /w "$root" /bin/storm run "$STRESS_PROCESSES" "$STRESS_ROUNDS"
unchanged 'the lower one' "$root"
unchanged 'the one above' "$mine/above"
finish
