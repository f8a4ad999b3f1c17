#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# moves.sh - processes claim files by rename(2) in a jail whose root is an overlay (moves.c). Of all that try to move a file one
# succeeds, and no file is lost. Prints what is wrong. The number of rounds is the limit, not time.
#
# Usage: moves.sh    environment: that of lib.sh, CC, STRESS_ROUNDS (3000, of each process), STRESS_PROCESSES (6, at most 8)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}"
: "${STRESS_ROUNDS=3000}" "${STRESS_PROCESSES=6}"
new_jail jail bin
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/moves" "$tests_dir/stress/moves.c"
give_to_user "$root"
jail "$root" /bin/moves grow
jail --rm "$root" /bin/moves run "$STRESS_PROCESSES" "$STRESS_ROUNDS" >"$work/out" 2>&1 || echo "exit $?" >>"$work/out"
if [ "$(cat "$work/out")" = 'done' ]; then
	ok 'files that are claimed by rename'
else
	fail 'files that are claimed by rename' "$(head -n 40 "$work/out")"
fi
finish
