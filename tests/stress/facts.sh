#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# facts.sh - runs facts.c in a jail, by each door. Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_ROUNDS (3000)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"

# Two programs: a dynamic one with this machine's libc, and one whose calls only the trap sees.
new_jail jail bin tmp
$CC -O2 -Wall -static -o "$root/bin/facts-static" "$tests_dir/stress/facts.c"
$CC -O2 -Wall -o "$work/facts" "$tests_dir/stress/facts.c"
"$tests_dir/lib/add-program" "$root" "$work/facts"
give_to_user "$root"

# facts NAME PROGRAM [OPTION]: runs PROGRAM in a jail with this option, as check NAME.
facts() {
	succeeds "$1" jail --bare ${3:+"$3"} "$root" "$2" /tmp/x 4 "${STRESS_ROUNDS:-3000}"
	rm -rf "$root/tmp/x"
}
facts 'all doors' "$work/facts"
facts 'the trap' "$work/facts" --no-preload
facts 'wrappers' "$work/facts" --no-patch
facts 'no trap' "$work/facts" --no-trap
facts 'static' /bin/facts-static
finish
