#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# call-counts.sh - counts the kernel's system calls for one call of a program, in the first jail of a user, where no text has its jumps
# from an earlier jail (docs/DOORS.md). A call that is trapped costs two more: it is made itself, and there is the rt_sigreturn(2) of
# its signal. Counts do not depend on how busy the machine is.
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}"
private_root bookworm
$CC -O1 -Wall -Wextra -o "$work/calls" "$tests_dir/workflows/src/calls.c"
cp "$tests_dir/workflows/src/repeated.c" "$root/repeated.c"
give_to_user "$root"
succeeds 'the program is built' jail "$root" gcc -O2 -o /repeated.bin /repeated.c
succeeds '... and a static one' jail "$root" gcc -O2 -static -o /repeated-static.bin /repeated.c

# count PROGRAM WHAT TIMES: the least of five runs. What is known of directories is known for a second or two, and a traced run on a busy
# machine may take longer.
count() {
	least=
	for _ in 1 2 3 4 5; do
		rm -rf "$mine/home/.local/state/fakejail/texts" "$mine/number"
		run as_user sh -c 'exec "$@" 3>"$0"' "$mine/number" "$work/calls" "$FAKEJAIL" ${copied:+--rm} "$root" "$@"
		calls=$(cat "$mine/number" 2>/dev/null || echo 0)
		if [ "$rc" -ne 0 ] || [ "$calls" -eq 0 ]; then
			fail_run "$*" "is counted"
			return
		fi
		[ -n "$least" ] && [ "$calls" -ge "$least" ] || least=$calls
	done
}

copied=
# costs WHAT BOUND: a round of it costs at most so many calls of the kernel.
costs() {
	for program in /repeated.bin /repeated-static.bin; do
		count "$program" "$1" 20
		few=$least
		count "$program" "$1" 120
		each=$(((least - few + 50) / 100))
		if [ "$each" -le "$2" ]; then
			ok "$1 by $program${copied:+ in a copy}: $each"
		else
			fail "$1 by $program${copied:+ in a copy}" "$each, and at most $2 were to be expected"
		fi
	done
}
costs stat 1
costs rename 3
costs renameat 3
costs link 6
costs symlink 7
costs mkdir 6
costs chmod 4
costs chdir 3
costs stat-up 3 # of two, one with `..` in a directory that is not there
costs open-group 2 # of two: a file whose name is not taken for a mount point's
costs sigaction 2 # of two, with all signals blocked
costs exec 106 # with its fork, and with what ld.so and the program do
# In an overlay: in a directory that only the upper layer has, and in one that a lower layer has, too.
copied=yes
rm -r "$root/repeated"
costs rename 8
costs link 11
mkdir "$root/repeated"
give_to_user "$root/repeated"
costs rename 12
costs link 15
copied=
costs chmod-owned 4 # from here on there are owner records
finish
