#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-counts.sh - counts the system calls of a private copy (--rm), and compares them with the same command in the tree
# itself: for the start, for a program, for a file that is made and removed with the copy, and for find. Counts do not depend
# on how busy the machine is. The bounds are a few more than the measured numbers.
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}"
private_root bookworm
$CC -O1 -Wall -Wextra -o "$work/calls" "$tests_dir/workflows/src/calls.c"
$CC -O1 -Wall -Wextra -DONLY=SYS_statx -o "$work/statx" "$tests_dir/workflows/src/calls.c"
$CC -O1 -Wall -Wextra -DONLY=SYS_getdents64 -o "$work/getdents" "$tests_dir/workflows/src/calls.c"
counter=calls

# count WHAT ARG...: how many calls `fakejail ARG...` makes goes to $calls.
count() {
	what=$1
	shift
	rm -f "$work/number"
	run as_user sh -c 'exec "$@" 3>"$0"' "$mine/number" "$work/$counter" "$FAKEJAIL" "$@"
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
within 'a start' "$plain" "$calls" 150

# each_within NAME SCRIPT BOUND: a round of SCRIPT costs at most so many more in a copy.
each_within() {
	of_each "$2"
	plain=$each
	of_each "$2" --rm
	within "$1" "$plain" "$each" "$3"
}

makes='mkdir /tmp/made; n=$1; while [ $n -gt 0 ]; do : >/tmp/made/$n; n=$((n - 1)); done'
each_within 'a program that is run' 'n=$1; while [ $n -gt 0 ]; do /bin/true; n=$((n - 1)); done' 14
each_within 'a file that is made and removed' "$makes; rm -r /tmp/made" 8
each_within 'a file that is made, and goes with the copy' "$makes" 4

# For each directory that only a lower layer has, find pays one statx(2) for its open, and one lseek(2) for each of two
# getdents(2). The number of all calls tells less: a statx(2) costs more than twice an lseek(2). In eight new copies of the tree, find made
# 241 to 259 of them for 213 directories: what is remembered of two directories may have one place, as their inode numbers choose. It
# made 270 to 342 while a process remembered fewer names of listings, and 498 while each listing asked which directory it is.
directories=$(find "$root/usr/share/doc" -type d | wc -l)
lists='find /usr/share/doc >/dev/null'
counter=statx
least_of "$lists" 1
plain=$calls
least_of "$lists" 1 --rm
within "statx(2) of find in $directories directories" "$plain" "$calls" $((directories + 90))

# Of the two getdents(2) the second finds nothing more, which ext4's file offset tells as well: find made 230 to 232 in place of 440.
if [ "$(stat -f -c %T "$root/usr/share/doc")" = ext2/ext3 ]; then
	counter=getdents
	least_of "$lists" 1
	plain=$calls
	least_of "$lists" 1 --rm
	within "getdents(2) of find in $directories directories" "$plain" "$calls" $((30 - directories))
	counter=statx
else
	skip 'getdents(2) of find' 'the tree is not on ext4'
fi

# Each file of these directories is looked at by a descriptor. What a listing has told of it proves which directory that is. du made
# 2378 statx(2) in 213 directories with 1364 files, and 3621 when each look asked for the directory.
files=$(find "$root/usr/share/doc" ! -type d | wc -l)
directories=$(find "$root/usr/share/doc" -type d | wc -l)
looks='du -s /usr/share/doc >/dev/null'
counter=calls
least_of "$looks" 1
plain=$calls
least_of "$looks" 1 --rm
within "du of $files files in $directories directories" "$plain" "$calls" $((directories * 3 + files / 4 + 250))
counter=statx
# So it must be seen when the descriptor is another directory's, or a file there has changed.
mkdir "$root/x1" "$root/x2" "$root/x3"
touch "$root/x1/a" "$root/x2/a" "$root/x3/a" "$root/x1/b"
ln "$root/x1/b" "$root/x2/b"
ln "$root/x1/b" "$root/x3/b"
chmod 644 "$root"/x[123]/[ab]
$CC -O1 -Wall -Wextra -static -o "$root/replaced" "$tests_dir/workflows/src/replaced.c"
give_to_user "$root"
succeeds 'files by a descriptor that is replaced' jail --rm "$root" /replaced

# A directory of procfs has no time of birth, so each call on a descriptor of it asks anew.
directories=$(find /proc/sys/net/ipv4 -type d | wc -l)
lists='find /proc/sys/net/ipv4 >/dev/null'
least_of "$lists" 1
plain=$calls
least_of "$lists" 1 --rm
within "statx(2) of find in $directories directories of procfs" "$plain" "$calls" $((directories * 6 + 45))
finish
