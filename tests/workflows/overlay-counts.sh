#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-counts.sh - what a private copy (--rm) costs in system calls, beside the same command in the tree itself: the start, a
# program that is run, a file that is made and goes with the copy. Counted and not timed, so it is the same on a busy machine. The
# bounds are what was measured and a few more.
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}"
private_root bookworm
$CC -O1 -Wall -Wextra -o "$work/calls" "$tests_dir/workflows/src/calls.c"

# count WHAT ARG...: how many calls `fakejail ARG...` makes goes to $calls.
count() {
	what=$1
	shift
	rm -f "$work/number"
	run as_user sh -c 'exec "$@" 3>"$0"' "$mine/number" "$work/calls" "$FAKEJAIL" "$@"
	calls=$(cat "$mine/number" 2>/dev/null || echo 0)
	if [ "$rc" -ne 0 ] || [ "$calls" -eq 0 ]; then
		fail_run "$what" "is counted"
	fi
}

# within NAME PLAIN COPY BOUND: the second takes at most so many more.
within() {
	if [ "$3" -le $(($2 + $4)) ]; then
		ok "$1: $3 beside $2"
	else
		fail "$1" "$3 beside $2, and at most $4 more were to be expected"
	fi
}

# least_of SCRIPT ROUNDS [OPTION]: the least that some runs of it cost, in $calls. What is known of directories is known for a second or
# two (docs/ARCHITECTURE.md, "Facts"), and a traced run on a busy machine may take longer.
least_of() {
	script=$1 rounds=$2 least=
	shift 2
	for _ in 1 2 3 4 5; do
		count "$script" "$@" "$root" sh -c "$script" sh "$rounds"
		[ -n "$least" ] && [ "$calls" -ge "$least" ] || least=$calls
		[ ! -d "$root/tmp/made" ] || jail "$root" rm -r /tmp/made
	done
	calls=$least
}

# of_each SCRIPT [OPTION]: what one round of SCRIPT costs, which is told how many there are to be.
of_each() {
	script=$1
	shift
	least_of "$script" 5 "$@"
	few=$calls
	least_of "$script" 15 "$@"
	each=$(((calls - few + 5) / 10))
}

run jail "$root" true # what is found once is found
run jail --rm "$root" true
least_of : 1
plain=$calls
least_of : 1 --rm
within 'a start' "$plain" "$calls" 180

execs='n=$1; while [ $n -gt 0 ]; do /bin/true; n=$((n - 1)); done'
of_each "$execs"
plain=$each
of_each "$execs" --rm
within 'a program that is run' "$plain" "$each" 14

makes='mkdir /tmp/made; n=$1; while [ $n -gt 0 ]; do : >/tmp/made/$n; n=$((n - 1)); done; [ "$2" = kept ] || rm -r /tmp/made'
of_each "$makes"
plain=$each
of_each "$makes" --rm
within 'a file that is made and removed' "$plain" "$each" 40

# Those go with the copy.
kept='mkdir /tmp/made; n=$1; while [ $n -gt 0 ]; do : >/tmp/made/$n; n=$((n - 1)); done'
of_each "$kept"
plain=$each
of_each "$kept" --rm
within 'a file that is made, and goes with the copy' "$plain" "$each" 4
finish
